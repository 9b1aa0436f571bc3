"""Tickets as tables: one row a ticket, its units, its alarms to come, its documents, its red marks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from services.issues.domain.ticket.callbacks import settled
from services.issues.domain.ticket.numbers import document_parts, parts
from services.issues.domain.ticket.states import (
    OPEN,
    Archived,
    Closed,
    Declined,
    Merged,
    State,
    Tracked,
    Unreported,
    Withdrawn,
    clocked,
    colour,
    under_of,
    units_of,
    work_of,
)
from shared.log.views import View


def _issue(key: str, version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, Unreported):
        return
    report, kind = state.report, state.kind
    month, seq = parts(report.no)
    ordered, worked, order = clocked(state), work_of(state), under_of(state)
    closing = state.closing if isinstance(state, Closed | Archived) else None
    merged = state if isinstance(state, Merged) else None
    yield (
        UUID(key),
        version,
        report.no,
        str(month),
        seq,
        report.unit,
        order and order.unit,
        report.enterprise.id,
        report.enterprise.code,
        report.enterprise.name,
        str(state.STAGE),
        isinstance(state, OPEN),
        str(report.source),
        report.external_no or None,
        report.visit,
        report.demand,
        report.content,
        str(kind.category),
        str(kind.nature),
        str(kind.urgency),
        order and str(order.level),
        order and order.leader,
        worked and worked.work.handler,
        report.on,
        order and order.on,
        ordered and ordered.first.on,
        ordered and ordered.due.on,
        str(colour(state)),
        worked.work.reopened if worked else 0,
        worked.work.extensions if worked else 0,
        state.tracking.milestone if isinstance(state, Tracked) else None,
        closing and closing.on,
        _ended_on(state),
        str(closing.rating.value) if closing and closing.rating else None,
        merged and merged.merging.master,
        bool(merged and not settled(merged)),
        ",".join(str(proposal.measure) for proposal in state.notes.proposals),
        report.by,
    )


def _ended_on(state: State) -> date | None:
    """The day on which it left the open ones, whichever way."""
    match state:
        case Closed() | Archived():
            return state.closing.on
        case Withdrawn():
            return state.withdrawal.on
        case Merged():
            return state.merging.on
        case Declined():
            return state.refusal.on
        case _:
            return None


def _units(key: str, _version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if not isinstance(state, Unreported):
        yield from ((UUID(key), unit, part) for unit, part in units_of(state))


def _alarms(key: str, _version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if not isinstance(state, Unreported):
        yield from ((UUID(key), str(ring.kind), ring.deadline, ring.at) for ring in state.notes.rings)


def _documents(key: str, _version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if not isinstance(state, Unreported):
        yield from ((no, UUID(key), *document_parts(no)) for no in state.notes.documents)


def _reds(key: str, _version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, Unreported):
        return
    yield from ((UUID(key), unit, deadline) for unit, deadline in sorted(set(state.notes.reds)))


ISSUES = View[State](
    "issue",
    {
        "id": "uuid",
        "ver": "int",
        "no": "text",
        "month": "text",
        "seq": "int",
        "unit": "text",
        "handling_unit": "text",
        "enterprise": "uuid",
        "enterprise_code": "text",
        "enterprise_name": "text",
        "stage": "text",
        "open": "bool",
        "source": "text",
        "external_no": "text",
        "visit": "uuid",
        "demand": "int",
        "content": "text",
        "category": "text",
        "nature": "text",
        "urgency": "text",
        "level": "text",
        "leader": "uuid",
        "handler": "uuid",
        "opened_on": "date",
        "dispatched_on": "date",
        "first_due": "date",
        "due": "date",
        "colour": "text",
        "reopened": "int",
        "extensions": "int",
        "milestone": "date",
        "closed_on": "date",
        "ended_on": "date",
        "rating": "text",
        "master": "uuid",
        "owed": "bool",
        "proposals": "text",
        "reported_by": "uuid",
    },
    ("id",),
    _issue,
    "id",
    indexes=(
        "(enterprise)",
        "(stage, due)",
        "(due, opened_on, no)",
        "(master) where master is not null",
        "(opened_on, id)",
        "(handler) where open",
        "(reported_by)",
    ),
    unique=("(unit, month, seq)", "(visit, demand) where visit is not null", "(external_no) where external_no is not null"),
)
UNITS = View[State](
    "issue_unit",
    {"issue": "uuid", "unit": "text", "part": "text"},
    ("issue", "unit", "part"),
    _units,
    "issue",
    indexes=("(unit)",),
)
ALARMS = View[State](
    "alarm",
    {"issue": "uuid", "kind": "text", "deadline": "date", "at": "timestamptz"},
    ("issue", "kind", "deadline"),
    _alarms,
    "issue",
    indexes=("(at, issue, kind)",),
)
DOCUMENTS = View[State](
    "issue_document",
    {"no": "text", "issue": "uuid", "kind": "text", "year": "int", "seq": "int"},
    ("no",),
    _documents,
    "issue",
    unique=("(kind, year, seq)",),
)
REDS = View[State](
    "issue_red",
    {"issue": "uuid", "unit": "text", "deadline": "date"},
    ("issue", "deadline"),
    _reds,
    "issue",
    indexes=("(unit, deadline)",),
)

VIEWS = (ISSUES, UNITS, ALARMS, DOCUMENTS, REDS)
