"""What is so on a day does not depend on the order in which it was said; what is to come does not act before its day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.roster.domain.scope import on_day
from services.roster.domain.unit import (
    UNIT,
    Ended,
    EndUnit,
    EstablishUnit,
    MoveUnit,
    Named,
    RenameUnit,
    Standing,
    WithdrawUnitEnd,
)
from shared.decider import Actor, Context
from shared.months import Calendar
from shared.problems import Problem
from shared.terms import Role, UnitKind, derived_id

START, TODAY = date(2026, 1, 1), date(2026, 6, 1)
ITSELF = Actor(derived_id("member", "itself"), "itself", frozenset({Role.SYSTEM}))
"""One person is enough where it is the installation's own hand (``test_two_persons`` looks at everybody else)."""
UNITS = {
    "V1": Named(UnitKind.VILLAGE, START), "V2": Named(UnitKind.VILLAGE, START), "B1": Named(UnitKind.BRANCH, START),
    "OLD": Named(UnitKind.VILLAGE, START, date(2026, 3, 1)), "NEW": Named(UnitKind.VILLAGE, date(2026, 9, 1)),
}  # fmt: skip
DAYS = [START + timedelta(days=30 * n) for n in range(12)]
SAID = st.one_of(
    st.builds(RenameUnit, name=st.sampled_from("甲乙丙"), on=st.sampled_from(DAYS)),
    st.builds(MoveUnit, parent=st.sampled_from(["T1", "T2"]), on=st.sampled_from(DAYS)),
)


def context(today: date = TODAY, **known: Any) -> Context:
    now = datetime(today.year, today.month, today.day, 2, tzinfo=UTC)
    return Context(
        ITSELF,
        now,
        today,
        Calendar.of({}),
        derived_id("v1"),
        {"code": "V1", "parent": UnitKind.TOWNSHIP, "units": UNITS, **known},
    )


def told(state: Any, *commands: Any, **more: Any) -> Any:
    for command in commands:
        state = UNIT.fold(UNIT.decide(state, command, context(**more)), state)
    return state


BORN = told(UNIT.initial, EstablishUnit(name="原", kind=UnitKind.VILLAGE, parent="T0", on=START))


def as_it_was(state: Any, day: date) -> tuple[str, str]:
    standing = state.was if isinstance(state, Ended) else state
    return on_day(standing.names, day), on_day(standing.parents, day)


@given(st.lists(SAID, max_size=6, unique_by=lambda command: (type(command), command.on)), st.randoms())
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


@given(st.lists(SAID, max_size=4, unique_by=lambda command: (type(command), command.on)), st.sampled_from(DAYS[7:]))
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
