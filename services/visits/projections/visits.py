"""The views of visits: each row is a pure function of a visit's state, written in the transaction of the fact."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args
from uuid import UUID

import orjson

from services.visits.domain.reuse import bands
from services.visits.domain.visit import states as visit
from services.visits.domain.visit.states import State, Unrecorded, VisitDetails, Voided
from services.visits.domain.visit.wording import smells_of
from shared.language.states import States
from shared.language.terms import VisitFlag
from shared.log.views import View

STATES = States[visit.Recorded](get_args(visit.Recorded))


def flags(state: visit.Recorded) -> tuple[VisitFlag, ...]:
    """What a reviewer should look at."""
    told = state.details.told
    found = {
        VisitFlag.WORDING: bool(smells_of(told)) if told.wording is None else told.wording,
        VisitFlag.SKEW: told.skew_hours is not None,
        VisitFlag.DENIED: state.details.disputed,
        VisitFlag.UNHEARD: state.details.unheard,
    }
    return tuple(flag for flag, raised in found.items() if raised)


def _visit(key: str, version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, Unrecorded):
        return
    told = state.details.told
    yield (
        UUID(key),
        version,
        told.enterprise.id,
        told.enterprise.name,
        told.enterprise.code,
        told.on,
        f"{told.on:%Y-%m}",
        str(told.mode),
        str(state.review),
        visit.counts(state),
        told.joint,
        told.late_entry,
        len(told.demands),
        len(state.details.evidence),
        orjson.dumps([str(flag) for flag in flags(state)]).decode(),
        state.details.disputed,
        state.details.missing == (),
        _rating(state.details),
        told.met,
        str(told.operation),
        told.headcount,
        bool(told.difficulties),
        orjson.dumps(list(dict.fromkeys(str(demand.category) for demand in told.demands))).decode(),
        str(told.aware),
        told.onemap_given,
        told.visitors[0].unit if told.visitors else None,
        state.words,
        state.details.confirmed is not None,
        state.details.denied is not None,
        _aware(state.details),
        STATES.written(state),
    )


def _rating(details: VisitDetails) -> str | None:
    """What the enterprise itself gave, once that may be believed (K7)."""
    return str(details.proved.rating) if details.proved and details.proved.rating else None


def _aware(details: VisitDetails) -> str | None:
    """What the enterprise itself said of knowing the brand."""
    confirmed = details.confirmed
    return str(confirmed.aware) if confirmed and confirmed.aware else None


def _unit(key: str, _version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, Unrecorded):
        return
    units = {visitor.unit: visitor.line for visitor in state.details.told.visitors}
    for unit, line in units.items():
        yield UUID(key), unit, line and str(line)


VISITS = View[State](
    "visit",
    {
        "id": "uuid",
        "ver": "int",
        "enterprise": "uuid",
        "enterprise_name": "text",
        "code": "text",
        "on_date": "date",
        "month": "text",
        "mode": "text",
        "review": "text",
        "counted": "bool",
        "joint": "bool",
        "late_entry": "bool",
        "demands": "int",
        "files": "int",
        "flags": "jsonb",
        "disputed": "bool",
        "proved": "bool",
        "rating": "text",
        "met": "bool",
        "operation": "text",
        "headcount": "int",
        "difficulties": "bool",
        "asked_for": "jsonb",
        "aware": "text",
        "onemap_given": "int",
        "first_unit": "text",
        "words": "text",
        "confirmed": "bool",
        "denied": "bool",
        "confirmed_aware": "text",
        "state": "jsonb",
    },
    ("id",),
    _visit,
    "id",
    indexes=(
        "(enterprise, month)",
        "(on_date, id)",
        "(month, on_date, id)",
        "(review) where review in ('held', 'returned')",
        "(on_date, id) where flags <> '[]'",
        "(disputed) where disputed",
    ),
    rule=STATES.shape,
)
UNITS = View[State](
    "visit_unit", {"visit": "uuid", "unit": "text", "line": "text"}, ("visit", "unit"), _unit, "visit", indexes=("(unit, visit)",)
)


def _people(key: str, _version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, Unrecorded):
        return
    details = state.details
    places = {visitor.member: place for place, visitor in reversed(list(enumerate(details.told.visitors, 1)))}
    for member in sorted({*places, *details.tellers}):
        yield UUID(key), member, places.get(member), member in details.tellers


PEOPLE = View[State](
    "visit_member",
    {"visit": "uuid", "member": "uuid", "place": "int", "teller": "bool"},
    ("visit", "member"),
    _people,
    "visit",
    indexes=("(member, visit)",),
)
"""Who was at a visit, in the order they are told in (``place``; empty for whoever only told it), and who ever told it."""


def _files(key: str, _version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, Unrecorded):
        return
    live = not isinstance(state, Voided)
    for item in state.details.evidence:
        yield UUID(key), item.sha256, item.original, item.phash, f"{state.details.told.on:%Y-%m}", live


FILES = View[State](
    "visit_file",
    {"visit": "uuid", "sha256": "text", "original": "text", "phash": "text", "month": "text", "live": "bool"},
    ("visit", "sha256"),
    _files,
    "visit",
    indexes=("(sha256, visit)", "(original, visit)", "(month, visit, sha256)"),
)


def _bands(key: str, _version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, Unrecorded):
        return
    for item in state.details.evidence:
        for band in bands(item.phash) if item.phash else ():
            yield UUID(key), item.sha256, band


BANDS = View[State](
    "visit_file_band",
    {"visit": "uuid", "sha256": "text", "band": "int"},
    ("visit", "sha256", "band"),
    _bands,
    "visit",
    indexes=("(band, visit, sha256)",),
)
"""Pieces of how pictures look: those with an equal piece may be alike."""
