"""S3, S4, S9 and S10: what is decided while somebody handles a ticket (T6–T15).

Dispatched --sign / auto-sign--> Signed <--resume-- Tracked (renewed again and again)
|                           ^  |  ^ ^             ^  |
return (once)         reassign +--+  | +---- track --+  | ask above
v                                 |                  v
Accepted                              +--approve/reject-- Escalating
"""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from services.issues.domain.ticket import deadlines, permissions
from services.issues.domain.ticket.beginning import leads
from services.issues.domain.ticket.commands import (
    AcceptIssue,
    AnswerCoHandling,
    AnswerSibling,
    AnswerStage,
    ApproveEscalation,
    ApproveExtension,
    ApproveResolution,
    ArchiveIssue,
    Beginning,
    CloseIssue,
    ContestDecline,
    DeclineIssue,
    DispatchIssue,
    Finishing,
    Meanwhile,
    MergeIssue,
    ProgressIssue,
    ReassignIssue,
    RecordCallBack,
    RecordCityReply,
    RejectEscalation,
    RejectExtension,
    RejectResolution,
    RenewTracking,
    ReopenIssue,
    RequestEscalation,
    RequestExtension,
    ResolveIssue,
    ResumeIssue,
    ReturnIssue,
    SignIssue,
    Staged,
    TrackIssue,
)
from services.issues.domain.ticket.facts import TicketFact
from services.issues.domain.ticket.known import Knowing
from services.issues.domain.ticket.refusals import (
    DocumentMissing,
    ExtendedEnough,
    ExtensionPending,
    HandlerNotOfUnit,
    MilestoneTooFar,
    NextDayTooFar,
    NoExtensionAsked,
    NotACoHandler,
    NothingAbove,
    NotWithTheCity,
    ReturnedBefore,
    TooLateToExtend,
    TooLateToReturn,
    UnitNotKnown,
    done,
    not_now,
)
from services.issues.domain.ticket.states import Dispatched, Escalating, Signed, Tracked
from shared.events.issues import (
    CityReplied,
    CoHandlingAnswered,
    EscalationApproved,
    EscalationRejected,
    EscalationRequested,
    ExtensionApproved,
    ExtensionEndorsed,
    ExtensionRejected,
    ExtensionRequested,
    IssueProgressed,
    IssueReassigned,
    IssueReopened,
    IssueResolved,
    IssueResumed,
    IssueReturned,
    IssueSigned,
    IssueTracked,
    MeasureProposed,
    ResolutionRejected,
    StageAnswered,
    TrackingRenewed,
)
from shared.language.decider import Context, looked_up
from shared.language.terms import Level, Measure, Role

_ABOVE = {Level.GRID: Level.DISTRICT, Level.DISTRICT: Level.CITY}
_BOTH = frozenset({str(Role.INSPECTOR), str(Role.CHIEF)})


def dispatched(state: Dispatched, command: Staged, context: Knowing) -> list[TicketFact]:
    """T6, T7."""
    if isinstance(command, Finishing):
        raise not_now(state, command)
    match command:
        case DispatchIssue():
            permissions.may_dispatch(state, context)
            order = state.order
            asked = (command.unit, command.co_units, command.leader, command.measures)
            same = asked == (order.unit, order.co_units, order.leader, order.measures)
            return done(state, command, same=same and command.due in ("standard", order.due.on))
        case SignIssue():
            permissions.may_sign(state, context)
            return [IssueSigned(handler=_handler(state, command, context), on=context.today)]
        case ReturnIssue():
            permissions.may_return(state, context)
            if state.returned:
                raise ReturnedBefore(no=state.report.no)
            if context.today > (last := context.calendar.add_workdays(state.order.on, 1)):
                raise TooLateToReturn(until=last)
            return [IssueReturned(reason=command.reason, by=context.actor.id, on=context.today)]
        case AcceptIssue() | DeclineIssue() | ContestDecline() | MergeIssue() | AnswerSibling():
            raise not_now(state, command)
        case ReassignIssue() | ProgressIssue() | RequestExtension() | ApproveExtension() | RejectExtension():
            raise not_now(state, command)
        case TrackIssue() | RenewTracking() | ResumeIssue() | RequestEscalation() | ApproveEscalation() | RejectEscalation():
            raise not_now(state, command)
        case RecordCityReply() | AnswerStage() | AnswerCoHandling() | ResolveIssue():
            raise not_now(state, command)


def _handler(state: Dispatched | Signed, command: SignIssue, context: Knowing) -> UUID:
    handler = command.handler or context.actor.id
    if handler != context.actor.id and state.order.unit not in looked_up(context.known.posts).get(handler, {}):
        raise HandlerNotOfUnit(handler=str(handler), unit=state.order.unit)
    return handler


def signed(state: Signed, command: Staged, context: Knowing) -> list[TicketFact]:
    """T6 late, T8–T10, T12, T15; and what led here said again."""
    last = state.work.last
    if isinstance(command, Beginning):
        raise not_now(state, command)
    match command:
        case SignIssue():
            permissions.may_sign(state, context)
            handler = _handler(state, command, context)
            if state.work.signed.auto and handler not in state.work.handlers:
                return [IssueReassigned(handler=handler, reason="自动签收后由承办人接办", on=context.today)]
            return done(state, command, same=handler == state.work.handler)
        case ReassignIssue():
            return _reassign(state, command, context)
        case ProgressIssue():
            return _progress(state, command, context)
        case RequestExtension():
            return _ask_longer(state, command, context)
        case ApproveExtension():
            return _grant_longer(state, command, context)
        case RejectExtension():
            permissions.may_grant_longer(state, context)
            if state.work.asking is None:
                raise NoExtensionAsked(no=state.report.no)
            return [ExtensionRejected(reason=command.reason, by=context.actor.id, on=context.today)]
        case TrackIssue():
            permissions.may_track(state, context)
            _near(command.milestone, context)
            return [IssueTracked(**command.model_dump(), on=context.today), *_renewed_often(state, context, state.work.tracked)]
        case RequestEscalation():
            return _ask_above(state, command, context)
        case RecordCityReply() | AnswerStage() | AnswerCoHandling():
            return _meanwhile(state, command, context)
        case ResolveIssue():
            permissions.may_handle(state, context)
            return [IssueResolved(**command.model_dump(), on=context.today)]
        case RejectResolution() if isinstance(last, ResolutionRejected):
            permissions.may_review(state, context)
            return done(state, command, same=last.reason == command.reason)
        case ReopenIssue() if isinstance(last, IssueReopened):
            if not (last.by_enterprise and context.actor.holds(Role.SYSTEM)):
                permissions.may_call_back(state, context)
            return done(state, command, same=last.reason == command.reason)
        case RejectResolution() | ReopenIssue():
            raise not_now(state, command)
        case ReturnIssue() | RenewTracking() | ResumeIssue() | ApproveEscalation() | RejectEscalation():
            raise not_now(state, command)
        case ApproveResolution() | RecordCallBack() | CloseIssue() | ArchiveIssue():
            raise not_now(state, command)


def tracked(state: Tracked, command: Staged, context: Knowing) -> list[TicketFact]:
    """T11, T12: not solved, and never out of sight."""
    if isinstance(command, Beginning | Finishing):
        raise not_now(state, command)
    match command:
        case TrackIssue():
            permissions.may_track(state, context)
            same = isinstance(state.tracking, IssueTracked) and all(
                getattr(state.tracking, name) == value for name, value in command.model_dump().items()
            )
            return done(state, command, same=same)
        case RenewTracking():
            permissions.may_track(state, context)
            _near(command.milestone, context)
            fact = TrackingRenewed(**command.model_dump(), on=context.today)
            if fact == state.tracking:
                return []
            return [fact, *_renewed_often(state, context, again=True)]
        case ResumeIssue():
            permissions.may_resume(state, context)
            return [IssueResumed(note=command.note, on=context.today)]
        case ProgressIssue():
            return _progress(state, command, context)
        case ReassignIssue():
            return _reassign(state, command, context)
        case RequestEscalation():
            return _ask_above(state, command, context)
        case RecordCityReply() | AnswerStage() | AnswerCoHandling():
            return _meanwhile(state, command, context)
        case SignIssue() | ReturnIssue() | RequestExtension() | ApproveExtension() | RejectExtension():
            raise not_now(state, command)
        case ApproveEscalation() | RejectEscalation() | ResolveIssue():
            raise not_now(state, command)


def escalating(state: Escalating, command: Staged, context: Knowing) -> list[TicketFact]:
    """T13, T14."""
    if isinstance(command, Beginning | Finishing):
        raise not_now(state, command)
    match command:
        case RequestEscalation():
            permissions.may_ask_above(state, context)
            same = (state.request.tried, state.request.request) == (command.tried, command.request)
            return done(state, command, same=same)
        case ApproveEscalation():
            permissions.may_decide_above(state, context)
            return [_lift(state, command, context)]
        case RejectEscalation():
            permissions.may_decide_above(state, context)
            return [EscalationRejected(directions=command.directions, by=context.actor.id, on=context.today)]
        case SignIssue() | ReturnIssue() | ReassignIssue() | ProgressIssue() | ResolveIssue():
            raise not_now(state, command)
        case RequestExtension() | ApproveExtension() | RejectExtension() | TrackIssue() | RenewTracking() | ResumeIssue():
            raise not_now(state, command)
        case RecordCityReply() | AnswerStage() | AnswerCoHandling():
            raise not_now(state, command)


def _lift(state: Escalating, command: ApproveEscalation, context: Knowing) -> EscalationApproved:
    level = state.request.to
    if command.unit not in looked_up(context.known.units):
        raise UnitNotKnown(unit=command.unit)
    if level is Level.CITY and not command.document.strip():
        raise DocumentMissing
    leads(command.leader, command.unit, context)
    if command.unit not in looked_up(context.known.posts).get(command.handler, {}):
        raise HandlerNotOfUnit(handler=str(command.handler), unit=command.unit)
    own = state.report.external_due
    own = own if own is not None and own >= context.today else None  # One gone by leaves the level above its term.
    due = deadlines.limit(context.calendar, context.today, state.kind, own, level)
    return EscalationApproved(level=level, due=due, by=context.actor.id, on=context.today, **command.model_dump())


def _reassign(state: Signed | Tracked, command: ReassignIssue, context: Knowing) -> list[TicketFact]:
    permissions.may_reassign(state, context)
    if command.handler == state.work.handler:
        return []
    if state.order.unit not in looked_up(context.known.posts).get(command.handler, {}):
        raise HandlerNotOfUnit(handler=str(command.handler), unit=state.order.unit)
    return [IssueReassigned(handler=command.handler, reason=command.reason, on=context.today)]


def _ask_longer(state: Signed, command: RequestExtension, context: Knowing) -> list[TicketFact]:
    permissions.may_ask_longer(state, context)
    work, asking = state.work, state.work.asking
    if asking is not None:
        if (asking.workdays, asking.reason, asking.plan) == (command.workdays, command.reason, command.plan):
            return []
        raise ExtensionPending(workdays=asking.workdays, on=asking.on)
    several = state.order.unit != state.report.unit or bool(state.order.co_units)
    original = deadlines.workdays(
        state.kind.nature, state.kind.urgency, state.order.level, difficult=state.kind.difficult and several
    )
    enough = work.extensions >= deadlines.MOST_EXTENSIONS or work.extended + command.workdays > deadlines.MOST_EXTENDED
    if enough or command.workdays > original:
        raise ExtendedEnough(times=work.extensions, workdays=work.extended, each=original)
    if context.calendar.workdays_between(context.today, state.due.on) < 1:
        raise TooLateToExtend(due=state.due.on)
    return [
        ExtensionRequested(
            workdays=command.workdays, reason=command.reason, plan=command.plan, by=context.actor.id, on=context.today
        )
    ]


def _grant_longer(state: Signed, command: ApproveExtension, context: Knowing) -> list[TicketFact]:
    """The first is the office's. The second needs two signatures, in either order."""
    permissions.may_grant_longer(state, context)
    asking = state.work.asking
    if asking is None:
        raise NoExtensionAsked(no=state.report.no)
    facts: list[TicketFact] = []
    if state.work.extensions:
        role = next(str(role) for role in (Role.CHIEF, Role.INSPECTOR) if context.actor.holds(role))
        if role in state.work.endorsed:
            return []
        facts.append(ExtensionEndorsed(by=context.actor.id, role=role, note=command.note, on=context.today))
        if state.work.endorsed | {role} != _BOTH:
            return facts
    if context.today > state.due.on:  # Asked for in time and forgotten on the way up: what is late stays late.
        raise TooLateToExtend(due=state.due.on)
    due = deadlines.extended(context.calendar, state.due, asking.workdays)
    granted = ExtensionApproved(due=due, workdays=asking.workdays, note=command.note, by=context.actor.id, on=context.today)
    return [*facts, granted]


def _progress(state: Signed | Tracked, command: ProgressIssue, context: Knowing) -> list[TicketFact]:
    permissions.may_handle(state, context)
    until = context.calendar.add_workdays(context.today, deadlines.STAGE_WORKDAYS)
    if command.next_on is not None and not context.today <= command.next_on <= until:
        raise NextDayTooFar(next_on=command.next_on, until=until)
    fact = IssueProgressed(**command.model_dump(), on=context.today)
    return [] if fact == state.work.last else [fact]


def _renewed_often(state: Signed | Tracked, context: Context[object], again: bool) -> list[TicketFact]:
    """T11, T12: renewed, or taken up and put on tracking again, for the third time."""
    times = state.work.renewals + 1
    if not again or times < deadlines.RENEWALS or state.order.level is Level.CITY:
        return []
    words = f"跟踪已第{times}次续期"
    return [MeasureProposed(measure=Measure.ESCALATION, unit=state.order.unit, reason=words, on=context.today)]


def _near(milestone: date, context: Context[object]) -> None:
    last = context.today + timedelta(days=deadlines.MILESTONE_DAYS)
    if not context.today < milestone <= last:
        raise MilestoneTooFar(milestone=milestone, until=last)


def _ask_above(state: Signed | Tracked, command: RequestEscalation, context: Knowing) -> list[TicketFact]:
    permissions.may_ask_above(state, context)
    level = _ABOVE.get(state.order.level)
    if level is None:
        raise NothingAbove(level=state.order.level.label)
    no = looked_up(context.known.document_no)
    return [EscalationRequested(no=no, to=level, by=context.actor.id, on=context.today, **command.model_dump())]


def _meanwhile(state: Signed | Tracked, command: Meanwhile, context: Knowing) -> list[TicketFact]:
    match command:
        case RecordCityReply():
            permissions.may_decline(context)
            if state.order.level is not Level.CITY:
                raise NotWithTheCity(level=state.order.level.label)
            fact = CityReplied(**command.model_dump(), on=context.today)
            return [] if fact in state.work.city else [fact]
        case AnswerStage():
            permissions.may_answer_stage(state, context)
            return [StageAnswered(reply=command.reply, on=context.today)]
        case AnswerCoHandling():
            permissions.may_answer_part(command.unit, context)
            if command.unit not in state.order.co_units:
                raise NotACoHandler(unit=command.unit)
            return [CoHandlingAnswered(unit=command.unit, result=command.result, by=context.actor.id, on=context.today)]
