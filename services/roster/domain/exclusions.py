"""Roles that exclude each other: one table, and one function that reads it (``roles.md``, last lines).

Who checks does not do, who audits does not write, and who runs the platform has nothing of what it is for.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.language.terms import ADMINISTRATORS, Role

OF_UNITS = frozenset({Role.HEAD, Role.DEPUTY, Role.WORKER, Role.LIAISON, Role.BACKUP_LIAISON, Role.INFORMANT})
"""Who visits, handles and answers for a unit."""
BUSINESS = frozenset(Role) - ADMINISTRATORS - {Role.AUDITOR, Role.SYSTEM}
"""Whoever writes anything of what the platform is for."""


@dataclass(frozen=True)
class Exclusion:
    """Nobody holds ``role`` and one of ``others`` on the same day; with ``in_unit``, in the same unit."""

    role: Role
    others: frozenset[Role]
    in_unit: bool = False


EXCLUDES = (
    Exclusion(Role.AUDITOR, BUSINESS | ADMINISTRATORS),
    *(Exclusion(role, BUSINESS | ADMINISTRATORS - {role}) for role in sorted(ADMINISTRATORS)),
    Exclusion(Role.SUPERVISOR, OF_UNITS, in_unit=True),
    Exclusion(Role.CALLER_BACK, OF_UNITS | {Role.SUPERVISOR}),
)
"""回访员: every unit handles tickets at some time, and a call-back may be about any of them."""


def exclude(one: tuple[Role, str], other: tuple[Role, str]) -> bool:
    """Whether nobody may hold both of these posts, each a role in a unit, on one day."""
    return any(_excludes(rule, one, other) or _excludes(rule, other, one) for rule in EXCLUDES)


def _excludes(rule: Exclusion, one: tuple[Role, str], other: tuple[Role, str]) -> bool:
    return one[0] is rule.role and other[0] in rule.others and (not rule.in_unit or one[1] == other[1])
