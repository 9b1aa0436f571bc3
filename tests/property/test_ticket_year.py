"""A year of tickets: anybody tries anything at any hour, and the clock is killed, restarted and doubled as it likes.

The deciders and the plan of alarms are real; the log is a list, and a command's id is known to it as it is to PostgreSQL.
The clock here does what ``services.issues.clock`` does: it reads what is due, then rings one after the other. Killed, it
forgets what it had read, or dies between a decision and its commit; a second one comes back with what it read days ago.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from support import tickets as t
from support.invitations import PEOPLE, inviting
from support.stories import Story

from services.issues.domain.ticket import commands as c
from services.issues.domain.ticket import timers
from services.issues.domain.ticket.callbacks import round_of
from services.issues.domain.ticket.decide import ISSUE
from services.issues.domain.ticket.states import OPEN, Accepted, Archived, Closed, Unreported, order_of
from services.reporting.domain.demands import demands
from services.reporting.domain.folding import fold
from shared.events import issues as e
from shared.language.decider import Actor, Context
from shared.language.facts import Fact
from shared.language.months import SHANGHAI, Calendar, Month, Year, local_date
from shared.language.problems import Problem
from shared.language.terms import Alarm, CallOutcome, Rating, Role

CALENDARS = Path(__file__).parents[2] / "deploy/data/calendar"
OFFICIAL = json.loads((CALENDARS / "2026.json").read_text(encoding="utf-8"))["days"]
SUBJECTS = [UUID(f"01990000-0000-7000-8000-00000000000{n}") for n in (1, 2, 3)]
SATISFIED = (Rating.FAIRLY_SATISFIED, Rating.SATISFIED, Rating.VERY_SATISFIED)


def calendar(version: int, moved: Iterable[date] = ()) -> Calendar:
    """The official year, with some days that a later version declares off."""
    return Calendar.of({2026: Year.read(2026, version, [*OFFICIAL, *({"date": str(day), "off": True} for day in moved)])})


@dataclass(frozen=True)
class Told:
    """A fact, who caused it, and when."""

    issue: UUID
    fact: Fact
    actor: Actor
    at: datetime


@dataclass
class Log:
    """What survives every crash: the facts, and the ids of commands that were carried out."""

    told: list[Told] = field(default_factory=list[Told])
    carried_out: set[Any] = field(default_factory=set[Any])

    def of(self, issue: UUID) -> list[Told]:
        return [item for item in self.told if item.issue == issue]


def anything() -> list[c.Step]:
    """One of each kind, right or wrong, and a few of those that are tempting."""
    return [
        *t.COMMANDS.values(),
        t.CROSS,
        t.BAD,
        t.MISSED,
        c.CloseIssue(ruling="经核实已办理"),
        c.ProgressIssue(note="研究中"),
        c.ProgressIssue(note="请稍候", next_on=date(2199, 12, 31)),
        t.EXTEND.model_copy(update={"workdays": 7}),
        t.LIFT.model_copy(update={"document": "毕贵服请〔2026〕1号"}),
        t.DISPATCH.model_copy(update={"due": date(2026, 12, 31)}),
    ]


ANYTHING = anything()
STEPS = st.lists(st.tuples(st.integers(0, 59), st.sampled_from([0, 0, 1, 3, 24, 72])), min_size=1, max_size=12)
"""Which of the inviting steps, and how many hours pass after it."""


class TicketYear(RuleBasedStateMachine):
    """2026 from its first working day on."""

    def __init__(self) -> None:
        super().__init__()
        self.log = Log()
        self.states: dict[UUID, Any] = dict.fromkeys(SUBJECTS, ISSUE.initial)
        self.moved: list[date] = []
        self.calendar = calendar(1)
        self.memory: list[tuple[UUID, c.RaiseAlarm]] = []
        self.now = datetime(2026, 1, 4, 9, 0, tzinfo=SHANGHAI)

    @initialize(days=st.integers(0, 300), steps=STEPS)
    def begin(self, days: int, steps: list[tuple[int, int]]) -> None:
        self.now += timedelta(days=days)
        self.it_goes_on(0, steps)

    # What people do.

    @rule(n=st.integers(0, 2), steps=STEPS)
    def it_goes_on(self, n: int, steps: list[tuple[int, int]]) -> None:
        """Some steps of one ticket by those who may, hours or days apart."""
        for choice, hours in steps:
            invited = inviting(self.states[SUBJECTS[n]], local_date(self.now))
            command, who = invited[choice % len(invited)]
            self.attempt(SUBJECTS[n], command, next(item for item in PEOPLE if item.account == who))
            self.pass_time(timedelta(hours=hours))

    @rule(data=st.data(), n=st.integers(0, 2), who=st.sampled_from(PEOPLE))
    def somebody_else_tries_the_same(self, data: st.DataObject, n: int, who: Actor) -> None:
        issue = SUBJECTS[n]
        self.attempt(issue, data.draw(st.sampled_from(inviting(self.states[issue], local_date(self.now))))[0], who)

    @rule(command=st.sampled_from(ANYTHING), n=st.integers(0, 2), who=st.sampled_from(PEOPLE))
    def anybody_tries_anything(self, command: c.Step, n: int, who: Actor) -> None:
        if not isinstance(command, c.RaiseAlarm | c.RederiveDeadline):  # The platform's own come with their own rules.
            self.attempt(SUBJECTS[n], command, who)

    def attempt(self, issue: UUID, command: c.Step, who: Actor) -> None:
        before = self.states[issue]
        try:
            self.handle(issue, command, who, object())
        except Problem as problem:
            assert problem.document()["title"]
            assert self.states[issue] is before

    # What time does.

    @rule(minutes=st.integers(1, 10 * 60))
    def hours_pass(self, minutes: int) -> None:
        self.pass_time(timedelta(minutes=minutes))

    @rule(days=st.integers(1, 12))
    def days_pass(self, days: int) -> None:
        self.pass_time(timedelta(days=days))

    def pass_time(self, by: timedelta) -> None:
        self.now = min(self.now + by, datetime(2026, 12, 31, 17, 0, tzinfo=SHANGHAI))

    @rule(later=st.integers(1, 15))
    @precondition(lambda self: len(self.moved) < 3)
    def a_new_calendar_is_published(self, later: int) -> None:
        self.moved.append(local_date(self.now) + timedelta(days=later))
        self.calendar = calendar(len(self.moved) + 1, self.moved)
        for issue in SUBJECTS:
            if not isinstance(self.states[issue], Unreported):
                self.handle(issue, c.RederiveDeadline(), t.PEOPLE["system"], ("rederive", issue, len(self.moved)))
        for state in self.states.values():
            held = held_of(state) if isinstance(state, OPEN) else None
            if held is not None and held.due.start and held.due.workdays:
                assert held.due.on == self.calendar.add_workdays(held.due.start, held.due.workdays)

    # What the clock does.

    @rule()
    def the_clock_sweeps(self) -> None:
        if timers.working(self.calendar, self.now):
            self.sweep()
            assert self.due() == []

    @rule(after=st.integers(0, 3))
    def the_clock_is_killed_in_the_middle(self, after: int) -> None:
        if timers.working(self.calendar, self.now):
            for n, (issue, ring) in enumerate(self.due()):
                if n == after:  # Decided, and gone before the commit.
                    ISSUE.decide(self.states[issue], ring, self.context(issue, t.PEOPLE["system"]))
                    return
                self.ring(issue, ring)

    @rule()
    def a_clock_reads_and_is_held_up(self) -> None:
        self.memory = self.due()

    @rule()
    def the_held_up_clock_rings_what_it_once_read(self) -> None:
        if timers.working(self.calendar, self.now):
            for issue, ring in self.memory:
                self.ring(issue, ring)
            self.memory = []

    @rule(hours=st.integers(1, 24 * 40))
    def a_clock_that_goes_wrong_rings_before_the_time(self, hours: int) -> None:
        """It believes that everything planned was due some hours ago."""
        for issue, state in self.states.items():
            for ring in () if isinstance(state, Unreported) else state.notes.rings:
                asked = c.RaiseAlarm(kind=ring.kind, deadline=ring.deadline, at=self.now - timedelta(hours=hours))
                if self.now < ring.at:
                    assert ISSUE.decide(state, asked, self.context(issue, t.PEOPLE["system"])) == []

    def sweep(self) -> None:
        while rows := self.due():
            before = len(self.log.told)
            for issue, ring in rows:
                self.ring(issue, ring)
            assert len(self.log.told) > before, "what is due does not ring"

    def due(self) -> list[tuple[UUID, c.RaiseAlarm]]:
        """The table of alarms follows from the states; this is its query."""
        found = [
            (issue, c.RaiseAlarm(kind=ring.kind, deadline=ring.deadline, at=ring.at))
            for issue, state in self.states.items()
            if not isinstance(state, Unreported)
            for ring in state.notes.rings
            if ring.at <= self.now
        ]
        return sorted(found, key=lambda row: (row[1].at, str(row[0]), row[1].kind))

    def ring(self, issue: UUID, ring: c.RaiseAlarm) -> None:
        self.handle(issue, ring, t.PEOPLE["system"], ("alarm", issue, ring.kind, ring.deadline))

    # One transaction.

    def context(self, issue: UUID, who: Actor) -> Context:
        n = sum(len(state.notes.documents) for state in self.states.values() if not isinstance(state, Unreported)) + 1
        others = sum(1 for item in self.log.told if isinstance(item.fact, e.AlarmRaised) and item.fact.kind is Alarm.RED)
        known = replace(t.KNOWN, no=f"QXG-2026-{issue.hex[-4:]}", document_no=f"贵服督〔2026〕{n}号", reds=others)
        return Context(who, self.now, local_date(self.now), self.calendar, issue, known)

    def handle(self, issue: UUID, command: c.Step, who: Actor, command_id: Any) -> None:
        if command_id in self.log.carried_out:
            return
        facts = ISSUE.decide(self.states[issue], command, self.context(issue, who))
        if not facts:
            return
        self.log.carried_out.add(command_id)
        self.log.told += [Told(issue, fact, who, self.now) for fact in facts]
        self.states[issue] = ISSUE.fold(facts, self.states[issue])

    # What holds at any moment.

    @invariant()
    def every_alarm_rings_once_and_neither_early_nor_at_night(self) -> None:
        for issue in SUBJECTS:
            rung = [item for item in self.log.of(issue) if isinstance(item.fact, e.AlarmRaised)]
            keys = [(item.fact.kind, item.fact.deadline) for item in rung]
            assert len(keys) == len(set(keys))
            for item in rung:
                assert item.fact.at <= item.at
                assert item.fact.late_minutes == (item.at - item.fact.at) // timedelta(minutes=1)

    @invariant()
    def no_clock_is_reset(self) -> None:
        for issue, state in self.states.items():
            if isinstance(state, Unreported):
                continue
            first, due = clock_of([item.fact for item in self.log.of(issue)])
            held = held_of(state)
            if held is not None:
                assert (held.first.on, held.due.on) == (first, due)

    @invariant()
    def closed_means_answered_and_called_back_by_another_unit(self) -> None:
        for issue, state in self.states.items():
            if isinstance(state, Closed | Archived):
                properly_closed(state, self.log.of(issue))

    @invariant()
    def what_is_planned_follows_from_the_log_alone(self) -> None:
        for issue, state in self.states.items():
            if not isinstance(state, Unreported):
                assert state.notes.rings == timers.plan(state, self.calendar)
                assert state == ISSUE.fold(item.fact for item in self.log.of(issue))

    def teardown(self) -> None:
        """Every month of the year: the figures against a plain recount."""
        story = Story()
        for item in self.log.told:
            story.tell(f"issue/{item.issue}", item.fact, item.at.isoformat())
        histories = fold(story.entries)
        month = Month(2026, 1)
        while month.year == 2026:
            first, last = str(month.first_day), str(month.last_day)
            found = demands(histories.issues.values(), first, last, last, self.calendar)
            by_then = [
                [
                    item.fact
                    for item in self.log.of(issue)
                    if (getattr(item.fact, "on", None) or month.first_day) <= month.last_day
                ]
                for issue in SUBJECTS
            ]
            plain = [recounted(facts) for facts in by_then if any(isinstance(fact, e.IssueReported) for fact in facts)]
            counted = count(plain, month, self.calendar)
            assert {name: (found.rates[name].n, found.rates[name].d) for name in counted} == counted, month
            rate = demands(histories.issues.values(), first, "2027-12-31", last, self.calendar).rates["called_back"]
            assert (rate.n, rate.d) == self.called_back(month), month
            month = month.next

    def called_back(self, month: Month) -> tuple[int, int]:
        """回访率 as the tickets service shows it: of the rounds that stand, by the day they are due from."""
        found = [round_of(state) for state in self.states.values() if not isinstance(state, Unreported)]
        rounds = [item for item in found if item is not None and month.contains(item.since)]
        return sum(item.attempted for item in rounds), len(rounds)


def held_of(state: Any) -> Any:
    """The order whose clock runs, also while it lies with the office because a unit sent it back."""
    return None if isinstance(state, Unreported) else state.before if isinstance(state, Accepted) else order_of(state)


def clock_of(facts: list[Fact]) -> tuple[date | None, date | None]:
    """The first deadline and the one in force, by those facts alone that may give one (T5, T9, T13, T19, a calendar)."""
    first = due = None
    for fact in facts:
        match fact:
            case e.IssueDispatched():
                if first is not None:
                    assert fact.due.on <= (due or first)  # A second dispatch, after a return, gives not a day more.
                first, due = first or fact.due.on, fact.due.on
            case e.ExtensionApproved() | e.IssueReopened() | e.EscalationApproved() | e.DeadlineRederived():
                due = fact.due.on
            case e.CityReplied() if fact.due is not None:
                due = fact.due
            case _:
                pass
    return first, due


def properly_closed(state: Any, told: list[Told]) -> None:
    """T15, T16, T18: an answer in words, a review by other hands, and a call from outside the units that had it."""
    units = {state.order.unit, *state.order.co_units}
    closed = max(n for n, item in enumerate(told) if isinstance(item.fact, e.IssueClosed))
    resolved = max(n for n, item in enumerate(told[:closed]) if isinstance(item.fact, e.IssueResolved))
    assert any(char.isalnum() for char in state.resolution.reply)
    handlers = {
        item.fact.handler for item in told if isinstance(item.fact, e.IssueSigned | e.IssueReassigned | e.EscalationApproved)
    }
    approvals = [item for item in told[resolved:closed] if isinstance(item.fact, e.ResolutionApproved)]
    calls = [item for item in told[resolved:closed] if isinstance(item.fact, e.CallBackRecorded)]
    assert approvals
    assert calls
    assert all(item.actor.id not in handlers for item in approvals)
    reviewers = {item.actor.id for item in approvals}
    for item in (*calls, told[closed]):
        assert item.actor.unit not in units
        assert item.actor.id not in handlers | reviewers
    ratings = [item.fact.rating for item in calls if item.fact.rating is not None]
    assert len(ratings) <= 1
    assert state.closing.rating == (ratings[0] if ratings else None)
    if not ratings:
        missed = [item.fact for item in calls if item.fact.outcome is not CallOutcome.ANSWERED]
        assert len(missed) >= 3
        assert len({fact.on for fact in missed}) >= 2
    elif ratings[0] not in SATISFIED:
        assert state.closing.ruling
        assert told[closed].actor.holds(Role.OFFICE, Role.OFFICE_HEAD)


@dataclass
class Plain:
    """One ticket as somebody with a pencil would keep it."""

    reported: date
    end: str = ""
    """declined, merged or withdrawn; empty otherwise."""
    withdrawn: date | None = None
    dispatched: date | None = None
    first: date | None = None
    owed: date | None = None
    """By which it is judged: once it is reopened nothing moves it."""
    resolved: date | None = None
    closed: date | None = None
    ratings: list[Rating] = field(default_factory=list[Rating])
    """Of the round that counts."""
    first_rating: Rating | None = None
    reopened: int = 0


def recounted(facts: list[Fact]) -> Plain:
    """Read off its facts, in order."""
    plain = Plain(next(fact.on for fact in facts if isinstance(fact, e.IssueReported)))
    for fact in facts:
        match fact:
            case e.IssueDeclined():
                plain.end = "declined"
            case e.DeclineContested():
                plain.end = ""
            case e.IssueMerged():
                plain.end = "merged"
            case e.IssueWithdrawn():
                plain.end, plain.withdrawn = "withdrawn", fact.on
            case e.IssueDispatched():
                plain.dispatched, plain.first = plain.dispatched or fact.on, plain.first or fact.due.on
                plain.owed = fact.due.on
            case e.ExtensionApproved() | e.EscalationApproved() | e.DeadlineRederived() if not plain.reopened:
                plain.owed = fact.due.on
            case e.CityReplied() if fact.due is not None and not plain.reopened:
                plain.owed = fact.due
            case e.IssueResolved():
                plain.resolved = fact.on
            case e.ResolutionRejected():
                plain.resolved = None
            case e.CallBackRecorded() if fact.rating is not None and plain.end != "merged":
                plain.ratings.append(fact.rating)
                plain.first_rating = plain.first_rating or fact.rating
            case e.IssueClosed():
                plain.closed = fact.on
            case e.IssueReopened():
                plain.resolved, plain.closed, plain.ratings = None, None, []
                plain.reopened += 1
            case _:
                pass
    return plain


def count(tickets: list[Plain], month: Month, days: Calendar) -> dict[str, tuple[int, int]]:
    """K2, K3, K4, K4b and K6 of kpi §3–4, over the whole month."""

    def valid(one: Plain) -> bool:
        if not month.contains(one.reported) or one.end in ("declined", "merged"):
            return False
        late = one.withdrawn is not None and one.withdrawn > days.add_workdays(one.reported, 1)
        return one.withdrawn is None or one.dispatched is not None or late

    def part(all_: list[Plain], *true: bool) -> tuple[int, int]:
        return sum(true), len(all_)

    asked = [one for one in tickets if valid(one)]
    due = [one for one in tickets if one.owed and month.contains(one.owed) and not one.end]
    done = [one for one in tickets if one.closed and month.contains(one.closed)]
    rated = [one for one in done if one.ratings]
    return {
        "dispatched": part(asked, *(one.dispatched is not None for one in asked)),
        "closed": part(due, *(one.closed is not None for one in due)),
        "on_time": part(due, *(bool(one.closed and one.resolved and one.owed and one.resolved <= one.owed) for one in due)),
        "on_time_initially": part(
            due, *(bool(one.closed and one.resolved and one.first and one.resolved <= one.first) for one in due)
        ),
        "reworked": part(done, *(one.reopened > 0 for one in done)),
        "satisfied": part(rated, *(one.ratings[-1] in SATISFIED for one in rated)),
        "satisfied_at_once": part(rated, *(one.first_rating in SATISFIED for one in rated)),
        "took_part": part(done, *(bool(one.ratings) for one in done)),
    }


TicketYear.TestCase.settings = settings(max_examples=150, stateful_step_count=80, deadline=None)
TestTicketYear = TicketYear.TestCase
