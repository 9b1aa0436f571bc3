"""S1, S2 and the sidings SX: what is decided before anybody handles a ticket (T1–T5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

from services.issues.domain.ticket import deadlines, permissions
from services.issues.domain.ticket.commands import (
    AcceptIssue,
    AnswerSibling,
    ApproveResolution,
    ArchiveIssue,
    CloseIssue,
    ContestDecline,
    DeclineIssue,
    DispatchIssue,
    Finishing,
    Handling,
    MergeIssue,
    RecordCallBack,
    RejectResolution,
    ReopenIssue,
    ReportIssue,
    Staged,
    TicketCommand,
)
from services.issues.domain.ticket.facts import TicketFact
from services.issues.domain.ticket.known import Knowing
from services.issues.domain.ticket.refusals import (
    AlreadyContested,
    AlreadyReported,
    CantMerge,
    DueInThePast,
    DueTooLate,
    LeaderNotOfUnit,
    NotAnsweredYet,
    SiblingsWaiting,
    UnitNotKnown,
    UrgencyLowered,
    done,
    not_now,
)
from services.issues.domain.ticket.states import Accepted, Declined, Kind, Merged, Reported, Ticket, Unreported
from shared.events.issues import (
    CallBackRecorded,
    CoDue,
    DeclineContested,
    Due,
    IssueAccepted,
    IssueDeclined,
    IssueDispatched,
    IssueMerged,
    IssueReported,
    SiblingAnswered,
)
from shared.language.decider import looked_up
from shared.language.persons import seat
from shared.language.problems import Unknown
from shared.language.terms import Role, Source, Urgency

LEADERS = frozenset({Role.HEAD, Role.DEPUTY})
ALONE = frozenset(permissions.ALONE)
_LESS_URGENT = (Urgency.ORDINARY, Urgency.URGENT, Urgency.CRITICAL)


def unreported(_state: Unreported, command: TicketCommand, context: Knowing) -> list[TicketFact]:
    """T1."""
    if not isinstance(command, ReportIssue):
        raise Unknown(what="issue", id=str(context.subject))
    known = looked_up(context.known.report)
    permissions.may_report(command, known.unit, context)
    if known.unit not in looked_up(context.known.units):
        raise UnitNotKnown(unit=known.unit)
    contact = seat("contact", str(known.enterprise.id))
    return [
        IssueReported(
            no=looked_up(context.known.no),
            enterprise=known.enterprise,
            unit=known.unit,
            on=context.today,
            at=context.now,
            reporter=command.reporter.about(contact) if command.reporter else None,
            phone=command.phone.about(contact) if command.phone else None,
            by=known.by if context.actor.holds(Role.SYSTEM) else context.actor.id,
            **command.model_dump(exclude={"enterprise", "unit", "reporter", "phone"}),
        )
    ]


def again(state: Ticket, command: ReportIssue, context: Knowing) -> list[TicketFact]:
    """The same report a second time. Personal data are not compared: they are sealed, and the command's id knows them."""
    permissions.may_report(command, state.report.unit, context)
    told = command.model_dump(exclude={"enterprise", "unit", "reporter", "phone"})
    same = command.enterprise == state.report.enterprise.id and command.unit in (None, state.report.unit)
    if same and all(getattr(state.report, name) == value for name, value in told.items()):
        return []
    raise AlreadyReported(no=state.report.no)


def reported(state: Reported, command: Staged, context: Knowing) -> list[TicketFact]:
    """T2, T3, T4."""
    if isinstance(command, Handling | Finishing):
        raise not_now(state, command)
    match command:
        case AcceptIssue():
            permissions.may_accept(state, context)
            kind = _kind(state.kind, command)
            if _LESS_URGENT.index(kind.urgency) < _LESS_URGENT.index(state.kind.urgency) and not permissions.is_office(
                context.actor
            ):
                raise UrgencyLowered(before=state.kind.urgency.label)
            return [
                IssueAccepted(
                    category=kind.category, nature=kind.nature, urgency=kind.urgency, difficult=kind.difficult, on=context.today
                )
            ]
        case DeclineIssue():
            permissions.may_decline(context)
            final = state.notes.contested is not None
            return [IssueDeclined(reason=command.reason, text=command.text, on=context.today, final=final)]
        case MergeIssue():
            return [_merge(state, command, context)]
        case ContestDecline() | AnswerSibling() | DispatchIssue():
            raise not_now(state, command)


def accepted(state: Accepted, command: Staged, context: Knowing) -> list[TicketFact]:
    """T4, T5."""
    if isinstance(command, Handling | Finishing):
        raise not_now(state, command)
    match command:
        case AcceptIssue():
            permissions.may_accept(state, context)
            return done(state, command, same=_kind(state.kind, command) == state.kind)
        case MergeIssue() if state.before is None:
            return [_merge(state, command, context)]
        case DispatchIssue():
            return [_dispatch(state, command, context)]
        case MergeIssue() | DeclineIssue() | ContestDecline() | AnswerSibling():
            raise not_now(state, command)


def declined(state: Declined, command: Staged, context: Knowing) -> list[TicketFact]:
    """The enterprise may object once."""
    if isinstance(command, Handling | Finishing):
        raise not_now(state, command)
    match command:
        case DeclineIssue():
            permissions.may_decline(context)
            return done(state, command, same=(state.refusal.reason, state.refusal.text) == (command.reason, command.text))
        case ContestDecline():
            permissions.may_contest(context)
            if state.refusal.final:
                raise AlreadyContested(no=state.report.no)
            return [DeclineContested(words=command.words, on=context.today)]
        case AcceptIssue() | MergeIssue() | AnswerSibling() | DispatchIssue():
            raise not_now(state, command)


def merged(state: Merged, command: Staged, context: Knowing) -> list[TicketFact]:
    """Its enterprise gets an answer and a call of its own."""
    if isinstance(command, Handling):
        raise not_now(state, command)
    match command:
        case MergeIssue():
            permissions.may_decline(context)
            return done(state, command, same=command.master == state.merging.master)
        case AnswerSibling():
            permissions.may_answer_sibling(state, context)
            if state.answer is not None and (state.answer.reply == command.reply or not permissions.awaits_ruling(state)):
                return done(state, command, same=state.answer.reply == command.reply)
            return [SiblingAnswered(reply=command.reply, on=context.today, by=context.actor.id)]
        case RecordCallBack():
            if state.answer is None:
                permissions.may_call_sibling(state, context)
                raise NotAnsweredYet(no=state.report.no)
            fact = CallBackRecorded(**command.model_dump(), by=context.actor.id, on=context.today)
            if command.rating is not None and state.calls and state.calls[-1] == fact:
                return []  # As with every other: an answer is given once, two calls nobody took are two tries.
            permissions.may_call_sibling(state, context)
            return [fact]
        case AcceptIssue() | DeclineIssue() | ContestDecline() | DispatchIssue():
            raise not_now(state, command)
        case ApproveResolution() | RejectResolution() | CloseIssue() | ReopenIssue() | ArchiveIssue():
            raise not_now(state, command)


def _kind(before: Kind, command: AcceptIssue) -> Kind:
    return Kind(
        command.category or before.category,
        command.nature or before.nature,
        command.urgency or before.urgency,
        command.difficult or before.difficult,
    )


def _merge(state: Reported | Accepted, command: MergeIssue, context: Knowing) -> IssueMerged:
    permissions.may_decline(context)
    if state.report.source is Source.ALLEGATION:
        raise permissions.AllegationStays
    master = context.known.master
    if master is None or command.master == context.subject:
        raise CantMerge(master=str(command.master))
    if waiting := looked_up(context.known.siblings):
        raise SiblingsWaiting(waiting=waiting)
    return IssueMerged(master=command.master, master_no=master, reason=command.reason, on=context.today)


def _dispatch(state: Accepted, command: DispatchIssue, context: Knowing) -> IssueDispatched:
    permissions.may_dispatch(state, context)
    permissions.may_dispatch_to(state, command.unit, command.co_units, context)
    units, there = (command.unit, *command.co_units), looked_up(context.known.units)
    if missing := [unit for n, unit in enumerate(units) if unit not in there or unit in units[:n]]:
        raise UnitNotKnown(unit=missing[0])
    leads(command.leader, command.unit, context, LEADERS | (ALONE if state.report.source is Source.ALLEGATION else frozenset()))
    due, co_due = _terms(state, command, context)
    return IssueDispatched(
        unit=command.unit,
        co_units=command.co_units,
        leader=command.leader,
        measures=command.measures,
        due=due,
        on=context.today,
        at=context.now,
        co_dues=tuple(CoDue(unit=unit, due=co_due) for unit in command.co_units),
    )


def _terms(state: Accepted, command: DispatchIssue, context: Knowing) -> tuple[Due, Due]:
    """The deadline of the order, and of its co-handlers. One that was sent back keeps the one it had."""
    if state.before is not None:
        latest = state.before.due
    else:
        # The longer term is for a matter of several departments, not for one that its own unit finds difficult.
        alone = command.unit == state.report.unit and not command.co_units
        kind = replace(state.kind, difficult=False) if alone else state.kind
        latest = deadlines.limit(context.calendar, context.today, kind, state.report.external_due)
    due = latest if command.due == "standard" else _named(latest, command.due, context)
    return due, due if command.co_due is None else _named(due, command.co_due, context)


def _named(latest: Due, asked: date, context: Knowing) -> Due:
    if asked > latest.on:
        raise DueTooLate(due=asked, limit=latest.on, derivation=latest.derivation)
    if asked < min(context.today, latest.on):
        raise DueInThePast(due=asked, today=context.today)
    return deadlines.stated(latest, asked)


def leads(leader: UUID, unit: str, context: Knowing, leaders: frozenset[Role] = LEADERS) -> None:
    """The responsible leader is one (R30); the inspectorate has no heads of a grid, one of its inspectors answers there."""
    posts = looked_up(context.known.posts).get(leader, {})
    if not (posts.get(unit, frozenset()) & leaders or any(Role.CHIEF in roles for roles in posts.values())):
        raise LeaderNotOfUnit(leader=str(leader), unit=unit)
