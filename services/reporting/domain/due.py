"""K9 报送及时率: which units owe a ledger, and how many filed it, and in time (方案 五(五); kpi §7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from services.reporting.domain.coverage import Figure
from services.reporting.domain.histories import UnitHistory
from shared.language.terms import Punctuality, UnitKind


def owing(units: Mapping[str, UnitHistory], on: str) -> list[UnitHistory]:
    """The departments and townships that are there at T, by code; whoever serves no enterprise files a zero report. A unit
    founded or ended after T is not judged by what it will be.
    """
    found = {unit.code: unit for unit in units.values()}
    return [unit for _, unit in sorted(found.items()) if unit.kind in _FILING and unit.since <= on and not _gone(unit, on)]


_FILING = (UnitKind.DEPARTMENT, UnitKind.TOWNSHIP)


def _gone(unit: UnitHistory, on: str) -> bool:
    return unit.ended_on is not None and unit.ended_on <= on


def punctuality(states: Iterable[Punctuality]) -> dict[str, Figure]:
    """按时报送率 (K9) and 报送率 over the units that owe: each one of ``Punctuality``."""
    told = list(states)
    return {
        "on_time": Figure(sum(1 for state in told if state is Punctuality.ON_TIME), len(told)),
        "submitted": Figure(sum(1 for state in told if state in (Punctuality.ON_TIME, Punctuality.LATE)), len(told)),
    }


def standing(on_time: bool | None, due: datetime, at: datetime) -> Punctuality:
    """How a unit stands at an instant whose first filing was on time, or not, or (``None``) is not there."""
    if on_time is None:
        return Punctuality.PENDING if at <= due else Punctuality.MISSING
    return Punctuality.ON_TIME if on_time else Punctuality.LATE


def predecessors(units: Mapping[str, UnitHistory], heir: str) -> set[str]:
    """The units that ended and named this one as a successor, and those before them."""
    found: set[str] = set()
    waiting = {heir}
    while waiting:
        named = {unit.code for unit in units.values() if unit.ended_on and waiting & set(unit.successors)}
        waiting = named - found - {heir}
        found |= waiting
    return found
