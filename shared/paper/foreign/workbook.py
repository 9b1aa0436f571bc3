"""In the child: XLSX and XLS. The XML of a sheet is walked before any reader that allocates by a cell's place sees it."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from posixpath import normpath
from typing import Any, BinaryIO
from xml.parsers import expat

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from shared.paper.foreign.child import ERROR, MERGED, Unfit

Row = tuple[int, list[str], bool, dict[int, str] | None]

_MOST_CELLS = 16_000_000
"""Of the box that all cells with content span: what the dense reader would allocate."""
_WIDEST = 1024
_MOST_BLANK = 2_000
"""Rows without content that a sheet may have beside as many as it has with some: the reader makes every one of them."""
_MOST_SHEETS = 200
_MOST_MERGED = 50_000
_SMALL = 8 << 20
_BLOCK = 1 << 18
_EXACT_FLOAT = 2**53
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_DAMAGED = "不是完好的 Excel 文件(可能已损坏或加密),请另存后重试"


@dataclass
class Scan:
    """What the XML of one sheet says of its cells before their values are read. Places count from 0."""

    height: int = 0
    filled: int = 0
    """Rows that have content."""
    width: int = 0
    farthest: str = ""
    hidden: int = 0
    """Rows that have content and are hidden (by hand or by a filter)."""
    errors: dict[int, dict[int, str]] = field(default_factory=dict[int, dict[int, str]])
    merged: list[tuple[int, int, int, int]] = field(default_factory=list[tuple[int, int, int, int]])


def workbook(file: BinaryIO, *, zipped: bool) -> Iterator[tuple[dict[str, Any], Iterable[Row]]]:
    """Every sheet: the visible ones with their rows, of the hidden ones only that they are there and how large."""
    try:
        scans, base_1904 = _scanned(file) if zipped else ({}, False)
        file.seek(0)
        book = CalamineWorkbook.from_filelike(file)
        sheets = [item for item in book.sheets_metadata if item.typ == SheetTypeEnum.WorkSheet]
        if len(sheets) > _MOST_SHEETS:
            raise Unfit(f"工作表超过 {_MOST_SHEETS} 张,请拆分后再导入")
        for item in sheets:
            scan = scans.get(item.name)
            sheet = book.get_sheet_by_name(item.name)
            if scan is None:  # XLS: no XML to walk; its box is 65,536 by 256 at most.
                scan = Scan(sheet.total_height, sheet.total_width, merged=_ranges(sheet.merged_cell_ranges or ()))
            hidden = item.visible != SheetVisibleEnum.Visible
            told = {
                "name": item.name,
                "hidden": hidden,
                "rows": scan.height,
                "hidden_rows": scan.hidden,
                "errors": sum(map(len, scan.errors.values())),
                "merged": sum(last > first for first, _, last, _ in scan.merged),
                "base_1904": base_1904,
            }
            yield told, () if hidden else _rows(sheet.iter_rows(), scan)
    except (Unfit, MemoryError):
        raise
    except BaseException as error:
        # calamine, zipfile and expat raise many kinds (a panic of Rust among them) for a damaged or encrypted workbook; to
        # the person they are one thing.
        if isinstance(error, (GeneratorExit, KeyboardInterrupt)):
            raise
        raise Unfit(_DAMAGED) from error


def _ranges(found: Iterable[tuple[tuple[int, int], tuple[int, int]]]) -> list[tuple[int, int, int, int]]:
    return [(top, left, bottom, right) for (top, left), (bottom, right) in found]


def _scanned(file: BinaryIO) -> tuple[dict[str, Scan], bool]:
    """The scan of each sheet by its name, and whether serials count from 1904."""
    file.seek(0)
    with zipfile.ZipFile(file) as archive:
        parts = {name.lower(): name for name in archive.namelist()}
        if "xl/workbook.bin" in parts or "mimetype" in parts:
            raise Unfit("这种表格格式不支持,请用表格软件另存为 xlsx 再导入")
        if "xl/workbook.xml" not in parts:
            raise Unfit(_DAMAGED)
        targets: dict[str, str] = {}
        names: dict[str, str] = {}
        base = False

        def related(tag: str, told: Mapping[str, str]) -> None:
            if tag == "Relationship":
                where = told.get("Target", "")
                targets[told.get("Id", "")] = normpath(where.lstrip("/") if where.startswith("/") else f"xl/{where}").lower()

        def listed(tag: str, told: Mapping[str, str]) -> None:
            nonlocal base
            if tag == "sheet":
                names[told.get("name", "")] = next((value for name, value in told.items() if _local(name) == "id"), "")
            elif tag == "workbookPr":
                base = told.get("date1904", "0") in ("1", "true", "on")

        _walk(archive, parts.get("xl/_rels/workbook.xml.rels", ""), related, most=_SMALL)
        _walk(archive, parts["xl/workbook.xml"], listed, most=_SMALL)
        return {
            name: _scan(archive, parts[targets[key]], name) for name, key in names.items() if targets.get(key, "") in parts
        }, base


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _walk(archive: zipfile.ZipFile, part: str, start: Any, *, most: int | None = None) -> None:
    """The elements of a part in their order. No document type is accepted: entities are how small files grow large."""
    parser = expat.ParserCreate()

    def refused(*_: object) -> None:
        raise Unfit(_DAMAGED)

    parser.StartDoctypeDeclHandler = refused
    parser.StartElementHandler = lambda tag, told: start(_local(tag), told)
    read = 0
    with archive.open(part) as xml:
        while block := xml.read(_BLOCK):
            read += len(block)
            if most and read > most:
                raise Unfit(_DAMAGED)
            parser.Parse(block, False)
    parser.Parse(b"", True)


def _scan(archive: zipfile.ZipFile, part: str, name: str) -> Scan:
    found = Scan()
    row, column, hidden, counted, last = -1, -1, False, False, -1

    def start(tag: str, told: Mapping[str, str]) -> None:
        nonlocal row, column, hidden, counted, last
        if tag == "c":
            column += 1
            if at := _REFERENCE.fullmatch(told.get("r", "")):
                row, column = int(at[2]) - 1, _column(at[1])
            if told.get("t") == "e":
                found.errors.setdefault(row, {})[column] = "#错误"
        elif tag in ("v", "is"):
            found.height = max(found.height, row + 1)
            if row != last:
                found.filled, last = found.filled + 1, row
            if column >= found.width:
                found.width, found.farthest = column + 1, f"{_letters(column)}{row + 1}"
                if found.width > _WIDEST:
                    raise Unfit(
                        f"工作表“{name}”的 {found.farthest} 单元格有内容(也许只是空格),表格因此宽达 {found.width} 列;"
                        "请删除最后一个有用的列右边的全部列,保存后再导入"
                    )
            if hidden and not counted:
                found.hidden, counted = found.hidden + 1, True
        elif tag == "row":
            text = told.get("r", "")
            row, column = (int(text) - 1 if text.isascii() and text.isdigit() and len(text) < 8 else row + 1), -1  # noqa: PLR2004
            hidden, counted = told.get("hidden", "0") in ("1", "true"), False
        elif tag == "mergeCell":
            corners = [_REFERENCE.fullmatch(part) for part in told.get("ref", "").split(":")]
            if len(corners) == 2 and corners[0] and corners[1] and len(found.merged) < _MOST_MERGED:  # noqa: PLR2004
                (top, left), (bottom, right) = [(int(at[2]) - 1, _column(at[1])) for at in corners if at]
                found.merged.append((top, left, bottom, right))

    _walk(archive, part, start)
    if found.height - found.filled > found.filled + _MOST_BLANK:
        raise Unfit(
            f"工作表“{name}”只有 {found.filled:,} 行有内容,却一直用到第 {found.height:,} 行(也许只是一个空格);"
            "请删除数据以下的全部行和数据中间的大段空行,保存后再导入"
        )
    if found.height * found.width > _MOST_CELLS:
        raise Unfit(
            f"工作表“{name}”从 A1 到 {_letters(found.width - 1)}{found.height} 共 {found.height * found.width:,} 格,过大;"
            "请删除最后一行数据以下和最后一列以右的内容,或者拆分后再导入"
        )
    return found


def _column(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1


def _letters(column: int) -> str:
    text, left = "", column + 1
    while left:
        left, letter = divmod(left - 1, 26)
        text = chr(65 + letter) + text
    return text


Cell = int | float | str | bool | time | date | datetime | timedelta


def _rows(rows: Iterable[Sequence[Cell]], scan: Scan) -> Iterator[Row]:
    under = sorted(scan.merged)
    active: list[tuple[int, int, int, int]] = []
    for place, cells in enumerate(rows):
        said = [cell if isinstance(cell, str) else _said(cell) for cell in cells[: scan.width]]
        marks: dict[int, str] = {}
        for column, text in scan.errors.get(place, {}).items():
            if column < len(said):
                said[column], marks[column] = text, ERROR
        active = [part for part in active if part[2] >= place]
        for _, left, _, right in active:
            marks |= {column: MERGED for column in range(left, min(right + 1, len(said))) if not said[column]}
        while under and under[0][0] <= place:
            active.append(under.pop(0))
        yield place + 1, said, False, marks or None


def _said(cell: Cell) -> str:
    """A cell as text. A number too long for a float has lost digits: it stays visibly scientific."""
    match cell:
        case bool():
            return "是" if cell else "否"
        case datetime():
            return cell.isoformat(" ") if cell.time() != time() else cell.date().isoformat()
        case float():
            if cell.is_integer() and abs(cell) < _EXACT_FLOAT:
                return str(int(cell))
            return repr(cell).upper() if abs(cell) < _EXACT_FLOAT else f"{cell:E}"
        case _:
            return str(cell)
