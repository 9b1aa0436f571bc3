"""A member of the four-tier team (方案 三(三)), a liaison (五(五)), or somebody of the offices.

    (nothing) --appoint--> posts held --appoint / release--> posts held
    (nothing), posts held --appoint--> proposed --confirm--> posts held, --reject--> as before

A member holds posts: a role in a unit from a day on, for good or up to a day. What is said of a day holds until the next day of
which something was said, whatever the order of saying: a release leaves what begins later alone, and a day is put right by saying
what is so of it. A leave deputy stands in for somebody and ends by itself. Who is appointed from outside his unit, or to an
office, is proposed by one person and confirmed by another (``roles.md``); nobody appoints himself, and roles that exclude each
other are never held together (``exclusions``). One chief in the district, one head in a unit at a time; whoever stands in for
them is no second one. The
person's name and number are sealed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field, model_validator

from services.roster.domain.access import confirming, of_the_office
from services.roster.domain.exclusions import exclude
from services.roster.domain.refusals import NotUnderUnit
from services.roster.domain.unit import Code
from shared.events.roster import MemberAppointed, MemberProposalRejected, MemberProposed, MemberReleased
from shared.language.dated import Said, terms
from shared.language.decider import Actor, Context, Decider
from shared.language.facts import Command
from shared.language.months import WrittenDate
from shared.language.personal import Personal
from shared.language.persons import Seat
from shared.language.phones import Phone
from shared.language.problems import Forbidden, Refused, Unknown
from shared.language.reach import OFFICE
from shared.language.terms import ADMINISTRATORS, Role

Account = Annotated[str, Field(pattern=r"^[0-9A-Za-z._-]{1,64}$")]

KEPT = ADMINISTRATORS | {*OFFICE, Role.INSPECTOR, Role.AUDITOR}
"""Roles of office, audit and administration: the security administrator proposes to them."""
_OF_THE_DISTRICT = frozenset({Role.CHIEF, Role.HOTLINE, Role.CALLER_BACK})
"""Other roles that no unit may give away by itself: the office proposes to them."""
_MOST_PROPOSALS = 20

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


class ConfirmAppointment(Command):
    """Say as the second person that what was proposed is so."""

    proposal: UUID


class RejectAppointment(Command):
    """Say no to what was proposed; the proposer may take it back."""

    proposal: UUID
    reason: str = Field(min_length=1, max_length=200)


class NobodyIsThePlatform(Refused):
    """``system`` is the platform itself, in its own process: no person's role."""

    title = "“系统”是平台自身,不能任命给任何人"


class SelfAppointment(Forbidden):
    """Nobody appoints himself (``roles.md``)."""

    title = "不能任命自己,请由他人办理"


class RolesExclude(Refused):
    """Some roles are never held together (``roles.md``; ``exclusions``)."""

    title = "这一角色与该人员在同一期间担任的角色互斥,不能兼任"


class TooManyProposals(Refused):
    """What waits for a second person is settled first."""

    title = "该人员待确认的提名过多,请先确认或退回"


class PostNotHeld(Refused):
    """Only a post that is held can be given up."""

    title = "该人员未担任此岗位"


class UnitUnknown(Refused):
    """A post is held in a unit that exists."""

    title = "没有这个单位"


class AccountAlike(Refused):
    """Two accounts that differ in capitals only are taken for one by people: whoever reads a record blames the wrong one."""

    title = "已有仅大小写不同的账号,请核对后使用该账号或另取账号名"


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
class Freed:
    """From a day on the role in the unit is not held any more, however it was."""

    unit: str
    role: Role
    since: date


@dataclass(frozen=True)
class Member:
    """Somebody. ``account`` is empty for nobody yet; ``said`` is all that was said of posts, in the order of saying;
    ``proposals`` wait for a second person.
    """

    account: str = ""
    name: Personal | None = None
    phone: Personal | None = None
    said: tuple[Held | Freed, ...] = ()
    proposals: tuple[MemberProposed, ...] = ()

    @property
    def posts(self) -> tuple[Held, ...]:
        """The posts held on any day, each until the first day without it."""
        return tuple(_held_until(self.said))

    def post(self, unit: str, role: Role, day: date) -> Held | None:
        """The post held on a day."""
        mine = (held for held in self.posts if (held.unit, held.role) == (unit, role))
        return next((held for held in mine if held.since <= day and (held.until is None or held.until > day)), None)

    def said_of(self, day: date, unit: str, role: Role, acting_for: str | None = None) -> Held | Freed | None:
        """What was said last of this very day of somebody's own post, or of his standing in for somebody."""
        mine = (one for one in reversed(self.said) if (one.since, one.unit, one.role) == (day, unit, role))
        return next((one for one in mine if isinstance(one, Freed) or one.acting_for == acting_for), None)


def _held_until(said: tuple[Held | Freed, ...]) -> Iterable[Held]:
    told = [
        Said((one.unit, one.role), one.acting_for, one.since, one.until)
        if isinstance(one, Held)
        else Said((one.unit, one.role), None, one.since, free=True)
        for one in said
    ]
    for number, _, until in terms(told):
        held = said[number]
        if isinstance(held, Held):
            yield replace(held, until=until)


MemberCommand = AppointMember | ReleaseMember | ConfirmAppointment | RejectAppointment
MemberFact = MemberAppointed | MemberReleased | MemberProposed | MemberProposalRejected


@dataclass(frozen=True)
class KnownMember:
    """The account and the id of what would be a proposal; of the units named those that are there, each with the one above it; who
    has the seat during the term if only one can, and whether the one stood in for holds the post; an account that differs from
    this one in capitals only.
    """

    account: str
    proposal: UUID
    units: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    seat: str | None = None
    held: bool = False
    alike: str | None = None


def decide(state: Member, command: MemberCommand, context: Context[KnownMember]) -> list[MemberFact]:
    """Facts, or a refusal."""
    match command:
        case AppointMember():
            alone = _may_appoint(state, command, context)
            facts = _appoint(state, command, context)
            return facts if alone or not facts else _propose(state, command, context)
        case ConfirmAppointment():
            proposed = _proposed(state, command.proposal)
            _may_confirm(proposed, context)
            told = {name: getattr(proposed, name) for name in AppointMember.model_fields}
            return _appoint(state, AppointMember.model_construct(**told), context, proposed.by)
        case RejectAppointment():
            proposed = _proposed(state, command.proposal)
            if context.actor.id != proposed.by:
                _may_confirm(proposed, context)
            return [MemberProposalRejected(id=proposed.id, reason=command.reason, on=context.today)]
        case ReleaseMember():
            _may_release(command, context)
            if not state.account:
                raise Unknown(what="member")
            if state.post(command.unit, command.role, command.on) is None:
                if isinstance(state.said_of(command.on, command.unit, command.role), Freed):
                    return []
                raise PostNotHeld(unit=command.unit, role=command.role.label)
            return [MemberReleased(**command.model_dump())]


def _may_appoint(state: Member, command: AppointMember, context: Context[object]) -> bool:
    """Whether this one person is enough; a refusal if he may not even propose it.

    A unit's own head is, for somebody of that unit only. The installation's own hand is: there is nobody yet.
    """
    actor = context.actor
    if command.role is Role.SYSTEM:
        raise NobodyIsThePlatform
    if actor.holds(Role.SYSTEM):
        return True
    head = actor.holds(Role.HEAD) and actor.unit == command.unit and command.role not in KEPT | _OF_THE_DISTRICT
    if command.role in KEPT:
        _needs(context, Role.SECURITY_ADMIN)
    elif not head:
        _needs(context, *OFFICE)
    if actor.id == context.subject:
        raise SelfAppointment
    return head and all(held.unit == command.unit or not _overlaps(held, command) for held in state.posts)


def _may_release(command: ReleaseMember, context: Context[object]) -> None:
    """One person is enough to take a right away."""
    actor = context.actor
    if actor.holds(Role.SYSTEM):
        return
    if command.role in KEPT:
        _needs(context, Role.SECURITY_ADMIN, Role.OFFICE_HEAD)
    elif not (actor.holds(Role.HEAD) and actor.unit == command.unit and command.role not in _OF_THE_DISTRICT):
        _needs(context, *OFFICE)


def _may_confirm(proposed: MemberProposed, context: Context[object]) -> None:
    confirming(context, _second(proposed.role, by_head=proposed.by_head), proposed.by, context.subject)


def _second(role: Role, *, by_head: bool) -> tuple[Role, ...]:
    """Who confirms. To an office: its head, or another security administrator."""
    return (Role.OFFICE_HEAD, Role.SECURITY_ADMIN) if role in KEPT else of_the_office(by_head=by_head)


def may_confirm(role: Role, by: UUID, member: UUID, actor: Actor, *, by_head: bool) -> bool:
    """Whether this actor could confirm what ``by`` proposed of a member."""
    return actor.holds(*_second(role, by_head=by_head)) and actor.id not in (by, member)


def _needs(context: Context[object], *roles: Role) -> None:
    if not context.actor.holds(*roles):
        raise Forbidden(needs=[role.label for role in roles])


def _proposed(state: Member, id_: UUID) -> MemberProposed:
    found = next((item for item in state.proposals if item.id == id_), None)
    if found is None:
        raise Unknown(what="proposal", id=str(id_))
    return found


def _propose(state: Member, command: AppointMember, context: Context[KnownMember]) -> list[MemberFact]:
    actor = context.actor
    if any(_held(item) == _held(command) and item.by == actor.id for item in state.proposals):
        return []
    if len(state.proposals) >= _MOST_PROPOSALS:
        raise TooManyProposals(most=_MOST_PROPOSALS)
    return [
        MemberProposed(
            id=context.known.proposal,
            account=context.known.account,
            name=command.name.about(Seat(int=context.subject.int)),
            phone=command.phone.about(Seat(int=context.subject.int)) if command.phone else None,
            by=actor.id,
            by_head=actor.holds(Role.OFFICE_HEAD),
            proposed_on=context.today,
            **command.model_dump(exclude={"name", "phone"}),
        )
    ]


def _appoint(
    state: Member, command: AppointMember, context: Context[KnownMember], proposed_by: UUID | None = None
) -> list[MemberFact]:
    known = context.known
    if known.alike and not state.account:
        raise AccountAlike(account=known.alike)
    if missing := [code for code in (command.unit, command.sub_unit) if code and code not in known.units]:
        raise UnitUnknown(unit=missing[0])
    if command.sub_unit and known.units[command.sub_unit] != command.unit:
        raise NotUnderUnit(unit=command.unit, sub_unit=command.sub_unit)
    held = state.said_of(command.on, command.unit, command.role, command.acting_for)
    if held == _held(command) and proposed_by is None:
        return []
    _compatible(state, command)
    if command.acting_for is not None:
        if not known.held:
            raise NobodyToStandInFor(account=command.acting_for, unit=command.unit, role=command.role.label)
    elif seat := known.seat:
        raise SeatTaken(account=seat, unit=command.unit, role=command.role.label)
    return [
        MemberAppointed(
            account=known.account,
            name=command.name.about(Seat(int=context.subject.int)),
            phone=command.phone.about(Seat(int=context.subject.int)) if command.phone else None,
            proposed_by=proposed_by,
            **{name: getattr(command, name) for name in AppointMember.model_fields if name not in ("name", "phone")},
        )
    ]


def _compatible(state: Member, command: AppointMember) -> None:
    """Nothing held on any day of the term excludes the role; what a term is cut short to later only makes less of it."""
    one = (command.role, command.unit)
    others = [held for held in state.posts if _overlaps(held, command) and exclude(one, (held.role, held.unit))]
    if others:
        raise RolesExclude(role=command.role.label, holds=[held.role.label for held in others], unit=others[0].unit)


def _overlaps(held: Held, command: AppointMember) -> bool:
    return (command.until is None or held.since < command.until) and (held.until is None or held.until > command.on)


def evolve(state: Member, fact: MemberFact) -> Member:
    """The state after a fact."""
    match fact:
        case MemberAppointed():
            waiting = tuple(item for item in state.proposals if (item.by, _held(item)) != (fact.proposed_by, _held(fact)))
            return Member(fact.account, fact.name, fact.phone or state.phone, (*state.said, _held(fact)), waiting)
        case MemberProposed():
            return replace(state, proposals=(*state.proposals, fact))
        case MemberProposalRejected():
            return replace(state, proposals=tuple(item for item in state.proposals if item.id != fact.id))
        case MemberReleased():
            return replace(state, said=(*state.said, Freed(fact.unit, fact.role, fact.on)))


def _held(said: AppointMember | MemberAppointed | MemberProposed) -> Held:
    """The post as said: a duty or a document put right is another saying, and not lost as a repeat."""
    return Held(said.unit, said.sub_unit, said.role, said.post, said.duty, said.document, said.on, said.until, said.acting_for)


MEMBER: Decider[Member, MemberCommand, MemberFact, KnownMember] = Decider("member", Member(), decide, evolve)
