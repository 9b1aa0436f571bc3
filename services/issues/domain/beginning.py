"""S1, S2 and the sidings SX: what is decided before anybody handles a ticket (T1–T5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

from services.issues.domain import deadlines, permissions
from services.issues.domain.commands import (
    AcceptIssue,
    AnswerSibling,
    ContestDecline,
    DeclineIssue,
    DispatchIssue,
    MergeIssue,
    RecordCallBack,
    ReportIssue,
    Step,
)
from services.issues.domain.refusals import (
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
from services.issues.domain.states import Accepted, Declined, Kind, Merged, Reported, Ticket, Unreported
from shared.decider import Context
from shared.events import Fact
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
from shared.persons import seat
from shared.problems import Unknown
from shared.terms import Role, Source, Urgency

LEADERS = frozenset({Role.HEAD, Role.DEPUTY})
ALONE = frozenset(permissions.ALONE)
_LESS_URGENT = (Urgency.ORDINARY, Urgency.URGENT, Urgency.CRITICAL)


def unreported(_state: Unreported, command: Step, context: Context) -> list[Fact]:
    """T1."""
    match command:
        case ReportIssue():
            unit = context.known["unit"]
            permissions.may_report(command, unit, context)
            if unit not in context.known["units"]:
                raise UnitNotKnown(unit=unit)
            enterprise = context.known["enterprise"]
            contact = seat("contact", str(enterprise.id))
            return [
                IssueReported(
                    no=context.known["no"], enterprise=enterprise, unit=unit, on=context.today, at=context.now,
                    reporter=command.reporter.about(contact) if command.reporter else None,
                    phone=command.phone.about(contact) if command.phone else None,
                    by=context.known.get("by") if context.actor.holds(Role.SYSTEM) else context.actor.id,
                    **command.model_dump(exclude={"enterprise", "unit", "reporter", "phone"}),
                )
            ]  # fmt: skip
        case Step():
            raise Unknown(what="issue", id=str(context.subject))


def again(state: Ticket, command: ReportIssue, context: Context) -> list[Fact]:
    """The same report a second time. Personal data are not compared: they are sealed, and the command's id knows them."""
    permissions.may_report(command, state.report.unit, context)
    told = command.model_dump(exclude={"enterprise", "unit", "reporter", "phone"})
    same = command.enterprise == state.report.enterprise.id and command.unit in (None, state.report.unit)
    if same and all(getattr(state.report, name) == value for name, value in told.items()):
        return []
    raise AlreadyReported(no=state.report.no)


def reported(state: Reported, command: Step, context: Context) -> list[Fact]:
    """T2, T3, T4."""
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
        case Step():
            raise not_now(state, command)


def accepted(state: Accepted, command: Step, context: Context) -> list[Fact]:
    """T4, T5."""
    match command:
        case AcceptIssue():
            permissions.may_accept(state, context)
            return done(state, command, same=_kind(state.kind, command) == state.kind)
        case MergeIssue() if state.before is None:
            return [_merge(state, command, context)]
        case DispatchIssue():
            return [_dispatch(state, command, context)]
        case Step():
            raise not_now(state, command)


def declined(state: Declined, command: Step, context: Context) -> list[Fact]:
    """The enterprise may object once."""
    match command:
        case DeclineIssue():
            permissions.may_decline(context)
            return done(state, command, same=(state.refusal.reason, state.refusal.text) == (command.reason, command.text))
        case ContestDecline():
            permissions.may_contest(context)
            if state.refusal.final:
                raise AlreadyContested(no=state.report.no)
            return [DeclineContested(words=command.words, on=context.today)]
        case Step():
            raise not_now(state, command)


def merged(state: Merged, command: Step, context: Context) -> list[Fact]:
    """Its enterprise gets an answer and a call of its own."""
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
        case Step():
            raise not_now(state, command)


def _kind(before: Kind, command: AcceptIssue) -> Kind:
    return Kind(
        command.category or before.category,
        command.nature or before.nature,
        command.urgency or before.urgency,
        command.difficult or before.difficult,
    )


def _merge(state: Reported | Accepted, command: MergeIssue, context: Context) -> IssueMerged:
    """``context.known["master"]`` is the number of the other ticket if it is one that can take this one up."""
    permissions.may_decline(context)
    if state.report.source is Source.ALLEGATION:
        raise permissions.AllegationStays
    master = context.known.get("master")
    if master is None or command.master == context.subject:
        raise CantMerge(master=str(command.master))
    if waiting := context.known.get("siblings", 0):
        raise SiblingsWaiting(waiting=waiting)
    return IssueMerged(master=command.master, master_no=master, reason=command.reason, on=context.today)


def _dispatch(state: Accepted, command: DispatchIssue, context: Context) -> IssueDispatched:
    permissions.may_dispatch(state, context)
    permissions.may_dispatch_to(state, command.unit, command.co_units, context)
    units = (command.unit, *command.co_units)
    if missing := [unit for n, unit in enumerate(units) if unit not in context.known["units"] or unit in units[:n]]:
        raise UnitNotKnown(unit=missing[0])
    leads(command.leader, command.unit, context, LEADERS | (ALONE if state.report.source is Source.ALLEGATION else frozenset()))
    due, co_due = _terms(state, command, context)
    return IssueDispatched(
        unit=command.unit, co_units=command.co_units, leader=command.leader, measures=command.measures, due=due,
        on=context.today, at=context.now, co_dues=tuple(CoDue(unit=unit, due=co_due) for unit in command.co_units),
    )  # fmt: skip


def _terms(state: Accepted, command: DispatchIssue, context: Context) -> tuple[Due, Due]:
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


def _named(latest: Due, asked: date, context: Context) -> Due:
    if asked > latest.on:
        raise DueTooLate(due=asked, limit=latest.on, derivation=latest.derivation)
    if asked < min(context.today, latest.on):
        raise DueInThePast(due=asked, today=context.today)
    return deadlines.stated(latest, asked)


def leads(leader: UUID, unit: str, context: Context, leaders: frozenset[Role] = LEADERS) -> None:
    """The responsible leader is one (R30); the inspectorate has no heads of a grid, one of its inspectors answers there."""
    posts = context.known["posts"].get(leader, {})
    if not (posts.get(unit, frozenset()) & leaders or any(Role.CHIEF in roles for roles in posts.values())):
        raise LeaderNotOfUnit(leader=str(leader), unit=unit)
