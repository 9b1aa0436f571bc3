"""Whom a worker visits next and when, and what the month comes to at this pace (方案 四(一)3, 四(二)3, 五(一); R23, R48).

    prospects --plan--> in order, each with its reasons and a day            pure; no clock, no chance
    covered, owing --forecast--> x % by the 27th at this pace                figures as (n, d, pct), never a float

Every point of a priority has its reason in words, so that a worker can see why one enterprise stands before another.
Days are spread evenly over the working days that are left until the 27th; an enterprise that wants to be left alone is
left alone. It is a proposal: nobody is ranked by it (国办函〔2026〕12号).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from uuid import UUID

from shared.language.months import Calendar, Month
from shared.language.percent import percentage
from shared.language.terms import Line, Operation

NEAR_WORKDAYS = 3
"""So few working days before the due day it is near."""
NEW_WORKDAYS = 10
"""So long an enterprise counts as newly entered (kpi §2)."""
_ABNORMAL = (Operation.REDUCED, Operation.CLOSED)
_WEIGHTY = ("规上", "重点", "四上", "专精特新", "包保", "招商")
"""Tags that contain one of these words mark an enterprise the district watches over (R48)."""


@dataclass(frozen=True)
class Last:
    """What the latest visit before or in this month left behind."""

    on: date
    by_unit: str
    operation: Operation
    difficulties: bool
    demands: tuple[str, ...]
    """The kinds of help it asked for, in Chinese."""


@dataclass(frozen=True)
class Prospect:
    """An enterprise that somebody answers for on a line, with everything its priority may rest on."""

    enterprise: UUID
    code: str
    name: str
    line: Line
    unit: str
    worker: UUID | None
    since: date
    """The first day on which anybody answered for it on this line."""
    tags: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    hours: str = ""
    quiet_until: date | None = None
    last: Last | None = None
    done_on: date | None = None
    """The first counted visit of the month on this line, if there is one."""
    done_by: tuple[UUID, ...] = ()
    uncounted: str = ""
    """Why a visit of this month does not count yet: 待补证, 被退回."""
    attempts: int = 0
    """Visits of this month at which nobody was met."""
    lost_on: date | None = None
    other_line_on: date | None = None
    """The other line's counted visit of the month: the enterprise was disturbed already."""


@dataclass(frozen=True)
class Reason:
    """Points and the words for them."""

    points: int
    words: str


@dataclass(frozen=True)
class Planned:
    """An enterprise on the list: its priority, why, and the day proposed."""

    prospect: Prospect
    priority: int
    reasons: tuple[Reason, ...]
    proposed: date | None
    needs: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Horizon:
    """The month as seen from today: the working days that have passed and those that are left."""

    month: Month
    today: date
    elapsed: int
    left: tuple[date, ...]
    """Working days from today (or the 1st) to the due day; after it, to the end of the month."""
    late: bool
    """The due day is over: what is still visited counts for the whole month only (全月口径)."""
    calendar: Calendar = field(repr=False)

    @property
    def over(self) -> bool:
        """The month has ended."""
        return self.today > self.month.last_day

    @property
    def on(self) -> date:
        """The day that the list is made as of: today, or the last day of a month that is over."""
        return min(self.today, self.month.last_day)

    @property
    def until_due(self) -> int:
        """Working days left until the due day."""
        return 0 if self.late else len(self.left)


def horizon(month: Month, today: date, calendar: Calendar) -> Horizon:
    """What is left of the month."""
    due = month.due_day()
    late = today > due
    first = max(today, month.first_day)
    until = month.last_day if late else due
    left = tuple(day for day in _days(first, until) if calendar.is_workday(day))
    elapsed = sum(calendar.is_workday(day) for day in _days(month.first_day, min(today, due)))
    return Horizon(month, today, elapsed, left, late, calendar)


def plan(prospects: Iterable[Prospect], at: Horizon) -> list[Planned]:
    """The list in its order: most urgent first, those done at the end by the day they were done."""
    waiting: list[tuple[int, tuple[Reason, ...], Prospect]] = []
    done: list[Prospect] = []
    for prospect in prospects:
        if prospect.done_on is not None:
            done.append(prospect)
        else:
            found = reasons(prospect, at)
            waiting.append((sum(reason.points for reason in found), found, prospect))
    # Who wants to be left alone comes after everybody who may be called; then by points, then by code.
    waiting.sort(key=lambda item: (_quiet(item[2], at), -item[0], item[2].code, item[2].line))
    days = _spread(len(waiting), at.left)
    planned = [
        Planned(prospect, points, found, *_dated(prospect, day, at))
        for (points, found, prospect), day in zip(waiting, days, strict=True)
    ]
    done.sort(key=lambda item: (item.done_on or at.today, item.code, item.line))
    return planned + [Planned(item, 0, (Reason(0, f"本月已于{item.done_on}走访"),), None, needs(item)) for item in done]


def reasons(prospect: Prospect, at: Horizon) -> tuple[Reason, ...]:
    """Why it stands where it stands; the points add up to its priority."""
    last, month = prospect.last, at.month
    new_since = at.calendar.workdays_back(at.today, NEW_WORKDAYS)
    weighty = [tag for tag in prospect.tags if any(word in tag for word in _WEIGHTY)]
    last_month = month.previous
    table = (
        (not prospect.uncounted, 50, "本月未走访"),
        (bool(prospect.uncounted), 70, f"本月走访尚不计数({prospect.uncounted}),补齐即可"),
        (last is not None and (last.difficulties or bool(last.demands)), 30, "上次有困难或诉求"),
        (last is not None and last.operation in _ABNORMAL, 25, f"生产经营异常({last.operation.label if last else ''})"),
        (prospect.lost_on is not None and month.contains(prospect.lost_on), 5, f"失联已于{prospect.lost_on}核实,仍须走访"),
        (
            prospect.attempts > 0 and not (prospect.lost_on and month.contains(prospect.lost_on)),
            20,
            f"失联待核实(本月{prospect.attempts}次未联系上)",
        ),
        (prospect.since >= new_since, 15, f"新登记({prospect.since}起负责)"),
        (bool(weighty), 20, f"重点标签:{'、'.join(weighty[:5])}"),
        (last is None or last.on < last_month.first_day, 10, "上月也未走访" if last else "从未走访"),
        (not at.late and at.until_due <= NEAR_WORKDAYS, 10, f"距27日仅剩{at.until_due}个工作日"),
        (at.late, 10, "已过27日,只计全月口径"),
    )
    return tuple(Reason(points, words) for holds, points, words in table if holds)


def needs(prospect: Prospect) -> tuple[str, ...]:
    """The service it needs: its tags, then what it asked for last."""
    asked = prospect.last.demands if prospect.last else ()
    return tuple(dict.fromkeys((*prospect.tags, *asked)))


def _quiet(prospect: Prospect, at: Horizon) -> bool:
    return prospect.quiet_until is not None and prospect.quiet_until >= max(at.today, at.month.first_day)


def _spread(count: int, days: Sequence[date]) -> list[date | None]:
    """So many visits evenly over these days, the first ones first."""
    if not days:
        return [None] * count
    return [days[index * len(days) // count] for index in range(count)]


def _dated(prospect: Prospect, day: date | None, at: Horizon) -> tuple[date | None, tuple[str, ...], tuple[str, ...]]:
    """The day (never one on which the enterprise wants to be left alone), what it needs, and what to mind."""
    notes: list[str] = []
    if prospect.other_line_on is not None:
        notes.append(f"另一线已于{prospect.other_line_on}走访,建议电话回访或联合走访,减少打扰")
    if prospect.hours:
        notes.append(f"偏好时段:{prospect.hours}")
    if _quiet(prospect, at) and prospect.quiet_until is not None:
        notes.append(f"免打扰至{prospect.quiet_until}")
        quiet = prospect.quiet_until
        day = day if day is not None and day > quiet else next((other for other in at.left if other > quiet), None)
        if day is None:
            notes.append("免打扰期覆盖本期剩余工作日,期内不安排")
    return day, needs(prospect), tuple(notes)


@dataclass(frozen=True)
class Forecast:
    """What the month comes to at this pace: covered now, covered by the 27th, of how many; and what was assumed."""

    covered: int
    owing: int
    elapsed: int
    left: int
    expected: int | None
    """Covered by the 27th at this pace; ``None`` before the first working day is over: there is no pace yet."""
    needed_per_day: int | None
    """Visits a working day that full coverage takes; ``None`` when no working day is left for those that are missing."""
    sentence: str
    assumptions: tuple[str, ...]

    @property
    def pct(self) -> str | None:
        """Covered now."""
        return percentage(self.covered, self.owing)

    @property
    def expected_pct(self) -> str | None:
        """Covered by the 27th."""
        return None if self.expected is None else percentage(self.expected, self.owing)


def forecast(covered: int, owing: int, at: Horizon) -> Forecast:
    """At the pace of the working days that have passed, today included; the working days left begin tomorrow."""
    left = sum(day > at.today for day in at.left) if not at.late else 0
    missing = owing - covered
    if left == 0 or missing <= 0:
        expected: int | None = covered
    else:
        expected = None if at.elapsed == 0 else min(owing, covered + covered * left // at.elapsed)
    # Today is still there to be worked on: whoever asks what is needed counts it.
    working = at.until_due
    needed = 0 if missing <= 0 else -(-missing // working) if working else None
    result = Forecast(
        covered,
        owing,
        at.elapsed,
        left,
        expected,
        needed,
        "",
        (
            f"进度 = 已走访 {covered} 家 ÷ 已过 {at.elapsed} 个工作日(含今日)",
            f"27日前还有 {left} 个工作日(不含今日),每日进度不变,每家企业每条网格线只计一次",
            "应走访 = 今日由该单位负责、在服务范围内的企业,不含10个工作日内新划入且未走访的",
            "移交冻结等细则以报送的走访覆盖率为准(GET /api/reporting/coverage)",
            *(("该年放假安排尚未公布,暂按周一至周五计",) if at.calendar.is_provisional(at.month.first_day) else ()),
        ),
    )
    return replace(result, sentence=_sentence(result, at))


def _sentence(found: Forecast, at: Horizon) -> str:
    if found.owing == 0:
        return "没有应走访企业"
    if at.late:
        return f"27日已过,本月已走访 {found.covered}/{found.owing},{found.pct}%"
    if found.expected is None:
        return "本月尚无已过工作日,无法预测"
    return f"按当前进度27日将达到{found.expected_pct}%({found.expected}/{found.owing})"


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
