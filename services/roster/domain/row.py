"""A row of a register extract that was set aside: doubtful, never guessed, waiting for a person.

(nothing) --set aside--> Waiting --dismiss--> Dismissed
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from services.roster.domain.permissions import the_office
from shared.decider import Context, Decider
from shared.events import Command, Fact
from shared.events.roster import RowDismissed, RowSetAside
from shared.problems import Unknown
from shared.vault import Personal


class SetRowAside(Command):
    """Keep a doubtful row for a person. ``raw`` is the whole row: it may hold personal data and is sealed."""

    batch: str = Field(max_length=64)
    row: int
    reasons: tuple[str, ...]
    columns: tuple[str, ...] = ()
    code: str = ""
    name: str = ""
    raw: Personal


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


State = Nothing | Waiting | Dismissed


def decide(state: State, command: SetRowAside | DismissRow, context: Context) -> list[Fact]:
    """Facts, or a refusal."""
    the_office(context)
    match state, command:
        case Nothing(), SetRowAside():
            return [RowSetAside(raw=command.raw.about(context.subject), **command.model_dump(exclude={"raw"}))]
        case Nothing(), DismissRow():
            raise Unknown(what="row")
        case Waiting() | Dismissed(), SetRowAside():
            return []
        case Waiting(), DismissRow():
            return [RowDismissed(reason=command.reason)]
        case Dismissed(), DismissRow():
            return [] if state.reason == command.reason else [RowDismissed(reason=command.reason)]


def evolve(state: State, fact: Fact) -> State:
    """The state after a fact."""
    match state, fact:
        case Nothing(), RowSetAside():
            return Waiting(fact)
        case Waiting(fact=row) | Dismissed(fact=row), RowDismissed(reason=reason):
            return Dismissed(row, reason)
        case _:
            return state


ROW: Decider[State] = Decider("row", Nothing(), decide, evolve)
