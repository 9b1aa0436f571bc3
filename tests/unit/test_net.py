"""Load, plaques, tables, brand, deliveries and intervals: the rules, without a database."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.roster.domain.brand import BRAND, PublishBrand
from services.roster.domain.delivery import DELIVERY, DeliveryRecordedAlready, NotOfAUnit, ReceivedInFuture, RecordDelivery
from services.roster.domain.enterprise.commands import AssignEnterprise, ChooseMainContact, FollowMapping, RegisterEnterprise
from services.roster.domain.enterprise.decide import ENTERPRISE
from services.roster.domain.load import Held, Worker, line_of, propose
from services.roster.domain.mapping import MAPPING, MapIndustries, MapOfficePhones, MapPlaces, NoSuchUnit, NotAPlace, SetLoadLimit
from services.roster.domain.project import (
    PROJECT,
    HangPlaque,
    HungLater,
    NoSuchEnterprise,
    PlaqueHangs,
    ProjectExists,
    RegisterProject,
    TakeDownPlaque,
)
from services.roster.domain.refusals import NobodyNamedThere
from shared.language.codes import make_code
from shared.language.dated import on_day, spans
from shared.language.decider import Actor, Context
from shared.language.months import Calendar
from shared.language.personal import Personal
from shared.language.problems import Forbidden, Unknown
from shared.language.terms import DeliveryChannel, Line, Role
from tests.support.known import known_of

TODAY = date(2026, 9, 1)
OFFICE = Actor(UUID(int=1), "office", frozenset({Role.OFFICE}), "office")
ITSELF = Actor(UUID(int=0), "installation", frozenset({Role.SYSTEM}))
HEAD = Actor(UUID(int=2), "T1-head", frozenset({Role.HEAD}), "T1")
WORKER = Actor(UUID(int=3), "T1-w", frozenset({Role.WORKER}), "T1")
LINES = {"T1": (Line.HORIZONTAL, None), "V1": (Line.HORIZONTAL, "T1"), "D1": (Line.VERTICAL, None), "D2": (Line.VERTICAL, None)}


def context(decider: Any, actor: Actor, **told: Any) -> Context[Any]:
    known = known_of(decider, **{"lines": LINES, **told})
    return Context(actor, datetime(2026, 9, 1, tzinfo=UTC), TODAY, Calendar.of({}), UUID(int=9), known)


def day(month: int, of: int = 1) -> date:
    return date(2026, month, of)


@dataclass
class Story:
    """One stream, told command by command."""

    decider: Any
    state: Any = None

    def __post_init__(self) -> None:
        self.state = self.decider.initial

    def tell(self, command: Any, actor: Actor = OFFICE, **known: Any) -> list[Any]:
        facts = self.decider.decide(self.state, command, context(self.decider, actor, **known))
        self.state = self.decider.fold(facts, self.state)
        return facts


# Load.

_ids = [uuid5(UUID(int=0), str(n)) for n in range(400)]


@given(
    st.lists(st.tuples(st.sampled_from([*range(6), None]), st.sampled_from(["A", "B", "C", None])), max_size=60),
    st.lists(st.sampled_from(["A", "B", None]), max_size=5),
    st.integers(1, 20),
)
@settings(max_examples=300, deadline=None)
def test_a_proposal_keeps_everybody_to_the_line_with_as_few_moves_as_can_be(holding, homes, limit):
    workers = [Worker(_ids[n], f"w{n}", home) for n, home in enumerate(homes)]
    held = [Held(_ids[100 + n], f"{n:03d}", place, None if who is None else _ids[who]) for n, (who, place) in enumerate(holding)]
    moves = propose(held, workers, limit)
    assert propose(list(reversed(held)), list(reversed(workers)), limit) == moves, "the order of the question does not matter"
    if not workers:
        assert moves == []
        return
    line = line_of(len(held), len(workers), limit)
    at_post = {worker.id for worker in workers}
    before = Counter(item.worker for item in held if item.worker in at_post)
    after = before.copy()
    for move in moves:
        if move.giver in at_post:
            after[move.giver] -= 1
        after[move.taker] += 1
        assert move.taker in at_post and move.taker != move.giver
    assert all(n <= line for n in after.values()), "nobody above the line"
    assert sum(after.values()) == len(held), "and nobody left alone"
    excess = sum(max(0, n - line) for n in before.values())
    alone = sum(item.worker not in at_post for item in held)
    assert len(moves) == excess + alone == len({move.enterprise for move in moves})


def test_who_is_at_home_there_takes_first():
    a, b, c = Worker(_ids[0], "a", "A"), Worker(_ids[1], "b", "B"), Worker(_ids[2], "c", "C")
    held = [Held(_ids[10 + n], f"{n}", place, a.id) for n, place in enumerate("AABAC")]
    assert [(m.code, m.taker, m.same_place) for m in propose(held, [c, b, a], 3)] == [("2", b.id, True), ("4", c.id, True)]


# Intervals.


def test_intervals_follow_the_days_not_the_order_of_telling():
    said = [(day(3), "c"), (day(1), "a"), (day(2), "b"), (day(2), "b2"), (day(5), "c")]
    assert spans(said) == [(day(1), day(2), "a"), (day(2), day(3), "b2"), (day(3), None, "c")]
    assert spans([]) == []
    assert [on_day(said, on) for on in (date(2020, 1, 1), day(1), day(2), day(4))] == ["a", "a", "b2", "c"]


# Plaques.


def hanging(**more: Any) -> HangPlaque:
    return HangPlaque(**{"number": "1", "leader": HEAD.id, "contact": WORKER.id, "on": day(3), **more})


KNOWN = {"units": {"T1"}, "roles": {HEAD.id: {Role.HEAD}, WORKER.id: {Role.WORKER}}, "token": "t" * 22, "token_sha256": "0" * 64}


def project(**more: Any) -> Story:
    story = Story(PROJECT)
    story.tell(RegisterProject(name="某项目", enterprise=UUID(int=7), on=day(2)), HEAD, **{**KNOWN, **more})
    return story


def test_a_plaque_hangs_comes_down_and_hangs_again():
    story = project()
    (hung,) = story.tell(hanging(), HEAD, **KNOWN)
    assert hung.token.subject == UUID(int=9) and "t" * 22 not in repr(hung)
    assert story.tell(hanging(), HEAD, **{**KNOWN, "token": "other"}) == []
    with pytest.raises(PlaqueHangs):
        story.tell(hanging(number="2"), HEAD, **KNOWN)
    with pytest.raises(HungLater):
        story.tell(TakeDownPlaque(reason="竣工", on=day(2)), HEAD, **KNOWN)
    assert story.tell(TakeDownPlaque(reason="竣工", on=day(4)), HEAD, **KNOWN)
    assert story.tell(TakeDownPlaque(reason="竣工", on=day(4)), HEAD, **KNOWN) == []
    with pytest.raises(HungLater):
        story.tell(hanging(), HEAD, **KNOWN)
    (again,) = story.tell(hanging(on=day(4)), HEAD, **{**KNOWN, "token_sha256": "1" * 64})
    assert again.token_sha256 != hung.token_sha256 and len(story.state.past) == 1


def test_a_project_is_an_enterprises_and_those_who_answer_for_it_or_the_office_see_to_it():
    with pytest.raises(NoSuchEnterprise):
        project(units=None)
    story = project()
    for command in (
        RegisterProject(name="某项目", enterprise=UUID(int=7), on=day(2)),
        hanging(),
        TakeDownPlaque(reason="x", on=day(4)),
    ):
        for actor, units in ((WORKER, {"T1"}), (HEAD, {"T2"}), (HEAD, None)):
            with pytest.raises(Forbidden):
                story.tell(command, actor, **{**KNOWN, "units": units})
    with pytest.raises(ProjectExists):
        story.tell(RegisterProject(name="别的", enterprise=UUID(int=7), on=day(2)), OFFICE, **KNOWN)
    with pytest.raises(Unknown):
        Story(PROJECT).tell(hanging(), OFFICE, **KNOWN)


# Tables.


def test_a_version_is_in_force_from_its_day_until_the_next_ones():
    story = Story(MAPPING)
    story.tell(MapIndustries(entries={"13": "D1"}, on=day(1)))
    story.tell(MapIndustries(entries={"13": "D2"}, on=day(6)))
    assert story.tell(MapIndustries(entries={"13": "D2"}, on=day(6), note="另")) == []
    story.tell(MapIndustries(entries={"13": "D1", "51": "D2"}, on=day(6)))
    numbers = [
        version.number if (version := story.state.at(on)) else None for on in (date(2025, 1, 1), day(1), day(5, 31), day(6))
    ]
    assert numbers == [None, 1, 1, 3]


def test_each_table_names_units_of_its_kind_and_only_the_office_keeps_it():
    story = Story(MAPPING)
    with pytest.raises(NotAPlace):
        story.tell(MapPlaces(entries={"老城路": "D1"}, on=day(1)))
    assert story.tell(MapPlaces(entries={"老城路": "V1"}, on=day(1)))
    with pytest.raises(NoSuchUnit):
        story.tell(MapOfficePhones(entries={"X": "0857-1234567"}, on=day(1)), units={"T1"})
    for command in (MapPlaces(entries={}, on=day(1)), SetLoadLimit(limit=5, on=day(1))):
        with pytest.raises(Forbidden):
            story.tell(command, HEAD, units=set())
    assert story.tell(SetLoadLimit(limit=5, on=day(1))) and story.tell(SetLoadLimit(limit=5, on=day(1))) == []


def enterprise() -> Story:
    story = Story(ENTERPRISE)
    first = [{"line": "vertical", "unit": "D1", "confidence": 100}]
    story.tell(RegisterEnterprise(code=make_code("520502", "MA000001").text, name="某公司", assignments=first, on=day(1)))
    return story


def test_a_table_moves_what_a_table_placed_and_never_what_a_person_did():
    story = enterprise()
    move = FollowMapping(line=Line.VERTICAL, unit="D2", on=day(3))
    (moved,) = story.tell(move)
    assert (moved.unit, moved.confidence) == ("D2", 100)
    assert story.tell(move) == []
    story.tell(AssignEnterprise(line=Line.VERTICAL, unit="D2", worker=WORKER.id, on=day(4)), workers={WORKER.id: {"D2"}})
    assert story.tell(FollowMapping(line=Line.VERTICAL, unit="D1", on=day(5))), "naming a worker decides nothing about the unit"
    story.tell(AssignEnterprise(line=Line.VERTICAL, unit="D2", on=day(6), reason="人定"), ITSELF)
    assert story.tell(FollowMapping(line=Line.VERTICAL, unit="D1", on=day(7))) == []
    with pytest.raises(Forbidden):
        story.tell(FollowMapping(line=Line.VERTICAL, unit="D1", on=day(7)), HEAD)


def test_a_main_contact_is_somebody_named():
    story = enterprise()
    with pytest.raises(NobodyNamedThere):
        story.tell(ChooseMainContact(line=Line.VERTICAL, on=day(3)))
    with pytest.raises(Unknown):
        Story(ENTERPRISE).tell(ChooseMainContact(line=Line.VERTICAL, on=day(3)))


# Brand and deliveries.


def test_the_brand_said_twice_is_one_version_and_a_contact_is_about_the_office():
    story = Story(BRAND)
    said = {"brand": "贵人服务", "lead_office": "某办公室", "district": "某区", "on": day(1)}
    assert story.tell(PublishBrand(**said)) and story.tell(PublishBrand(**said)) == []
    (fact,) = story.tell(PublishBrand(**said, contact=Personal("某人")))
    assert fact.contact.subject == UUID(int=9)
    with pytest.raises(Forbidden):
        story.tell(PublishBrand(**said, suffix="毕须办"), HEAD)


def test_a_delivery_is_recorded_once_and_not_before_it_came():
    said = {
        "unit": "T1",
        "month": "2026-08",
        "channel": DeliveryChannel.USB,
        "file": "a.xlsx",
        "sha256": "0" * 64,
        "received_on": day(8, 27),
    }
    story = Story(DELIVERY)
    with pytest.raises(NotOfAUnit):
        story.tell(RecordDelivery(**said), units=set())
    with pytest.raises(ReceivedInFuture):
        story.tell(RecordDelivery(**{**said, "received_on": day(9, 2)}), units={"T1"})
    with pytest.raises(Forbidden):
        story.tell(RecordDelivery(**said), WORKER, units={"T1"})
    assert story.tell(RecordDelivery(**said), HEAD, units={"T1"}) and story.tell(RecordDelivery(**said), units={"T1"}) == []
    with pytest.raises(DeliveryRecordedAlready):
        story.tell(RecordDelivery(**{**said, "sha256": "1" * 64}), units={"T1"})
