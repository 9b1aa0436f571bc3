"""The alarms of a ticket, planned from its state alone: what rings when, and never twice for one deadline.

    planned (AlarmsSet) --its instant comes--> rung (AlarmRaised) --> what follows from it by itself

Alarms ring in working hours of working days. What a ring does by itself is small: it urges, it signs for a unit that did
not, it writes a slip, it files what is over. What would punish a unit is only ever proposed (``tickets.md``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from functools import partial

from services.issues.domain.ticket.callbacks import settled
from services.issues.domain.ticket.deadlines import ARCHIVED_WORKDAYS, STAGE_WORKDAYS
from services.issues.domain.ticket.states import (
    Accepted,
    Archived,
    Closed,
    Declined,
    Dispatched,
    Escalating,
    Merged,
    Ordered,
    Reported,
    Resolved,
    Reviewed,
    Signed,
    Ticket,
    Tracked,
    Withdrawn,
    Worked,
    work_of,
)
from shared.events.issues import Due, Ring
from shared.language.months import SHANGHAI, Calendar, local_date
from shared.language.terms import Alarm, Level, Source, Urgency

OPENS, CLOSES = time(9), time(17, 30)
_HOURS = timedelta(hours=2)
"""特急 is taken on, and a 12345 order signed for, within two working hours."""
_CALL_BACK = 3
_PROGRESS = 5
_DECISION = 2
_MONTH = timedelta(days=30)
_BLUE, _BLUE_PERCENT, _YELLOW = 2, 30, 1


def working(calendar: Calendar, at: datetime) -> bool:
    """Whether people are at work at this instant."""
    here = at.astimezone(SHANGHAI)
    return calendar.is_workday(here.date()) and OPENS <= here.time() < CLOSES


def next_working(calendar: Calendar, at: datetime) -> datetime:
    """The first instant at or after this one at which people work."""
    if working(calendar, at):
        return at
    here = at.astimezone(SHANGHAI)
    day = here.date() if here.time() < OPENS else here.date() + timedelta(days=1)
    return _morning(calendar.next_workday_on_or_after(day))


def plan(state: Ticket, calendar: Calendar) -> tuple[Ring, ...]:
    """Every alarm still to come, in the order in which they ring."""
    rung = state.notes.rung
    found = {(ring.kind, ring.deadline): ring for ring in _all(state, calendar) if (ring.kind, ring.deadline) not in rung}
    return tuple(sorted(found.values(), key=lambda ring: (ring.at, ring.kind)))


def _all(state: Ticket, calendar: Calendar) -> Iterator[Ring]:
    match state:
        case Reported():
            yield from _reported(state, calendar)
        case Accepted():
            yield from _accepted(state, calendar)
        case Dispatched():
            at = next_working(calendar, state.order.at) if state.order.at else None
            hurry = state.report.source is Source.TRANSFERRED
            yield _limit(calendar, Alarm.SIGN, state.order.on, 1, after_hours(calendar, at) if hurry and at else None)
            yield from _clock(calendar, state, state.due)
        case Signed():
            yield from _signed(state, calendar)
            yield from _clock(calendar, state, state.due)
        case Resolved():
            yield _limit(calendar, Alarm.REVIEW, state.resolution.on, 1)
        case Reviewed():
            yield _limit(calendar, Alarm.CALL_BACK, state.approval.on, _CALL_BACK)
        case Closed():
            yield _limit(calendar, Alarm.ARCHIVE, state.closing.on, ARCHIVED_WORKDAYS)
        case Tracked():
            # Neither is told once and forgotten: who does nothing hears of it every month.
            yield _on(calendar, Alarm.MILESTONE, _unrung(state, Alarm.MILESTONE, state.tracking.milestone, _a_month_later))
            if state.work.since:
                yield _on(calendar, Alarm.MONTHLY, _unrung(state, Alarm.MONTHLY, state.work.since + _MONTH, _a_month_later))
        case Escalating():
            yield _limit(calendar, Alarm.DECISION, state.request.on, _DECISION)
            yield from _clock(calendar, state, state.due)
        case Merged():
            yield from _merged(state, calendar)
        case Archived() | Declined() | Withdrawn():
            return
    for slip in state.notes.slips:
        if slip.no in state.notes.unanswered:
            yield _on(calendar, Alarm.SLIP_REPLY, slip.reply_due.on)


def _reported(state: Reported, calendar: Calendar) -> Iterator[Ring]:
    since = state.notes.contested or state.report.on
    hurry = state.kind.urgency is Urgency.CRITICAL and state.report.at is not None and state.notes.contested is None
    at = after_hours(calendar, state.report.at) if hurry and state.report.at else None
    yield _limit(calendar, Alarm.ACCEPT, since, 1, at)


def _accepted(state: Accepted, calendar: Calendar) -> Iterator[Ring]:
    yield _limit(calendar, Alarm.DISPATCH, state.notes.accepted_on or state.report.on, 1)
    if state.before is not None:  # Sent back: the clock of the first dispatch runs on.
        yield from _clock(calendar, state.before, state.before.due)


def _signed(state: Signed, calendar: Calendar) -> Iterator[Ring]:
    work = state.work
    since = work.since or work.signed.on
    if not work.contacted:
        yield _limit(calendar, Alarm.CONTACT, work.again or work.signed.on, 1)
    told = calendar.add_workdays(since, _PROGRESS) if work.next_on is None else work.next_on
    yield _on(calendar, Alarm.PROGRESS, _unrung(state, Alarm.PROGRESS, told, partial(_later, calendar, _PROGRESS)))
    if state.order.level is Level.CITY:
        yield _stage_answer(state, calendar, work.stage_answered or state.order.on)
    for part in state.order.co_dues:
        if part.unit in state.order.co_units and part.unit not in work.co_answered:
            yield _on(calendar, Alarm.CO_HANDLING, part.due.on)


def _clock(calendar: Calendar, state: Ordered | Worked, due: Due) -> Iterator[Ring]:
    """Blue with two working days or a third of the term left, yellow with one, red once it is over."""
    start = next_working(calendar, state.order.at or _morning(state.order.on))
    worked = work_of(state)
    total = calendar.workdays_between((worked.work.again if worked else None) or state.order.on, due.on)
    blue = calendar.workdays_back(due.on, max(_BLUE, total * _BLUE_PERCENT // 100) + 1)
    yellow = calendar.workdays_back(due.on, _YELLOW + 1)
    yield Ring(kind=Alarm.BLUE, deadline=due.on, at=max(_morning(blue), start))
    yield Ring(kind=Alarm.YELLOW, deadline=due.on, at=max(_morning(yellow), start))
    yield Ring(kind=Alarm.RED, deadline=due.on, at=max(_after(calendar, due.on), start))
    for kind, days in ((Alarm.RED_5, 5), (Alarm.RED_10, 10)):
        yield Ring(kind=kind, deadline=due.on, at=max(_after(calendar, calendar.add_workdays(due.on, days)), start))


def _merged(state: Merged, calendar: Calendar) -> Iterator[Ring]:
    """Its enterprise waits for an answer and a call of its own, whatever becomes of the other ticket."""
    if state.answer is None:
        yield _stage_answer(state, calendar, state.merging.on)
        if (own := state.report.external_due) is not None and own >= state.merging.on:
            yield _on(calendar, Alarm.STAGE_ANSWER, own)
    elif not settled(state):
        yield _on(
            calendar,
            Alarm.CALL_BACK,
            _unrung(
                state, Alarm.CALL_BACK, calendar.add_workdays(state.answer.on, _CALL_BACK), partial(_later, calendar, _CALL_BACK)
            ),
        )


def _stage_answer(state: Ticket, calendar: Calendar, since: date) -> Ring:
    following = partial(_later, calendar, STAGE_WORKDAYS)
    return _on(calendar, Alarm.STAGE_ANSWER, _unrung(state, Alarm.STAGE_ANSWER, following(since), following))


def _unrung(state: Ticket, kind: Alarm, deadline: date, following: Callable[[date], date]) -> date:
    """The first of its deadlines that has not rung: silence is told of again and again."""
    while (kind, deadline) in state.notes.rung:
        deadline = following(deadline)
    return deadline


def _later(calendar: Calendar, days: int, day: date) -> date:
    return calendar.add_workdays(day, days)


def _a_month_later(day: date) -> date:
    return day + _MONTH


def _limit(calendar: Calendar, kind: Alarm, since: date, days: int, at: datetime | None = None) -> Ring:
    deadline = calendar.add_workdays(since, days)
    return Ring(kind=kind, deadline=deadline, at=at or _after(calendar, deadline))


def _on(calendar: Calendar, kind: Alarm, deadline: date) -> Ring:
    return Ring(kind=kind, deadline=deadline, at=_after(calendar, deadline))


def _after(calendar: Calendar, day: date) -> datetime:
    """The morning of the first working day after this one."""
    return _morning(calendar.next_workday_on_or_after(day + timedelta(days=1)))


def _morning(day: date) -> datetime:
    return datetime.combine(day, OPENS, SHANGHAI)


def after_hours(calendar: Calendar, at: datetime) -> datetime:
    """Two working hours later."""
    start = next_working(calendar, at)
    left = datetime.combine(local_date(start), CLOSES, SHANGHAI) - start
    if left > _HOURS:
        return start + _HOURS
    return next_working(calendar, start + left) + (_HOURS - left)
