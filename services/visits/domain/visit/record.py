"""How a visit is told: with the enterprise and the visitors as the roster knew them on that day (方案 三(一), 三(三), 五(一)).

What was typed before it was sent is not refused because the roster has changed meanwhile: it is held, with the reasons, for
somebody to rule on (``roles.md``: 待裁定).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.visits.domain.visit.commands import RecordVisit, Telling
from services.visits.domain.visit.wording import smelling
from shared.events.visits import Demand, Visited, Visitor, VisitRecorded
from shared.language.decider import Actor, Context
from shared.language.known import KnownEnterprise, KnownMember, KnownUnit
from shared.language.personal import Personal
from shared.language.persons import seat
from shared.language.problems import Forbidden, Refused
from shared.language.terms import Line, Mode, Role

MOST_SKEW_HOURS = 24

VISITING = (
    Role.HEAD,
    Role.DEPUTY,
    Role.WORKER,
    Role.LIAISON,
    Role.BACKUP_LIAISON,
    Role.INFORMANT,
    Role.CHIEF,
    Role.OFFICE,
    Role.OFFICE_HEAD,
)
"""Roles that go on visits, the most telling first. Those who supervise, audit or run the system don't."""

ENTERING = (Role.LIAISON, Role.BACKUP_LIAISON, Role.DEPUTY, Role.HEAD)
"""Roles that may enter a visit for somebody of their own unit."""


class VisitInTheFuture(Refused):
    """A visit is recorded after it was made, never before (方案 四(一)5: 走访档案)."""

    title = "走访日期不能晚于今天"


class EnterpriseOfAnother(Refused):
    """On the day of the visit a visitor's unit answered for the enterprise on its line (方案 三(一), 五(一))."""

    title = "走访当日该企业不由走访人员所在单位负责"


class VisitorNotInPost(Refused):
    """Whoever visits held a post of the grid on that day (方案 三(三): 定员定岗)."""

    title = "走访人员当日不在岗"


class NotYourVisit(Forbidden):
    """The visitors, or liaison, deputy and head of a visitor's unit, enter and correct (``roles.md``: 走访)."""

    title = "只有走访人员或其单位的联络员、副网格长、网格长可以填写"


class PolicyNotInLibrary(Refused):
    """A policy that is named by its id lies in the library (R18)."""

    title = "政策不在政策库中"


@dataclass(frozen=True)
class KnownTelling:
    """Enterprise, members and their units as they were on the day of the visit; since when a visit on site needs a photo, and
    the titles of the policies named. ``interviewee`` and ``phone`` are the clear texts of what was told before, where that is
    sealed.
    """

    enterprise: KnownEnterprise
    members: Mapping[UUID, KnownMember]
    units: Mapping[str, KnownUnit]
    policies: Mapping[UUID, str] = field(default_factory=dict[UUID, str])
    photos_since: date | None = None
    interviewee: str | None = None
    phone: str | None = None


def may_tell_of(visitors: Sequence[Visitor], actor: Actor) -> None:
    """One of the visitors, or somebody of their unit who enters for them."""
    if actor.holds(Role.SYSTEM):  # The platform, for an enterprise that answered a questionnaire (``ledgers.md`` §5).
        return
    himself = any(visitor.member == actor.id for visitor in visitors) and actor.holds(*VISITING)
    if not himself and not (actor.holds(*ENTERING) and any(visitor.unit == actor.unit for visitor in visitors)):
        raise NotYourVisit


def offline(command: Telling) -> bool:
    """Whether it was typed before it was sent: then it is held where another would be refused."""
    return isinstance(command, RecordVisit) and command.claimed_at is not None


def telling(
    command: Telling, context: Context[object], known: KnownTelling, before: VisitRecorded | None
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The content of the fact: the command, with the enterprise and the visitors as they were on that day. With it the
    reasons to hold it; what was not typed offline is refused for them.
    """
    if command.on > context.today:
        raise VisitInTheFuture(on=command.on.isoformat(), today=context.today.isoformat())
    enterprise = known.enterprise
    ids = tuple(dict.fromkeys(command.visitors or (context.actor.id,)))
    found = [_visitor(id_, command, context, known) for id_ in ids]
    why = [VisitorNotInPost.title] if any(absent for _, absent in found) else []
    # Those who answer for the enterprise come first: a visit that is not joint is the first visitor's.
    visitors = tuple(sorted((who for who, _ in found), key=lambda who: not _answers(who.unit, who.line, enterprise)))
    may_tell_of(visitors, context.actor)
    if not _answers(visitors[0].unit, visitors[0].line, enterprise):
        if not offline(command):
            raise EnterpriseOfAnother(
                enterprise=enterprise.name,
                on=command.on.isoformat(),
                units=sorted({visitor.unit for visitor in visitors}),
                responsible={line.label: held.unit for line, held in enterprise.assigned.items()},
            )
        why.append(EnterpriseOfAnother.title)
    late = command.on < context.today
    policies = _policies(command, known)
    about = {
        **command.model_dump(exclude={"enterprise", "visitors", "demands", "interviewee", "phone"}),
        "enterprise": Visited(id=enterprise.id, code=enterprise.code, name=enterprise.name),
        "visitors": visitors,
        "joint": len({visitor.unit for visitor in visitors if visitor.line is not None}) > 1,
        "demands": tuple(Demand(**wanted.model_dump()) for wanted in command.demands),
        "policies": policies,
        "policy_ids": command.policy_ids or None,
        "interviewee": _personal("interviewee", command, before, enterprise.id),
        "phone": _personal("phone", command, before, enterprise.id),
        "late_entry": before.late_entry if before is not None and before.on == command.on else late,
        "entered_by": None if context.actor.id in ids or context.actor.holds(Role.SYSTEM) else context.actor.id,
        "skew_hours": skew(command.claimed_at, context.now),
        "photo_required": _photo_required(command, known),
        "wording": smelling(command.note, command.remark, command.title, policies),
    }
    return about, tuple(why)


def skew(claimed: datetime | None, received: datetime) -> int | None:
    """By how many hours the device's time and the receipt lie apart, if by more than a day. The receipt counts."""
    hours = abs((received - claimed).total_seconds()) / 3600 if claimed is not None else 0
    return int(hours) if hours > MOST_SKEW_HOURS else None


def _photo_required(command: Telling, known: KnownTelling) -> bool | None:
    since = known.photos_since
    return True if command.mode is Mode.ON_SITE and since is not None and command.on >= since else None


def _policies(command: Telling, known: KnownTelling) -> tuple[str, ...]:
    """What was brought along, in words: those typed, then the titles of those taken from the library."""
    library = known.policies
    for id_ in command.policy_ids:
        if id_ not in library:
            raise PolicyNotInLibrary(policy=str(id_))
    return tuple(dict.fromkeys((*command.policies, *(library[id_] for id_ in command.policy_ids))))


def _visitor(id_: UUID, command: Telling, context: Context[object], known: KnownTelling) -> tuple[Visitor, bool]:
    """Who came, in the post that answers for the enterprise if there is one, else in the first of those held; and whether
    it is somebody without a post that day, who then stands in the unit of whoever tells it.
    """
    member, units = known.members.get(id_), known.units
    held: list[tuple[bool, bool, int, Visitor]] = []
    for post in member.posts if member else ():
        unit = units.get(post.unit)
        if unit is None or post.role not in VISITING:
            continue
        below = post.sub_unit or (unit.code if unit.reporting != unit.code else None)
        visitor = Visitor(member=id_, unit=unit.reporting, sub_unit=below, line=unit.line, role=post.role)
        answers = _answers(visitor.unit, visitor.line, known.enterprise)
        held.append((not answers, unit.line is None, VISITING.index(post.role), visitor))
    if held:
        return min(held, key=lambda item: (*item[:3], item[3].unit))[3], False
    actor = context.actor
    role = next((role for role in VISITING if actor.holds(role)), None)
    if not offline(command) or role is None or not actor.unit:
        raise VisitorNotInPost(member=str(id_), on=command.on.isoformat())
    unit = units.get(actor.unit)
    role = role if id_ == actor.id else Role.WORKER
    return Visitor(member=id_, unit=actor.unit, sub_unit=None, line=unit.line if unit else None, role=role), True


def _answers(unit: str, line: Line | None, enterprise: KnownEnterprise) -> bool:
    assigned = enterprise.assigned.get(line) if line is not None else None
    return assigned is not None and assigned.unit == unit


def _personal(name: str, command: Telling, before: VisitRecorded | None, enterprise: UUID) -> Personal | None:
    """The datum as told now; one that a correction leaves out stays, because clients see it masked and can't repeat it."""
    if before is not None and name not in command.model_fields_set:
        return getattr(before, name)
    datum: Personal | None = getattr(command, name)
    return datum.about(seat("contact", str(enterprise))) if datum is not None and datum.text else None


def alike(old: VisitRecorded, new: VisitRecorded, known: KnownTelling) -> bool:
    """Whether both tell the same. What the roster calls people and enterprises may have changed in between."""
    about = {
        "enterprise",
        "visitors",
        "joint",
        "interviewee",
        "phone",
        "late_entry",
        "entered_by",
        "skew_hours",
        "photo_required",
        "wording",
    }
    return (
        old.enterprise.id == new.enterprise.id
        and members(old) == members(new)
        and old.model_dump(exclude=about) == new.model_dump(exclude=about)
        and same(old.interviewee, new.interviewee, known.interviewee)
        and same(old.phone, new.phone, known.phone)
    )


def members(told: VisitRecorded) -> set[UUID]:
    """Who came."""
    return {visitor.member for visitor in told.visitors}


def same(old: Personal | None, new: Personal | None, opened: str | None) -> bool:
    """Whether two data say the same. ``opened`` is the clear text of the old one where it is sealed."""
    if old is None or new is None or old == new:
        return old == new
    return (old.text if old.token is None else opened) == new.text
