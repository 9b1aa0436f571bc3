r"""Asking again by lot (电话回访服务, 方案 五(三); R51): were the withdrawn withdrawn, the closed solved, the unreached called?

    (nothing) --draw--> Drawn --record, once a ticket--> Drawn

Independent of whoever handled the tickets: office or inspectorate draw, never a unit that had a part in one of them; the
seed comes from outside the caller's hands, and seed and digest of the population make the draw repeatable by anybody
(``shared.language.draw``). Whoever asks again had no part in the ticket either. The inspectorate's own tickets are not among them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from pydantic import Field, model_validator

from services.issues.domain.ticket.commands import Note
from shared.events.issues import RecheckDrawn, RecheckRecorded
from shared.language import draw
from shared.language.decider import Context, Decider, NotLookedUp
from shared.language.facts import Command
from shared.language.problems import Forbidden, Refused, Unknown
from shared.language.reach import OFFICE
from shared.language.terms import CallOutcome, RecheckKind, Role

METHOD = "sha256(seed|no), smallest first; population: numbers sorted, one a line; 2026.1"
DRAWING = (*OFFICE, Role.INSPECTOR)
ASKING = (*DRAWING, Role.CALLER_BACK)


class DrawRecheck(Command):
    """So many tickets of a month."""

    kind: RecheckKind
    month: str = Field(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$")
    size: int = Field(ge=1, le=200)


class RecordRecheck(Command):
    """What the enterprise said about one of them."""

    no: str = Field(min_length=1, max_length=64)
    outcome: CallOutcome
    confirmed: bool | None = None
    note: Note = ""

    @model_validator(mode="after")
    def _said_by_somebody(self) -> RecordRecheck:
        if (self.confirmed is None) == (self.outcome is CallOutcome.ANSWERED):
            message = "接通的须记录是否属实,未接通的不得记录"
            raise ValueError(message)
        return self


@dataclass(frozen=True)
class Hands:
    """Who had a part in a ticket: units, and people."""

    units: frozenset[str]
    members: frozenset[UUID]


class DrawsOwnWork(Forbidden):
    """Whoever had a part in the tickets draws none of them: the inspectorate does (承办≠抽查, R51)."""

    title = "抽查范围内有本单位承办的问题,须由区督查抽取"


class ChecksOwnWork(Forbidden):
    """Nobody asks again about a ticket they, or their unit, had a part in (R51)."""

    title = "经办过该问题的单位和人员不得抽查回访"


class NothingToDraw(Refused):
    """No ticket of that kind in that month (R51)."""

    title = "该月没有可抽查的问题"


class RecheckKnown(Refused):
    """A draw is made once: another one is another draw (R51)."""

    title = "该抽查已抽取,不得重抽"


class NotInTheSample(Refused):
    """Only what was drawn is asked about, and what was said stands (R51)."""

    title = "该问题不在样本中,或者已有抽查结果"


@dataclass(frozen=True)
class Undrawn:
    """Nothing yet."""


@dataclass(frozen=True)
class Drawn:
    """The sample, and what was found."""

    draw: RecheckDrawn
    found: Mapping[str, RecheckRecorded] = field(default_factory=dict[str, RecheckRecorded])


State = Undrawn | Drawn
RecheckCommand = DrawRecheck | RecordRecheck
RecheckFact = RecheckDrawn | RecheckRecorded


@dataclass(frozen=True)
class KnownPopulation:
    """What a draw is made of: the seed, and who had a part in each ticket, by number."""

    seed: str
    population: Mapping[str, Hands]


Known = KnownPopulation | Hands
"""Of a draw, or of the one ticket somebody asked about."""


def decide(state: State, command: RecheckCommand, context: Context[Known]) -> list[RecheckFact]:
    """Facts, or a refusal."""
    match state, command:
        case Undrawn(), DrawRecheck():
            return [_draw(command, context)]
        case Undrawn(), RecordRecheck():
            raise Unknown(what="recheck", id=str(context.subject))
        case Drawn(), DrawRecheck():
            _needs(context, DRAWING)
            raise RecheckKnown
        case Drawn(), RecordRecheck():
            return _recorded(state, command, context)


def _needs(context: Context[object], roles: tuple[Role, ...]) -> None:
    if not context.actor.holds(*roles):
        raise Forbidden(needs=[role.label for role in roles])


def _part(context: Context[object], hands: Hands) -> bool:
    return context.actor.unit in hands.units or context.actor.id in hands.members


def _draw(command: DrawRecheck, context: Context[Known]) -> RecheckDrawn:
    _needs(context, DRAWING)
    if not isinstance(context.known, KnownPopulation):
        raise NotLookedUp
    population = context.known.population
    if not population:
        raise NothingToDraw(month=command.month, kind=command.kind.label)
    if own := [no for no, hands in sorted(population.items()) if _part(context, hands)]:
        raise DrawsOwnWork(own=len(own), first=own[0])
    numbers, seed = sorted(population), context.known.seed
    return RecheckDrawn(
        kind=command.kind,
        month=command.month,
        method=METHOD,
        seed=seed,
        population=len(numbers),
        digest=draw.digest(numbers),
        sample=draw.drawn(numbers, seed, command.size),
        by=context.actor.id,
        unit=context.actor.unit,
        on=context.today,
    )


def _recorded(state: Drawn, command: RecordRecheck, context: Context[Known]) -> list[RecheckFact]:
    _needs(context, ASKING)
    if command.no not in state.draw.sample:
        raise NotInTheSample(no=command.no)
    if not isinstance(context.known, Hands):
        raise NotLookedUp
    if _part(context, context.known):
        raise ChecksOwnWork(no=command.no)
    fact = RecheckRecorded(**command.model_dump(), by=context.actor.id, on=context.today)
    before = state.found.get(command.no)
    if before == fact:
        return []
    # Who was not reached may be called again; what an enterprise said stands.
    if before is not None and before.outcome is not CallOutcome.UNREACHED:
        raise NotInTheSample(no=command.no)
    return [fact]


def evolve(state: State, fact: RecheckFact) -> State:
    """The state after a fact."""
    match state, fact:
        case ((Undrawn() | Drawn()), RecheckDrawn()):
            return Drawn(fact)
        case Drawn(), RecheckRecorded():
            return Drawn(state.draw, {**state.found, fact.no: fact})
        case Undrawn(), RecheckRecorded():
            return state


RECHECK: Decider[State, RecheckCommand, RecheckFact, Known] = Decider("recheck", Undrawn(), decide, evolve)
