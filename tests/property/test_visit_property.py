"""Random commands by random people: whatever they try, no visit counts twice, without proof, or after it was voided."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.visits.domain.visit.commands import AcceptVisit, AttachEvidence, CorrectVisit, RecordVisit, ReturnVisit, VoidVisit
from services.visits.domain.visit.counting import missing
from services.visits.domain.visit.decide import VISIT
from services.visits.domain.visit.permissions import allowed_actions
from services.visits.domain.visit.states import Accepted, Pending, Unrecorded, Voided, counts
from services.visits.projections import STATES
from shared.events.visits import VisitAccepted, VisitDisqualified, VisitQualified, VisitRecorded
from shared.language.decider import Actor, Context
from shared.language.facts import Command, Fact
from shared.language.known import Assigned, KnownEnterprise, KnownMember, KnownUnit, Post
from shared.language.months import Calendar
from shared.language.personal import Personal
from shared.language.problems import Problem
from shared.language.terms import Ack, EvidenceKind, Line, Mode, Role, Standing, UnitKind, derived_id
from tests.support.known import visiting

TODAY = date(2026, 9, 15)
SUBJECT = UUID("01990000-0000-7000-8000-000000000001")
UNITS = {
    "T01": KnownUnit("T01", "某镇", UnitKind.TOWNSHIP, None),
    "D01": KnownUnit("D01", "某局", UnitKind.DEPARTMENT, None),
    "T02": KnownUnit("T02", "某乡", UnitKind.TOWNSHIP, None),
    "OFFICE": KnownUnit("OFFICE", "办", UnitKind.OFFICE, None),
}
POSTS = [
    ("T01", Role.WORKER),
    ("T01", Role.LIAISON),
    ("T01", Role.DEPUTY),
    ("T01", Role.HEAD),
    ("D01", Role.WORKER),
    ("D01", Role.DEPUTY),
    ("T02", Role.HEAD),
    ("OFFICE", Role.OFFICE),
    ("OFFICE", Role.AUDITOR),
    ("OFFICE", Role.ADMIN),
]
PEOPLE = [Actor(derived_id("p", unit, role), f"{unit}-{role}", frozenset({role}), unit) for unit, role in POSTS]
KNOWN = visiting(
    KnownEnterprise(
        SUBJECT,
        "91520502MA00000001",
        "星关食品有限公司",
        Standing.SURVIVING,
        {Line.HORIZONTAL: Assigned("T01", None, None), Line.VERTICAL: Assigned("D01", None, None)},
    ),
    {
        who.id: KnownMember(who.id, who.account, (Post(unit, role, None),))
        for who, (unit, role) in zip(PEOPLE, POSTS, strict=True)
    },
    UNITS,
)

people = st.sampled_from(PEOPLE)
telling = {
    "on": st.dates(date(2026, 8, 1), date(2026, 9, 17)),
    "mode": st.sampled_from(Mode),
    "met": st.booleans(),
    "note": st.sampled_from(["", "短", "订单充足,用工稳定,生产正常"]),
    "connected_seconds": st.sampled_from([None, 10, 60]),
    "ack": st.sampled_from(Ack),
    "visitors": st.lists(people.map(lambda who: who.id), max_size=3).map(tuple),
    "phone": st.sampled_from([None, Personal("13800000000")]),
    "asked_required": st.just(10),
    "answered_required": st.sampled_from([5, 9]),
}
commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(RecordVisit, enterprise=st.just(SUBJECT), **telling),
    st.builds(CorrectVisit, **telling),
    st.builds(
        AttachEvidence,
        sha256=st.sampled_from(["a" * 64, "b" * 64]),
        original=st.sampled_from(["c" * 64, "d" * 64]),
        kind=st.sampled_from(EvidenceKind),
        media_type=st.sampled_from(["image/jpeg", "application/pdf", "audio/amr"]),
        size=st.just(1),
    ),
    st.builds(AcceptVisit),
    st.builds(ReturnVisit, reason=st.sampled_from(["不清楚", "重复"])),
    st.builds(VoidVisit, reason=st.sampled_from(["不清楚", "重复"])),
)
opening = RecordVisit(enterprise=SUBJECT, on=TODAY, mode=Mode.ON_SITE, ack=Ack.SCAN, note="订单充足,用工稳定,生产正常")
stories = st.lists(st.tuples(commands, people), max_size=12) | st.lists(st.tuples(commands, people), max_size=12).map(
    lambda story: [(opening, PEOPLE[0]), *story]  # Most random tellings are refused: half the stories begin with a good one.
)


def context(actor: Actor) -> Context:
    return Context(actor, datetime(2026, 9, 15, 2, tzinfo=UTC), TODAY, Calendar.of({}), SUBJECT, KNOWN)


def told(story: list[tuple[Command, Actor]]) -> list[Fact]:
    facts: list[Fact] = []
    for command, actor in story:
        try:
            facts += VISIT.decide(VISIT.fold(facts), command, context(actor))
        except Problem:
            continue
    return facts


@settings(max_examples=300, deadline=None)
@given(stories)
def test_what_counts_is_proved_and_what_is_void_stays_void(story: list[tuple[Command, Actor]]) -> None:
    facts = told(story)
    state: Any = VISIT.initial
    void = False
    for fact in facts:
        state = VISIT.evolve(state, fact)
        void = void or isinstance(state, Voided)
        assert not void or isinstance(state, Voided)
        if isinstance(fact, VisitAccepted):
            assert state.details.missing == ()
    if not isinstance(state, Unrecorded):
        # The judgement in the log is the one the rule gives now, in every state that can still change.
        assert isinstance(state, Voided) or state.details.missing == missing(state.details.told, state.details.evidence)
        assert counts(state) == (isinstance(state, (Pending, Accepted)) and state.details.missing == ())
        assert any(visitor.unit in ("T01", "D01") for visitor in state.details.told.visitors)
        assert state.details.told.on <= TODAY
        copy = VISIT.fold(fact.model_copy(update={"phone": None}) if isinstance(fact, VisitRecorded) else fact for fact in facts)
        assert STATES.read(STATES.written(copy)) == copy  # type: ignore[arg-type]


@settings(max_examples=300, deadline=None)
@given(stories, commands, people)
def test_saying_it_twice_adds_nothing(story: list[tuple[Command, Actor]], command: Command, actor: Actor) -> None:
    facts = told(story)
    once = told([*story, (command, actor)])
    if once != facts:
        assert list(VISIT.decide(VISIT.fold(once), command, context(actor))) == []


@settings(max_examples=300, deadline=None)
@given(stories)
def test_the_rules_answer_is_told_only_when_it_changes(story: list[tuple[Command, Actor]]) -> None:
    answers = [
        fact.missing if isinstance(fact, VisitDisqualified) else ()
        for fact in told(story)
        if isinstance(fact, (VisitQualified, VisitDisqualified))
    ]
    assert all(before != after for before, after in pairwise(answers))


@settings(max_examples=300, deadline=None)
@given(stories, people)
def test_what_a_client_is_told_it_may_do_is_what_it_may_do(story: list[tuple[Command, Actor]], actor: Actor) -> None:
    state = VISIT.fold(told(story))
    if isinstance(state, Unrecorded):
        return
    current = state.details.told
    # A correction by the same visitors to something else; a file that is new; words that were not said before.
    tries: dict[str, Command] = {
        "correct": CorrectVisit(
            on=current.on,
            mode=current.mode,
            visitors=tuple(visitor.member for visitor in current.visitors),
            note=current.note + "改",
        ),
        "attach": AttachEvidence(sha256="e" * 64, original="f" * 64, kind=EvidenceKind.OTHER, media_type="image/png", size=1),
        "accept": AcceptVisit(note="新"),
        "return": ReturnVisit(reason="新"),
        "void": VoidVisit(reason="新"),
    }
    possible: list[str] = []
    for name, command in tries.items():
        try:
            VISIT.decide(state, command, context(actor))
        except Problem:
            continue
        possible.append(name)
    assert allowed_actions(state, actor) == possible
