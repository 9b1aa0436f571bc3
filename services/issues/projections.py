"""The views of tickets: one row a ticket, and which units have a part in it. Numbers are counted on the first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

from services.issues.domain.issue import ISSUE
from services.issues.domain.numbers import number, parts
from services.issues.domain.states import Archived, Closed, State, Unreported, order_of, units_of, work_of
from shared.decider import Context
from shared.months import Month
from shared.projector import View


def _issue(key: str, version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, Unreported):
        return
    report, kind = state.report, state.kind
    month, seq = parts(report.no)
    ordered, worked = order_of(state), work_of(state)
    closing = state.closing if isinstance(state, Closed | Archived) else None
    yield (
        UUID(key), version, report.no, str(month), seq, report.unit, ordered and ordered.order.unit,
        report.enterprise.id, report.enterprise.code, report.enterprise.name, str(state.STAGE), str(report.source),
        report.visit, report.demand, report.content, str(kind.category), str(kind.nature), str(kind.urgency),
        ordered and str(ordered.order.level), ordered and ordered.order.leader, worked and worked.work.handler, report.on,
        ordered and ordered.order.on, ordered and ordered.order.due.on, ordered and ordered.due.on,
        worked.work.reopened if worked else 0, closing and closing.on,
        str(closing.rating.value) if closing and closing.rating else None,
    )  # fmt: skip


def _units(key: str, _version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if not isinstance(state, Unreported):
        yield from ((UUID(key), unit, part) for unit, part in units_of(state))


ISSUES = View[State](
    "issue",
    {
        "id": "uuid", "ver": "int", "no": "text", "month": "text", "seq": "int", "unit": "text", "handling_unit": "text",
        "enterprise": "uuid", "enterprise_code": "text", "enterprise_name": "text", "stage": "text", "source": "text",
        "visit": "uuid", "demand": "int", "content": "text", "category": "text", "nature": "text", "urgency": "text",
        "level": "text", "leader": "uuid", "handler": "uuid", "opened_on": "date", "dispatched_on": "date",
        "first_due": "date", "due": "date", "reopened": "int", "closed_on": "date", "rating": "text",
    },
    ("id",), _issue, "id", indexes=("(enterprise)", "(stage, due)"),
    unique=("(unit, month, seq)", "(visit, demand) where visit is not null"),
)  # fmt: skip
UNITS = View[State](
    "issue_unit",
    {"issue": "uuid", "unit": "text", "part": "text"},
    ("issue", "unit", "part"),
    _units,
    "issue",
    indexes=("(unit)",),
)

DECIDERS = (ISSUE,)
VIEWS: dict[str, tuple[View[Any], ...]] = {"issue": (ISSUES, UNITS)}


async def numbered(connection: Any, state: State, context: Context) -> Context:
    """Give a new ticket the next number of its unit and month, in the transaction that writes it.

    Whoever numbers for the same unit and month waits for the lock until this transaction ends, so that a rollback leaves
    no gap and nobody counts what is not there yet.
    """
    if not isinstance(state, Unreported):
        return context
    month, unit = Month.of(context.today), context.known["unit"]
    await connection.execute("select pg_advisory_xact_lock(hashtextextended($1, 52050201))", f"issue {unit} {month}")
    seq = await connection.fetchval(
        "select coalesce(max(seq), 0) + 1 from view.issue where unit = $1 and month = $2", unit, str(month)
    )
    return replace(context, known={**context.known, "no": number(month, unit, seq)})
