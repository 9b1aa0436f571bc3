"""Who may read what of the grid (``roles.md``: 网格/队伍, 企业库)."""

from __future__ import annotations

from shared.decider import Actor
from shared.problems import Forbidden
from shared.terms import ADMINISTRATORS, Role

DISTRICT_READERS = (
    Role.CHIEF, Role.OFFICE, Role.OFFICE_HEAD, Role.INSPECTOR, Role.AUDITOR, Role.HOTLINE, Role.CALLER_BACK, Role.SYSTEM,
)  # fmt: skip


def business(caller: Actor) -> None:
    """A pure administrator sees no business data."""
    if caller.roles <= ADMINISTRATORS:
        raise Forbidden


def sees_district(caller: Actor) -> bool:
    """Whether every unit's data may be read."""
    return caller.holds(*DISTRICT_READERS)


def the_district(caller: Actor) -> None:
    """Only those who see the whole district."""
    if not sees_district(caller):
        raise Forbidden(needs=[role.label for role in DISTRICT_READERS[:5]])


def own_or_asked(caller: Actor, unit: str | None) -> str | None:
    """The unit a list is narrowed to: the one asked for, for those who see the district; else one's own, whoever asks."""
    business(caller)
    if sees_district(caller):
        return unit
    if not caller.unit or unit not in (None, caller.unit):
        raise Forbidden(unit=unit)
    return caller.unit
