"""K2 to K6 on the golden tickets of kpi §9, and what the intervals and the edges are."""

from __future__ import annotations

from support.stories import AUTUMN_2026

from services.reporting.domain.demands import Rate, demands, wilson
from services.reporting.domain.histories import IssueHistory
from shared.terms import IssueStage as Stage


def ticket(no: str, **known: object) -> IssueHistory:
    item = IssueHistory(no, no=no, unit="H1", reported_on="2026-09-01", dispatched_on="2026-09-02", stage=Stage.SIGNED)
    for name, value in known.items():
        setattr(item, name, value)
    if item.owed and not item.due:
        item.due = item.owed
    item.initial_due = item.initial_due or item.owed
    return item


CLOSED = {"stage": Stage.CLOSED}
GOLDEN = [
    ticket("I1", owed="2026-09-10", resolved_on="2026-09-08", closed_on="2026-09-09", rating="4", first_rating="4", calls=1, **CLOSED),
    ticket("I2", owed="2026-09-15", resolved_on="2026-09-18", closed_on="2026-09-19", rating="3", first_rating="2", calls=2,
           reopened=1, **CLOSED),
    ticket("I3", owed="2026-09-24", initial_due="2026-09-18", extensions=1, resolved_on="2026-09-23", closed_on="2026-09-28",
           calls=3, **CLOSED),
    ticket("I4", owed="2026-09-22"),
    ticket("I5", owed="2026-09-24", stage=Stage.TRACKED),
    ticket("I6", owed="2026-10-09", resolved_on="2026-09-20", closed_on="2026-09-21", rating="5", first_rating="5", calls=1, **CLOSED),
    ticket("I7", stage=Stage.DECLINED, dispatched_on=None),
    ticket("I8", stage=Stage.MERGED, dispatched_on=None),
    ticket("I9", reported_on="2026-09-21", dispatched_on=None, stage=Stage.REPORTED),
    ticket("I10", owed="2026-09-20", stage=Stage.WITHDRAWN, withdrawn_on="2026-09-12"),
]  # fmt: skip


def test_the_golden_tickets_give_the_golden_figures():
    found = demands(GOLDEN, "2026-09-01", "2026-09-30", "2026-09-30", AUTUMN_2026)
    rates = {name: (rate.n, rate.d, rate.pct) for name, rate in found.rates.items()}
    assert rates["dispatched"] == (7, 8, "87.50")
    assert rates["closed"] == (3, 5, "60.00")
    assert rates["on_time"] == (2, 5, "40.00")
    assert rates["on_time_initially"] == (1, 5, "20.00")
    assert rates["satisfied"] == (3, 3, "100.00")
    assert rates["satisfied_strictly"] == (2, 3, "66.67")
    assert rates["satisfied_at_once"] == (2, 3, "66.67")
    assert rates["took_part"] == (3, 4, "75.00")
    assert found.index == "80.00"
    assert not found.enough
    assert found.undispatched == ("I9",)
    assert found.overdue == ("I4", "I5")


def test_five_of_five_are_not_yet_everybody():
    assert wilson(5, 5) == ("56.55", "100.00")
    assert wilson(0, 0) is None
    assert wilson(0, 5) == ("0.00", "43.45")


def test_nothing_is_no_percentage():
    assert Rate(0, 0).pct is None
    assert demands([], "2026-09-01", "2026-09-27", "2026-09-30", AUTUMN_2026).index is None


def test_a_demand_taken_back_at_once_owes_no_dispatch_and_a_later_one_does():
    at_once = ticket("A", dispatched_on=None, withdrawn_on="2026-09-02", stage=Stage.WITHDRAWN)
    later = ticket("B", dispatched_on=None, withdrawn_on="2026-09-04", stage=Stage.WITHDRAWN)
    found = demands([at_once, later], "2026-09-01", "2026-09-30", "2026-09-30", AUTUMN_2026)
    assert found.rates["dispatched"].d == 1


def test_a_unit_gives_out_what_it_collects_and_is_judged_by_what_it_handles():
    lapsed = ticket("A", unit="T01", handler="D05", owed="2026-09-10")
    done = ticket("B", unit="T01", handler="D05", owed="2026-09-11", resolved_on="2026-09-09", closed_on="2026-09-10", rating="4",
                  first_rating="4", calls=1, **CLOSED)  # fmt: skip
    of = {
        unit: demands([lapsed, done], "2026-09-01", "2026-09-30", "2026-09-30", AUTUMN_2026, unit=unit) for unit in ("T01", "D05")
    }
    rates = {unit: {name: (rate.n, rate.d) for name, rate in found.rates.items()} for unit, found in of.items()}
    assert (rates["T01"]["dispatched"], rates["D05"]["dispatched"]) == ((2, 2), (0, 0))
    assert (rates["T01"]["on_time"], rates["D05"]["on_time"]) == ((0, 0), (1, 2))
    assert (rates["T01"]["satisfied"], rates["D05"]["satisfied"]) == ((0, 0), (1, 1))
    assert (of["T01"].overdue, of["D05"].overdue) == ((), ("A",))


def test_nothing_is_overdue_before_its_deadline_is_over():
    open_ = ticket("A", owed="2026-09-22")
    for today, found in (("2026-09-14", ()), ("2026-09-22", ()), ("2026-09-23", ("A",))):
        assert demands([open_], "2026-09-01", "2026-09-30", "2026-09-30", AUTUMN_2026, today=today).overdue == found
