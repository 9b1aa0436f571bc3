"""A printable Excel sheet: a title, a header that repeats on every page, rows, page x of y.

What people typed is written as text and as nothing else: ``=cmd`` stays four letters and a sign. The same arguments give the
same bytes, whatever the clock says.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from math import ceil
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from shared.language.terms import Term

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
"""Its media type."""
EMPTY = "暂无记录"
_A4 = 9
_CELL_LIMIT = 32_767
_CLIPPED = "…〔超长已截断〕"
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_CREATED = datetime(2021, 8, 11, tzinfo=UTC).replace(tzinfo=None)
_LANDSCAPE_WIDTH, _PORTRAIT_WIDTH = 128.0, 84.0
"""Characters of 10 pt that fit beside each other."""
_LINE, _HIGHEST = 13.0, 409.0
"""Points: a line of 10 pt, and the highest row Excel knows."""


def _picture(found: re.Match[str]) -> str:
    """A control character made visible rather than dropped: somebody typed or pasted it."""
    code = ord(found[0])
    return chr(0x2400 + code) if code < ord(" ") else "␡" if code == 0x7F else "\ufffd"  # noqa: PLR2004


def clean(text: str) -> str:
    """A text as a cell can hold it: what XML forbids is shown by its picture (␀), no longer than Excel reads (UTF-16 units)."""
    if not text.isprintable():
        text = _FORBIDDEN.sub(_picture, text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(text) > _CELL_LIMIT // 2 and len(text.encode("utf-16-le")) // 2 > _CELL_LIMIT:
        room = 2 * (_CELL_LIMIT - len(_CLIPPED))
        text = text.encode("utf-16-le")[:room].decode("utf-16-le", errors="ignore") + _CLIPPED
    return text


def sheet(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    notes: Sequence[str] = (),
    widths: Sequence[float] | None = None,
    landscape: bool = True,
    pages_wide: int = 1,
) -> bytes:
    """The workbook. Values are texts, whole numbers, days, labelled terms, booleans (是/否) or ``None`` (empty).

    A table too wide for one page prints on ``pages_wide`` beside each other, its first column on each.
    """
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_format_properties": {"font_name": "宋体", "font_size": 10},
        },
    )
    book.set_properties({"title": title, "created": _CREATED})
    bold = {"bold": True, "align": "center", "valign": "vcenter", "text_wrap": True}
    styles = {
        "title": book.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"}),
        "note": book.add_format({"font_color": "#555555", "valign": "vcenter", "text_wrap": True}),
        "head": book.add_format({**bold, "border": 1, "bg_color": "#F2F2F2"}),
        "text": book.add_format({"border": 1, "text_wrap": True, "valign": "vcenter"}),
        "number": book.add_format({"border": 1, "valign": "vcenter", "align": "right"}),
        "day": book.add_format({"border": 1, "valign": "vcenter", "align": "center", "num_format": "yyyy-mm-dd"}),
    }
    page = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", title)[:31])
    last = len(columns) - 1
    room = _LANDSCAPE_WIDTH if landscape else _PORTRAIT_WIDTH
    sizes = widths or [max(8.0, room / len(columns))] * len(columns)
    for n, width in enumerate(sizes):
        page.set_column(n, n, width)
    page.set_row(0, 30)
    first_column, first_page = (1, max(1, last // pages_wide)) if pages_wide > 1 else (0, last)
    _across(page, 0, first_column, first_page, clean(title), styles["title"])
    line = 1
    for note in notes:
        _across(page, line, first_column, first_page, clean(note), styles["note"])
        line += 1
    for n, name in enumerate(columns):
        page.write_string(line, n, clean(name), styles["head"])
    head = line
    for row in rows:
        line += 1
        if (height := _height(row, sizes)) is not None:
            page.set_row(line, height)
        for n, value in enumerate(row):
            _write(page, line, n, value, styles)
    if line == head:
        line += 1
        _across(page, line, 0, last, EMPTY, styles["text"])
    page.freeze_panes(head + 1, 1 if pages_wide > 1 else 0)
    page.repeat_rows(head)
    if pages_wide > 1:
        page.repeat_columns("A:A")
    page.print_area(f"A1:{xl_col_to_name(last)}{line + 1}")
    (page.set_landscape if landscape else page.set_portrait)()
    page.set_paper(_A4)
    page.fit_to_pages(pages_wide, 0)
    page.set_footer("&C第 &P 页 共 &N 页")
    page.set_margins(0.5, 0.5, 0.6, 0.6)
    book.close()
    return out.getvalue()


def _across(page: Any, line: int, first: int, last: int, text: str, style: Any) -> None:
    if last > first:
        page.merge_range(line, first, line, last, "", style)
    page.write_string(line, first, text, style)


def _height(row: Sequence[Any], widths: Sequence[float]) -> float | None:
    """The height of a row whose texts wrap; ``None`` where one line is enough. Not every program works it out when it opens."""
    lines = max((_lines(value, width) for value, width in zip(row, widths, strict=False)), default=1)
    return min(_HIGHEST, lines * _LINE + 3) if lines > 1 else None


def _lines(value: Any, width: float) -> int:
    """How many lines a value takes; a Chinese character is as wide as two digits."""
    text = value.label if isinstance(value, Term) else value if isinstance(value, str) else ""
    if len(text) * 2 < width and "\n" not in text:
        return 1
    wide = ((len(line) + sum(char > "\u2e7f" for char in line)) / max(1.0, width - 1) for line in text.split("\n"))
    return sum(max(1, ceil(part)) for part in wide)


def _write(page: Any, line: int, n: int, value: Any, styles: dict[str, Any]) -> None:
    if value is None or value == "":
        page.write_blank(line, n, None, styles["text"])
    elif isinstance(value, bool):
        page.write_string(line, n, "是" if value else "否", styles["text"])
    elif isinstance(value, int):
        page.write_number(line, n, value, styles["number"])
    elif isinstance(value, date) and not isinstance(value, datetime):
        page.write_datetime(line, n, value, styles["day"])
    else:
        page.write_string(line, n, clean(value.label if isinstance(value, Term) else str(value)), styles["text"])
