"""The straight path of a ticket: each transition, each refusal, each deadline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from services.issues.domain import access
from services.issues.domain.ticket import deadlines, permissions
from services.issues.domain.ticket import refusals as issue
from services.issues.domain.ticket.commands import (
    AcceptIssue,
    ApproveResolution,
    ArchiveIssue,
    CloseIssue,
    DispatchIssue,
    ProgressIssue,
    RecordCallBack,
    RejectResolution,
    ReopenIssue,
    ReportIssue,
    ResolveIssue,
    SignIssue,
)
from services.issues.domain.ticket.commands import (
    Step as Asked,
)
from services.issues.domain.ticket.decide import ISSUE, allowed_actions
from services.issues.domain.ticket.known import KnownReport, KnownTicket
from services.issues.domain.ticket.numbers import number, parts
from services.issues.domain.ticket.states import (
    Accepted,
    Archived,
    Closed,
    Dispatched,
    Kind,
    Reported,
    Resolved,
    Reviewed,
    Signed,
    Unreported,
)
from shared.events.issues import AlarmsSet, IssueArchived, IssueClosed, IssueDispatched, IssueReopened, IssueReported
from shared.events.visits import Visited
from shared.language.decider import Actor, Context
from shared.language.months import Calendar, Month, Year
from shared.language.personal import Personal
from shared.language.problems import Forbidden, Problem, Unknown
from shared.language.terms import CallOutcome, Category, Level, Nature, Outcome, Rating, Role, Source, Urgency, derived_id

FESTIVALS = [(1, 1), (2, 16), (2, 17), (2, 18), (2, 19), (4, 5), (5, 1), (5, 2), (6, 19)]
OFF_2026 = (
    {date(2026, *day): True for day in FESTIVALS}
    | {date(2026, 9, 25): True, date(2026, 9, 20): False}
    | {date(2026, 10, day): True for day in range(1, 8)}
)
OFF_2026[date(2026, 10, 10)] = False
CALENDAR = Calendar.of({2026: Year(2026, "1", OFF_2026)})
TODAY = date(2026, 9, 24)

TOWN, OTHER, OFFICE_UNIT = "T01", "D05", "OFFICE"
ENTERPRISE = Visited(id=uuid4(), code="91520502MA00000001", name="星关食品有限公司")


def actor(name: str, unit: str, *roles: Role) -> Actor:
    return Actor(derived_id("test", name), name, frozenset(roles), unit)


WORKER = actor("worker", TOWN, Role.WORKER)
OTHER_WORKER = actor("worker2", TOWN, Role.WORKER)
LIAISON = actor("liaison", TOWN, Role.LIAISON)
DEPUTY = actor("deputy", TOWN, Role.DEPUTY)
HEAD = actor("head", TOWN, Role.HEAD)
STRANGER = actor("stranger", OTHER, Role.WORKER, Role.LIAISON, Role.DEPUTY, Role.HEAD)
OFFICE = actor("office", OFFICE_UNIT, Role.OFFICE)
CHIEF = actor("chief", OFFICE_UNIT, Role.CHIEF)
CALLER = actor("caller", OFFICE_UNIT, Role.CALLER_BACK)
TOWN_CALLER = actor("town-caller", TOWN, Role.CALLER_BACK)
HOTLINE = actor("hotline", OFFICE_UNIT, Role.HOTLINE)
ADMIN = actor("admin", "", Role.ADMIN)
SYSTEM = actor("system", "", Role.SYSTEM)
EVERYBODY = (WORKER, OTHER_WORKER, LIAISON, DEPUTY, HEAD, STRANGER, OFFICE, CHIEF, CALLER, TOWN_CALLER, HOTLINE, ADMIN, SYSTEM)

SUBJECT = UUID("01990000-0000-7000-8000-000000000001")
KNOWN = KnownTicket(
    report=KnownReport(ENTERPRISE, TOWN),
    no="QXG-202609-T01-0001",
    units=frozenset({TOWN, OTHER, OFFICE_UNIT}),
    posts={item.id: {item.unit: item.roles} for item in EVERYBODY},
    siblings=0,
)


def context(who: Actor, on: date = TODAY, **known: Any) -> Context:
    now = datetime(on.year, on.month, on.day, 2, tzinfo=UTC)
    return Context(who, now, on, CALENDAR, SUBJECT, replace(KNOWN, **known))


REPORT = ReportIssue(enterprise=ENTERPRISE.id, source=Source.IN_PERSON, content="厂区门口道路积水", nature=Nature.ENQUIRY)
ACCEPT = AcceptIssue(category=Category.LOGISTICS, nature=Nature.HELP)
DISPATCH = DispatchIssue(unit=TOWN, leader=HEAD.id, measures="现场勘察后清淤", due="standard")
SIGN = SignIssue()
PROGRESS = ProgressIssue(note="已到现场", contacted=True)
RESOLVE = ResolveIssue(outcome=Outcome.SOLVED, result="已清淤", reply="贵公司门口积水已排除")
APPROVE = ApproveResolution()
REJECT = RejectResolution(reason="照片不清")
CALL = RecordCallBack(outcome=CallOutcome.ANSWERED, rating=Rating.SATISFIED)
BAD_CALL = RecordCallBack(outcome=CallOutcome.ANSWERED, rating=Rating.DISSATISFIED, reason="又积水了")
MISSED = RecordCallBack(outcome=CallOutcome.UNREACHED)
CLOSE = CloseIssue()
REOPEN = ReopenIssue(reason="又积水了")
ARCHIVE = ArchiveIssue(file_no="QXG-2026-001")

Step = tuple[Asked, Actor] | tuple[Asked, Actor, date]

TO_REPORTED: list[Step] = [(REPORT, WORKER)]
TO_ACCEPTED: list[Step] = [*TO_REPORTED, (ACCEPT, LIAISON)]
TO_DISPATCHED: list[Step] = [*TO_ACCEPTED, (DISPATCH, DEPUTY)]
TO_SIGNED: list[Step] = [*TO_DISPATCHED, (SIGN, WORKER)]
TO_RESOLVED: list[Step] = [*TO_SIGNED, (RESOLVE, WORKER)]
TO_REVIEWED: list[Step] = [*TO_RESOLVED, (APPROVE, DEPUTY)]
TO_RATED: list[Step] = [*TO_REVIEWED, (CALL, CALLER)]
TO_DISSATISFIED: list[Step] = [*TO_REVIEWED, (BAD_CALL, CALLER)]
TO_CLOSED: list[Step] = [*TO_RATED, (CLOSE, CALLER)]
TO_ARCHIVED: list[Step] = [*TO_CLOSED, (ARCHIVE, SYSTEM, date(2026, 10, 30))]
STAGES = {
    Reported: TO_REPORTED,
    Accepted: TO_ACCEPTED,
    Dispatched: TO_DISPATCHED,
    Signed: TO_SIGNED,
    Resolved: TO_RESOLVED,
    Reviewed: TO_REVIEWED,
    Closed: TO_CLOSED,
    Archived: TO_ARCHIVED,
}


def given(steps: Sequence[Step]) -> Any:
    state: Any = ISSUE.initial
    for command, who, *on in steps:
        facts = ISSUE.decide(state, command, context(who, *on))
        assert facts, f"{command} changed nothing"
        state = ISSUE.fold(facts, state)
    return state


def when(steps: Sequence[Step], command: Asked, who: Actor, on: date = TODAY, **known: Any) -> Sequence[Any]:
    """The facts, without the alarms that are planned with them: those have tests of their own."""
    facts = ISSUE.decide(given(steps), command, context(who, on, **known))
    return [fact for fact in facts if not isinstance(fact, AlarmsSet)]


def refused(kind: type[Problem], steps: Sequence[Step], command: Asked, who: Actor, on: date = TODAY, **known: Any) -> Problem:
    with pytest.raises(kind) as caught:
        when(steps, command, who, on, **known)
    assert caught.type is kind
    assert caught.value.document()["title"]
    return caught.value


# Report


def test_a_report_bears_the_number_given_and_the_enterprise_as_it_is_called():
    (fact,) = when([], REPORT, WORKER)
    assert fact.no == "QXG-202609-T01-0001"
    assert (fact.enterprise, fact.unit, fact.on, fact.nature) == (ENTERPRISE, TOWN, TODAY, Nature.ENQUIRY)


def test_a_caller_is_sealed_as_the_contact_of_the_enterprise():
    command = REPORT.model_copy(update={"reporter": Personal("张三"), "phone": Personal("13800001234")})
    (fact,) = when([], command, HOTLINE)
    assert fact.reporter.subject == fact.phone.subject == derived_id("contact", str(ENTERPRISE.id))


@pytest.mark.parametrize("who", [WORKER, LIAISON, HOTLINE, OFFICE, SYSTEM])
def test_desk_office_and_people_of_the_unit_report(who: Actor):
    assert isinstance(when([], REPORT, who)[0], IssueReported)


@pytest.mark.parametrize("who", [STRANGER, HEAD, CHIEF, CALLER, ADMIN])
def test_nobody_else_reports(who: Actor):
    refused(Forbidden, [], REPORT, who)


@pytest.mark.parametrize("part", [{"visit": uuid4()}, {"demand": 1}])
def test_only_the_platform_reports_the_demand_of_a_visit(part: dict[str, Any]):
    command = REPORT.model_copy(update=part)
    refused(Forbidden, [], command, OFFICE)
    assert when([], command, SYSTEM)


def test_a_report_goes_to_a_unit_that_exists():
    refused(issue.UnitNotKnown, [], REPORT, OFFICE, report=KnownReport(ENTERPRISE, "nowhere"))


@pytest.mark.parametrize("steps", STAGES.values())
def test_the_same_report_again_changes_nothing_and_another_is_refused(steps: list[Step]):
    assert when(steps, REPORT, WORKER) == []
    refused(issue.AlreadyReported, steps, REPORT.model_copy(update={"content": "另一件事"}), WORKER)


def test_nothing_happens_to_a_ticket_that_is_not_there():
    for command in (ACCEPT, DISPATCH, SIGN, PROGRESS, RESOLVE, APPROVE, REJECT, CALL, CLOSE, REOPEN, ARCHIVE):
        refused(Unknown, [], command, OFFICE)


# Accept


@pytest.mark.parametrize("who", [LIAISON, DEPUTY, HEAD, OFFICE])
def test_liaison_deputy_head_and_office_accept(who: Actor):
    (fact,) = when(TO_REPORTED, ACCEPT, who)
    assert (fact.category, fact.nature, fact.urgency) == (Category.LOGISTICS, Nature.HELP, Urgency.ORDINARY)


@pytest.mark.parametrize("who", [WORKER, STRANGER, CALLER, HOTLINE, CHIEF, ADMIN])
def test_nobody_else_accepts(who: Actor):
    refused(Forbidden, TO_REPORTED, ACCEPT, who)


def test_accepting_twice_alike_changes_nothing_and_otherwise_is_refused():
    assert when(TO_ACCEPTED, ACCEPT, DEPUTY) == []
    refused(issue.AlreadyDone, TO_ACCEPTED, AcceptIssue(nature=Nature.COMPLAINT), DEPUTY)


# Dispatch


@pytest.mark.parametrize("missing", ["unit", "leader", "measures", "due"])
def test_nothing_is_dispatched_without_unit_leader_measures_and_due(missing: str):
    told = {"unit": TOWN, "leader": str(HEAD.id), "measures": "清淤", "due": "standard"}
    assert DispatchIssue.model_validate(told)
    del told[missing]
    with pytest.raises(ValidationError):
        DispatchIssue.model_validate(told)


@pytest.mark.parametrize("measures", ["", "  ", "。", "\u200b", "\u3000", "……"])
def test_measures_say_something(measures: str):
    with pytest.raises(ValidationError):
        DispatchIssue(unit=TOWN, leader=HEAD.id, measures=measures, due="standard")


@pytest.mark.parametrize("who", [DEPUTY, HEAD, OFFICE])
def test_deputy_head_and_office_dispatch_within_the_unit(who: Actor):
    (fact,) = when(TO_ACCEPTED, DISPATCH, who)
    assert (fact.unit, fact.leader, fact.level, fact.on) == (TOWN, HEAD.id, Level.GRID, TODAY)


@pytest.mark.parametrize("who", [WORKER, LIAISON, STRANGER, CALLER, CHIEF, ADMIN])
def test_nobody_else_dispatches(who: Actor):
    refused(Forbidden, TO_ACCEPTED, DISPATCH, who)


@pytest.mark.parametrize("change", [{"unit": OTHER, "leader": STRANGER.id}, {"co_units": (OTHER,)}])
def test_only_the_office_dispatches_across_units(change: dict[str, Any]):
    command = DISPATCH.model_copy(update=change)
    refused(permissions.AcrossUnits, TO_ACCEPTED, command, HEAD)
    assert when(TO_ACCEPTED, command, OFFICE)


@pytest.mark.parametrize("leader", [WORKER.id, LIAISON.id, STRANGER.id, uuid4()])
def test_the_leader_leads_the_handling_unit(leader: UUID):
    refused(issue.LeaderNotOfUnit, TO_ACCEPTED, DISPATCH.model_copy(update={"leader": leader}), DEPUTY)


def test_the_chief_may_be_the_leader_anywhere():
    assert when(TO_ACCEPTED, DISPATCH.model_copy(update={"leader": CHIEF.id}), DEPUTY)


@pytest.mark.parametrize(
    "change", [{"unit": "nowhere"}, {"co_units": ("nowhere",)}, {"co_units": (TOWN,)}, {"co_units": (OTHER, OTHER)}]
)
def test_a_ticket_is_dispatched_to_units_there_are_and_to_each_once(change: dict[str, Any]):
    refused(issue.UnitNotKnown, TO_ACCEPTED, DISPATCH.model_copy(update=change), OFFICE)


@pytest.mark.parametrize(
    ("nature", "urgency", "days"),
    [
        (Nature.ENQUIRY, Urgency.ORDINARY, 3),
        (Nature.HELP, Urgency.ORDINARY, 7),
        (Nature.SUGGESTION, Urgency.URGENT, 7),
        (Nature.COMPLAINT, Urgency.ORDINARY, 10),
        (Nature.COMPLAINT, Urgency.CRITICAL, 1),
        (Nature.ENQUIRY, Urgency.CRITICAL, 1),
    ],
)
def test_the_deadline_follows_from_nature_and_urgency(nature: Nature, urgency: Urgency, days: int):
    steps: list[Step] = [*TO_REPORTED, (AcceptIssue(nature=nature, urgency=urgency), OFFICE)]
    (fact,) = when(steps, DISPATCH, DEPUTY)
    assert fact.due.on == CALENDAR.add_workdays(TODAY, days)
    assert (fact.due.calendar, fact.due.rule) == ("2026.1", "2026.2")


def test_the_deadline_tells_how_it_was_derived():
    due = deadlines.stated(
        deadlines.standard(CALENDAR, TODAY, Kind(Category.OTHER, Nature.HELP, Urgency.ORDINARY)), date(2026, 9, 30)
    )
    assert (
        due.derivation
        == "交办时定为 2026-09-30,不晚于 交办 09-24 + 7 工作日,跳过 09-25…27、10-01…07、10-11,含调休上班 10-10 → 10-12"
    )


def test_an_earlier_day_may_be_set_and_a_later_one_may_not():
    limit = CALENDAR.add_workdays(TODAY, 7)
    earlier = DISPATCH.model_copy(update={"due": TODAY + timedelta(days=4)})
    (fact,) = when(TO_ACCEPTED, earlier, DEPUTY)
    assert fact.due.on == TODAY + timedelta(days=4)
    assert when(TO_ACCEPTED, DISPATCH.model_copy(update={"due": limit}), DEPUTY)[0].due.on == limit
    problem = refused(issue.DueTooLate, TO_ACCEPTED, DISPATCH.model_copy(update={"due": limit + timedelta(days=1)}), DEPUTY)
    assert problem.facts["limit"] == limit
    refused(issue.DueInThePast, TO_ACCEPTED, DISPATCH.model_copy(update={"due": TODAY - timedelta(days=1)}), DEPUTY)


@pytest.mark.parametrize(
    ("external", "expected"), [(date(2026, 9, 28), date(2026, 9, 28)), (date(2026, 12, 1), date(2026, 10, 12))]
)
def test_the_deadline_of_an_external_order_wins_if_earlier(external: date, expected: date):
    told = REPORT.model_copy(update={"source": Source.TRANSFERRED, "external_no": "12345-1", "external_due": external})
    (fact,) = when([(told, OFFICE), (ACCEPT, OFFICE)], DISPATCH, OFFICE)
    assert fact.due.on == expected


def test_an_external_deadline_that_is_over_makes_no_dispatch_impossible():
    told = REPORT.model_copy(update={"external_due": date(2026, 9, 1)})
    (fact,) = when([(told, OFFICE), (ACCEPT, OFFICE)], DISPATCH, OFFICE)
    assert fact.due.on == date(2026, 9, 1)


def test_dispatching_twice_alike_changes_nothing_and_otherwise_is_refused():
    assert when(TO_DISPATCHED, DISPATCH, DEPUTY) == []
    assert when(TO_DISPATCHED, DISPATCH, DEPUTY, TODAY + timedelta(days=3)) == []
    refused(issue.AlreadyDone, TO_DISPATCHED, DISPATCH.model_copy(update={"measures": "再议"}), DEPUTY)
    refused(issue.AlreadyDone, TO_DISPATCHED, DISPATCH.model_copy(update={"due": TODAY}), DEPUTY)


# Sign, progress, resolve


@pytest.mark.parametrize("who", [WORKER, OTHER_WORKER, LIAISON])
def test_who_signs_handles_it(who: Actor):
    (fact,) = when(TO_DISPATCHED, SIGN, who)
    assert fact.handler == who.id


def test_a_liaison_signs_for_a_member_of_the_unit_and_for_no_other():
    (fact,) = when(TO_DISPATCHED, SignIssue(handler=WORKER.id), LIAISON)
    assert fact.handler == WORKER.id
    refused(issue.HandlerNotOfUnit, TO_DISPATCHED, SignIssue(handler=STRANGER.id), LIAISON)
    refused(issue.HandlerNotOfUnit, TO_DISPATCHED, SignIssue(handler=uuid4()), LIAISON)


@pytest.mark.parametrize("who", [STRANGER, OFFICE, HEAD, CALLER, ADMIN])
def test_nobody_else_signs(who: Actor):
    refused(Forbidden, TO_DISPATCHED, SIGN, who)


def test_signing_late_or_again_moves_no_deadline():
    late = given([*TO_DISPATCHED, (SIGN, WORKER, TODAY + timedelta(days=20))])
    assert late.due == given(TO_DISPATCHED).due
    assert when(TO_SIGNED, SIGN, WORKER) == []
    refused(issue.AlreadyDone, TO_SIGNED, SIGN, OTHER_WORKER)


def test_progress_is_told_by_the_handler_once():
    state = given([*TO_SIGNED, (PROGRESS, WORKER)])
    assert state.work.contacted
    assert state.due == given(TO_DISPATCHED).due
    assert when([*TO_SIGNED, (PROGRESS, WORKER)], PROGRESS, WORKER) == []
    assert when([*TO_SIGNED, (PROGRESS, WORKER)], PROGRESS, WORKER, TODAY + timedelta(days=1))


@pytest.mark.parametrize("command", [PROGRESS, RESOLVE])
@pytest.mark.parametrize("who", [OTHER_WORKER, LIAISON, HEAD, OFFICE, SYSTEM])
def test_only_the_handler_reports_on_it(command: Asked, who: Actor):
    refused(permissions.NotTheHandler, TO_SIGNED, command, who)


@pytest.mark.parametrize("reply", ["", " ", "\n\u3000", "。。。"])
def test_nothing_is_resolved_without_a_reply(reply: str):
    with pytest.raises(ValidationError):
        ResolveIssue(outcome=Outcome.SOLVED, result="已办", reply=reply)


def test_resolving_twice_alike_changes_nothing_and_otherwise_is_refused():
    assert when(TO_RESOLVED, RESOLVE, WORKER) == []
    refused(issue.AlreadyDone, TO_RESOLVED, RESOLVE.model_copy(update={"reply": "另一个答复"}), WORKER)


# Review


@pytest.mark.parametrize("who", [DEPUTY, HEAD])
def test_deputy_and_head_review(who: Actor):
    assert when(TO_RESOLVED, APPROVE, who)[0].by == who.id
    assert when(TO_RESOLVED, REJECT, who)[0].by == who.id


@pytest.mark.parametrize("command", [APPROVE, REJECT])
@pytest.mark.parametrize("who", [OTHER_WORKER, LIAISON, STRANGER, OFFICE, CALLER, ADMIN])
def test_nobody_else_reviews_at_grid_level(command: Asked, who: Actor):
    refused(Forbidden, TO_RESOLVED, command, who)


def test_above_the_grid_the_office_reviews():
    state = given(TO_RESOLVED)
    above = replace(state, order=state.order.model_copy(update={"level": Level.DISTRICT}))
    assert ISSUE.decide(above, APPROVE, context(OFFICE))
    with pytest.raises(Forbidden):
        ISSUE.decide(above, APPROVE, context(HEAD))


@pytest.mark.parametrize("command", [APPROVE, REJECT])
def test_the_handler_does_not_review(command: Asked):
    both = actor("both", TOWN, Role.WORKER, Role.DEPUTY)
    refused(permissions.HandlerCantReview, [*TO_DISPATCHED, (SIGN, both), (RESOLVE, both)], command, both)


def test_a_rejection_goes_back_to_the_handler_with_the_deadline_as_it_was():
    state = given([*TO_RESOLVED, (REJECT, DEPUTY, TODAY + timedelta(days=2))])
    assert isinstance(state, Signed)
    assert state.due == given(TO_DISPATCHED).due
    assert state.work.handler == WORKER.id


def test_reviewing_twice_alike_changes_nothing_and_otherwise_is_refused():
    assert when(TO_REVIEWED, APPROVE, DEPUTY) == []
    refused(issue.AlreadyDone, TO_REVIEWED, APPROVE, HEAD)
    rejected: list[Step] = [*TO_RESOLVED, (REJECT, DEPUTY)]
    assert when(rejected, REJECT, DEPUTY) == []
    refused(issue.AlreadyDone, rejected, RejectResolution(reason="另一个理由"), DEPUTY)


# Call back


@pytest.mark.parametrize("who", [CALLER, OFFICE])
def test_somebody_outside_the_unit_calls_back(who: Actor):
    assert when(TO_REVIEWED, CALL, who)[0].by == who.id


@pytest.mark.parametrize("command", [CALL, CLOSE, REOPEN])
@pytest.mark.parametrize("who", [WORKER, DEPUTY, HEAD, LIAISON, STRANGER, HOTLINE, ADMIN])
def test_nobody_else_calls_back_closes_or_reopens(command: Asked, who: Actor):
    refused(Forbidden, TO_DISSATISFIED if command is not CALL else TO_REVIEWED, command, who)


@pytest.mark.parametrize("command", [CALL, CLOSE])
def test_the_platform_itself_neither_calls_back_nor_closes(command: Asked):
    refused(Forbidden, TO_DISSATISFIED if command is not CALL else TO_REVIEWED, command, SYSTEM)


def test_an_enterprise_objects_by_itself_only_to_what_is_closed():
    refused(issue.NotInThisStage, TO_DISSATISFIED, REOPEN, SYSTEM)


def test_the_units_that_handled_it_do_not_call_back():
    refused(permissions.OwnUnitCantCallBack, TO_REVIEWED, CALL, TOWN_CALLER)
    helped = DISPATCH.model_copy(update={"co_units": (OTHER,)})
    steps: list[Step] = [*TO_ACCEPTED, (helped, OFFICE), (SIGN, WORKER), (RESOLVE, WORKER), (APPROVE, DEPUTY)]
    refused(permissions.OwnUnitCantCallBack, steps, CALL, actor("helper", OTHER, Role.CALLER_BACK))


@pytest.mark.parametrize("who", [WORKER, DEPUTY])
def test_handler_and_reviewer_do_not_call_back_from_another_post(who: Actor):
    moved = replace(who, unit=OFFICE_UNIT, roles=frozenset({Role.CALLER_BACK}))
    refused(permissions.SameHands, TO_REVIEWED, CALL, moved)
    refused(permissions.SameHands, TO_RATED, CLOSE, moved)


def test_who_once_rejected_it_does_not_call_back_either():
    steps: list[Step] = [*TO_RESOLVED, (REJECT, HEAD), (RESOLVE, WORKER), (APPROVE, DEPUTY)]
    refused(permissions.SameHands, steps, CALL, replace(HEAD, unit=OFFICE_UNIT, roles=frozenset({Role.CALLER_BACK})))


def test_a_rating_stands():
    refused(permissions.AlreadyRated, TO_DISSATISFIED, CALL, CALLER)
    assert when(TO_DISSATISFIED, BAD_CALL, CALLER) == []


def test_two_missed_calls_on_one_day_are_two_tries():
    assert when([*TO_REVIEWED, (MISSED, CALLER)], MISSED, CALLER)


@pytest.mark.parametrize("told", [{"outcome": "unreached", "rating": "4"}, {"outcome": "answered", "rating": "1", "reason": " "}])
def test_a_rating_comes_from_somebody_who_answered_and_dissatisfaction_with_its_reason(told: dict[str, str]):
    with pytest.raises(ValidationError):
        RecordCallBack.model_validate(told)


# Close, reopen, archive


def test_a_ticket_is_closed_with_the_rating_of_the_call_back():
    (fact,) = when(TO_RATED, CLOSE, CALLER)
    assert fact == IssueClosed(rating=Rating.SATISFIED, on=TODAY)
    assert when(TO_CLOSED, CLOSE, CALLER) == []


@pytest.mark.parametrize("days", [(), (0,), (0, 1), (0, 0, 0)])
def test_an_unreached_enterprise_is_tried_three_times_on_two_days(days: tuple[int, ...]):
    tries: list[Step] = [(MISSED, CALLER, TODAY + timedelta(days=n)) for n in days]
    refused(permissions.NotReachedOftenEnough, [*TO_REVIEWED, *tries], CLOSE, CALLER)


def test_after_three_tries_on_two_days_it_is_closed_without_a_rating():
    tries: list[Step] = [(MISSED, CALLER, TODAY + timedelta(days=n)) for n in (0, 0, 1)]
    assert when([*TO_REVIEWED, *tries], CLOSE, CALLER)[0].rating is None


def test_a_conversation_without_a_rating_closes_nothing():
    talked = RecordCallBack(outcome=CallOutcome.ANSWERED, note="请稍后再打")
    refused(permissions.NotReachedOftenEnough, [*TO_REVIEWED, (talked, CALLER)], CLOSE, CALLER)


def test_dissatisfaction_is_closed_by_the_ruling_of_the_office_alone():
    refused(permissions.EnterpriseDissatisfied, TO_DISSATISFIED, CLOSE, CALLER)
    refused(permissions.RulingMissing, TO_DISSATISFIED, CLOSE, OFFICE)
    ruled = CloseIssue(ruling="企业所述与核查事实不符")
    assert when(TO_DISSATISFIED, ruled, OFFICE)[0].rating is Rating.DISSATISFIED


def test_dissatisfaction_reopens_with_five_more_working_days():
    (fact,) = when(TO_DISSATISFIED, REOPEN, CALLER)
    assert isinstance(fact, IssueReopened)
    assert fact.due.on == date(2026, 10, 9)
    assert fact.due.derivation == "重办 09-24 + 5 工作日,跳过 09-25…27、10-01…07 → 10-09"
    state = given([*TO_DISSATISFIED, (REOPEN, CALLER)])
    assert isinstance(state, Signed)
    assert (state.due, state.order.due, state.work.reopened) == (fact.due, given(TO_DISPATCHED).due, 1)


@pytest.mark.parametrize("steps", [TO_REVIEWED, TO_RATED])
def test_nothing_is_reopened_unless_the_enterprise_was_dissatisfied(steps: list[Step]):
    refused(permissions.EnterpriseNotDissatisfied, steps, REOPEN, CALLER)


def test_reopening_twice_alike_changes_nothing_and_otherwise_is_refused():
    steps: list[Step] = [*TO_DISSATISFIED, (REOPEN, CALLER)]
    assert when(steps, REOPEN, CALLER) == []
    refused(issue.AlreadyDone, steps, ReopenIssue(reason="另一个理由"), CALLER)


def test_a_second_round_is_called_back_anew():
    again: list[Step] = [*TO_DISSATISFIED, (REOPEN, CALLER), (RESOLVE, WORKER), (APPROVE, DEPUTY)]
    refused(permissions.NotReachedOftenEnough, again, CLOSE, CALLER)
    assert when([*again, (CALL, CALLER)], CLOSE, CALLER)[0].rating is Rating.SATISFIED


@pytest.mark.parametrize("who", [SYSTEM, LIAISON])
def test_a_file_is_archived_when_nobody_may_object_any_more(who: Actor):
    last = CALENDAR.add_workdays(TODAY, 5)
    refused(permissions.TooEarlyToArchive, TO_CLOSED, ARCHIVE, who, last)
    assert when(TO_CLOSED, ARCHIVE, who, last + timedelta(days=1)) == [
        IssueArchived(file_no="QXG-2026-001", on=last + timedelta(days=1), retention_years=10)
    ]


@pytest.mark.parametrize("who", [WORKER, HEAD, STRANGER, CALLER, ADMIN])
def test_nobody_else_archives(who: Actor):
    refused(Forbidden, TO_CLOSED, ARCHIVE, who, date(2026, 12, 1))


def test_archiving_twice_alike_changes_nothing_and_otherwise_is_refused():
    on = date(2026, 12, 1)
    assert when(TO_ARCHIVED, ARCHIVE, LIAISON, on) == []
    refused(issue.AlreadyDone, TO_ARCHIVED, ArchiveIssue(file_no="另一个"), LIAISON, on)


# The whole table

ACTIONS: dict[str, Asked] = {
    "accept": ACCEPT,
    "dispatch": DISPATCH,
    "sign": SIGN,
    "progress": PROGRESS,
    "resolve": RESOLVE,
    "approve": APPROVE,
    "reject": REJECT,
    "call-back": CALL,
    "close": CLOSE,
    "reopen": REOPEN,
    "archive": ARCHIVE,
}


@pytest.mark.parametrize("who", EVERYBODY, ids=lambda who: who.account)
@pytest.mark.parametrize("steps", [[], *STAGES.values(), TO_RATED, TO_DISSATISFIED])
def test_what_is_allowed_is_what_would_be_carried_out(steps: list[Step], who: Actor):
    state, asked = given(steps), context(who, date(2026, 12, 1))
    done = set()
    for name, command in ACTIONS.items():
        try:
            if ISSUE.decide(state, command, asked):
                done.add(name)
        except Problem:
            continue
    allowed = set(allowed_actions(state, asked)) & set(ACTIONS)
    assert allowed - ({"close"} if steps == TO_DISSATISFIED else set()) == done  # There a ruling in words is needed too.


def test_a_fact_of_another_time_changes_no_state():
    state = given(TO_SIGNED)
    assert ISSUE.evolve(state, IssueClosed(on=TODAY)) == state
    assert ISSUE.evolve(Unreported(), IssueClosed(on=TODAY)) == Unreported()


# Reading and numbers


@pytest.mark.parametrize("who", [OFFICE, CHIEF, SYSTEM, WORKER, LIAISON, HEAD])
def test_office_and_unit_read_a_ticket(who: Actor):
    assert access.reach(who).covers(given(TO_REPORTED))


@pytest.mark.parametrize("who", [STRANGER, CALLER, HOTLINE])
def test_others_do_not_read_it_before_it_concerns_them(who: Actor):
    assert not access.reach(who).covers(given(TO_REPORTED))
    assert access.reach(CALLER).covers(given(TO_REVIEWED))
    assert access.reach(STRANGER).covers(given([*TO_ACCEPTED, (DISPATCH.model_copy(update={"co_units": (OTHER,)}), OFFICE)]))


def test_an_administrator_reads_no_business():
    with pytest.raises(Forbidden):
        access.reach(ADMIN)


@pytest.mark.parametrize(("unit", "seq"), [("T01", 1), ("52-05-02-101", 9999), ("X", 12345)])
def test_a_number_is_read_as_it_was_written(unit: str, seq: int):
    assert number(Month(2026, 9), "T01", 7) == "QXG-202609-T01-0007"
    assert parts(number(Month(2026, 9), unit, seq)) == (Month(2026, 9), seq)


def test_every_refusal_says_its_rule_and_a_chinese_title():
    kinds = [
        kind
        for module in (issue, permissions)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Problem) and kind.__module__ == module.__name__
    ]
    assert len(kinds) > 12
    assert all(kind.__doc__ and any("\u4e00" <= char <= "\u9fff" for char in kind.title) for kind in kinds)


def test_the_first_deadline_stays_known():
    assert isinstance(given(TO_DISPATCHED).order, IssueDispatched)
    assert given(TO_DISPATCHED).due == given(TO_DISPATCHED).order.due
