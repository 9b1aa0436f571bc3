"""Printed pages: what no typeface has stands there as its code point, and whoever prints is told."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pylopdf_fonts_zh_cn
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from structlog.testing import capture_logs

from services.issues.documents import forms, package
from services.roster.documents import plaque
from shared.paper import prints

PAGE = '#set page(width: 90pt, height: 30pt, margin: 3pt)\n#set text(font: "Noto Serif SC")\n'
TEXT = PAGE + "#sys.inputs.text"
ROWS = PAGE + "#json(bytes(sys.inputs.rows)).flatten().join()"
BOX = "\U00020bb7"


def raw(text: str) -> bytes:
    """As it would be drawn if nobody looked: for a character no typeface has, the box."""
    made = prints._compiler(TEXT, {"text": text}, ()).compile(format="png", ppi=72)
    assert isinstance(made, bytes)
    return made


def test_a_character_no_typeface_has_stands_as_its_code_point_wherever_it_is_written() -> None:
    (shown,) = prints.png(TEXT, {"text": f"甲{BOX}乙"})
    assert shown == prints.png(TEXT, {"text": "甲〔U+20BB7〕乙"})[0]
    rows = [["甲", f"{BOX}\x07"], ["\ue863"]]
    assert prints.png(ROWS, {"rows": rows}) == prints.png(ROWS, {"rows": ["甲〔U+20BB7〕〔U+0007〕〔U+E863〕"]})
    assert prints.pdf(ROWS, {"rows": rows}).missing == {BOX, "\x07", "\ue863"}
    known = prints.pdf(TEXT, {"text": "甲 é㈱①·\u3000\u2005\u200b\u202e\ufe0f\r\n"})
    assert not known.missing


@pytest.mark.parametrize("first", [0x00, 0xA0, 0x1680, 0x2000, 0x3000, 0x9FF0, 0xFE00, 0x1F600, 0x20BB0, 0xE0000])
def test_nothing_is_left_as_a_box_and_nothing_else_is_replaced(first: int) -> None:
    """By the picture of every character itself, in blocks that hold blanks, marks, letters and what is unknown."""
    box = raw(BOX)
    for point in range(first, first + 0x60):
        text = prints._Text(())
        text.of({"text": chr(point)})
        assert bool(text.missing) == (raw(chr(point)) == box), f"U+{point:04X}"


def test_what_the_pages_themselves_say_is_in_the_typefaces() -> None:
    for source in (plaque._SOURCE, forms._SOURCE, package._SOURCE, package._HOW):
        text = prints._Text(())
        text.of({"source": source})
        assert not text.missing


def test_a_typeface_dropped_in_by_an_office_is_read_too(tmp_path: Path) -> None:
    assert prints.pdf(TEXT, {"text": BOX}, fonts=[tmp_path]).missing == {BOX}
    folder = tmp_path / "名称 1"
    folder.mkdir()
    (folder / "broken.otf").write_bytes(b"no font")
    shutil.copy(pylopdf_fonts_zh_cn.sans_path(), folder)
    pen = TTGlyphPen(None)
    for step, at in enumerate(((0, 0), (500, 0), (500, 700))):
        (pen.lineTo if step else pen.moveTo)(at)
    pen.closePath()
    built = FontBuilder(1000, isTTF=True)
    built.setupGlyphOrder([".notdef", "one"])
    built.setupCharacterMap({ord(BOX): "one"})
    built.setupGlyf({".notdef": pen.glyph(), "one": pen.glyph()})
    built.setupHorizontalMetrics({".notdef": (600, 0), "one": (600, 0)})
    built.setupHorizontalHeader(ascent=800, descent=-200)
    built.setupNameTable({"familyName": "Office", "styleName": "Regular"})
    built.setupOS2()
    built.setupPost()
    built.save(folder / "office.ttf")
    assert not prints.pdf(TEXT, {"text": BOX}, fonts=[folder]).missing
    assert prints.png(TEXT, {"text": BOX}, fonts=[folder]) != prints.png(TEXT, {"text": BOX})


def test_whoever_prints_is_told_in_a_header_and_a_line_of_the_log() -> None:
    with capture_logs() as lines:
        silent = prints.answer("挂牌", prints.pdf(TEXT, {"text": "甲"}), "application/pdf", {})
        told = prints.answer("挂牌", prints.pdf(TEXT, {"text": f"{BOX}\ue863{BOX}"}), "application/pdf", {"A": "b"})
        emoji = "".join(map(chr, range(0x1F600, 0x1F680)))
        many = prints.answer("挂牌", prints.pdf(TEXT, {"text": emoji}), "application/pdf", {})
    assert prints.MISSING not in silent.headers
    assert (told.headers[prints.MISSING], told.headers["A"]) == ("U+E863, U+20BB7", "b")
    assert len(re.findall(r"U\+", many.headers[prints.MISSING])) == 50
    assert [(line["document"], len(line["missing"])) for line in lines] == [("挂牌", 2), ("挂牌", 0x80)]
