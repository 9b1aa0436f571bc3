"""The roster's views: each row is a pure function of a stream's state, written in the transaction of the fact."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson

from services.roster.domain import calendar, enterprise, member, row, unit
from shared.projector import View
from shared.terms import Line, UnitKind
from shared.vault import Personal

LINES = {
    UnitKind.DEPARTMENT: Line.VERTICAL,
    UnitKind.BRANCH: Line.VERTICAL,
    UnitKind.TOWNSHIP: Line.HORIZONTAL,
    UnitKind.VILLAGE: Line.HORIZONTAL,
}


def _token(datum: Personal | None) -> str | None:
    return orjson.dumps(datum.token).decode() if datum and datum.token else None


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


def _post(key: str, version: int, state: member.Member) -> Iterable[tuple[Any, ...]]:
    for number, held in enumerate(state.posts):
        yield (
            UUID(key), number, version, state.account, _token(state.name), _token(state.phone), held.unit, held.sub_unit,
            str(held.role), held.post, held.duty, held.document, held.since, held.until,
        )  # fmt: skip


def _enterprise(key: str, version: int, state: enterprise.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, enterprise.Unregistered):
        return
    plain = {name: value for name, value in state.particulars.items() if not isinstance(value, Personal)}
    sealed = {name: value.token for name, value in state.particulars.items() if isinstance(value, Personal)}
    yield (
        UUID(key), version, state.code, state.name, str(state.standing), state.standing_on, state.managed_elsewhere,
        bool(plain["branch"]), plain["industry"], plain["address"], orjson.dumps(list(state.former_names)).decode(),
        orjson.dumps(plain, default=str).decode(), orjson.dumps(sealed).decode(),
    )  # fmt: skip


def _assignment(key: str, _version: int, state: enterprise.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, enterprise.Unregistered):
        return
    by_line: dict[str, list[Any]] = {}
    for item in sorted(state.assigned, key=lambda a: a.on):
        by_line.setdefault(str(item.line), []).append(item)
    for line, items in by_line.items():
        for item, following in zip(items, [*items[1:], None], strict=True):
            until = following.on if following else None
            yield (
                UUID(key),
                line,
                item.on,
                until,
                item.unit,
                item.sub_unit,
                item.worker,
                item.reason,
                item.document,
                item.confidence,
            )


def _year(key: str, version: int, state: calendar.Year) -> Iterable[tuple[Any, ...]]:
    if state.days is not None:
        days = orjson.dumps([day.model_dump(mode="json") for day in state.days]).decode()
        yield int(key), version, days, state.source


def _mapping(key: str, version: int, state: calendar.Mapping) -> Iterable[tuple[Any, ...]]:
    yield key, version, orjson.dumps(dict(state.entries)).decode(), state.on


def _row(key: str, _version: int, state: row.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, row.Nothing):
        return
    fact = state.fact
    ruling = state.reason if isinstance(state, row.Dismissed) else None
    yield (
        UUID(key), fact.batch, fact.row, orjson.dumps(list(fact.reasons)).decode(), orjson.dumps(list(fact.columns)).decode(),
        fact.code, fact.name, _token(fact.raw), ruling,
    )  # fmt: skip


UNITS = View[unit.State](
    "unit",
    {"code": "text", "ver": "int", "name": "text", "kind": "text", "parent": "text", "line": "text", "since": "date", "ended": "date"},
    ("code",), _unit, "code", indexes=("(kind)", "(parent)"),
)  # fmt: skip
POSTS = View[member.Member](
    "post",
    {
        "member": "uuid", "number": "int", "ver": "int", "account": "text", "name": "jsonb", "phone": "jsonb", "unit": "text",
        "sub_unit": "text", "role": "text", "post": "text", "duty": "text", "document": "text", "since": "date", "until": "date",
    },
    ("member", "number"), _post, "member", indexes=("(unit, role)", "(account)"),
)  # fmt: skip
ENTERPRISES = View[enterprise.State](
    "enterprise",
    {
        "id": "uuid", "ver": "int", "code": "text", "name": "text", "standing": "text", "standing_on": "date",
        "managed_elsewhere": "bool", "branch": "bool", "industry": "text", "address": "text", "former_names": "jsonb",
        "particulars": "jsonb", "sealed": "jsonb",
    },
    ("id",), _enterprise, "id", indexes=("(name)",), unique=("(code)",),
)  # fmt: skip
ASSIGNMENTS = View[enterprise.State](
    "assignment",
    {
        "enterprise": "uuid", "line": "text", "since": "date", "until": "date", "unit": "text", "sub_unit": "text",
        "worker": "uuid", "reason": "text", "document": "text", "confidence": "int",
    },
    ("enterprise", "line", "since"), _assignment, "enterprise",
    indexes=("(unit)", "(worker)"), unique=("(enterprise, line) where until is null",),
)  # fmt: skip
YEARS = View[calendar.Year](
    "calendar_year", {"year": "int", "version": "int", "days": "jsonb", "source": "text"}, ("year",), _year, "year"
)
MAPPINGS = View[calendar.Mapping](
    "mapping", {"name": "text", "ver": "int", "entries": "jsonb", "since": "date"}, ("name",), _mapping, "name"
)
ROWS = View[row.State](
    "row",
    {"id": "uuid", "batch": "text", "line": "int", "reasons": "jsonb", "columns": "jsonb", "code": "text", "name": "text",
     "raw": "jsonb", "ruling": "text"},
    ("id",), _row, "id", indexes=("(batch, line)",),
)  # fmt: skip

DECIDERS = (unit.UNIT, member.MEMBER, enterprise.ENTERPRISE, calendar.CALENDAR, calendar.MAPPING, row.ROW)
VIEWS: dict[str, tuple[View[Any], ...]] = {
    "unit": (UNITS,),
    "member": (POSTS,),
    "enterprise": (ENTERPRISES, ASSIGNMENTS),
    "calendar": (YEARS,),
    "mapping": (MAPPINGS,),
    "row": (ROWS,),
}
