"""A row that was set aside, as it is kept and as people see it.

It is kept whole in one sealed text: sheet, headings, cells, and the measures by which it was judged. Masked, a cell shows
only what can't be about a person; why the row is doubtful is said without the cells, and with them to whom may see them: the
kept row is judged once more, so that no quotation is stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from services.roster.intake.cells import company_name, meaning, read_capital, read_date, standing_of
from services.roster.intake.judge import judge
from services.roster.intake.read import Column, RawRow, layout_of
from services.roster.intake.verdict import Accepted, Fault, Reason, Repeated
from shared.events.roster import Doubt
from shared.language.codes import InvalidCode, credit_code
from shared.language.personal import mask
from shared.language.traces import organisation
from shared.paper.foreign.text import heading

_MOST = 19_000
_SERIALS = frozenset(heading(word) for word in ("序号", "编号", "行号", "No", "No.", "ID", "#"))
_NUMBER = re.compile(r"\d{5,}")


def packed(row: RawRow) -> str:
    """The whole row as one text; cells too long for the seal are cut, the longest first."""
    longest = _MOST
    while True:
        text = orjson.dumps(
            {
                "sheet": row.sheet[:100],
                "headings": [text[:100] for text in row.layout.headers],
                "cells": [cell[:longest] for cell in row.raw],
                "width": row.layout.cells,
                "exact": row.layout.exact,
                "base_1904": row.layout.base_1904,
                "broken": row.broken,
            }
        ).decode()
        if len(text) <= _MOST or longest == 0:
            return text[:_MOST]
        longest //= 2


def unpacked(text: str, line: int, headings: Sequence[str] = ()) -> RawRow:
    """The row of such a text; of an older one, which is its cells alone; of one erased, no cells but what stands for them."""
    try:
        told: Any = orjson.loads(text)
    except ValueError:
        told = [text]
    if isinstance(told, dict):
        layout = layout_of(0, told["headings"], told["width"], exact=told["exact"], base_1904=told["base_1904"])
        return RawRow(line, tuple(told["cells"]), layout, told["broken"], told["sheet"])
    cells = tuple(map(str, told)) if isinstance(told, list) else (text,)
    return RawRow(line, cells, layout_of(0, headings, len(headings)))


def identity(row: RawRow) -> str:
    """What makes a row without a readable code the same row in next month's file: its cells but for running numbers."""
    return orjson.dumps(
        [cell for place, cell in enumerate(row.raw) if heading(row.layout.heading(place)) not in _SERIALS]
    ).decode()


def masked(row: RawRow) -> list[str]:
    """Each cell: in clear where it is what its column or any public column holds, else masked."""
    return [cell if not cell or _public(cell) else mask(cell)[:40] for cell in row.raw]


def name_of(row: RawRow) -> str:
    """The enterprise's name, masked where it is no organisation's."""
    name = company_name(meaning(row[Column.NAME]))
    return name if organisation(name) else mask(name)


def _public(cell: str) -> bool:
    try:
        return bool(credit_code(cell))
    except InvalidCode:
        pass
    if len(cell) > 40:  # noqa: PLR2004  a sentence may say anything.
        return False
    if _NUMBER.search(cell) and not read_date(cell):
        return False
    capital = not cell.isdigit() and read_capital(cell) is not None
    standing = len(cell) <= 12 and standing_of(cell) is not None  # noqa: PLR2004
    return organisation(company_name(cell)) or standing or capital or (read_date(cell) is not None and not cell.isdigit())


def doubts_of(reasons: Iterable[Reason]) -> tuple[Doubt, ...]:
    """What of the reasons goes into the fact."""
    found = {
        (item.fault.value, item.place): Doubt(fault=item.fault.value, column=item.place, other=item.other) for item in reasons
    }
    return tuple(found.values())


def sentences(row: RawRow, doubts: Sequence[Doubt], *, quoted: bool) -> list[str]:
    """Why a row is doubtful, in sentences; ``quoted`` with what stands in its cells."""
    verdict = judge(row)
    said: dict[tuple[str, str], Reason] = {}
    if not isinstance(verdict, (Accepted, Repeated)):
        said = {(reason.fault.value, reason.place): reason for reason in verdict.reasons}
    if not doubts:
        return [reason.quoted if quoted else reason.sentence for reason in said.values()]
    found: list[str] = []
    for doubt in doubts:
        reason = said.get((doubt.fault, doubt.column))
        if reason is not None:
            found.append(reason.quoted if quoted else reason.sentence)
        else:
            label = Fault(doubt.fault).label if doubt.fault in set(Fault) else doubt.fault
            where = f"“{doubt.column}”列:" if doubt.column else ""
            found.append(where + label + (f"(另见{doubt.other})" if doubt.other else ""))
    return found
