"""网格覆盖率 (kpi §8): of the enterprises in scope on a day those that have, on both lines, a unit and a 网格员 in office."""

from __future__ import annotations

from dataclasses import dataclass

from services.reporting.domain.coverage import Period, in_scope
from services.reporting.domain.histories import Assignment, EnterpriseHistory, Histories, MemberHistory
from shared.language.terms import Line


@dataclass(frozen=True)
class Placed:
    """An enterprise in scope, and who answers for it at T."""

    enterprise: EnterpriseHistory
    held: dict[Line, Assignment]
    """By line, where the unit is still there."""
    staffed: frozenset[Line]
    """The lines on which the named 网格员 is in office."""

    @property
    def whole(self) -> bool:
        """On both lines, by somebody in office."""
        return len(self.staffed) == len(Line)


def placed(at: Period, histories: Histories, unit: str | None = None) -> list[Placed]:
    """Those in scope; of a unit: those that it answers for on either line."""
    served: dict[str, bool] = {}
    found: list[Placed] = []
    for enterprise in histories.enterprises.values():
        if not in_scope(at, enterprise):
            continue
        held = {line: item for line in Line if (item := enterprise.assigned(line, at.until)) and not _gone(histories, item, at)}
        if unit not in (None, *(item.unit for item in held.values())):
            continue
        staffed = frozenset(line for line, item in held.items() if _in_office(histories, item, at.until, served))
        found.append(Placed(enterprise, held, staffed))
    return found


def _gone(histories: Histories, item: Assignment, at: Period) -> bool:
    unit = histories.units.get(item.unit)
    return unit is not None and unit.ended_on is not None and unit.ended_on <= at.until


def _in_office(histories: Histories, item: Assignment, on: str, served: dict[str, bool]) -> bool:
    member = histories.members.get(item.worker or "")
    if member is None:
        return False
    key = f"{member.id} {item.unit}"
    if key not in served:
        served[key] = _holds(member, item.unit, on)
    return served[key]


def _holds(member: MemberHistory, unit: str, on: str) -> bool:
    return any(post.unit == unit and post.since <= on and (post.until is None or post.until > on) for post in member.held())
