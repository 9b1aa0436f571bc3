"""Units as tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from services.roster.domain import unit
from shared.projector import View
from shared.terms import Line, UnitKind

LINES = {
    UnitKind.DEPARTMENT: Line.VERTICAL,
    UnitKind.BRANCH: Line.VERTICAL,
    UnitKind.TOWNSHIP: Line.HORIZONTAL,
    UnitKind.VILLAGE: Line.HORIZONTAL,
}


def _unit(key: str, version: int, state: unit.State) -> Iterable[tuple[Any, ...]]:
    match state:
        case unit.NoUnit():
            return
        case unit.Standing():
            standing, ended = state, None
        case unit.Ended():
            standing, ended = state.was, state.on
    line = LINES.get(standing.kind)
    yield key, version, standing.name, str(standing.kind), standing.parent, line and str(line), standing.since, ended


UNITS = View[unit.State](
    "unit",
    {"code": "text", "ver": "int", "name": "text", "kind": "text", "parent": "text", "line": "text", "since": "date", "ended": "date"},
    ("code",), _unit, "code", indexes=("(kind)", "(parent)"),
)  # fmt: skip

VIEWS = (UNITS,)
