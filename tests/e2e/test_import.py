"""A register extract goes in through the command line: judged, applied, killed in between, applied again."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from shared.language.codes import make_code
from tests.e2e.instance import ROOT, Instance, processes

HEADERS = [
    "统一社会信用代码",
    "企业名称",
    "企业类型",
    "登记状态",
    "成立日期",
    "注册资本",
    "法定代表人",
    "住所",
    "行业代码",
    "联系电话",
]
GOOD = 2_500


def rows() -> list[list[str]]:
    """Good rows, and one of each trap that a person must see or that is refused."""
    made = [
        [
            make_code("520502", f"MAI{n:05d}".replace("I", "J")).text,
            f"导入演示{n}号建材有限公司",
            "有限责任公司",
            "存续",
            "2016-03-01",
            "55.5000(万元人民币)",
            "甄演示",
            f"七星关区田坝{'桥' if n % 2 else ''}镇演示路{n}号",
            "F5211",
            "8222222",
        ]
        for n in range(GOOD)
    ]
    wrong = make_code("520502", "MAK00001").text
    made += [
        [make_code("520502", "MAK00002", "92").text, "演示便利店", "个体工商户", "存续", *[""] * 6],
        [make_code("520502", "MAK00003", "93").text, "演示种植农民专业合作社", "农民专业合作社", "存续", *[""] * 6],
        [wrong[:-1] + ("0" if wrong[-1] != "0" else "1"), "演示错码有限公司", "有限责任公司", "存续", *[""] * 6],
        [make_code("520502", "MAK00004").text, "演示养殖专业合作社", "农民专业合作社", "存续", *[""] * 6],
        list(made[0]),
    ]
    return made


def expected(counts: dict[str, int]) -> None:
    assert (counts["rows"], counts["accepted"], counts["refused"], counts["set_aside"], counts["repeated"]) == (
        GOOD + 5,
        GOOD,
        3,
        1,
        1,
    )


@pytest.fixture(scope="module")
def extract(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if instance.home is None:
        pytest.skip("the command line needs the secrets of the instance")
    office = instance.settle_office()
    for code, name in (("M-TB", "田坝镇"), ("M-TBQ", "田坝桥镇")):
        body = {"name": name, "kind": "township", "parent": "520502", "on": "2020-01-01"}
        assert office.put(f"/api/roster/units/{code}", json=body).is_success
    path = tmp_path_factory.mktemp("register") / "登记数据.csv"
    with path.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows([HEADERS, *rows()])
    return path


def found(instance: Instance, **params: Any) -> list[dict[str, Any]]:
    """All pages of a question: a total is exact up to a thousand."""
    office = instance.client("office", "office", "office")
    items: list[dict[str, Any]] = []
    page: dict[str, Any] = {"next_cursor": None}
    while True:
        more = {"cursor": page["next_cursor"]} if page["next_cursor"] else {}
        page = office.get("/api/roster/enterprises", params={"limit": 500, **params, **more}).json()
        items += page["items"]
        if page["next_cursor"] is None:
            return items


def registered(instance: Instance) -> int:
    return len(found(instance, q="导入演示"))


def test_a_dry_run_reports_every_trap_and_writes_nothing(instance: Instance, extract: Path) -> None:
    """R05: rejects with reason per row."""
    result = json.loads(instance.guiren("roster", "import", str(extract), "--json").stdout)
    expected(result)
    assert registered(instance) == 0
    with Path(result["report"]).open(encoding="utf-8-sig", newline="") as file:
        told = list(csv.reader(file))
    assert [int(line[0]) for line in told[1:]] == sorted(int(line[0]) for line in told[1:])
    assert {int(line[0]) for line in told[1:]} == {GOOD + number for number in range(2, 7)}
    assert all(line[0].isdigit() and line[4] for line in told[1:])


def test_an_import_killed_in_between_is_finished_by_applying_the_same_file_again(instance: Instance, extract: Path) -> None:
    command = [
        str(Path(sys.executable).parent / "guiren"),
        "roster",
        "import",
        str(extract),
        "--apply",
        "--home",
        str(instance.home),
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as importing:
        while registered(instance) == 0:
            time.sleep(0.02)
        os.kill(processes(instance.home)["roster"], signal.SIGKILL)
        assert importing.wait(60) == 1
    half = instance.patiently(
        lambda: instance.client("office", "office", "office").get("/api/roster/units")
    ).is_success and registered(instance)
    assert 0 < half < GOOD
    result = json.loads(instance.guiren("roster", "import", str(extract), "--apply", "--json").stdout)
    expected(result)
    assert registered(instance) == GOOD
    again = json.loads(instance.guiren("roster", "import", str(extract), "--apply", "--json").stdout)
    assert (again["registered"], again["amended"], again["standing_changed"]) == (0, 0, 0)
    assert registered(instance) == GOOD


def test_the_trap_of_the_two_names_is_not_stepped_into(instance: Instance, extract: Path) -> None:
    """choices: 田坝镇 is a prefix of 田坝桥镇."""
    for unit, name in (("M-TB", "七星关区田坝镇"), ("M-TBQ", "七星关区田坝桥镇")):
        items = found(instance, unit=unit)
        assert len(items) == GOOD // 2
        assert all(item["address"].startswith(name) for item in items)


def test_a_workbook_is_read_as_the_text_file_is(instance: Instance, extract: Path) -> None:
    path = extract.with_suffix(".xlsx")
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([HEADERS, *rows()]):
            sheet.write_row(number, 0, row)
    result = json.loads(instance.guiren("roster", "import", str(path), "--apply", "--json").stdout)
    expected(result)
    assert (result["registered"], result["amended"]) == (0, 0)


def test_what_was_set_aside_waits_for_a_person_with_its_reason(instance: Instance, extract: Path) -> None:
    office = instance.client("office", "office", "office")
    (row,) = [item for item in office.get("/api/roster/queues/rows").json()["items"] if item["name"] == "演示养殖专业合作社"]
    assert row["reasons"]
    assert "演示养殖专业合作社" in row["raw"]
    assert office.post(f"/api/roster/queues/rows/{row['id']}/dismiss", json={"reason": "属合作社,不登记"}).is_success
    assert not [item for item in office.get("/api/roster/queues/rows").json()["items"] if item["id"] == row["id"]]
