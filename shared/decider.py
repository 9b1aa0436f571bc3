"""What a decider is: the pure heart of a stream (design: the decider).

``decide`` answers facts or refuses by raising a ``Problem``; ``evolve`` can't refuse. No clock, no chance, no I/O:
everything from outside arrives in the context.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from shared.events import Command, Fact
from shared.months import Calendar
from shared.terms import Role

StateT = TypeVar("StateT")


@dataclass(frozen=True)
class Actor:
    """Who asks: a member with roles in a unit, as the bearer token says."""

    id: UUID
    account: str
    roles: frozenset[Role]
    unit: str = ""
    sub_unit: str = ""

    def holds(self, *roles: Role) -> bool:
        """Whether one of these roles is held."""
        return not self.roles.isdisjoint(roles)

    def facts(self) -> dict[str, str]:
        """What the envelope keeps of the actor: never a name."""
        return {"id": str(self.id), "role": ",".join(sorted(self.roles)), "unit": self.unit}


@dataclass(frozen=True)
class Context:
    """What a decision may know beside state and command. ``known`` holds what the service looked up for it."""

    actor: Actor
    now: datetime
    today: date
    calendar: Calendar
    subject: UUID
    """The id of the stream, and so of whatever personal data the command speaks of unless the domain says otherwise."""
    known: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Decider(Generic[StateT]):
    """One kind of stream: its name, its first state, its two functions."""

    kind: str
    initial: StateT
    decide: Callable[[StateT, Any, Context], Sequence[Fact]]
    evolve: Callable[[StateT, Any], StateT]

    def stream(self, key: str | UUID) -> str:
        """The name of a stream of this kind."""
        return f"{self.kind}/{key}"

    def fold(self, facts: Iterable[Fact], state: StateT | None = None) -> StateT:
        """The state these facts lead to."""
        result = self.initial if state is None else state
        for fact in facts:
            result = self.evolve(result, fact)
        return result


__all__ = ["Actor", "Command", "Context", "Decider"]
