"""What a reaction could not act on and a person passed over: once, with a reason, by name.

    (waiting) --skip--> Skipped

A stream is a reaction and a position of the log it follows. Trying again is no fact: it changes nothing unless it goes through,
and then the facts of the reaction stand.
"""

from __future__ import annotations

from dataclasses import dataclass

from services.issues.domain.ticket.commands import Words
from shared.events.issues import ParkedSkipped
from shared.language.decider import Context, Decider
from shared.language.facts import Command
from shared.language.problems import Forbidden, Refused, Unknown
from shared.language.reach import OFFICE

MAY = OFFICE


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


@dataclass(frozen=True)
class KnownParked:
    """The message that is parked: which reaction could not act on it, and where it stands in which log."""

    follower: str
    position: int
    told: str
    stream: str


def decide(state: State, command: SkipParked, context: Context[KnownParked | None]) -> list[ParkedSkipped]:
    """Facts, or a refusal."""
    if not context.actor.holds(*MAY):
        raise Forbidden(needs=[role.label for role in MAY])
    match state, command:
        case Waiting(), SkipParked():
            if (parked := context.known) is None:
                raise Unknown(what="parked", id=str(context.subject))
            return [ParkedSkipped(**vars(parked), reason=command.reason, by=context.actor.id, on=context.today)]
        case Skipped(), SkipParked():
            if state.fact.reason == command.reason:
                return []
            raise AlreadySkipped(reason=state.fact.reason)


def evolve(state: State, fact: ParkedSkipped) -> State:
    """The state after a fact."""
    match state, fact:
        case ((Waiting() | Skipped()), ParkedSkipped()):
            return Skipped(fact)


PARKED: Decider[State, SkipParked, ParkedSkipped, KnownParked | None] = Decider("parked", Waiting(), decide, evolve)
