"""What a fact makes of a ticket. Nothing is refused here, and nothing but a fact that carries a deadline moves one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from services.issues.domain.ticket.deadlines import by_the_city
from services.issues.domain.ticket.facts import Begun, Desked, Finished, Handled, Moved, Noted, TicketFact
from services.issues.domain.ticket.states import (
    OPEN,
    Accepted,
    Archived,
    Closed,
    Declined,
    Dispatched,
    Escalating,
    Kind,
    Last,
    Merged,
    Notes,
    Reported,
    Resolved,
    Reviewed,
    Signed,
    State,
    Ticket,
    Tracked,
    Unreported,
    Withdrawn,
    Work,
    Worked,
    under_of,
)
from shared.events.issues import (
    AlarmRaised,
    AlarmsSet,
    CallBackRecorded,
    CityReplied,
    CoHandlingAnswered,
    DeadlineRederived,
    DeclineContested,
    Due,
    EscalationApproved,
    EscalationRejected,
    EscalationRequested,
    ExtensionApproved,
    ExtensionEndorsed,
    ExtensionRejected,
    ExtensionRequested,
    IssueAccepted,
    IssueArchived,
    IssueClosed,
    IssueDeclined,
    IssueDispatched,
    IssueMerged,
    IssueProgressed,
    IssueReassigned,
    IssueReopened,
    IssueReported,
    IssueResolved,
    IssueResumed,
    IssueReturned,
    IssueSigned,
    IssueSupervised,
    IssueSupplemented,
    IssueTracked,
    IssueUrged,
    IssueWithdrawn,
    MeasureProposed,
    MeasureRuled,
    ResolutionApproved,
    ResolutionRejected,
    SiblingAnswered,
    StageAnswered,
    SupervisionAnswered,
    TrackingRenewed,
)
from shared.language.terms import Alarm


def evolve(state: State, fact: TicketFact) -> State:
    """The state after a fact."""
    if isinstance(state, Unreported):
        return _first(state, fact)
    if isinstance(fact, Noted):
        return replace(state, notes=_noted(state.notes, fact))
    if isinstance(fact, Moved):
        return _moved(state, fact)
    match fact:
        case IssueWithdrawn():
            open_ = isinstance(state, OPEN)
            return Withdrawn(state.report, state.kind, fact, under_of(state), notes=state.notes) if open_ else state
        case IssueReported():
            return state


def _first(state: Unreported, fact: TicketFact) -> State:
    """Nothing can be before the report."""
    if isinstance(fact, Noted | Moved):
        return state
    match fact:
        case IssueReported():
            return Reported(fact, Kind(fact.category, fact.nature, fact.urgency))
        case IssueWithdrawn():
            return state


def _noted(notes: Notes, fact: Noted) -> Notes:
    """What lies over the stages."""
    match fact:
        case AlarmsSet():
            return replace(notes, rings=fact.rings)
        case AlarmRaised():
            mark = (fact.kind, fact.deadline)
            rings = tuple(ring for ring in notes.rings if (ring.kind, ring.deadline) != mark)
            reds = (*notes.reds, (fact.unit, fact.deadline)) if fact.kind is Alarm.RED else notes.reds
            return replace(notes, rings=rings, rung=notes.rung | {mark}, reds=reds)
        case IssueUrged():
            kind = f"auto-{fact.to}" if fact.kind == "auto" else fact.kind
            return replace(notes, urged=notes.urged | {(fact.on, kind)})
        case IssueSupervised():
            return replace(
                notes, slips=(*notes.slips, fact), unanswered=notes.unanswered | {fact.no}, documents=(*notes.documents, fact.no)
            )
        case SupervisionAnswered():
            return replace(notes, unanswered=notes.unanswered - {fact.no})
        case IssueSupplemented():
            return notes
        case MeasureProposed():
            others = tuple(proposal for proposal in notes.proposals if proposal.measure is not fact.measure)
            return replace(notes, proposals=(*others, fact))
        case MeasureRuled():
            return replace(notes, proposals=tuple(item for item in notes.proposals if item.measure is not fact.measure))


def _moved(state: Ticket, fact: Moved) -> State:
    """From stage to stage, and what happens within one. A fact of another time changes nothing: evolve can't refuse."""
    match state:
        case Reported() | Accepted() | Declined() | Merged():
            return _begun(state, fact)
        case Dispatched():
            return _dispatched(state, fact)
        case Signed() | Tracked() | Escalating():
            return _handled(state, fact)
        case Resolved() | Reviewed() | Closed():
            return _finished(state, fact)
        case Archived() | Withdrawn():
            return state


def _begun(state: Reported | Accepted | Declined | Merged, fact: Moved) -> State:
    if isinstance(fact, Handled):
        return state
    match state, fact:
        case Reported(), IssueAccepted():
            kind = Kind(fact.category, fact.nature, fact.urgency, fact.difficult)
            return Accepted(state.report, kind, notes=replace(state.notes, accepted_on=fact.on))
        case Reported(), IssueDeclined():
            return Declined(state.report, state.kind, fact, notes=state.notes)
        case Accepted(), IssueDispatched():
            first = state.before.first if state.before else fact.due
            returned = state.before is not None
            return Dispatched(state.report, state.kind, fact, fact.due, first, notes=state.notes, returned=returned)
        case Accepted(), DeadlineRederived():
            return state if state.before is None else replace(state, before=replace(state.before, due=fact.due))
        case Declined(), DeclineContested():
            return Reported(state.report, state.kind, notes=replace(state.notes, contested=fact.on))
        case ((Reported() | Accepted()), IssueMerged()):
            return Merged(state.report, state.kind, fact, notes=state.notes)
        case Merged(), SiblingAnswered():
            return replace(state, answer=fact, ruled=state.answer is not None)
        case Merged(), CallBackRecorded():
            return replace(state, calls=(*state.calls, fact))
        case ((Accepted() | Declined() | Merged()), IssueAccepted() | IssueDeclined()):
            return state
        case ((Reported() | Accepted() | Merged()), DeclineContested()):
            return state
        case ((Declined() | Merged()), IssueMerged()):
            return state
        case ((Reported() | Declined() | Merged()), IssueDispatched() | DeadlineRederived()):
            return state
        case ((Reported() | Accepted() | Declined()), SiblingAnswered() | CallBackRecorded()):
            return state
        case (
            (Reported() | Accepted() | Declined() | Merged()),
            ResolutionApproved() | ResolutionRejected() | IssueClosed() | IssueReopened() | IssueArchived(),
        ):
            return state


def _dispatched(state: Dispatched, fact: Moved) -> State:
    if isinstance(fact, Begun | Desked | Finished):
        return state
    match fact:
        case DeadlineRederived():
            return replace(state, due=fact.due)
        case IssueReturned():
            return Accepted(state.report, state.kind, state, notes=replace(state.notes, accepted_on=fact.on))
        case IssueSigned():
            work = Work(fact, fact, fact.handler, frozenset({fact.handler}), since=fact.on)
            return Signed(*_ordered(state), work, **_over(state))
        case IssueResolved() | IssueTracked() | TrackingRenewed() | IssueResumed():
            return state
        case EscalationRequested() | EscalationApproved() | EscalationRejected():
            return state


def _handled(state: Signed | Tracked | Escalating, fact: Moved) -> State:
    if isinstance(fact, Begun | Finished):
        return state
    if isinstance(fact, Desked):
        return state if isinstance(state, Escalating) else _worked(state, fact)
    over, work = _over(state), state.work
    match state, fact:
        case ((Signed() | Tracked() | Escalating()), DeadlineRederived()):
            return replace(state, due=fact.due)
        case Signed(), IssueResolved():  # Whoever is done needs no more time.
            return Resolved(*_ordered(state), replace(work, asking=None, endorsed=frozenset()), fact, **over)
        case Signed(), IssueTracked():
            renewals = work.renewals + work.tracked
            work = replace(work, since=fact.on, asking=None, endorsed=frozenset(), tracked=True, renewals=renewals)
            return Tracked(*_ordered(state), work, fact, **over)
        case Tracked(), TrackingRenewed():
            return replace(state, tracking=fact, work=replace(work, renewals=work.renewals + 1, since=fact.on))
        case Tracked(), IssueResumed():
            return Signed(*_ordered(state), replace(work, last=fact, since=fact.on), **over)
        case ((Signed() | Tracked()), EscalationRequested()):
            over["notes"] = replace(state.notes, documents=(*state.notes.documents, fact.no))
            return Escalating(*_ordered(state), replace(work, asking=None), fact, **over)
        case Escalating(), EscalationApproved():
            return _lifted(state, fact)
        case Escalating(), EscalationRejected():
            return Signed(*_ordered(state), replace(work, since=fact.on), **over)
        case ((Signed() | Tracked() | Escalating()), IssueSigned() | IssueReturned()):
            return state
        case ((Tracked() | Escalating()), IssueResolved() | IssueTracked()):
            return state
        case ((Signed() | Escalating()), TrackingRenewed() | IssueResumed()):
            return state
        case Escalating(), EscalationRequested():
            return state
        case ((Signed() | Tracked()), EscalationApproved() | EscalationRejected()):
            return state


def _finished(state: Resolved | Reviewed | Closed, fact: Moved) -> State:
    if isinstance(fact, Begun | Handled):
        return state
    match state, fact:
        case ((Resolved() | Reviewed()), DeadlineRederived()):
            return replace(state, due=fact.due)
        case Resolved(), ResolutionRejected():
            return Signed(*_ordered(state), _seen_by(state.work, fact, fact), **_over(state))
        case Resolved(), ResolutionApproved():
            work = _seen_by(state.work, fact, state.work.last)
            return Reviewed(*_ordered(state), work, state.resolution, fact, (), **_over(state))
        case Reviewed(), CallBackRecorded():
            return replace(state, calls=(*state.calls, fact))
        case ((Reviewed() | Closed()), IssueReopened()):
            return _reopened(state, fact)
        case Reviewed(), IssueClosed():
            return Closed(*_ordered(state), state.work, state.resolution, state.approval, state.calls, fact, **_over(state))
        case Closed(), IssueArchived():
            parts = (state.work, state.resolution, state.approval, state.calls, state.closing, fact)
            return Archived(*_ordered(state), *parts, **_over(state))
        case Closed(), DeadlineRederived():
            return state
        case ((Reviewed() | Closed()), ResolutionRejected() | ResolutionApproved()):
            return state
        case ((Resolved() | Closed()), CallBackRecorded() | IssueClosed()):
            return state
        case Resolved(), IssueReopened():
            return state
        case ((Resolved() | Reviewed()), IssueArchived()):
            return state


def _reopened(state: Reviewed | Closed, fact: IssueReopened) -> Signed:
    work = replace(
        state.work, last=fact, reopened=state.work.reopened + 1, again=fact.on, contacted=False, since=fact.on, next_on=None
    )
    return Signed(state.report, state.kind, state.order, fact.due, state.first, work, **_over(state))


def _worked(state: Signed | Tracked, fact: Desked) -> State:
    """What happens on the handler's desk."""
    work = state.work
    match fact:
        case IssueProgressed():
            contacted = work.contacted or fact.contacted
            return replace(state, work=replace(work, last=fact, contacted=contacted, since=fact.on, next_on=fact.next_on))
        case IssueReassigned():
            handlers = work.handlers | {fact.handler}
            return replace(state, work=replace(work, last=fact, handler=fact.handler, handlers=handlers))
        case ExtensionRequested():
            return replace(state, work=replace(work, asking=fact, endorsed=frozenset()))
        case ExtensionEndorsed():
            return replace(state, work=replace(work, endorsed=work.endorsed | {fact.role}))
        case ExtensionRejected():
            return replace(state, work=replace(work, asking=None, endorsed=frozenset()))
        case ExtensionApproved():
            granted = replace(
                work, asking=None, endorsed=frozenset(), extensions=work.extensions + 1, extended=work.extended + fact.workdays
            )
            return replace(state, due=fact.due, work=granted)
        case CityReplied():
            due = by_the_city(state.due, fact.due, fact.document) if fact.due else state.due
            return replace(state, due=due, work=replace(work, city=(*work.city, fact)))
        case StageAnswered():
            return replace(state, work=replace(work, stage_answered=fact.on, contacted=True, since=fact.on))
        case CoHandlingAnswered():
            return replace(state, work=replace(work, co_answered=work.co_answered | {fact.unit}))


def _lifted(state: Escalating, fact: EscalationApproved) -> Signed:
    """The level above has it; the unit below stays as co-handler."""
    before = state.order
    co_units = tuple(dict.fromkeys(unit for unit in (*before.co_units, before.unit) if unit != fact.unit))
    order = before.model_copy(
        update={
            "unit": fact.unit,
            "level": fact.level,
            "leader": fact.leader,
            "due": fact.due,
            "on": fact.on,
            "at": None,
            "co_units": co_units,
        }
    )
    signed = IssueSigned(handler=fact.handler, on=fact.on)
    work = replace(
        state.work,
        signed=signed,
        last=signed,
        handler=fact.handler,
        handlers=state.work.handlers | {fact.handler},
        contacted=False,
        since=fact.on,
        next_on=None,
        again=None,
        extensions=0,
        extended=0,
        tracked=False,
        renewals=0,
        stage_answered=fact.on,
    )
    return Signed(state.report, state.kind, order, fact.due, state.first, work, **_over(state))


def _ordered(state: Dispatched | Worked) -> tuple[IssueReported, Kind, IssueDispatched, Due, Due]:
    return state.report, state.kind, state.order, state.due, state.first


def _over(state: Dispatched | Worked) -> dict[str, Any]:
    return {"notes": state.notes, "returned": state.returned}


def _seen_by(work: Work, fact: ResolutionApproved | ResolutionRejected, last: Last) -> Work:
    reviewers = work.reviewers | {fact.by} if fact.by else work.reviewers
    return replace(work, last=last, reviewers=reviewers)
