"""What people do to look better than they are, each by its name, and why it does not work here (``tickets.md``, ``roles.md``).

The five of the issue come first: the clock that starts only when somebody signs, tickets that bounce between departments,
closing by the one who did the work, unreachable callers counted as satisfied, updates that reset the clock.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from support.stories import AUTUMN_2026, Story, ident
from support.tickets import (
    BAD,
    COMMANDS,
    CROSS,
    DISPATCH,
    ENTERPRISE,
    EXTEND,
    GOOD,
    LIFT,
    MISSED,
    OTHER,
    PEOPLE,
    REPORT,
    RESOLVE,
    STAGES,
    TO_ACCEPTED,
    TO_CLOSED,
    TO_DISPATCHED,
    TO_LIFTED,
    TO_REPORTED,
    TO_REVIEWED,
    TO_SIGNED,
    TO_TRACKED,
    TRACK,
    Said,
    at,
    context,
    given,
    of,
    person,
    refusal,
    then,
)

from services.issues.api.steps import STEPS
from services.issues.domain.ticket import commands as c
from services.issues.domain.ticket.callbacks import settled
from services.issues.domain.ticket.decide import ISSUE, allowed_actions
from services.issues.domain.ticket.states import clocked, colour
from services.reporting.domain.demands import Demands, demands
from services.reporting.domain.folding import fold
from shared.events.issues import AlarmRaised, AlarmsSet, IssueUrged, MeasureProposed
from shared.language.facts import Fact
from shared.language.problems import Problem
from shared.language.terms import Alarm, CallOutcome, Colour, Measure, Rating, Role, Source, Urgency

SIGN, APPROVE, CLOSE, REOPEN, RETURN = (
    of(kind) for kind in (c.SignIssue, c.ApproveResolution, c.CloseIssue, c.ReopenIssue, c.ReturnIssue)
)
PROGRESS = of(c.ProgressIssue)


def silence(state: Any, until: str) -> tuple[list[Fact], Any]:
    """Nobody does anything until then; the clock rings what it has, one after the other, each at its instant."""
    told: list[Fact] = []
    while due := [ring for ring in state.notes.rings if ring.at <= at(until)]:
        asked = c.RaiseAlarm(kind=due[0].kind, deadline=due[0].deadline, at=due[0].at)
        facts = ISSUE.decide(state, asked, context("system", due[0].at))
        assert facts
        assert (due[0].kind, due[0].deadline) not in [
            (fact.kind, fact.deadline) for fact in told if isinstance(fact, AlarmRaised)
        ]
        told += facts
        state = ISSUE.fold(facts, state)
    return told, state


def rung(facts: list[Fact]) -> list[Alarm]:
    return [fact.kind for fact in facts if isinstance(fact, AlarmRaised)]


def figures(*stories: list[Said], until: str = "2026-09-30") -> Demands:
    """The figures of September over these tickets, from nothing but their facts, as they stood at the end of a day."""
    log = Story()
    for n, story in enumerate(stories):
        state: Any = ISSUE.initial
        for command, who, *hour in story:
            facts = ISSUE.decide(state, command, context(who, *hour, no=f"QXG-202609-T01-{n + 1:04d}"))
            state = ISSUE.fold(facts, state)
            for fact in facts:
                log.tell(f"issue/{ident(str(n))}", fact)
    return demands(fold(log.entries).issues.values(), "2026-09-01", until, "2026-09-30", AUTUMN_2026)


# The clock that starts only when somebody signs


@pytest.mark.parametrize("signed", ["09-14T10:00", "09-16T08:00", "10-20T10:00"])
def test_signing_late_gives_no_later_deadline(signed: str):
    state = given([*TO_DISPATCHED, (SIGN, "w", signed)])
    assert (state.due.on, state.first.on) == (date(2026, 9, 22), date(2026, 9, 22))


def test_nobody_signs_and_every_alarm_rings_all_the_same():
    told, state = silence(given(TO_DISPATCHED), "12-31T10:00")
    assert [
        kind for kind in rung(told) if kind in (Alarm.SIGN, Alarm.BLUE, Alarm.YELLOW, Alarm.RED, Alarm.RED_5, Alarm.RED_10)
    ] == [
        Alarm.SIGN,
        Alarm.BLUE,
        Alarm.YELLOW,
        Alarm.RED,
        Alarm.RED_5,
        Alarm.RED_10,
    ]
    assert type(state).__name__ == "Signed"
    assert state.work.signed.auto


def test_signed_by_the_platform_stays_signed_late_whoever_takes_it_up():
    state = given(TO_DISPATCHED)
    _, state = silence(state, "09-16T10:00")
    facts = ISSUE.decide(state, SIGN, context("w", "09-16T11:00"))
    assert [type(fact).__name__ for fact in facts if not isinstance(fact, AlarmsSet)] == ["IssueReassigned"]
    after = ISSUE.fold(facts, state)
    assert after.work.signed.auto
    assert (after.work.handler, after.due) == (PEOPLE["w"].id, state.due)


# Tickets that bounce between departments


def test_a_ticket_bounces_once_and_its_deadline_does_not_move():
    bounced: list[Said] = [*TO_DISPATCHED, (RETURN, "d", "09-15T16:00"), (CROSS, "office", "09-16T16:00")]
    state = given(bounced)
    assert (state.due.on, state.first.on) == (date(2026, 9, 22), date(2026, 9, 22))
    assert refusal(bounced, RETURN, "d5", "09-16T16:30") == "ReturnedBefore"
    later = CROSS.model_copy(update={"due": date(2026, 9, 23)})
    assert refusal(bounced[:-1], later, "office", "09-16T16:00") == "DueTooLate"
    for who in ("d", "h", "d5", "h5"):
        assert refusal(bounced[:-1], DISPATCH, who, "09-16T16:00") == "Forbidden"


def test_between_two_units_it_turns_red_where_it_lies():
    told, state = silence(given([*TO_DISPATCHED, (RETURN, "d", "09-15T16:00")]), "09-23T10:00")
    assert rung(told) == [Alarm.DISPATCH, Alarm.BLUE, Alarm.YELLOW, Alarm.RED]
    assert type(state).__name__ == "Accepted"


def test_a_unit_that_got_it_cannot_pass_it_on_by_itself():
    for command in (CROSS, c.ReassignIssue(handler=PEOPLE["w5"].id, reason="请住建办理"), RETURN):
        name = refusal(TO_SIGNED, command, "h")
        assert name in ("NotInThisStage", "HandlerNotOfUnit")


# Closing by the one who did the work


def test_who_handled_reviews_and_calls_back_never_from_whatever_desk():
    handled: list[Said] = [*TO_DISPATCHED, (SIGN, "wd"), (RESOLVE, "wd")]
    assert refusal(handled, APPROVE, "wd") == "HandlerCantReview"
    reviewed: list[Said] = [*handled, (APPROVE, "d")]
    everything = tuple(Role)
    for account, unit in (("wd", "OFFICE"), ("wd", "INSPECT"), ("d", "OFFICE")):
        for command in (GOOD, CLOSE):
            assert refusal(reviewed, command, person(account, unit, *everything)) == "SameHands"
    assert refusal(reviewed, GOOD, person("somebody", "T01", *everything)) == "OwnUnitCantCallBack"


def test_handing_it_on_washes_no_hands():
    passed: list[Said] = [*TO_SIGNED, (c.ReassignIssue(handler=PEOPLE["w2"].id, reason="出差"), "h"), (RESOLVE, "w2")]
    once = person("w", "T01", Role.DEPUTY)
    assert refusal(passed, APPROVE, once) == "HandlerCantReview"
    assert refusal([*passed, (APPROVE, "d")], GOOD, person("w", "OFFICE", Role.CALLER_BACK)) == "SameHands"


def test_nor_does_a_co_handler_or_the_unit_it_came_up_from_call_back():
    crossed: list[Said] = [*TO_ACCEPTED, (CROSS, "office"), (SIGN, "w5"), (RESOLVE, "w5"), (APPROVE, "d5")]
    for unit in ("D05", "T01"):
        assert refusal(crossed, GOOD, person("c", unit, Role.CALLER_BACK)) == "OwnUnitCantCallBack"


def test_nobody_grants_what_he_asked_for_himself():
    both = person("h", "T01", Role.HEAD, Role.OFFICE)
    assert refusal([*TO_SIGNED, (EXTEND, "h")], of(c.ApproveExtension), both) == "HandlerCantReview"
    assert refusal([*TO_SIGNED, (of(c.RequestEscalation), "h")], of(c.ApproveEscalation), both) == "HandlerCantReview"


def test_no_shortcut_leads_from_the_desk_to_the_end():
    """Beside its own order (resolve, approve, call, close) nothing closes a ticket, whoever tries."""
    for name, story in STAGES.items():
        state = given(story)
        for who in PEOPLE:
            for command in (CLOSE, c.CloseIssue(ruling="情况属实"), of(c.ArchiveIssue)):
                try:
                    facts = ISSUE.decide(state, command, context(who, "10-30T10:00"))
                except Problem:
                    continue
                assert not facts or name == "Closed", (name, who)


# Unreachable callers counted as satisfied


def test_who_was_not_reached_is_no_opinion():
    unreached: list[Said] = [
        *TO_REVIEWED,
        (MISSED, "caller"),
        (MISSED, "caller", "09-15T10:00"),
        (MISSED, "caller", "09-16T10:00"),
    ]
    story: list[Said] = [*unreached, (CLOSE, "caller", "09-16T11:00")]
    assert given(story).closing.rating is None
    alone = figures(story).rates
    assert [(alone[name].n, alone[name].d, alone[name].pct) for name in ("satisfied", "satisfied_at_once", "took_part")] == [
        (0, 0, None),
        (0, 0, None),
        (0, 1, "0.00"),
    ]
    bad: list[Said] = [*TO_REVIEWED, (BAD, "caller"), (c.CloseIssue(ruling="经核实不属实"), "office")]
    found = figures(story, bad)
    assert (found.rates["satisfied"].n, found.rates["satisfied"].d) == (0, 1)
    assert (found.rates["took_part"].n, found.rates["took_part"].d, found.index) == (1, 2, "40.00")


@pytest.mark.parametrize("outcome", [CallOutcome.UNREACHED, CallOutcome.REFUSED])
def test_a_call_nobody_took_has_no_rating_to_record(outcome: CallOutcome):
    with pytest.raises(ValueError, match="满意度"):
        c.RecordCallBack(outcome=outcome, rating=Rating.VERY_SATISFIED)


def test_closing_brings_no_rating_of_its_own():
    assert "rating" not in c.CloseIssue.model_fields


def test_the_bad_word_stands_nobody_calls_until_it_is_nicer():
    rated: list[Said] = [*TO_REVIEWED, (BAD, "caller")]
    for who in ("caller", "office", "office-head"):
        assert refusal(rated, GOOD, who, "09-15T10:00") == "AlreadyRated"
    assert refusal(rated, CLOSE, "caller") == "EnterpriseDissatisfied"
    assert refusal(rated, c.CloseIssue(ruling="……"), "office") == "RulingMissing"
    again: list[Said] = [*rated, (REOPEN, "caller"), (RESOLVE, "w"), (APPROVE, "d"), (GOOD, "caller"), (CLOSE, "caller")]
    found = figures(again).rates
    assert [(found[name].n, found[name].d) for name in ("satisfied", "satisfied_at_once", "reworked")] == [(1, 1), (0, 1), (1, 1)]


# Updates that reset the clock


@pytest.mark.parametrize(
    ("command", "who"),
    [
        (PROGRESS, "w"),
        (c.ProgressIssue(note="请稍候", next_on=date(2026, 10, 10)), "w"),
        (of(c.SupplementIssue), "hotline"),
        (of(c.UrgeIssue), "office"),
        (of(c.SuperviseIssue), "inspector"),
        (of(c.AnswerStage), "w"),
        (EXTEND, "h"),
        (of(c.ReassignIssue), "h"),
        (RESOLVE, "w"),
        (TRACK, "h"),
        (of(c.RequestEscalation), "h"),
    ],
)
def test_nothing_said_moves_the_deadline(command: c.Step, who: str):
    state = then(TO_SIGNED, command, who, "09-21T10:00")
    assert (state.due, state.first) == (given(TO_SIGNED).due, given(TO_SIGNED).first)


@pytest.mark.parametrize("day", [date(2026, 9, 13), date(2026, 9, 29), date(2199, 12, 31)])
def test_a_next_day_far_away_or_gone_by_is_refused(day: date):
    assert refusal(TO_SIGNED, c.ProgressIssue(note="请稍候", contacted=True, next_on=day), "w") == "NextDayTooFar"


def test_the_farthest_next_day_silences_no_deadline_and_rings_itself():
    state = given([*TO_SIGNED, (c.ProgressIssue(note="请稍候", contacted=True, next_on=date(2026, 9, 28)), "w")])
    told, _ = silence(state, "11-01T10:00")
    assert rung(told)[:3] == [Alarm.BLUE, Alarm.YELLOW, Alarm.RED]
    assert Alarm.PROGRESS in rung(told)


def test_progress_that_reached_nobody_is_no_first_contact():
    story: list[Said] = [*TO_SIGNED, (c.ProgressIssue(note="研究中"), "w", "09-15T10:00")]
    assert Alarm.CONTACT in rung(silence(given(story), "09-16T10:00")[0])


def test_the_same_alarm_never_rings_twice_whatever_is_told_afterwards():
    _, state = silence(given(TO_SIGNED), "09-23T10:00")
    seen = state.notes.rung
    for n in range(3):
        state = ISSUE.fold(ISSUE.decide(state, c.ProgressIssue(note=f"第{n}次"), context("w", "09-23T11:00")), state)
        assert not {(ring.kind, ring.deadline) for ring in state.notes.rings} & seen


def test_resolving_and_being_sent_back_gains_nothing():
    rejected: list[Said] = [*TO_SIGNED, (RESOLVE, "w", "09-22T16:00"), (of(c.RejectResolution), "d", "10-12T10:00")]
    state = given(rejected)
    assert state.due.on == date(2026, 9, 22)
    told, _ = silence(state, "10-12T10:00")
    assert {Alarm.BLUE, Alarm.YELLOW, Alarm.RED, Alarm.RED_5} <= set(rung(told))
    done: list[Said] = [*rejected, (RESOLVE, "w", "10-12T11:00"), (APPROVE, "d", "10-12T12:00"), (GOOD, "caller", "10-12T13:00")]
    found = figures([*done, (CLOSE, "caller", "10-12T14:00")], until="2026-10-31").rates
    assert [(found[name].n, found[name].d) for name in ("closed", "on_time")] == [(1, 1), (0, 1)]


def test_tracking_is_no_way_out():
    resumed = then(TO_TRACKED, of(c.ResumeIssue), "w", "10-12T10:00")
    assert resumed.due == given(TO_SIGNED).due
    assert Alarm.RED in rung(silence(resumed, "10-12T10:00")[0])
    found = figures(TO_TRACKED)
    assert (found.rates["closed"].n, found.rates["closed"].d) == (0, 1)
    assert found.overdue == ("QXG-202609-T01-0001",)


def test_longer_and_longer_shows_beside_the_first_deadline():
    story: list[Said] = [
        *TO_SIGNED,
        (EXTEND, "h"),
        (of(c.ApproveExtension), "office"),
        (RESOLVE, "w", "09-28T10:00"),
        (APPROVE, "d", "09-28T11:00"),
        (GOOD, "caller", "09-28T12:00"),
        (CLOSE, "caller", "09-28T13:00"),
    ]
    found = figures(story).rates
    assert [(found[name].n, found[name].d) for name in ("on_time", "on_time_initially", "extended")] == [(1, 1), (0, 1), (1, 1)]


def test_reopening_gives_time_to_work_and_none_to_look_punctual():
    story: list[Said] = [
        *TO_SIGNED,
        (RESOLVE, "w", "09-22T09:00"),
        (APPROVE, "d", "09-22T10:00"),
        (BAD, "caller", "09-22T11:00"),
        (REOPEN, "caller", "09-22T12:00"),
        (RESOLVE, "w", "09-28T10:00"),
        (APPROVE, "d", "09-28T11:00"),
        (GOOD, "caller", "09-28T12:00"),
        (CLOSE, "caller", "09-28T13:00"),
    ]
    found = figures(story).rates
    assert [(found[name].n, found[name].d) for name in ("closed", "on_time")] == [(1, 1), (0, 1)]


# And a few more


def test_taking_back_an_answered_demand_is_not_for_the_unit_that_handles_it():
    withdraw = of(c.WithdrawIssue)
    for who in ("w", "d", "h", "l", "own-caller", "w5", "system"):
        assert refusal(TO_REVIEWED, withdraw, who) in ("Forbidden", "OwnUnitCantCallBack")
    assert refusal(TO_CLOSED, withdraw, "caller") == "NotInThisStage"


def test_a_ticket_is_not_merged_into_itself_or_away_once_it_is_dispatched():
    itself = c.MergeIssue(master=context("office").subject)
    assert refusal(TO_ACCEPTED, itself, "office") == "CantMerge"
    assert refusal(TO_DISPATCHED, c.MergeIssue(master=OTHER), "office") == "NotInThisStage"


def test_an_administrator_does_nothing_to_a_ticket_and_an_auditor_neither():
    for story in STAGES.values():
        state = given(story)
        for who in ("admin", "auditor"):
            for command in (DISPATCH, RESOLVE, APPROVE, GOOD, CLOSE, REOPEN, of(c.WithdrawIssue), of(c.RaiseAlarm)):
                with pytest.raises(Problem):
                    ISSUE.decide(state, command, context(who))


def test_a_bad_rating_is_not_taken_back_with_the_ticket():
    for rated in (GOOD, BAD):
        assert refusal([*TO_REVIEWED, (rated, "caller")], of(c.WithdrawIssue), "caller") == "AlreadyRated"
    assert ISSUE.decide(given(TO_REVIEWED), of(c.WithdrawIssue), context("caller"))


def test_who_answers_a_merged_ticket_does_not_ask_whether_the_answer_was_good():
    answered: list[Said] = [*TO_ACCEPTED, (c.MergeIssue(master=OTHER), "office"), (of(c.AnswerSibling), "office")]
    assert refusal(answered, GOOD, "office") == "SameHands"
    assert ISSUE.decide(given(answered), GOOD, context("caller"))


def test_more_time_for_the_second_handling_leaves_the_first_miss_in_its_month():
    again: list[Said] = [*TO_REVIEWED, (BAD, "caller"), (REOPEN, "caller")]
    longer: list[Said] = [*again, (EXTEND, "h"), (of(c.ApproveExtension), "office")]
    for story in (again, longer):
        found = figures(story).rates
        assert [(found[name].n, found[name].d) for name in ("closed", "on_time")] == [(0, 1), (0, 1)]


# A ticket that lies for ever where nobody is asked (S9)


def test_tracking_that_lies_is_told_of_every_month_urged_and_proposed_for_above():
    told, state = silence(given(TO_TRACKED), "12-31T17:00")
    assert [fact.deadline for fact in told if isinstance(fact, AlarmRaised) and fact.kind is Alarm.MILESTONE] == [
        date(2026, 10, 9),
        date(2026, 11, 8),
        date(2026, 12, 8),
    ]
    assert rung(told).count(Alarm.MONTHLY) == 3
    assert {fact.to for fact in told if isinstance(fact, IssueUrged)} == {"deputy"}
    assert [fact.measure for fact in told if isinstance(fact, MeasureProposed)] == [Measure.ESCALATION]
    assert colour(state) is Colour.YELLOW


def test_taken_up_and_put_on_tracking_again_is_a_renewal():
    story = list(TO_TRACKED)
    for n in range(3):
        day = date(2026, 9, 20 + n)
        story += [
            (of(c.ResumeIssue), "w", f"09-{20 + n}T16:00"),
            (TRACK.model_copy(update={"milestone": date(2026, 10, 9 + n)}), "h", f"{day:%m-%d}T17:00"),
        ]
    assert given(story).work.renewals == 3
    assert [proposal.measure for proposal in given(story).notes.proposals] == [Measure.ESCALATION]


def test_silence_is_told_of_every_five_working_days_and_at_the_city_every_ten():
    told, _ = silence(given(TO_SIGNED), "11-30T17:00")
    assert rung(told).count(Alarm.PROGRESS) == 10
    assert rung(told).count(Alarm.CONTACT) == 1


# More time after the time


def test_an_extension_is_not_granted_when_the_deadline_is_over():
    asked: list[Said] = [*TO_SIGNED, (EXTEND, "h", "09-21T10:00")]
    assert refusal(asked, of(c.ApproveExtension), "office", "09-23T09:00") == "TooLateToExtend"
    assert then(asked, of(c.ApproveExtension), "office", "09-22T17:00").due.on == date(2026, 9, 28)


def test_an_extension_nobody_decided_does_not_outlive_the_resolution():
    again: list[Said] = [*TO_SIGNED, (EXTEND, "h"), (RESOLVE, "w"), (APPROVE, "d"), (BAD, "caller"), (REOPEN, "caller")]
    assert refusal(again, of(c.ApproveExtension), "office") == "NoExtensionAsked"


def test_a_level_above_does_not_make_an_order_of_12345_later():
    order = c.ReportIssue(
        enterprise=ENTERPRISE.id, source=Source.TRANSFERRED, content="积水", external_no="12345-9", external_due=date(2026, 9, 18)
    )
    story: list[Said] = [
        (order, "office"),
        (of(c.AcceptIssue), "office"),
        (DISPATCH, "office"),
        (SIGN, "w"),
        (of(c.RequestEscalation), "h"),
    ]
    assert then(story, LIFT, "office").due.on == date(2026, 9, 18)
    assert then(story, LIFT, "office", "09-21T10:00").due.on > date(2026, 9, 18)


def test_a_unit_does_not_lengthen_its_own_term():
    difficult = c.AcceptIssue(difficult=True)
    assert given([*TO_REPORTED, (difficult, "l"), (DISPATCH, "h")]).due.on == given(TO_DISPATCHED).due.on
    urgent = REPORT.model_copy(update={"urgency": Urgency.CRITICAL})
    assert refusal([(urgent, "w")], c.AcceptIssue(urgency=Urgency.ORDINARY), "l") == "UrgencyLowered"
    assert given([(urgent, "w"), (c.AcceptIssue(urgency=Urgency.ORDINARY), "office")]).kind.urgency is Urgency.ORDINARY


# A second enterprise hidden behind the first


MERGED: list[Said] = [*TO_REPORTED, (of(c.MergeIssue), "office"), (of(c.AnswerSibling), "l")]


def test_a_merged_ticket_is_settled_as_any_other_by_a_rating_or_three_tries_on_two_days():
    assert not settled(given(MERGED))
    assert settled(given([*MERGED, (GOOD, "caller")]))
    tried = [*MERGED, (MISSED, "caller", "09-14T10:00"), (MISSED, "caller", "09-14T15:00")]
    assert not settled(given(tried))
    assert settled(given([*tried, (MISSED, "caller", "09-15T10:00")]))


def test_a_dissatisfied_sibling_is_answered_by_the_office_and_not_called_until_it_is_content():
    unhappy = [*MERGED, (BAD, "caller")]
    assert not settled(given(unhappy))
    assert refusal(unhappy, GOOD, "caller") == "AlreadyRated"
    again = c.AnswerSibling(reply="已另行安排疏通")
    assert refusal(unhappy, again, "l") == "Forbidden"
    assert settled(then(unhappy, again, "office"))
    assert refusal([*MERGED, (GOOD, "caller")], again, "office") == "AlreadyDone"


def test_a_ticket_others_wait_for_is_not_merged_away():
    assert refusal(TO_ACCEPTED, of(c.MergeIssue), "office", siblings=1) == "SiblingsWaiting"


def test_a_merged_ticket_is_told_of_until_its_enterprise_has_its_own_answer_and_call():
    waiting, _ = silence(given([*TO_REPORTED, (of(c.MergeIssue), "office")]), "10-31T17:00")
    assert rung(waiting) == [Alarm.STAGE_ANSWER] * 2
    uncalled, _ = silence(given(MERGED), "09-24T17:00")
    assert rung(uncalled) == [Alarm.CALL_BACK] * 2
    assert silence(given([*MERGED, (GOOD, "caller")]), "12-31T17:00")[0] == []


# Withdrawn by those who would have to handle it


def test_the_reporting_unit_does_not_withdraw_what_was_not_given_out_yet():
    for story in (TO_REPORTED, TO_ACCEPTED):
        assert refusal(story, of(c.WithdrawIssue), "own-caller") == "OwnUnitCantCallBack"


def test_a_report_of_inspection_is_withdrawn_by_the_office_or_the_chief_alone():
    told = REPORT.model_copy(update={"source": Source.ALLEGATION})
    assert refusal([(told, "system")], of(c.WithdrawIssue), "caller") == "Forbidden"
    assert given([(told, "system"), (of(c.WithdrawIssue), "chief")])


# Who was late


def test_the_red_mark_stays_with_the_unit_that_was_late():
    _, late = silence(given(TO_SIGNED), "09-23T10:00")
    assert late.notes.reds == (("T01", date(2026, 9, 22)),)
    asked = ISSUE.fold(ISSUE.decide(late, of(c.RequestEscalation), context("h", "09-23T10:00")), late)
    lifted = ISSUE.fold(ISSUE.decide(asked, LIFT, context("office", "09-23T11:00")), asked)
    assert (lifted.order.unit, lifted.notes.reds) == ("D05", (("T01", date(2026, 9, 22)),))


def test_what_was_sent_back_keeps_its_deadline_for_everybody_to_see():
    back = given([*TO_DISPATCHED, (RETURN, "d")])
    ordered = clocked(back)
    assert ordered is not None
    assert (ordered.due, ordered.first) == (given(TO_DISPATCHED).due, given(TO_DISPATCHED).first)


def test_every_action_that_is_accepted_is_offered():
    """A phone shows what ``allowed_actions`` names: what is carried out must be among them."""
    verbs = {kind: verb for verb, _, kind, _ in STEPS}
    for name, story in {**STAGES, "Lifted": TO_LIFTED, "Cross": [*TO_ACCEPTED, (CROSS, "office"), (SIGN, "w5")]}.items():
        if name == "Unreported":
            continue
        state = given(story)
        for kind, command in COMMANDS.items():
            if kind in (c.ReportIssue, c.RaiseAlarm, c.RederiveDeadline):
                continue
            for who in PEOPLE:
                try:
                    facts = ISSUE.decide(state, command, context(who))
                except Problem:
                    continue
                if facts:
                    assert verbs[kind] in allowed_actions(state, context(who)), (name, verbs[kind], who)
