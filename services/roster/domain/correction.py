"""A correction of the register, proposed by those who know the enterprise and approved by somebody else (R27; roles.md).

    (nothing) --propose--> Proposed --approve--> Approved
                              |----reject---> Rejected

Workers and informants propose for the unit that answers; its head or deputy, or the office, rules. Who proposes does not
approve. That another unit answers is approved by the office alone (方案 三(一)).
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from pydantic import Field, field_validator

from services.roster.domain import access
from services.roster.domain.enterprise.commands import AmendEnterprise
from services.roster.domain.enterprise.decide import CORRECTED, subject
from services.roster.domain.unit import Code
from shared.events.roster import CorrectionApproved, CorrectionProposed, CorrectionRejected
from shared.language.decider import Context, Decider
from shared.language.facts import Command, Fact, Part
from shared.language.problems import Forbidden, Refused, Unknown
from shared.language.reach import OFFICE, only_own
from shared.language.terms import Line, Role

FIELDS = CORRECTED
PERSONAL = ("legal_person", "contact", "phone")


class Elsewhere(Part):
    """Another unit that should answer on a line."""

    line: Line
    unit: Code
    sub_unit: Code | None = None


class ProposeCorrection(Command):
    """Say what should stand in the register, and why."""

    enterprise: UUID
    changes: AmendEnterprise = Field(default_factory=lambda: AmendEnterprise.model_validate({}))
    move: Elsewhere | None = None
    reason: str = Field(min_length=1, max_length=500)

    @field_validator("changes")
    @classmethod
    def _by_a_person(cls, changes: AmendEnterprise) -> AmendEnterprise:
        if changes.model_fields_set & {"source", "batch"}:
            message = "来源、批次由批量导入写入,更正时不填"
            raise ValueError(message)
        return changes


class ApproveCorrection(Command):
    """Let it stand in the register."""

    SIGNS: ClassVar[tuple[type[Fact], ...]] = (CorrectionApproved,)
    note: str = Field("", max_length=500)


class RejectCorrection(Command):
    """Leave the register as it is."""

    SIGNS: ClassVar[tuple[type[Fact], ...]] = (CorrectionRejected,)
    reason: str = Field(min_length=1, max_length=500)


class CorrectionAlreadyProposed(Refused):
    """A proposal is made once; other content is another proposal."""

    title = "该更正申请已提交,内容不同"


class NothingToCorrect(Refused):
    """A proposal names at least one thing that should be otherwise."""

    title = "没有填写需要更正的内容"


class OneProposalOneThing(Refused):
    """A correction of particulars and a move to another unit are ruled by different people (roles.md): two proposals."""

    title = "信息更正与调整负责单位须分别提出"


class CorrectionRuled(Refused):
    """A ruling stands; a new proposal may be made."""

    title = "该更正申请已有审批结果"


class NotAnsweringHere(Forbidden):
    """Corrections come from the unit that answers for the enterprise, or from the office."""

    title = "只有负责该企业的单位可以提出更正"


@dataclass(frozen=True)
class Unproposed:
    """Nothing was proposed."""


@dataclass(frozen=True)
class Proposed:
    """Waiting for a ruling."""

    fact: CorrectionProposed


@dataclass(frozen=True)
class Approved:
    """It stands in the register."""

    fact: CorrectionProposed
    ruling: CorrectionApproved


@dataclass(frozen=True)
class Rejected:
    """The register stayed as it was."""

    fact: CorrectionProposed
    ruling: CorrectionRejected


Made = Proposed | Approved | Rejected
State = Unproposed | Made
CorrectionCommand = ProposeCorrection | ApproveCorrection | RejectCorrection


CorrectionFact = CorrectionProposed | CorrectionApproved | CorrectionRejected


@dataclass(frozen=True)
class KnownAnswering:
    """Who answers for the enterprise today, by unit its branch or village, and its worker."""

    units: Mapping[str, AbstractSet[str | None]] = field(default_factory=dict[str, AbstractSet[str | None]])
    workers: Mapping[str, AbstractSet[UUID | None]] = field(default_factory=dict[str, AbstractSet[UUID | None]])


def decide(state: State, command: CorrectionCommand, context: Context[KnownAnswering]) -> list[CorrectionFact]:
    """Facts, or a refusal."""
    match state, command:
        case Unproposed(), ProposeCorrection():
            return [_propose(command, context)]
        case Unproposed(), ApproveCorrection() | RejectCorrection():
            raise Unknown(what="correction", id=str(context.subject))
        case Proposed() | Approved() | Rejected(), ProposeCorrection():
            _may_propose(context)
            if _said(command) == {**_content(state.fact), "reason": state.fact.reason, "enterprise": state.fact.enterprise}:
                return []
            raise CorrectionAlreadyProposed(enterprise=str(state.fact.enterprise))
        case Proposed(), ApproveCorrection():
            access.may_rule(state.fact, context)
            return [CorrectionApproved(note=command.note, on=context.today)]
        case Proposed(), RejectCorrection():
            access.may_rule(state.fact, context)
            return [CorrectionRejected(reason=command.reason, on=context.today)]
        case Approved(), ApproveCorrection():
            access.may_rule(state.fact, context)
            return []
        case Rejected(), RejectCorrection():
            access.may_rule(state.fact, context)
            if command.reason == state.ruling.reason:
                return []
            raise CorrectionRuled
        case Approved(), RejectCorrection():
            access.may_rule(state.fact, context)
            raise CorrectionRuled
        case Rejected(), ApproveCorrection():
            access.may_rule(state.fact, context)
            raise CorrectionRuled


def _propose(command: ProposeCorrection, context: Context[KnownAnswering]) -> CorrectionProposed:
    unit = _may_propose(context)
    said = _said(command)
    if not {name for name in (*FIELDS, "to_unit") if said[name] is not None}:
        raise NothingToCorrect
    if command.move and any(said[name] is not None for name in FIELDS):
        raise OneProposalOneThing
    for name in PERSONAL:
        if said[name] is not None:
            said[name] = said[name].about(subject(command.enterprise, name))
    return CorrectionProposed(unit=unit, proposer=context.actor.id, on=context.today, **said)


def _may_propose(context: Context[KnownAnswering]) -> str:
    """The unit for which the actor proposes; the office proposes for nobody in particular. A worker proposes for what is his,
    or as yet nobody's.
    """
    actor = context.actor
    held = context.known.units
    if actor.unit in held and actor.holds(Role.WORKER, Role.INFORMANT, Role.LIAISON, Role.DEPUTY, Role.HEAD):
        of_branch = not actor.holds(Role.INFORMANT) or not actor.sub_unit or actor.sub_unit in held[actor.unit]
        workers = context.known.workers.get(actor.unit, ())
        his = not only_own(actor) or actor.holds(Role.INFORMANT) or None in workers or actor.id in workers
        if of_branch and his:
            return actor.unit
        raise NotAnsweringHere(units=sorted(held))
    if actor.holds(*OFFICE, Role.SYSTEM):
        return ""
    raise NotAnsweringHere(units=sorted(held))


def may_rule(state: State, context: Context[object]) -> bool:
    """Whether this actor could rule on it now."""
    if not isinstance(state, Proposed):
        return False
    try:
        access.may_rule(state.fact, context)
    except Forbidden:
        return False
    return True


def _said(command: ProposeCorrection) -> dict[str, Any]:
    move = command.move
    return {
        **{name: getattr(command.changes, name) for name in FIELDS},
        "reason": command.reason,
        "enterprise": command.enterprise,
        "line": move and move.line,
        "to_unit": move and move.unit,
        "to_sub_unit": move and move.sub_unit,
    }


def _content(fact: CorrectionProposed) -> dict[str, Any]:
    return {name: getattr(fact, name) for name in (*FIELDS, "line", "to_unit", "to_sub_unit")}


def evolve(state: State, fact: CorrectionFact) -> State:
    """The state after a fact."""
    match state, fact:
        case Unproposed(), CorrectionProposed():
            return Proposed(fact)
        case Proposed(fact=proposed), CorrectionApproved():
            return Approved(proposed, fact)
        case Proposed(fact=proposed), CorrectionRejected():
            return Rejected(proposed, fact)
        case Unproposed(), CorrectionApproved() | CorrectionRejected():
            return state
        case Proposed(), CorrectionProposed():
            return state
        case ((Approved() | Rejected()), CorrectionProposed() | CorrectionApproved() | CorrectionRejected()):
            return state


CORRECTION: Decider[State, CorrectionCommand, CorrectionFact, KnownAnswering] = Decider(
    "correction", Unproposed(), decide, evolve
)
