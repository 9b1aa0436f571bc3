"""Printed pages: a typst source and values become a PDF, with a Chinese typeface that comes with the installation.

Values reach the source only through ``sys.inputs``: they are text, never markup, so what somebody typed can't change the
page or run in it. No network, no fonts of the system: the same source and values give the same bytes everywhere.

A character that none of the typefaces has would be an empty box, and the name it stands in would be wrong without a word. It is
printed as its code point, 〔U+20BB7〕, and ``answer`` tells whoever prints: in a header, and in a log line with the kind of page.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import pylopdf_fonts_zh_cn
import structlog
import typst
from fastapi import Response
from fontTools.ttLib import TTCollection, TTFont, TTLibError

log = structlog.get_logger()

SERIF = "Noto Serif SC"
SANS = "Noto Sans SC"
"""The two families a source may name; both in one weight, so what is to be bold gets a stroke."""

MISSING = "Guiren-Missing-Characters"
"""The header that names what a page shows as a code point."""

_FOLDER = pylopdf_fonts_zh_cn.sans_path().parent
_SINGLE, _COLLECTION = {".otf", ".ttf"}, {".otc", ".ttc"}
_MOST = 50
"""So many characters stand in the header; the log line has all."""

_INVISIBLE = re.compile(
    "[\t-\r\x85\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Breaks, and what is ignored where a typeface doesn't have it (Unicode, Default_Ignorable_Code_Point): never a box."""

Value = str | Sequence["Value"]
"""A text, or rows of texts, which the source reads as JSON."""


@dataclass(frozen=True, slots=True)
class Printed:
    """What came out of the printer: a page, or an archive with pages in it."""

    content: bytes
    missing: frozenset[str]
    """The characters no typeface has."""


def pdf(source: str, inputs: Mapping[str, Value], *, fonts: Sequence[Path] = ()) -> Printed:
    """The pages as PDF. ``source`` is our own text; ``fonts`` are folders with official typefaces dropped in by an office."""
    text = _Text(tuple(fonts))
    content = _compiler(source, text.of(inputs), text.fonts).compile(format="pdf", timestamp=0)
    return Printed(cast("bytes", content), frozenset(text.missing))


def png(source: str, inputs: Mapping[str, Value], *, ppi: float = 144, fonts: Sequence[Path] = ()) -> list[bytes]:
    """The pages as pictures: a preview on a screen."""
    text = _Text(tuple(fonts))
    made = _compiler(source, text.of(inputs), text.fonts).compile(format="png", ppi=ppi)
    return [made] if isinstance(made, bytes) else list(made or [])


def answers(media_type: str) -> dict[int | str, dict[str, Any]]:
    """What a route that prints says of its answer."""
    told = {"description": "字库缺少、在页面上以码位表示的字,如 U+20BB7", "schema": {"type": "string"}}
    return {200: {"content": {media_type: {}}, "headers": {MISSING: told}}}


def answer(document: str, printed: Printed, media_type: str, headers: Mapping[str, str]) -> Response:
    """The answer of a route that prints; ``document`` is the kind of page."""
    if not printed.missing:
        return Response(printed.content, media_type=media_type, headers=dict(headers))
    missing = [_point(character) for character in sorted(printed.missing)]
    log.warning("characters no typeface has", document=document, missing=missing)
    return Response(printed.content, media_type=media_type, headers={**headers, MISSING: ", ".join(missing[:_MOST])})


class _Text:
    """What goes on a page: every text passes here, and is remembered for what the typefaces lack."""

    def __init__(self, fonts: tuple[Path, ...]) -> None:
        self.fonts = fonts
        self.missing: set[str] = set()

    def of(self, inputs: Mapping[str, Value]) -> dict[str, str]:
        """The values as a source reads them."""
        shown = {name: self._shown(value) for name, value in inputs.items()}
        return {name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for name, value in shown.items()}

    def _shown(self, value: Value) -> Value:
        if not isinstance(value, str):
            return [self._shown(part) for part in value]
        return value if value.isascii() and value.isprintable() else "".join(map(self._one, value))

    def _one(self, character: str) -> str:
        if ord(character) in _characters(self.fonts) or _never_a_box(character):
            return character
        self.missing.add(character)
        return f"〔{_point(character)}〕"


def _point(character: str) -> str:
    return f"U+{ord(character):04X}"


def _never_a_box(character: str) -> bool:
    """Blanks are made of whatever blank there is; only the Ogham one is drawn."""
    return bool(_INVISIBLE.match(character)) or (unicodedata.category(character) == "Zs" and character != "\u1680")


@cache
def _characters(more: tuple[Path, ...]) -> frozenset[int]:
    """Which characters the fonts have, by their own maps; read once in the life of a process."""
    return frozenset(point for font in _faces((_FOLDER, *more)) for point in font.getBestCmap() or ())


def _faces(folders: Sequence[Path]) -> Iterator[TTFont]:
    for path in sorted(path for folder in folders for path in folder.rglob("*")):
        if (kind := path.suffix.lower()) in _SINGLE | _COLLECTION:
            with path.open("rb") as file, suppress(TTLibError):  # A file that is no font is passed over by the printer too.
                yield from TTCollection(file, lazy=True) if kind in _COLLECTION else (TTFont(file, lazy=True),)


@cache
def _fonts(more: tuple[Path, ...]) -> typst.Fonts:
    """The fonts, read once: 20 MB. None of typst's own: what a page can show is what ``_characters`` says."""
    folders = [str(folder) for folder in (_FOLDER, *more)]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)


def _compiler(source: str, inputs: Mapping[str, str], fonts: tuple[Path, ...]) -> typst.Compiler:
    # Nothing is read from a disk but fonts: the root is a folder that holds only these.
    return typst.Compiler(
        source.encode(), root=str(_FOLDER), font_paths=_fonts(fonts), ignore_system_fonts=True, sys_inputs=dict(inputs)
    )
