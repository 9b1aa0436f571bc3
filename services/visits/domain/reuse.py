"""Two files of two visits that are the same or look alike, and what a person says about them (R24).

    (nothing) --rule--> Ruled

Flagged is not rejected: the same gate may be photographed every month. Equal bytes are distance 0; pictures are alike when
their difference hashes differ in six bits of 64 or fewer.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from services.visits.domain.visit.commands import Digest, Words
from shared.events.visits import EvidenceRuled
from shared.language.decider import Actor, Context, Decider
from shared.language.facts import Command
from shared.language.problems import Forbidden, Refused
from shared.language.reach import OFFICE
from shared.language.terms import Role, derived_id

MOST_DISTANCE = 6
BANDS = 7
"""Hashes that differ in six bits are equal in at least one of seven bands: the index that finds them."""


class RuleEvidence(Command):
    """Whether one was used again for another visit, and why one thinks so."""

    first_visit: UUID
    first: Digest
    second_visit: UUID
    second: Digest
    reused: bool
    reason: Words


class NotAlike(Refused):
    """Only what was flagged is ruled on."""

    title = "两份资料并不相同或相似"


class AlreadyRuled(Refused):
    """The first ruling stands."""

    title = "这两份资料已有认定,内容不同"


class NotYoursToRule(Forbidden):
    """Head and deputy of a unit concerned, and the office; never whoever made one of the visits (separation of duties)."""

    title = "只有相关单位的网格长、副网格长或区优化办可以认定,且不能认定自己的走访"


@dataclass(frozen=True)
class Unruled:
    """Nobody said anything yet."""


@dataclass(frozen=True)
class Ruled:
    """Somebody did."""

    fact: EvidenceRuled


State = Unruled | Ruled


@dataclass(frozen=True)
class KnownPair:
    """Units and tellers of both visits, and how far apart the files are: ``None`` where they can't be compared."""

    units: frozenset[str]
    tellers: frozenset[UUID]
    distance: int | None


def decide(state: State, command: RuleEvidence, context: Context[KnownPair]) -> list[EvidenceRuled]:
    """Facts, or a refusal."""
    may_rule(context.known.units, context.known.tellers, context.actor)
    match state, command:
        case Unruled(), RuleEvidence():
            apart = context.known.distance
            if apart is None or apart > MOST_DISTANCE:
                raise NotAlike(distance=apart)
            return [EvidenceRuled(**command.model_dump(), distance=apart)]
        case Ruled(), RuleEvidence():
            if (state.fact.reused, state.fact.reason) == (command.reused, command.reason):
                return []
            raise AlreadyRuled(reused=state.fact.reused, reason=state.fact.reason)


def evolve(state: State, fact: EvidenceRuled) -> State:
    """The state after a fact."""
    match state, fact:
        case Unruled(), EvidenceRuled():
            return Ruled(fact)
        case Ruled(), EvidenceRuled():
            return state


def may_rule(units: frozenset[str], tellers: frozenset[UUID], actor: Actor) -> None:
    """Whoever may rule on these visits' files."""
    of_unit = actor.unit in units and actor.holds(Role.HEAD, Role.DEPUTY)
    if actor.id in tellers or not (of_unit or actor.holds(*OFFICE)):
        raise NotYoursToRule


def pair_id(one: tuple[UUID, str], other: tuple[UUID, str]) -> UUID:
    """The one id of two files, whichever is named first."""
    return derived_id("visits", "reuse", *sorted(f"{visit}/{sha256}" for visit, sha256 in (one, other)))


def distance(one: str, other: str) -> int:
    """In how many bits two hashes differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def bands(phash: str) -> tuple[int, ...]:
    """The hash in seven pieces, each with its number in front: equal pieces make a candidate."""
    bits, wide = int(phash, 16), 10
    return tuple(
        number << wide | (bits >> (number * 9)) & ((1 << (wide if number == BANDS - 1 else 9)) - 1) for number in range(BANDS)
    )


REUSE: Decider[State, RuleEvidence, EvidenceRuled, KnownPair] = Decider("reuse", Unruled(), decide, evolve)
