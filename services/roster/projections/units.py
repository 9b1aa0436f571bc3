"""Units as tables: what they are now, above which unit they stood when, the papers they issued."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from services.roster.domain import unit
from shared.language.dated import spans
from shared.language.terms import Line, UnitKind
from shared.log.views import View

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
            standing, ended, successors = state, None, ()
        case unit.Ended():
            standing, ended, successors = state.was, state.on, state.successors
    line = LINES.get(standing.kind)
    yield (
        key,
        version,
        standing.names[0][1],
        str(standing.kind),
        standing.parents[0][1] if standing.parents else None,
        line and str(line),
        standing.since,
        ended,
        standing.duty,
        orjson.dumps(standing.predecessors).decode(),
        orjson.dumps(successors).decode(),
    )


def _ending(key: str, _version: int, state: unit.State) -> Iterable[tuple[Any, ...]]:
    standing = state.was if isinstance(state, unit.Ended) else state
    if isinstance(standing, unit.Standing) and (told := standing.proposal) is not None:
        yield (
            key,
            told.id,
            told.on,
            orjson.dumps(told.successors).decode(),
            told.document,
            told.by,
            told.by_head,
            told.proposed_on,
        )


def _parent(key: str, _version: int, state: unit.State) -> Iterable[tuple[Any, ...]]:
    standing = state.was if isinstance(state, unit.Ended) else state
    if isinstance(standing, unit.Standing):
        for since, until, parent in spans(standing.parents):
            yield key, since, until, parent


def _paper(key: str, _version: int, state: unit.State) -> Iterable[tuple[Any, ...]]:
    standing = state.was if isinstance(state, unit.Ended) else state
    if isinstance(standing, unit.Standing):
        for paper in standing.papers:
            told = paper.told
            yield (
                told.document,
                key,
                str(told.kind),
                told.number,
                told.title,
                told.issued,
                told.expires,
                orjson.dumps([str(member) for member in told.members]).decode(),
                paper.withdrawn_on,
            )


UNITS = View[unit.State](
    "unit",
    {
        "code": "text",
        "ver": "int",
        "first_name": "text",
        "kind": "text",
        "first_parent": "text",
        "line": "text",
        "since": "date",
        "ended": "date",
        "duty": "text",
        "predecessors": "jsonb",
        "successors": "jsonb",
    },
    ("code",),
    _unit,
    "code",
    indexes=("(kind)",),
)
PARENTS = View[unit.State](
    "unit_parent",
    {"code": "text", "since": "date", "until": "date", "parent": "text"},
    ("code", "since"),
    _parent,
    "code",
    indexes=("(parent)",),
)
PAPERS = View[unit.State](
    "unit_paper",
    {
        "document": "uuid",
        "unit": "text",
        "kind": "text",
        "number": "text",
        "title": "text",
        "issued": "date",
        "expires": "date",
        "members": "jsonb",
        "withdrawn_on": "date",
    },
    ("unit", "document"),
    _paper,
    "unit",
    indexes=("(unit, kind)",),
)

ENDINGS = View[unit.State](
    "unit_ending",
    {
        "code": "text",
        "id": "uuid",
        "on_date": "date",
        "successors": "jsonb",
        "document": "text",
        "by": "uuid",
        "by_head": "bool",
        "proposed_on": "date",
    },
    ("code", "id"),
    _ending,
    "code",
)

VIEWS = (UNITS, PARENTS, PAPERS, ENDINGS)
