"""A subject of personal data, and its erasure (个人信息保护法 第四十七条).

    (nothing) --erase--> Erased, for ever

The fact is the truth; the key is destroyed after it, and again if the vault was away. Every hash stays valid, and a replay
prints 〔已删除〕.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from shared.decider import Context, Decider
from shared.events import Command, Fact
from shared.events.roster import SubjectErased
from shared.problems import Forbidden
from shared.terms import Role


class EraseSubject(Command):
    """Make the personal data of a subject unreadable for ever."""

    reason: str = Field(min_length=4, max_length=500)


@dataclass(frozen=True)
class Readable:
    """Nothing was asked."""


@dataclass(frozen=True)
class Erased:
    """Erased on a day, for a reason."""

    fact: SubjectErased


State = Readable | Erased


def decide(state: State, command: EraseSubject, context: Context) -> list[Fact]:
    """Facts, or a refusal."""
    if not context.actor.holds(Role.OFFICE_HEAD, Role.SYSTEM):
        raise Forbidden(needs=[Role.OFFICE_HEAD.label])
    match state:
        case Readable():
            return [SubjectErased(reason=command.reason, by=context.actor.id, on=context.today)]
        case Erased():
            return []


def evolve(state: State, fact: Fact) -> State:
    """The state after a fact."""
    return Erased(fact) if isinstance(fact, SubjectErased) else state


SUBJECT: Decider[State] = Decider("subject", Readable(), decide, evolve)
