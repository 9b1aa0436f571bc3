r"""A row of a register extract that was set aside: doubtful, never guessed, waiting for a person.

    (nothing) --set aside--> Waiting --dismiss--> Dismissed
                                ^  \--repair---> Repaired
                                |--set aside with another doubt--'

One stream is one enterprise (or one row, where no code can be read): the same doubt of a later file is the same doubt, and
a later file that has the enterprise in order ends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from services.roster.domain.access import the_office
from shared.events.roster import Doubt, RowDismissed, RowRepaired, RowSetAside
from shared.language.decider import Context, Decider
from shared.language.facts import Command
from shared.language.personal import Personal
from shared.language.problems import Unknown


class SetRowAside(Command):
    """Keep a doubtful row for a person. ``raw`` is the whole row: it may hold personal data and is sealed."""

    IF_NOT_SO: ClassVar[bool] = True
    batch: str = Field(max_length=64)
    row: int
    doubts: tuple[Doubt, ...]
    code: str = ""
    raw: Personal


class RepairRow(Command):
    """The platform's own: a later file has the enterprise in order."""

    batch: str = Field(max_length=64)


class DismissRow(Command):
    """Say what becomes of the row."""

    reason: str = Field(min_length=1, max_length=200)


@dataclass(frozen=True)
class Nothing:
    """No such row."""


@dataclass(frozen=True)
class Waiting:
    """Waiting for a person."""

    fact: RowSetAside


@dataclass(frozen=True)
class Dismissed:
    """Ruled on."""

    fact: RowSetAside
    reason: str


@dataclass(frozen=True)
class Repaired:
    """In order since."""

    fact: RowSetAside


State = Nothing | Waiting | Dismissed | Repaired
RowCommand = SetRowAside | RepairRow | DismissRow
RowFact = RowSetAside | RowRepaired | RowDismissed


def kinds(fact: RowSetAside | SetRowAside) -> frozenset[tuple[str, str]]:
    """The doubts without what changes from file to file."""
    return frozenset((doubt.fault, doubt.column) for doubt in fact.doubts)


def decide(state: State, command: RowCommand, context: Context[None]) -> list[RowFact]:
    """Facts, or a refusal."""
    the_office(context)
    match state, command:
        case Nothing(), SetRowAside():
            return [_aside(command, context)]
        case Nothing(), RepairRow() | DismissRow():
            raise Unknown(what="row")
        case ((Waiting(fact) | Dismissed(fact, _)), SetRowAside()):
            return [] if kinds(fact) == kinds(command) else [_aside(command, context)]
        case Repaired(), SetRowAside():
            return [_aside(command, context)]
        case Waiting(), RepairRow():
            return [RowRepaired(batch=command.batch)]
        case ((Dismissed() | Repaired()), RepairRow()):
            return []
        case Waiting() | Repaired(), DismissRow():
            return [RowDismissed(reason=command.reason)]
        case Dismissed(), DismissRow():
            return [] if state.reason == command.reason else [RowDismissed(reason=command.reason)]


def _aside(command: SetRowAside, context: Context[object]) -> RowSetAside:
    return RowSetAside(
        raw=command.raw.about(context.subject), **command.model_dump(exclude={"raw", "doubts"}), doubts=command.doubts
    )


def evolve(state: State, fact: RowFact) -> State:
    """The state after a fact."""
    match state, fact:
        case ((Nothing() | Waiting() | Dismissed() | Repaired()), RowSetAside()):
            return Waiting(fact)
        case ((Waiting(fact=row) | Dismissed(fact=row) | Repaired(fact=row)), RowDismissed(reason=reason)):
            return Dismissed(row, reason)
        case Waiting(fact=row), RowRepaired():
            return Repaired(row)
        case Nothing(), RowDismissed() | RowRepaired():
            return state
        case ((Dismissed() | Repaired()), RowRepaired()):
            return state


ROW: Decider[State, RowCommand, RowFact, None] = Decider("row", Nothing(), decide, evolve)
