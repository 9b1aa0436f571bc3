"""A file that reached the office by a channel beside this system: sealed e-mail, a USB stick, paper.

    (nothing) --record--> Recorded

方案 五(五): ledgers are handed to the office's contact; that a file came, when, how, and exactly which one (its SHA-256) is
kept, so that the filed copy can be told from any other.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from pydantic import Field

from services.roster.domain.access import the_unit
from services.roster.domain.unit import Code
from shared.events.roster import DeliveryRecorded
from shared.language.decider import Context, Decider
from shared.language.facts import Command
from shared.language.months import WrittenDate
from shared.language.problems import Refused
from shared.language.terms import DeliveryChannel, Role


class RecordDelivery(Command):
    """Record that a unit's file of a month came by a channel."""

    unit: Code
    month: str = Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")
    channel: DeliveryChannel
    file: str = Field(min_length=1, max_length=200)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    received_on: WrittenDate
    note: str = Field("", max_length=200)


class DeliveryRecordedAlready(Refused):
    """What was received is not told otherwise afterwards: another file is another delivery (方案 五(五))."""

    title = "该报送已登记,内容不同"


class ReceivedInFuture(Refused):
    """Nothing has been received on a day that is yet to come."""

    title = "接收日期不能晚于今天"


class NotOfAUnit(Refused):
    """A file comes from a unit that exists."""

    title = "没有这个报送单位"


@dataclass(frozen=True)
class Nothing:
    """No such delivery."""


@dataclass(frozen=True)
class Recorded:
    """It came."""

    fact: DeliveryRecorded


State = Nothing | Recorded


@dataclass(frozen=True)
class KnownDelivery:
    """Of the unit named: whether there is one."""

    units: AbstractSet[str] = frozenset()


def decide(state: State, command: RecordDelivery, context: Context[KnownDelivery]) -> list[DeliveryRecorded]:
    """Facts, or a refusal."""
    the_unit(context, command.unit, Role.LIAISON, Role.BACKUP_LIAISON, Role.HEAD, Role.DEPUTY)
    fact = DeliveryRecorded(**command.model_dump())
    match state:
        case Nothing():
            if command.unit not in context.known.units:
                raise NotOfAUnit(unit=command.unit)
            if command.received_on > context.today:
                raise ReceivedInFuture(received_on=command.received_on)
            return [fact]
        case Recorded():
            if state.fact != fact:
                raise DeliveryRecordedAlready(file=state.fact.file)
            return []


def evolve(state: State, fact: DeliveryRecorded) -> State:
    """The state after a fact."""
    match state, fact:
        case Nothing(), DeliveryRecorded():
            return Recorded(fact)
        case Recorded(), DeliveryRecorded():
            return state


DELIVERY: Decider[State, RecordDelivery, DeliveryRecorded, KnownDelivery] = Decider("delivery", Nothing(), decide, evolve)
