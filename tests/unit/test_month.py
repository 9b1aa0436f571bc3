"""A unit's ledger month: filing, signing, returning, supplementing (方案 五(五))."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.reporting.domain.due import standing
from services.reporting.domain.month import (
    MONTH,
    AlreadyFiled,
    AlreadyReturned,
    AnotherLedger,
    ExplainLedger,
    KnownFiling,
    KnownMonth,
    MonthNotBegun,
    NotFiled,
    NotLate,
    Returned,
    ReturnLedger,
    Signed,
    SignedByAnother,
    SignLedger,
    SubmitLedger,
    SubmitterSigns,
    SupplementLedger,
    filed_of,
)
from shared.events.reporting import Filing, LedgerExplained, LedgerReturned, LedgerSigned, LedgerSubmitted, LedgerSupplemented
from shared.language.decider import Actor, Context
from shared.language.months import Calendar, Month
from shared.language.problems import Forbidden
from shared.language.terms import Line, Role

DUE = Month.parse("2026-09").due()
LIAISON, HEAD, OFFICE, SYSTEM = (
    Actor(UUID(int=n), role, frozenset({role}), unit)
    for n, (role, unit) in enumerate([(Role.LIAISON, "T1"), (Role.HEAD, "T1"), (Role.OFFICE, "office"), (Role.SYSTEM, "")], 1)
)


def filing(digest: str = "a" * 64) -> Filing:
    return Filing(cut={"roster": 3, "visits": 2, "issues": 0}, rows=2, digest=digest, visited=2, owed=3)


def context(actor: Actor, *, now: datetime = DUE - timedelta(hours=1), digest: str = "a" * 64, begun: bool = True) -> Context:
    ready = KnownFiling(Line.HORIZONTAL, DUE, begun=begun, filing=filing(digest))
    return Context(actor, now, date(2026, 9, 27), Calendar.of({}), uuid4(), KnownMonth("T1", "2026-09", ready))


def submitted(state=MONTH.initial, **options):
    facts = MONTH.decide(state, SubmitLedger(), context(LIAISON, **options))
    return MONTH.fold(facts, state), facts


def test_the_liaison_files_with_cut_rows_and_digest():
    _, (fact,) = submitted()
    assert isinstance(fact, LedgerSubmitted)
    assert (fact.revision, fact.filing, fact.on_time, fact.due) == (1, filing(), True, DUE)


@pytest.mark.parametrize(("late", "on_time"), [(timedelta(0), True), (timedelta(microseconds=1), False)])
def test_the_27th_at_24_00_is_on_time_and_a_moment_later_is_late(late, on_time):
    _, (fact,) = submitted(now=DUE + late)
    assert fact.on_time is on_time


def test_the_due_instant_is_the_end_of_the_27th_in_shanghai():
    assert DUE.astimezone(UTC) == datetime(2026, 9, 27, 16, tzinfo=UTC)


@pytest.mark.parametrize("actor", [HEAD, OFFICE, Actor(UUID(int=9), "x", frozenset({Role.LIAISON}), "T2")])
def test_only_the_liaison_of_the_unit_files(actor):
    with pytest.raises(Forbidden):
        MONTH.decide(MONTH.initial, SubmitLedger(), context(actor))


def test_a_month_that_has_not_begun_is_not_filed():
    with pytest.raises(MonthNotBegun):
        MONTH.decide(MONTH.initial, SubmitLedger(), context(LIAISON, begun=False))


def test_filing_the_same_again_changes_nothing_and_another_content_is_refused():
    state, _ = submitted()
    assert MONTH.decide(state, SubmitLedger(), context(LIAISON)) == []
    with pytest.raises(AlreadyFiled):
        MONTH.decide(state, SubmitLedger(), context(LIAISON, digest="b" * 64))


@pytest.mark.parametrize(("first", "then"), [("", "含补录2条"), ("含补录2条", ""), ("含补录2条", "含补录3条")])
def test_the_same_ledger_with_another_note_is_no_repeat_so_that_no_note_is_lost(first, then):
    facts = MONTH.decide(MONTH.initial, SubmitLedger(note=first), context(LIAISON))
    signed = [LedgerSigned(revision=1, digest="a" * 64, on=date(2026, 9, 27))]
    for state in (MONTH.fold(facts), MONTH.fold([*facts, *signed])):
        assert MONTH.decide(state, SubmitLedger(note=first), context(LIAISON)) == []
        with pytest.raises(AlreadyFiled):
            MONTH.decide(state, SubmitLedger(note=then), context(LIAISON))


def test_a_returned_ledger_is_not_returned_again_for_another_reason():
    state, _ = submitted()
    returned = MONTH.fold(MONTH.decide(state, ReturnLedger(reason="不全"), context(OFFICE)), state)
    assert MONTH.decide(returned, ReturnLedger(reason="不全"), context(OFFICE)) == []
    with pytest.raises(AlreadyReturned):
        MONTH.decide(returned, ReturnLedger(reason="不实"), context(OFFICE))


def test_the_head_signs_what_was_filed_and_nothing_else():
    state, _ = submitted()
    with pytest.raises(AnotherLedger):
        MONTH.decide(state, SignLedger(digest="b" * 64), context(HEAD))
    (fact,) = MONTH.decide(state, SignLedger(digest="a" * 64), context(HEAD))
    assert isinstance(fact, LedgerSigned)
    signed = MONTH.fold([fact], state)
    assert isinstance(signed, Signed)
    assert MONTH.decide(signed, SignLedger(digest="a" * 64), context(HEAD)) == []


def test_who_signs_after_another_has_not_signed_and_is_told_so():
    other = Actor(UUID(int=77), "deputy", frozenset({Role.DEPUTY}), "T1")
    state, _ = submitted()
    signed = MONTH.fold(MONTH.decide(state, SignLedger(digest="a" * 64), context(HEAD)), state)
    with pytest.raises(SignedByAnother):
        MONTH.decide(signed, SignLedger(digest="a" * 64), context(other))


@pytest.mark.parametrize(
    ("on_time", "after", "told"),
    [(None, 0, "pending"), (None, 1, "missing"), (True, 1, "on_time"), (False, 1, "late")],
)
def test_nothing_is_missing_before_the_due_instant(on_time, after, told):
    assert standing(on_time, DUE, DUE + timedelta(microseconds=after)) == told


def test_whoever_filed_does_not_sign():
    both = Actor(LIAISON.id, "both", frozenset({Role.LIAISON, Role.HEAD}), "T1")
    state, _ = submitted()
    with pytest.raises(SubmitterSigns):
        MONTH.decide(state, SignLedger(digest="a" * 64), context(both))


def test_what_is_not_filed_is_neither_signed_nor_returned_nor_supplemented():
    supplement = SupplementLedger(filing=filing(), added=1, changed=0, removed=0)
    for actor, command in ((HEAD, SignLedger(digest="a" * 64)), (OFFICE, ReturnLedger(reason="不全")), (SYSTEM, supplement)):
        with pytest.raises(NotFiled):
            MONTH.decide(MONTH.initial, command, context(actor))


def test_only_the_office_returns_and_a_returned_ledger_stays_on_time_when_filed_again():
    state, _ = submitted()
    with pytest.raises(Forbidden):
        MONTH.decide(state, ReturnLedger(reason="不全"), context(HEAD))
    (fact,) = MONTH.decide(state, ReturnLedger(reason="不全"), context(OFFICE))
    assert isinstance(fact, LedgerReturned)
    returned = MONTH.fold([fact], state)
    assert isinstance(returned, Returned)
    with pytest.raises(NotFiled):
        MONTH.decide(returned, SignLedger(digest="a" * 64), context(HEAD))
    again, (second,) = submitted(returned, now=DUE + timedelta(days=2), digest="b" * 64)
    assert (second.revision, second.on_time) == (2, True)
    assert again.filing.digest == "b" * 64


def test_a_supplement_is_added_once_and_leaves_the_filing_as_it_was():
    state, _ = submitted()
    command = SupplementLedger(filing=filing("c" * 64), added=1, changed=0, removed=0)
    with pytest.raises(Forbidden):
        MONTH.decide(state, command, context(HEAD))
    (fact,) = MONTH.decide(state, command, context(SYSTEM))
    assert isinstance(fact, LedgerSupplemented)
    after = MONTH.fold([fact], state)
    assert after.filing == filing()
    assert MONTH.decide(after, command, context(SYSTEM)) == []


LATE = DUE + timedelta(days=1)


@pytest.mark.parametrize(("note", "wanted"), [("", True), ("联络员请假", False)])
def test_a_late_ledger_is_taken_and_asks_for_its_reason(note: str, wanted: bool) -> None:
    state = MONTH.fold(MONTH.decide(MONTH.initial, SubmitLedger(note=note), context(LIAISON, now=LATE)))
    filed = filed_of(state)
    assert filed and (filed.reason_wanted, filed.late_reason) == (wanted, note)


def test_the_reason_is_given_later_and_completed_whatever_became_of_the_ledger() -> None:
    state, _ = submitted(now=LATE)
    for actor, reason in ((LIAISON, "联络员请假"), (HEAD, "联络员请假,备用联络员未到岗")):
        (fact,) = MONTH.decide(state, ExplainLedger(reason=reason), context(actor, now=LATE))
        assert isinstance(fact, LedgerExplained)
        assert (fact.reason, fact.by) == (reason, str(actor.id))
        state = MONTH.fold([fact], state)
        assert MONTH.decide(state, ExplainLedger(reason=reason), context(actor)) == []
    state = MONTH.fold(MONTH.decide(state, ReturnLedger(reason="有误"), context(OFFICE)), state)
    state = MONTH.fold(MONTH.decide(state, SubmitLedger(note="已改正"), context(LIAISON, now=LATE)), state)
    filed = filed_of(state)
    assert filed and (filed.late_reason, filed.reason_wanted) == ("联络员请假,备用联络员未到岗", False)


def test_the_reason_that_was_still_wanted_is_taken_from_the_note_of_the_next_filing() -> None:
    state, _ = submitted(now=LATE)
    for note, known in (("", ""), ("联络员请假", "联络员请假"), ("已改正", "联络员请假")):
        state = MONTH.fold(MONTH.decide(state, ReturnLedger(reason="有误"), context(OFFICE)), state)
        state = MONTH.fold(MONTH.decide(state, SubmitLedger(note=note), context(LIAISON, now=LATE)), state)
        filed = filed_of(state)
        assert filed and (filed.late_reason, filed.reason_wanted) == (known, not known)


@pytest.mark.parametrize("actor", [OFFICE, SYSTEM])
def test_nobody_else_gives_the_units_reason(actor: Actor) -> None:
    state, _ = submitted(now=LATE)
    for at in (MONTH.initial, state):
        with pytest.raises(Forbidden):
            MONTH.decide(at, ExplainLedger(reason="某"), context(actor))


def test_what_was_on_time_or_not_filed_has_no_reason() -> None:
    with pytest.raises(NotLate):
        MONTH.decide(submitted()[0], ExplainLedger(reason="某"), context(LIAISON))
    with pytest.raises(NotFiled):
        MONTH.decide(MONTH.initial, ExplainLedger(reason="某"), context(LIAISON))
