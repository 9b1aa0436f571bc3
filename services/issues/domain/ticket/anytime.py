"""What lies over every stage: withdrawal, urging, slips, additions, alarms, new calendars (T21–T23).

None of it moves a clock, except that a published calendar derives a counted deadline anew, as a fact.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from services.issues.domain.ticket import deadlines, permissions, timers
from services.issues.domain.ticket.commands import (
    AnswerSupervision,
    Anytime,
    RaiseAlarm,
    RederiveDeadline,
    RuleMeasure,
    SuperviseIssue,
    SupplementIssue,
    UrgeIssue,
    WithdrawIssue,
)
from services.issues.domain.ticket.facts import TicketFact
from services.issues.domain.ticket.known import Knowing
from services.issues.domain.ticket.refusals import NoSuchProposal, NoSuchSlip, OutsideWorkingHours, UrgedToday, not_now
from services.issues.domain.ticket.states import OPEN, Closed, Dispatched, Ticket, Tracked, clocked, under_of
from shared.events.issues import (
    AlarmRaised,
    DeadlineRederived,
    IssueArchived,
    IssueSigned,
    IssueSupervised,
    IssueSupplemented,
    IssueUrged,
    IssueWithdrawn,
    MeasureProposed,
    MeasureRuled,
    SupervisionAnswered,
)
from shared.language.decider import Context, looked_up
from shared.language.terms import Alarm, Colour, Level, Measure

RETENTION_YEARS = 10
_MINUTE = timedelta(minutes=1)


def over(state: Ticket, command: Anytime, context: Knowing) -> list[TicketFact]:
    """Facts, or a refusal. Of a ticket in which nothing is owed any more only what the platform and its documents need."""
    match command:
        case RaiseAlarm():
            permissions.the_platform(context)
            return _ring(state, command, context)
        case RederiveDeadline():
            permissions.the_platform(context)
            return _rederive(state, context)
        case RuleMeasure():
            permissions.may_rule(context)
            return _rule(state, command, context)
        case AnswerSupervision():
            permissions.may_answer_slip(state, context)
            return _answer(state, command, context)
        case WithdrawIssue() if isinstance(state, OPEN):
            permissions.may_withdraw(state, context)
            return [IssueWithdrawn(**command.model_dump(), by=context.actor.id, on=context.today)]
        case UrgeIssue() if isinstance(state, OPEN):
            return _urge(state, command, context)
        case SuperviseIssue() if isinstance(state, OPEN):
            permissions.may_supervise(context)
            return [_slip(command.colour, command.words, context, by_hand=True)]
        case SupplementIssue() if isinstance(state, OPEN):
            permissions.may_speak_for_the_enterprise(state, context)
            return [IssueSupplemented(words=command.words, on=context.today)]
        case WithdrawIssue() | UrgeIssue() | SuperviseIssue() | SupplementIssue():
            raise not_now(state, command)


def offered(state: Ticket, context: Context[object]) -> dict[str, Callable[[], object]]:
    """By name, what can be asked of an open ticket at any stage, with the guard that would judge it."""
    return {
        "withdraw": lambda: permissions.may_withdraw(state, context),
        "urge": lambda: permissions.urging(state, context),
        "supervise": lambda: permissions.may_supervise(context),
        "supplement": lambda: permissions.may_speak_for_the_enterprise(state, context),
        **({"answer-supervision": lambda: permissions.may_answer_slip(state, context)} if state.notes.unanswered else {}),
        **({"rule": lambda: permissions.may_rule(context)} if state.notes.proposals else {}),
    }


def _urge(state: Ticket, command: UrgeIssue, context: Knowing) -> list[TicketFact]:
    """Once a day and kind, in working hours; the enterprise may at any hour, it is read in the morning."""
    kind = permissions.urging(state, context)
    if (context.today, kind) in state.notes.urged:
        raise UrgedToday(kind=kind)
    if kind != "enterprise" and not timers.working(context.calendar, context.now):
        raise OutsideWorkingHours
    order = under_of(state)
    return [IssueUrged(kind=kind, to=order.unit if order else state.report.unit, words=command.words, on=context.today)]


def _slip(colour: Colour, words: str, context: Knowing, *, by_hand: bool) -> IssueSupervised:
    return IssueSupervised(
        no=looked_up(context.known.document_no),
        colour=colour,
        words=words,
        reply_due=deadlines.slip(context.calendar, context.today),
        by=context.actor.id if by_hand else None,
        on=context.today,
    )


def _answer(state: Ticket, command: AnswerSupervision, context: Knowing) -> list[TicketFact]:
    if command.no not in state.notes.unanswered:
        if any(slip.no == command.no for slip in state.notes.slips):
            return []
        raise NoSuchSlip(no=command.no)
    return [SupervisionAnswered(**command.model_dump(), by=context.actor.id, on=context.today)]


def _rule(state: Ticket, command: RuleMeasure, context: Knowing) -> list[TicketFact]:
    if not any(proposal.measure is command.measure for proposal in state.notes.proposals):
        raise NoSuchProposal(measure=command.measure.label)
    return [MeasureRuled(**command.model_dump(), by=context.actor.id, on=context.today)]


def _rederive(state: Ticket, context: Knowing) -> list[TicketFact]:
    ordered = clocked(state)
    if ordered is None or not isinstance(state, OPEN):
        return []
    due = deadlines.rederived(context.calendar, ordered.due)
    return [] if due == ordered.due else [DeadlineRederived(due=due, was=ordered.due.on, on=context.today)]


def _ring(state: Ticket, command: RaiseAlarm, context: Knowing) -> list[TicketFact]:
    """What was planned rings once, when its instant has come; everything else is silence.

    The instant is the plan's: a clock that read it before the plan changed neither rings early nor tells a wrong lateness.
    """
    planned = next((ring for ring in state.notes.rings if (ring.kind, ring.deadline) == (command.kind, command.deadline)), None)
    if planned is None or context.now < planned.at:
        return []
    late = max(0, (context.now - planned.at) // _MINUTE)
    order = under_of(state)
    unit = order.unit if order else state.report.unit
    rung = AlarmRaised(kind=planned.kind, deadline=planned.deadline, at=planned.at, late_minutes=late, unit=unit)
    return [rung, *_consequences(state, command.kind, context)]


def _consequences(state: Ticket, kind: Alarm, context: Knowing) -> list[TicketFact]:
    """What follows by itself."""
    order = under_of(state)
    unit = order.unit if order else state.report.unit
    today = context.today
    match kind:
        case Alarm.SIGN if isinstance(state, Dispatched):
            # The clock has run since the dispatch anyway; now it has a name, and it counts as signed late.
            signed = IssueSigned(handler=state.order.leader, on=today, auto=True)
            return [signed, *_urged(state, "deputy", "超时未签收,已自动签收", today)]
        case Alarm.CONTACT:
            return _urged(state, "deputy", "逾期未联系企业", today)
        case Alarm.MILESTONE if isinstance(state, Tracked):
            return _overdue_milestone(state, unit, today)
        case Alarm.BLUE:
            return _urged(state, "handler", "距时限不足两个工作日或者百分之三十", today)
        case Alarm.YELLOW:
            return _urged(state, "deputy", "距时限不足一个工作日", today)
        case Alarm.RED:
            found: list[TicketFact] = [_slip(Colour.RED, "已超过办理时限", context, by_hand=False)]
            if looked_up(context.known.reds) >= 1:
                words = f"{unit} 本月有两件以上问题超期"
                found.append(MeasureProposed(measure=Measure.INTERVIEW, unit=unit, reason=words, on=today))
            return found
        case Alarm.RED_5:
            found = [MeasureProposed(measure=Measure.BULLETIN, unit=unit, reason="超期五个工作日", on=today)]
            if order is not None and order.level is not Level.CITY:
                found.append(MeasureProposed(measure=Measure.ESCALATION, unit=unit, reason="超期五个工作日", on=today))
            return found
        case Alarm.RED_10:
            return [MeasureProposed(measure=Measure.INTERVIEW, unit=unit, reason="超期十个工作日", on=today)]
        case Alarm.ARCHIVE if isinstance(state, Closed):
            return [IssueArchived(on=today, retention_years=RETENTION_YEARS)]
        case Alarm():
            return []


def _overdue_milestone(state: Tracked, unit: str, today: date) -> list[TicketFact]:
    """The deputy is urged (黄); whoever lets it lie is treated as whoever renews it: the third time the level above is proposed."""
    found = _urged(state, "deputy", "跟踪节点已过", today)
    missed = sum(1 for kind, deadline in state.notes.rung if kind is Alarm.MILESTONE and deadline >= state.tracking.milestone)
    if state.work.renewals + missed + 1 >= deadlines.RENEWALS and state.order.level is not Level.CITY:
        found.append(MeasureProposed(measure=Measure.ESCALATION, unit=unit, reason="跟踪节点多次逾期", on=today))
    return found


def _urged(state: Ticket, to: str, words: str, today: date) -> list[TicketFact]:
    """Once a day and person, also by itself (T22): a 特急 turns blue and yellow at once, and both are told."""
    return [] if (today, f"auto-{to}") in state.notes.urged else [IssueUrged(kind="auto", to=to, words=words, on=today)]
