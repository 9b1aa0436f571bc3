"""K2 to K6 on the golden tickets of kpi §9, and what the intervals and the edges are."""

from __future__ import annotations

from support.stories import AUTUMN_2026, Story, ident

from services.reporting.domain.demands import Demands, Rate, demands, wilson
from services.reporting.domain.folding import fold
from services.reporting.domain.histories import IssueHistory
from services.reporting.domain.of_issues import stood
from shared.events import issues
from shared.language.terms import IssueStage as Stage


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
    ticket(
        "I1", owed="2026-09-10", resolved_on="2026-09-08", closed_on="2026-09-09", rating="4", first_rating="4", calls=1, **CLOSED
    ),
    ticket(
        "I2",
        owed="2026-09-15",
        resolved_on="2026-09-18",
        closed_on="2026-09-19",
        rating="3",
        first_rating="2",
        calls=2,
        reopened=1,
        **CLOSED,
    ),
    ticket(
        "I3",
        owed="2026-09-24",
        initial_due="2026-09-18",
        extensions=1,
        resolved_on="2026-09-23",
        closed_on="2026-09-28",
        calls=3,
        **CLOSED,
    ),
    ticket("I4", owed="2026-09-22"),
    ticket("I5", owed="2026-09-24", stage=Stage.TRACKED),
    ticket(
        "I6", owed="2026-10-09", resolved_on="2026-09-20", closed_on="2026-09-21", rating="5", first_rating="5", calls=1, **CLOSED
    ),
    ticket("I7", stage=Stage.DECLINED, dispatched_on=None),
    ticket("I8", stage=Stage.MERGED, dispatched_on=None),
    ticket("I9", reported_on="2026-09-21", dispatched_on=None, stage=Stage.REPORTED),
    ticket("I10", owed="2026-09-20", stage=Stage.WITHDRAWN, withdrawn_on="2026-09-12"),
]


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
    done = ticket(
        "B",
        unit="T01",
        handler="D05",
        owed="2026-09-11",
        resolved_on="2026-09-09",
        closed_on="2026-09-10",
        rating="4",
        first_rating="4",
        calls=1,
        **CLOSED,
    )
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


def september(*tickets: IssueHistory) -> Demands:
    return demands(tickets, "2026-09-01", "2026-09-30", "2026-09-30", AUTUMN_2026)


def test_what_was_withdrawn_after_it_was_given_out_stays_owed_an_answer():
    found = september(ticket("A", owed="2026-09-14", stage=Stage.WITHDRAWN, withdrawn_on="2026-09-12"))
    assert (found.rates["answered"].n, found.rates["answered"].d, found.unanswered) == (0, 1, ("A",))


def test_what_was_withdrawn_at_once_is_in_no_whole():
    at_once = ticket("A", dispatched_on=None, withdrawn_on="2026-09-02", stage=Stage.WITHDRAWN)
    found = september(at_once, ticket("B", owed="2026-09-10", resolved_on="2026-09-09", closed_on="2026-09-10", **CLOSED))
    assert (found.rates["closed_ever"].n, found.rates["closed_ever"].d) == (1, 1)
    assert found.rates["answered"].d == 1


def test_overdue_asks_the_deadline_now_in_force_and_a_verdict_the_one_that_was():
    again = ticket("A", owed="2026-09-10", promised="2026-09-10", due="2026-10-09", reopened=1)
    assert (september(again).overdue, september(again).rates["closed"].d) == ((), 1)
    again.due = "2026-09-21"
    assert september(again).overdue == ("A",)


def test_a_reopening_erases_no_answer_and_moves_no_deadline_of_the_verdict():
    """A calendar published between 报结 and 重办 moves the deadline in force, and not the one it is judged by."""
    story, stream = Story(), f"issue/{ident('K')}"
    due = {"derivation": "", "calendar": "", "rule": ""}
    for kind, said in (
        (
            issues.IssueReported,
            {
                "no": "K",
                "enterprise": {"id": ident("E"), "code": "91", "name": "E"},
                "unit": "T01",
                "source": "in_person",
                "content": "积水",
                "category": "other",
                "nature": "help",
                "urgency": "ordinary",
                "on": "2026-09-01",
            },
        ),
        (
            issues.IssueDispatched,
            {"unit": "D05", "leader": ident("h"), "measures": "清淤", "due": {"on": "2026-09-10", **due}, "on": "2026-09-01"},
        ),
        (issues.IssueResolved, {"outcome": "solved", "result": "已清淤", "reply": "已排除", "on": "2026-09-11"}),
        (issues.ResolutionApproved, {"on": "2026-09-11"}),
        (issues.DeadlineRederived, {"due": {"on": "2026-09-14", **due}, "was": "2026-09-10", "on": "2026-09-12"}),
        (issues.IssueReopened, {"reason": "又积水了", "due": {"on": "2026-09-21", **due}, "on": "2026-09-14"}),
    ):
        story.tell(stream, kind.model_validate(said))
    (item,) = fold(story.entries).issues.values()
    assert (item.judged_by, item.due, item.replied_on) == ("2026-09-10", "2026-09-21", "2026-09-11")
    assert (september(item).rates["answered"].n, september(item).unanswered) == (1, ())
    before = stood(item, "2026-09-13")
    assert before is not None
    assert (before.judged_by, before.reopened, before.stage) == ("2026-09-14", 0, Stage.REVIEWED)
    assert stood(item, "2026-08-31") is None
