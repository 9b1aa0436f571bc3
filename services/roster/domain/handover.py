"""A hand-over: somebody's enterprises go to a colleague of the unit, and both sign for it (R04: 职责到人; 方案 三(三)).

    (nothing) --open--> Open --sign (giver, taker, in any order)--> Done
                        Open --withdraw--> Withdrawn

Nothing moves before the second signature; with it every enterprise moves, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from pydantic import Field, model_validator

from services.roster.domain.access import the_unit
from services.roster.domain.unit import Code
from shared.events.roster import HandoverOpened, HandoverSigned, HandoverWithdrawn
from shared.language.decider import Context, Decider
from shared.language.facts import Command
from shared.language.months import WrittenDate
from shared.language.problems import Forbidden, Refused, Unknown
from shared.language.terms import HandoverStage, Line, Role

MOST = 2000


class OpenHandover(Command):
    """Ask two people to hand over; no enterprise named means all the giver answers for in the unit on that line."""

    unit: Code
    line: Line
    giver: UUID
    taker: UUID
    enterprises: tuple[UUID, ...] = Field((), max_length=MOST)
    on: WrittenDate
    document: str = Field("", max_length=100)
    note: str = Field("", max_length=500)

    @model_validator(mode="after")
    def _two(self) -> OpenHandover:
        if self.giver == self.taker:
            message = "移交人与接收人不能是同一人"
            raise ValueError(message)
        return self


class SignHandover(Command):
    """Sign for it: as the one who gives, or the one who takes."""


class WithdrawHandover(Command):
    """Call it off."""

    reason: str = Field(min_length=1, max_length=200)


class HandoverExists(Refused):
    """An id names one hand-over for ever."""

    title = "该编号的交接已存在,内容不同"


class NothingToHandOver(Refused):
    """One hands over what one answers for."""

    title = "移交人没有可移交的企业"


class NotTheGivers(Refused):
    """One hands over what one answers for."""

    title = "所列企业不全由移交人负责"


class TakerNotOfUnit(Refused):
    """Enterprises stay in the unit: who takes them holds a post there (定员)."""

    title = "接收人在交接日未在本单位任职"


class NeitherOfTheTwo(Forbidden):
    """The two sign, nobody for them."""

    title = "只有移交人和接收人本人可以签字"


class HandoverOver(Refused):
    """What is done or called off stays so."""

    title = "交接已完成或已撤回"


@dataclass(frozen=True)
class NoHandover:
    """Not there yet."""


@dataclass(frozen=True)
class Handover:
    """A hand-over with who has signed, and when."""

    told: HandoverOpened
    signed: tuple[tuple[UUID, date], ...] = ()
    withdrawn: HandoverWithdrawn | None = None

    @property
    def stage(self) -> HandoverStage:
        """Where it stands."""
        if self.withdrawn is not None:
            return HandoverStage.WITHDRAWN
        return HandoverStage.DONE if len(self.signed) == 2 else HandoverStage.OPEN  # noqa: PLR2004  giver and taker.

    def last_to_sign(self, member: UUID) -> bool:
        """Whether with this signature both have signed."""
        two = {self.told.giver, self.told.taker}
        return self.stage is HandoverStage.OPEN and two - {by for by, _ in self.signed} == {member}


State = NoHandover | Handover
HandoverCommand = OpenHandover | SignHandover | WithdrawHandover
HandoverFact = HandoverOpened | HandoverSigned | HandoverWithdrawn


@dataclass(frozen=True)
class KnownHandover:
    """The taker's units on the day things move, and, to open it, which enterprises are the giver's."""

    units: AbstractSet[str] = frozenset()
    givers: tuple[UUID, ...] = ()


def decide(state: State, command: HandoverCommand, context: Context[KnownHandover]) -> list[HandoverFact]:
    """Facts, or a refusal."""
    match state, command:
        case NoHandover(), OpenHandover():
            return [_open(command, context)]
        case NoHandover(), SignHandover() | WithdrawHandover():
            raise Unknown(what="handover")
        case Handover(told=told), OpenHandover():
            _may_open(told.giver, told.unit, context)
            if told == _told(command, command.enterprises or told.enterprises):
                return []
            raise HandoverExists
        case Handover(told=told, signed=signed), SignHandover():
            by = context.actor.id
            if by not in (told.giver, told.taker):
                raise NeitherOfTheTwo
            if any(who == by for who, _ in signed):
                return []
            if state.stage is not HandoverStage.OPEN:
                raise HandoverOver(stage=state.stage.label)
            if state.last_to_sign(by) and told.unit not in context.known.units:
                raise TakerNotOfUnit(unit=told.unit)  # Left since it was opened: nothing goes to nobody.
            return [HandoverSigned(by=by, on=context.today)]
        case Handover(told=told), WithdrawHandover():
            if context.actor.id != told.giver:
                the_unit(context, told.unit, Role.HEAD, Role.DEPUTY)
            if state.withdrawn and state.withdrawn.reason == command.reason:
                return []
            if state.stage is not HandoverStage.OPEN:
                raise HandoverOver(stage=state.stage.label)
            return [HandoverWithdrawn(reason=command.reason, on=context.today)]


def _may_open(giver: UUID, unit: str, context: Context[object]) -> None:
    if context.actor.id != giver:
        the_unit(context, unit, Role.HEAD, Role.DEPUTY, Role.LIAISON)


def _open(command: OpenHandover, context: Context[KnownHandover]) -> HandoverOpened:
    _may_open(command.giver, command.unit, context)
    if command.unit not in context.known.units:
        raise TakerNotOfUnit(unit=command.unit)
    givers = context.known.givers
    if not givers:
        raise NothingToHandOver(unit=command.unit, line=command.line.label)
    if strange := sorted(set(command.enterprises) - set(givers)):
        raise NotTheGivers(enterprises=[str(item) for item in strange[:20]], count=len(strange))
    return _told(command, command.enterprises or givers)


def _told(command: OpenHandover, enterprises: tuple[UUID, ...]) -> HandoverOpened:
    plain = command.model_dump(exclude={"enterprises"})
    return HandoverOpened(**plain, enterprises=tuple(sorted(set(enterprises), key=str)))


def evolve(state: State, fact: HandoverFact) -> State:
    """The state after a fact."""
    match state, fact:
        case NoHandover(), HandoverOpened():
            return Handover(fact)
        case Handover(), HandoverSigned():
            return replace(state, signed=(*state.signed, (fact.by, fact.on)))
        case Handover(), HandoverWithdrawn():
            return replace(state, withdrawn=fact)
        case NoHandover(), HandoverSigned() | HandoverWithdrawn():
            return state
        case Handover(), HandoverOpened():
            return state


HANDOVER: Decider[State, HandoverCommand, HandoverFact, KnownHandover] = Decider("handover", NoHandover(), decide, evolve)
