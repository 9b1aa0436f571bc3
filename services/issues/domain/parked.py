"""What a reaction could not act on and a person passed over: once, with a reason, by name.

    (waiting) --skip--> Skipped

A stream is a reaction and a position of the log it follows. Trying again is no fact: it changes nothing unless it goes through,
and then the facts of the reaction stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.issues.domain.commands import Words
from shared.decider import Context, Decider
from shared.events import Command, Fact
from shared.events.issues import ParkedSkipped
from shared.problems import Forbidden, Refused
from shared.terms import Role

MAY = (Role.OFFICE, Role.OFFICE_HEAD)


class SkipParked(Command):
    """Pass over it. What it would have brought about (a ticket, a deadline) does not come about by itself any more."""

    reason: Words


@dataclass(frozen=True)
class Waiting:
    """Nobody decided anything."""


@dataclass(frozen=True)
class Skipped:
    """Somebody did."""

    fact: ParkedSkipped


State = Waiting | Skipped


class AlreadySkipped(Refused):
    """It was passed over before, for another reason: that stands."""

    title = "该消息此前已被跳过"


def decide(state: State, command: SkipParked, context: Context) -> list[Fact]:
    """Facts, or a refusal."""
    if not context.actor.holds(*MAY):
        raise Forbidden(needs=[role.label for role in MAY])
    if isinstance(state, Skipped):
        if state.fact.reason == command.reason:
            return []
        raise AlreadySkipped(reason=state.fact.reason)
    return [ParkedSkipped(**context.known["parked"], reason=command.reason, by=context.actor.id, on=context.today)]


def evolve(state: State, fact: Any) -> State:
    """The state after a fact."""
    return Skipped(fact) if isinstance(fact, ParkedSkipped) else state


PARKED: Decider[State] = Decider("parked", Waiting(), decide, evolve)
