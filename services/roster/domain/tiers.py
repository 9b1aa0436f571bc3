"""The four tiers and their liaisons (方案 三(三), 五(五)), and 四定 (方案 四(一)1, 四(二)1): what a grid needs to be complete.

One chief in the district; in every department and township one head, a deputy or more, a worker or more, a liaison and a
back-up. Who stands in for somebody on leave fills no seat of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.language.terms import Role, Term, UnitKind


@dataclass(frozen=True)
class Need:
    """How many of a role a unit of this kind has: at least one, and at the most so many."""

    kind: UnitKind
    role: Role
    most: int | None


NEEDS = (
    Need(UnitKind.DISTRICT, Role.CHIEF, 1),
    *(
        Need(kind, role, 1 if role is Role.HEAD else None)
        for kind in (UnitKind.DEPARTMENT, UnitKind.TOWNSHIP)
        for role in (Role.HEAD, Role.DEPUTY, Role.WORKER, Role.LIAISON, Role.BACKUP_LIAISON)
    ),
)
STAFF = (Role.HEAD, Role.DEPUTY, Role.WORKER)
"""定员: the tiers of a unit. The liaison is asked for beside them (方案 五(五))."""


class Settled(Term):
    """The four things settled for a grid."""

    AREA = "area", "定格"
    STAFF = "staff", "定员"
    DUTY = "duty", "定责"
    POST = "post", "定岗"
