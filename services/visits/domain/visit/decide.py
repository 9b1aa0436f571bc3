"""What is decided on a visit: one table of its states and commands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from services.visits.domain.link import doubtful
from services.visits.domain.visit.commands import (
    AcceptVisit,
    AttachEvidence,
    ConfirmVisit,
    CorrectVisit,
    DenyVisit,
    HearConfirmation,
    RecordVisit,
    ReturnVisit,
    RuleVisit,
    UpholdVisit,
    VoidVisit,
)
from services.visits.domain.visit.counting import missing, rule_of
from services.visits.domain.visit.evolve import VisitFact, evolve
from services.visits.domain.visit.permissions import may_call, may_review, may_rule, may_tell
from services.visits.domain.visit.record import KnownTelling, alike, same, telling
from services.visits.domain.visit.refusals import (
    AlreadyAccepted,
    AlreadyConfirmed,
    AlreadyDenied,
    AlreadyHeard,
    AlreadyRecorded,
    AlreadyReviewed,
    AwaitsRuling,
    DeniedByEnterprise,
    EvidenceAlreadyThere,
    EvidenceLacking,
    NotAwaitingReview,
    NotAwaitingRuling,
    NotDenied,
    NothingToHear,
    NotTheEnterprise,
    OneQuestionnaireAMonth,
    TooMuchEvidence,
    VisitIsVoid,
    WrongKindOfFile,
)
from services.visits.domain.visit.states import (
    MOST_FILES,
    Accepted,
    Held,
    Pending,
    Recorded,
    Returned,
    Standing,
    State,
    Unrecorded,
    VisitDetails,
    Voided,
)
from shared.events.visits import (
    Came,
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
from shared.language.decider import Context, Decider, looked_up
from shared.language.known import KnownEnterprise
from shared.language.personal import Personal
from shared.language.persons import seat
from shared.language.problems import Unknown
from shared.language.terms import EvidenceKind, Mode, Role, Ruling

_MEDIA: dict[EvidenceKind, tuple[str, ...]] = {
    EvidenceKind.PHOTO: ("image/",),
    EvidenceKind.SCREENSHOT: ("image/",),
    EvidenceKind.SIGNED_FORM: ("image/", "application/pdf"),
    EvidenceKind.ACK: ("image/", "application/pdf"),
    EvidenceKind.RESPONSE: ("image/", "application/pdf"),
    EvidenceKind.CALL_LOG: ("image/", "application/pdf", "audio/"),
    EvidenceKind.OTHER: ("image/", "application/pdf", "audio/"),
}
VisitCommand = (
    RecordVisit
    | CorrectVisit
    | AttachEvidence
    | AcceptVisit
    | ReturnVisit
    | VoidVisit
    | ConfirmVisit
    | DenyVisit
    | UpholdVisit
    | RuleVisit
    | HearConfirmation
)


@dataclass(frozen=True)
class KnownVisit:
    """What the command needs beside the visit: a telling, who and what it tells of; a ruling, the enterprise of today; a word
    of the enterprise, how it came about and the clear text of what it said before.
    """

    telling: KnownTelling | None = None
    enterprise: KnownEnterprise | None = None
    questionnaire: UUID | None = None
    """Another visit by questionnaire in the month, if there is one."""
    came: Came | None = None
    said: str | None = None


def decide(state: State, command: VisitCommand, context: Context[KnownVisit]) -> list[VisitFact]:
    """Facts, or a refusal."""
    if not isinstance(state, Unrecorded):
        _guard(state.details, command, context)
    match state, command:
        case Unrecorded(), RecordVisit():
            return _record(command, context)
        case Unrecorded(), (
            CorrectVisit()
            | AttachEvidence()
            | AcceptVisit()
            | ReturnVisit()
            | VoidVisit()
            | ConfirmVisit()
            | DenyVisit()
            | UpholdVisit()
            | RuleVisit()
            | HearConfirmation()
        ):
            raise Unknown(what="visit", id=str(context.subject))
        case Pending() | Accepted() | Returned() | Voided() | Held(), RecordVisit():
            return _recorded_again(state, command, context)
        case Pending() | Returned(), CorrectVisit():
            return _correct(state, command, context)
        case Accepted(), CorrectVisit():
            raise AlreadyAccepted(visit=str(context.subject))
        case Pending() | Accepted() | Returned() | Held(), AttachEvidence():
            return _attach(state, command, context)
        case Pending(), AcceptVisit():
            return _accept(state.details, command, context)
        case Accepted(), AcceptVisit():
            return _again(state, command.note, context)
        case Returned(), AcceptVisit():
            raise NotAwaitingReview(visit=str(context.subject), reason=state.words)
        case Pending() | Accepted(), ReturnVisit():
            return [VisitReturned(reason=command.reason)]
        case Returned(), ReturnVisit():
            return _again(state, command.reason, context)
        case Pending() | Accepted() | Returned(), VoidVisit():
            return [VisitVoided(reason=command.reason)]
        case Voided(), VoidVisit():
            return _again(state, command.reason, context)
        case Pending() | Accepted() | Returned() | Held(), ConfirmVisit():
            return _confirm(state, command, context)
        case Pending() | Accepted() | Returned() | Held(), DenyVisit():
            return _deny(state.details, command, context)
        case Pending() | Accepted() | Returned() | Held(), HearConfirmation():
            return _hear(state, command, context)
        case Pending() | Accepted() | Returned(), UpholdVisit():
            return _uphold(state.details, command, context)
        case Held(), RuleVisit():
            return _rule(state, command, context)
        case Pending() | Accepted() | Returned() | Voided(), RuleVisit():
            return _ruled(state, command, context)
        case Held(), CorrectVisit() | AcceptVisit() | ReturnVisit() | VoidVisit() | UpholdVisit():
            raise AwaitsRuling(visit=str(context.subject), why=state.why)
        case Voided(), (
            CorrectVisit()
            | AttachEvidence()
            | AcceptVisit()
            | ReturnVisit()
            | ConfirmVisit()
            | DenyVisit()
            | UpholdVisit()
            | HearConfirmation()
        ):
            raise VisitIsVoid(visit=str(context.subject), reason=state.words)


def _guard(details: VisitDetails, command: VisitCommand, context: Context[KnownVisit]) -> None:
    """Who may say this of a recorded visit, whatever it has come to: a stranger hears nothing of that."""
    match command:
        case RecordVisit() | CorrectVisit() | AttachEvidence():
            may_tell(details, context.actor)
        case AcceptVisit() | ReturnVisit() | VoidVisit() | UpholdVisit():
            may_review(details, context.actor)
        case ConfirmVisit() | DenyVisit():
            if not context.actor.holds(Role.SYSTEM):
                raise NotTheEnterprise
        case HearConfirmation():
            may_call(details, context.actor)
        case RuleVisit():
            enterprise = looked_up(context.known.enterprise)
            may_rule(frozenset(held.unit for held in enterprise.assigned.values()), details, context.actor)


def _record(command: RecordVisit, context: Context[KnownVisit]) -> list[VisitFact]:
    about, why = telling(command, context, looked_up(context.known.telling), None)
    if why:
        return [VisitHeld(**about, why=why)]
    told = VisitRecorded(**about)
    _once_a_month(told, context)
    return [told, *_judgement(VisitDetails(told))]


def _recorded_again(state: Recorded, command: RecordVisit, context: Context[KnownVisit]) -> list[VisitFact]:
    known = looked_up(context.known.telling)
    if alike(state.details.told, VisitRecorded(**telling(command, context, known, None)[0]), known):
        return []
    raise AlreadyRecorded(visit=str(context.subject))


def _correct(state: Pending | Returned, command: CorrectVisit, context: Context[KnownVisit]) -> list[VisitFact]:
    before, known = state.details, looked_up(context.known.telling)
    told = VisitCorrected(**telling(command, context, known, before.told)[0])
    if isinstance(state, Pending) and alike(before.told, told, known):
        return []
    _once_a_month(told, context)
    return [told, *_judgement(replace(before, told=told))]


def _attach(state: Standing | Held, command: AttachEvidence, context: Context[object]) -> list[VisitFact]:
    details = state.details
    for item in details.evidence:
        if command.sha256 == item.sha256 or command.original == item.original:
            if item.kind == command.kind:
                return []
            raise EvidenceAlreadyThere(kind=item.kind.label)
    if not command.media_type.startswith(_MEDIA[command.kind]):
        raise WrongKindOfFile(kind=command.kind.label, media_type=command.media_type)
    if len(details.evidence) >= MOST_FILES:
        raise TooMuchEvidence(most=MOST_FILES)
    fact = EvidenceAttached(**command.model_dump(), uploaded_at=context.now, uploader=context.actor.id)
    return [fact, *_unless_held(state, replace(details, evidence=(*details.evidence, fact)))]


def _accept(details: VisitDetails, command: AcceptVisit, context: Context[object]) -> list[VisitFact]:
    if details.disputed:
        raise DeniedByEnterprise(visit=str(context.subject))
    if details.missing:
        raise EvidenceLacking(missing=details.missing)
    return [VisitAccepted(note=command.note)]


def _confirm(state: Standing | Held, command: ConfirmVisit, context: Context[KnownVisit]) -> list[VisitFact]:
    first, words = state.details.confirmed, _about_contact(command.words, state.details)
    if first is None:
        came = context.known.came
        fact = VisitConfirmed(
            rating=command.rating,
            aware=command.aware,
            words=words,
            via=command.via,
            came=came,
            doubtful=came is not None and doubtful(came, state.details.units),
        )
        return [fact, *_unless_held(state, replace(state.details, confirmed=fact))]
    again = (first.rating, first.aware) == (command.rating, command.aware)
    if again and same(first.words, words, context.known.said):
        return []
    raise AlreadyConfirmed(visit=str(context.subject))


def _hear(state: Standing | Held, command: HearConfirmation, context: Context[object]) -> list[VisitFact]:
    details = state.details
    if details.confirmed is None or not details.confirmed.doubtful:
        raise NothingToHear(visit=str(context.subject))
    if details.heard is None:
        fact = ConfirmationHeard(stands=command.stands, note=command.note, by=context.actor.id)
        return [fact, *_unless_held(state, replace(details, heard=fact))]
    if details.heard.stands == command.stands:
        return []
    raise AlreadyHeard(visit=str(context.subject), stands=details.heard.stands)


def _deny(details: VisitDetails, command: DenyVisit, context: Context[KnownVisit]) -> list[VisitFact]:
    words = _about_contact(command.words, details)
    if details.denied is None:
        return [VisitDenied(words=words)]
    if same(details.denied.words, words, context.known.said):
        return []
    raise AlreadyDenied(visit=str(context.subject))


def _uphold(details: VisitDetails, command: UpholdVisit, context: Context[object]) -> list[VisitFact]:
    if details.denied is None:
        raise NotDenied(visit=str(context.subject))
    if details.upheld is None:
        return [VisitUpheld(reason=command.reason)]
    if details.upheld == command.reason:
        return []
    raise AlreadyReviewed(visit=str(context.subject), said=details.upheld)


def _rule(state: Held, command: RuleVisit, context: Context[KnownVisit]) -> list[VisitFact]:
    if command.ruling is Ruling.DISMISS:
        return [VisitDismissed(reason=command.reason)]
    told = state.details.told
    _once_a_month(told, context)
    return [VisitAdmitted(reason=command.reason), told, *_judgement(state.details)]


def _ruled(state: Standing | Voided, command: RuleVisit, context: Context[object]) -> list[VisitFact]:
    """The same ruling said twice adds nothing."""
    said = state.words if isinstance(state, Voided) else state.details.admitted
    dismissed = isinstance(state, Voided) and state.details.admitted is None
    if said == command.reason and dismissed == (command.ruling is Ruling.DISMISS):
        return []
    raise NotAwaitingRuling(visit=str(context.subject))


def _about_contact(words: Personal | None, details: VisitDetails) -> Personal | None:
    """Words of the enterprise are about its contact person, whose key can be shredded."""
    if words is None or not words.text:
        return None
    return words.about(seat("contact", str(details.told.enterprise.id)))


def _again(state: Accepted | Returned | Voided, words: str, context: Context[object]) -> list[VisitFact]:
    """The same review said twice adds nothing; other words don't replace the first."""
    if state.words == words:
        return []
    if isinstance(state, Voided):
        raise VisitIsVoid(visit=str(context.subject), reason=state.words)
    raise AlreadyReviewed(visit=str(context.subject), said=state.words)


def _unless_held(state: Recorded, after: VisitDetails) -> list[VisitFact]:
    """A held telling is judged when it is let in."""
    return [] if isinstance(state, Held) else _judgement(after)


def _judgement(after: VisitDetails) -> list[VisitFact]:
    """The evidence rule's answer, if it is another one than before. ``after`` still carries the answer of before."""
    lacking = missing(after.told, after.evidence, confirmed=after.proved is not None)
    if lacking == after.missing:
        return []
    rule = rule_of(after.told)
    return [VisitDisqualified(rule=rule, missing=lacking) if lacking else VisitQualified(rule=rule)]


def _once_a_month(told: VisitRecorded, context: Context[KnownVisit]) -> None:
    other = context.known.questionnaire
    if told.mode is Mode.QUESTIONNAIRE and other is not None:
        raise OneQuestionnaireAMonth(visit=str(other))


VISIT: Decider[State, VisitCommand, VisitFact, KnownVisit] = Decider("visit", Unrecorded(), decide, evolve)
