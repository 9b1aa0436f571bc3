"""Terms of posts, the one seat, and signatures: decided without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.roster.domain.handover import (
    HANDOVER,
    Handover,
    HandoverOver,
    NeitherOfTheTwo,
    OpenHandover,
    SignHandover,
    State,
    TakerNotOfUnit,
    WithdrawHandover,
)
from services.roster.domain.member import MEMBER, AppointMember, Member, NobodyToStandInFor, ReleaseMember, SeatTaken
from services.roster.domain.tiers import NEEDS, STAFF
from shared.language.decider import Actor, Context
from shared.language.months import Calendar
from shared.language.personal import Personal
from shared.language.problems import Forbidden
from shared.language.terms import HandoverStage, Line, Role, UnitKind
from tests.support.known import known_of

TODAY, MAY, JUNE, JULY = (date(2026, *day) for day in ((9, 14), (5, 1), (6, 1), (7, 1)))
OFFICE = Actor(UUID(int=1), "office", frozenset({Role.OFFICE}), "office")
HEAD, GIVER, TAKER, OTHER = (
    Actor(UUID(int=n), f"T1-{n}", frozenset({role}), "T1")
    for n, role in ((2, Role.HEAD), (3, Role.WORKER), (4, Role.WORKER), (5, Role.WORKER))
)
SUBJECT = uuid4()
ITSELF = Actor(UUID(int=0), "installation", frozenset({Role.SYSTEM}))


def context(decider: Any, actor: Actor = OFFICE, **told: Any) -> Context[Any]:
    return Context(actor, datetime(2026, 9, 14, tzinfo=UTC), TODAY, Calendar.of({}), SUBJECT, known_of(decider, **told))


def appointed(
    state: Member, on: date, role: Role = Role.HEAD, *, seat: str | None = None, held: bool = False, **more: Any
) -> Member:
    command = AppointMember(name=Personal("某人"), unit="T1", role=role, on=on, **more)
    facts = MEMBER.decide(
        state, command, context(MEMBER, ITSELF, account="a", units={"T1": None, "V1": "T1"}, seat=seat, held=held)
    )
    return MEMBER.fold(facts, state)


def released(state: Member, on: date) -> Member:
    return MEMBER.fold(MEMBER.decide(state, ReleaseMember(unit="T1", role=Role.HEAD, on=on), context(MEMBER)), state)


def test_the_last_day_is_the_one_before_until() -> None:
    state = appointed(MEMBER.initial, MAY, until=JUNE, acting_for="b", held=True)
    assert [state.post("T1", Role.HEAD, day) is not None for day in (date(2026, 4, 30), MAY, date(2026, 5, 31), JUNE)] == [
        False,
        True,
        True,
        False,
    ]


def test_a_seat_is_taken_once_but_somebody_may_stand_in_for_who_has_it() -> None:
    with pytest.raises(SeatTaken):
        appointed(MEMBER.initial, MAY, seat="b")
    state = appointed(MEMBER.initial, MAY, seat="b", until=JUNE, acting_for="b", held=True)
    assert state.posts[0].acting_for == "b"
    with pytest.raises(NobodyToStandInFor):
        appointed(MEMBER.initial, MAY, until=JUNE, acting_for="b")


def test_the_end_of_a_leave_leaves_the_own_post_alone() -> None:
    state = appointed(MEMBER.initial, MAY)
    state = appointed(state, JUNE, until=JULY, acting_for="b", held=True)
    assert [(held.since, held.until, held.acting_for) for held in state.posts] == [(MAY, None, None), (JUNE, JULY, "b")]


def test_a_release_told_late_shortens_the_term_and_one_told_early_undoes_what_never_began() -> None:
    state = released(released(appointed(MEMBER.initial, MAY), JULY), JUNE)
    assert [(held.since, held.until) for held in state.posts] == [(MAY, JUNE)]
    never = appointed(released(appointed(MEMBER.initial, MAY), JUNE), JULY)
    assert [(held.since, held.until) for held in released(never, JULY).posts] == [(MAY, JUNE)]


@pytest.mark.parametrize("changed", [{"duty": "另一职责"}, {"document": "2号"}, {"post": "另一岗位"}, {"sub_unit": "V1"}])
def test_only_what_says_the_same_is_a_repeat(changed: dict[str, str]) -> None:
    said = {"duty": "职责", "document": "1号"}
    state = appointed(MEMBER.initial, MAY, **said)
    assert appointed(state, MAY, **said) is state
    (held,) = appointed(state, MAY, **{**said, **changed}).posts
    assert {name: getattr(held, name) for name in changed} == changed


def test_what_the_plan_asks_of_a_unit() -> None:
    asked = {(need.kind, need.role): need.most for need in NEEDS}
    assert asked[UnitKind.DISTRICT, Role.CHIEF] == 1
    for kind in (UnitKind.DEPARTMENT, UnitKind.TOWNSHIP):
        assert {role: asked[kind, role] for role in STAFF} == {Role.HEAD: 1, Role.DEPUTY: None, Role.WORKER: None}
        assert {(kind, Role.LIAISON), (kind, Role.BACKUP_LIAISON)} <= asked.keys()
    assert not any(kind in (UnitKind.BRANCH, UnitKind.VILLAGE) for kind, _ in asked)


OPEN = OpenHandover(unit="T1", line=Line.HORIZONTAL, giver=GIVER.id, taker=TAKER.id, on=TODAY)
ITEM = uuid4()


def handed(*steps: tuple[Any, Actor], units: frozenset[str] = frozenset({"T1"})) -> State:
    state: State = HANDOVER.initial
    for command, actor in ((OPEN, OFFICE), *steps):
        facts = HANDOVER.decide(state, command, context(HANDOVER, actor, units=units, givers=(ITEM,)))
        state = HANDOVER.fold(facts, state)
    return state


def stage(state: State) -> HandoverStage:
    assert isinstance(state, Handover)
    return state.stage


def test_it_takes_both_signatures_in_any_order_and_twice_by_one_is_one() -> None:
    sign = SignHandover()
    assert stage(handed((sign, GIVER), (sign, GIVER))) is HandoverStage.OPEN
    assert stage(handed((sign, GIVER), (sign, TAKER))) is HandoverStage.DONE
    assert stage(handed((sign, TAKER), (sign, GIVER), (sign, GIVER))) is HandoverStage.DONE


@pytest.mark.parametrize("actor", [OTHER, HEAD, OFFICE])
def test_nobody_signs_for_the_two(actor: Actor) -> None:
    with pytest.raises(NeitherOfTheTwo):
        handed((SignHandover(), actor))


def test_who_left_takes_nothing_whoever_signs_last() -> None:
    for first, last in ((GIVER, TAKER), (TAKER, GIVER)):
        state = handed((SignHandover(), first))
        with pytest.raises(TakerNotOfUnit):
            HANDOVER.decide(state, SignHandover(), context(HANDOVER, last, units=set()))


def test_it_is_called_off_by_the_giver_the_head_or_the_office_and_only_before_it_is_done() -> None:
    off, sign = WithdrawHandover(reason="另行安排"), SignHandover()
    for actor in (GIVER, HEAD, OFFICE):
        assert stage(handed((sign, GIVER), (off, actor))) is HandoverStage.WITHDRAWN
    with pytest.raises(Forbidden):
        handed((off, TAKER))
    with pytest.raises(HandoverOver):
        handed((sign, GIVER), (sign, TAKER), (off, OFFICE))
    with pytest.raises(HandoverOver):
        handed((off, OFFICE), (sign, GIVER))
