"""A file of orders as rows: CSV, XLSX or XLS, every visible sheet in which the columns of an order are found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from services.issues.domain import transferred
from services.issues.domain.transferred import HEADINGS, Field
from shared.paper.foreign.reading import FileUnreadable, Limits
from shared.paper.foreign.tables import ERROR, Line, Sheet, Tables

LARGEST = 20 * 1024 * 1024
MOST = 2_000
"""Orders taken by one request; ``after`` goes on where the last one ended."""
_WIDEST = 200
_HEADER_WITHIN = 10
_LONGEST_RECORD = 2_000
_LIMITS = Limits(memory=1 << 30, processor=60, seconds=120)
_NEEDED = (Field.NO, Field.CONTENT)


@dataclass(frozen=True)
class Row:
    """One order's row: where it stands, the headings above it, its cells."""

    sheet: str
    line: int
    headings: tuple[str, ...]
    places: Mapping[Field, int] = field(hash=False)
    cells: tuple[str, ...]

    def order(self) -> transferred.Order:
        """As it is read."""
        cells = {name: self.cells[place] for name, place in self.places.items() if place < len(self.cells)}
        names = [*self.headings, *(f"第{place + 1}列" for place in range(len(self.headings), len(self.cells)))]
        return transferred.read(cells, {name: cell for name, cell in zip(names, self.cells, strict=False) if cell})


@dataclass
class Orders:
    """What a file holds."""

    rows: list[Row]
    omitted: list[dict[str, str]]
    notes: list[str]


def orders_of(file: BinaryIO, asked: Mapping[str, Field]) -> Orders:
    """Every row with anything in it, or ``FileUnreadable`` with the sentence people see."""
    words = (*HEADINGS, *asked)
    with Tables(file, words=words, limits=_LIMITS, strict=True, longest=_LONGEST_RECORD) as tables:
        return _read(iter(tables), asked)


def _read(items: Iterator[Sheet | Line], asked: Mapping[str, Field]) -> Orders:
    found = Orders([], [], [])
    sheet, heading, tried = Sheet(), None, 0
    missing: list[str] = []

    def ended() -> None:
        if heading is None and tried:
            found.omitted.append({"sheet": sheet.name, "why": f"没有找到列:{'、'.join(missing)}"})

    for item in items:
        if isinstance(item, Sheet):
            ended()
            sheet, heading, tried = item, None, 0
            if item.hidden and item.rows:
                found.omitted.append({"sheet": item.name, "why": "隐藏的工作表不读取"})
            continue
        cells = tuple(cell.replace("\x00", "") for cell in item.cells[:_WIDEST])
        if not any(cell.strip() for cell in cells):
            continue
        if item.broken:
            raise FileUnreadable(f"第 {item.line} 行的引号不配对,请改正后再导入", line=item.line)
        if heading is None:
            tried += 1
            places = transferred.headings(list(cells), asked)
            if all(name in places for name in _NEEDED):
                heading = (cells, places)
                found.notes += sheet.notes
            elif tried <= _HEADER_WITHIN:
                missing = [name.label for name in _NEEDED if name not in places] if tried == 1 else missing
            continue
        if ERROR in item.marks.values():
            found.notes.append(f"{f'工作表“{sheet.name}”' if sheet.name else ''}第 {item.line} 行有单元格是公式错误")
        if cells != heading[0]:
            found.rows.append(Row(sheet.name, item.line, heading[0], heading[1], cells))
    ended()
    if not found.rows and found.omitted:
        raise FileUnreadable(found.omitted[0]["why"], omitted=found.omitted)
    return found
