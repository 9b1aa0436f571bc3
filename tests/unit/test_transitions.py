"""T1 to T23 of ``tickets.md``, one after the other: the fact, the stage it leads to, what it needs and when it is over.

Days are counted by hand on the calendar of autumn 2026: Sunday 20 September is worked, 25–27 September and 1–7 October are
off, Saturday 10 October is worked. The story begins on Monday 14 September at ten.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError
from support.tickets import (
    BAD,
    CROSS,
    DISPATCH,
    EXTEND,
    GOOD,
    LIFT,
    MISSED,
    OFF,
    PEOPLE,
    REPORT,
    RESOLVE,
    TO_ACCEPTED,
    TO_CLOSED,
    TO_DISPATCHED,
    TO_ESCALATING,
    TO_LIFTED,
    TO_RATED,
    TO_REPORTED,
    TO_RESOLVED,
    TO_REVIEWED,
    TO_SIGNED,
    TO_TRACKED,
    TRACK,
    WORKED,
    Said,
    at,
    context,
    given,
    of,
    refusal,
    then,
    when,
)

from services.issues.domain.ticket import commands as c
from services.issues.domain.ticket.decide import ISSUE
from services.issues.domain.ticket.states import colour
from shared.events.issues import AlarmRaised
from shared.language.months import Calendar, Year
from shared.language.terms import Alarm, Colour, Level, Measure, Nature, Source, Urgency

APPROVE, REJECT, CLOSE, REOPEN, SIGN, ACCEPT = (
    of(kind) for kind in (c.ApproveResolution, c.RejectResolution, c.CloseIssue, c.ReopenIssue, c.SignIssue, c.AcceptIssue)
)
ASK_ABOVE, RETURN, RENEW, RESUME, GRANT = (
    of(kind) for kind in (c.RequestEscalation, c.ReturnIssue, c.RenewTracking, c.ResumeIssue, c.ApproveExtension)
)
TO_EXTENDED: list[Said] = [*TO_SIGNED, (EXTEND, "h"), (GRANT, "office")]
TO_DISSATISFIED: list[Said] = [*TO_REVIEWED, (BAD, "caller")]
TO_REOPENED: list[Said] = [*TO_DISSATISFIED, (REOPEN, "caller")]


def verbs(facts: list[Any]) -> list[str]:
    return [fact.TYPE.split(".")[1] for fact in facts]


def rings(state: Any) -> dict[str, tuple[str, str]]:
    """What is still to ring: kind → deadline and instant, in words short enough to read."""
    return {str(ring.kind): (f"{ring.deadline:%m-%d}", f"{ring.at:%m-%dT%H:%M}") for ring in state.notes.rings}


def ring(state: Any, kind: Alarm, hour: str = "", **known: Any) -> tuple[list[Any], Any]:
    """Let one planned alarm ring, at its instant or later: the facts beside the ring itself, and the state after it."""
    planned = next(item for item in state.notes.rings if item.kind is kind)
    asked = c.RaiseAlarm(kind=kind, deadline=planned.deadline, at=planned.at)
    facts = ISSUE.decide(state, asked, context("system", at(hour) if hour else planned.at, **known))
    assert isinstance(facts[0], AlarmRaised)
    after = ISSUE.fold(facts, state)
    return [fact for fact in facts[1:] if fact.TYPE != "issues.alarms-set.v1"], after


def stage(story: list[Said], command: c.Step, who: str, hour: str = "09-14T10:00", **known: Any) -> str:
    return type(then(story, command, who, hour, **known)).__name__


def test_t1_a_report_names_enterprise_and_content_and_waits_a_day():
    assert verbs(when([], REPORT, "w")) == ["issue-reported"]
    assert stage([], REPORT, "w") == "Reported"
    assert rings(given(TO_REPORTED)) == {"accept": ("09-15", "09-16T09:00")}
    for missing in ("enterprise", "content"):
        with pytest.raises(ValidationError):
            c.ReportIssue.model_validate(REPORT.model_dump(exclude={missing}))
    assert when(TO_REPORTED, REPORT, "w", "09-18T10:00") == []


def test_t2_accepting_fixes_its_kind_and_a_critical_one_waits_two_working_hours():
    state = then(TO_REPORTED, c.AcceptIssue(nature=Nature.COMPLAINT), "l", "09-15T10:00")
    assert (type(state).__name__, state.kind.nature) == ("Accepted", Nature.COMPLAINT)
    assert rings(state) == {"dispatch": ("09-16", "09-17T09:00")}
    critical = REPORT.model_copy(update={"urgency": Urgency.CRITICAL})
    for hour, rung in (("09-14T10:00", "09-14T12:00"), ("09-14T16:30", "09-15T10:00"), ("09-24T17:00", "09-28T10:30")):
        assert rings(given([(critical, "w", hour)]))["accept"][1] == rung


def test_t3_declining_takes_a_legal_reason_and_words_and_stands_one_objection():
    decline, contest = of(c.DeclineIssue), of(c.ContestDecline)
    assert verbs(when(TO_REPORTED, decline, "office")) == ["issue-declined"]
    for missing in ("reason", "text"):
        with pytest.raises(ValidationError):
            c.DeclineIssue.model_validate(decline.model_dump(exclude={missing}))
    contested: list[Said] = [*TO_REPORTED, (decline, "office"), (contest, "hotline", "09-16T10:00")]
    assert rings(given(contested)) == {"accept": ("09-17", "09-18T09:00")}
    twice: list[Said] = [*contested, (decline, "office", "09-16T11:00")]
    assert given(twice).refusal.final
    assert refusal(twice, contest, "hotline") == "AlreadyContested"


def test_t4_merging_needs_another_ticket_and_the_second_enterprise_keeps_its_own_answer_and_call():
    merge, answer = of(c.MergeIssue), of(c.AnswerSibling)
    for story in (TO_REPORTED, TO_ACCEPTED):
        assert verbs(when(story, merge, "office")) == ["issue-merged"]
        assert refusal(story, merge, "office", master=None) == "CantMerge"
    merged: list[Said] = [*TO_REPORTED, (merge, "office")]
    assert refusal(merged, GOOD, "caller") == "NotAnsweredYet"
    answered = given([*merged, (answer, "office"), (GOOD, "caller")])
    assert (answered.answer.reply, len(answered.calls)) == (answer.reply, 1)
    assert refusal(TO_RATED, CLOSE, "caller", siblings=1) == "SiblingsWaiting"


@pytest.mark.parametrize("missing", ["unit", "leader", "measures", "due"])
def test_t5_nothing_is_dispatched_without(missing: str):
    with pytest.raises(ValidationError):
        c.DispatchIssue.model_validate(DISPATCH.model_dump(exclude={missing}))


def test_t5_dispatching_starts_the_clock_with_its_alarms_as_data():
    assert verbs(when(TO_ACCEPTED, DISPATCH, "h")) == ["issue-dispatched"]
    state = given(TO_DISPATCHED)
    assert (state.due, state.due.on) == (state.first, date(2026, 9, 22))
    assert rings(state) == {
        "sign": ("09-15", "09-16T09:00"),
        "blue": ("09-22", "09-20T09:00"),
        "yellow": ("09-22", "09-21T09:00"),
        "red": ("09-22", "09-23T09:00"),
        "red_5": ("09-22", "10-08T09:00"),
        "red_10": ("09-22", "10-14T09:00"),
    }
    assert refusal(TO_ACCEPTED, CROSS, "h") == "AcrossUnits"
    assert verbs(when(TO_ACCEPTED, CROSS, "office")) == ["issue-dispatched"]


@pytest.mark.parametrize(
    ("nature", "urgency", "difficult", "grid", "district"),
    [
        ("enquiry", "ordinary", False, "09-17", "09-17"),
        ("help", "ordinary", False, "09-22", "09-22"),
        ("suggestion", "urgent", False, "09-22", "09-22"),
        ("complaint", "ordinary", False, "09-28", "10-10"),
        ("help", "ordinary", True, "10-10", "10-16"),
        ("complaint", "critical", True, "09-15", "09-15"),
    ],
)
def test_t5_t13_the_terms_of_the_table(nature: str, urgency: str, difficult: bool, grid: str, district: str):
    accept = c.AcceptIssue.model_validate({"nature": nature, "urgency": urgency, "difficult": difficult})
    several = DISPATCH.model_copy(update={"co_units": ("D05",)} if difficult else {})
    story: list[Said] = [*TO_REPORTED, (accept, "l"), (several, "office"), (SIGN, "w")]
    assert f"{given(story).due.on:%m-%d}" == grid
    lifted = given([*story, (ASK_ABOVE, "h"), (LIFT, "office")])
    assert (f"{lifted.due.on:%m-%d}", lifted.first.on, lifted.order.level) == (district, given(story).due.on, Level.DISTRICT)


def test_t6_who_signs_handles_it_and_after_a_day_the_platform_signs_for_the_leader():
    assert verbs(when(TO_DISPATCHED, SIGN, "w")) == ["issue-signed"]
    facts, state = ring(given(TO_DISPATCHED), Alarm.SIGN)
    assert verbs(facts) == ["issue-signed", "issue-urged"]
    assert (facts[0].auto, facts[0].handler, facts[0].on) == (True, PEOPLE["h"].id, date(2026, 9, 16))
    assert (type(state).__name__, state.due, colour(state)) == ("Signed", given(TO_DISPATCHED).due, Colour.YELLOW)
    order = REPORT.model_copy(update={"source": Source.TRANSFERRED, "external_no": "12345-1"})
    hurried = given([(order, "office"), (ACCEPT, "office"), (DISPATCH, "office", "09-14T16:30")])
    assert rings(hurried)["sign"][1] == "09-15T10:00"


def test_t7_it_goes_back_once_within_a_day_and_the_clock_runs_on():
    assert verbs(when(TO_DISPATCHED, RETURN, "d", "09-15T17:00")) == ["issue-returned"]
    assert refusal(TO_DISPATCHED, RETURN, "d", "09-16T09:00") == "TooLateToReturn"
    back: list[Said] = [*TO_DISPATCHED, (RETURN, "d", "09-15T17:00")]
    assert rings(given(back)) == {
        "dispatch": ("09-16", "09-17T09:00"),
        "blue": ("09-22", "09-20T09:00"),
        "yellow": ("09-22", "09-21T09:00"),
        "red": ("09-22", "09-23T09:00"),
        "red_5": ("09-22", "10-08T09:00"),
        "red_10": ("09-22", "10-14T09:00"),
    }
    again = then(back, CROSS, "office", "09-16T10:00")
    assert (again.due.on, again.first.on) == (date(2026, 9, 22), date(2026, 9, 22))
    assert refusal([*back, (CROSS, "office", "09-16T10:00")], RETURN, "d5", "09-16T11:00") == "ReturnedBefore"


def test_t7_a_new_calendar_reaches_a_ticket_that_was_sent_back():
    newer = Calendar.of({2026: Year(2026, "2", OFF | WORKED | {date(2026, 9, 21): True})})
    back = given([*TO_DISPATCHED, (RETURN, "d")])
    facts = ISSUE.decide(back, c.RederiveDeadline(), context("system", calendar=newer))
    assert verbs(facts) == ["deadline-rederived", "alarms-set"]
    state = ISSUE.fold(facts, back)
    assert rings(state)["red"] == ("09-23", "09-24T09:00")
    again = ISSUE.fold(ISSUE.decide(state, CROSS, context("office", calendar=newer)), state)
    assert (again.due.on, again.first.on) == (date(2026, 9, 23), date(2026, 9, 22))


def test_t8_first_contact_within_a_day_then_progress_every_five_or_by_the_day_named():
    assert rings(given(TO_SIGNED))["contact"] == ("09-15", "09-16T09:00")
    assert verbs(when(TO_SIGNED, of(c.ProgressIssue), "w")) == ["issue-progressed"]
    told = rings(given([*TO_SIGNED, (of(c.ProgressIssue), "w")]))
    assert told["progress"] == ("09-20", "09-21T09:00")
    assert "contact" not in told
    named = c.ProgressIssue(note="等配件", contacted=True, next_on=date(2026, 9, 17))
    assert rings(given([*TO_SIGNED, (named, "w")]))["progress"] == ("09-17", "09-18T09:00")
    without = c.ProgressIssue(note="内部研究")
    assert rings(given([*TO_SIGNED, (without, "w")]))["contact"] == ("09-15", "09-16T09:00")


def test_t9_the_first_extension_is_asked_by_the_head_a_day_before_and_granted_by_the_office():
    assert verbs(when(TO_SIGNED, EXTEND, "h", "09-21T17:00")) == ["extension-requested"]
    assert refusal(TO_SIGNED, EXTEND, "h", "09-22T09:00") == "TooLateToExtend"
    for missing in ("reason", "plan", "told"):
        with pytest.raises(ValidationError):
            c.RequestExtension.model_validate(EXTEND.model_dump(exclude={missing}))
    with pytest.raises(ValidationError):
        c.RequestExtension.model_validate({**EXTEND.model_dump(), "told": False})
    asked: list[Said] = [*TO_SIGNED, (EXTEND, "h")]
    assert verbs(when(asked, GRANT, "office")) == ["extension-approved"]
    assert given(TO_EXTENDED).due.on == date(2026, 9, 28)
    assert given(TO_EXTENDED).first.on == date(2026, 9, 22)
    refused = then(asked, of(c.RejectExtension), "office")
    assert (refused.due.on, refused.work.asking) == (date(2026, 9, 22), None)


@pytest.mark.parametrize("order", [("inspector", "chief"), ("chief", "inspector")])
def test_t9_the_second_takes_inspectorate_and_chief_and_a_third_there_is_none(order: tuple[str, str]):
    twice: list[Said] = [*TO_EXTENDED, (EXTEND, "h")]
    assert refusal(twice, GRANT, "office") == "Forbidden"
    assert verbs(when(twice, GRANT, order[0])) == ["extension-endorsed"]
    signed: list[Said] = [*twice, (GRANT, order[0])]
    assert given(signed).due.on == date(2026, 9, 28)
    assert when(signed, GRANT, order[0]) == []
    assert verbs(when(signed, GRANT, order[1])) == ["extension-endorsed", "extension-approved"]
    assert given([*signed, (GRANT, order[1])]).due.on == date(2026, 10, 8)
    assert refusal([*signed, (GRANT, order[1])], EXTEND, "h") == "ExtendedEnough"


def test_t9_an_extension_is_no_longer_than_the_term_and_all_together_thirty_days():
    longer = EXTEND.model_copy(update={"workdays": 7})
    assert when(TO_SIGNED, longer, "h")
    assert refusal(TO_SIGNED, EXTEND.model_copy(update={"workdays": 8}), "h") == "ExtendedEnough"
    hard = c.AcceptIssue(difficult=True)
    story: list[Said] = [
        *TO_REPORTED,
        (hard, "l"),
        (DISPATCH, "h"),
        (SIGN, "w"),
        (ASK_ABOVE, "h"),
        (LIFT, "office"),
        (EXTEND.model_copy(update={"workdays": 20}), "h5"),
        (GRANT, "office"),
    ]
    assert when(story, EXTEND.model_copy(update={"workdays": 10}), "h5")
    assert refusal(story, EXTEND.model_copy(update={"workdays": 11}), "h5") == "ExtendedEnough"


def test_t10_tracking_takes_cause_measures_and_a_day_within_thirty_and_stays_open():
    assert verbs(when(TO_SIGNED, TRACK, "h")) == ["issue-tracked"]
    for missing in ("cause", "analysis", "measures", "milestone"):
        with pytest.raises(ValidationError):
            c.TrackIssue.model_validate(TRACK.model_dump(exclude={missing}))
    for milestone, ok in ((date(2026, 10, 14), True), (date(2026, 10, 15), False), (date(2026, 9, 14), False)):
        asked = TRACK.model_copy(update={"milestone": milestone})
        assert bool(when(TO_SIGNED, asked, "h")) if ok else refusal(TO_SIGNED, asked, "h") == "MilestoneTooFar"
    state = given(TO_TRACKED)
    assert state.due == given(TO_SIGNED).due
    assert rings(state) == {"milestone": ("10-09", "10-10T09:00"), "monthly": ("10-14", "10-15T09:00")}


def test_t11_it_goes_on_under_its_old_deadline_or_is_renewed_and_the_third_time_the_level_above_is_proposed():
    state = then(TO_TRACKED, RESUME, "w", "10-12T10:00")
    assert (type(state).__name__, state.due) == ("Signed", given(TO_SIGNED).due)
    story: list[Said] = list(TO_TRACKED)
    for n, hour in enumerate(("09-20T10:00", "09-22T10:00", "09-24T10:00"), 1):
        renewed = RENEW.model_copy(update={"progress": f"第{n}次"})
        proposed = ["measure-proposed"] if n == 3 else []
        assert verbs(when(story, renewed, "h", hour)) == ["tracking-renewed", *proposed]
        story.append((renewed, "h", hour))
    assert given(story).notes.proposals[0].measure is Measure.ESCALATION
    assert rings(given(story))["monthly"] == ("10-24", "10-26T09:00")


def test_t12_the_head_asks_the_district_and_the_office_asks_the_city():
    for story in (TO_SIGNED, TO_TRACKED):
        assert verbs(when(story, ASK_ABOVE, "h")) == ["escalation-requested"]
    for missing in ("tried", "request"):
        with pytest.raises(ValidationError):
            c.RequestEscalation.model_validate(ASK_ABOVE.model_dump(exclude={missing}))
    state = given(TO_ESCALATING)
    assert rings(state)["decision"] == ("09-16", "09-17T09:00")
    assert rings(state)["red"] == ("09-22", "09-23T09:00")
    assert refusal(TO_LIFTED, ASK_ABOVE, "h5") == "Forbidden"
    assert given([*TO_LIFTED, (ASK_ABOVE, "office")]).request.to is Level.CITY


def test_t13_the_new_level_has_a_clock_of_its_own_and_the_lower_one_stays_co_handler():
    later = then(TO_ESCALATING, LIFT, "office", "09-16T10:00")
    assert (later.order.unit, later.order.co_units, later.order.level) == ("D05", ("T01",), Level.DISTRICT)
    assert (later.due.on, later.first.on) == (date(2026, 9, 24), date(2026, 9, 22))
    to_city: list[Said] = [*TO_LIFTED, (ASK_ABOVE, "office")]
    city = LIFT.model_copy(update={"document": "毕贵服请〔2026〕1号"})
    assert refusal(to_city, LIFT, "chief") == "DocumentMissing"
    assert refusal(to_city, city, "office2") == "Forbidden"
    above = then(to_city, city, "chief")
    assert above.order.level is Level.CITY
    assert rings(above)["stage_answer"] == ("09-28", "09-29T09:00")
    reply = c.RecordCityReply(document="毕府办函〔2026〕3号", reply="已列入计划", due=date(2026, 12, 1))
    assert then([*to_city, (city, "chief")], reply, "office").due.on == date(2026, 12, 1)
    assert refusal([*to_city, (city, "chief")], ASK_ABOVE, "office") == "NothingAbove"


def test_t13_a_co_handler_that_has_it_now_is_not_waited_for_as_one():
    own = c.ApproveEscalation(unit="T01", leader=PEOPLE["h"].id, handler=PEOPLE["w2"].id)
    crossed: list[Said] = [*TO_ACCEPTED, (CROSS, "office"), (SIGN, "w5"), (ASK_ABOVE, "h5")]
    assert "co_handling" in rings(given([*TO_ACCEPTED, (CROSS, "office"), (SIGN, "w5")]))
    state = given([*crossed, (own, "office")])
    assert (state.order.unit, state.order.co_units) == ("T01", ("D05",))
    assert "co_handling" not in rings(state)


def test_t14_it_comes_back_with_directions_and_the_deadline_it_had():
    back = of(c.RejectEscalation)
    assert verbs(when(TO_ESCALATING, back, "office")) == ["escalation-rejected"]
    state = then(TO_ESCALATING, back, "office", "09-16T10:00")
    assert (type(state).__name__, state.order.level, state.due) == ("Signed", Level.GRID, given(TO_SIGNED).due)
    with pytest.raises(ValidationError):
        c.RejectEscalation.model_validate({"directions": "。"})


def test_t15_a_resolution_tells_the_outcome_and_answers_in_words():
    assert verbs(when(TO_SIGNED, RESOLVE, "w")) == ["issue-resolved"]
    for missing in ("outcome", "result", "reply"):
        with pytest.raises(ValidationError):
            c.ResolveIssue.model_validate(RESOLVE.model_dump(exclude={missing}))
    assert rings(given(TO_RESOLVED)) == {"review": ("09-15", "09-16T09:00")}


def test_t16_the_leaders_review_at_the_grid_and_the_office_above_it():
    assert verbs(when(TO_RESOLVED, APPROVE, "d")) == ["resolution-approved"]
    assert rings(given(TO_REVIEWED)) == {"call_back": ("09-17", "09-18T09:00")}
    above: list[Said] = [*TO_LIFTED, (RESOLVE, "w5")]
    assert refusal(above, APPROVE, "d5") == "Forbidden"
    assert stage(above, APPROVE, "office") == "Reviewed"


def test_t17_rework_keeps_the_deadline_and_what_is_overdue_by_then_rings():
    assert verbs(when(TO_RESOLVED, REJECT, "d")) == ["resolution-rejected"]
    state = then(TO_RESOLVED, REJECT, "d", "09-28T10:00")
    assert (type(state).__name__, state.due) == ("Signed", given(TO_SIGNED).due)
    assert rings(state)["red"] == ("09-22", "09-23T09:00")
    facts, _ = ring(state, Alarm.RED, "09-28T10:01")
    assert verbs(facts) == ["issue-supervised"]


def test_t18_closed_with_the_rating_given_or_after_three_calls_on_two_days_without_one():
    (fact,) = when(TO_RATED, CLOSE, "caller")
    assert (fact.TYPE, fact.rating) == ("issues.issue-closed.v1", GOOD.rating)
    one_day: list[Said] = [*TO_REVIEWED, *([(MISSED, "caller")] * 3)]
    assert refusal(one_day, CLOSE, "caller") == "NotReachedOftenEnough"
    two_days: list[Said] = [*TO_REVIEWED, (MISSED, "caller"), (MISSED, "caller"), (MISSED, "caller", "09-15T10:00")]
    assert when(two_days, CLOSE, "caller", "09-15T10:00")[0].rating is None
    assert refusal(two_days[:-1], CLOSE, "caller") == "NotReachedOftenEnough"


def test_t19_handled_again_within_five_days_and_the_second_time_the_level_above_is_proposed():
    (fact,) = when(TO_DISSATISFIED, REOPEN, "caller")
    assert (fact.TYPE, fact.due.on) == ("issues.issue-reopened.v1", date(2026, 9, 20))
    assert given(TO_REOPENED).first == given(TO_SIGNED).first
    assert refusal(TO_RATED, REOPEN, "caller") == "EnterpriseNotDissatisfied"
    assert stage(TO_CLOSED, REOPEN, "system", "09-20T23:00") == "Signed"
    assert refusal(TO_CLOSED, REOPEN, "system", "09-21T00:00") == "TooLateToObject"
    again: list[Said] = [*TO_REOPENED, (RESOLVE, "w"), (APPROVE, "d"), (BAD, "caller")]
    assert verbs(when(again, REOPEN, "caller")) == ["issue-reopened", "measure-proposed"]
    assert verbs(when(TO_DISSATISFIED, c.CloseIssue(ruling="经核实已排除"), "office")) == ["issue-closed"]


def test_t19_first_contact_and_colours_are_counted_from_the_reopening():
    contacted: list[Said] = [*TO_SIGNED, (of(c.ProgressIssue), "w"), (RESOLVE, "w"), (APPROVE, "d"), (BAD, "caller")]
    state = then(contacted, REOPEN, "caller", "10-15T10:00")
    assert rings(state) == {
        "contact": ("10-16", "10-19T09:00"),
        "blue": ("10-22", "10-20T09:00"),
        "yellow": ("10-22", "10-21T09:00"),
        "red": ("10-22", "10-23T09:00"),
        "red_5": ("10-22", "10-30T09:00"),
        "red_10": ("10-22", "11-06T09:00"),
        "progress": ("10-22", "10-23T09:00"),
    }
    assert colour(state) is Colour.NONE


def test_t20_filed_once_the_enterprise_can_no_longer_object():
    archive = of(c.ArchiveIssue)
    assert rings(given(TO_CLOSED)) == {"archive": ("09-20", "09-21T09:00")}
    facts, state = ring(given(TO_CLOSED), Alarm.ARCHIVE)
    assert (verbs(facts), type(state).__name__) == (["issue-archived"], "Archived")
    assert refusal(TO_CLOSED, archive, "l", "09-20T17:00") == "TooEarlyToArchive"
    assert stage(TO_CLOSED, archive, "l", "09-21T09:00") == "Archived"


def test_t21_withdrawn_after_a_recorded_call_by_somebody_else_and_nothing_rings_any_more():
    withdraw = of(c.WithdrawIssue)
    assert verbs(when(TO_SIGNED, withdraw, "caller")) == ["issue-withdrawn"]
    assert refusal(TO_SIGNED, withdraw, "own-caller") == "OwnUnitCantCallBack"
    for missing in ("reason", "call"):
        with pytest.raises(ValidationError):
            c.WithdrawIssue.model_validate(withdraw.model_dump(exclude={missing}))
    assert rings(given([*TO_SIGNED, (withdraw, "caller")])) == {}


def test_t22_urged_in_working_hours_and_once_a_day_and_kind():
    urge = of(c.UrgeIssue)
    assert verbs(when(TO_SIGNED, urge, "office")) == ["issue-urged"]
    for hour in ("09-14T08:59", "09-14T17:30", "09-19T10:00", "09-25T10:00"):
        assert refusal(TO_SIGNED, urge, "office", hour) == "OutsideWorkingHours"
        assert when(TO_SIGNED, urge, "system", hour)[0].kind == "enterprise"
    assert when(TO_SIGNED, urge, "office", "09-20T10:00")
    urged: list[Said] = [*TO_SIGNED, (urge, "office")]
    assert refusal(urged, urge, "office2", "09-14T16:00") == "UrgedToday"
    assert when(urged, urge, "h")[0].kind == "head"
    assert when(urged, urge, "office", "09-15T09:00")


def test_t22_a_critical_ticket_turns_blue_and_yellow_at_once_and_handler_and_deputy_are_told():
    state = given([*TO_REPORTED, (c.AcceptIssue(urgency=Urgency.CRITICAL), "l"), (DISPATCH, "h"), (SIGN, "w")])
    blue, state = ring(state, Alarm.BLUE)
    yellow, state = ring(state, Alarm.YELLOW)
    assert [fact.to for fact in (*blue, *yellow)] == ["handler", "deputy"]
    assert colour(state) is Colour.YELLOW


def test_t23_a_slip_has_a_number_a_colour_and_three_days():
    (slip,) = when(TO_SIGNED, of(c.SuperviseIssue), "inspector")
    assert (slip.TYPE, slip.no, slip.colour) == ("issues.issue-supervised.v1", "贵服督〔2026〕1号", Colour.RED)
    assert slip.reply_due.on == date(2026, 9, 17)
    story: list[Said] = [*TO_SIGNED, (of(c.SuperviseIssue), "chief")]
    assert rings(given(story))["slip_reply"] == ("09-17", "09-18T09:00")
    answered = then(story, of(c.AnswerSupervision), "d")
    assert "slip_reply" not in rings(answered)
    assert answered.due == given(TO_SIGNED).due


def test_the_colours_bring_what_the_table_says_and_never_a_punishment():
    state = given([*TO_SIGNED, (of(c.ProgressIssue), "w")])
    told: dict[str, list[str]] = {}
    for kind in (Alarm.BLUE, Alarm.YELLOW, Alarm.RED, Alarm.RED_5, Alarm.RED_10):
        facts, state = ring(state, kind)
        told[str(kind)] = [str(getattr(fact, "measure", "") or getattr(fact, "to", "") or fact.TYPE) for fact in facts]
    assert told == {
        "blue": ["handler"],
        "yellow": ["deputy"],
        "red": ["issues.issue-supervised.v1"],
        "red_5": ["bulletin", "escalation"],
        "red_10": ["interview"],
    }
    assert (type(state).__name__, colour(state)) == ("Signed", Colour.RED)
    facts, _ = ring(given(TO_SIGNED), Alarm.RED, reds=1)
    assert [getattr(fact, "measure", None) for fact in facts] == [None, Measure.INTERVIEW]


def test_an_alarm_rings_at_the_instant_of_the_plan_whatever_the_clock_believes():
    state = given(TO_SIGNED)
    early = c.RaiseAlarm(kind=Alarm.RED, deadline=date(2026, 9, 22), at=at("09-14T09:00"))
    assert ISSUE.decide(state, early, context("system", "09-23T08:59")) == []
    rung = ISSUE.decide(state, early, context("system", "09-23T09:30"))[0]
    assert isinstance(rung, AlarmRaised)
    assert (rung.at, rung.late_minutes) == (at("09-23T09:00"), 30)
    unplanned = early.model_copy(update={"deadline": date(2026, 9, 21)})
    assert ISSUE.decide(state, unplanned, context("system", at("09-23T09:30") + timedelta(days=30))) == []


def test_leader_and_handler_belong_to_the_unit():
    assert refusal(TO_ACCEPTED, DISPATCH.model_copy(update={"leader": PEOPLE["h5"].id}), "h") == "LeaderNotOfUnit"
    assert refusal(TO_DISPATCHED, c.SignIssue(handler=PEOPLE["w5"].id), "l") == "HandlerNotOfUnit"
    assert refusal(TO_ESCALATING, LIFT.model_copy(update={"handler": uuid4()}), "office") == "HandlerNotOfUnit"
