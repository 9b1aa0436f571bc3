"""A member of the four-tier team (方案 三(三)), a liaison (五(五)), or somebody of the offices.

    (nothing) --appoint--> posts held --appoint / release--> posts held

A member holds posts: a role in a unit from a day on, for good or up to a day. A leave deputy stands in for somebody and ends
by itself. One chief in the district, one head in a unit at a time; whoever stands in for them is no second one. The
person's name and number are sealed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated

from pydantic import Field, model_validator

from services.roster.domain.permissions import the_unit
from services.roster.domain.refusals import NotUnderUnit
from services.roster.domain.unit import Code
from shared.decider import Context, Decider
from shared.events import Command, Fact
from shared.events.roster import MemberAppointed, MemberReleased
from shared.months import WrittenDate
from shared.phones import Phone
from shared.problems import Refused, Unknown
from shared.terms import Role
from shared.vault import Personal

Account = Annotated[str, Field(pattern=r"^[0-9A-Za-z._-]{1,64}$")]

_OF_THE_OFFICES = frozenset(Role) - {
    Role.HEAD, Role.DEPUTY, Role.WORKER, Role.LIAISON, Role.BACKUP_LIAISON, Role.INFORMANT, Role.SUPERVISOR,
}  # fmt: skip
"""Roles no unit may give away by itself: only the office appoints to them."""


ONE_AT_A_TIME = frozenset({Role.CHIEF, Role.HEAD})
"""方案 三(三): 分管领导担任总网格长, 主要负责人为网格长."""


class AppointMember(Command):
    """Give somebody a role in a unit from a day on; ``until`` is the first day without it, ``acting_for`` who is on leave."""

    name: Personal
    phone: Phone | None = None
    unit: Code
    sub_unit: Code | None = None
    role: Role
    post: str = Field("", max_length=100)
    duty: str = Field("", max_length=500)
    document: str = Field("", max_length=100)
    on: WrittenDate
    until: WrittenDate | None = None
    acting_for: Account | None = None

    @model_validator(mode="after")
    def _in_order(self) -> AppointMember:
        if self.until is not None and self.until <= self.on:
            message = "任期截止日期必须晚于起始日期"
            raise ValueError(message)
        if self.acting_for is not None and self.until is None:
            message = "临时代理必须写明截止日期"
            raise ValueError(message)
        return self


class ReleaseMember(Command):
    """Take the role away from a day on."""

    unit: Code
    role: Role
    on: WrittenDate
    reason: str = Field("", max_length=200)


class PostNotHeld(Refused):
    """Only a post that is held can be given up."""

    title = "该人员未担任此岗位"


class UnitUnknown(Refused):
    """A post is held in a unit that exists."""

    title = "没有这个单位"


class SeatTaken(Refused):
    """One chief in the district, one head in a unit (方案 三(三))."""

    title = "该岗位在此期间已有人担任"


class NobodyToStandInFor(Refused):
    """Who stands in does so for somebody who holds that very post."""

    title = "被代理人在此期间未担任该岗位"


@dataclass(frozen=True)
class Held:
    """A post, and the first day on which it is no longer held if it ends."""

    unit: str
    sub_unit: str | None
    role: Role
    post: str
    duty: str
    document: str
    since: date
    until: date | None = None
    acting_for: str | None = None


@dataclass(frozen=True)
class Member:
    """Somebody. ``account`` is empty for nobody yet."""

    account: str = ""
    name: Personal | None = None
    phone: Personal | None = None
    posts: tuple[Held, ...] = ()

    def post(self, unit: str, role: Role, day: date) -> Held | None:
        """The post held on a day."""
        mine = (held for held in self.posts if (held.unit, held.role) == (unit, role))
        return next((held for held in mine if held.since <= day and _goes_beyond(held, day)), None)


def _goes_beyond(held: Held, day: date) -> bool:
    return held.until is None or held.until > day


def decide(state: Member, command: AppointMember | ReleaseMember, context: Context) -> list[Fact]:
    """Facts, or a refusal.

    ``context.known`` brings the ``account``, which ``units`` there are, who has the ``seat`` during the term if only one can,
    and whether the one stood in for ``held`` the post.
    """
    if isinstance(command, AppointMember) and command.role in _OF_THE_OFFICES:
        the_unit(context, "")
    the_unit(context, command.unit, Role.HEAD)
    match command:
        case AppointMember():
            return _appoint(state, command, context)
        case ReleaseMember():
            if not state.account:
                raise Unknown(what="member")
            held = state.post(command.unit, command.role, command.on)
            if held is None:
                if any((h.unit, h.role, h.until) == (command.unit, command.role, command.on) for h in state.posts):
                    return []
                raise PostNotHeld(unit=command.unit, role=command.role.label)
            return [MemberReleased(**command.model_dump())]


def _appoint(state: Member, command: AppointMember, context: Context) -> list[Fact]:
    known = context.known
    if missing := [code for code in (command.unit, command.sub_unit) if code and code not in known["units"]]:
        raise UnitUnknown(unit=missing[0])
    if command.sub_unit and known["units"][command.sub_unit] != command.unit:
        raise NotUnderUnit(unit=command.unit, sub_unit=command.sub_unit)
    held = state.post(command.unit, command.role, command.on)
    if held and held == _held(command):
        return []
    if command.acting_for is not None:
        if not known.get("held"):
            raise NobodyToStandInFor(account=command.acting_for, unit=command.unit, role=command.role.label)
    elif seat := known.get("seat"):
        raise SeatTaken(account=seat, unit=command.unit, role=command.role.label)
    return [
        MemberAppointed(
            account=known["account"],
            name=command.name.about(context.subject),
            phone=command.phone.about(context.subject) if command.phone else None,
            **command.model_dump(exclude={"name", "phone"}),
        )
    ]


def evolve(state: Member, fact: Fact) -> Member:
    """The state after a fact."""
    match fact:
        case MemberAppointed():
            return Member(fact.account, fact.name, fact.phone or state.phone, (*_up_to(state.posts, fact), _held(fact)))
        case MemberReleased():
            return replace(state, posts=_up_to(state.posts, fact))
        case _:
            return state


def _held(said: AppointMember | MemberAppointed) -> Held:
    """The post as said: a duty or a document put right is another saying, and not lost as a repeat."""
    return Held(said.unit, said.sub_unit, said.role, said.post, said.duty, said.document, said.on, said.until, said.acting_for)


def _up_to(posts: tuple[Held, ...], fact: MemberAppointed | MemberReleased) -> tuple[Held, ...]:
    """The posts, with those the fact takes the place of ending on its day; one that would have begun later never was."""
    found: list[Held] = []
    for held in posts:
        if not _goes_beyond(held, fact.on) or not _replaced(held, fact):
            found.append(held)
        elif held.since < fact.on:
            found.append(replace(held, until=fact.on))
    return tuple(found)


def _replaced(held: Held, fact: MemberAppointed | MemberReleased) -> bool:
    """A release ends the role however it is held; an appointment replaces what was said before of the same days."""
    same = (held.unit, held.role) == (fact.unit, fact.role)
    if isinstance(fact, MemberReleased):
        return same
    return same and held.acting_for == fact.acting_for and (fact.until is None or held.since < fact.until)


MEMBER: Decider[Member] = Decider("member", Member(), decide, evolve)
