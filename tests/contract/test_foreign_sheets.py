"""Every reader of tables from outside tells what it did not read and what it read although it was hidden.

The readers are found in the code: whoever opens ``Tables`` has a case here. Two visible sheets are read; a hidden one with rows
is named, in a refusal or among what was left out; rows hidden by hand or by a filter are read, and that is said.
"""

from __future__ import annotations

import ast
import io
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from support.roster import credit

from deploy.replay.mapping import read_mapping
from deploy.replay.reader import Unreadable, read_rows
from services.issues.api.tables import orders_of
from services.roster.intake.holidays import ListUnreadable, read_days
from services.roster.intake.read import Extract
from services.visits.api.surveys import read_answers
from shared.language.problems import Malformed

ROOT = Path(__file__).parents[2]
Told = tuple[int, str]
"""How many rows were read, and every sentence."""
MAPPING = """
source = "旧系统"
timezone = "Asia/Shanghai"
[columns]
ticket = "编号"
at = "时刻"
status = ["状态"]
level = "层级"
[statuses]
"受理" = "待签收"
[levels]
"" = "L1"
"""


def _answers(path: Path) -> Told:
    with path.open("rb") as file:
        try:
            answers, remarks = read_answers(file)
        except Malformed as error:
            return 0, str(error.facts)
    return len(answers), str(remarks)


def _orders(path: Path) -> Told:
    with path.open("rb") as file:
        found = orders_of(file, {})
    return len(found.rows), f"{found.omitted}{found.notes}"


def _days(path: Path) -> Told:
    try:
        days, _, notes = read_days(path.read_bytes())
    except ListUnreadable as error:
        return 0, str(error)
    return len(days), str(notes)


def _register(path: Path) -> Told:
    with path.open("rb") as file:
        extract = Extract(file)
        count = len(list(extract))
    return count, f"{extract.omitted}{extract.notes}"


def _history(path: Path) -> Told:
    rules, notes = path.with_suffix(".toml"), list[str]()
    rules.write_text(MAPPING, encoding="utf-8")
    try:
        tickets = read_rows(path, read_mapping(rules), notes.append)
    except Unreadable as error:
        return 0, str(error.complaints)
    return sum(map(len, tickets.values())), str(notes)


Rows = Callable[[int], tuple[str, ...]]
READERS: dict[str, tuple[Callable[[Path], Told], tuple[str, ...], Rows]] = {
    "services/visits/api/surveys.py": (
        _answers,
        ("统一社会信用代码", "回答", "日期"),
        lambda n: (credit(n), "知晓内涵", "2026-09-10"),
    ),
    "services/issues/api/tables.py": (_orders, ("工单编号", "诉求内容"), lambda n: (f"A-{n}", f"第{n}件诉求")),
    "services/roster/intake/holidays.py": (_days, ("日期", "放假", "名称"), lambda n: (f"2027-05-{n + 1:02}", "休", "劳动节")),
    "services/roster/intake/read.py": (
        _register,
        ("统一社会信用代码", "企业名称", "登记状态"),
        lambda n: (credit(n), f"某某{n}商贸有限公司", "存续"),
    ),
    "deploy/replay/reader.py": (
        _history,
        ("编号", "时刻", "状态", "层级"),
        lambda n: (f"R-{n}", f"2026-05-0{n + 1}T09:00:00", "受理", ""),
    ),
}


def _book(path: Path, head: tuple[str, ...], rows: Rows, *, hide_sheet: bool = False, hide_row: bool = False) -> Path:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as made:
        for place, name in enumerate(("甲镇", "乙镇", *(("丙镇",) if hide_sheet else ()))):
            sheet = made.add_worksheet(name)
            sheet.write_row(0, 0, head)
            for line in (0, 1):
                sheet.write_row(line + 1, 0, rows(2 * place + line))
            if hide_row and name == "乙镇":
                sheet.set_row(1, None, None, {"hidden": True})
            if name == "丙镇":
                sheet.hide()
    path.write_bytes(out.getvalue())
    return path


def test_every_reader_has_a_case() -> None:
    found = {
        str(path.relative_to(ROOT))
        for folder in ("services", "deploy", "shared")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Tables"
    }
    assert found == set(READERS)


@pytest.mark.parametrize("reader", READERS)
def test_two_sheets_are_read_and_what_is_hidden_is_told(tmp_path: Path, reader: str) -> None:
    read, head, rows = READERS[reader]
    count, said = read(_book(tmp_path / "open.xlsx", head, rows))
    assert (count, "隐藏" in said) == (4, False), said
    count, said = read(_book(tmp_path / "filtered.xlsx", head, rows, hide_row=True))
    assert count == 4 and "“乙镇”有 1 行被隐藏" in said, said
    count, said = read(_book(tmp_path / "hidden.xlsx", head, rows, hide_sheet=True))
    assert count in (0, 4) and "丙镇" in said and "隐藏" in said, said
