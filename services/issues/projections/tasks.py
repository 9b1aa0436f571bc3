"""What somebody owes a ticket now, as a table: one row a duty, with the unit, the person if it is one's own, since and until when.

A queue is a question to this table. The days come out of the ticket's own alarms, so that a queue and a ring never disagree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.issues.domain.ticket.callbacks import settled
from services.issues.domain.ticket.permissions import awaits_ruling
from services.issues.domain.ticket.states import (
    Accepted,
    Archived,
    Closed,
    Declined,
    Dispatched,
    Escalating,
    Merged,
    Reported,
    Resolved,
    Reviewed,
    Signed,
    State,
    Ticket,
    Tracked,
    Unreported,
    Withdrawn,
    under_of,
)
from shared.language.terms import Alarm, Level
from shared.log.views import View


@dataclass(frozen=True)
class Task:
    """One duty. ``ref`` tells two of one kind apart: a slip's number, a co-handler's unit, the measure that is proposed."""

    kind: str
    unit: str
    since: date
    due: date | None = None
    member: UUID | None = None
    ref: str = ""


def tasks(state: Ticket) -> Iterator[Task]:
    """Everything somebody owes this ticket."""
    reported = state.report.unit
    match state:
        case Reported():
            yield Task("accept", reported, state.notes.contested or state.report.on, _deadline(state, Alarm.ACCEPT))
        case Accepted():
            kind = "redispatch" if state.before else "dispatch"
            yield Task(kind, reported, state.notes.accepted_on or state.report.on, _deadline(state, Alarm.DISPATCH))
        case Dispatched():
            yield Task("sign", state.order.unit, state.order.on, _deadline(state, Alarm.SIGN))
        case Signed():
            yield from _at_work(state)
        case Resolved():
            yield Task("review", state.order.unit, state.resolution.on, _deadline(state, Alarm.REVIEW))
        case Reviewed():
            yield Task("call-back", state.order.unit, state.approval.on, _deadline(state, Alarm.CALL_BACK))
        case Tracked():
            work = state.work
            due = state.tracking.milestone
            yield Task("milestone", state.order.unit, state.tracking.on, due, work.handler)
            yield from _parts(state)
        case Escalating():
            kind = "escalation-city" if state.request.to is Level.CITY else "escalation"
            yield Task(kind, state.order.unit, state.request.on, _deadline(state, Alarm.DECISION))
        case Merged() if state.answer is None:
            yield Task("answer-sibling", reported, state.merging.on, _deadline(state, Alarm.STAGE_ANSWER))
        case Merged() if awaits_ruling(state):
            yield Task("answer-sibling", reported, state.calls[-1].on)
        case Merged(answer=answer) if answer is not None and not settled(state):
            yield Task("call-back", reported, answer.on, _deadline(state, Alarm.CALL_BACK))
        case Closed() | Archived() | Declined() | Merged() | Withdrawn():
            pass  # Over, but for what is laid over every stage.
    yield from _over(state)


def _at_work(state: Signed) -> Iterator[Task]:
    work, unit = state.work, state.order.unit
    since = work.since or work.signed.on
    if work.contacted:
        yield Task("progress", unit, since, _deadline(state, Alarm.PROGRESS), work.handler)
    else:
        yield Task("contact", unit, work.signed.on, _deadline(state, Alarm.CONTACT), work.handler)
    yield Task("resolve", unit, work.signed.on, state.due.on, work.handler)
    if work.asking is not None:
        yield Task("extension-second" if work.extensions else "extension", unit, work.asking.on, state.due.on)
    if state.order.level is Level.CITY:
        yield Task(
            "stage-answer", unit, work.stage_answered or state.order.on, _deadline(state, Alarm.STAGE_ANSWER), work.handler
        )
    yield from _parts(state)


def _parts(state: Signed | Tracked) -> Iterator[Task]:
    dues = {part.unit: part.due.on for part in state.order.co_dues}
    for unit in state.order.co_units:
        if unit not in state.work.co_answered:
            yield Task("co-handle", unit, state.order.on, dues.get(unit), ref=unit)


def _over(state: Ticket) -> Iterator[Task]:
    order = under_of(state)
    unit = order.unit if order else state.report.unit
    for slip in state.notes.slips:
        if slip.no in state.notes.unanswered:
            yield Task("slip", unit, slip.on, slip.reply_due.on, ref=slip.no)
    for proposal in state.notes.proposals:  # One of a kind at most.
        yield Task("rule", proposal.unit, proposal.on, ref=str(proposal.measure))


def _deadline(state: Ticket, kind: Alarm) -> date | None:
    """The day its alarm is planned for, or has rung for."""
    planned = [ring.deadline for ring in state.notes.rings if ring.kind is kind]
    return min(planned) if planned else max((day for rung, day in state.notes.rung if rung is kind), default=None)


def _rows(key: str, _version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if not isinstance(state, Unreported):
        yield from ((UUID(key), task.kind, task.ref, task.unit, task.member, task.since, task.due) for task in tasks(state))


TASKS = View[State](
    "task",
    {"issue": "uuid", "kind": "text", "ref": "text", "unit": "text", "member": "uuid", "since": "date", "due": "date"},
    ("issue", "kind", "ref"),
    _rows,
    "issue",
    indexes=("(unit, kind)", "(kind)", "(member) where member is not null"),
)
VIEWS = (TASKS,)
