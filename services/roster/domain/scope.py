"""Who is to be served on a day, and how completely they are placed (方案 三(二); kpi §1, §8).

Scope(e, t) = kind is 企业 (code 91…) ∧ standing(t) ∈ {存续, 在业, 迁入, 歇业} ∧ ¬代管(t). 经营异常 stays in; 吊销, 注销, 撤销,
迁出 are out; branches are in unless switched off.
"""

from __future__ import annotations

from datetime import date

from services.roster.domain.enterprise.states import Registered
from shared.language.dated import on_day
from shared.language.terms import Standing

_ENTERPRISE = "91"


def standing_on(state: Registered, day: date) -> Standing | None:
    """Its standing on a day; nothing before it entered the register."""
    return on_day(state.standings, day) if state.since <= day else None


def in_scope(state: Registered, day: date, *, branches: bool = True) -> bool:
    """Whether it is to be served on this day."""
    standing = standing_on(state, day)
    if standing is None or not state.code.startswith(_ENTERPRISE) or (state.particulars["branch"] and not branches):
        return False
    return standing.survives and not on_day(state.custodies, day)
