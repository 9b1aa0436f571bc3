"""A project that is served under a plaque (方案 五(一): 对项目全覆盖实施挂牌服务).

    (nothing) --register--> Bare --hang--> Plaqued --take down--> Bare --hang--> Plaqued, with another token
                                                                  Bare --take down (put right)--> Bare

The plaque names who leads the service and whom to turn to. Its QR code carries a random token: sealed here, found by its
SHA-256, worthless before the day on which the plaque hangs and from the day on which it is taken down. A number hangs at one project at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from services.roster.domain.access import the_office
from services.roster.domain.enterprise.commands import Name
from shared.events.roster import PlaqueHung, PlaqueTakenDown, ProjectRegistered
from shared.language.decider import Context, Decider
from shared.language.facts import Command
from shared.language.months import WrittenDate
from shared.language.personal import Personal
from shared.language.problems import Refused, Unknown
from shared.language.terms import Role

Number = Annotated[str, StringConstraints(min_length=1, max_length=30)]

_LEADERS = frozenset({Role.CHIEF, Role.HEAD, Role.DEPUTY})
HANDS = (Role.HEAD, Role.DEPUTY, Role.LIAISON)
"""Who sees to the projects of the enterprises a unit answers for; the office sees to all."""


class RegisterProject(Command):
    """Take a project of an enterprise into the list of those to be served under a plaque."""

    name: Name
    enterprise: UUID
    on: WrittenDate


class HangPlaque(Command):
    """Hang a numbered plaque that names the leader and the contact."""

    number: Number
    leader: UUID
    contact: UUID
    office_phone: str = Field("", max_length=30, pattern=r"^[0-9 ()+-]*$")
    on: WrittenDate


class TakeDownPlaque(Command):
    """Take the plaque down; its token is worthless from then on."""

    reason: str = Field(min_length=1, max_length=200)
    on: WrittenDate


class ProjectExists(Refused):
    """A project's id names one project for ever."""

    title = "该编号的项目已登记"


class NoSuchEnterprise(Refused):
    """A project is an enterprise's (方案 五(一))."""

    title = "企业库中没有这家企业"


class PlaqueHangs(Refused):
    """One plaque a project: the old one is taken down first."""

    title = "该项目已挂牌,请先摘牌"


class NothingHangs(Refused):
    """Only a plaque that hung is taken down."""

    title = "该项目没有挂过牌"


class NumberTaken(Refused):
    """A number hangs at one project at a time."""

    title = "该牌号正在其他项目使用"


class LeaderOfNothing(Refused):
    """Who leads the service under a plaque is 总网格长, 网格长 or 副网格长 (方案 三(三))."""

    title = "挂牌责任领导须为总网格长、网格长或副网格长"


class ContactWithoutPost(Refused):
    """Whom an enterprise turns to holds a post in the team (方案 三(三))."""

    title = "挂牌联系人未在网格队伍中任职"


class HungLater(Refused):
    """A plaque isn't taken down before it hangs, and nothing hangs before the project is there."""

    title = "日期早于登记或挂牌日期"


@dataclass(frozen=True)
class NoProject:
    """No such project."""


@dataclass(frozen=True)
class Bare:
    """Registered, and every plaque's end is known; it may be to come. ``past`` are the plaques, each with its end."""

    fact: ProjectRegistered
    past: tuple[tuple[PlaqueHung, PlaqueTakenDown], ...] = ()


@dataclass(frozen=True)
class Plaqued:
    """Its plaque hangs from its day on, and nobody has said until when."""

    fact: ProjectRegistered
    plaque: PlaqueHung
    past: tuple[tuple[PlaqueHung, PlaqueTakenDown], ...] = ()


State = NoProject | Bare | Plaqued
ProjectCommand = RegisterProject | HangPlaque | TakeDownPlaque
ProjectFact = ProjectRegistered | PlaqueHung | PlaqueTakenDown


@dataclass(frozen=True)
class KnownPlaque:
    """To hang one: the roles on the day of the members named, whether another project has the number then or later, and what a
    fresh QR code carries, with its digest.
    """

    token: str
    token_sha256: str
    roles: Mapping[UUID, AbstractSet[Role]] = field(default_factory=dict[UUID, AbstractSet[Role]])
    taken: bool = False


@dataclass(frozen=True)
class KnownProject:
    """The units that answer for the enterprise; ``None`` if there is no such enterprise."""

    units: AbstractSet[str] | None
    plaque: KnownPlaque | None = None


def decide(state: State, command: ProjectCommand, context: Context[KnownProject]) -> list[ProjectFact]:
    """Facts, or a refusal."""
    match state, command:
        case NoProject(), RegisterProject():
            if context.known.units is None:
                raise NoSuchEnterprise(enterprise=str(command.enterprise))
            _hands_on(context)
            return [ProjectRegistered(**command.model_dump())]
        case NoProject(), HangPlaque() | TakeDownPlaque():
            raise Unknown(what="project", id=str(context.subject))
        case Bare() | Plaqued(), RegisterProject():
            _hands_on(context)
            if state.fact == ProjectRegistered(**command.model_dump()):
                return []
            raise ProjectExists(name=state.fact.name)
        case Bare(), HangPlaque():
            _hands_on(context)
            return [_hung(state, command, context)]
        case Plaqued(plaque=hung), HangPlaque():
            _hands_on(context)
            if {name: getattr(hung, name) for name in HangPlaque.model_fields} == command.model_dump():
                return []
            raise PlaqueHangs(number=hung.number)
        case Plaqued(plaque=hung), TakeDownPlaque():
            _hands_on(context)
            if command.on < hung.on:
                raise HungLater(hung_on=hung.on)
            return [PlaqueTakenDown(**command.model_dump())]
        case Bare(), TakeDownPlaque():
            _hands_on(context)
            return _taken_down_before(state, command)


def _taken_down_before(state: Bare, command: TakeDownPlaque) -> list[ProjectFact]:
    """The last plaque's end is put right by saying it again."""
    if not state.past:
        raise NothingHangs
    hung, end = state.past[-1]
    if command.on < hung.on:
        raise HungLater(hung_on=hung.on)
    fact = PlaqueTakenDown(**command.model_dump())
    return [] if fact == end else [fact]


def _hands_on(context: Context[KnownProject]) -> None:
    """The office, or the heads, deputies and liaison of a unit that answers for the enterprise."""
    actor = context.actor
    if not (actor.unit in (context.known.units or ()) and actor.holds(*HANDS)):
        the_office(context)


def _hung(state: Bare, command: HangPlaque, context: Context[KnownProject]) -> PlaqueHung:
    plaque = context.known.plaque
    if plaque is None or not plaque.roles.get(command.leader, frozenset()) & _LEADERS:
        raise LeaderOfNothing(leader=str(command.leader))
    if not plaque.roles.get(command.contact):
        raise ContactWithoutPost(contact=str(command.contact))
    if plaque.taken:
        raise NumberTaken(number=command.number)
    if command.on < state.fact.on or (state.past and command.on < state.past[-1][1].on):
        raise HungLater(since=state.past[-1][1].on if state.past else state.fact.on)
    token = Personal(plaque.token, context.subject)
    return PlaqueHung(token=token, token_sha256=plaque.token_sha256, **command.model_dump())


def evolve(state: State, fact: ProjectFact) -> State:
    """The state after a fact."""
    match state, fact:
        case NoProject(), ProjectRegistered():
            return Bare(fact)
        case Bare(past=((*before, (hung, _)))), PlaqueTakenDown():
            return replace(state, past=(*before, (hung, fact)))
        case Bare(), PlaqueHung():
            return Plaqued(state.fact, fact, state.past)
        case Plaqued(), PlaqueTakenDown():
            return Bare(state.fact, (*state.past, (state.plaque, fact)))
        case NoProject(), PlaqueHung() | PlaqueTakenDown():
            return state  # A fact of another time changes nothing: evolve can't refuse.
        case Bare(), ProjectRegistered() | PlaqueTakenDown():
            return state
        case Plaqued(), ProjectRegistered() | PlaqueHung():
            return state


PROJECT: Decider[State, ProjectCommand, ProjectFact, KnownProject] = Decider("project", NoProject(), decide, evolve)
