"""A census (摸底): what enterprises there really are, found by telephone and on the spot (方案 四(一)4, 四(二)4; R27, R28, R41).

    (nothing) --open--> Running --close--> Closed

It is of one unit's enterprises or of a whole line's; the result of each enterprise stands on the enterprise's own stream.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pydantic import Field

from services.roster.domain.access import the_office, the_unit
from services.roster.domain.unit import Code, Placed
from shared.events.roster import CensusClosed, CensusOpened
from shared.language.decider import Context, Decider
from shared.language.facts import Command
from shared.language.months import WrittenDate
from shared.language.problems import Refused, Unknown
from shared.language.terms import Line, Role


class OpenCensus(Command):
    """Begin a census of a unit, or of the whole line when no unit is named."""

    title: str = Field(min_length=1, max_length=100)
    line: Line
    unit: Code | None = None
    since: WrittenDate
    until: WrittenDate
    document: str = Field("", max_length=100)


class CloseCensus(Command):
    """No more results are taken."""

    note: str = Field("", max_length=500)


class CensusAlreadyOpened(Refused):
    """A census is opened once; another one is another census."""

    title = "该摸底已开始,内容不同"


class CensusWithoutDays(Refused):
    """A census ends on the day it begins or later."""

    title = "摸底的截止日期早于起始日期"


class CensusOfOtherLine(Refused):
    """Departments stand on the vertical line, townships on the horizontal one (方案 三(一))."""

    title = "单位与网格线不符,不能按此开展摸底"


@dataclass(frozen=True)
class Unopened:
    """Nothing was begun."""


@dataclass(frozen=True)
class Running:
    """Results are being entered."""

    fact: CensusOpened


@dataclass(frozen=True)
class Closed:
    """What was found stands."""

    fact: CensusOpened
    on: date
    note: str


State = Unopened | Running | Closed


CensusCommand = OpenCensus | CloseCensus
CensusFact = CensusOpened | CensusClosed


@dataclass(frozen=True)
class KnownCensus:
    """What the unit named is; nothing where none is named, or none is there."""

    unit: Placed | None = None


def decide(state: State, command: CensusCommand, context: Context[KnownCensus]) -> list[CensusFact]:
    """Facts, or a refusal."""
    match state, command:
        case Unopened(), OpenCensus():
            _may(command.unit, context)
            if command.until < command.since:
                raise CensusWithoutDays(since=str(command.since), until=str(command.until))
            if command.unit and context.known.unit != (command.line, None):
                raise CensusOfOtherLine(unit=command.unit, line=command.line.label)
            return [CensusOpened(**command.model_dump())]
        case Unopened(), CloseCensus():
            raise Unknown(what="census", id=str(context.subject))
        case Running() | Closed(), OpenCensus():
            _may(command.unit, context)
            if CensusOpened(**command.model_dump()) == state.fact:
                return []
            raise CensusAlreadyOpened(title_=state.fact.title)
        case Running(), CloseCensus():
            _may(state.fact.unit, context)
            return [CensusClosed(on=context.today, note=command.note)]
        case Closed(), CloseCensus():
            _may(state.fact.unit, context)
            return []


def _may(unit: str | None, context: Context[object]) -> None:
    """Head or deputy for their own unit; the office for any, and alone for a whole line."""
    if unit is None:
        the_office(context)
    else:
        the_unit(context, unit, Role.HEAD, Role.DEPUTY)


def evolve(state: State, fact: CensusFact) -> State:
    """The state after a fact."""
    match state, fact:
        case Unopened(), CensusOpened():
            return Running(fact)
        case Running(fact=opened), CensusClosed(on=on, note=note):
            return Closed(opened, on, note)
        case Unopened(), CensusClosed():
            return state
        case Running(), CensusOpened():
            return state
        case Closed(), CensusOpened() | CensusClosed():
            return state


CENSUS: Decider[State, CensusCommand, CensusFact, KnownCensus] = Decider("census", Unopened(), decide, evolve)
