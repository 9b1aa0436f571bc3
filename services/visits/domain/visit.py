"""A visit to an enterprise, from its telling to its review.

    (nothing) --record--> Pending --accept--> Accepted
                          |  ^  |                |
                     return  |  +--void--+       | return, void
                          v  | correct   v       |
                       Returned --void-> Voided <+      evidence may be added in every state but Voided

Visits are made by phone, questionnaire, on site or by video, alone or jointly for both lines (方案 四(一)3), by those who
answer for the enterprise on that day (方案 三(一), 五(一)); each leaves evidence (方案 四(一)5). After every change the
evidence rule is asked again, and its answer is a fact of its own when it is another one than before. Whoever told a visit
never reviews it. A visit is no inspection: nothing here knows of one (国办发〔2024〕54号).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from services.visits.domain.commands import (
    AcceptVisit,
    AttachEvidence,
    CorrectVisit,
    RecordVisit,
    ReturnVisit,
    Telling,
    VoidVisit,
)
from services.visits.domain.counting import RULE, missing
from shared.decider import Actor, Context, Decider
from shared.directory import KnownEnterprise, KnownMember, KnownUnit
from shared.events import Fact
from shared.events.visits import (
    Demand,
    EvidenceAttached,
    VisitAccepted,
    VisitCorrected,
    VisitDisqualified,
    Visited,
    Visitor,
    VisitQualified,
    VisitRecorded,
    VisitReturned,
    VisitVoided,
)
from shared.problems import Forbidden, Problem, Refused, Unknown
from shared.terms import EvidenceKind, Line, Mode, Review, Role, derived_id
from shared.vault import Personal

VISITING = (
    Role.HEAD, Role.DEPUTY, Role.WORKER, Role.LIAISON, Role.BACKUP_LIAISON, Role.INFORMANT,
    Role.CHIEF, Role.OFFICE, Role.OFFICE_HEAD,
)  # fmt: skip
"""Roles that go on visits, the most telling first. Those who supervise, audit or run the system don't."""

ENTERING = (Role.LIAISON, Role.BACKUP_LIAISON, Role.DEPUTY, Role.HEAD)
"""Roles that may enter a visit for somebody of their own unit."""

MOST_FILES = 50

_MEDIA: dict[EvidenceKind, tuple[str, ...]] = {
    EvidenceKind.PHOTO: ("image/",),
    EvidenceKind.SCREENSHOT: ("image/",),
    EvidenceKind.SIGNED_FORM: ("image/", "application/pdf"),
    EvidenceKind.ACK: ("image/", "application/pdf"),
    EvidenceKind.RESPONSE: ("image/", "application/pdf"),
    EvidenceKind.CALL_LOG: ("image/", "application/pdf", "audio/"),
    EvidenceKind.OTHER: ("image/", "application/pdf", "audio/"),
}


class AlreadyRecorded(Refused):
    """An id names one visit for ever; another content needs a correction or an id of its own."""

    title = "该编号的走访已登记,内容不同"


class VisitInTheFuture(Refused):
    """A visit is recorded after it was made, never before (方案 四(一)5: 走访档案)."""

    title = "走访日期不能晚于今天"


class NotYourEnterprise(Refused):
    """On the day of the visit a visitor's unit answered for the enterprise on its line (方案 三(一), 五(一))."""

    title = "走访当日该企业不由走访人员所在单位负责"


class VisitorNotInPost(Refused):
    """Whoever visits held a post of the grid on that day (方案 三(三): 定员定岗)."""

    title = "走访人员当日不在岗"


class OneQuestionnaireAMonth(Refused):
    """One questionnaire an enterprise and month (``ledgers.md`` §5)."""

    title = "该企业本月已有问卷调查"


class NotYourVisit(Forbidden):
    """The visitors, or liaison, deputy and head of a visitor's unit, enter and correct (``roles.md``: 走访)."""

    title = "只有走访人员或其单位的联络员、副网格长、网格长可以填写"


class NotYourReview(Forbidden):
    """Deputy and head of a visitor's unit, and the office, review (``roles.md``: 走访)."""

    title = "只有走访人员单位的网格长、副网格长或区优化办可以审核"


class OwnVisit(Forbidden):
    """Whoever told a visit does not review it (``roles.md``: separation of duties)."""

    title = "不能审核自己走访或填写的记录"


class AlreadyAccepted(Refused):
    """An accepted visit is corrected after its reviewer has returned it (``roles.md``: until reviewed)."""

    title = "走访已审核通过,须先退回才能更正"


class NotAwaitingReview(Refused):
    """A returned visit is reviewed again after its correction."""

    title = "走访已退回,等待更正"


class AlreadyReviewed(Refused):
    """The same review with other words: the first ones stand."""

    title = "走访已审核,意见不同"


class VisitIsVoid(Refused):
    """Voiding is final: the visit never counts, whatever comes after."""

    title = "走访已作废"


class EvidenceLacking(Refused):
    """A visit is accepted when its evidence rule is met (方案 四(一)5: 印证资料; ``ledgers.md`` §5)."""

    title = "印证资料不齐,不能审核通过"


class EvidenceAlreadyThere(Refused):
    """One file is one piece of evidence, of one kind."""

    title = "该文件已作为另一类印证资料上传"


class WrongKindOfFile(Refused):
    """A photo is an image, a call log may be a recording (``ledgers.md`` §5)."""

    title = "文件类型与印证资料种类不符"


class TooMuchEvidence(Refused):
    """Any one kind of evidence is enough (choices 14); more than fifty files prove nothing more."""

    title = "印证资料过多"


@dataclass(frozen=True)
class VisitDetails:
    """What every recorded visit has: its latest telling, its evidence, what it lacks to count (``None``: not judged yet),
    and everybody who ever told it.
    """

    told: VisitRecorded
    evidence: tuple[EvidenceAttached, ...] = ()
    missing: tuple[str, ...] | None = None
    tellers: frozenset[UUID] = frozenset()

    @property
    def units(self) -> frozenset[str]:
        """The reporting units of the visitors."""
        return frozenset(visitor.unit for visitor in self.told.visitors)


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


Recorded = Pending | Accepted | Returned | Voided
State = Unrecorded | Recorded
Asked = RecordVisit | CorrectVisit | AttachEvidence | AcceptVisit | ReturnVisit | VoidVisit


def counts(state: Recorded) -> bool:
    """Whether it counts now: evidence rule met, neither returned nor voided (kpi §2)."""
    return state.details.missing == () and isinstance(state, (Pending, Accepted))


def decide(state: State, command: Asked, context: Context) -> list[Fact]:
    """Facts, or a refusal. ``context.known`` brings ``enterprise``, ``members`` and ``units`` of the day of the visit;
    ``questionnaire`` if another one of the month is known; ``opened``, the clear texts of the state's personal data.
    """
    match state, command:
        case Unrecorded(), RecordVisit():
            return _record(command, context)
        case Unrecorded(), CorrectVisit() | AttachEvidence() | AcceptVisit() | ReturnVisit() | VoidVisit():
            raise Unknown(what="visit", id=str(context.subject))
        case Pending() | Accepted() | Returned() | Voided(), RecordVisit():
            may_tell(state.details, context.actor)
            if _alike(state.details.told, VisitRecorded(**_telling(command, context, None)), context):
                return []
            raise AlreadyRecorded(visit=str(context.subject))
        case Pending() | Returned(), CorrectVisit():
            return _correct(state, command, context)
        case Accepted(), CorrectVisit():
            raise AlreadyAccepted(visit=str(context.subject))
        case Pending() | Accepted() | Returned(), AttachEvidence():
            may_tell(state.details, context.actor)
            return _attach(state.details, command)
        case Pending(), AcceptVisit():
            may_review(state.details, context.actor)
            if state.details.missing:
                raise EvidenceLacking(missing=state.details.missing)
            return [VisitAccepted(note=command.note)]
        case Accepted(), AcceptVisit():
            return _again(state, command.note, context)
        case Returned(), AcceptVisit():
            raise NotAwaitingReview(visit=str(context.subject), reason=state.words)
        case Pending() | Accepted(), ReturnVisit():
            may_review(state.details, context.actor)
            return [VisitReturned(reason=command.reason)]
        case Returned(), ReturnVisit():
            return _again(state, command.reason, context)
        case Pending() | Accepted() | Returned(), VoidVisit():
            may_review(state.details, context.actor)
            return [VisitVoided(reason=command.reason)]
        case Voided(), VoidVisit():
            return _again(state, command.reason, context)
        case Voided(), CorrectVisit() | AttachEvidence() | AcceptVisit() | ReturnVisit():
            raise VisitIsVoid(visit=str(context.subject), reason=state.words)


def evolve(state: State, fact: Fact) -> State:
    """The state after a fact."""
    match state, fact:
        case Pending() | Accepted() | Returned(), VisitCorrected():
            told = VisitRecorded(**dict(fact))  # Whether it was told first or anew makes no other state.
            return Pending(replace(state.details, told=told, tellers=state.details.tellers | _tellers(fact)))
        case Unrecorded(), VisitRecorded():
            return Pending(VisitDetails(fact, tellers=_tellers(fact)))
        case Pending() | Accepted() | Returned(), EvidenceAttached():
            return replace(state, details=replace(state.details, evidence=(*state.details.evidence, fact)))
        case Pending() | Accepted() | Returned(), VisitQualified():
            return replace(state, details=replace(state.details, missing=()))
        case Pending() | Accepted() | Returned(), VisitDisqualified():
            return replace(state, details=replace(state.details, missing=fact.missing))
        case Pending(), VisitAccepted():
            return Accepted(state.details, fact.note)
        case Pending() | Accepted(), VisitReturned():
            return Returned(state.details, fact.reason)
        case Pending() | Accepted() | Returned(), VisitVoided():
            return Voided(state.details, fact.reason)
        case _:
            return state


def may_tell(details: VisitDetails, actor: Actor) -> None:
    """The visitors themselves, or those who enter for them."""
    _may_tell(details.told.visitors, actor)


def may_review(details: VisitDetails, actor: Actor) -> None:
    """Deputy or head of a visitor's unit, or the office; never whoever told it."""
    of_unit = actor.unit in details.units and actor.holds(Role.DEPUTY, Role.HEAD)
    if not (of_unit or actor.holds(Role.OFFICE, Role.OFFICE_HEAD)):
        raise NotYourReview
    if actor.id in details.tellers:
        raise OwnVisit


def allowed_actions(state: Recorded, actor: Actor) -> list[str]:
    """What this person may do with the visit now, by the guards of ``decide``."""
    offered = {
        "correct": (may_tell, not isinstance(state, (Accepted, Voided))),
        "attach": (may_tell, not isinstance(state, Voided) and len(state.details.evidence) < MOST_FILES),
        "accept": (may_review, isinstance(state, Pending) and not state.details.missing),
        "return": (may_review, isinstance(state, (Pending, Accepted))),
        "void": (may_review, not isinstance(state, Voided)),
    }
    return [name for name, (guard, possible) in offered.items() if possible and _passes(guard, state.details, actor)]


def _passes(guard: Any, details: VisitDetails, actor: Actor) -> bool:
    try:
        guard(details, actor)
    except Problem:
        return False
    return True


def _may_tell(visitors: Sequence[Visitor], actor: Actor) -> None:
    himself = any(visitor.member == actor.id for visitor in visitors) and actor.holds(*VISITING)
    if not himself and not (actor.holds(*ENTERING) and any(visitor.unit == actor.unit for visitor in visitors)):
        raise NotYourVisit


def _record(command: RecordVisit, context: Context) -> list[Fact]:
    told = VisitRecorded(**_telling(command, context, None))
    _once_a_month(told, context)
    return [told, *_judgement(VisitDetails(told))]


def _correct(state: Pending | Returned, command: CorrectVisit, context: Context) -> list[Fact]:
    before = state.details
    may_tell(before, context.actor)
    told = VisitCorrected(**_telling(command, context, before.told))
    if isinstance(state, Pending) and _alike(before.told, told, context):
        return []
    _once_a_month(told, context)
    return [told, *_judgement(replace(before, told=told))]


def _attach(details: VisitDetails, command: AttachEvidence) -> list[Fact]:
    for item in details.evidence:
        if command.sha256 == item.sha256 or command.original == item.original:
            if item.kind == command.kind:
                return []
            raise EvidenceAlreadyThere(kind=item.kind.label)
    if not command.media_type.startswith(_MEDIA[command.kind]):
        raise WrongKindOfFile(kind=command.kind.label, media_type=command.media_type)
    if len(details.evidence) >= MOST_FILES:
        raise TooMuchEvidence(most=MOST_FILES)
    fact = EvidenceAttached(**command.model_dump())
    return [fact, *_judgement(replace(details, evidence=(*details.evidence, fact)))]


def _again(state: Accepted | Returned | Voided, words: str, context: Context) -> list[Fact]:
    """The same review said twice adds nothing; other words don't replace the first."""
    may_review(state.details, context.actor)
    if state.words == words:
        return []
    if isinstance(state, Voided):
        raise VisitIsVoid(visit=str(context.subject), reason=state.words)
    raise AlreadyReviewed(visit=str(context.subject), said=state.words)


def _judgement(after: VisitDetails) -> list[Fact]:
    """The evidence rule's answer, if it is another one than before. ``after`` still carries the answer of before."""
    lacking = missing(after.told, after.evidence)
    if lacking == after.missing:
        return []
    return [VisitDisqualified(rule=RULE, missing=lacking) if lacking else VisitQualified(rule=RULE)]


def _once_a_month(told: VisitRecorded, context: Context) -> None:
    other = context.known.get("questionnaire")
    if told.mode is Mode.QUESTIONNAIRE and other is not None:
        raise OneQuestionnaireAMonth(visit=str(other))


def _telling(command: Telling, context: Context, before: VisitRecorded | None) -> dict[str, Any]:
    """The content of the fact: the command, with the enterprise and the visitors as they were on that day."""
    if command.on > context.today:
        raise VisitInTheFuture(on=command.on.isoformat(), today=context.today.isoformat())
    enterprise: KnownEnterprise = context.known["enterprise"]
    ids = tuple(dict.fromkeys(command.visitors or (context.actor.id,)))
    found = [_visitor(id_, enterprise, command.on, context) for id_ in ids]
    # Those who answer for the enterprise come first: a visit that is not joint is the first visitor's.
    visitors = tuple(sorted(found, key=lambda visitor: not _answers(visitor.unit, visitor.line, enterprise)))
    _may_tell(visitors, context.actor)
    if not _answers(visitors[0].unit, visitors[0].line, enterprise):
        raise NotYourEnterprise(
            enterprise=enterprise.name, on=command.on.isoformat(), units=sorted({visitor.unit for visitor in visitors}),
            responsible={line.label: held.unit for line, held in enterprise.assigned.items()},
        )  # fmt: skip
    late = command.on < context.today
    return {
        **command.model_dump(exclude={"enterprise", "visitors", "demands", "interviewee", "phone"}),
        "enterprise": Visited(id=enterprise.id, code=enterprise.code, name=enterprise.name),
        "visitors": visitors,
        "joint": len({visitor.unit for visitor in visitors if visitor.line is not None}) > 1,
        "demands": tuple(Demand(**wanted.model_dump()) for wanted in command.demands),
        "interviewee": _personal("interviewee", command, before, enterprise.id),
        "phone": _personal("phone", command, before, enterprise.id),
        "late_entry": before.late_entry if before is not None and before.on == command.on else late,
        "entered_by": None if context.actor.id in ids else context.actor.id,
    }


def _visitor(id_: UUID, enterprise: KnownEnterprise, on: date, context: Context) -> Visitor:
    """Who came, in the post that answers for the enterprise if there is one, else in the first of those held."""
    members: Mapping[UUID, KnownMember] = context.known["members"]
    units: Mapping[str, KnownUnit] = context.known["units"]
    member = members.get(id_)
    held: list[tuple[bool, bool, int, Visitor]] = []
    for post in member.posts if member else ():
        unit = units.get(post.unit)
        if unit is None or post.role not in VISITING:
            continue
        below = post.sub_unit or (unit.code if unit.reporting != unit.code else None)
        visitor = Visitor(member=id_, unit=unit.reporting, sub_unit=below, line=unit.line, role=post.role)
        answers = _answers(visitor.unit, visitor.line, enterprise)
        held.append((not answers, unit.line is None, VISITING.index(post.role), visitor))
    if not held:
        raise VisitorNotInPost(member=str(id_), on=on.isoformat())
    return min(held, key=lambda item: (*item[:3], item[3].unit))[3]


def _answers(unit: str, line: Line | None, enterprise: KnownEnterprise) -> bool:
    assigned = enterprise.assigned.get(line) if line is not None else None
    return assigned is not None and assigned.unit == unit


def _personal(name: str, command: Telling, before: VisitRecorded | None, enterprise: UUID) -> Personal | None:
    """The datum as told now; one that a correction leaves out stays, because clients see it masked and can't repeat it."""
    if before is not None and name not in command.model_fields_set:
        return getattr(before, name)
    datum: Personal | None = getattr(command, name)
    return datum.about(derived_id("contact", str(enterprise))) if datum is not None and datum.text else None


def _alike(old: VisitRecorded, new: VisitRecorded, context: Context) -> bool:
    """Whether both tell the same. What the roster calls people and enterprises may have changed in between."""
    about = {"enterprise", "visitors", "joint", "interviewee", "phone", "late_entry", "entered_by"}
    opened: Mapping[str, str] = context.known.get("opened", {})
    return (
        old.enterprise.id == new.enterprise.id
        and _members(old) == _members(new)
        and old.model_dump(exclude=about) == new.model_dump(exclude=about)
        and all(_same(getattr(old, name), getattr(new, name), opened.get(name)) for name in ("interviewee", "phone"))
    )


def _members(told: VisitRecorded) -> set[UUID]:
    return {visitor.member for visitor in told.visitors}


def _same(old: Personal | None, new: Personal | None, opened: str | None) -> bool:
    if old is None or new is None or old == new:
        return old == new
    return (old.text if old.token is None else opened) == new.text


def _tellers(fact: VisitRecorded) -> frozenset[UUID]:
    return frozenset(_members(fact) | ({fact.entered_by} if fact.entered_by else set()))


VISIT: Decider[State] = Decider("visit", Unrecorded(), decide, evolve)
