"""One-map sheets handed out on an occasion that is no visit (方案 四(一)6 四是, 四(二)6 三是: 发放贵人服务一张图).

    (nothing) --distribute--> Given --withdraw--> Withdrawn

What was handed out on visits is in the visits already and is never typed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from services.visits.domain.campaign import NotYetHappened
from services.visits.domain.consultation import CALLING, Unit
from services.visits.domain.visit.commands import Day, Words
from shared.events.visits import DistributionWithdrawn, MapsDistributed
from shared.language.decider import Actor, Context, Decider, looked_up
from shared.language.facts import Command
from shared.language.problems import Forbidden, Refused, Unknown
from shared.language.terms import Occasion, Role


class DistributeMaps(Command):
    """So many sheets were handed out; ``material`` and ``edition`` say which version of the one map."""

    unit: Unit
    on: Day
    occasion: Occasion
    event: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    copies: int = Field(ge=1, le=1_000_000)
    material: UUID | None = None
    edition: int | None = Field(None, ge=1, le=100)


class WithdrawDistribution(Command):
    """The entry was a mistake."""

    reason: Words


class NotYourDistribution(Forbidden):
    """A unit's own people, or the office's head, tell of it (``roles.md``: 宣传/方案/会商)."""

    title = "只能登记本单位的发放"


class DistributionAlreadyTold(Refused):
    """An id names one entry for ever."""

    title = "该编号的发放已登记,内容不同"


class OneMapNotThere(Refused):
    """What is handed out is an approved version of a one map in the library (R36)."""

    title = "没有这一版已审定的一张图"


@dataclass(frozen=True)
class Untold:
    """Nothing was told yet."""


@dataclass(frozen=True)
class Given:
    """It counts."""

    told: MapsDistributed
    valid = True


@dataclass(frozen=True)
class Withdrawn:
    """It was a mistake."""

    told: MapsDistributed
    reason: str
    valid = False


State = Untold | Given | Withdrawn
DistributionCommand = DistributeMaps | WithdrawDistribution
DistributionFact = MapsDistributed | DistributionWithdrawn


@dataclass(frozen=True)
class KnownEditions:
    """The approved versions of the one map named; none where it is no one map."""

    editions: frozenset[int]


def decide(state: State, command: DistributionCommand, context: Context[KnownEditions | None]) -> list[DistributionFact]:
    """Facts, or a refusal. Only where a one map is named its versions are looked up."""
    match state, command:
        case Untold(), DistributeMaps():
            may_distribute(command.unit, context.actor)
            if command.on > context.today:
                raise NotYetHappened(on=command.on.isoformat())
            if command.material is not None and command.edition not in looked_up(context.known).editions:
                raise OneMapNotThere(material=str(command.material), edition=command.edition)
            return [MapsDistributed(**command.model_dump())]
        case Untold(), WithdrawDistribution():
            raise Unknown(what="distribution", id=str(context.subject))
        case Given() | Withdrawn(), DistributeMaps():
            may_distribute(state.told.unit, context.actor)
            if state.told == MapsDistributed(**command.model_dump()):
                return []
            raise DistributionAlreadyTold(distribution=str(context.subject))
        case Given(), WithdrawDistribution():
            may_distribute(state.told.unit, context.actor)
            return [DistributionWithdrawn(reason=command.reason)]
        case Withdrawn(), WithdrawDistribution():
            may_distribute(state.told.unit, context.actor)
            return []


def evolve(state: State, fact: DistributionFact) -> State:
    """The state after a fact."""
    match state, fact:
        case Untold(), MapsDistributed():
            return Given(fact)
        case Given(), DistributionWithdrawn():
            return Withdrawn(state.told, fact.reason)
        case Untold() | Withdrawn(), DistributionWithdrawn():
            return state
        case Given() | Withdrawn(), MapsDistributed():
            return state


def may_distribute(unit: str, actor: Actor) -> None:
    """Whoever writes for this unit."""
    if not ((actor.holds(*CALLING) and actor.unit == unit) or actor.holds(Role.OFFICE_HEAD)):
        raise NotYourDistribution(unit=unit)


DISTRIBUTION: Decider[State, DistributionCommand, DistributionFact, KnownEditions | None] = Decider(
    "distribution", Untold(), decide, evolve
)
