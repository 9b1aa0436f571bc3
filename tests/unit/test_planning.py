"""The month's list and what it comes to, as pure functions."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.visits.domain.planning import Last, Prospect, forecast, horizon, plan, reasons
from shared.language.months import Calendar, Month
from shared.language.terms import Line, Operation

SEPTEMBER = Month(2026, 9)
PLAIN = Calendar.of({})
LONG_AGO = date(2020, 1, 1)


def prospect(number: int, **more: Any) -> Prospect:
    content: dict[str, Any] = {
        "enterprise": UUID(int=number),
        "code": f"91{number:016d}",
        "name": f"某{number}",
        "line": Line.HORIZONTAL,
        "unit": "T01",
        "worker": UUID(int=1),
        "since": LONG_AGO,
        "last": Last(date(2026, 8, 20), "T01", Operation.NORMAL, False, ()),
        **more,
    }
    return Prospect(**content)


def words(item: Prospect, day: int = 10) -> list[str]:
    return [reason.words for reason in reasons(item, horizon(SEPTEMBER, date(2026, 9, day), PLAIN))]


def test_the_working_days_left_are_those_of_the_calendar_until_the_27th() -> None:
    at = horizon(SEPTEMBER, date(2026, 9, 15), PLAIN)
    assert (at.elapsed, len(at.left), at.left[0], at.left[-1], at.late) == (11, 9, date(2026, 9, 15), date(2026, 9, 25), False)
    after = horizon(SEPTEMBER, date(2026, 9, 28), PLAIN)
    assert (after.late, after.left, after.until_due) == (True, (date(2026, 9, 28), date(2026, 9, 29), date(2026, 9, 30)), 0)
    before = horizon(SEPTEMBER, date(2026, 8, 20), PLAIN)
    assert (before.elapsed, before.left[0]) == (0, date(2026, 9, 1))
    assert horizon(SEPTEMBER, date(2026, 10, 5), PLAIN).left == ()


def test_each_reason_has_its_words() -> None:
    assert words(prospect(1)) == ["本月未走访"]
    assert words(prospect(1, last=None))[-1] == "从未走访"
    assert "上月也未走访" in words(prospect(1, last=Last(date(2026, 7, 2), "T01", Operation.NORMAL, False, ())))
    assert "上次有困难或诉求" in words(prospect(1, last=Last(date(2026, 8, 2), "T01", Operation.NORMAL, False, ("融资",))))
    assert "生产经营异常(停业歇业)" in words(prospect(1, last=Last(date(2026, 8, 2), "T01", Operation.CLOSED, False, ())))
    assert words(prospect(1, uncounted="待补证")) == ["本月走访尚不计数(待补证),补齐即可"]
    assert "失联待核实(本月2次未联系上)" in words(prospect(1, attempts=2))
    assert "失联已于2026-09-05核实,仍须走访" in words(prospect(1, attempts=2, lost_on=date(2026, 9, 5)))
    assert "新登记(2026-09-08起负责)" in words(prospect(1, since=date(2026, 9, 8)))
    assert "重点标签:重点企业" in words(prospect(1, tags=("重点企业", "用工")))
    assert "距27日仅剩1个工作日" in words(prospect(1), 25)
    assert "已过27日,只计全月口径" in words(prospect(1), 28)


@given(st.lists(st.tuples(st.integers(0, 40), st.none() | st.integers(1, 30)), max_size=40), st.integers(1, 30))
def test_a_plan_spreads_its_days_and_minds_do_not_disturb(raw: list[tuple[int, int | None]], day: int) -> None:
    at = horizon(SEPTEMBER, date(2026, 9, day), PLAIN)
    found = plan(
        [
            prospect(n, attempts=attempts, quiet_until=None if quiet is None else date(2026, 9, quiet))
            for n, (attempts, quiet) in enumerate(raw)
        ],
        at,
    )
    assert len(found) == len(raw)
    for item in found:
        assert item.priority == sum(reason.points for reason in item.reasons)
        assert item.proposed is None or item.proposed in at.left
        quiet = item.prospect.quiet_until
        assert item.proposed is None or quiet is None or quiet < at.today or item.proposed > quiet
    free = [item.proposed for item in found if item.prospect.quiet_until is None or item.prospect.quiet_until < at.today]
    assert free == sorted(free, key=str)
    if at.left and not any(quiet for _, quiet in raw):
        loads = [free.count(on) for on in at.left]
        assert max(loads, default=0) - min(loads, default=0) <= 1


def test_those_done_stand_at_the_end_with_their_day() -> None:
    at = horizon(SEPTEMBER, date(2026, 9, 10), PLAIN)
    found = plan([prospect(1, done_on=date(2026, 9, 4)), prospect(2), prospect(3, done_on=date(2026, 9, 2))], at)
    assert [item.prospect.code[-1] for item in found] == ["2", "3", "1"]
    assert found[1].reasons[0].words == "本月已于2026-09-02走访"


def test_a_forecast_says_what_it_rests_on() -> None:
    at = horizon(SEPTEMBER, date(2026, 9, 15), PLAIN)
    found = forecast(50, 100, at)
    assert (found.expected, found.expected_pct, found.needed_per_day) == (86, "86.00", 6)
    assert found.sentence == "按当前进度27日将达到86.00%(86/100)"
    assert len(found.assumptions) == 5  # The last one: the year is provisional.
    assert forecast(90, 100, at).expected == 100
    assert forecast(100, 100, at).needed_per_day == 0
    assert forecast(0, 0, at).sentence == "没有应走访企业"
    assert forecast(0, 10, horizon(SEPTEMBER, date(2026, 8, 20), PLAIN)).expected is None
    assert forecast(3, 10, horizon(SEPTEMBER, date(2026, 9, 28), PLAIN)).sentence == "27日已过,本月已走访 3/10,30.00%"


@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 30))
def test_a_forecast_never_shrinks_and_never_exceeds(covered: int, more: int, day: int) -> None:
    found = forecast(covered, covered + more, horizon(SEPTEMBER, date(2026, 9, day), PLAIN))
    assert found.expected is None or covered <= found.expected <= covered + more
