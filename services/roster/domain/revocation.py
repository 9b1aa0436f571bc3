"""A token that is refused from now on, however long it would have been good.

(nothing) --revoke--> Revoked, for ever
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from pydantic import Field

from shared.events.roster import TokenRevoked
from shared.language.decider import Context, Decider
from shared.language.facts import Command
from shared.language.problems import Forbidden, Refused
from shared.language.terms import Role


class RevokeToken(Command):
    """Refuse a token from now on."""

    reason: str = Field("", max_length=200)


class AlreadyRevoked(Refused):
    """It was revoked for another reason, which stands."""

    title = "该登录凭证已因其他原因撤销"


@dataclass(frozen=True)
class Good:
    """Nobody said anything."""


@dataclass(frozen=True)
class Revoked:
    """Refused."""

    fact: TokenRevoked


State = Good | Revoked


@dataclass(frozen=True)
class KnownRevocation:
    """Which token the caller came with, as the stream it would be."""

    own: UUID


def decide(state: State, command: RevokeToken, context: Context[KnownRevocation]) -> list[TokenRevoked]:
    """Facts, or a refusal."""
    if not (context.known.own == context.subject or context.actor.holds(Role.SECURITY_ADMIN)):
        raise Forbidden(needs=[Role.SECURITY_ADMIN.label])
    match state:
        case Good():
            return [TokenRevoked(reason=command.reason, by=context.actor.id, on=context.today)]
        case Revoked(fact=fact):
            if command.reason in ("", fact.reason):
                return []
            raise AlreadyRevoked(reason=fact.reason)


def evolve(state: State, fact: TokenRevoked) -> State:
    """The state after a fact."""
    match state, fact:
        case ((Good() | Revoked()), TokenRevoked()):
            return Revoked(fact)


REVOCATION: Decider[State, RevokeToken, TokenRevoked, KnownRevocation] = Decider("revocation", Good(), decide, evolve)
