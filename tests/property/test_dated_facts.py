"""What is so on a day does not depend on the order in which it was said; what is to come does not act before its day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.dated import (
    BY_THE_CLOCK,
    DATED,
    DAYS,
    SAID,
    START,
    STATEMENTS,
    STEPS,
    TODAY,
    answers,
    at,
    beginning,
    day_of,
    history,
)
from support.stories import Story

from services.reporting.domain.coverage import Basis, _standings, period
from services.reporting.domain.folding import fold
from services.reporting.domain.histories import MemberHistory, standing_value
from services.roster.domain.enterprise.decide import ENTERPRISE
from services.roster.domain.enterprise.states import Registered
from services.roster.domain.member import MEMBER
from services.roster.domain.unit import (
    UNIT,
    Ended,
    EndUnit,
    EstablishUnit,
    KnownUnit,
    MoveUnit,
    Named,
    RenameUnit,
    Standing,
    WithdrawUnitEnd,
)
from shared.events.roster import MemberAppointed, MemberReleased
from shared.language.dated import on_day
from shared.language.decider import Actor, Context
from shared.language.months import Calendar
from shared.language.problems import Problem
from shared.language.terms import Line, Role, UnitKind, derived_id

ITSELF = Actor(derived_id("member", "itself"), "itself", frozenset({Role.SYSTEM}))
"""One person is enough where it is the installation's own hand (``test_two_persons`` looks at everybody else)."""
UNITS = {
    "V1": Named(UnitKind.VILLAGE, START),
    "V2": Named(UnitKind.VILLAGE, START),
    "B1": Named(UnitKind.BRANCH, START),
    "OLD": Named(UnitKind.VILLAGE, START, date(2026, 3, 1)),
    "NEW": Named(UnitKind.VILLAGE, date(2026, 9, 1)),
}
OF_A_UNIT = st.one_of(
    st.builds(RenameUnit, name=st.sampled_from("甲乙丙"), on=st.sampled_from(DAYS)),
    st.builds(MoveUnit, parent=st.sampled_from(["T1", "T2"]), on=st.sampled_from(DAYS)),
)


def context(today: date = TODAY, **known: Any) -> Context[KnownUnit]:
    now = datetime(today.year, today.month, today.day, 2, tzinfo=UTC)
    return Context(
        ITSELF,
        now,
        today,
        Calendar.of({}),
        derived_id("v1"),
        KnownUnit(**{"code": "V1", "proposal": derived_id("end"), "parent": UnitKind.TOWNSHIP, "units": UNITS, **known}),
    )


def told(state: Any, *commands: Any, **more: Any) -> Any:
    for command in commands:
        state = UNIT.fold(UNIT.decide(state, command, context(**more)), state)
    return state


BORN = told(UNIT.initial, EstablishUnit(name="原", kind=UnitKind.VILLAGE, parent="T0", on=START))


def as_it_was(state: Any, day: date) -> tuple[str, str]:
    standing = state.was if isinstance(state, Ended) else state
    return on_day(standing.names, day), on_day(standing.parents, day)


@given(st.lists(OF_A_UNIT, max_size=6, unique_by=lambda command: (type(command), command.on)), st.randoms())
def test_what_is_so_on_a_day_is_independent_of_when_it_was_said(said: list[Any], chance: Any) -> None:
    """Of things that begin on different days; of two said for one day the later said holds."""
    other = list(said)
    chance.shuffle(other)
    one, two = told(BORN, *said), told(BORN, *other)
    assert [as_it_was(one, day) for day in DAYS] == [as_it_was(two, day) for day in DAYS]
    for before, after in pairwise(DAYS):
        begun = [command for command in said if command.on == after]
        if not begun:
            assert as_it_was(one, before) == as_it_was(one, after), "nothing acts before its day"


@given(st.lists(OF_A_UNIT, max_size=4, unique_by=lambda command: (type(command), command.on)), st.sampled_from(DAYS[7:]))
def test_an_end_to_come_leaves_the_unit_at_work_and_can_be_taken_back(said: list[Any], end: date) -> None:
    ending = told(BORN, EndUnit(on=end, successors=("V2",)))
    for command in said:
        if command.on < end:
            ending = told(ending, command)
        else:
            with pytest.raises(Problem):
                told(ending, command)
    assert isinstance(ending, Ended)
    kept = told(ending, WithdrawUnitEnd(reason="不再撤销"))
    assert kept == told(BORN, *(command for command in said if command.on < end))
    assert isinstance(told(kept, EndUnit(on=end)), Ended)


@pytest.mark.parametrize("today", [TODAY, date(2027, 6, 1)])
def test_an_end_is_put_right_before_its_day_and_after(today: date) -> None:
    ended = told(BORN, EndUnit(on=date(2026, 10, 1), successors=("V2",)))
    put_right = told(ended, EndUnit(on=date(2026, 11, 1), successors=("V2", "NEW")), today=today)
    assert (put_right.on, put_right.successors) == (date(2026, 11, 1), ("V2", "NEW"))
    assert UNIT.decide(put_right, EndUnit(on=date(2026, 11, 1), successors=("V2", "NEW")), context(today)) == []
    assert isinstance(told(put_right, WithdrawUnitEnd(reason="误录"), today=today), Standing)


@pytest.mark.parametrize(
    ("successor", "refused"),
    [("V1", "UnitsNotThere"), ("B1", "CantSucceed"), ("OLD", "CantSucceed"), ("NEW", "CantSucceed"), ("XX", "UnitsNotThere")],
)
def test_work_goes_to_a_unit_of_its_kind_that_is_there(successor: str, refused: str) -> None:
    """Not to itself, not to another line, not to one that has ended by then or is not there yet."""
    with pytest.raises(Problem) as problem:
        told(BORN, EndUnit(on=date(2026, 8, 1), successors=(successor,)))
    assert type(problem.value).__name__ == refused


def test_successors_never_run_in_a_circle() -> None:
    """Who takes over on a day is there after it, so ends grow along every chain."""
    with pytest.raises(Problem) as problem:
        told(BORN, EndUnit(on=date(2026, 8, 1), successors=("V2",)), took_over=date(2026, 8, 1))
    assert type(problem.value).__name__ == "StillSucceeds"
    assert isinstance(told(BORN, EndUnit(on=date(2026, 8, 2)), took_over=date(2026, 8, 1)), Ended)


def test_every_dated_fact_is_looked_at() -> None:
    """Whoever adds a fact with a day that somebody names says whether it may be said in any order."""
    assert set(STEPS) <= DATED
    assert {type(fact) for found in STATEMENTS.values() for fact in found} == DATED - set(STEPS)
    assert not DATED & BY_THE_CLOCK


@pytest.mark.parametrize("kind", sorted(STATEMENTS))
@given(chance=st.randoms(use_true_random=False))
def test_on_every_day_the_roster_says_the_same_in_whatever_order_it_was_told(kind: str, chance: Random) -> None:
    said = history(kind, chance)
    other = list(said)
    chance.shuffle(other)
    for day in DAYS:
        assert answers(kind, [*beginning(kind), *said], day) == answers(kind, [*beginning(kind), *other], day)


@pytest.mark.parametrize("kind", sorted(SAID))
@given(chance=st.randoms(use_true_random=False), number=st.integers(0, 10_000))
def test_what_is_said_of_a_day_to_come_changes_nothing_before(kind: str, chance: Random, number: int) -> None:
    """Nor what is said of a day that has passed: it changes that day and what follows, not the days before it."""
    told = [*beginning(kind), *(history(kind, chance) if kind in STATEMENTS else [])]
    fact = at(SAID[kind][number % len(SAID[kind])], chance.choice(DAYS[1:]))
    if kind == "project" and type(fact).__name__ == "PlaqueTakenDown":
        told = [*told, at(next(item for item in SAID[kind] if type(item).__name__ == "PlaqueHung"), START)]
    for day in DAYS:
        if day < getattr(fact, day_of(fact)):
            assert answers(kind, told, day) == answers(kind, [*told, fact], day)


@given(chance=st.randoms(use_true_random=False))
def test_a_release_leaves_what_begins_later_alone_and_a_day_is_put_right(chance: Random) -> None:
    """From the day of the release to the next day of which something was said nobody holds the post; later days are untouched."""
    said = history("member", chance)
    sample = next(fact for fact in SAID["member"] if isinstance(fact, MemberReleased))
    post = next((fact for fact in said if isinstance(fact, MemberAppointed)), None)
    if post is None:
        return
    free = sample.model_copy(update={"unit": post.unit, "role": post.role, "on": chance.choice(DAYS)})
    before, after = MEMBER.fold(said).posts, MEMBER.fold([*said, free]).posts
    for day in DAYS:
        gone = {
            (held.unit, held.role, held.acting_for, held.since)
            for held in before
            if (held.unit, held.role) == (free.unit, free.role) and held.since <= free.on <= day
        }
        assert _held(after, day) == _held(before, day) - gone


def _held(posts: Any, day: date) -> set[tuple[Any, ...]]:
    return {(p.unit, p.role, p.acting_for, p.since) for p in posts if _during(p.since, p.until, day)}


@given(chance=st.randoms(use_true_random=False))
def test_figures_are_folded_to_what_the_roster_says(chance: Random) -> None:
    """The histories that ledgers are computed from, in any order of telling, against the roster's own deciders."""
    enterprise, member, unit = (history(kind, chance) for kind in ("enterprise", "member", "unit"))
    registered = [*beginning("enterprise"), *enterprise]
    established = [*beginning("unit"), *unit]
    for _ in range(2):
        story = Story()
        for kind, (first, rest) in {"enterprise": (registered[0], enterprise), "unit": (established[0], unit)}.items():
            for fact in (first, *chance.sample(rest, len(rest))):
                story.tell(f"{kind}/{getattr(first, 'code', kind)}", fact)
        for fact in chance.sample(member, len(member)):
            story.tell("member/somebody", fact)
        found = fold(story.entries)
        state, there = ENTERPRISE.fold(registered), UNIT.fold(established)
        assert isinstance(state, Registered) and isinstance(there, Standing)
        told = found.enterprises[registered[0].code]  # type: ignore[attr-defined]
        at_work = found.members.get("somebody", MemberHistory("somebody")).held()
        for day in DAYS:
            text = day.isoformat()
            for line in Line:
                held, known = told.assigned(line, text), state.holder(line, day)
                assert (held and held.unit) == (known and known.unit)
            assert standing_value(_standings(told, _NOW), text, "") == state.standing(day)
            assert standing_value(told.custody, text, False) == on_day(state.custodies, day)
            assert found.units[there.code].called(text) == on_day(there.names, day)
            posts = {(post.unit, post.role, post.acting_for) for post in at_work if _during(post.since, post.until, text)}
            mine = MEMBER.fold(member).posts
            assert posts == {(p.unit, p.role, p.acting_for) for p in mine if _during(p.since, p.until, day)}


_NOW = period("2026-09", Basis.FILING, Calendar.of({}))


def _during(since: Any, until: Any, day: Any) -> bool:
    return since <= day and (until is None or until > day)
