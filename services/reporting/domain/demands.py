"""What became of the enterprises' demands: K2 to K6 of kpi §3 and §4, for the district and for a unit.

A ticket belongs to the month it was reported in (K2), to the month its deadline lies in (K3, K4), to the month it was closed
in (K6). It is judged by a deadline that extensions and higher levels move and a reopening never does; beside it stands the
first deadline, so that extending to look punctual shows. Percentages are never averaged. Whole numbers and decimals only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from services.reporting.domain.coverage import percentage
from services.reporting.domain.histories import IssueHistory
from shared.months import Calendar
from shared.terms import IssueStage, Level, Rating

_INVALID = (IssueStage.DECLINED, IssueStage.MERGED)
_OPEN = (
    IssueStage.REPORTED, IssueStage.ACCEPTED, IssueStage.DISPATCHED, IssueStage.SIGNED, IssueStage.RESOLVED,
    IssueStage.REVIEWED, IssueStage.TRACKED, IssueStage.ESCALATING,
)  # fmt: skip
_SATISFIED, _STRICTLY = 3, 4
_PROMPT = 2
"""Working days from report to 交办: one for 受理, one for 交办."""
_ENOUGH, _ENOUGH_PERCENT = 30, 50
_FOR_EVER = "9999-12-31"
_Z = Decimal("1.959963984540054")
"""The normal quantile of 95 %."""


@dataclass(frozen=True)
class Rate:
    """A numerator over a denominator; ``pct`` is ``None`` over nothing."""

    n: int
    d: int

    @property
    def pct(self) -> str | None:
        """Two decimals, half up, never rounded to 100 or to 0 (kpi §1)."""
        return percentage(self.n, self.d)


@dataclass(frozen=True)
class Demands:
    """The figures of one month, and the tickets behind those that hurt."""

    rates: dict[str, Rate]
    index: str | None
    """满意度指数, 0 to 100."""
    interval: tuple[str, str] | None
    """Wilson, 95 %, of the satisfaction rate."""
    enough: bool
    """Whether there are ratings enough to rank anybody (样本不足)."""
    overdue: tuple[str, ...]
    undispatched: tuple[str, ...]
    unanswered: tuple[str, ...]


def demands(
    issues: Iterable[IssueHistory], first: str, until: str, last: str, calendar: Calendar, *,
    unit: str | None = None, today: str = _FOR_EVER,
) -> Demands:  # fmt: skip
    """The month from ``first`` to ``until`` (the 27th, or its last day); deadlines and closings are the whole month's.

    Of a ``unit``: what it collected has to be given out and answered (K2, K5), what it handles has to be done in time and
    well (K3, K4, K6). Overdue is what was owed before ``today``.
    """
    everything = list(issues)
    known = [issue for issue in everything if unit in (None, issue.unit)]
    handled = [issue for issue in everything if unit in (None, issue.handler or issue.unit)]
    valid = [issue for issue in known if first <= issue.reported_on <= until and _valid(issue, calendar)]
    due = [issue for issue in handled if issue.owed and first <= issue.owed <= last and issue.stage not in _INVALID
           and issue.stage != IssueStage.WITHDRAWN]  # fmt: skip
    closed = [issue for issue in due if issue.closed]
    finished = [issue for issue in handled if issue.closed and issue.closed_on and first <= issue.closed_on <= last]
    promised = [issue for issue in valid if (issue.owed or issue.reported_on) <= until and issue.stage != IssueStage.WITHDRAWN]
    rated = [int(issue.rating) for issue in finished if issue.rating]
    satisfied = sum(1 for rating in rated if rating >= _SATISFIED)
    ever = [issue for issue in known if issue.reported_on <= until and issue.stage not in _INVALID]
    rates = {
        "dispatched": Rate(sum(1 for issue in valid if issue.dispatched_on), len(valid)),
        "dispatched_promptly": Rate(sum(1 for issue in valid if _prompt(issue, calendar)), len(valid)),
        "closed": Rate(len(closed), len(due)),
        "on_time": Rate(sum(1 for issue in closed if _by(issue, issue.owed)), len(due)),
        "on_time_initially": Rate(sum(1 for issue in closed if _by(issue, issue.initial_due)), len(due)),
        "closed_ever": Rate(sum(1 for issue in ever if issue.closed), len(ever)),
        "answered": Rate(sum(1 for issue in promised if issue.replied_on), len(promised)),
        "reworked": Rate(sum(1 for issue in finished if issue.reopened), len(finished)),
        "extended": Rate(sum(1 for issue in due if issue.extensions), len(due)),
        "returned": Rate(sum(1 for issue in valid if issue.returned), len(valid)),
        "escalated": Rate(sum(1 for issue in valid if issue.level != Level.GRID), len(valid)),
        "satisfied": Rate(satisfied, len(rated)),
        "satisfied_strictly": Rate(sum(1 for rating in rated if rating >= _STRICTLY), len(rated)),
        "satisfied_at_once": Rate(sum(1 for issue in finished if issue.rating and _at_once(issue)), len(rated)),
        "took_part": Rate(len(rated), len(finished)),
        "called_back": Rate(sum(1 for issue in finished if issue.calls), len(finished)),
    }
    return Demands(
        rates=rates,
        index=_two(Decimal(sum(rated) * 100) / (5 * len(rated))) if rated else None,
        interval=wilson(satisfied, len(rated)),
        enough=len(rated) >= _ENOUGH and len(rated) * 100 >= _ENOUGH_PERCENT * len(finished),
        overdue=_numbers(issue for issue in handled if issue.stage in _OPEN and issue.owed and issue.owed < min(until, today)),
        undispatched=_numbers(issue for issue in valid if not issue.dispatched_on),
        unanswered=_numbers(issue for issue in promised if not issue.replied_on),
    )


def document(figures: Demands) -> dict[str, Any]:
    """As JSON."""
    return {
        "rates": {name: {"n": rate.n, "d": rate.d, "pct": rate.pct} for name, rate in figures.rates.items()},
        "satisfaction_index": figures.index, "interval": figures.interval, "enough": figures.enough,
        "overdue": list(figures.overdue), "undispatched": list(figures.undispatched), "unanswered": list(figures.unanswered),
    }  # fmt: skip


def wilson(n: int, d: int) -> tuple[str, str] | None:
    """The 95 % interval of n out of d in percent: 5 of 5 is 56.55 to 100.00."""
    if not d:
        return None
    with localcontext() as context:
        context.prec = 28
        p, count, square = Decimal(n) / d, Decimal(d), _Z * _Z
        middle = p + square / (2 * count)
        spread = _Z * ((p * (1 - p) + square / (4 * count)) / count).sqrt()
        scale = 1 + square / count
        low, high = max(Decimal(0), (middle - spread) / scale), min(Decimal(1), (middle + spread) / scale)
        return _two(low * 100), _two(high * 100)


def _valid(issue: IssueHistory, calendar: Calendar) -> bool:
    """Neither declined nor merged; withdrawn ones stay if that came after 交办, or later than one working day."""
    if issue.stage in _INVALID:
        return False
    if issue.withdrawn_on is None or issue.dispatched_on:
        return True
    return date.fromisoformat(issue.withdrawn_on) > calendar.add_workdays(date.fromisoformat(issue.reported_on), 1)


def _prompt(issue: IssueHistory, calendar: Calendar) -> bool:
    if not issue.dispatched_on:
        return False
    return date.fromisoformat(issue.dispatched_on) <= calendar.add_workdays(date.fromisoformat(issue.reported_on), _PROMPT)


def _by(issue: IssueHistory, day: str | None) -> bool:
    return bool(issue.resolved_on and day and issue.resolved_on <= day)


def _at_once(issue: IssueHistory) -> bool:
    return bool(issue.first_rating and int(Rating(issue.first_rating).value) >= _SATISFIED)


def _numbers(issues: Iterable[IssueHistory]) -> tuple[str, ...]:
    return tuple(sorted(issue.no for issue in issues))


def _two(value: Decimal) -> str:
    return str(value.quantize(Decimal("0.01"), ROUND_HALF_UP))
