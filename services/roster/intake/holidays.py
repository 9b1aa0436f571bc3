"""The official list of a year as people have it: JSON or a CSV of days.

JSON: our own form (``{"days": [{"date", "off", "name"}], "source"}``) or the public one of holiday-cn (``isOffDay``,
``papers``). CSV: a header with 日期 (or date), 放假 (or off: 休 or 班, 是 or 否, true or false), and 名称 (or name).
"""

from __future__ import annotations

import tempfile
from datetime import date
from typing import Any

import orjson

from shared.events.roster import Day
from shared.paper.foreign.reading import FileUnreadable, Limits
from shared.paper.foreign.tables import Sheet, Tables

_MOST = 200
_LIMITS = Limits(memory=1 << 30, processor=20, seconds=30)
_DATE, _OFF, _NAME, _SOURCE = ("日期", "date"), ("放假", "off", "isOffDay"), ("名称", "name"), ("来源", "source", "papers")
_YES, _NO = frozenset({"是", "休", "放假", "true", "1", "off"}), frozenset({"否", "班", "上班", "false", "0", "work"})


class ListUnreadable(Exception):
    """The list is in none of the forms, or a line of it makes no sense."""


def read_days(body: bytes) -> tuple[list[Day], str, list[str]]:
    """The days of the list, where it comes from and what to know of how it was read, or ``ListUnreadable`` with the line that is wrong."""
    text = "" if body.startswith((b"PK", b"\xd0\xcf")) else _text(body)
    if text.lstrip().startswith(("{", "[")):
        try:
            whole: Any = orjson.loads(text)
        except ValueError:
            raise ListUnreadable("不是有效的 JSON") from None
        rows: Any = whole.get("days") if isinstance(whole, dict) else whole  # pyright: ignore[reportUnknownMemberType]
        source: Any = _first(whole, _SOURCE) if isinstance(whole, dict) else ""  # pyright: ignore[reportUnknownArgumentType]
        notes: list[str] = []
        source = ";".join(map(str, source)) if isinstance(source, list) else str(source or "")  # pyright: ignore[reportUnknownArgumentType]
    else:
        (rows, notes), source = _table(body), ""
    if not isinstance(rows, list) or not rows:
        raise ListUnreadable("没有找到日期列表")
    if len(rows) > _MOST:  # pyright: ignore[reportUnknownArgumentType]
        raise ListUnreadable(f"超过 {_MOST} 天")
    return [_day(number, row) for number, row in enumerate(rows, 1)], source[:500], notes  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def _table(body: bytes) -> tuple[list[dict[str, str]], list[str]]:
    """The rows of a CSV or workbook by their headings, and the notes of its sheets; the first line with anything in it is the header."""
    header: list[str] = []
    rows: list[dict[str, str]] = []
    notes: list[str] = []
    with tempfile.TemporaryFile() as file:
        file.write(body)
        file.flush()
        try:
            with Tables(file, words=(*_DATE, *_OFF, *_NAME), limits=_LIMITS, strict=True) as tables:
                for item in tables:
                    if isinstance(item, Sheet):
                        if item.hidden and item.rows:
                            raise ListUnreadable(
                                f"工作表“{item.name}”是隐藏的,其中约 {item.rows} 行没有读:请取消隐藏或删除该表后再发布"
                            )
                        header = []
                        notes += () if item.hidden else item.notes
                    elif not header:
                        header = [cell.strip() for cell in item.cells] if any(item.cells) else []
                    elif any(item.cells) and len(rows) <= _MOST:
                        rows.append(dict(zip(header, item.cells, strict=False)))
        except FileUnreadable as error:
            raise ListUnreadable(str(error)) from None
    return rows, notes


def _text(body: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise ListUnreadable("文字编码无法识别")


def _first(row: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((row[name] for name in names if row.get(name) is not None), None)


def _cut(value: Any) -> str:
    return str("" if value is None else value).strip()[:20]


def _day(number: int, row: Any) -> Day:
    if not isinstance(row, dict):
        raise ListUnreadable(f"第 {number} 项不是一天")
    said: dict[str, Any] = row  # pyright: ignore[reportUnknownVariableType]
    off = _first(said, _OFF)
    if not isinstance(off, bool):
        word = str(off or "").strip().lower()
        if word not in _YES | _NO:
            raise ListUnreadable(f"第 {number} 项({_cut(_first(said, _DATE))})没有写明放假还是上班")
        off = word in _YES
    try:
        on = date.fromisoformat(str(_first(said, _DATE)).strip())
    except ValueError:
        raise ListUnreadable(f"第 {number} 项的日期“{_cut(_first(said, _DATE))}”不成立,应为 YYYY-MM-DD") from None
    name = str(_first(said, _NAME) or "")
    return Day(date=on, off=off, name=name[:50])
