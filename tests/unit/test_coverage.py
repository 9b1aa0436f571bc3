"""K1 走访覆盖率: the golden vectors of September 2026 and the edges of every rule (方案 四(一)3, 四(二)3)."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from support.stories import AUTUMN_2026, H, Story, V, day, ident, settled

from services.reporting.domain.coverage import Basis, Coverage, CreditRuleMissing, Figure, Settings, coverage, heir, period
from services.reporting.domain.due import owing, punctuality
from services.reporting.domain.folding import fold
from services.reporting.domain.histories import Histories, UnitHistory
from shared.events import roster, visits
from shared.language.facts import UnknownFact
from shared.language.months import DueShift
from shared.language.terms import EnterpriseKind, Mode, Punctuality, Role, Standing
from shared.log.eventlog import Entry


def golden() -> Story:
    """E1…E13 of kpi §9."""
    story = Story()
    for number in range(1, 14):
        name = f"E{number}"
        story.enterprise(name)
        since = {7: "09-02", 8: "09-22"}.get(number, "2026-01-05")
        story.assign(name, H, "H2" if number == 9 else "H1", since)
        story.assign(name, V, "V1", since)
    story.visit("E1", "09-03", "H1", "V1")
    story.visit("E2", "09-10", "H1", mode=Mode.PHONE)
    story.visit("E3", "09-15", "V1")
    story.standing("E5", Standing.DEREGISTERED, "09-12")
    story.visit("E6", "09-08", "H1")
    story.standing("E6", Standing.DEREGISTERED, "09-20")
    story.visit("E7", "09-07", "H1")
    story.visit("E7", "09-08", "V1")
    story.visit("E9", "09-04", "H2")
    story.assign("E9", H, "H1", "09-05")
    story.visit("E9", "09-16", "V1")
    story.assign("E10", H, "H2", "09-24")
    story.lost("E11", H, "09-16", ("09-09", Mode.PHONE), ("09-11", Mode.ON_SITE))
    story.visit("E12", "09-11", "H1", voided=True)
    story.visit("E12", "09-18", "V1")
    story.visit("E13", "09-29", "H1")
    return story


def figures(found: Coverage) -> dict[str, tuple[int, int, str | None]]:
    """Every figure of the golden vectors."""
    made = {
        "H1": found.unit("H1", H).strict,
        "H1 尽责": found.unit("H1", H).diligent,
        "V1": found.unit("V1", V).strict,
        "横向": found.horizontal,
        "纵向": found.vertical,
        "任一线": found.either,
        "双线": found.both,
    }
    return {name: (figure.n, figure.d, figure.pct) for name, figure in made.items()}


def test_the_golden_vectors_hold_up_to_the_day_of_filing() -> None:
    assert figures(golden().at(Basis.FILING)) == {
        "H1": (5, 11, "45.45"),
        "H1 尽责": (6, 11, "54.55"),
        "V1": (5, 10, "50.00"),
        "横向": (5, 11, "45.45"),
        "纵向": (5, 10, "50.00"),
        "任一线": (7, 11, "63.64"),
        "双线": (4, 11, "36.36"),
    }


def test_the_golden_vectors_hold_up_to_the_end_of_the_month() -> None:
    assert figures(golden().at(Basis.MONTH)) == {
        "H1": (6, 11, "54.55"),
        "H1 尽责": (7, 11, "63.64"),
        "V1": (5, 10, "50.00"),
        "横向": (6, 11, "54.55"),
        "纵向": (5, 10, "50.00"),
        "任一线": (8, 11, "72.73"),
        "双线": (4, 11, "36.36"),
    }


def test_the_lists_of_the_not_yet_visited_name_whom_each_line_still_owes() -> None:
    found = golden().at(Basis.FILING)
    missing = {item.name: item.notes for item in found.unit("H1", H).missing}
    assert missing == {
        "E3": ("另一线已走访",),
        "E4": (),
        "E10": ("移交冻结:拟由H2接收",),
        "E11": ("失联已核实",),
        "E12": ("另一线已走访", "走访已作废"),
        "E13": (),
    }
    assert {item.name for item in found.unit("V1", V).missing} == {"E2", "E4", "E10", "E11", "E13"}


def test_any_interleaving_of_the_logs_gives_the_same_coverage() -> None:
    story = golden()
    expected = story.at()
    logs: dict[str, list[Entry]] = {}
    for entry in story.entries:
        logs.setdefault(entry.type.partition(".")[0], []).append(entry)
    chance = random.Random(5)
    for _ in range(20):
        left = {origin: list(entries) for origin, entries in logs.items()}
        mixed: list[Entry] = []
        while left:
            origin = chance.choice(sorted(left))
            mixed.append(left[origin].pop(0))
            left = {name: entries for name, entries in left.items() if entries}
        assert coverage(expected.period, fold(mixed)) == expected


def test_the_windows_of_grace_and_freeze_count_official_working_days() -> None:
    at = period("2026-09", Basis.FILING, AUTUMN_2026)
    assert (at.first, at.until, at.frozen_since, at.grace_since) == ("2026-09-01", "2026-09-27", "2026-09-20", "2026-09-14")
    whole = period("2026-09", Basis.MONTH, AUTUMN_2026)
    assert (whole.until, whole.due, whole.frozen_since) == ("2026-09-30", "2026-09-27", "2026-09-23")


@pytest.mark.parametrize(
    ("shift", "until"), [("none", "2026-09-27"), ("previous_workday", "2026-09-24"), ("next_workday", "2026-09-28")]
)
def test_the_due_day_shifts_only_if_the_office_says_so(shift: str, until: str) -> None:
    settings = Settings(due_shift=DueShift(shift))
    assert period("2026-09", Basis.FILING, AUTUMN_2026, settings).until == until


@pytest.mark.parametrize("code", ["92520502MA00000000", "93520502MA00000000", "520502600000000"])
def test_only_enterprises_by_their_code_are_in_scope(code: str) -> None:
    story = Story()
    story.enterprise("E", code=code)
    story.assign("E", H, "H1")
    assert story.at().units == {}


@pytest.mark.parametrize("standing", list(Standing))
def test_only_surviving_standings_are_in_scope(standing: Standing) -> None:
    story = Story()
    story.enterprise("E", standing=standing)
    story.assign("E", H, "H1")
    assert story.at().horizontal.d == (1 if standing.survives else 0)


def test_a_branch_is_in_scope_until_the_office_switches_branches_off() -> None:
    story = Story()
    story.enterprise("E", kind=EnterpriseKind.BRANCH)
    story.assign("E", H, "H1")
    assert story.at().horizontal.d == 1
    assert story.at(settings=Settings(branches_in_scope=False)).horizontal.d == 0


def test_an_area_managed_elsewhere_is_out_of_scope_from_that_day_on() -> None:
    story = settled()
    story.tell(f"enterprise/{ident('E')}", roster.CustodyChanged(managed_elsewhere=True, on=day("09-28")))
    assert story.at(Basis.FILING).horizontal.d == 1
    assert story.at(Basis.MONTH).horizontal.d == 0


def test_an_enterprise_revived_before_the_cut_off_is_owed_as_ever() -> None:
    story = settled()
    story.standing("E", Standing.REVOKED, "09-05")
    story.standing("E", Standing.SURVIVING, "09-20")
    assert story.at().horizontal == Figure(0, 1)


def test_a_visit_after_the_deregistration_does_not_bring_the_enterprise_back() -> None:
    story = settled()
    story.standing("E", Standing.DEREGISTERED, "09-12")
    story.visit("E", "09-13", "H1")
    assert story.at().units == {}


def test_an_enterprise_gone_before_the_month_is_not_owed_even_if_visited() -> None:
    story = settled()
    story.standing("E", Standing.DEREGISTERED, "08-31")
    story.visit("E", "09-02", "H1")
    assert story.at().units == {}


def test_whoever_held_a_deregistered_enterprise_on_its_last_day_keeps_its_visit() -> None:
    story = settled()
    story.visit("E", "09-03", "H1")
    story.standing("E", Standing.DEREGISTERED, "09-10")
    story.assign("E", H, "H2", "09-15")
    found = story.at()
    assert found.unit("H1", H).strict == Figure(1, 1)
    assert found.unit("H2", H).strict == Figure(0, 0)
    assert found.vertical == Figure(0, 0)


def test_a_visit_awaiting_review_counts_and_a_returned_or_unproven_one_does_not() -> None:
    story = settled("A", "B", "C")
    story.visit("A", "09-03", "H1")
    story.visit("B", "09-03", "H1", returned=True)
    story.visit("C", "09-03", "H1", qualified=False)
    found = story.at().unit("H1", H)
    assert found.strict == Figure(1, 3)
    assert {item.name: item.notes for item in found.missing} == {"B": ("走访被退回",), "C": ("走访待补证",)}


def test_a_corrected_visit_counts_again_but_a_voided_one_never() -> None:
    story = settled("A", "B")
    for name, voided in (("A", False), ("B", True)):
        key = story.visit(name, "09-03", "H1", returned=not voided, voided=voided)
        fact = visits.VisitCorrected(
            enterprise=visits.Visited(id=ident(name), code="91", name=name),
            on=day("09-03"),
            mode=Mode.ON_SITE,
            visitors=(visits.Visitor(member=ident("w"), unit="H1", role=Role.WORKER),),
        )
        story.tell(f"visit/{key}", fact)
    assert [item.name for item in story.at().unit("H1", H).missing] == ["B"]


def test_a_visit_by_a_unit_that_does_not_answer_for_the_enterprise_counts_for_nobody() -> None:
    story = settled()
    story.visit("E", "09-03", "H7")
    assert story.at().either == Figure(0, 1)


def test_each_line_owes_its_own_visit_unless_the_visit_was_a_joint_one() -> None:
    story = settled("alone", "joint", "unsaid")
    story.visit("alone", "09-03", "H1")
    story.visit("joint", "09-03", "V1", "H1")
    story.visit("unsaid", "09-03", "H1", "V1", joint=False)
    found = story.at()
    assert (found.horizontal, found.vertical) == (Figure(3, 3), Figure(1, 3))
    assert (found.either, found.both) == (Figure(3, 3), Figure(1, 3))


def test_without_cross_line_credit_a_joint_visit_counts_for_the_first_visitor_alone() -> None:
    story = settled()
    story.visit("E", "09-03", "V1", "H1")
    found = story.at(settings=Settings(cross_line_credit="none"))
    assert (found.horizontal, found.vertical) == (Figure(0, 1), Figure(1, 1))


def test_adoption_is_refused_clearly_as_long_as_no_fact_records_it() -> None:
    with pytest.raises(CreditRuleMissing, match="adopt"):
        settled().at(settings=Settings(cross_line_credit="adopt"))


def test_whoever_gives_an_enterprise_away_unvisited_in_the_last_days_still_answers_for_it() -> None:
    story = settled()
    story.assign("E", H, "H2", "09-20")
    story.assign("E", H, "H3", "09-24")
    found = story.at()
    assert found.unit("H1", H).strict == Figure(0, 1)
    assert ("H2", H) not in found.units
    assert ("H3", H) not in found.units


def test_an_enterprise_given_away_before_the_freeze_is_owed_by_the_receiver() -> None:
    story = settled()
    story.assign("E", H, "H2", "09-19")
    assert story.at().unit("H2", H).strict == Figure(0, 1)


def test_a_visited_enterprise_moves_at_once_and_its_visit_with_it() -> None:
    story = settled()
    key = story.visit("E", "09-21", "H1")
    story.assign("E", H, "H2", "09-24")
    found = story.at().unit("H2", H)
    assert found.strict == Figure(1, 1)
    assert found.before_handover == {key}


def test_the_giving_unit_can_still_do_the_visit_it_answers_for() -> None:
    story = settled()
    story.assign("E", H, "H2", "09-21")
    story.visit("E", "09-24", "H1")
    assert story.at(Basis.FILING).unit("H2", H).strict == Figure(1, 1)
    assert story.at(Basis.MONTH).unit("H2", H).strict == Figure(1, 1)


def test_a_unit_that_gave_an_enterprise_away_long_ago_gets_no_credit_for_visiting_it() -> None:
    story = settled()
    story.assign("E", H, "H2", "09-05")
    story.visit("E", "09-07", "H1")
    assert story.at().unit("H2", H).strict == Figure(0, 1)


def test_another_worker_of_the_same_unit_is_no_move() -> None:
    story = settled()
    story.assign("E", H, "H1", "09-24", worker=ident("new"))
    item = story.at().unit("H1", H).missing[0]
    assert item.notes == ()
    assert item.worker == str(ident("new"))


def test_the_later_word_about_an_assignment_on_the_same_day_holds() -> None:
    story = settled()
    story.assign("E", H, "H2", "09-02")
    story.assign("E", H, "H3", "09-02")
    assert [code for code, line in story.at().units if line is H] == ["H3"]


def test_an_assignment_entered_late_for_an_earlier_day_stands_where_it_belongs() -> None:
    story = settled()
    story.assign("E", H, "H3", "09-10")
    story.assign("E", H, "H2", "09-02")
    story.visit("E", "09-05", "H2")
    assert story.at().unit("H3", H).strict == Figure(1, 1)


@pytest.mark.parametrize(("since", "owed"), [("09-13", 1), ("09-14", 0), ("09-28", 0)])
def test_a_new_entry_has_ten_working_days_of_grace(since: str, owed: int) -> None:
    story = Story()
    story.enterprise("E")
    story.assign("E", H, "H1", since)
    assert story.at().horizontal.d == owed


def test_a_new_entry_that_was_visited_counts() -> None:
    story = Story()
    story.enterprise("E")
    story.assign("E", H, "H1", "09-22")
    story.visit("E", "09-23", "H1")
    assert story.at().horizontal == Figure(1, 1)


def test_grace_on_one_line_leaves_the_other_line_alone() -> None:
    story = Story()
    story.enterprise("E")
    story.assign("E", H, "H1")
    story.assign("E", V, "V1", "09-22")
    story.visit("E", "09-23", "H1")
    found = story.at()
    assert (found.either, found.both) == (Figure(1, 1), Figure(1, 1))
    assert found.unit("V1", V).grace == 1


@pytest.mark.parametrize(
    "tries",
    [
        [("09-09", Mode.PHONE)],
        [("09-09", Mode.PHONE), ("09-09", Mode.ON_SITE)],
        [("09-09", Mode.PHONE), ("09-11", Mode.PHONE)],
    ],
)
def test_contact_loss_needs_two_tries_on_different_days_by_different_modes(tries: list[tuple[str, Mode]]) -> None:
    story = settled()
    story.lost("E", H, "09-16", *tries)
    assert story.at().unit("H1", H).diligent == Figure(0, 1)


def test_contact_loss_verified_in_another_month_or_on_another_line_does_not_help() -> None:
    story = settled()
    story.lost("E", H, "08-31", ("08-09", Mode.PHONE), ("08-11", Mode.ON_SITE))
    story.lost("E", V, "09-16", ("09-09", Mode.PHONE), ("09-11", Mode.ON_SITE))
    found = story.at()
    assert found.unit("H1", H).diligent == Figure(0, 1)
    assert found.unit("V1", V).diligent == Figure(1, 1)


def test_an_enterprise_without_any_grid_is_owed_by_nobody() -> None:
    story = Story()
    story.enterprise("E")
    found = story.at()
    assert found.units == {}
    assert found.either.pct is None


def test_folding_stops_at_a_fact_nobody_knows() -> None:
    strange = Entry(1, 0, "visit/x", 1, "visits.visit-dreamt.v1", b"{}")
    with pytest.raises(UnknownFact):
        fold([strange])


def test_folding_on_gives_the_same_as_folding_at_once() -> None:
    entries = golden().entries
    half = len(entries) // 2
    parts = (entries[:half], entries[half:])
    histories = Histories()
    for part in parts:
        fold(part, histories)
    assert histories == fold(entries)


def test_the_moment_of_recording_is_kept_for_the_ledger() -> None:
    story = settled()
    key = story.visit("E", "09-03", "H1", recorded="2026-09-03T17:00:00+08:00")
    assert fold(story.entries).visits[key].first_us == int(datetime(2026, 9, 3, 9, tzinfo=UTC).timestamp()) * 1_000_000


def gone(*, elsewhere_since: str | None = None, whole_life: bool = False) -> Story:
    """An enterprise that H1 visited on the 3rd and that was struck off on the 16th."""
    story = Story()
    story.enterprise("E", managed_elsewhere=whole_life)
    story.assign("E", H, "H1")
    story.visit("E", "09-03", "H1")
    if elsewhere_since:
        story.tell(f"enterprise/{ident('E')}", roster.CustodyChanged(managed_elsewhere=True, on=day(elsewhere_since)))
    story.standing("E", Standing.DEREGISTERED, "09-16")
    return story


def test_what_was_managed_elsewhere_since_ever_is_not_counted_when_it_goes() -> None:
    assert gone().at().horizontal == Figure(1, 1)
    assert gone(whole_life=True).at().units == {}
    assert gone(elsewhere_since="09-01").at().units == {}
    assert gone(elsewhere_since="09-02").at().horizontal == Figure(1, 1)
    assert gone(whole_life=True).at(settings=Settings(rules=3)).horizontal == Figure(1, 1)


def dissolved(*heirs: str, to: str = "H3") -> Story:
    """H1 gave E away on the 22nd, inside the freeze, and ended on the 23rd."""
    story = settled()
    story.tell(
        "unit/H1", roster.UnitEstablished.model_validate({"code": "H1", "name": "某街道", "kind": "township", "on": "2020-01-01"})
    )
    story.assign("E", H, to, "09-22")
    story.tell("unit/H1", roster.UnitEnded(on=day("09-23"), successors=heirs))
    return story


@pytest.mark.parametrize(
    ("heirs", "to", "owing"),
    [(("H2",), "H3", "H2"), (("H2", "H3"), "H3", "H3"), (("H2", "H4"), "H3", "H2"), ((), "H3", "H3")],
)
def test_a_unit_dissolved_inside_the_freeze_leaves_its_debts_to_its_successor(
    heirs: tuple[str, ...], to: str, owing: str
) -> None:
    found = dissolved(*heirs, to=to).at()
    assert {code: item.strict for (code, line), item in found.units.items() if line is H} == {owing: Figure(0, 1)}
    assert found.unit(owing, H).missing[0].notes == (() if owing == to else (f"移交冻结:拟由{to}接收",))


def test_the_successor_can_do_the_visit_it_inherited() -> None:
    story = dissolved("H2")
    story.visit("E", "09-24", "H2")
    found = story.at().horizontal
    assert found == Figure(1, 1)


def test_a_unit_that_ends_after_the_day_of_filing_still_owes_on_that_day() -> None:
    story = settled()
    story.tell("unit/H1", roster.UnitEnded(on=day("09-29"), successors=("H2",)))
    assert ("H1", H) in story.at(Basis.FILING).units
    assert [code for code, line in story.at(Basis.MONTH).units if line is H] == ["H2"]


def test_an_heir_of_an_heir_answers_and_a_circle_ends() -> None:
    units = {
        code: UnitHistory(code, ended_on="2026-09-01", successors=(to,))
        for code, to in (("A", "B"), ("B", "C"), ("X", "Y"), ("Y", "X"))
    }
    assert heir(units, "A", "2026-09-27") == "C"
    assert heir(units, "X", "2026-09-27") in ("X", "Y")
    assert heir(units, "A", "2026-08-31") == "A"


def test_who_owes_a_ledger_is_asked_on_the_day_of_filing() -> None:
    units = {
        "T1": UnitHistory("T1", kind="township", since="2020-01-01"),
        "T2": UnitHistory("T2", kind="township", since="2020-01-01", ended_on="2026-09-28"),
        "T3": UnitHistory("T3", kind="township", since="2020-01-01", ended_on="2026-09-27"),
        "D1": UnitHistory("D1", kind="department", since="2026-09-28"),
        "V1": UnitHistory("V1", kind="village", since="2020-01-01"),
    }
    assert [unit.code for unit in owing(units, "2026-09-27")] == ["T1", "T2"]


def test_the_golden_punctuality() -> None:
    found = punctuality([Punctuality.ON_TIME] * 74 + [Punctuality.LATE] * 4 + [Punctuality.MISSING] * 2)
    assert {name: (rate.n, rate.d, rate.pct) for name, rate in found.items()} == {
        "on_time": (74, 80, "92.50"),
        "submitted": (78, 80, "97.50"),
    }
