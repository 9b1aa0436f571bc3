"""A unit: a department or township that files ledgers, a branch or village under it, the district, its offices.

    (nothing) --establish--> Standing --rename--> Standing --end--> Ended

方案 三(一): the vertical line goes district → department → branch, the horizontal one district → township → village.
Units are born, renamed and ended on a day; a month's history replays under the units of that month.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated

from pydantic import Field

from services.roster.domain.permissions import the_office
from shared.decider import Context, Decider
from shared.events import Command, Fact
from shared.events.roster import UnitEnded, UnitEstablished, UnitRenamed
from shared.problems import Refused, Unknown
from shared.terms import UnitKind

Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,20}$")]
Name = Annotated[str, Field(min_length=1, max_length=100)]

_ABOVE = {
    UnitKind.DEPARTMENT: UnitKind.DISTRICT,
    UnitKind.TOWNSHIP: UnitKind.DISTRICT,
    UnitKind.BRANCH: UnitKind.DEPARTMENT,
    UnitKind.VILLAGE: UnitKind.TOWNSHIP,
    UnitKind.OFFICE: UnitKind.DISTRICT,
    UnitKind.INSPECTORATE: UnitKind.DISTRICT,
}


class EstablishUnit(Command):
    """Establish a unit under the one above it."""

    name: Name
    kind: UnitKind
    parent: Code | None = None
    on: date
    document: str = Field("", max_length=100)


class RenameUnit(Command):
    """Give a unit another name from a day on."""

    name: Name
    on: date
    document: str = Field("", max_length=100)


class EndUnit(Command):
    """End a unit; ``on`` is the first day without it."""

    on: date
    successors: tuple[Code, ...] = ()
    document: str = Field("", max_length=100)


class UnitExists(Refused):
    """A code names one unit for ever."""

    title = "该编码的单位已存在"


class WrongParent(Refused):
    """Each kind of unit stands under one kind (方案 三(一))."""

    title = "上级单位不符合网格层级"


class UnitHasEnded(Refused):
    """An ended unit changes no more."""

    title = "该单位已撤销"


class BeforeItsTime(Refused):
    """Nothing happens to a unit before it exists."""

    title = "日期早于单位设立日期"


@dataclass(frozen=True)
class NoUnit:
    """Not there yet."""


@dataclass(frozen=True)
class Standing:
    """A unit at work."""

    code: str
    name: str
    kind: UnitKind
    parent: str | None
    since: date


@dataclass(frozen=True)
class Ended:
    """A unit of the past."""

    was: Standing
    on: date


State = NoUnit | Standing | Ended
Asked = EstablishUnit | RenameUnit | EndUnit


def decide(state: State, command: Asked, context: Context) -> list[Fact]:
    """Facts, or a refusal. ``context.known`` brings the unit's ``code`` and the ``parent``'s kind."""
    the_office(context)
    match state, command:
        case NoUnit(), EstablishUnit():
            above = _ABOVE.get(command.kind)
            if above is not None and context.known.get("parent") != above:
                raise WrongParent(kind=command.kind.label, parent=command.parent, needs=above.label)
            if above is None and command.parent is not None:
                raise WrongParent(kind=command.kind.label, parent=command.parent)
            return [UnitEstablished(code=context.known["code"], **command.model_dump())]
        case NoUnit(), RenameUnit() | EndUnit():
            raise Unknown(what="unit")
        case Standing(), EstablishUnit():
            if (state.name, state.kind, state.parent) == (command.name, command.kind, command.parent):
                return []
            raise UnitExists(code=state.code, name=state.name)
        case Standing(), RenameUnit():
            if command.on < state.since:
                raise BeforeItsTime(since=state.since)
            return [] if command.name == state.name else [UnitRenamed(**command.model_dump())]
        case Standing(), EndUnit():
            if command.on < state.since:
                raise BeforeItsTime(since=state.since)
            return [UnitEnded(**command.model_dump())]
        case Ended(), EndUnit() if command.on == state.on:
            return []
        case Ended(), EstablishUnit() | RenameUnit() | EndUnit():
            raise UnitHasEnded(on=state.on)


def evolve(state: State, fact: Fact) -> State:
    """The state after a fact."""
    match state, fact:
        case NoUnit(), UnitEstablished():
            return Standing(fact.code, fact.name, fact.kind, fact.parent, fact.on)
        case Standing(), UnitRenamed():
            return replace(state, name=fact.name)
        case Standing(), UnitEnded():
            return Ended(state, fact.on)
        case _:  # A fact of another time or kind changes nothing: evolve can't refuse.
            return state


UNIT: Decider[State] = Decider("unit", NoUnit(), decide, evolve)
