"""Units, members, enterprises and the calendar: the rules of the roster."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest

from services.roster.domain.calendar import CALENDAR, DayOutsideYear, PublishYear
from services.roster.domain.enterprise.commands import (
    AmendEnterprise,
    AssignEnterprise,
    ChangeStanding,
    RegisterEnterprise,
    VerifyContactLoss,
)
from services.roster.domain.enterprise.decide import ENTERPRISE
from services.roster.domain.mapping import MAPPING, MapIndustries, NotADepartment
from services.roster.domain.member import MEMBER, AppointMember, PostNotHeld, ReleaseMember, UnitUnknown
from services.roster.domain.refusals import (
    AlreadyRegistered,
    CodeInvalid,
    NotAnEnterprise,
    NotOfThisLine,
    NotUnderUnit,
    TriesTooAlike,
    WorkerNotOfUnit,
)
from services.roster.domain.unit import (
    UNIT,
    BeforeItsTime,
    EndUnit,
    EstablishUnit,
    Named,
    RenameUnit,
    UnitExists,
    UnitHasEnded,
    WrongParent,
)
from shared.events.roster import EnterpriseAmended, EnterpriseAssigned, EnterpriseRegistered, MemberAppointed
from shared.language.codes import make_code
from shared.language.decider import Actor, Context
from shared.language.months import Calendar
from shared.language.personal import Personal
from shared.language.problems import Forbidden
from shared.language.terms import Line, Role, Standing, UnitKind
from tests.support.known import known_of

TODAY = date(2026, 9, 27)
OFFICE = Actor(UUID(int=1), "office", frozenset({Role.OFFICE}), "office")
ITSELF = Actor(UUID(int=0), "installation", frozenset({Role.SYSTEM}))
HEAD = Actor(UUID(int=2), "T1-head", frozenset({Role.HEAD}), "T1")
DEPUTY = Actor(UUID(int=3), "T1-deputy", frozenset({Role.DEPUTY}), "T1")
WORKER = Actor(UUID(int=4), "T1-worker1", frozenset({Role.WORKER}), "T1")
LINES = {
    "T1": (Line.HORIZONTAL, None),
    "T2": (Line.HORIZONTAL, None),
    "V1": (Line.HORIZONTAL, "T1"),
    "D1": (Line.VERTICAL, None),
}
CODE = make_code("520502", "MA000001").text


def context(actor=OFFICE, of=ENTERPRISE, **told):
    known = known_of(of, **{"lines": LINES, **told})
    return Context(actor, datetime(2026, 9, 27, tzinfo=UTC), TODAY, Calendar.of({}), uuid4(), known)


def unit(state=UNIT.initial, command=None, actor=OFFICE, parent=UnitKind.DISTRICT):
    command = command or EstablishUnit(name="甲街道", kind=UnitKind.TOWNSHIP, parent="520502", on=date(2021, 10, 1))
    facts = UNIT.decide(
        state, command, context(actor, UNIT, parent=parent, units={"T2": Named(UnitKind.TOWNSHIP, date(2020, 1, 1))})
    )
    return UNIT.fold(facts, state), facts


def test_a_unit_is_established_renamed_and_ended_on_its_days():
    state, _ = unit()
    state, _ = unit(state, RenameUnit(name="乙街道", on=date(2022, 1, 1)))
    state, _ = unit(state, EndUnit(on=date(2023, 1, 1), successors=("T2",)), actor=ITSELF)
    with pytest.raises(UnitHasEnded):
        unit(state, RenameUnit(name="丙", on=date(2024, 1, 1)))


def test_the_same_unit_established_again_is_nothing_new_and_another_under_its_code_is_refused():
    state, _ = unit()
    assert unit(state)[1] == []
    with pytest.raises(UnitExists):
        unit(state, EstablishUnit(name="别名", kind=UnitKind.TOWNSHIP, parent="520502", on=date(2021, 10, 1)))


def test_a_village_stands_under_a_township_only():
    with pytest.raises(WrongParent):
        unit(command=EstablishUnit(name="村", kind=UnitKind.VILLAGE, parent="D1", on=TODAY), parent=UnitKind.DEPARTMENT)


def test_nothing_happens_to_a_unit_before_it_exists():
    state, _ = unit()
    with pytest.raises(BeforeItsTime):
        unit(state, EndUnit(on=date(2020, 1, 1)))


def test_only_the_office_changes_units():
    with pytest.raises(Forbidden):
        unit(actor=HEAD)


def appoint(role=Role.WORKER, actor=HEAD, in_unit="T1", state=MEMBER.initial, sub_unit=None):
    command = AppointMember(name=Personal("某人"), unit=in_unit, sub_unit=sub_unit, role=role, on=date(2026, 1, 1))
    facts = MEMBER.decide(state, command, context(actor, MEMBER, units={"T1": "520502", "T2": "520502", "V1": "T1"}))
    return MEMBER.fold(facts, state), facts


def test_a_head_appoints_within_the_unit_and_the_name_is_about_a_subject():
    state, (fact,) = appoint()
    assert isinstance(fact, MemberAppointed)
    assert fact.name.subject is not None
    assert appoint(state=state)[1] == []


@pytest.mark.parametrize(
    ("role", "in_unit"), [(Role.WORKER, "T2"), (Role.OFFICE, "T1"), (Role.AUDITOR, "T1"), (Role.ADMIN, "T1")]
)
def test_a_head_appoints_neither_elsewhere_nor_to_the_offices(role, in_unit):
    with pytest.raises(Forbidden):
        appoint(role, in_unit=in_unit)


def test_a_post_is_in_a_village_of_the_unit():
    assert appoint(sub_unit="V1")[1][0].sub_unit == "V1"
    with pytest.raises(NotUnderUnit):
        appoint(actor=OFFICE, in_unit="T2", sub_unit="V1")


def test_a_post_is_held_in_a_unit_that_exists_and_given_up_once():
    with pytest.raises(UnitUnknown):
        appoint(actor=OFFICE, in_unit="T9")
    state, _ = appoint()
    release = ReleaseMember(unit="T1", role=Role.WORKER, on=TODAY)
    state = MEMBER.fold(MEMBER.decide(state, release, context(HEAD, MEMBER)), state)
    assert MEMBER.decide(state, release, context(HEAD, MEMBER)) == []
    with pytest.raises(PostNotHeld):
        MEMBER.decide(state, ReleaseMember(unit="T1", role=Role.DEPUTY, on=TODAY), context(HEAD, MEMBER))


def registered(**fields):
    command = RegisterEnterprise(code=CODE, name="演示企业", **fields)
    facts = ENTERPRISE.decide(ENTERPRISE.initial, command, context())
    return ENTERPRISE.fold(facts), facts


def test_an_enterprise_is_registered_with_its_first_assignments():
    state, facts = registered(assignments=[{"line": "horizontal", "unit": "T1"}, {"line": "vertical", "unit": "D1"}])
    assert [type(fact) for fact in facts] == [EnterpriseRegistered, EnterpriseAssigned, EnterpriseAssigned]
    assert state.holder(Line.HORIZONTAL, TODAY).unit == "T1"
    assert state.holder(Line.HORIZONTAL, date(2026, 9, 26)) is None


def test_the_same_registration_again_is_nothing_new_and_another_name_is_refused():
    state, _ = registered()
    assert ENTERPRISE.decide(state, RegisterEnterprise(code=CODE, name="演示企业"), context()) == []
    with pytest.raises(AlreadyRegistered):
        ENTERPRISE.decide(state, RegisterEnterprise(code=CODE, name="另一企业"), context())


@pytest.mark.parametrize("kind", ["92", "93"])
def test_individual_businesses_and_co_operatives_are_not_served(kind):
    """R05: 方案 二, 三(二)."""
    with pytest.raises(NotAnEnterprise):
        ENTERPRISE.decide(
            ENTERPRISE.initial, RegisterEnterprise(code=make_code("520502", "MA000001", kind).text, name="某"), context()
        )


def test_a_code_that_fails_its_check_is_refused():
    wrong = CODE[:-1] + ("1" if CODE[-1] != "1" else "2")
    with pytest.raises(CodeInvalid):
        ENTERPRISE.decide(ENTERPRISE.initial, RegisterEnterprise(code=wrong, name="某"), context())


@pytest.mark.parametrize(
    ("line", "to", "sub_unit"),
    [("vertical", "T1", None), ("horizontal", "D1", None), ("horizontal", "V1", None), ("horizontal", "T1", "T2")],
)
def test_a_unit_answers_on_its_own_line_only(line, to, sub_unit):
    state, _ = registered()
    with pytest.raises(NotOfThisLine):
        ENTERPRISE.decide(state, AssignEnterprise(line=line, unit=to, sub_unit=sub_unit, on=TODAY), context())


def test_a_village_is_named_with_the_township_it_stands_under():
    places = ({"line": "horizontal", "unit": unit, "sub_unit": "V1"} for unit in ("T1", "T2"))
    state, _ = registered(assignments=[next(places)])
    assert state.holder(Line.HORIZONTAL, TODAY).sub_unit == "V1"
    with pytest.raises(NotUnderUnit):
        registered(assignments=[next(places)])
    with pytest.raises(NotUnderUnit):
        ENTERPRISE.decide(state, AssignEnterprise(line=Line.HORIZONTAL, unit="T2", sub_unit="V1", on=TODAY), context())


def test_a_move_keeps_the_past():
    """R01: any past date answers under who answered then."""
    state, _ = registered(assignments=[{"line": "horizontal", "unit": "T1"}], on=date(2026, 1, 1))
    move = AssignEnterprise(line=Line.HORIZONTAL, unit="T2", sub_unit=None, on=date(2026, 9, 5))
    state = ENTERPRISE.fold(ENTERPRISE.decide(state, move, context(ITSELF)), state)
    assert state.holder(Line.HORIZONTAL, date(2026, 9, 4)).unit == "T1"
    assert state.holder(Line.HORIZONTAL, date(2026, 9, 5)).unit == "T2"


def test_a_unit_names_its_own_worker_but_gives_nothing_away():
    state, _ = registered(assignments=[{"line": "horizontal", "unit": "T1"}], on=date(2026, 1, 1))
    worker = uuid4()
    name = AssignEnterprise(line=Line.HORIZONTAL, unit="T1", worker=worker, on=TODAY)
    with pytest.raises(WorkerNotOfUnit):
        ENTERPRISE.decide(state, name, context(DEPUTY))
    assert ENTERPRISE.decide(state, name, context(DEPUTY, workers={worker: {"T1"}}))
    with pytest.raises(Forbidden):
        ENTERPRISE.decide(state, AssignEnterprise(line=Line.HORIZONTAL, unit="T2", on=TODAY), context(DEPUTY))


def test_only_what_changed_is_amended_and_a_former_name_stays_known():
    state, _ = registered(staff=5)
    assert ENTERPRISE.decide(state, AmendEnterprise(staff=5, name="演示企业"), context()) == []
    (fact,) = ENTERPRISE.decide(state, AmendEnterprise(staff=5, name="新名企业"), context())
    assert isinstance(fact, EnterpriseAmended)
    assert (fact.name, fact.staff) == ("新名企业", None)
    assert ENTERPRISE.fold([fact], state).former_names == ("演示企业",)


def test_a_standing_changes_and_the_same_again_is_nothing_new():
    state, _ = registered()
    change = ChangeStanding(standing=Standing.DEREGISTERED, on=TODAY)
    state = ENTERPRISE.fold(ENTERPRISE.decide(state, change, context()), state)
    assert ENTERPRISE.decide(state, change, context()) == []


@pytest.mark.parametrize(
    "tries",
    [
        [{"on": "2026-09-08", "mode": "phone"}, {"on": "2026-09-08", "mode": "on_site"}],
        [{"on": "2026-09-08", "mode": "phone"}, {"on": "2026-09-09", "mode": "phone"}],
        [{"on": "2026-08-08", "mode": "phone"}, {"on": "2026-09-09", "mode": "on_site"}],
    ],
)
def test_lost_contact_needs_tries_on_different_days_by_different_modes_in_the_month(tries):
    """kpi §2: 失联."""
    state, _ = registered(assignments=[{"line": "horizontal", "unit": "T1"}], on=date(2026, 1, 1))
    with pytest.raises(TriesTooAlike):
        ENTERPRISE.decide(state, VerifyContactLoss(line=Line.HORIZONTAL, tries=tries, on=TODAY), context(DEPUTY))


def test_lost_contact_is_verified_by_a_deputy_not_by_the_worker():
    state, _ = registered(assignments=[{"line": "horizontal", "unit": "T1"}], on=date(2026, 1, 1))
    tries = [{"on": "2026-09-08", "mode": "phone"}, {"on": "2026-09-15", "mode": "on_site"}]
    command = VerifyContactLoss(line=Line.HORIZONTAL, tries=tries, on=TODAY)
    with pytest.raises(Forbidden):
        ENTERPRISE.decide(state, command, context(WORKER))
    assert ENTERPRISE.decide(state, command, context(DEPUTY))


def test_a_year_holds_its_own_days_each_once():
    day = {"date": "2026-10-01", "off": True, "name": "国庆节"}
    assert CALENDAR.decide(CALENDAR.initial, PublishYear(days=[day]), context(of=CALENDAR, year=2026))
    for days in ([day, day], [{**day, "date": "2027-10-01"}]):
        with pytest.raises(DayOutsideYear):
            CALENDAR.decide(CALENDAR.initial, PublishYear(days=days), context(of=CALENDAR, year=2026))


def test_an_industry_belongs_to_a_department():
    with pytest.raises(NotADepartment):
        MAPPING.decide(MAPPING.initial, MapIndustries(entries={"52": "T1"}, on=TODAY), context(of=MAPPING))
    assert MAPPING.decide(MAPPING.initial, MapIndustries(entries={"52": "D1"}, on=TODAY), context(of=MAPPING))
