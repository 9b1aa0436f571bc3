"""What a fact makes of a ticket. Nothing is refused here, and nothing but a fact that carries a deadline moves one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from services.issues.domain.deadlines import by_the_city
from services.issues.domain.states import (
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
from shared.events import Fact
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
from shared.terms import Alarm


def evolve(state: State, fact: Fact) -> State:
    """The state after a fact."""
    if isinstance(state, Unreported):
        return Reported(fact, Kind(fact.category, fact.nature, fact.urgency)) if isinstance(fact, IssueReported) else state
    noted = _noted(state.notes, fact)
    if noted is not state.notes:
        return replace(state, notes=noted)
    return _moved(state, fact)


def _noted(notes: Notes, fact: Fact) -> Notes:
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
        case MeasureProposed():
            others = tuple(proposal for proposal in notes.proposals if proposal.measure is not fact.measure)
            return replace(notes, proposals=(*others, fact))
        case MeasureRuled():
            return replace(notes, proposals=tuple(item for item in notes.proposals if item.measure is not fact.measure))
        case _:
            return notes


def _moved(state: Ticket, fact: Fact) -> State:
    """From stage to stage, and what happens within one."""
    if isinstance(fact, IssueWithdrawn) and isinstance(state, OPEN):
        return Withdrawn(state.report, state.kind, fact, under_of(state), notes=state.notes)
    match state:
        case Reported() | Accepted() | Declined() | Merged():
            return _begun(state, fact)
        case Dispatched() | Signed() | Tracked() | Escalating():
            if isinstance(fact, DeadlineRederived):
                return replace(state, due=fact.due)
            return _handled(state, fact)
        case Resolved() | Reviewed() | Closed() | Archived() | Withdrawn():
            return _finished(state, fact)


def _begun(state: Reported | Accepted | Declined | Merged, fact: Fact) -> State:
    match state:
        case Reported():
            if isinstance(fact, IssueAccepted):
                kind = Kind(fact.category, fact.nature, fact.urgency, fact.difficult)
                return Accepted(state.report, kind, notes=replace(state.notes, accepted_on=fact.on))
            if isinstance(fact, IssueDeclined):
                return Declined(state.report, state.kind, fact, notes=state.notes)
        case Accepted():
            if isinstance(fact, DeadlineRederived) and state.before is not None:
                return replace(state, before=replace(state.before, due=fact.due))
            if isinstance(fact, IssueDispatched):
                first = state.before.first if state.before else fact.due
                returned = state.before is not None
                return Dispatched(state.report, state.kind, fact, fact.due, first, notes=state.notes, returned=returned)
        case Declined():
            if isinstance(fact, DeclineContested):
                return Reported(state.report, state.kind, notes=replace(state.notes, contested=fact.on))
        case Merged():
            if isinstance(fact, SiblingAnswered):
                return replace(state, answer=fact, ruled=state.answer is not None)
            if isinstance(fact, CallBackRecorded):
                return replace(state, calls=(*state.calls, fact))
    if isinstance(fact, IssueMerged) and isinstance(state, (Reported, Accepted)):
        return Merged(state.report, state.kind, fact, notes=state.notes)
    return state  # A fact of another time or kind changes nothing: evolve can't refuse.


def _handled(state: Dispatched | Signed | Tracked | Escalating, fact: Fact) -> State:
    over = _over(state)
    match state:
        case Dispatched():
            if isinstance(fact, IssueReturned):
                return Accepted(state.report, state.kind, state, notes=replace(state.notes, accepted_on=fact.on))
            if isinstance(fact, IssueSigned):
                work = Work(fact, fact, fact.handler, frozenset({fact.handler}), since=fact.on)
                return Signed(*_ordered(state), work, **over)
            return state
        case Escalating():
            if isinstance(fact, EscalationApproved):
                return _lifted(state, fact)
            if isinstance(fact, EscalationRejected):
                return Signed(*_ordered(state), replace(state.work, since=fact.on), **over)
            return state
        case Signed():
            if isinstance(fact, IssueResolved):  # Whoever is done needs no more time.
                return Resolved(*_ordered(state), replace(state.work, asking=None, endorsed=frozenset()), fact, **over)
            if isinstance(fact, IssueTracked):
                work = state.work
                renewals = work.renewals + work.tracked
                work = replace(work, since=fact.on, asking=None, endorsed=frozenset(), tracked=True, renewals=renewals)
                return Tracked(*_ordered(state), work, fact, **over)
        case Tracked():
            if isinstance(fact, TrackingRenewed):
                return replace(state, tracking=fact, work=replace(state.work, renewals=state.work.renewals + 1, since=fact.on))
            if isinstance(fact, IssueResumed):
                return Signed(*_ordered(state), replace(state.work, last=fact, since=fact.on), **over)
    if isinstance(fact, EscalationRequested):
        over["notes"] = replace(state.notes, documents=(*state.notes.documents, fact.no))
        return Escalating(*_ordered(state), replace(state.work, asking=None), fact, **over)
    return _worked(state, fact)


def _finished(state: Resolved | Reviewed | Closed | Archived | Withdrawn, fact: Fact) -> State:
    match state:
        case Resolved():
            if isinstance(fact, DeadlineRederived):
                return replace(state, due=fact.due)
            if isinstance(fact, ResolutionRejected):
                return Signed(*_ordered(state), _seen_by(state.work, fact, fact), **_over(state))
            if isinstance(fact, ResolutionApproved):
                work = _seen_by(state.work, fact, state.work.last)
                return Reviewed(*_ordered(state), work, state.resolution, fact, (), **_over(state))
        case Reviewed():
            if isinstance(fact, DeadlineRederived):
                return replace(state, due=fact.due)
            if isinstance(fact, CallBackRecorded):
                return replace(state, calls=(*state.calls, fact))
            if isinstance(fact, IssueReopened):
                return _reopened(state, fact)
            if isinstance(fact, IssueClosed):
                return Closed(*_ordered(state), state.work, state.resolution, state.approval, state.calls, fact, **_over(state))
        case Closed():
            if isinstance(fact, IssueReopened):
                return _reopened(state, fact)
            if isinstance(fact, IssueArchived):
                parts = (state.work, state.resolution, state.approval, state.calls, state.closing, fact)
                return Archived(*_ordered(state), *parts, **_over(state))
        case Archived() | Withdrawn():
            return state
    return state


def _reopened(state: Reviewed | Closed, fact: IssueReopened) -> Signed:
    work = replace(
        state.work, last=fact, reopened=state.work.reopened + 1, again=fact.on, contacted=False, since=fact.on, next_on=None
    )
    return Signed(state.report, state.kind, state.order, fact.due, state.first, work, **_over(state))


def _worked(state: Signed | Tracked, fact: Fact) -> State:
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
        case _:
            return state


def _lifted(state: Escalating, fact: EscalationApproved) -> Signed:
    """The level above has it; the unit below stays as co-handler."""
    before = state.order
    co_units = tuple(dict.fromkeys(unit for unit in (*before.co_units, before.unit) if unit != fact.unit))
    order = before.model_copy(
        update={
            "unit": fact.unit, "level": fact.level, "leader": fact.leader, "due": fact.due, "on": fact.on, "at": None,
            "co_units": co_units,
        }
    )  # fmt: skip
    signed = IssueSigned(handler=fact.handler, on=fact.on)
    work = replace(
        state.work, signed=signed, last=signed, handler=fact.handler, handlers=state.work.handlers | {fact.handler},
        contacted=False, since=fact.on, next_on=None, again=None, extensions=0, extended=0, tracked=False, renewals=0,
        stage_answered=fact.on,
    )  # fmt: skip
    return Signed(state.report, state.kind, order, fact.due, state.first, work, **_over(state))


def _ordered(state: Dispatched | Worked) -> tuple[IssueReported, Kind, IssueDispatched, Due, Due]:
    return state.report, state.kind, state.order, state.due, state.first


def _over(state: Dispatched | Worked) -> dict[str, Any]:
    return {"notes": state.notes, "returned": state.returned}


def _seen_by(work: Work, fact: ResolutionApproved | ResolutionRejected, last: Last) -> Work:
    reviewers = work.reviewers | {fact.by} if fact.by else work.reviewers
    return replace(work, last=last, reviewers=reviewers)
