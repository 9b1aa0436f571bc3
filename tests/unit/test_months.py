"""Working days, months and due instants: the golden vectors of ``kpi.md`` §9, and what the calendar does not know."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from shared.language.months import SHANGHAI, Calendar, DueShift, Month, Year, local_date

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
    assert "2027 年放假安排尚未公布或不完整" in said


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


@pytest.mark.parametrize("path", sorted(DATA.glob("*.json")), ids=lambda path: path.stem)
def test_every_official_list_is_complete_and_without_any_festival_it_is_not(path):
    listed = json.loads(path.read_text(encoding="utf-8"))
    year = Year.read(listed["year"], 1, listed["days"])
    assert not Calendar.of({year.year: year}).is_provisional(date(year.year, 5, 1)), year.missing
    for first, last in (
        ((1, 1), (1, 3)),
        ((1, 19), (2, 26)),
        ((4, 3), (4, 6)),
        ((5, 1), (5, 5)),
        ((5, 26), (6, 27)),
        ((9, 6), (10, 8)),
    ):
        rest = {day: off for day, off in year.days.items() if not date(year.year, *first) <= day <= date(year.year, *last)}
        assert Calendar.of({year.year: Year(year.year, "1", rest)}).is_provisional(date(year.year, 7, 1)), (first, last)


def test_a_year_with_one_day_is_not_final():
    calendar = Calendar.of({2027: Year.read(2027, 1, [{"date": "2027-01-01", "off": True}])})
    assert calendar.is_provisional(date(2027, 7, 1)) and not calendar.is_workday(date(2027, 1, 1))


def test_days_beside_new_year_belong_to_their_years():
    days = [{"date": "2022-12-31", "off": True}, {"date": "2023-01-01", "off": True}, {"date": "2024-01-02", "off": True}]
    year = Year.read(2023, 1, days)
    alone = Calendar.of({2023: year})
    assert not alone.is_workday(date(2022, 12, 31)) and not alone.is_workday(date(2024, 1, 2))
    own = Year.read(2022, 1, [{"date": "2022-12-31", "off": False}])
    after = Year.read(2024, 1, [{"date": "2024-01-02", "off": False}])
    both = Calendar.of({2022: own, 2023: year, 2024: after})
    assert not both.is_workday(date(2022, 12, 31)), "what is announced later holds"
    assert both.is_workday(date(2024, 1, 2)), "its own year's list holds"
