"""S5 to S8: review, call-back, closing, filing (T16–T20). Three different people, and no silence for an answer."""

from __future__ import annotations

from services.issues.domain.ticket import deadlines, permissions
from services.issues.domain.ticket.commands import (
    AnswerCoHandling,
    AnswerStage,
    ApproveEscalation,
    ApproveExtension,
    ApproveResolution,
    ArchiveIssue,
    Beginning,
    CloseIssue,
    Handling,
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
from services.issues.domain.ticket.refusals import SiblingsWaiting, done, not_now
from services.issues.domain.ticket.states import Archived, Closed, Resolved, Reviewed
from shared.events.issues import (
    CallBackRecorded,
    IssueArchived,
    IssueClosed,
    IssueReopened,
    MeasureProposed,
    ResolutionApproved,
    ResolutionRejected,
)
from shared.language.decider import looked_up
from shared.language.terms import Level, Measure, Role

_TOO_OFTEN = 2


def resolved(state: Resolved, command: Staged, context: Knowing) -> list[TicketFact]:
    """T16, T17."""
    if isinstance(command, Beginning):
        raise not_now(state, command)
    match command:
        case ResolveIssue():
            permissions.may_handle(state, context)
            told = state.resolution
            same = (told.outcome, told.result, told.reply) == (command.outcome, command.result, command.reply)
            return done(state, command, same=same)
        case ApproveResolution():
            permissions.may_review(state, context)
            return [ResolutionApproved(note=command.note, by=context.actor.id, on=context.today)]
        case RejectResolution():
            permissions.may_review(state, context)
            return [ResolutionRejected(reason=command.reason, by=context.actor.id, on=context.today)]
        case RecordCallBack() | CloseIssue() | ReopenIssue() | ArchiveIssue():
            raise not_now(state, command)
        case SignIssue() | ReturnIssue() | ReassignIssue() | ProgressIssue():
            raise not_now(state, command)
        case RequestExtension() | ApproveExtension() | RejectExtension() | TrackIssue() | RenewTracking() | ResumeIssue():
            raise not_now(state, command)
        case RequestEscalation() | ApproveEscalation() | RejectEscalation():
            raise not_now(state, command)
        case RecordCityReply() | AnswerStage() | AnswerCoHandling():
            raise not_now(state, command)


def reviewed(state: Reviewed, command: Staged, context: Knowing) -> list[TicketFact]:
    """T18, T19."""
    if isinstance(command, Beginning | Handling):
        raise not_now(state, command)
    match command:
        case ApproveResolution():
            permissions.may_review(state, context)
            same = (state.approval.by, state.approval.note) == (context.actor.id, command.note)
            return done(state, command, same=same)
        case RecordCallBack():
            permissions.may_call_back(state, context)
            fact = CallBackRecorded(**command.model_dump(), by=context.actor.id, on=context.today)
            # An answer is given once, however often it is sent; but two calls nobody took on one day are two tries.
            if command.rating is not None and state.calls and state.calls[-1] == fact:
                return []
            permissions.may_record_call(state, context)
            return [fact]
        case CloseIssue():
            permissions.may_close(state, context)
            permissions.must_rule(state, command.ruling)
            if waiting := looked_up(context.known.siblings):
                raise SiblingsWaiting(waiting=waiting)
            rating = permissions.rating_of(state.calls)
            return [IssueClosed(rating=rating, on=context.today, ruling=command.ruling)]
        case ReopenIssue():
            if context.actor.holds(Role.SYSTEM):  # The enterprise itself may once it is closed; before, it will be called.
                raise not_now(state, command)
            permissions.may_reopen(state, context)
            return _reopen(state, command, context)
        case RejectResolution() | ArchiveIssue():
            raise not_now(state, command)


def closed(state: Closed, command: Staged, context: Knowing) -> list[TicketFact]:
    """T19 by the enterprise, T20."""
    if isinstance(command, Beginning | Handling):
        raise not_now(state, command)
    match command:
        case CloseIssue():
            permissions.may_call_back(state, context)
            return []
        case ReopenIssue():
            permissions.may_reopen(state, context)
            return _reopen(state, command, context)
        case ArchiveIssue():
            permissions.may_archive(state, context)
            return [IssueArchived(file_no=command.file_no, on=context.today, retention_years=command.retention_years)]
        case ApproveResolution() | RejectResolution() | RecordCallBack():
            raise not_now(state, command)


def archived(state: Archived, command: Staged, context: Knowing) -> list[TicketFact]:
    """The end."""
    if isinstance(command, Beginning | Handling):
        raise not_now(state, command)
    match command:
        case ArchiveIssue():
            permissions.may_archive(state, context)
            return done(state, command, same=command.file_no == state.filing.file_no)
        case ApproveResolution() | RejectResolution() | RecordCallBack() | CloseIssue() | ReopenIssue():
            raise not_now(state, command)


def _reopen(state: Reviewed | Closed, command: ReopenIssue, context: Knowing) -> list[TicketFact]:
    """Handled again. The second time the level above is proposed."""
    due = deadlines.reopened(context.calendar, context.today)
    itself = context.actor.holds(Role.SYSTEM)
    facts: list[TicketFact] = [IssueReopened(reason=command.reason, due=due, on=context.today, by_enterprise=itself)]
    if state.work.reopened + 1 >= _TOO_OFTEN and state.order.level is not Level.CITY:
        words = f"已重办{state.work.reopened + 1}次"
        facts.append(MeasureProposed(measure=Measure.ESCALATION, unit=state.order.unit, reason=words, on=context.today))
    return facts
