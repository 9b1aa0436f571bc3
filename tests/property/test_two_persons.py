"""Nobody appoints himself, nobody holds roles that exclude each other, and what takes two persons is never done by one:
over all roles, pairs of roles and orders in which they are given (``roles.md``).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from support.roster import credit

from services.roster.domain.access import NeedsAnother
from services.roster.domain.enterprise.commands import (
    AmendEnterprise,
    AssignEnterprise,
    ConfirmMove,
    FollowMapping,
    HandOverEnterprise,
    RegisterEnterprise,
    RejectMove,
)
from services.roster.domain.enterprise.decide import ENTERPRISE, KnownCorrection, KnownPlaces
from services.roster.domain.exclusions import BUSINESS, OF_UNITS, exclude
from services.roster.domain.handover import Handover
from services.roster.domain.member import (
    KEPT,
    MEMBER,
    AppointMember,
    ConfirmAppointment,
    KnownMember,
    Member,
    NobodyIsThePlatform,
    RejectAppointment,
    ReleaseMember,
    SelfAppointment,
)
from services.roster.domain.unit import (
    UNIT,
    ConfirmUnitEnd,
    Ended,
    EndUnit,
    EndWaits,
    EstablishUnit,
    KnownUnit,
    Named,
    RejectUnitEnd,
    Standing,
)
from shared.events.roster import CorrectionProposed, EnterpriseAssigned, HandoverOpened, MemberAppointed, MemberProposed
from shared.language.decider import Actor, Context
from shared.language.months import Calendar
from shared.language.personal import Personal
from shared.language.problems import Forbidden, Problem
from shared.language.terms import ADMINISTRATORS, Line, Role, UnitKind, derived_id

UNITS = {"office": "520502", "T1": "520502", "T2": "520502"}
DAYS = [date(2026, month, 1) for month in range(1, 7)]
SUBJECT = derived_id("member", "somebody")


def actor(account: str, *roles: Role, unit: str = "office") -> Actor:
    return Actor(derived_id("member", account), account, frozenset(roles), unit)


EVERYBODY = [
    *(actor(f"{role}-{n}", role, unit="office" if role in KEPT else "T1") for role in Role for n in (1, 2)),
    actor("everything", *(role for role in Role if role is not Role.SYSTEM)),
    actor("somebody", *BUSINESS, *KEPT, unit="T1"),
]


def at(who: Actor, number: int = 0) -> Context[KnownMember]:
    known = KnownMember("somebody", derived_id("proposal", str(number)), UNITS, held=True)
    return Context(who, None, date(2026, 3, 1), Calendar.of({}), SUBJECT, known)  # type: ignore[arg-type]


def post(role: Role, unit: str = "T1", on: date = DAYS[0], until: date | None = None) -> AppointMember:
    return AppointMember(name=Personal("某人"), unit=unit, role=role, on=on, until=until)


def given_by(state: Member, command: AppointMember, number: int = 0) -> Member:
    """By whoever may: proposed by one, confirmed by another; refused, and the state is as before."""
    by = Role.SECURITY_ADMIN if command.role in KEPT else Role.OFFICE
    try:
        state = MEMBER.fold(MEMBER.decide(state, command, at(actor("one", by), number)), state)
        if state.proposals:
            confirmed = ConfirmAppointment(proposal=state.proposals[-1].id)
            state = MEMBER.fold(MEMBER.decide(state, confirmed, at(actor("two", Role.OFFICE_HEAD), number)), state)
    except Problem:
        pass
    return state


def never_together(state: Member) -> None:
    for day in DAYS:
        held = [(post.role, post.unit) for post in state.posts if post.since <= day and (post.until is None or post.until > day)]
        assert not [(one, other) for one, other in product(held, held) if one != other and exclude(one, other)], (day, held)


@pytest.mark.parametrize("first", list(Role))
@pytest.mark.parametrize("second", list(Role))
def test_no_excluded_pair_is_ever_held_whichever_comes_first(first: Role, second: Role) -> None:
    for one, other in product(("T1", "T2"), repeat=2):
        state = given_by(given_by(Member(), post(first, one), 1), post(second, other), 2)
        never_together(state)
        assert first is Role.SYSTEM or state.posts, "the first is always given"
        if Role.SYSTEM not in (first, second) and not exclude((first, one), (second, other)):
            assert {(held.role, held.unit) for held in state.posts} == {(first, one), (second, other)}


TERMS = st.tuples(
    st.sampled_from(list(Role)),
    st.sampled_from(["T1", "T2"]),
    st.sampled_from(DAYS),
    st.sampled_from([None, *DAYS]),
    st.booleans(),
)


@given(st.lists(TERMS, max_size=8))
def test_no_excluded_pair_is_held_on_any_day_of_any_story(story: list[tuple[Role, str, date, date | None, bool]]) -> None:
    state = Member()
    for number, (role, unit, on, until, released) in enumerate(story):
        if released:
            try:
                gone = ReleaseMember(unit=unit, role=role, on=on)
                state = MEMBER.fold(MEMBER.decide(state, gone, at(actor("sys", Role.SYSTEM))), state)
            except Problem:
                continue
        else:
            try:
                command = post(role, unit, on, until)
            except ValidationError:  # A term that ends before it begins.
                continue
            state = given_by(state, command, number)
        never_together(state)


def test_the_table_says_what_the_rules_say() -> None:
    for role in Role:
        if role in BUSINESS:
            assert exclude((Role.AUDITOR, "a"), (role, "b"))
            assert all(exclude((admin, "a"), (role, "b")) for admin in ADMINISTRATORS)
        if role in OF_UNITS:
            assert exclude((role, "T1"), (Role.SUPERVISOR, "T1"))
            assert not exclude((role, "T1"), (Role.SUPERVISOR, "T2"))
            assert exclude((Role.CALLER_BACK, "office"), (role, "T1"))
    for one, other in product(ADMINISTRATORS, repeat=2):
        assert exclude((one, "a"), (other, "a")) is (one is not other)


@pytest.mark.parametrize("role", list(Role))
def test_nobody_appoints_himself(role: Role) -> None:
    himself = actor("somebody", *(item for item in Role if item is not Role.SYSTEM), unit="T1")
    with pytest.raises(NobodyIsThePlatform if role is Role.SYSTEM else SelfAppointment):
        MEMBER.decide(Member(), post(role), at(himself))
    if role is Role.SYSTEM:
        return
    by = Role.SECURITY_ADMIN if role in KEPT else Role.OFFICE
    proposed = MEMBER.fold(MEMBER.decide(Member(), post(role), at(actor("one", by))))
    with pytest.raises(NeedsAnother):
        MEMBER.decide(proposed, ConfirmAppointment(proposal=proposed.proposals[0].id), at(himself))


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SYSTEM])
def test_alone_only_a_units_head_appoints_and_only_in_the_unit(role: Role) -> None:
    for who in EVERYBODY:
        if who.holds(Role.SYSTEM):
            continue
        try:
            facts = MEMBER.decide(Member(), post(role), at(who))
        except Forbidden:
            continue
        alone = [fact for fact in facts if isinstance(fact, MemberAppointed)]
        assert not alone or (who.holds(Role.HEAD) and who.unit == "T1" and role in OF_UNITS | {Role.SUPERVISOR})
        assert alone or isinstance(facts[0], MemberProposed)
        may = Role.SECURITY_ADMIN if role in KEPT else Role.OFFICE
        assert who.holds(may, Role.HEAD, Role.OFFICE_HEAD)


def test_a_head_alone_gives_no_second_post_to_somebody_of_another_unit() -> None:
    state = given_by(Member(), post(Role.WORKER, "T2"))
    (fact,) = MEMBER.decide(state, post(Role.WORKER, "T1"), at(actor("head", Role.HEAD, unit="T1")))
    assert isinstance(fact, MemberProposed)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SYSTEM])
def test_whoever_confirms_is_another_than_who_proposed(role: Role) -> None:
    for proposer in EVERYBODY:
        if proposer.holds(Role.SYSTEM):
            continue
        try:
            proposed = MEMBER.fold(MEMBER.decide(Member(), post(role), at(proposer)))
        except Forbidden:
            continue
        for item, who in product(proposed.proposals, EVERYBODY):
            try:
                facts = MEMBER.decide(proposed, ConfirmAppointment(proposal=item.id), at(who))
            except Forbidden:
                continue
            (fact,) = facts
            assert isinstance(fact, MemberAppointed)
            assert who.id not in (proposer.id, SUBJECT)
            assert fact.proposed_by == proposer.id
            assert who.holds(Role.OFFICE_HEAD, Role.SECURITY_ADMIN) or proposer.holds(Role.OFFICE_HEAD)


def test_what_was_proposed_can_be_refused_and_is_gone() -> None:
    proposer = actor("one", Role.SECURITY_ADMIN)
    state = MEMBER.fold(MEMBER.decide(Member(), post(Role.AUDITOR, "office"), at(proposer)))
    said = RejectAppointment(proposal=state.proposals[0].id, reason="人选需再议")
    for who in (proposer, actor("two", Role.OFFICE_HEAD)):
        assert MEMBER.fold(MEMBER.decide(state, said, at(who)), state).proposals == ()
    with pytest.raises(Forbidden):
        MEMBER.decide(state, said, at(actor("three", Role.OFFICE)))
    with pytest.raises(Forbidden):
        MEMBER.decide(state, ReleaseMember(unit="office", role=Role.AUDITOR, on=DAYS[0]), at(actor("d", Role.OFFICE)))


def unit_at(who: Actor) -> Context[KnownUnit]:
    known = KnownUnit("T1", derived_id("end"), UnitKind.DISTRICT, {"T2": Named(UnitKind.TOWNSHIP, DAYS[0])})
    return Context(who, None, date(2026, 3, 1), Calendar.of({}), SUBJECT, known)  # type: ignore[arg-type]


ESTABLISHED = UNIT.fold(
    UNIT.decide(
        UNIT.initial,
        EstablishUnit(name="甲镇", kind=UnitKind.TOWNSHIP, parent="520502", on=DAYS[0]),
        unit_at(actor("one", Role.OFFICE)),
    )
)
ENDING = EndUnit(on=DAYS[5], successors=("T2",))


def test_a_unit_ends_by_two_and_one_of_them_is_the_head_of_the_office() -> None:
    ended = 0
    for proposer, second in product(EVERYBODY, repeat=2):
        try:
            state = UNIT.fold(UNIT.decide(ESTABLISHED, ENDING, unit_at(proposer)), ESTABLISHED)
            if proposer.holds(Role.SYSTEM):
                continue
            assert isinstance(state, Standing), "nobody ends it alone"
            assert state.proposal is not None
            state = UNIT.fold(UNIT.decide(state, ConfirmUnitEnd(proposal=state.proposal.id), unit_at(second)), state)
        except Forbidden:
            continue
        assert isinstance(state, Ended)
        assert proposer.id != second.id
        assert proposer.holds(Role.OFFICE_HEAD) or second.holds(Role.OFFICE_HEAD)
        ended += 1
    assert ended


def test_an_end_that_was_refused_can_be_proposed_again() -> None:
    one, head = actor("one", Role.OFFICE), actor("two", Role.OFFICE_HEAD)
    state = UNIT.fold(UNIT.decide(ESTABLISHED, ENDING, unit_at(one)), ESTABLISHED)
    assert UNIT.decide(state, ENDING, unit_at(one)) == []
    with pytest.raises(EndWaits):  # Another one who proposes the same has confirmed nothing, and is told that it waits.
        UNIT.decide(state, ENDING, unit_at(head))
    with pytest.raises(EndWaits):
        UNIT.decide(state, EndUnit(on=DAYS[4], successors=("T2",)), unit_at(head))
    refused = RejectUnitEnd(proposal=derived_id("end"), reason="暂缓")
    for who in (one, head):
        assert UNIT.fold(UNIT.decide(state, refused, unit_at(who)), state) == ESTABLISHED
    with pytest.raises(Forbidden):
        UNIT.decide(state, refused, unit_at(actor("three", Role.OFFICE)))


LINES = {"T1": (Line.HORIZONTAL, None), "T2": (Line.HORIZONTAL, None)}
MOVE = AssignEnterprise(line=Line.HORIZONTAL, unit="T2", on=DAYS[2])


def enterprise_at(who: Actor, lines: dict[str, tuple[Line, None]] = LINES) -> Context[KnownPlaces]:
    known = KnownPlaces(lines, proposal=derived_id("move"))
    return Context(who, None, date(2026, 3, 1), Calendar.of({}), SUBJECT, known)  # type: ignore[arg-type]


REGISTERED = ENTERPRISE.fold(
    ENTERPRISE.decide(
        ENTERPRISE.initial,
        RegisterEnterprise.model_validate(
            {"code": credit(1), "name": "某公司", "on": DAYS[0], "assignments": [{"line": "horizontal", "unit": "T1"}]}
        ),
        enterprise_at(actor("one", Role.OFFICE)),
    )
)


def answers(state: Any) -> str:
    held = state.holder(Line.HORIZONTAL, DAYS[3])
    return held.unit


def test_an_enterprise_goes_to_another_unit_by_two_of_the_office() -> None:
    moved = 0
    for proposer, second in product(EVERYBODY, repeat=2):
        if proposer.holds(Role.SYSTEM) or second.holds(Role.SYSTEM):
            continue
        try:
            state = ENTERPRISE.fold(ENTERPRISE.decide(REGISTERED, MOVE, enterprise_at(proposer)), REGISTERED)
            assert answers(state) == "T1", "nobody moves it alone"
            confirmed = ConfirmMove(proposal=state.moves[0].id)
            state = ENTERPRISE.fold(ENTERPRISE.decide(state, confirmed, enterprise_at(second)), state)
        except Forbidden:
            continue
        assert (answers(state), state.moves) == ("T2", ())
        assert proposer.id != second.id
        assert proposer.holds(Role.OFFICE, Role.OFFICE_HEAD)
        assert second.holds(Role.OFFICE, Role.OFFICE_HEAD)
        moved += 1
    assert moved


def test_what_an_ended_unit_left_behind_is_placed_by_one_and_a_refused_move_is_gone() -> None:
    one = actor("one", Role.OFFICE)
    (fact,) = ENTERPRISE.decide(REGISTERED, MOVE, enterprise_at(one, {"T2": LINES["T2"]}))
    assert isinstance(fact, EnterpriseAssigned)
    state = ENTERPRISE.fold(ENTERPRISE.decide(REGISTERED, MOVE, enterprise_at(one)), REGISTERED)
    assert ENTERPRISE.decide(state, MOVE, enterprise_at(one)) == []
    refused = RejectMove(proposal=derived_id("move"), reason="不宜调整")
    assert ENTERPRISE.fold(ENTERPRISE.decide(state, refused, enterprise_at(one)), state) == REGISTERED
    with pytest.raises(Forbidden):
        ENTERPRISE.decide(state, refused, enterprise_at(actor("head", Role.HEAD, unit="T1")))


def corrected(**said: Any) -> CorrectionProposed:
    proposer = derived_id("member", "worker")
    return CorrectionProposed(enterprise=SUBJECT, unit="T1", proposer=proposer, reason="有变化", on=DAYS[0], **said)


def by_correction(who: Actor, fact: CorrectionProposed) -> Context[KnownCorrection]:
    return replace(enterprise_at(who), known=KnownCorrection(fact, LINES))


@pytest.mark.parametrize("who", EVERYBODY, ids=lambda who: who.account)
def test_a_correction_gives_a_right_to_what_it_says_and_to_who_may_rule_on_it(who: Actor) -> None:
    """Another content, another enterprise, or an actor who could not approve it: no, though a correction is known."""
    said, other = corrected(staff=9), corrected(staff=9).model_copy(update={"enterprise": derived_id("other")})
    amend = AmendEnterprise(staff=9, source="correction")
    for command, fact in ((AmendEnterprise(staff=8), said), (amend, other)):
        with pytest.raises(Forbidden):
            ENTERPRISE.decide(REGISTERED, command, by_correction(who, fact))
    if who.holds(Role.OFFICE, Role.OFFICE_HEAD, Role.SYSTEM) or (who.unit == "T1" and who.holds(Role.HEAD, Role.DEPUTY)):
        assert ENTERPRISE.decide(REGISTERED, amend, by_correction(who, said))
    else:
        with pytest.raises(Forbidden):
            ENTERPRISE.decide(REGISTERED, amend, by_correction(who, said))
    with pytest.raises(Forbidden):
        ENTERPRISE.decide(REGISTERED, amend, by_correction(who, said.model_copy(update={"proposer": who.id})))
    moved = corrected(line=Line.HORIZONTAL, to_unit="T2")
    if who.holds(Role.OFFICE, Role.OFFICE_HEAD, Role.SYSTEM):
        (fact,) = ENTERPRISE.decide(REGISTERED, MOVE, by_correction(who, moved))
        assert isinstance(fact, EnterpriseAssigned), "two have said so"
    else:
        with pytest.raises(Forbidden):
            ENTERPRISE.decide(REGISTERED, MOVE, by_correction(who, moved))


def test_a_hand_over_gives_a_right_to_the_second_who_signs_and_to_what_both_signed() -> None:
    giver, taker = actor("giver", Role.WORKER, unit="T1"), actor("taker", Role.WORKER, unit="T1")
    opened = HandoverOpened(unit="T1", line=Line.HORIZONTAL, giver=giver.id, taker=taker.id, enterprises=(SUBJECT,), on=DAYS[1])
    held = EnterpriseAssigned(line=Line.HORIZONTAL, unit="T1", worker=giver.id, on=DAYS[0])
    state = ENTERPRISE.fold([held], REGISTERED)
    command = HandOverEnterprise(line=Line.HORIZONTAL, unit="T1", giver=giver.id, taker=taker.id, on=DAYS[1])
    half = Handover(opened, ((giver.id, DAYS[0]),))
    (fact,) = ENTERPRISE.decide(state, command, replace(enterprise_at(taker), known=half))
    assert isinstance(fact, EnterpriseAssigned) and fact.worker == taker.id
    other = HandoverOpened(**{**opened.model_dump(), "enterprises": (derived_id("other"),)})
    for who, known in (
        (giver, half),
        (taker, Handover(opened)),
        (taker, None),
        (taker, Handover(other, half.signed)),
        *((who, half) for who in EVERYBODY),
    ):
        with pytest.raises(Forbidden):
            ENTERPRISE.decide(state, command, replace(enterprise_at(who), known=known))
    with pytest.raises(Forbidden):
        ENTERPRISE.decide(state, command.model_copy(update={"taker": giver.id}), replace(enterprise_at(taker), known=half))


@pytest.mark.parametrize("who", EVERYBODY, ids=lambda who: who.account)
def test_who_published_a_table_moves_nobody_by_it(who: Actor) -> None:
    """A table of industries moves enterprises between units: that takes two like every other move."""
    placed = EnterpriseAssigned(line=Line.HORIZONTAL, unit="T1", on=DAYS[0], confidence=100)
    state = ENTERPRISE.fold([placed], REGISTERED)
    follow = FollowMapping(line=Line.HORIZONTAL, unit="T2", on=DAYS[2], confidence=100)
    known = KnownPlaces(LINES, published_by=who.id)
    with pytest.raises(Forbidden):
        ENTERPRISE.decide(state, follow, replace(enterprise_at(who), known=known))
    another = replace(who, id=derived_id("another"))
    if who.holds(Role.OFFICE, Role.OFFICE_HEAD):
        (fact,) = ENTERPRISE.decide(state, follow, replace(enterprise_at(another), known=known))
        assert isinstance(fact, EnterpriseAssigned) and fact.unit == "T2"
