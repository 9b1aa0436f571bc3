"""Who reads what of visits (``roles.md``: 走访, 宣传/方案/会商). Who may tell, review or rule stands with what is told.

| | d | u | o, b |
|---|---|---|---|
| 走访, 印证资料 | 总网格长, 区优化办, 督查, 审计员 (masked) | 网格长, 副网格长, 联络员, 监督队伍 (masked) | 网格员, 信息员: what they told, and their own enterprises |
| 走访, counted over a unit | the same | the same | – |
| 宣传/方案/会商, the library | the same | the unit's people | the unit's people |
| 变味举报 | 督查 alone | – | – |
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from services.visits.domain.visit.states import VisitDetails
from shared.language import reach
from shared.language.decider import Actor
from shared.language.problems import Forbidden
from shared.language.reach import DISTRICT, OWN, UNIT, Reach
from shared.language.terms import Role

ALLEGATIONS = (Role.INSPECTOR,)
"""Who reads that a visit became an inspection, and in which words (方案 四(一)3)."""
READING = (*DISTRICT, *UNIT, *OWN)
TOLD_BY = "id in (select visit from visit_member where member = {0}::uuid)"
"""A visit that somebody told or was at, in SQL."""


def sees_district(caller: Actor) -> bool:
    """Whether every unit's visits may be read; refuses those who may read none."""
    reach.reads(caller)
    return reach.sees_district(caller)


def hands(details: VisitDetails) -> Iterable[UUID]:
    """Who was at the visit or told it."""
    yield from details.tellers
    yield from (visitor.member for visitor in details.told.visitors)


def must_read(may: Reach, details: VisitDetails) -> None:
    """The visit is the caller's to read, or it is refused."""
    may.must_cover(details.units, details.told.enterprise.id, list(hands(details)))


def may_see(caller: Actor, *units: str) -> None:
    """The district's readers, and the people of the units it concerns."""
    if not (reach.sees_district(caller) or (caller.holds(*UNIT, *OWN) and caller.unit in units)):
        raise Forbidden
