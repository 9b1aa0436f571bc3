"""The desk without servers: its roster, calls, transferred orders, asking again by lot, the green channel."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError
from support.tickets import CALENDAR, DISPATCH, ENTERPRISE, PEOPLE, REPORT, context, given, of

from services.issues.domain import call, duty, green, order, recheck, transferred
from services.issues.domain.ticket import commands as c
from services.issues.domain.ticket.callbacks import next_on
from services.issues.domain.ticket.decide import ISSUE
from services.issues.domain.transferred import Field
from shared.events.issues import GreenCaseFinished, IssueDispatched, OrderHeld, RecheckDrawn
from shared.language import draw
from shared.language.decider import AnyDecider
from shared.language.facts import Command
from shared.language.months import Month
from shared.language.personal import Personal
from shared.language.problems import Problem
from shared.language.terms import CallOutcome, RecheckKind, Source

UNREACHED, ANSWERED = call.FollowCall(outcome=CallOutcome.UNREACHED), call.FollowCall(outcome=CallOutcome.ANSWERED)
LOST = call.MissCall(phone=Personal("199 0000 0031"))
Said = tuple[Command, str, str]


def told(decider: AnyDecider, *said: Said, known: Any = None) -> Any:
    """The state after commands, each by somebody at an hour; ``enterprise`` is nobody's unless a test names one."""
    state = decider.initial
    for command, who, when in said:
        facts = decider.decide(state, command, context(who, when, known=known))
        state = decider.fold(facts, state)
    return state


def refused(decider: AnyDecider, state: Any, command: Command, who: str, when: str = "09-14T10:00", known: Any = None) -> str:
    """The name of a refusal."""
    with pytest.raises(Problem) as found:
        decider.decide(state, command, context(who, when, known=known))
    assert found.value.document()["title"]
    return type(found.value).__name__


# Calls.


@pytest.mark.parametrize(
    ("when", "due"),
    [
        ("09-14T10:00", "2026-09-15"),
        ("09-18T17:30", "2026-09-20"),  # A Friday; the Sunday after it is worked.
        ("09-24T17:59", "2026-09-28"),  # The last day before a holiday from Friday to Sunday.
        ("09-25T09:00", "2026-09-28"),  # Friday, on the holiday itself.
        ("09-30T23:59", "2026-10-08"),  # Before the seven days of October.
        ("10-09T16:00", "2026-10-10"),  # A Friday before a Saturday that is worked.
    ],
)
def test_a_missed_call_waits_one_working_day_whatever_lies_between(when: str, due: str) -> None:
    state = told(call.CALL, (LOST, "hotline", when))
    assert isinstance(state, call.Missed)
    assert str(state.call.due.on) == due
    assert due[5:] in state.call.due.derivation


@pytest.mark.parametrize(
    ("hours", "over"),
    [
        (["14T10:00", "14T11:00", "14T12:00"], False),
        (["14T10:00", "14T11:00", "14T12:00", "14T13:00", "14T14:00"], False),
        (["14T10:00", "15T10:00"], False),
        (["14T10:00", "14T11:00", "15T10:00"], True),
    ],
)
def test_a_missed_call_is_over_after_three_tries_on_two_days(hours: list[str], over: bool) -> None:
    state = told(call.CALL, (LOST, "hotline", "09-14T09:00"), *((UNREACHED, "hotline", f"09-{hour}") for hour in hours))
    assert isinstance(state, call.Followed if over else call.Missed)


def test_a_missed_call_is_over_once_somebody_spoke_and_then_for_good() -> None:
    state = told(call.CALL, (LOST, "hotline", "09-14T09:00"), (ANSWERED, "office", "09-14T10:00"))
    assert isinstance(state, call.Followed)
    assert refused(call.CALL, state, UNREACHED, "hotline") == "CallNotMissed"
    assert refused(call.CALL, state, LOST, "hotline") == "CallKnown"
    assert refused(call.CALL, call.Unheard(), ANSWERED, "hotline") == "Unknown"
    assert refused(call.CALL, call.Unheard(), LOST, "w") == "Forbidden"


def test_a_call_is_written_down_after_it_was_made() -> None:
    later = call.MissCall(phone=Personal("19900000031"), at=datetime(2026, 9, 14, 2, 0, 1, tzinfo=UTC))
    assert refused(call.CALL, call.Unheard(), later, "hotline", "09-14T10:00") == "CallNotOver"
    for year, hours in ((1, 14), (1999, 0)):  # The first has no date in Asia/Shanghai at all.
        with pytest.raises(ValidationError):
            call.MissCall(phone=Personal("19900000031"), at=datetime(year, 1, 1, tzinfo=timezone(timedelta(hours=hours))))


def test_a_demand_belongs_to_an_enterprise() -> None:
    asked = call.TakeCall(content="停水", demand=call.Asked(content="停水两天"))
    assert refused(call.CALL, call.Unheard(), asked, "hotline") == "DemandOfNobody"
    taken = told(call.CALL, (asked.model_copy(update={"enterprise": ENTERPRISE.id}), "hotline", "09-14T10:00"), known=ENTERPRISE)
    assert taken.call.ticket == call.ticket_of_call(context("hotline").subject)


# The desk's roster.

SEPTEMBER = duty.KnownDesk(
    Month.parse("2026-09"),
    {PEOPLE["hotline"].id: {date(2026, 9, day) for day in range(1, 16)}, PEOPLE["office"].id: {date(2026, 9, 14)}},
)


def seat(day: int, *accounts: str, month: int = 9) -> duty.Seat:
    return duty.Seat(on=date(2026, month, day), members=tuple(PEOPLE[account].id for account in accounts))


@pytest.mark.parametrize(
    ("days", "why"),
    [
        ((seat(14, "hotline"), seat(14, "office")), "DutyDayWrong"),
        ((seat(1, "hotline", month=10),), "DutyDayWrong"),
        ((seat(14, "hotline", "hotline"),), "DutyDayWrong"),
        ((seat(16, "hotline"),), "NotAtTheDesk"),  # The post ended on the 15th.
        ((seat(14, "w"),), "NotAtTheDesk"),
    ],
)
def test_a_roster_names_each_day_once_and_people_of_the_desk(days: tuple[duty.Seat, ...], why: str) -> None:
    assert refused(duty.DUTY, duty.Unpublished(), duty.PublishDuty(days=days), "office", known=SEPTEMBER) == why


def test_a_published_roster_is_changed_with_a_reason() -> None:
    first, second = (seat(14, "hotline"),), (seat(15, "hotline"), seat(14, "office"))
    state = told(duty.DUTY, (duty.PublishDuty(days=first), "office", "09-01T10:00"), known=SEPTEMBER)
    assert refused(duty.DUTY, state, duty.PublishDuty(days=second), "office", known=SEPTEMBER) == "DutyKnown"
    assert duty.decide(state, duty.PublishDuty(days=first), context("office", known=SEPTEMBER)) == []
    [fact] = duty.decide(state, duty.ReviseDuty(days=second, reason="调班"), context("office", known=SEPTEMBER))
    assert [day.on.day for day in duty.evolve(state, fact).days] == [14, 15]  # type: ignore[union-attr]
    assert refused(duty.DUTY, state, duty.ReviseDuty(days=second, reason="调班"), "hotline", known=SEPTEMBER) == "Forbidden"


# Transferred orders.

CELLS = {Field.NO: "GZ1", Field.ENTERPRISE: "某公司", Field.CONTENT: "路灯不亮\n请修", Field.DUE: "2026-09-15"}


def read(**changed: str) -> transferred.Order:
    cells = {**CELLS, **{Field(name): text for name, text in changed.items()}}
    return transferred.read(cells, {field.label: text for field, text in cells.items()})


@pytest.mark.parametrize(
    "changed",
    [
        {"content": "路灯不亮\r\n请修"},
        {"content": " 路灯不亮\n请修 "},
        {"due": "2026年9月15日"},
        {"code": "", "enterprise": ""},
    ],
)
def test_the_same_order_is_the_same_however_it_is_written(changed: dict[str, str]) -> None:
    assert read(**changed).differs(read()) == ()
    assert read().differs(read(**changed)) == ()
    assert read(**changed).key == read().key


@pytest.mark.parametrize(
    ("changed", "what"),
    [({"content": "路灯亮了"}, "内容"), ({"due": "2026-09-16"}, "办理时限"), ({"enterprise": "别的公司"}, "企业")],
)
def test_the_same_number_with_another_content_is_another_matter_for_a_person(changed: dict[str, str], what: str) -> None:
    again = read(**changed)
    assert again.differs(read()) == (what,)
    assert again.key == read().key
    apart = again.apart("QXG-1", read())
    assert apart.key not in (read().key, read(content="又一说").apart("QXG-1", read()).key)
    assert apart.key == read(**changed).apart("QXG-2", read()).key
    assert what in apart.amiss[-1]


def test_a_deadline_that_comes_later_is_a_difference_and_one_left_out_is_none() -> None:
    assert read().differs(read(due="")) == ("办理时限",)
    assert read(due="").differs(read()) == ()


@pytest.mark.parametrize("text", ["2026-02-30", "20260915", "明天", "1999-01-01", "=DATE(2026;9;15)"])
def test_a_deadline_that_is_no_day_is_a_reason_and_never_a_guess(text: str) -> None:
    found = read(due=text)
    assert found.due is None
    assert "办理时限不是日期" in found.amiss


@pytest.mark.parametrize("text", ["2026-09-15", "2026/9/15", "2026.9.15", "2026年9月15日", "2026-09-15 18:00:00", "2026-09-15"])
def test_a_deadline_is_read_as_people_write_it(text: str) -> None:
    assert read(due=text).due == date(2026, 9, 15)


@pytest.mark.parametrize(
    ("external", "due"),
    [
        (None, "2026-09-22"),
        (date(2026, 9, 15), "2026-09-15"),  # Earlier than ours: theirs.
        (date(2026, 9, 22), "2026-09-22"),
        (date(2026, 10, 30), "2026-09-22"),  # Later than ours: ours.
        (date(2026, 9, 10), "2026-09-10"),  # It was late already when it came; that is told, not mended.
    ],
)
def test_of_two_deadlines_the_earlier_wins(external: date | None, due: str) -> None:
    report = REPORT.model_copy(update={"source": Source.TRANSFERRED, "external_no": "GZ1", "external_due": external})
    state = given([(report, "office"), (of(c.AcceptIssue), "office")])
    fact = next(f for f in ISSUE.decide(state, DISPATCH, context("office")) if isinstance(f, IssueDispatched))
    assert str(fact.due.on) == due
    assert ("外部工单时限" in fact.due.derivation) == (external is not None and due == str(external) != "2026-09-22")


def test_an_order_that_waits_is_settled_once() -> None:
    hold = order.HoldOrder.model_construct(order=read(enterprise="").but("缺企业名称"))
    held = told(order.ORDER, (hold, "system", "09-14T10:00"))
    assert isinstance(held, order.Held)
    assert order.decide(held, hold, context("system")) == []
    assert refused(order.ORDER, held, order.DismissOrder(reason="不是企业"), "w") == "Forbidden"
    match = order.MatchOrder(enterprise=ENTERPRISE.id)
    [fact] = order.decide(held, match, context("office", known=ENTERPRISE))
    matched = order.evolve(held, fact)
    assert order.decide(matched, match, context("office")) == []
    assert refused(order.ORDER, matched, order.DismissOrder(reason="不是企业"), "office") == "OrderSettled"
    assert refused(order.ORDER, order.Unheld(), match, "office") == "Unknown"


def test_a_person_supplies_the_words_an_order_has_not() -> None:
    for changed in ({"content": "。"}, {"content": "长" * 2001}):
        hold = order.HoldOrder.model_construct(order=read(**changed))
        held = told(order.ORDER, (hold, "system", "09-14T10:00"))
        assert isinstance(held.order, OrderHeld)
        assert len(held.order.content) <= 2000
        assert refused(order.ORDER, held, order.MatchOrder(enterprise=ENTERPRISE.id), "office") == "OrderIncomplete"
        match = order.MatchOrder(enterprise=ENTERPRISE.id, content="路灯不亮")
        assert len(order.decide(held, match, context("office", known=ENTERPRISE))) == 1
        assert order.report_held(held.order, match).content == "路灯不亮"


# Asking again by lot.

NUMBERS = [f"QXG-202609-T01-{n:04d}" for n in range(1, 41)]
DRAW = recheck.DrawRecheck(kind=RecheckKind.CLOSED, month="2026-09", size=5)
HANDS = recheck.Hands(frozenset({"T01"}), frozenset({PEOPLE["w"].id, PEOPLE["caller"].id}))


def drawn(seed: str, numbers: list[str], who: str = "office") -> RecheckDrawn:
    known = recheck.KnownPopulation(seed, dict.fromkeys(numbers, HANDS))
    [fact] = recheck.decide(recheck.Undrawn(), DRAW, context(who, known=known))
    assert isinstance(fact, RecheckDrawn)
    return fact


def test_the_same_seed_draws_the_same_and_anybody_repeats_it() -> None:
    first = drawn("ab" * 16, NUMBERS)
    assert drawn("ab" * 16, NUMBERS[::-1], "inspector").sample == first.sample
    assert drawn("cd" * 16, NUMBERS).sample != first.sample
    assert len(set(first.sample)) == 5
    assert first.sample == tuple(sorted(NUMBERS, key=lambda no: draw.lot(first.seed, no))[:5])
    assert (first.population, first.digest) == (40, draw.digest(NUMBERS))
    assert drawn("ab" * 16, NUMBERS[:3]).sample == tuple(sorted(NUMBERS[:3], key=lambda no: draw.lot("ab" * 16, no)))


def test_whoever_had_a_part_draws_none_and_asks_none() -> None:
    mixed = {NUMBERS[0]: recheck.Hands(frozenset({"T01"}), frozenset()), NUMBERS[1]: HANDS}
    known = recheck.KnownPopulation("ab" * 16, mixed)
    for who in ("w", "h", "caller"):
        assert refused(recheck.RECHECK, recheck.Undrawn(), DRAW, who, known=known) == "Forbidden"
    own = replace(known, population={**mixed, NUMBERS[2]: recheck.Hands(frozenset({"OFFICE"}), frozenset())})
    assert refused(recheck.RECHECK, recheck.Undrawn(), DRAW, "office", known=own) == "DrawsOwnWork"
    mine = replace(known, population={NUMBERS[0]: recheck.Hands(frozenset({"T01"}), frozenset({PEOPLE["office"].id}))})
    assert refused(recheck.RECHECK, recheck.Undrawn(), DRAW, "office", known=mine) == "DrawsOwnWork"
    assert refused(recheck.RECHECK, recheck.Undrawn(), DRAW, "office", known=recheck.KnownPopulation("ab", {})) == "NothingToDraw"
    state = recheck.evolve(recheck.Undrawn(), drawn("ab" * 16, NUMBERS))
    assert refused(recheck.RECHECK, state, DRAW, "office", known=known) == "RecheckKnown"
    said = recheck.RecordRecheck(no=state.draw.sample[0], outcome=CallOutcome.ANSWERED, confirmed=True)  # type: ignore[union-attr]
    assert refused(recheck.RECHECK, state, said, "caller", known=HANDS) == "ChecksOwnWork"
    assert refused(recheck.RECHECK, state, said.model_copy(update={"no": "QXG"}), "office", known=HANDS) == "NotInTheSample"
    assert len(recheck.decide(state, said, context("inspector", known=HANDS))) == 1


def test_what_an_enterprise_said_stands_and_who_was_not_reached_is_called_again() -> None:
    state: Any = recheck.evolve(recheck.Undrawn(), drawn("ab" * 16, NUMBERS))
    no: str = state.draw.sample[0]
    known = HANDS
    for outcome, confirmed in ((CallOutcome.UNREACHED, None), (CallOutcome.ANSWERED, False)):
        said = recheck.RecordRecheck(no=no, outcome=outcome, confirmed=confirmed)
        state = recheck.RECHECK.fold(recheck.decide(state, said, context("inspector", known=known)), state)
    assert state.found[no].confirmed is False
    nicer = recheck.RecordRecheck(no=no, outcome=CallOutcome.ANSWERED, confirmed=True)
    assert refused(recheck.RECHECK, state, nicer, "inspector", known=known) == "NotInTheSample"
    for outcome, confirmed in ((CallOutcome.UNREACHED, True), (CallOutcome.ANSWERED, None)):
        with pytest.raises(ValidationError):
            recheck.RecordRecheck(no=no, outcome=outcome, confirmed=confirmed)


# Call-backs.


@pytest.mark.parametrize(
    ("calls", "on"), [([], 14), ([14], 14), ([14, 14], 15), ([14, 14, 15], 15), ([14, 15, 15], 16), ([14, 14, 14], 15)]
)
def test_two_tries_are_enough_for_a_day(calls: list[int], on: int) -> None:
    assert next_on([date(2026, 9, day) for day in calls], date(2026, 9, 14)) == date(2026, 9, on)


# 绿色通道.

UNITS = green.KnownWindow(ENTERPRISE, "D05", frozenset({"D05", "T01"}))


def opened(promised: int, on: date) -> green.OpenGreenCase:
    return green.OpenGreenCase(enterprise=ENTERPRISE.id, matter="施工许可", window="综合窗口", promised=promised, accepted_on=on)


@pytest.mark.parametrize(
    ("promised", "accepted", "done", "used", "saved", "due"),
    [
        (5, date(2026, 9, 14), date(2026, 9, 14), 0, 5, "2026-09-20"),  # At once.
        (10, date(2026, 9, 24), date(2026, 10, 9), 5, 5, "2026-10-15"),  # Over two holidays; the 10th is worked.
        (2, date(2026, 9, 24), date(2026, 9, 26), 0, 2, "2026-09-29"),  # Done on a day off.
        (3, date(2026, 9, 30), date(2026, 10, 10), 3, 0, "2026-10-10"),
        (1, date(2026, 9, 30), date(2026, 10, 9), 2, -1, "2026-10-08"),  # Later than promised, and it says so.
    ],
)
def test_days_saved_are_working_days(promised: int, accepted: date, done: date, used: int, saved: int, due: str) -> None:
    state = told(green.GREEN, (opened(promised, accepted), "d5", "10-12T10:00"), known=UNITS)
    assert str(state.case.due.on) == due
    [fact] = green.decide(state, green.FinishGreenCase(done_on=done), context("d5", "10-12T10:00", known=UNITS))
    assert isinstance(fact, GreenCaseFinished)
    assert (fact.used, fact.saved, fact.calendar) == (used, saved, CALENDAR.version)


def test_a_green_case_is_the_windows_own_and_has_its_days_in_order() -> None:
    case, when = opened(5, date(2026, 9, 14)), "09-15T10:00"
    assert refused(green.GREEN, green.Unopened(), case, "w", when, known=UNITS) == "Forbidden"
    assert refused(green.GREEN, green.Unopened(), case, "office", when, known=replace(UNITS, unit="X")) == "WindowUnitUnknown"
    assert refused(green.GREEN, green.Unopened(), opened(5, date(2026, 9, 16)), "d5", when, known=UNITS) == "GreenDayWrong"
    state = told(green.GREEN, (case, "office", when), known=UNITS)
    for day in (13, 16):
        finish = green.FinishGreenCase(done_on=date(2026, 9, day))
        assert refused(green.GREEN, state, finish, "d5", when, known=UNITS) == "GreenDayWrong"
    assert green.allowed_actions(state, context("d5", known=UNITS)) == ["finish", "drop"]
    assert green.allowed_actions(state, context("h", known=UNITS)) == []
    dropped = told(green.GREEN, (case, "d5", when), (green.DropGreenCase(reason="误登记"), "d5", when), known=UNITS)
    over = green.FinishGreenCase(done_on=date(2026, 9, 15))
    assert refused(green.GREEN, dropped, over, "d5", when, known=UNITS) == "GreenCaseOver"
    assert refused(green.GREEN, dropped, case, "d5", when, known=UNITS) == "GreenCaseKnown"
