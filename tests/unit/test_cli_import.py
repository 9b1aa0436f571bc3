"""What ``guiren roster import`` tells people of a file: whom it would miss, what was not read, how each row fared."""

from __future__ import annotations

from collections import Counter
from typing import Any

from deploy.cli.importing import Asked, told
from deploy.cli.outlet import console
from shared.language.terms import Change

RESULT: dict[str, Any] = {
    "file": "登记数据.xlsx",
    "rows": 4_312,
    "accepted": 4_100,
    "refused": 7,
    "set_aside": 61,
    "outside": 133,
    "repeated": 11,
    "registered": 80,
    "amended": 340,
    "standing_changed": 12,
    "missed": 55,
    "repaired": 5,
    "sheets": ["甲镇", "乙镇"],
    "omitted": [{"sheet": "说明", "why": "没有表头", "rows": 14}],
    "remarks": ["甲镇:3 行被隐藏,已读取"],
    "missing": 55,
    "served": 2_905,
    "notes": {"standing-assumed": 22_000},
    "report": "登记数据.xlsx.核对报告.csv",
    "lines": Counter({"待人工核对:地址不在本区": 61, "不予登记:缺少代码": 7}),
}


def said(*, apply: bool, foreseen: bool = False, complete: bool = True, **more: Any) -> list[str]:
    with console.capture() as captured:
        told({**RESULT, **more}, Asked(apply, foreseen, complete, None))
    return captured.get().splitlines()


def test_a_file_that_was_written_tells_every_verdict_and_whom_it_missed() -> None:
    first = said(apply=True)[0]
    for part in (
        "共 4312 行",
        "可登记 4100",
        "不予登记 7",
        "待人工核对 61",
        "区外 133",
        "重复 11",
        "新登记 80",
        "更新 340",
        "状态变更 12",
        "转入失联待核 55",
        "此前存疑现已更正 5",
    ):
        assert part in first, part
    assert "未写入" not in first


def test_a_file_that_was_only_read_says_so_and_how_many_would_be_missing() -> None:
    lines = said(apply=False)
    assert lines[0].endswith("(未写入)")
    assert "登记库中有 55 户(共 2905 户)不在这份名单里" in lines
    assert not [line for line in said(apply=False, complete=False) if "不在这份名单里" in line], "it claims nothing about others"


def test_sheets_and_what_was_not_read_are_named() -> None:
    lines = said(apply=True)
    assert "读取工作表:甲镇、乙镇" in lines
    assert "未读取:工作表“说明”(没有表头,约 14 行)" in lines
    assert "甲镇:3 行被隐藏,已读取" in lines
    assert not [line for line in said(apply=True, sheets=["甲镇"]) if "读取工作表" in line], "a single sheet is no news"


def test_reasons_come_by_how_many_rows_they_concern_and_what_is_the_same_for_all_is_one_line() -> None:
    lines = said(apply=True)
    at = [n for n, line in enumerate(lines) if " 行 " in line and ":" in line and line.startswith("  ")]
    assert [lines[n].split() for n in at] == [["61", "行", "待人工核对:地址不在本区"], ["7", "行", "不予登记:缺少代码"]]
    assert "文件没有登记状态列,22000 行均按存续计(不逐行列出)" in lines
    assert lines[-1] == "逐行报告:登记数据.xlsx.核对报告.csv"


def test_changes_foreseen_are_listed_up_to_two_hundred_and_the_rest_counted() -> None:
    change = {
        "what": "moved",
        "code": "91520502MA00000000",
        "name": "某公司",
        "moves": [{"from": "甲镇", "to": "乙镇", "because": "地址"}],
    }
    counts = dict.fromkeys(Change, 1)
    lines = said(apply=False, foreseen=True, changes=[change] * 203, preview=counts)
    assert "如写入:" + ",".join(f"{change.label} 1 户" for change in Change) in lines
    assert len([line for line in lines if line.startswith("迁移 91520502MA00000000 某公司 甲镇→乙镇 地址")]) == 200
    assert "另有 3 项变化未列出,完整清单见 --json" in lines
