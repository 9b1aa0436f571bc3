"""附件3 走访服务企业台账: which visits stand in it, what each row says, and that it is always the same."""

from __future__ import annotations

import random
from typing import Any

import orjson
import pytest
from support.stories import AUTUMN_2026, H, Story, V, day, ident, sealed, settled, ticket

from services.reporting.domain.folding import fold
from services.reporting.domain.ledger import Ledger, canonical, digest, ledger, ledger_of, prepare
from shared.events import issues, roster, visits
from shared.language.industries import DIVISIONS, industry_label
from shared.language.terms import Awareness, EvidenceKind, Line, Mode, Rating, Role


def filed(story: Story, unit: str = "H1", line: Line = H, month: str = "2026-09") -> Ledger:
    """The ledger of a unit."""
    return ledger(unit, line, month, fold(story.entries), AUTUMN_2026)


def test_a_month_without_visits_has_a_ledger_without_rows() -> None:
    found = filed(settled())
    assert found.rows == ()
    assert found.summary["filing"]["owed"] == 1
    assert found.summary["filing"]["coverage"] == "0.00"


def test_each_visit_of_the_month_is_a_row_in_order_of_day_then_pinyin_then_id() -> None:
    story = settled("重庆路商贸", "毕节酒业", "安顺建材", "鸭池农业")
    story.visit("鸭池农业", "09-02", "H1")
    for name in ("重庆路商贸", "毕节酒业", "安顺建材"):
        story.visit(name, "09-03", "H1")
    story.visit("毕节酒业", "08-31", "H1")
    story.visit("毕节酒业", "10-01", "H1")
    rows = filed(story).rows
    assert [(row["seq"], row["enterprise_name"]) for row in rows] == [
        (1, "鸭池农业"),
        (2, "安顺建材"),
        (3, "毕节酒业"),
        (4, "重庆路商贸"),
    ]


def test_a_voided_visit_leaves_the_ledger_and_a_returned_one_stays_marked() -> None:
    story = settled("A", "B")
    story.visit("A", "09-03", "H1", voided=True)
    story.visit("B", "09-03", "H1", returned=True)
    rows = filed(story).rows
    assert [(row["enterprise_name"], row["review"]) for row in rows] == [("B", "returned")]


def test_a_joint_visit_stands_in_the_ledgers_of_both_units() -> None:
    story = settled()
    story.tell("unit/V1", roster.UnitEstablished(code="V1", name="区工信局", kind="department", on=day("01-01")))  # pyright: ignore[reportArgumentType]
    key = story.visit("E", "09-03", "H1", "V1")
    for unit, line, partners in (("H1", H, ["区工信局"]), ("V1", V, ["H1"])):
        (row,) = filed(story, unit, line).rows
        assert (row["visit"], row["marks"], row["partners"]) == (key, ["joint"], partners)


def test_the_receiving_unit_sees_the_visit_made_before_the_handover() -> None:
    story = settled()
    story.visit("E", "09-03", "H1")
    story.assign("E", H, "H2", "09-10")
    assert [row["marks"] for row in filed(story, "H2").rows] == [["handed_over"]]
    assert [row["marks"] for row in filed(story, "H1").rows] == [[]]


@pytest.mark.parametrize(
    ("recorded", "marks"),
    [("2026-09-27T23:59:59+08:00", []), ("2026-09-28T00:00:00+08:00", ["late_report"])],
)
def test_what_came_in_after_the_cut_off_is_marked_as_a_supplement(recorded: str, marks: list[str]) -> None:
    story = settled()
    story.visit("E", "09-03", "H1", recorded=recorded)
    assert filed(story).rows[0]["marks"] == marks


def test_a_row_says_everything_as_it_was_on_the_day_of_the_visit() -> None:
    story = settled()
    story.tell("unit/H1", roster.UnitEstablished(code="H1", name="鸭池镇", kind="township", on=day("2021-01-01")))  # pyright: ignore[reportArgumentType]
    story.tell("unit/H1", roster.UnitRenamed(name="鸭池街道", on=day("09-10")))
    story.assign("E", H, "H2", "09-15")
    key = story.visit(
        "E",
        "09-03",
        "H1",
        mode=Mode.PHONE,
        interviewee=sealed("王"),
        title="经理",
        phone=sealed("138"),
        headcount=12,
        aware=Awareness.HEARD,
        satisfaction=Rating.SATISFIED,
        policies=("稳岗返还",),
        late_entry=True,
        remark="=1+1",
        recorded="2026-09-04T09:05:07+08:00",
    )
    story.tell(
        f"visit/{key}", visits.EvidenceAttached(sha256="ab" * 32, kind=EvidenceKind.CALL_LOG, media_type="text/csv", size=9)
    )
    found = filed(story)
    (row,) = found.rows
    expected: dict[str, Any] = {
        "enterprise": str(ident("E")),
        "enterprise_name": "E",
        "horizontal_unit": "H1",
        "horizontal_name": "鸭池镇",
        "vertical_unit": "V1",
        "visited_on": "2026-09-03",
        "mode": "phone",
        "title": "经理",
        "headcount": 12,
        "interviewee": f"sub:{ident('王')}",
        "phone": f"sub:{ident('138')}",
        "aware": "heard",
        "satisfaction": "4",
        "evidence": [{"kind": "call_log", "sha256": "ab" * 32}],
        "recorded_at": "2026-09-04 09:05:07",
        "review": "pending",
        "qualified": True,
        "marks": ["late_entry"],
        "remark": "=1+1",
        "fact": 1,
        "visitors": [{"member": f"member:{ident('H1-worker1')}", "role": "worker", "unit": "H1", "unit_name": "鸭池镇"}],
    }
    assert {name: row[name] for name in expected} == expected
    assert found.sealed[f"{key}:phone"]["ct"] == "138"


def test_the_ledger_names_who_files_and_who_signs_on_the_due_day() -> None:
    story = settled()
    for name, role, since in (
        ("old", Role.LIAISON, "01-01"),
        ("new", Role.LIAISON, "09-20"),
        ("late", Role.LIAISON, "09-28"),
        ("boss", Role.HEAD, "01-01"),
    ):
        story.tell(
            f"member/{ident(name)}", roster.MemberAppointed(account=name, name=sealed(name), unit="H1", role=role, on=day(since))
        )
    header = filed(story).header
    assert (header["liaison"], header["head"]) == (f"member:{ident('new')}", f"member:{ident('boss')}")
    story.tell(f"member/{ident('boss')}", roster.MemberReleased(unit="H1", role=Role.HEAD, on=day("09-27")))
    assert filed(story).header["head"] is None


def test_a_row_shows_its_tickets_and_the_summary_counts_them() -> None:
    story = settled()
    key = story.visit("E", "09-03", "H1")
    first = ticket(story, key, "QXG-202609-H1-0001", due="09-15")
    ticket(story, key, "QXG-202609-H1-0002", due="09-16")
    ticket(story, key, "QXG-202609-H1-0003")
    story.tell(first, issues.IssueResolved(outcome="solved", result="已放款", reply="已放款", on=day("09-14")))  # pyright: ignore[reportArgumentType]
    story.tell(first, issues.CallBackRecorded(outcome="answered", rating=Rating.FAIRLY_SATISFIED, on=day("09-17")))  # pyright: ignore[reportArgumentType]
    story.tell(first, issues.IssueClosed(rating=Rating.FAIRLY_SATISFIED, on=day("09-17")))
    found = filed(story)
    assert found.rows[0]["issues"][0] == {
        "no": "QXG-202609-H1-0001",
        "leader": f"member:{ident('leader')}",
        "measures": "协调银行对接",
        "due": "2026-09-15",
        "stage": "closed",
        "outcome": "solved",
        "result": "已放款",
        "closed_on": "2026-09-17",
        "level": "grid",
        "rating": "3",
    }
    summary = found.summary["filing"]
    assert summary["collected"] == 3
    assert summary["dispatched"] == {"n": 2, "d": 3, "pct": "66.67"}
    assert summary["closed"]["d"] == summary["satisfied"]["d"] == 0
    # 办结, 按期 and 满意 are the handling unit's (kpi §3).
    summary = filed(story, "V1", V).summary["filing"]
    assert summary["collected"] == summary["dispatched"]["d"] == 0
    assert summary["closed"] == {"n": 1, "d": 2, "pct": "50.00"}
    assert summary["on_time"] == {"n": 1, "d": 2, "pct": "50.00"}
    assert summary["satisfied"] == {"n": 1, "d": 1, "pct": "100.00"}
    assert summary["satisfied_strictly"] == {"n": 0, "d": 1, "pct": "0.00"}


def test_a_resolution_that_was_reopened_does_not_count_as_on_time() -> None:
    story = settled()
    stream = ticket(story, story.visit("E", "09-03", "H1"), "QXG-202609-H1-0001", due="09-15")
    due = issues.Due(on=day("09-18"), derivation="", calendar="", rule="")
    solved = {"outcome": "solved", "result": "已放款", "reply": "已放款"}
    for fact in (
        issues.IssueResolved.model_validate({**solved, "on": day("09-14")}),
        issues.CallBackRecorded.model_validate({"outcome": "answered", "rating": "2", "on": day("09-15")}),
        issues.IssueReopened(reason="未解决", due=due, on=day("09-15")),
        issues.IssueResolved.model_validate({**solved, "on": day("09-19")}),
        issues.CallBackRecorded.model_validate({"outcome": "answered", "rating": "4", "on": day("09-20")}),
        issues.IssueClosed(rating=Rating.SATISFIED, on=day("09-20")),
    ):
        story.tell(stream, fact)
    history = fold(story.entries).issues[str(ident("QXG-202609-H1-0001"))]
    assert (history.initial_due, history.due, history.first_rating, history.rating) == ("2026-09-15", "2026-09-18", "2", "4")
    assert filed(story, "V1", V).summary["month"]["on_time"] == {"n": 0, "d": 1, "pct": "0.00"}


def test_both_cut_offs_are_summed_up_and_awareness_takes_the_latest_answer() -> None:
    story = settled("A", "B")
    story.visit("A", "09-03", "H1", aware=Awareness.UNKNOWN)
    story.visit("A", "09-05", "H1", aware=Awareness.UNDERSTOOD, mode=Mode.PHONE)
    story.visit("A", "09-06", "H1", mode=Mode.PHONE)
    story.visit("B", "09-29", "H1", aware=Awareness.UNKNOWN)
    filing, whole = (filed(story).summary[basis] for basis in ("filing", "month"))
    assert (filing["owed"], filing["visited"], filing["coverage"], filing["missing"]) == (2, 1, "50.00", 1)
    assert (whole["visited"], whole["coverage"], whole["missing"]) == (2, "100.00", 0)
    assert filing["modes"] == {"phone": 2, "questionnaire": 0, "on_site": 1, "video": 0}
    assert filing["aware"] == {"n": 1, "d": 1, "pct": "100.00"}
    assert whole["aware"] == {"n": 1, "d": 2, "pct": "50.00"}


def test_the_canonical_form_has_sorted_keys_and_neither_names_nor_floats() -> None:
    story = settled()
    story.visit("E", "09-03", "H1", interviewee=sealed("秘密姓名"))
    form = canonical(filed(story))
    lines = form.decode().splitlines()
    assert len(lines) == 3
    for line in lines:
        told = orjson.loads(line)
        assert orjson.dumps(told, option=orjson.OPT_SORT_KEYS).decode() == line
        assert not any(isinstance(value, float) for value in _leaves(told))
    assert "秘密姓名" not in form.decode()


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]


def test_any_interleaving_of_the_logs_gives_the_same_digest() -> None:
    story = settled("A", "B")
    for name in ("A", "B"):
        ticket(story, story.visit(name, "09-03", "H1", "V1"), f"QXG-202609-H1-{name}", due="09-15")
    logs: dict[str, list[Any]] = {}
    for entry in story.entries:
        logs.setdefault(entry.type.partition(".")[0], []).append(entry)
    expected = digest(filed(story))
    for order in (["visits", "issues", "roster"], ["issues", "roster", "visits"], ["roster", "visits", "issues"]):
        mixed = [entry for origin in order for entry in logs[origin]]
        assert digest(ledger("H1", H, "2026-09", fold(mixed), AUTUMN_2026)) == expected
    shuffled = list(story.entries)
    random.Random(1).shuffle(shuffled)
    shuffled.sort(key=lambda entry: entry.pos)
    assert digest(ledger("H1", H, "2026-09", fold(shuffled), AUTUMN_2026)) == expected


def test_a_change_of_who_was_met_changes_the_digest_though_no_name_is_in_it() -> None:
    story = settled()
    key = story.visit("E", "09-03", "H1", interviewee=sealed("王"))
    before = digest(filed(story))
    details = visits.VisitCorrected.model_validate(
        orjson.loads(next(entry.body for entry in story.entries if entry.stream == f"visit/{key}"))["data"]
    )
    story.tell(f"visit/{key}", details)
    assert digest(filed(story)) != before


def test_what_other_units_do_leaves_the_ledger_as_it_is() -> None:
    story = settled("E", "F")
    story.visit("E", "09-03", "H1")
    before = digest(filed(story))
    story.assign("F2", H, "H9")
    story.enterprise("F2")
    story.visit("F2", "09-03", "H9")
    assert digest(filed(story)) == before


def test_all_ledgers_of_a_prepared_month_equal_the_ones_made_alone() -> None:
    story = settled("A", "B")
    story.visit("A", "09-03", "H1", "V1")
    prepared = prepare("2026-09", fold(story.entries), AUTUMN_2026)
    assert prepared.units() == [("H1", H), ("V1", V)]
    for unit, line in prepared.units():
        assert digest(ledger_of(prepared, unit, line)) == digest(filed(story, unit, line))


def test_an_industry_prints_its_code_and_name() -> None:
    assert len(DIVISIONS) == 97
    assert industry_label("C2614") == "C26 化学原料和化学制品制造业(制造业)"
    assert industry_label("51") == "F51 批发业(批发和零售业)"
    assert industry_label("83") == "P83 教育"
    assert industry_label("其他") == "其他"


def test_the_size_class_is_the_one_known_of_the_day_of_the_visit() -> None:
    story = settled()
    stream = f"enterprise/{ident('E')}"
    story.tell(stream, roster.EnterpriseSized.model_validate({"size": "micro", "rule": "2017"}))
    story.tell(stream, roster.EnterpriseAmended(staff=300, on=day("09-10")))
    story.tell(stream, roster.EnterpriseSized.model_validate({"size": "small", "rule": "2017"}))
    story.tell(stream, roster.EnterpriseAmended(staff=None, on=day("09-20")))
    story.tell(stream, roster.EnterpriseSized(rule="2017"))
    for when in ("09-03", "09-10", "09-21"):
        story.visit("E", when, "H1")
    assert [row["size"] for row in filed(story).rows] == ["micro", "small", ""]


def test_what_an_enterprise_answered_by_itself_is_not_told_to_the_unit_that_came() -> None:
    """K7: a rating from a questionnaire is anonymous; what a visitor noted himself is his own note."""
    story = settled("A", "B")
    story.visit("A", "09-03", "H1", mode=Mode.QUESTIONNAIRE, satisfaction=Rating.DISSATISFIED)
    story.visit("B", "09-04", "H1", satisfaction=Rating.SATISFIED)
    assert [row["satisfaction"] for row in filed(story).rows] == [None, "4"]


def test_awareness_is_asked_of_counted_visits_alone() -> None:
    story = settled("A", "B", "C")
    story.visit("A", "09-03", "H1", aware=Awareness.UNDERSTOOD)
    story.visit("A", "09-05", "H1", aware=Awareness.UNKNOWN, qualified=False)
    story.visit("B", "09-03", "H1", aware=Awareness.UNKNOWN, returned=True)
    denied = story.visit("C", "09-03", "H1", aware=Awareness.UNKNOWN)
    story.tell(f"visit/{denied}", visits.VisitDenied())
    assert filed(story).summary["filing"]["aware"] == {"n": 1, "d": 1, "pct": "100.00"}
