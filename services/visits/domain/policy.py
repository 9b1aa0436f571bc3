"""A policy of the library (方案 四(一)3: 把党的关心和政策带下去; R18).

    (nothing) --publish--> Published --retire--> Retired
                             |   ^
                             +-revise (publish again with other content)

Units publish what they bring along; whom a policy is for is said by industry (GB/T 4754 division), size and tag. What is
suggested for an enterprise is a proposal with its reasons: whoever visits chooses.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from services.visits.domain.visit.commands import Day, Words
from shared.events.visits import PolicyPublished, PolicyRetired
from shared.language.decider import Actor, Context, Decider
from shared.language.facts import Command
from shared.language.known import KnownEnterprise
from shared.language.problems import Forbidden, Refused, Unknown
from shared.language.reach import OFFICE
from shared.language.terms import Role, Size

PUBLISHING = (Role.HEAD, Role.DEPUTY, Role.LIAISON, Role.BACKUP_LIAISON)

Industry = Annotated[str, Field(pattern=r"^\d{2}$")]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=50)]


class PublishPolicy(Command):
    """A policy, whole. Published again it replaces what stood there."""

    unit: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,20}$")]
    title: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    text: str = Field("", max_length=5_000)
    url: str = Field("", max_length=500, pattern=r"^(https?://.*)?$")
    document: str = Field("", max_length=100)
    industries: tuple[Industry, ...] = Field((), max_length=100)
    sizes: tuple[Size, ...] = Field((), max_length=4)
    tags: tuple[Tag, ...] = Field((), max_length=30)
    since: Day
    until: Day | None = None

    @model_validator(mode="after")
    def _readable(self) -> PublishPolicy:
        if not self.text and not self.url:
            message = "须有正文或网址"
            raise ValueError(message)
        if self.until is not None and self.until < self.since:
            message = "失效日期不能早于生效日期"
            raise ValueError(message)
        return self


class RetirePolicy(Command):
    """It is suggested to nobody any more."""

    reason: Words


class NotYourPolicy(Forbidden):
    """Head, deputy and liaison publish for their unit, the office for any (``roles.md``: 宣传/方案/会商)."""

    title = "只有本单位网格长、副网格长、联络员或区优化办可以维护政策"


class PolicyOfAnother(Refused):
    """A policy stays with the unit that published it."""

    title = "政策由其他单位发布"


class PolicyIsRetired(Refused):
    """A retired policy does not come back; a new one has an id of its own."""

    title = "政策已停用"


@dataclass(frozen=True)
class Unpublished:
    """No such policy."""


@dataclass(frozen=True)
class Published:
    """It is suggested to those it is for."""

    fact: PolicyPublished


@dataclass(frozen=True)
class Retired:
    """It is suggested to nobody; ``reason`` says why."""

    fact: PolicyPublished
    reason: str


State = Unpublished | Published | Retired
PolicyCommand = PublishPolicy | RetirePolicy


PolicyFact = PolicyPublished | PolicyRetired


def decide(state: State, command: PolicyCommand, context: Context[None]) -> list[PolicyFact]:
    """Facts, or a refusal."""
    match state, command:
        case Unpublished(), PublishPolicy():
            may_publish(command.unit, context.actor)
            return [PolicyPublished(**command.model_dump())]
        case Unpublished(), RetirePolicy():
            raise Unknown(what="policy", id=str(context.subject))
        case Published(), PublishPolicy():
            may_publish(state.fact.unit, context.actor)
            if state.fact.unit != command.unit:
                raise PolicyOfAnother(unit=state.fact.unit)
            fact = PolicyPublished(**command.model_dump())
            return [] if fact == state.fact else [fact]
        case Published(), RetirePolicy():
            may_publish(state.fact.unit, context.actor)
            return [PolicyRetired(reason=command.reason)]
        case Retired(), RetirePolicy():
            may_publish(state.fact.unit, context.actor)
            if state.reason == command.reason:
                return []
            raise PolicyIsRetired(reason=state.reason)
        case Retired(), PublishPolicy():
            may_publish(state.fact.unit, context.actor)
            raise PolicyIsRetired(reason=state.reason)


def evolve(state: State, fact: PolicyFact) -> State:
    """The state after a fact."""
    match state, fact:
        case Unpublished() | Published(), PolicyPublished():
            return Published(fact)
        case Published(), PolicyRetired():
            return Retired(state.fact, fact.reason)
        case Unpublished(), PolicyRetired():
            return state
        case Retired(), PolicyPublished() | PolicyRetired():
            return state


def may_publish(unit: str, actor: Actor) -> None:
    """Whoever writes policies for this unit."""
    if not (actor.holds(*OFFICE) or (actor.holds(*PUBLISHING) and actor.unit == unit)):
        raise NotYourPolicy(unit=unit)


def reasons(policy: PolicyPublished, enterprise: KnownEnterprise, on: date) -> tuple[str, ...]:
    """Why a policy is for this enterprise on that day; nothing if it is not. Every condition it names has to hold."""
    if on < policy.since or (policy.until is not None and on > policy.until):
        return ()
    found: list[str] = []
    if policy.industries:
        if enterprise.industry.lstrip("ABCDEFGHIJKLMNOPQRST")[:2] not in policy.industries:  # Perhaps with its section.
            return ()
        found.append(f"行业相符({enterprise.industry})")
    if policy.sizes:
        if enterprise.size is None or enterprise.size not in policy.sizes:
            return ()
        found.append(f"规模相符({enterprise.size.label})")
    if policy.tags:
        shared = [tag for tag in policy.tags if tag in enterprise.tags]
        if not shared:
            return ()
        found.append(f"标签相符({'、'.join(shared)})")
    return tuple(found) or ("普惠政策",)


POLICY: Decider[State, PolicyCommand, PolicyFact, None] = Decider("policy", Unpublished(), decide, evolve)
