"""What a decider is: the pure heart of a stream (design: the decider).

``decide`` answers facts or refuses by raising a ``Problem``; ``evolve`` can't refuse. No clock, no chance, no I/O:
everything from outside arrives in the context, what was looked up as an object of the stream's own type (decision 0057).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from shared.language.facts import Command, Fact
from shared.language.months import Calendar
from shared.language.personal import Personal
from shared.language.terms import Role

StateT = TypeVar("StateT")
CommandT = TypeVar("CommandT", bound=Command)
FactT = TypeVar("FactT", bound=Fact)
KnownT = TypeVar("KnownT")
KnownT_co = TypeVar("KnownT_co", covariant=True)


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
class Context(Generic[KnownT_co]):
    """What a decision may know beside state and command. ``known`` is what the service looked up for it, ``None`` if nothing.

    A function that only asks who and when takes a ``Context[object]``: any context will do.
    """

    actor: Actor
    now: datetime
    today: date
    calendar: Calendar
    subject: UUID
    """The id of the stream, and so of whatever personal data the command speaks of unless the domain says otherwise."""
    known: KnownT_co


class NotLookedUp(Exception):
    """A command came without what its decision must know: a mistake of the service, never of whoever asks."""


ThingT = TypeVar("ThingT")


def looked_up(known: ThingT | None) -> ThingT:
    """What a decision must know and somebody has looked up."""
    if known is None:
        raise NotLookedUp
    return known


class NoFactOfThisStream(Exception):
    """A stream holds a fact of another kind of stream: nothing follows from it, so nothing is decided on it."""


@dataclass(frozen=True)
class Decider(Generic[StateT, CommandT, FactT, KnownT]):
    """One kind of stream: its name, its first state, its two functions. States, commands and facts are unions that both
    functions go through to the end, so that whoever adds one is told by the type checker where an arm is missing.
    """

    kind: str
    initial: StateT
    decide: Callable[[StateT, CommandT, Context[KnownT]], Sequence[FactT]]
    evolve: Callable[[StateT, FactT], StateT]

    def stream(self, key: str | UUID) -> str:
        """The name of a stream of this kind."""
        return f"{self.kind}/{key}"

    def after(self, state: StateT, fact: Fact) -> StateT:
        """The state after a fact out of the log, which may hold anything: what no arm is for is told, never passed over."""
        told: Any = fact
        after: StateT | None = self.evolve(state, told)
        if after is None:
            raise NoFactOfThisStream(f"{self.kind} 的记录中有不属于它的事件 {fact.TYPE}")
        return after

    def fold(self, facts: Iterable[Fact], state: StateT | None = None) -> StateT:
        """The state these facts lead to."""
        result = self.initial if state is None else state
        for fact in facts:
            result = self.after(result, fact)
        return result


AnyDecider = Decider[Any, Any, Any, Any]
"""One of many, for whoever handles them all alike."""


def said_before(command: Command, facts: Iterable[Fact], clear: Mapping[Personal, str] | None = None) -> bool:
    """Whether what this command says was said by one of these facts: a repeat is the same content said again.

    Looked at are the facts that have most in common with the command; what it leaves out, and what a fact keeps in another
    form, is not compared. ``clear`` are the texts of sealed data; without its text a sealed datum is not compared.
    """
    names = command.model_fields_set - command.MADE
    said = {name: value for name in names if (value := getattr(command, name)) != _unsaid(command, name)}
    known = [(len(said.keys() & type(fact).model_fields.keys()), fact) for fact in facts]
    most = max((common for common, _ in known), default=0)
    alike = [fact for common, fact in known if common == most]
    return most == 0 or any(
        all(_same(value, getattr(fact, name), clear or {}) for name, value in said.items() if name in type(fact).model_fields)
        for fact in alike
    )


def _unsaid(command: Command, name: str) -> Any:
    return type(command).model_fields[name].get_default(call_default_factory=True)


def _same(said: Any, told: Any, clear: Mapping[Personal, str]) -> bool:
    if isinstance(said, Personal) and isinstance(told, Personal):
        text = clear.get(told) if told.token else told.text
        return text is None or text == said.text
    if isinstance(said, (tuple, frozenset)) and isinstance(told, (tuple, frozenset)):
        items: Sequence[Any] = tuple(told)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return len(said) == len(items) and all(any(_same(one, other, clear) for other in items) for one in said)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(said, UUID) and isinstance(getattr(told, "id", None), UUID):
        return said == told.id
    alike = isinstance(said, type(told)) or isinstance(told, type(said))
    return said == told or (told is not None and not alike)


__all__ = [
    "Actor",
    "AnyDecider",
    "Command",
    "Context",
    "Decider",
    "NoFactOfThisStream",
    "NotLookedUp",
    "looked_up",
    "said_before",
]
