"""Enterprises, and who answers for them, as tables."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from services.roster.domain.enterprise import states as enterprise
from shared.language import writing
from shared.language.dated import spans
from shared.language.personal import Personal
from shared.log.views import View


def _enterprise(key: str, version: int, state: enterprise.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, enterprise.Unregistered):
        return
    plain = {name: value for name, value in state.particulars.items() if not isinstance(value, Personal)}
    sealed = {name: value.token for name, value in state.particulars.items() if isinstance(value, Personal)}
    yield (
        UUID(key),
        version,
        state.code,
        state.name,
        str(state.standings[0][1]),
        _known(state.standings[0][0]),
        state.custodies[0][1],
        bool(plain["branch"]),
        plain["industry"],
        plain["address"],
        orjson.dumps(list(state.former_names)).decode(),
        orjson.dumps(plain, default=str).decode(),
        orjson.dumps(sealed).decode(),
        writing.key(state.name),
        writing.found_by(state.code, state.name, *state.former_names),
        state.sizing and state.sizing.size and str(state.sizing.size),
        state.sizing.basis if state.sizing else "",
        orjson.dumps(list(state.tags)).decode(),
        state.preferred.model_dump_json() if state.preferred else None,
        state.missed and state.missed.on,
        state.missed.batch if state.missed else None,
        state.address_on,
        state.industry_on,
        state.since,
    )


def _known(day: date) -> date | None:
    """The day, unless it was so since ever."""
    return None if day == date.min else day


def _standing(key: str, _version: int, state: enterprise.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, enterprise.Registered) and len(state.standings) > 1:  # With one standing the register itself answers.
        for since, until, standing in spans(state.standings):
            yield UUID(key), since, until, str(standing)


def _custody(key: str, _version: int, state: enterprise.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, enterprise.Registered) and len(state.custodies) > 1:
        for since, until, elsewhere in spans(state.custodies):
            yield UUID(key), since, until, elsewhere


def _survey(key: str, _version: int, state: enterprise.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, enterprise.Registered):
        for item in state.surveys:
            yield UUID(key), item.census, str(item.result), item.note, item.of, item.member, item.on


def _loss(key: str, _version: int, state: enterprise.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, enterprise.Registered):
        for line, on in sorted({(str(item.line), item.on) for item in state.lost}):
            yield UUID(key), line, on


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


def _move(key: str, _version: int, state: enterprise.State) -> Iterable[tuple[Any, ...]]:
    for told in state.moves if isinstance(state, enterprise.Registered) else ():
        yield (
            told.id,
            UUID(key),
            str(told.line),
            told.unit,
            told.sub_unit,
            told.worker,
            told.on,
            told.reason,
            told.document,
            told.by,
            told.proposed_on,
        )


ENTERPRISES = View[enterprise.State](
    "enterprise",
    {
        "id": "uuid",
        "ver": "int",
        "code": "text",
        "name": "text",
        "first_standing": "text",
        "first_standing_on": "date",
        "first_elsewhere": "bool",
        "branch": "bool",
        "industry": "text",
        "address": "text",
        "former_names": "jsonb",
        "particulars": "jsonb",
        "sealed": "jsonb",
        "name_key": "text",
        "found_by": "text",
        "size": "text",
        "size_basis": "text",
        "tags": "jsonb",
        "preferred": "jsonb",
        "missed_on": "date",
        "missed_batch": "text",
        "address_on": "date",
        "industry_on": "date",
        "registered_on": "date",
    },
    ("id",),
    _enterprise,
    "id",
    indexes=(
        "(name)",
        "(name_key)",
        "(missed_on) where missed_on is not null",
        "(address_on) where address_on is not null",
        "(industry_on) where industry_on is not null",
    ),
    unique=("(code)",),
    rule=writing.FORM,
)
ASSIGNMENTS = View[enterprise.State](
    "assignment",
    {
        "enterprise": "uuid",
        "line": "text",
        "since": "date",
        "until": "date",
        "unit": "text",
        "sub_unit": "text",
        "worker": "uuid",
        "reason": "text",
        "document": "text",
        "confidence": "int",
    },
    ("enterprise", "line", "since"),
    _assignment,
    "enterprise",
    indexes=("(unit)", "(worker)"),
    exclude=("using gist (enterprise with =, line with =, daterange(since, until) with &&)",),
)
STANDINGS = View[enterprise.State](
    "standing",
    {"enterprise": "uuid", "since": "date", "until": "date", "standing": "text"},
    ("enterprise", "since"),
    _standing,
    "enterprise",
)
CUSTODIES = View[enterprise.State](
    "custody",
    {"enterprise": "uuid", "since": "date", "until": "date", "elsewhere": "bool"},
    ("enterprise", "since"),
    _custody,
    "enterprise",
)
SURVEYS = View[enterprise.State](
    "survey",
    {"enterprise": "uuid", "census": "uuid", "result": "text", "note": "text", "of": "uuid", "member": "uuid", "on_date": "date"},
    ("enterprise", "census"),
    _survey,
    "enterprise",
    indexes=("(census)",),
)
LOSSES = View[enterprise.State](
    "loss", {"enterprise": "uuid", "line": "text", "on_date": "date"}, ("enterprise", "line", "on_date"), _loss, "enterprise"
)
MOVES = View[enterprise.State](
    "enterprise_move",
    {
        "id": "uuid",
        "enterprise": "uuid",
        "line": "text",
        "unit": "text",
        "sub_unit": "text",
        "worker": "uuid",
        "on_date": "date",
        "reason": "text",
        "document": "text",
        "by": "uuid",
        "proposed_on": "date",
    },
    ("id",),
    _move,
    "enterprise",
)

VIEWS = (ENTERPRISES, ASSIGNMENTS, STANDINGS, CUSTODIES, SURVEYS, LOSSES, MOVES)
