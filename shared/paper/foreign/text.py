"""In the child: delimited text in any usual Chinese encoding, streamed; every record knows the line it begins on."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, BinaryIO

from shared.language import writing
from shared.paper.foreign.child import Unfit

Record = tuple[int, list[str], bool, None]
"""The line it begins on, its cells, whether its quotes are broken; text has no marks."""

_SAMPLE = 1 << 20
_CLEAR = 200
_HEADER_WITHIN = 10
_DELIMITERS = (",", "\t", ";", "|", "\uff0c")  # a full-width comma happens
_PARENTHESIS = re.compile(r"\([^()]*\)")
_HEAD_NOISE = re.compile(r"[\s*:_\"'#]+")


def heading(text: str) -> str:
    """A heading as headings are compared: width, case, stars, colons and blanks make no difference."""
    return _HEAD_NOISE.sub("", writing.narrow(text)).upper()


def headings(text: str) -> tuple[str, str]:
    """A heading as it is compared, whole and without what stands in brackets."""
    whole = heading(text)
    return whole, _PARENTHESIS.sub("", whole)


def delimited(file: BinaryIO, head: bytes, options: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], Iterable[Record]]]:
    """The one table of the file.

    ``words`` are headings to look for: the delimiter that names most of them is taken. ``encoding`` and ``delimiter`` may be
    told; ``strict`` refuses what does not decode or pair; ``longest`` is how many lines a record may have.
    """
    encoding = options.get("encoding") or _encoding(file, head)
    strict = bool(options.get("strict"))
    try:
        codecs.lookup(encoding)
        if strict:
            _decodes(file, encoding)
    except (LookupError, UnicodeDecodeError):
        raise Unfit("文字编码无法识别(应为 UTF-8 或 GB18030)") from None
    longest = int(options.get("longest", 40))
    delimiter = options.get("delimiter") or _delimiter(file, encoding, frozenset(options.get("words", ())), longest)
    yield {"name": "", "encoding": encoding}, _records(file, encoding, delimiter, longest)


def _open(file: BinaryIO, encoding: str) -> io.TextIOWrapper:
    file.seek(0)
    return io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")


def _decodes(file: BinaryIO, encoding: str) -> None:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    while block := file.read(_SAMPLE):
        if "\x00" in decoder.decode(block):
            raise LookupError
    decoder.decode(b"", final=True)


def _encoding(file: BinaryIO, head: bytes) -> str:
    """UTF-8 or UTF-16 by mark; else the one of UTF-8 and GB18030 that fails on fewer lines (a few bad rows are expected)."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.count(b"\0") > len(head) // 10:
        return "utf-16-le" if head[1::2].count(b"\0") > head[::2].count(b"\0") else "utf-16-be"
    failed = {"utf-8": 0, "gb18030": 0}
    file.seek(0)
    for line in file:
        if line.isascii():
            continue
        for encoding in failed:
            try:
                line.decode(encoding)
            except UnicodeDecodeError:
                failed[encoding] += 1
        if abs(failed["utf-8"] - failed["gb18030"]) > _CLEAR:
            break
    # Correct UTF-8 seldom fails as GB18030, the reverse nearly always: so UTF-8 is asked first and wins a tie.
    return min(failed, key=lambda encoding: failed[encoding])


def _delimiter(file: BinaryIO, encoding: str, words: frozenset[str], longest: int) -> str:
    text = _open(file, encoding)
    sample = "".join(islice(_bounded(text), _HEADER_WITHIN))
    text.detach()
    found = [delimiter for delimiter in _DELIMITERS if delimiter in sample] or [","]
    if len(found) == 1:
        return found[0]

    def named(delimiter: str) -> int:
        first = islice(_records(file, encoding, delimiter, longest), _HEADER_WITHIN)
        return max(sum(not words.isdisjoint(headings(cell)) for cell in cells) for _, cells, _, _ in first)

    return max(found, key=named)


def _bounded(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if len(line) > _SAMPLE:
            raise Unfit(f"有一行超过 {_SAMPLE} 个字符,不像一张表")
        yield line


def _records(file: BinaryIO, encoding: str, delimiter: str, longest: int) -> Iterator[Record]:
    """Every record. Memory holds one."""
    text = _open(file, encoding)
    try:
        lines = _bounded(text)
        waiting: list[str] = []
        line = 0
        width = 0
        while (first := waiting.pop(0) if waiting else next(lines, None)) is not None:
            line += 1
            if '"' not in first:
                cells = first.rstrip("\r\n").split(delimiter)
                width = width or (len(cells) if len(cells) > 1 else 0)
                yield line, cells, False, None
                continue
            joined = [first]
            cells = _parsed(first, delimiter)
            while cells is None and len(joined) < longest:
                more = waiting.pop(0) if waiting else next(lines, None)
                if more is None:
                    break
                joined.append(more)
                cells = _parsed("".join(joined), delimiter)
            if cells is None or (len(joined) > 1 and width and len(cells) != width):
                # An unpaired quote would swallow the rows below it: this line alone is broken, the others are read anew.
                waiting[:0] = joined[1:]
                yield line, first.rstrip("\r\n").split(delimiter), True, None
                continue
            width = width or (len(cells) if len(cells) > 1 else 0)
            yield line, cells, False, None
            line += len(joined) - 1
    finally:
        if not file.closed:
            text.detach()


def _parsed(text: str, delimiter: str) -> list[str] | None:
    """The cells of a record, or None when a quote is still open."""
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        if "unexpected end" in str(error):
            return None
    try:
        return next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:
        raise Unfit("有一个单元格过长,不像一张表") from None
