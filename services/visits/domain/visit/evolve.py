"""What a fact makes of a visit. Nothing is refused here."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from services.visits.domain.visit.record import members
from services.visits.domain.visit.states import Accepted, Held, Pending, Returned, State, Unrecorded, VisitDetails, Voided
from shared.events.visits import (
    ConfirmationHeard,
    EvidenceAttached,
    VisitAccepted,
    VisitAdmitted,
    VisitConfirmed,
    VisitCorrected,
    VisitDenied,
    VisitDismissed,
    VisitDisqualified,
    VisitHeld,
    VisitQualified,
    VisitRecorded,
    VisitReturned,
    VisitUpheld,
    VisitVoided,
)

Noted = EvidenceAttached | VisitQualified | VisitDisqualified | VisitConfirmed | ConfirmationHeard | VisitDenied | VisitUpheld
"""Facts that leave a visit where it stands."""
Moved = VisitRecorded | VisitHeld | VisitAdmitted | VisitDismissed | VisitCorrected | VisitAccepted | VisitReturned | VisitVoided
VisitFact = Noted | Moved


def evolve(state: State, fact: VisitFact) -> State:
    """The state after a fact."""
    match fact:
        case (
            EvidenceAttached()
            | VisitQualified()
            | VisitDisqualified()
            | VisitConfirmed()
            | ConfirmationHeard()
            | VisitDenied()
            | VisitUpheld()
        ):
            if isinstance(state, (Unrecorded, Voided)):
                return state
            return replace(state, details=_noted(state.details, fact))
        case (
            VisitRecorded()
            | VisitHeld()
            | VisitAdmitted()
            | VisitDismissed()
            | VisitCorrected()
            | VisitAccepted()
            | VisitReturned()
            | VisitVoided()
        ):
            return _moved(state, fact)


def _moved(state: State, fact: Moved) -> State:
    match state, fact:
        case Unrecorded(), VisitHeld():
            return Held(VisitDetails(_as_told(fact), tellers=_tellers(fact)), fact.why)
        case Held(), VisitDismissed():
            return Voided(state.details, fact.reason)
        case Held(), VisitAdmitted():
            return replace(state, details=replace(state.details, admitted=fact.reason))
        case Held(), VisitRecorded():
            return Pending(replace(state.details, told=fact))
        case Pending() | Accepted() | Returned(), VisitCorrected():
            told = _as_told(fact)  # Whether it was told first or anew makes no other state.
            return Pending(replace(state.details, told=told, tellers=state.details.tellers | _tellers(fact)))
        case Unrecorded(), VisitRecorded():
            return Pending(VisitDetails(fact, tellers=_tellers(fact)))
        case Pending(), VisitAccepted():
            return Accepted(state.details, fact.note)
        case Pending() | Accepted(), VisitReturned():
            return Returned(state.details, fact.reason)
        case Pending() | Accepted() | Returned(), VisitVoided():
            return Voided(state.details, fact.reason)
        case Unrecorded() | Held(), VisitAdmitted() | VisitDismissed() | VisitAccepted() | VisitReturned() | VisitVoided():
            return state
        case Pending() | Accepted() | Returned(), VisitRecorded() | VisitHeld() | VisitAdmitted() | VisitDismissed():
            return state
        case Accepted() | Returned(), VisitAccepted() | VisitReturned():
            return state
        case Voided(), (
            VisitRecorded()
            | VisitHeld()
            | VisitAdmitted()
            | VisitDismissed()
            | VisitCorrected()
            | VisitAccepted()
            | VisitReturned()
            | VisitVoided()
        ):
            return state


def _noted(details: VisitDetails, fact: Noted) -> VisitDetails:
    """What a fact changes in a visit without moving it."""
    match fact:
        case EvidenceAttached():
            return replace(details, evidence=(*details.evidence, fact))
        case VisitQualified():
            return replace(details, missing=())
        case VisitDisqualified():
            return replace(details, missing=fact.missing)
        case VisitConfirmed():
            return replace(details, confirmed=details.confirmed or fact)
        case ConfirmationHeard():
            return replace(details, heard=details.heard or fact)
        case VisitDenied():
            return replace(details, denied=details.denied or fact)
        case VisitUpheld():
            return replace(details, upheld=fact.reason)


def _as_told(fact: VisitRecorded) -> VisitRecorded:
    return VisitRecorded(**{name: getattr(fact, name) for name in VisitRecorded.model_fields})


def _tellers(fact: VisitRecorded) -> frozenset[UUID]:
    return frozenset(members(fact) | ({fact.entered_by} if fact.entered_by else set()))
