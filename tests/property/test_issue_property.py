"""Random commands by random people at random times: whatever they try, a ticket can't be lost, dodged or faked."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.issues.api.steps import STEPS
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
from services.issues.domain.ticket.states import (
    Accepted,
    Archived,
    Closed,
    Dispatched,
    Reported,
    Resolved,
    Reviewed,
    Signed,
    Unreported,
    order_of,
)
from shared.events.issues import (
    CallBackRecorded,
    IssueClosed,
    IssueReopened,
    IssueResolved,
    IssueSigned,
    ResolutionApproved,
)
from shared.events.visits import Visited
from shared.language.decider import Actor, Context
from shared.language.facts import Fact
from shared.language.months import Calendar, Year
from shared.language.problems import Problem
from shared.language.terms import CallOutcome, Nature, Outcome, Rating, Role, Source, Urgency, derived_id

UNITS = ("T01", "D05", "OFFICE")
CALENDAR = Calendar.of({2026: Year(2026, "1", {date(2026, 10, day): True for day in range(1, 8)})})
SUBJECT = UUID("01990000-0000-7000-8000-000000000001")
ENTERPRISE = Visited(id=SUBJECT, code="91520502MA00000001", name="星关食品有限公司")
PEOPLE = [
    Actor(derived_id("test", name), name, frozenset(roles), unit)
    for name, unit, roles in [
        ("w", "T01", {Role.WORKER}),
        ("wd", "T01", {Role.WORKER, Role.DEPUTY}),
        ("l", "T01", {Role.LIAISON}),
        ("h", "T01", {Role.HEAD}),
        ("all", "T01", set(Role)),
        ("w5", "D05", {Role.WORKER, Role.LIAISON}),
        ("h5", "D05", {Role.HEAD}),
        ("c5", "D05", {Role.CALLER_BACK}),
        ("office", "OFFICE", {Role.OFFICE}),
        ("caller", "OFFICE", {Role.CALLER_BACK}),
        ("admin", "", {Role.ADMIN}),
        ("system", "", {Role.SYSTEM}),
    ]
]
# The same persons seen from another desk: hands do not get clean by moving.
PEOPLE += [Actor(who.id, f"{who.account}-moved", frozenset({Role.CALLER_BACK}), "OFFICE") for who in PEOPLE[:4]]
BY_NAME = {who.account: who for who in PEOPLE}
START = date(2026, 9, 20)
POSTS = {who.id: {who.unit: who.roles} for who in PEOPLE[:12]}

words = st.sampled_from(["甲", "乙"])
leaders = st.sampled_from([who.id for who in PEOPLE[:12]])
people = st.sampled_from(PEOPLE)
COMMANDS: dict[type[Asked], st.SearchStrategy[Asked]] = {
    ReportIssue: st.builds(
        ReportIssue,
        enterprise=st.just(SUBJECT),
        source=st.sampled_from(Source),
        content=words,
        external_due=st.none() | st.dates(date(2026, 9, 1), date(2026, 12, 1)),
    ),
    AcceptIssue: st.builds(AcceptIssue, nature=st.none() | st.sampled_from(Nature), urgency=st.none() | st.sampled_from(Urgency)),
    DispatchIssue: st.builds(
        DispatchIssue,
        unit=st.sampled_from(UNITS),
        co_units=st.lists(st.sampled_from(UNITS), max_size=1).map(tuple),
        leader=leaders,
        measures=words,
        due=st.just("standard") | st.dates(date(2026, 9, 1), date(2026, 11, 1)),
    ),
    SignIssue: st.builds(SignIssue, handler=st.none() | leaders),
    ProgressIssue: st.builds(ProgressIssue, note=words, contacted=st.booleans()),
    ResolveIssue: st.builds(ResolveIssue, outcome=st.sampled_from(Outcome), result=words, reply=words),
    ApproveResolution: st.builds(ApproveResolution, note=words),
    RejectResolution: st.builds(RejectResolution, reason=words),
    RecordCallBack: st.builds(
        RecordCallBack, outcome=st.just(CallOutcome.ANSWERED), rating=st.none() | st.sampled_from(Rating), reason=words
    )
    | st.builds(RecordCallBack, outcome=st.sampled_from([CallOutcome.UNREACHED, CallOutcome.REFUSED])),
    CloseIssue: st.just(CloseIssue()),
    ReopenIssue: st.builds(ReopenIssue, reason=words),
    ArchiveIssue: st.builds(ArchiveIssue),
}
TEMPTING: dict[type, list[type[Asked]]] = {
    Unreported: [ReportIssue],
    Reported: [AcceptIssue],
    Accepted: [DispatchIssue],
    Dispatched: [SignIssue],
    Signed: [ResolveIssue, ResolveIssue, ProgressIssue],
    Resolved: [ApproveResolution, ApproveResolution, RejectResolution],
    Reviewed: [RecordCallBack, CloseIssue, ReopenIssue],
    Closed: [ArchiveIssue, RecordCallBack],
    Archived: [ReopenIssue],
}


KINDS = {
    stage: st.sampled_from([*kinds, *kinds, *kinds, ProgressIssue, SignIssue, CloseIssue]) for stage, kinds in TEMPTING.items()
}
ANY = st.sampled_from(list(COMMANDS))
MOSTLY = st.sampled_from([True, True, True, False])


def tried(state: Any, kind: type[Asked]) -> tuple[Asked, list[str]] | None:
    """A command that gets the ticket on, and those who would say it: the right one, and some who must not."""
    moved = [who.account for who in PEOPLE if who.account.endswith("-moved")]
    match state:
        case Unreported():
            return ReportIssue(enterprise=SUBJECT, source=Source.OTHER, content="甲"), ["w"]
        case Reported():
            return AcceptIssue(), ["l"]
        case Accepted():
            return DispatchIssue(unit="T01", leader=BY_NAME["h"].id, measures="甲", due="standard"), ["office"]
        case Dispatched() if state.order.unit == "T01":
            return SignIssue(), ["wd"]
        case Signed():
            handlers = [who.account for who in PEOPLE if who.id == state.work.handler]
            return ResolveIssue(outcome=Outcome.SOLVED, result="甲", reply="甲"), handlers
        case Resolved() if kind is ApproveResolution:
            return ApproveResolution(), ["h", "h", "wd"]
        case Reviewed() if kind is RecordCallBack:
            call = RecordCallBack(outcome=CallOutcome.ANSWERED, rating=Rating.DISSATISFIED, reason="甲")
            return call, ["caller", "caller", "all", "c5", *moved]
        case Reviewed() if kind is CloseIssue:
            return CloseIssue(), ["office", "office", "all", *moved]
        case Reviewed() if kind is ReopenIssue:
            return ReopenIssue(reason="甲"), ["caller"]
        case _:
            return None


@st.composite
def stories(draw: st.DrawFn) -> list[tuple[Asked, Actor, int]]:
    """What people would try: mostly what the stage invites, by whoever comes along, sometimes by the right one."""
    told: list[tuple[Asked, Actor, int]] = []
    state: Any = ISSUE.initial
    on = START
    for _ in range(draw(st.integers(10, 30))):
        kind = draw(KINDS[type(state)]) if draw(MOSTLY) else draw(ANY)
        invited = tried(state, kind) if draw(MOSTLY) else None
        command, who = (
            (invited[0], BY_NAME[draw(st.sampled_from(invited[1]))]) if invited else (draw(COMMANDS[kind]), draw(people))
        )
        days = draw(st.integers(0, 3))
        on += timedelta(days=days)
        told.append((command, who, days))
        with contextlib.suppress(Problem):
            state = ISSUE.fold(ISSUE.decide(state, command, context(who, on)), state)
    return told


def context(who: Actor, on: date) -> Context:
    report = KnownReport(ENTERPRISE, who.unit or "T01")
    known = KnownTicket(report, "QXG-202609-T01-0001", frozenset(UNITS), POSTS, siblings=0)
    return Context(who, datetime(on.year, on.month, on.day, 2, tzinfo=UTC), on, CALENDAR, SUBJECT, known)


def played(story: list[tuple[Asked, Actor, int]]) -> list[tuple[Fact, Actor]]:
    """The facts of a story with who caused them. What must hold at every step is checked on the way."""
    state: Any = ISSUE.initial
    facts: list[tuple[Fact, Actor]] = []
    on = START
    for command, who, days in story:
        on += timedelta(days=days)
        asked = context(who, on)
        try:
            new = ISSUE.decide(state, command, asked)
        except Problem as refusal:
            assert refusal.document()["title"]
            continue
        before, state = state, ISSUE.fold(new, state)
        facts += [(fact, who) for fact in new]
        if not new:
            assert state == before
            continue
        _the_clock_is_kept(before, state, new[0])
        assert set(allowed_actions(state, asked)) <= {verb for verb, *_ in STEPS}
        if not isinstance(command, ProgressIssue | RecordCallBack):  # Of these a second one may be news.
            assert _again(state, command, asked) == []
    assert ISSUE.fold(fact for fact, _ in facts) == state
    return facts


def _again(state: Any, command: Asked, asked: Context) -> Any:
    return ISSUE.decide(state, command, asked)


def _the_clock_is_kept(before: Any, after: Any, fact: Fact) -> None:
    """The deadline in force changes by a dispatch or a reopening, and by nothing else; the first one never."""
    if isinstance(after, Unreported) or (old := None if isinstance(before, Unreported) else order_of(before)) is None:
        return
    new = order_of(after)
    assert new is not None
    assert new.order == old.order
    assert new.due == (fact.due if isinstance(fact, IssueReopened) else old.due)


@settings(max_examples=150, deadline=None)
@given(stories())
def test_any_story_folds_and_only_a_dispatch_or_a_reopening_moves_the_deadline(story: list[tuple[Asked, Actor, int]]):
    played(story)


@settings(max_examples=150, deadline=None)
@given(stories())
def test_closed_implies_replied_reviewed_and_called_back_by_other_hands(story: list[tuple[Asked, Actor, int]]):
    facts = played(story)
    state: Any = ISSUE.fold(fact for fact, _ in facts)
    if not isinstance(state, Closed | Archived):
        return
    units = {state.order.unit, *state.order.co_units}
    closed = next(n for n, (fact, _) in enumerate(facts) if isinstance(fact, IssueClosed))
    resolved = max(n for n, (fact, _) in enumerate(facts[:closed]) if isinstance(fact, IssueResolved))
    handlers = {fact.handler for fact, _ in facts if isinstance(fact, IssueSigned)}
    reviewers = {who.id for fact, who in facts if isinstance(fact, ResolutionApproved)}
    round_ = facts[resolved:closed]
    calls = [(fact, who) for fact, who in round_ if isinstance(fact, CallBackRecorded)]
    assert state.resolution.reply.strip()
    assert any(isinstance(fact, ResolutionApproved) for fact, _ in round_)
    assert facts[resolved][1].id in handlers
    assert not handlers & reviewers
    assert calls
    callers = {who for _, who in calls} | {facts[closed][1]}
    assert all(who.unit not in units and who.id not in handlers | reviewers for who in callers)
    rated = [fact for fact, _ in calls if fact.rating is not None]
    assert len(rated) <= 1
    if rated:
        assert state.closing.rating == rated[0].rating
    else:
        tries = [fact for fact, _ in calls if fact.outcome is not CallOutcome.ANSWERED]
        assert len(tries) >= 3
        assert len({fact.on for fact in tries}) >= 2


@settings(max_examples=50, deadline=None)
@given(stories())
def test_a_ticket_that_was_reported_never_disappears(story: list[tuple[Asked, Actor, int]]):
    facts = played(story)
    reached: list[Any] = [ISSUE.fold(fact for fact, _ in facts[:n]) for n in range(1, len(facts) + 1)]
    assert all(not isinstance(state, Unreported) for state in reached)
    assert not reached or isinstance(reached[0], Reported)
