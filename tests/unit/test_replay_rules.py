"""A foreign log by its words, its counts, and what our rules say to it: pure, by the plain examples first."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from deploy.replay.counts import count
from deploy.replay.mapping import read_mapping
from deploy.replay.reader import Unreadable, read_rows
from services.issues.domain.history import (
    HISTORY,
    HistoryInTheFuture,
    HistoryOutOfOrder,
    HistoryRow,
    RecordHistory,
    State,
    Told,
)
from services.issues.domain.shadow import Shadow
from shared.language.decider import Actor, Context
from shared.language.months import SHANGHAI, Calendar
from shared.language.problems import Forbidden
from shared.language.terms import IssueStage, Level, Role

MAPPING = """
source = "旧系统"
delimiter = ";"
timezone = "Europe/Stockholm"
[columns]
ticket = "SR Number"
at = "Change Date+Time"
status = ["Status", "Sub Status"]
level = "Involved ST"
owner = "Owner"
[statuses]
"Queued/Awaiting Assignment" = "待签收"
"Accepted/In Progress" = "signed"
"Accepted/Wait" = "signed"
"Completed/Resolved" = "resolved"
"Completed/Closed" = "已办结"
[levels]
" 3rd$" = "L3"
" 2nd$" = "L2"
"" = "L1"
[owners]
"Ann" = "00000000-0000-4000-8000-000000000001"
"""
HEAD = "SR Number;Change Date+Time;Status;Sub Status;Involved ST;Owner\n"
LOG = HEAD + (
    "1-2;2012-05-02T09:00:00+02:00;Accepted;In Progress;G97;Ann\n"
    "1-1;2012-05-03T09:00:00+02:00;Completed;Closed;V5 3rd;Siebel\n"
    "1-1;2012-05-01T09:00:00+02:00;Accepted;In Progress;G97;Ann\n"
    "1-1;2012-05-01T10:00:00;Queued;Awaiting Assignment;S43 2nd;Siebel\n"
    "1-1;2012-05-02T09:00:00+02:00;Accepted;In Progress;V5 3rd;Siebel\n"
    "1-1;2012-05-04T09:00:00+02:00;Accepted;In Progress;S43 2nd;\n"
    "\n"
)


def written(path: Path, mapping: str = MAPPING, log: str = LOG) -> tuple[Path, Path]:
    (path / "mapping.toml").write_text(mapping, encoding="utf-8")
    (path / "log.csv").write_text(log, encoding="utf-8")
    return path / "mapping.toml", path / "log.csv"


def test_a_log_is_read_in_the_order_it_happened_and_counted(tmp_path: Path) -> None:
    rules, log = written(tmp_path)
    mapping = read_mapping(rules)
    tickets = read_rows(log, mapping)
    assert [row.line for row in tickets["1-1"]] == [4, 5, 6, 3, 7]
    assert [str(row.level) for row in tickets["1-1"]] == ["grid", "district", "city", "city", "district"]
    first, second = tickets["1-1"][:2]
    assert first.at == datetime(2012, 5, 1, 7, tzinfo=UTC)
    assert second.at == datetime(2012, 5, 1, 8, tzinfo=UTC)  # Summer in the mapping's zone: the row does not name one.
    assert (first.owner, first.member, second.member) == ("Ann", "00000000-0000-4000-8000-000000000001", None)
    assert count(tickets) == {
        "tickets": 2,
        "rows": 6,
        "escalations": 2,
        "hand_downs": 1,
        "reopenings": 1,
        "final": 0,
        "last": {"Accepted/In Progress": 2},
    }


def test_nothing_is_guessed(tmp_path: Path) -> None:
    more = (
        "1-3;yesterday;Accepted;In Progress;G97;\n1-3;2012-05-02T09:00:00;Lost;;G97;\n;2012-05-02T09:00:00;Accepted;Wait;G97;\n"
    )
    rules, log = written(tmp_path, log=LOG + more)
    with pytest.raises(Unreadable) as caught:
        read_rows(log, read_mapping(rules))
    assert caught.value.complaints == ["第9行:时刻“yesterday”无法识别", "第11行:编号为空或超过100字", "状态“Lost/”未对应(1 行)"]
    rules, log = written(tmp_path, MAPPING.replace('"" = "L1"', ""))
    with pytest.raises(Unreadable) as caught:
        read_rows(log, read_mapping(rules))
    assert caught.value.complaints == ["层级“G97”未对应(2 行)"]
    rules, log = written(tmp_path, MAPPING.replace('"Owner"', '"Keeper"'))
    with pytest.raises(Unreadable) as caught:
        read_rows(log, read_mapping(rules))
    assert caught.value.complaints == ["没有“Keeper”这一列"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"已办结"', '"办完了"'),
        ('"L2"', '"L4"'),
        ("Europe/Stockholm", "Mars/Base"),
        (" 3rd$", "(3rd"),
        ("source", "sauce"),
        ('source = "旧系统"', 'source = "旧系统"\nfinal = ["Completed/Done"]'),
    ],
)
def test_a_wrong_mapping_is_refused(tmp_path: Path, old: str, new: str) -> None:
    rules, _ = written(tmp_path, MAPPING.replace(old, new))
    with pytest.raises(ValueError):
        read_mapping(rules)


def test_a_mapping_may_be_json_and_name_its_own_ends_and_format(tmp_path: Path) -> None:
    rules = tmp_path / "mapping.json"
    rules.write_text(
        json.dumps(
            {
                "source": "旧",
                "format": "%d.%m.%Y %H:%M",
                "encoding": "gb18030",
                "final": ["报结"],
                "columns": {"ticket": "编号", "at": "时间", "status": "状态"},
                "statuses": {"办理": "办理中", "报结": "待审核"},
            }
        )
    )
    log = tmp_path / "log.csv"
    log.write_text(
        "编号,时间,状态\n甲,01.02.2024 08:30,办理\n甲,02.02.2024 08:30,报结\n甲,03.02.2024 08:30,办理\n", encoding="gb18030"
    )
    (rows,) = read_rows(log, read_mapping(rules)).values()
    assert [(row.at, row.final) for row in rows] == [
        (datetime(2024, 2, day, 8, 30, tzinfo=SHANGHAI), day == 2) for day in (1, 2, 3)
    ]
    assert count({"甲": rows})["reopenings"] == 1


# What the history decides.

AT = datetime(2024, 3, 4, 9, tzinfo=SHANGHAI)


def rows(*told: tuple[int, IssueStage, Level]) -> tuple[HistoryRow, ...]:
    return tuple(
        HistoryRow(
            line=n, at=AT + timedelta(hours=hours), status=stage.label, stage=stage, final=stage is IssueStage.CLOSED, level=level
        )
        for n, (hours, stage, level) in enumerate(told, 2)
    )


def context(role: Role = Role.OFFICE, now: datetime = datetime(2026, 9, 1, tzinfo=UTC)) -> Context:
    return Context(Actor(UUID(int=1), "office", frozenset({role})), now, date(2026, 9, 1), Calendar.of({}), UUID(int=2), None)


def told(state: State, given: tuple[HistoryRow, ...], where: Context | None = None) -> State:
    facts = HISTORY.decide(state, RecordHistory(source="旧", no="1", rows=given), where or context())
    return HISTORY.fold(facts, state)


STORY = rows(
    (0, IssueStage.DISPATCHED, Level.GRID),
    (1, IssueStage.SIGNED, Level.GRID),
    (2, IssueStage.SIGNED, Level.DISTRICT),
    (3, IssueStage.CLOSED, Level.DISTRICT),
    (4, IssueStage.SIGNED, Level.DISTRICT),
    (5, IssueStage.SIGNED, Level.GRID),
    (6, IssueStage.CLOSED, Level.GRID),
)


def test_every_row_is_kept_and_counted_and_the_broken_rule_is_named() -> None:
    state = told(HISTORY.initial, STORY)
    assert isinstance(state, Told)
    assert (state.escalations, state.hand_downs, state.reopenings, state.refused) == (1, 1, 1, 1)
    assert [row.refused for row in state.rows] == ["", "", "", "", "", "level-never-falls", ""]
    assert [row.at for row in state.rows] == [row.at for row in STORY]


def test_said_again_it_adds_nothing_and_later_rows_go_on_from_there() -> None:
    whole = told(HISTORY.initial, STORY)
    assert HISTORY.decide(whole, RecordHistory(source="旧", no="1", rows=STORY), context()) == []
    for cut in range(1, len(STORY)):
        part = told(HISTORY.initial, STORY[:cut])
        assert told(part, STORY) == told(part, STORY[cut:]) == whole


def test_two_rows_alike_are_two_rows() -> None:
    twice = rows((0, IssueStage.SIGNED, Level.GRID), (0, IssueStage.SIGNED, Level.GRID))
    state = told(HISTORY.initial, twice)
    assert isinstance(state, Told) and len(state.rows) == 2
    assert told(state, twice) == state
    assert len(told(told(HISTORY.initial, twice[:1]), twice).rows) == 2


def test_what_is_recorded_is_not_rewritten() -> None:
    state = told(HISTORY.initial, STORY[2:])
    with pytest.raises(HistoryOutOfOrder):
        told(state, STORY)
    with pytest.raises(HistoryInTheFuture):
        told(HISTORY.initial, STORY, context(now=AT))
    with pytest.raises(Forbidden):
        told(HISTORY.initial, STORY, context(Role.HEAD))


@pytest.mark.parametrize(
    ("story", "codes"),
    [
        ([(0, IssueStage.SIGNED, Level.CITY)], [""]),
        ([(0, IssueStage.CLOSED, Level.GRID), (24 * 30, IssueStage.SIGNED, Level.GRID)], ["", "too-late-to-object"]),
        ([(0, IssueStage.CLOSED, Level.GRID), (24 * 30, IssueStage.ARCHIVED, Level.GRID)], ["", ""]),
        ([(0, IssueStage.CLOSED, Level.GRID), (1, IssueStage.ARCHIVED, Level.GRID)], ["", "too-early-to-archive"]),
        ([(0, IssueStage.SIGNED, Level.GRID), (1, IssueStage.DISPATCHED, Level.GRID)], ["", "no-way-there"]),
        (
            [(0, IssueStage.SIGNED, Level.GRID), (1, IssueStage.TRACKED, Level.GRID), (2, IssueStage.TRACKED, Level.DISTRICT)],
            ["", "", ""],
        ),
        (
            [(0, IssueStage.SIGNED, Level.GRID), (1, IssueStage.ESCALATING, Level.GRID), (2, IssueStage.SIGNED, Level.DISTRICT)],
            ["", "", ""],
        ),
        (
            [(0, IssueStage.REVIEWED, Level.GRID), (1, IssueStage.SIGNED, Level.GRID), (2, IssueStage.RESOLVED, Level.GRID)],
            ["", "", ""],
        ),
        (
            [(0, IssueStage.REPORTED, Level.GRID), (1, IssueStage.DECLINED, Level.GRID), (2, IssueStage.REPORTED, Level.GRID)],
            ["", "", ""],
        ),
        ([(0, IssueStage.ACCEPTED, Level.GRID), (1, IssueStage.MERGED, Level.GRID)], ["", ""]),
        ([(0, IssueStage.DISPATCHED, Level.GRID), (24 * 9, IssueStage.ACCEPTED, Level.GRID)], ["", "too-late-to-return"]),
        (
            [
                (0, IssueStage.RESOLVED, Level.DISTRICT),
                (1, IssueStage.WITHDRAWN, Level.DISTRICT),
                (2, IssueStage.SIGNED, Level.DISTRICT),
            ],
            ["", "", "no-way-there"],
        ),
    ],
)
def test_our_own_rules_judge_each_row(story: list[tuple[int, IssueStage, Level]], codes: list[str]) -> None:
    shadow = Shadow(Calendar.of({}))
    assert [shadow.put(row.at, row.stage, row.level) for row in rows(*story)] == codes


BEFORE_A_DESK = (IssueStage.REPORTED, IssueStage.ACCEPTED, IssueStage.DISPATCHED, IssueStage.DECLINED, IssueStage.MERGED)


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("stage", IssueStage)
def test_every_stage_can_be_told_first(stage: IssueStage, level: Level) -> None:
    """Where our rules know no such beginning they say which; no stand-in is ever in the wrong post."""
    expected = "too-early-to-archive" if stage is IssueStage.ARCHIVED else ""
    if level is not Level.GRID and stage in BEFORE_A_DESK:
        expected = "no-way-there"
    assert Shadow(Calendar.of({})).put(AT, stage, level) == expected
