"""Naughty strings in workbooks, read back with two other libraries: text is text, whatever it looks like."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import openpyxl
import orjson
from python_calamine import CalamineWorkbook
from support.stories import AUTUMN_2026, H, settled

from services.reporting.documents.workbook import write_workbook
from services.reporting.domain.folding import fold
from services.reporting.domain.ledger import ledger
from shared.paper.sheets import clean, sheet

NAUGHTY: list[str] = [
    *orjson.loads((Path(__file__).parents[1] / "data" / "blns.json").read_bytes()),
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    '=HYPERLINK("http://x")',
    "=cmd|' /C calc'!A0",
    "\t=1",
    "\r=1",
    "http://x",
    "mailto:a@b.c",
    "a\x00b\x1f\x7f",
    "_x0041_",
]
XML_ESCAPE = re.compile(r"_x005F_(?=x[0-9A-F]{4}_)")


def texts_of(content: bytes) -> list[str]:
    """Every text of a book, after looking at every cell of the book: no formula, no link, no rich text."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    for each in book.worksheets:
        for row in each.iter_rows():
            for cell in row:
                assert cell.data_type != "f", (each.title, cell.coordinate, cell.value)
                assert cell.hyperlink is None, (each.title, cell.coordinate)
        assert not each._hyperlinks
    assert not book.defined_names or all("#" not in str(name) for name in book.defined_names)
    return [cell.value for page in book.worksheets for row in page.iter_rows() for cell in row if isinstance(cell.value, str)]


def unescaped(text: str) -> str:
    """openpyxl leaves Excel's own escape of a literal ``_x0041_`` in; Excel and calamine don't."""
    return XML_ESCAPE.sub("_", text)


def missing(said: list[str], read: list[str]) -> list[str]:
    found = {unescaped(text) for text in read}
    return [text for text in said if clean(text) and clean(text) not in found]


def test_a_sheet_holds_texts_and_nothing_else() -> None:
    content = sheet("=1+1", ["=2+2", "文字"], [[text, text] for text in NAUGHTY], notes=["=3+3"])
    read = texts_of(content)
    assert not missing([*NAUGHTY, "=1+1", "=2+2", "=3+3"], read)
    again = [
        str(value)
        for row in CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
        for value in row
    ]
    # XML keeps a lone carriage return only as a line feed; calamine trims nothing else.
    assert not [text for text in NAUGHTY if clean(text).strip() and clean(text) not in again]
    assert content == sheet("=1+1", ["=2+2", "文字"], [[text, text] for text in NAUGHTY], notes=["=3+3"])


def test_a_ledger_holds_texts_and_nothing_else() -> None:
    said = [text for text in NAUGHTY if 0 < len(text) <= 500 and "\x00" not in text]
    story = settled(*(f"某{n}" for n in range(len(said))))
    for n, text in enumerate(said):
        story.visit(f"某{n}", "09-03", "H1", note=text, difficulties=text, remark=text, title=text[:50])
    made = ledger("H1", H, "2026-09", fold(story.entries), AUTUMN_2026)
    out = io.BytesIO()
    names: dict[str, Any] = dict.fromkeys(made.sealed, "=1+1")
    write_workbook(made, names, out)
    read = "\n".join(unescaped(text) for text in texts_of(out.getvalue()))
    lost = [text for text in said if clean(text).strip() and clean(text) not in read]
    assert not lost, lost[:10]


def test_what_xml_cannot_hold_is_shown() -> None:
    """A control character becomes its picture (␀, ␛, ␡); what is no character becomes �. Nothing goes away unseen."""
    assert clean("a\x00b\x1bc\x7fd\ud800e\uffff") == "a␀b␛c␡d\ufffde\ufffd"
    assert clean("行\t列\r\n二") == "行\t列\n二"
