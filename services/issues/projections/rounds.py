"""Call-backs, re-checks and the green channel as tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from services.issues.domain import green, recheck
from services.issues.domain.ticket.callbacks import round_of
from services.issues.domain.ticket.states import State, Unreported, under_of
from shared.log.views import View


def _rounds(key: str, _version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, Unreported) or (found := round_of(state)) is None:
        return
    order = under_of(state)
    yield (
        UUID(key),
        order.unit if order else state.report.unit,
        found.since,
        found.tries,
        found.days,
        found.last,
        found.answered,
        found.attempted,
        found.rating.value if found.rating else None,
    )


def _rechecks(key: str, version: int, state: recheck.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, recheck.Drawn):
        draw = state.draw
        denied = sum(1 for found in state.found.values() if found.confirmed is False)
        yield (
            UUID(key),
            version,
            str(draw.kind),
            draw.month,
            draw.seed,
            draw.population,
            draw.digest,
            len(draw.sample),
            len(state.found),
            denied,
            draw.by,
            draw.unit,
            draw.on,
        )


def _cases(key: str, version: int, state: green.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, green.Unopened):
        return
    case = state.case
    end = state.end if isinstance(state, green.Finished) else None
    yield (
        UUID(key),
        version,
        str(state.STAGE),
        case.unit,
        case.enterprise.id,
        case.enterprise.code,
        case.enterprise.name,
        case.matter,
        case.window,
        case.promised,
        case.accepted_on,
        case.due.on,
        end and end.done_on,
        end and end.result,
        end and end.used,
        end and end.saved,
        case.by,
    )


ROUNDS = View[State](
    "call_round",
    {
        "issue": "uuid",
        "unit": "text",
        "since": "date",
        "tries": "int",
        "days": "int",
        "last": "date",
        "answered": "bool",
        "attempted": "bool",
        "rating": "text",
    },
    ("issue", "unit"),
    _rounds,
    "issue",
    indexes=("(since)",),
)
RECHECKS = View[recheck.State](
    "recheck",
    {
        "id": "uuid",
        "ver": "int",
        "kind": "text",
        "month": "text",
        "seed": "text",
        "population": "int",
        "digest": "text",
        "size": "int",
        "asked": "int",
        "denied": "int",
        "by_member": "uuid",
        "unit": "text",
        "drawn_on": "date",
    },
    ("id",),
    _rechecks,
    "id",
)
CASES = View[green.State](
    "green_case",
    {
        "id": "uuid",
        "ver": "int",
        "stage": "text",
        "unit": "text",
        "enterprise": "uuid",
        "enterprise_code": "text",
        "enterprise_name": "text",
        "matter": "text",
        "service_window": "text",
        "promised": "int",
        "accepted_on": "date",
        "due": "date",
        "done_on": "date",
        "result": "text",
        "used": "int",
        "saved": "int",
        "opened_by": "uuid",
    },
    ("id",),
    _cases,
    "id",
    indexes=("(unit, accepted_on)", "(done_on)"),
)
