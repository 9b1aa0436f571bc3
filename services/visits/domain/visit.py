"""A visit to an enterprise, from its telling to its review.

    (nothing) --record--> Pending --accept--> Accepted
        |                 |  ^  |                |
        |            return  |  +--void--+       | return, void
        |                 v  | correct   v       |
        |              Returned --void-> Voided <+      evidence may be added in every state but Voided
        |                                ^
        +--hold--> Held --dismiss--------+
                    +--admit--> Pending

The enterprise may confirm or deny a visit in every state but Voided; a denied one does not count until a reviewer upholds it.
Visits are made by phone, questionnaire, on site or by video, alone or jointly for both lines (方案 四(一)3), by those who
answer for the enterprise on that day (方案 三(一), 五(一)); each leaves evidence (方案 四(一)5). After every change the
evidence rule is asked again, and its answer is a fact of its own when it is another one than before. Whoever told a visit
never reviews it. A visit is no inspection: nothing here knows of one (国办发〔2024〕54号).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from services.visits.domain.commands import (
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
from services.visits.domain.counting import missing, rule_of
from services.visits.domain.link import doubtful
from services.visits.domain.refusals import (
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
    NotYourCall,
    NotYourReview,
    NotYourRuling,
    OneQuestionnaireAMonth,
    OwnVisit,
    TooMuchEvidence,
    VisitIsVoid,
    WrongKindOfFile,
)
from services.visits.domain.telling import (
    KnownTelling,
    alike,
    may_tell_of,
    members,
    same,
    telling,
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
from shared.language.decider import Actor, Context, Decider, looked_up
from shared.language.known import KnownEnterprise
from shared.language.personal import Personal
from shared.language.persons import seat
from shared.language.problems import Problem, Unknown
from shared.language.terms import EvidenceKind, Mode, Review, Role, Ruling

MOST_FILES = 50
CALLING = (Role.CALLER_BACK, Role.INSPECTOR, Role.OFFICE, Role.OFFICE_HEAD)
"""Who calls an enterprise about its confirmation."""

_MEDIA: dict[EvidenceKind, tuple[str, ...]] = {
    EvidenceKind.PHOTO: ("image/",),
    EvidenceKind.SCREENSHOT: ("image/",),
    EvidenceKind.SIGNED_FORM: ("image/", "application/pdf"),
    EvidenceKind.ACK: ("image/", "application/pdf"),
    EvidenceKind.RESPONSE: ("image/", "application/pdf"),
    EvidenceKind.CALL_LOG: ("image/", "application/pdf", "audio/"),
    EvidenceKind.OTHER: ("image/", "application/pdf", "audio/"),
}


@dataclass(frozen=True)
class VisitDetails:
    """What every recorded visit has: its latest telling, its evidence, what it lacks to count (``None``: not judged yet),
    everybody who ever told it, what the enterprise said of it, and what a reviewer said to a denial.
    """

    told: VisitRecorded
    evidence: tuple[EvidenceAttached, ...] = ()
    missing: tuple[str, ...] | None = None
    tellers: frozenset[UUID] = frozenset()
    confirmed: VisitConfirmed | None = None
    denied: VisitDenied | None = None
    upheld: str | None = None
    admitted: str | None = None
    """Why a held telling was let in."""
    heard: ConfirmationHeard | None = None

    @property
    def proved(self) -> VisitConfirmed | None:
        """The enterprise's confirmation, if it may be believed: nobody doubts it, or a call has settled it."""
        believed = self.confirmed and (not self.confirmed.doubtful or (self.heard is not None and self.heard.stands))
        return self.confirmed if believed else None

    @property
    def unheard(self) -> bool:
        """A doubtful confirmation of which nobody has called yet."""
        return self.confirmed is not None and self.confirmed.doubtful and self.heard is None

    @property
    def units(self) -> frozenset[str]:
        """The reporting units of the visitors."""
        return frozenset(visitor.unit for visitor in self.told.visitors)

    @property
    def disputed(self) -> bool:
        """Denied by the enterprise, and nobody has ruled yet."""
        return self.denied is not None and self.upheld is None


@dataclass(frozen=True)
class Unrecorded:
    """Nothing was told yet."""


@dataclass(frozen=True)
class Pending:
    """Told, and waiting for its reviewer."""

    details: VisitDetails
    words: str = ""
    review = Review.PENDING


@dataclass(frozen=True)
class Accepted:
    """Found in order; ``words`` is the reviewer's note."""

    details: VisitDetails
    words: str
    review = Review.ACCEPTED


@dataclass(frozen=True)
class Returned:
    """Sent back; ``words`` is the reason."""

    details: VisitDetails
    words: str
    review = Review.RETURNED


@dataclass(frozen=True)
class Voided:
    """Void for ever; ``words`` is the reason."""

    details: VisitDetails
    words: str
    review = Review.VOIDED


@dataclass(frozen=True)
class Held:
    """Told offline by somebody who did not answer for the enterprise; ``why`` it waits for a ruling."""

    details: VisitDetails
    why: tuple[str, ...]
    review = Review.HELD

    @property
    def words(self) -> str:
        """The reasons, as people read them."""
        return ";".join(self.why)


Standing = Pending | Accepted | Returned
Recorded = Standing | Voided | Held
State = Unrecorded | Recorded
Asked = (
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
Noted = EvidenceAttached | VisitQualified | VisitDisqualified | VisitConfirmed | ConfirmationHeard | VisitDenied | VisitUpheld
"""Facts that leave a visit where it stands."""
Moved = VisitRecorded | VisitHeld | VisitAdmitted | VisitDismissed | VisitCorrected | VisitAccepted | VisitReturned | VisitVoided
Told = Noted | Moved


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


def counts(state: Recorded) -> bool:
    """Whether it counts now: evidence rule met, neither returned nor voided (kpi §2), not denied by the enterprise."""
    return state.details.missing == () and isinstance(state, (Pending, Accepted)) and not state.details.disputed


def decide(state: State, command: Asked, context: Context[KnownVisit]) -> list[Told]:
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


def evolve(state: State, fact: Told) -> State:
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


def _guard(details: VisitDetails, command: Asked, context: Context[KnownVisit]) -> None:
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


def may_tell(details: VisitDetails, actor: Actor) -> None:
    """The visitors themselves, or those who enter for them."""
    may_tell_of(details.told.visitors, actor)


def may_review(details: VisitDetails, actor: Actor) -> None:
    """Deputy or head of a visitor's unit, or the office; never whoever told it."""
    of_unit = actor.unit in details.units and actor.holds(Role.DEPUTY, Role.HEAD)
    if not (of_unit or actor.holds(Role.OFFICE, Role.OFFICE_HEAD)):
        raise NotYourReview
    if actor.id in details.tellers:
        raise OwnVisit


def may_hear(details: VisitDetails, actor: Actor) -> bool:
    """Whether this person reads what the enterprise said of the visit in words: its reviewers do."""
    return _passes(may_review, details, actor)


def may_rule(units: frozenset[str], details: VisitDetails, actor: Actor) -> None:
    """Head or deputy of a unit that answers for the enterprise now, or the office; never whoever told it."""
    of_unit = actor.unit in units and actor.holds(Role.DEPUTY, Role.HEAD)
    if not (of_unit or actor.holds(Role.OFFICE, Role.OFFICE_HEAD)):
        raise NotYourRuling
    if actor.id in details.tellers:
        raise OwnVisit


def may_call(details: VisitDetails, actor: Actor) -> None:
    """Whoever calls enterprises for the district; never of a unit that came, nor who told the visit."""
    if not actor.holds(*CALLING) or actor.unit in details.units or actor.id in details.tellers:
        raise NotYourCall


def allowed_actions(state: Recorded, actor: Actor, responsible: frozenset[str] = frozenset()) -> list[str]:
    """What this person may do with the visit now, by the guards of ``decide``. ``responsible``: the units of today."""
    details, held = state.details, isinstance(state, Held)
    offered: dict[str, tuple[Callable[[VisitDetails, Actor], None], bool]] = {
        "correct": (may_tell, isinstance(state, (Pending, Returned))),
        "attach": (may_tell, not isinstance(state, Voided) and len(details.evidence) < MOST_FILES),
        "accept": (may_review, isinstance(state, Pending) and not details.missing and not details.disputed),
        "return": (may_review, isinstance(state, (Pending, Accepted))),
        "void": (may_review, not isinstance(state, Voided) and not held),
        "uphold": (may_review, details.disputed and not isinstance(state, (Voided, Held))),
        "hear": (may_call, details.unheard and not isinstance(state, Voided)),
        "rule": (lambda found, who: may_rule(responsible, found, who), held),
    }
    return [name for name, (guard, possible) in offered.items() if possible and _passes(guard, details, actor)]


def _passes(guard: Callable[[VisitDetails, Actor], None], details: VisitDetails, actor: Actor) -> bool:
    try:
        guard(details, actor)
    except Problem:
        return False
    return True


def _record(command: RecordVisit, context: Context[KnownVisit]) -> list[Told]:
    about, why = telling(command, context, looked_up(context.known.telling), None)
    if why:
        return [VisitHeld(**about, why=why)]
    told = VisitRecorded(**about)
    _once_a_month(told, context)
    return [told, *_judgement(VisitDetails(told))]


def _recorded_again(state: Recorded, command: RecordVisit, context: Context[KnownVisit]) -> list[Told]:
    known = looked_up(context.known.telling)
    if alike(state.details.told, VisitRecorded(**telling(command, context, known, None)[0]), known):
        return []
    raise AlreadyRecorded(visit=str(context.subject))


def _correct(state: Pending | Returned, command: CorrectVisit, context: Context[KnownVisit]) -> list[Told]:
    before, known = state.details, looked_up(context.known.telling)
    told = VisitCorrected(**telling(command, context, known, before.told)[0])
    if isinstance(state, Pending) and alike(before.told, told, known):
        return []
    _once_a_month(told, context)
    return [told, *_judgement(replace(before, told=told))]


def _attach(state: Standing | Held, command: AttachEvidence, context: Context[object]) -> list[Told]:
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


def _accept(details: VisitDetails, command: AcceptVisit, context: Context[object]) -> list[Told]:
    if details.disputed:
        raise DeniedByEnterprise(visit=str(context.subject))
    if details.missing:
        raise EvidenceLacking(missing=details.missing)
    return [VisitAccepted(note=command.note)]


def _confirm(state: Standing | Held, command: ConfirmVisit, context: Context[KnownVisit]) -> list[Told]:
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


def _hear(state: Standing | Held, command: HearConfirmation, context: Context[object]) -> list[Told]:
    details = state.details
    if details.confirmed is None or not details.confirmed.doubtful:
        raise NothingToHear(visit=str(context.subject))
    if details.heard is None:
        fact = ConfirmationHeard(stands=command.stands, note=command.note, by=context.actor.id)
        return [fact, *_unless_held(state, replace(details, heard=fact))]
    if details.heard.stands == command.stands:
        return []
    raise AlreadyHeard(visit=str(context.subject), stands=details.heard.stands)


def _deny(details: VisitDetails, command: DenyVisit, context: Context[KnownVisit]) -> list[Told]:
    words = _about_contact(command.words, details)
    if details.denied is None:
        return [VisitDenied(words=words)]
    if same(details.denied.words, words, context.known.said):
        return []
    raise AlreadyDenied(visit=str(context.subject))


def _uphold(details: VisitDetails, command: UpholdVisit, context: Context[object]) -> list[Told]:
    if details.denied is None:
        raise NotDenied(visit=str(context.subject))
    if details.upheld is None:
        return [VisitUpheld(reason=command.reason)]
    if details.upheld == command.reason:
        return []
    raise AlreadyReviewed(visit=str(context.subject), said=details.upheld)


def _rule(state: Held, command: RuleVisit, context: Context[KnownVisit]) -> list[Told]:
    if command.ruling is Ruling.DISMISS:
        return [VisitDismissed(reason=command.reason)]
    told = state.details.told
    _once_a_month(told, context)
    return [VisitAdmitted(reason=command.reason), told, *_judgement(state.details)]


def _ruled(state: Standing | Voided, command: RuleVisit, context: Context[object]) -> list[Told]:
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


def _again(state: Accepted | Returned | Voided, words: str, context: Context[object]) -> list[Told]:
    """The same review said twice adds nothing; other words don't replace the first."""
    if state.words == words:
        return []
    if isinstance(state, Voided):
        raise VisitIsVoid(visit=str(context.subject), reason=state.words)
    raise AlreadyReviewed(visit=str(context.subject), said=state.words)


def _unless_held(state: Recorded, after: VisitDetails) -> list[Told]:
    """A held telling is judged when it is let in."""
    return [] if isinstance(state, Held) else _judgement(after)


def _judgement(after: VisitDetails) -> list[Told]:
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


def _as_told(fact: VisitRecorded) -> VisitRecorded:
    return VisitRecorded(**{name: getattr(fact, name) for name in VisitRecorded.model_fields})


def _tellers(fact: VisitRecorded) -> frozenset[UUID]:
    return frozenset(members(fact) | ({fact.entered_by} if fact.entered_by else set()))


VISIT: Decider[State, Asked, Told, KnownVisit] = Decider("visit", Unrecorded(), decide, evolve)
