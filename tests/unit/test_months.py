"""Working days, months and due instants: the golden vectors of ``kpi.md`` §9, and what the calendar does not know."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from shared.months import SHANGHAI, Calendar, DueShift, Month, Year, local_date

DATA = Path(__file__).parents[2] / "deploy" / "data" / "calendar"


def official() -> Calendar:
    """The calendar that comes with the platform."""
    years = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(DATA.glob("*.json"))]
    return Calendar.of({item["year"]: Year.read(item["year"], 1, item["days"]) for item in years})


CALENDAR = official()


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        ("2026-02-10", 5, "2026-02-24"),
        ("2026-04-29", 5, "2026-05-09"),
        ("2026-05-06", 5, "2026-05-12"),
        ("2026-09-18", 1, "2026-09-20"),
        ("2026-09-17", 3, "2026-09-21"),
        ("2026-09-24", 5, "2026-10-09"),
        ("2026-09-30", 1, "2026-10-08"),
    ],
)
def test_working_days_are_the_golden_vectors(start, n, end):
    assert CALENDAR.add_workdays(date.fromisoformat(start), n) == date.fromisoformat(end)
    assert CALENDAR.workdays_between(date.fromisoformat(start), date.fromisoformat(end)) == n
    assert CALENDAR.workdays_between(date.fromisoformat(end), date.fromisoformat(start)) == -n


@pytest.mark.parametrize(("month", "day"), [("2026-06", "2026-06-26"), ("2026-09", "2026-09-24"), ("2026-12", "2026-12-25")])
def test_reminders_aim_at_the_last_working_day_before_the_27th(month, day):
    assert Month.parse(month).reminder_day(CALENDAR) == date.fromisoformat(day)


def test_a_derivation_names_the_days_it_skips():
    assert CALENDAR.explain(date(2026, 9, 24), 5) == "09-24 + 5 工作日,跳过 09-25…27、10-01…07 → 10-09"


def test_a_derivation_names_the_make_up_days_it_counts():
    assert CALENDAR.explain(date(2026, 9, 18), 1) == "09-18 + 1 工作日,跳过 09-19,含调休上班 09-20 → 09-20"


def test_a_derivation_across_years_says_the_year_and_that_it_is_provisional():
    said = CALENDAR.explain(date(2026, 12, 30), 5)
    assert "2027-01-06" in said
    assert "2027 年放假安排尚未公布" in said


def test_a_year_without_data_is_provisional():
    assert CALENDAR.is_provisional(date(2027, 5, 3))
    assert CALENDAR.is_workday(date(2027, 5, 3))
    assert not CALENDAR.is_workday(date(2027, 5, 1))
    assert not CALENDAR.is_provisional(date(2026, 5, 3))


def test_a_year_with_an_empty_list_is_provisional_too():
    calendar = Calendar.of({2027: Year.read(2027, 1, [])})
    assert calendar.is_provisional(date(2027, 1, 1))
    assert calendar.version == "provisional"


def test_a_calendar_names_the_version_of_each_year():
    days = [{"date": "2026-01-01", "off": True, "name": "元旦"}]
    assert Calendar.of({2026: Year.read(2026, 3, days)}).version == "2026.3"


def test_the_last_five_working_days_begin_on_the_fifth_counted_back():
    assert CALENDAR.workdays_back(date(2026, 9, 27), 5) == date(2026, 9, 20)
    assert CALENDAR.workdays_back(date(2026, 9, 24), 1) == date(2026, 9, 24)


def test_no_working_days_after_a_day_is_the_day_itself():
    assert CALENDAR.add_workdays(date(2026, 10, 3), 0) == date(2026, 10, 3)


def test_working_days_are_not_negative():
    with pytest.raises(ValueError, match="negative"):
        CALENDAR.add_workdays(date(2026, 1, 5), -1)
    with pytest.raises(ValueError, match="positive"):
        CALENDAR.workdays_back(date(2026, 1, 5), 0)


def test_every_year_of_the_data_holds_its_own_days_once():
    for path in DATA.glob("*.json"):
        item = json.loads(path.read_text(encoding="utf-8"))
        days = [day["date"] for day in item["days"]]
        assert item["year"] == int(path.stem)
        assert all(day.startswith(path.stem) for day in days)
        assert len(set(days)) == len(days) > 20
        assert "国务院办公厅" in item["source"]


def test_a_month_is_due_at_the_end_of_the_27th_in_shanghai():
    month = Month.parse("2026-09")
    assert month.due_day() == date(2026, 9, 27)
    assert month.due() == datetime(2026, 9, 27, 16, tzinfo=UTC)
    assert local_date(month.due() - timedelta(microseconds=1)) == date(2026, 9, 27)


def test_the_due_day_moves_only_where_the_setting_says_so():
    month = Month.parse("2026-09")
    assert month.due_day(DueShift.PREVIOUS_WORKDAY, CALENDAR) == date(2026, 9, 24)
    assert month.due_day("next_workday", CALENDAR) == date(2026, 9, 28)
    assert month.due_day(DueShift.NONE, CALENDAR) == date(2026, 9, 27)
    assert month.due("next_workday", CALENDAR) == datetime(2026, 9, 29, tzinfo=SHANGHAI)


def test_a_month_begins_and_ends_at_midnight_in_shanghai():
    month = Month.parse("2026-02")
    assert month.start == datetime(2026, 1, 31, 16, tzinfo=UTC)
    assert month.end == datetime(2026, 2, 28, 16, tzinfo=UTC)
    assert (month.first_day, month.last_day) == (date(2026, 2, 1), date(2026, 2, 28))
    assert Month.parse("2024-02").last_day == date(2024, 2, 29)


def test_months_follow_each_other_across_years():
    assert str(Month.parse("2026-12").next) == "2027-01"
    assert str(Month.parse("2026-01").previous) == "2025-12"
    assert Month.parse("2025-12") < Month.parse("2026-01")


def test_a_month_contains_its_days_and_its_instants_in_shanghai():
    month = Month.parse("2026-09")
    assert month.contains(date(2026, 9, 30))
    assert not month.contains(date(2026, 10, 1))
    assert month.contains(datetime(2026, 8, 31, 16, tzinfo=UTC))
    assert not month.contains(datetime(2026, 9, 30, 16, tzinfo=UTC))
    assert Month.of(date(2026, 9, 30)) == month


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-9", "2026-00", "26-09", "2026-09-01", "", "二〇二六-09", "2026-09\n", "0000-01"]
)
def test_only_a_month_reads_as_a_month(text):
    with pytest.raises(ValueError):
        Month.parse(text)


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        local_date(datetime(2026, 9, 27))  # noqa: DTZ001
