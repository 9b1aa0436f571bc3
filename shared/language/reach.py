"""How far somebody reads (``roles.md``: d, u, o and b): one answer for every service.

The district's readers read everything, the leaders and liaisons of a unit what is their unit's, a worker what concerns the
enterprises assigned to him or was told by himself, an informant what concerns those of his branch or village. Whoever holds
none of these roles reads nothing by them: the desk, the callers and the administrators have rules of their own where they
have any business.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from shared.language.decider import Actor
from shared.language.problems import Forbidden
from shared.language.terms import Role

OFFICE = (Role.OFFICE, Role.OFFICE_HEAD)
"""区优化办: whoever works there, and its head."""
DISTRICT = (Role.CHIEF, *OFFICE, Role.INSPECTOR, Role.AUDITOR, Role.SYSTEM)
"""d: every unit's."""
UNIT = (Role.HEAD, Role.DEPUTY, Role.LIAISON, Role.BACKUP_LIAISON, Role.SUPERVISOR)
"""u: their unit's."""
OWN = (Role.WORKER, Role.INFORMANT)
"""o and b: what is assigned to them, or to their branch or village."""
MASKED = (Role.AUDITOR, Role.SUPERVISOR)
"""Who watches reads no name and no number, whatever the reason."""


def sees_district(actor: Actor) -> bool:
    """Whether every unit's things may be read."""
    return actor.holds(*DISTRICT)


def sees_unit(actor: Actor, unit: str) -> bool:
    """Whether all that is this unit's may be read."""
    return sees_district(actor) or (bool(actor.unit) and actor.unit == unit and actor.holds(*UNIT))


def only_own(actor: Actor) -> bool:
    """Whether somebody reads what is his own and no more of his unit."""
    return actor.holds(*OWN) and not actor.holds(*DISTRICT, *UNIT)


def reads(actor: Actor) -> None:
    """Refuse whoever has no business with the units' work."""
    if not actor.holds(*DISTRICT, *UNIT, *OWN):
        raise Forbidden


def may_open(actor: Actor) -> None:
    """Refuse whoever reads masked data only: holding another role beside makes no difference."""
    if actor.holds(*MASKED):
        raise Forbidden


def unit_of(actor: Actor, asked: str | None = None) -> str | None:
    """The unit a question is narrowed to: the one asked for, for the district's readers; else one's own. Another's is refused."""
    reads(actor)
    if sees_district(actor):
        return asked or None
    if not actor.unit or asked not in (None, "", actor.unit):
        raise Forbidden(unit=asked)
    return actor.unit


def figures_of(actor: Actor, asked: str | None = None) -> str | None:
    """Likewise, for what is counted over a whole unit: not for those who read only what is their own."""
    if only_own(actor):
        raise Forbidden(needs=[role.label for role in UNIT])
    return unit_of(actor, asked)


@dataclass(frozen=True)
class Reach:
    """What somebody may read. ``own`` is there for those who read no more of their unit: the enterprises that are theirs."""

    actor: Actor
    own: frozenset[UUID] | None = None

    @property
    def district(self) -> bool:
        """Everything."""
        return sees_district(self.actor)

    def covers(self, units: Collection[str], enterprise: UUID, people: Collection[UUID] = ()) -> bool:
        """Whether something is covered that is of these units, about this enterprise, and that these people had a hand in."""
        if self.district:
            return True
        if self.own is None:
            return self.actor.holds(*UNIT) and self.actor.unit in units
        return enterprise in self.own or self.actor.id in people

    def must_cover(self, units: Collection[str], enterprise: UUID, people: Collection[UUID] = ()) -> None:
        """Or it is refused."""
        if not self.covers(units, enterprise, people):
            raise Forbidden(enterprise=str(enterprise))

    def narrowed(self, where: list[str], args: list[Any], *, unit: str, enterprise: str = "enterprise", mine: str = "") -> None:
        """Add the same to the conditions of a question. ``{}`` stands for the unit in ``unit``, and in
        ``mine`` for oneself, as text.
        """
        if self.district:
            return
        if self.own is None:
            args.append(self.actor.unit)
            where.append(unit.format(f"${len(args)}"))
            return
        args.append(sorted(self.own))
        found = [f"{enterprise} = any(${len(args)}::uuid[])"]
        if mine:
            args.append(str(self.actor.id))
            found.append(mine.format(f"${len(args)}::text"))
        where.append(f"({' or '.join(found)})")


_ASSIGNED = """
select enterprise from (
    select distinct on (enterprise, line) enterprise, unit, sub_unit, worker from known_assignment
    where started_on <= $1 and enterprise in (
        select enterprise from known_assignment where worker = $2 or (unit = $3 and sub_unit = $4))
    order by enterprise, line, started_on desc) held
where ($5 and worker = $2) or (unit = $3 and sub_unit = $4)
"""
"""Of the copy of the roster: who answers for an enterprise on a line is whoever was named last."""


async def reach_of(pool: Any, actor: Actor, day: date, assigned: str = _ASSIGNED) -> Reach:
    """What somebody may read on a day; whoever reads nothing is refused. ``assigned`` asks which enterprises are his."""
    reads(actor)
    if not only_own(actor):
        return Reach(actor)
    branch = actor.sub_unit if actor.holds(Role.INFORMANT) else ""
    rows = await pool.fetch(assigned, day, actor.id, actor.unit, branch, actor.holds(Role.WORKER))
    return Reach(actor, frozenset(row["enterprise"] for row in rows))
