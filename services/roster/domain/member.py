"""A member of the four-tier team (方案 三(三)), a liaison (五(五)), or somebody of the offices.

    (nothing) --appoint--> posts held --appoint / release--> posts held

A member holds posts: a role in a unit from a day on. The person's name and number are sealed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated

from pydantic import Field

from services.roster.domain.permissions import the_unit
from services.roster.domain.unit import Code
from shared.decider import Context, Decider
from shared.events import Command, Fact
from shared.events.roster import MemberAppointed, MemberReleased
from shared.phones import Phone
from shared.problems import Refused, Unknown
from shared.terms import Role
from shared.vault import Personal

Account = Annotated[str, Field(pattern=r"^[0-9A-Za-z._-]{1,64}$")]

_OF_THE_OFFICES = frozenset(Role) - {
    Role.HEAD, Role.DEPUTY, Role.WORKER, Role.LIAISON, Role.BACKUP_LIAISON, Role.INFORMANT, Role.SUPERVISOR,
}  # fmt: skip
"""Roles no unit may give away by itself: only the office appoints to them."""


class AppointMember(Command):
    """Give somebody a role in a unit from a day on."""

    name: Personal
    phone: Phone | None = None
    unit: Code
    sub_unit: Code | None = None
    role: Role
    post: str = Field("", max_length=100)
    duty: str = Field("", max_length=500)
    document: str = Field("", max_length=100)
    on: date


class ReleaseMember(Command):
    """Take the role away from a day on."""

    unit: Code
    role: Role
    on: date
    reason: str = Field("", max_length=200)


class PostNotHeld(Refused):
    """Only a post that is held can be given up."""

    title = "该人员未担任此岗位"


class UnitUnknown(Refused):
    """A post is held in a unit that exists."""

    title = "没有这个单位"


@dataclass(frozen=True)
class Held:
    """A post, and until when it was held if it is over."""

    unit: str
    sub_unit: str | None
    role: Role
    post: str
    duty: str
    document: str
    since: date
    until: date | None = None


@dataclass(frozen=True)
class Member:
    """Somebody. ``account`` is empty for nobody yet."""

    account: str = ""
    name: Personal | None = None
    phone: Personal | None = None
    posts: tuple[Held, ...] = ()

    def post(self, unit: str, role: Role) -> Held | None:
        """The post if it is held still."""
        return next((held for held in self.posts if (held.unit, held.role, held.until) == (unit, role, None)), None)


def decide(state: Member, command: AppointMember | ReleaseMember, context: Context) -> list[Fact]:
    """Facts, or a refusal. ``context.known`` brings the ``account`` and whether the ``units`` exist."""
    if isinstance(command, AppointMember) and command.role in _OF_THE_OFFICES:
        the_unit(context, "")
    the_unit(context, command.unit, Role.HEAD)
    match command:
        case AppointMember():
            if missing := [code for code in (command.unit, command.sub_unit) if code and code not in context.known["units"]]:
                raise UnitUnknown(unit=missing[0])
            held = state.post(command.unit, command.role)
            if held and (held.sub_unit, held.post, held.since) == (command.sub_unit, command.post, command.on):
                return []
            return [
                MemberAppointed(
                    account=context.known["account"],
                    name=command.name.about(context.subject),
                    phone=command.phone.about(context.subject) if command.phone else None,
                    **command.model_dump(exclude={"name", "phone"}),
                )
            ]
        case ReleaseMember():
            if not state.account:
                raise Unknown(what="member")
            if state.post(command.unit, command.role) is None:
                if any((h.unit, h.role, h.until) == (command.unit, command.role, command.on) for h in state.posts):
                    return []
                raise PostNotHeld(unit=command.unit, role=command.role.label)
            return [MemberReleased(**command.model_dump())]


def evolve(state: Member, fact: Fact) -> Member:
    """The state after a fact."""
    match fact:
        case MemberAppointed():
            held = Held(fact.unit, fact.sub_unit, fact.role, fact.post, fact.duty, fact.document, fact.on)
            others = tuple(p for p in state.posts if (p.unit, p.role, p.until) != (fact.unit, fact.role, None))
            return Member(fact.account, fact.name, fact.phone or state.phone, (*others, held))
        case MemberReleased():
            posts = tuple(
                replace(p, until=fact.on) if (p.unit, p.role, p.until) == (fact.unit, fact.role, None) else p for p in state.posts
            )
            return replace(state, posts=posts)
        case _:
            return state


MEMBER: Decider[Member] = Decider("member", Member(), decide, evolve)
