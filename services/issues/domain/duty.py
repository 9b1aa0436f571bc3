r"""The desk's roster (服务热线专人接听, 方案 五(三); R53): who sits there on each day of a month.

    (nothing) --publish--> Published --revise (with a reason)--> Published

Every day named has somebody, and only people who hold a post at the desk on that very day. The stream's key is the month.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from pydantic import Field

from services.issues.domain.ticket.commands import Day, Words
from shared.events.issues import DutyDay, DutyPublished, DutyRevised
from shared.language.decider import Context, Decider
from shared.language.facts import Command, Part
from shared.language.months import Month
from shared.language.problems import Forbidden, Refused, Unknown
from shared.language.reach import OFFICE
from shared.language.terms import Role

DESK = (Role.HOTLINE, *OFFICE)
"""The posts whose holders may be on duty."""


class Seat(Part):
    """A day and who sits there."""

    on: Day
    members: tuple[UUID, ...] = Field(min_length=1, max_length=10)


Seats = tuple[Seat, ...]


class PublishDuty(Command):
    """The roster of a month."""

    days: Seats = Field(min_length=1, max_length=31)


class ReviseDuty(Command):
    """Another one, and why."""

    days: Seats = Field(min_length=1, max_length=31)
    reason: Words


class DutyKnown(Refused):
    """A published roster is changed with a reason, not overwritten (R53)."""

    title = "该月值班表已公布,变更须说明原因"


class DutyDayWrong(Refused):
    """Each day once, of this month, and nobody twice on it (R53)."""

    title = "值班表中日期重复、不属于该月,或者同一天人员重复"


class NotAtTheDesk(Refused):
    """The desk is staffed by people who hold that post on the day (专人接听, R53)."""

    title = "值班人员当日须任热线坐席或区优化办职务"


@dataclass(frozen=True)
class Unpublished:
    """Nothing yet."""


@dataclass(frozen=True)
class Published:
    """In force. ``reason`` is that of the last change."""

    days: tuple[DutyDay, ...]
    reason: str = ""


State = Unpublished | Published


DutyCommand = PublishDuty | ReviseDuty
DutyFact = DutyPublished | DutyRevised


@dataclass(frozen=True)
class KnownDesk:
    """The month, and who holds a post at the desk on which days of it."""

    month: Month
    posts: Mapping[UUID, Collection[date]]


def decide(state: State, command: DutyCommand, context: Context[KnownDesk]) -> list[DutyFact]:
    """Facts, or a refusal."""
    if not context.actor.holds(*OFFICE):
        raise Forbidden(needs=[role.label for role in OFFICE])
    days = tuple(DutyDay(on=seat.on, members=seat.members) for seat in sorted(command.days, key=lambda seat: seat.on))
    match state, command:
        case Unpublished(), PublishDuty():
            _check(days, context.known)
            return [DutyPublished(days=days, by=context.actor.id, on=context.today)]
        case Unpublished(), ReviseDuty():
            raise Unknown(what="duty", id=str(context.known.month))
        case Published(), PublishDuty():
            if days == state.days:
                return []
            raise DutyKnown(month=str(context.known.month))
        case Published(), ReviseDuty():
            if days == state.days:
                return []
            _check(days, context.known)
            return [DutyRevised(days=days, reason=command.reason, by=context.actor.id, on=context.today)]


def _check(days: tuple[DutyDay, ...], known: KnownDesk) -> None:
    month = known.month
    named = [day.on for day in days]
    if len(set(named)) != len(named) or any(not month.contains(day) for day in named):
        raise DutyDayWrong(month=str(month))
    if twice := [day.on for day in days if len(set(day.members)) != len(day.members)]:
        raise DutyDayWrong(month=str(month), on=str(twice[0]))
    for day in days:
        for member in day.members:
            if day.on not in known.posts.get(member, ()):
                raise NotAtTheDesk(on=str(day.on), member=str(member))


def evolve(state: State, fact: DutyFact) -> State:
    """The state after a fact."""
    match state, fact:
        case ((Unpublished() | Published()), DutyPublished()):
            return Published(fact.days)
        case ((Unpublished() | Published()), DutyRevised()):
            return Published(fact.days, fact.reason)


DUTY: Decider[State, DutyCommand, DutyFact, KnownDesk] = Decider("duty", Unpublished(), decide, evolve)
