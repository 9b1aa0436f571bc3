"""What became of the enterprises' demands: K2 to K6 of kpi §3 and §4, for the district and for a unit.

Everybody who tells such a figure asks ``demands``: the indicators, 月度汇总 of the ledger, whoever comes next.

- Who: K2, K2b and K5 (and 退回, 提级) are of the unit that *collected* the demand; K3, K3c, K4, K4b, K6, 返工, 延期 and 逾期
  of the unit that *handles* it, 主办 after the last dispatch by T.
- When: a figure is taken at T, the day of filing or the month's last (kpi §1). Tickets are read as they stood then, by all
  that is known now: what happened after T is in no figure; ``of_issues.stood`` leaves it out.
- Which month: a ticket belongs to the month it was reported in (K2), its deadline lies in (K3, K4), it was closed in (K6).
- Which deadline: K3 and K4 judge by one that extensions and higher levels move and a reopening never does; beside it stands
  the first deadline, so that extending to look punctual shows. 逾期未结 asks the deadline now in force.

Percentages are never averaged. Whole numbers and decimals only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from services.reporting.domain.histories import IssueHistory
from services.reporting.domain.of_issues import stood
from shared.language.months import Calendar
from shared.language.percent import estimated, percentage
from shared.language.terms import CallOutcome, IssueStage, Level, Rating

_INVALID = (IssueStage.DECLINED, IssueStage.MERGED)
_OPEN = (
    IssueStage.REPORTED,
    IssueStage.ACCEPTED,
    IssueStage.DISPATCHED,
    IssueStage.SIGNED,
    IssueStage.RESOLVED,
    IssueStage.REVIEWED,
    IssueStage.TRACKED,
    IssueStage.ESCALATING,
)
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


Behind = Mapping[str, tuple[tuple[IssueHistory, bool], ...]]
"""By figure the tickets of its denominator, each as it stood at T, and whether it is in the numerator."""


@dataclass(frozen=True)
class Demands:
    """The figures of one month, and the tickets behind those that hurt."""

    rates: dict[str, Rate]
    counts: dict[str, int]
    """Of the collected: ``collected`` (the whole of K2), ``district`` and ``city`` (提级), ``tracked``."""
    index: str | None
    """满意度指数, 0 to 100."""
    interval: tuple[str, str] | None
    """Wilson, 95 %, of the satisfaction rate."""
    enough: bool
    """Whether there are ratings enough to rank anybody (样本不足)."""
    overdue: tuple[str, ...]
    undispatched: tuple[str, ...]
    unanswered: tuple[str, ...]
    behind: Behind
    """The tickets that ``rates`` count, and ``overdue``."""


def demands(
    issues: Iterable[IssueHistory],
    first: str,
    until: str,
    last: str,
    calendar: Calendar,
    *,
    unit: str | None = None,
    today: str = _FOR_EVER,
) -> Demands:
    """The month from ``first`` to ``last``, told at the end of ``until`` (the 27th, or its last day): see above.

    Of a ``unit``: what it collected has to be given out and answered, what it handles has to be done in time and well.
    Overdue is what was owed before ``until``, and before ``today``.
    """
    everything = [then for issue in issues if (then := stood(issue, until)) is not None]
    collected = [issue for issue in everything if unit in (None, issue.unit)]
    handled = [issue for issue in everything if unit in (None, issue.done_by)]
    valid = [issue for issue in collected if first <= issue.reported_on <= until and _valid(issue, calendar)]
    promised = [issue for issue in valid if _limit(issue, calendar) <= until]
    rated = _rated(handled, first, last)
    ratings = [int(issue.rating) for issue in rated if issue.rating]
    ever = [issue for issue in handled if issue.reported_on <= until and _valid(issue, calendar)]
    behind: Behind = {
        "dispatched": _parted(valid, lambda issue: bool(issue.dispatched_on)),
        "dispatched_promptly": _parted(valid, lambda issue: _prompt(issue, calendar)),
        **_done(handled, first, last),
        "closed_ever": _parted(ever, lambda issue: issue.closed),
        "answered": _parted(promised, lambda issue: bool(issue.replied_on)),
        "returned": _parted(valid, lambda issue: issue.returned > 0),
        "escalated": _parted(valid, lambda issue: issue.level != Level.GRID),
        **_satisfied(rated),
        "called_back": _called_back(everything, unit, first, min(last, until)),
    }
    late = [issue for issue in handled if issue.stage in _OPEN and issue.due and issue.due < min(until, today)]
    return Demands(
        rates={name: Rate(sum(holds for _, holds in of), len(of)) for name, of in behind.items()},
        counts={
            "collected": len(valid),
            "district": sum(1 for issue in valid if issue.level == Level.DISTRICT),
            "city": sum(1 for issue in valid if issue.level == Level.CITY),
            "tracked": sum(1 for issue in collected if issue.stage == IssueStage.TRACKED),
        },
        index=percentage(sum(ratings), 5 * len(ratings)),
        interval=wilson(sum(1 for rating in ratings if rating >= _SATISFIED), len(ratings)),
        enough=enough(len(ratings), len(rated)),
        overdue=_numbers(late),
        undispatched=_numbers(issue for issue in valid if not issue.dispatched_on),
        unanswered=_numbers(issue for issue in promised if not issue.replied_on),
        behind={**behind, "overdue": tuple((issue, True) for issue in late)},
    )


def _done(handled: Sequence[IssueHistory], first: str, last: str) -> Behind:
    """K3, K4, K4b and 延期 over what was due in the month; the withdrawn owe nothing, the tracked go on owing."""
    due = [
        issue
        for issue in handled
        if issue.judged_by and first <= issue.judged_by <= last and issue.stage not in (*_INVALID, IssueStage.WITHDRAWN)
    ]
    return {
        "closed": _parted(due, lambda issue: issue.closed),
        "on_time": _parted(due, lambda issue: issue.closed and _by(issue, issue.judged_by)),
        "on_time_initially": _parted(due, lambda issue: issue.closed and _by(issue, issue.initial_due)),
        "extended": _parted(due, lambda issue: issue.extensions > 0),
    }


def _rated(handled: Sequence[IssueHistory], first: str, last: str) -> list[IssueHistory]:
    """What was closed in the month, and so is due for a call-back (kpi §4)."""
    return [issue for issue in handled if issue.closed and issue.closed_on and first <= issue.closed_on <= last]


def _satisfied(finished: Sequence[IssueHistory]) -> Behind:
    """K6 over the final call-back of each ticket, and 返工."""
    answered = [issue for issue in finished if issue.rating]
    return {
        "satisfied": _parted(answered, lambda issue: int(issue.rating or 0) >= _SATISFIED),
        "satisfied_strictly": _parted(answered, lambda issue: int(issue.rating or 0) >= _STRICTLY),
        "satisfied_at_once": _parted(answered, _at_once),
        "took_part": _parted(finished, lambda issue: bool(issue.rating)),
        "reworked": _parted(finished, lambda issue: issue.reopened > 0),
    }


_TRIES, _DAYS = 3, 2


def _called_back(
    issues: Iterable[IssueHistory], unit: str | None, first: str, last: str
) -> tuple[tuple[IssueHistory, bool], ...]:
    """回访率: of the tickets whose answer was let out in the month, those called back as the rule asks: somebody spoke, or three
    tries on two days (R51). The tickets service shows the same of today, with those that are still to be called.
    """
    due = [
        issue
        for issue in issues
        if issue.let_out_on and first <= issue.let_out_on <= last and not issue.alleged and unit in (None, _called_about(issue))
    ]
    return _parted(due, _attempted)


def _called_about(issue: IssueHistory) -> str:
    """The unit the call-back is about: who handles, or who collected what was merged and answered by the office."""
    return issue.unit if issue.stage == IssueStage.MERGED else issue.done_by


def _attempted(issue: IssueHistory) -> bool:
    spoken = any(outcome != CallOutcome.UNREACHED for _, outcome in issue.calls)
    return spoken or (len(issue.calls) >= _TRIES and len({day for day, _ in issue.calls}) >= _DAYS)


def _parted(of: Sequence[IssueHistory], holds: Callable[[IssueHistory], bool]) -> tuple[tuple[IssueHistory, bool], ...]:
    return tuple((issue, holds(issue)) for issue in of)


def document(figures: Demands) -> dict[str, Any]:
    """As JSON."""
    return {
        "rates": {name: {"n": rate.n, "d": rate.d, "pct": rate.pct} for name, rate in figures.rates.items()},
        "counts": figures.counts,
        "satisfaction_index": figures.index,
        "interval": figures.interval,
        "enough": figures.enough,
        "overdue": list(figures.overdue),
        "undispatched": list(figures.undispatched),
        "unanswered": list(figures.unanswered),
    }


def enough(valid: int, asked: int) -> bool:
    """Whether so many answers of so many asked are enough to rank anybody by (kpi §4: 样本不足)."""
    return valid >= _ENOUGH and valid * 100 >= _ENOUGH_PERCENT * asked


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
        return estimated(Fraction(low)), estimated(Fraction(high))


def _valid(issue: IssueHistory, calendar: Calendar) -> bool:
    """Neither declined nor merged; withdrawn ones stay if that came after 交办, or later than one working day."""
    if issue.stage in _INVALID:
        return False
    if issue.withdrawn_on is None or issue.dispatched_on:
        return True
    return date.fromisoformat(issue.withdrawn_on) > calendar.add_workdays(date.fromisoformat(issue.reported_on), 1)


def _prompt(issue: IssueHistory, calendar: Calendar) -> bool:
    return bool(issue.dispatched_on) and issue.dispatched_on <= _to_be_given_out(issue, calendar)


def _to_be_given_out(issue: IssueHistory, calendar: Calendar) -> str:
    return str(calendar.add_workdays(date.fromisoformat(issue.reported_on), _PROMPT))


def _limit(issue: IssueHistory, calendar: Calendar) -> str:
    """The day by which the enterprise is to have its answer (K5). What was never given out owes one from the day on which it
    should have been: nobody escapes by not giving out, and the report of yesterday is no failure.
    """
    return issue.judged_by or _to_be_given_out(issue, calendar)


def _by(issue: IssueHistory, day: str | None) -> bool:
    return bool(issue.resolved_on and day and issue.resolved_on <= day)


def _at_once(issue: IssueHistory) -> bool:
    return bool(issue.first_rating and int(Rating(issue.first_rating).value) >= _SATISFIED)


def _numbers(issues: Iterable[IssueHistory]) -> tuple[str, ...]:
    return tuple(sorted(issue.no for issue in issues))
