"""R02 “横向到边、纵向到底”的网格化工作管理体系."""

from __future__ import annotations

from datetime import date
from typing import Any

import asyncpg
import httpx
import pytest
from support.roster import credit
from support.world import District

from shared.language.terms import Role

OLD = "2019-01-01"
SPLIT = "2021-10-01"


async def _grid(office: httpx.AsyncClient) -> None:
    for code, kind, parent in (
        ("520502", "district", None),
        ("D01", "department", "520502"),
        ("D01-1", "branch", "D01"),
        ("T01", "township", "520502"),
        ("V01", "village", "T01"),
        ("V02", "village", "T01"),
    ):
        made = await office.put(f"/units/{code}", json={"name": f"某{code}", "kind": kind, "parent": parent, "on": OLD})
        assert made.status_code == 201, made.text


async def _codes(office: httpx.AsyncClient, **params: Any) -> list[str]:
    return [item["code"] for item in (await office.get("/units", params=params)).json()["items"]]


async def test_both_lines_are_trees_and_an_enterprise_is_in_one_cell_of_each(district: District) -> None:
    """Both lines stored as trees: 区→部门→分支机构; 区→乡镇(街道)→村(社区); no enterprise in zero or two cells of one line (DB constraint + test)"""
    roster = await district.open()
    async with district.client(roster) as office:
        await _grid(office)
        for kind, parent in (
            ("branch", "T01"),
            ("village", "D01"),
            ("township", "D01"),
            ("department", None),
            ("village", "V01"),
        ):
            body = {"name": "某", "kind": kind, "parent": parent, "on": OLD}
            assert (await office.put("/units/X1", json=body)).json()["title"] == "上级单位不符合网格层级"
        lines = [
            {"line": "horizontal", "unit": "T01", "sub_unit": "V01"},
            {"line": "vertical", "unit": "D01", "sub_unit": "D01-1"},
        ]
        body = {"code": credit(1), "name": "某公司", "on": OLD, "assignments": lines}
        made = (await office.put(f"/enterprises/{credit(1)}", json=body)).json()
        body = {"code": credit(2), "name": "某某公司", "on": OLD, "assignments": lines[:1]}
        assert (await office.put(f"/enterprises/{credit(2)}", json=body)).status_code == 201
        zero = (await office.get("/queues/unassigned", params={"line": "vertical"})).json()["items"]
        assert [item["code"] for item in zero] == [credit(2)]
    with pytest.raises(asyncpg.ExclusionViolationError):
        await roster.pool.execute(
            "insert into assignment (enterprise, line, since, unit, reason, document) values ($1, 'horizontal', $2, 'T09', '', '')",
            made["id"],
            date(2020, 5, 1),
        )


async def test_a_township_splits_off_and_history_answers_under_the_units_of_its_day(district: District) -> None:
    """甘河街道 split off in 2021-10: before it, its village stood under the old unit."""
    roster = await district.open()
    async with district.client(roster) as office:
        await _grid(office)
        new = {
            "name": "甘河街道",
            "kind": "township",
            "parent": "520502",
            "on": SPLIT,
            "predecessors": ["T01"],
            "document": "〔2021〕9号",
        }
        assert (await office.put("/units/T02", json={**new, "predecessors": ["T77"]})).json()[
            "title"
        ] == "没有所列的前身或承接单位"
        made = await office.put("/units/T02", json=new)
        assert (made.status_code, made.json()["predecessors"]) == (201, ["T01"])
        assert (await office.post("/units/V02/move", json={"parent": "T02", "on": SPLIT})).status_code == 200
        assert (await office.post("/units/V02/move", json={"parent": "D01", "on": SPLIT})).status_code == 409
        assert await _codes(office, kind="township", on="2021-09-30") == ["T01"]
        assert await _codes(office, kind="township", on=SPLIT) == ["T01", "T02"]
        assert await _codes(office, parent="T01", on="2021-09-30") == ["V01", "V02"]
        assert await _codes(office, parent="T01") == ["V01"]
        assert await _codes(office, parent="T02") == ["V02"]
        await office.post("/units/T01/rename", json={"name": "新名街道", "on": "2023-01-01"})
        on = {"kind": "township", "on": "2022-01-01"}
        assert [item["name"] for item in (await office.get("/units", params=on)).json()["items"]] == ["某T01", "甘河街道"]


async def test_an_ended_unit_leaves_a_list_of_what_has_to_go_elsewhere(district: District) -> None:
    """Merging: the unit ends, its successor is named, its enterprises and people are listed until they have moved."""
    roster = await district.open()
    async with district.client(roster) as office:
        await _grid(office)
        await office.put("/units/T02", json={"name": "某T02", "kind": "township", "parent": "520502", "on": OLD})
        body = {"code": credit(1), "name": "某公司", "on": OLD, "assignments": [{"line": "horizontal", "unit": "T02"}]}
        made = (await office.put(f"/enterprises/{credit(1)}", json=body)).json()
        await office.post("/members/w/appoint", json={"name": "张三", "unit": "T02", "role": "worker", "on": OLD})
        assert (await office.post("/units/T02/end", json={"on": "2024-01-01", "successors": ["T01"]})).status_code == 200
        left = (await office.get("/units/T02/leftovers")).json()
        assert ([item["code"] for item in left["items"]], left["posts"], left["successors"]) == ([credit(1)], 1, ["T01"])
        await office.post(f"/enterprises/{made['id']}/assign", json={"line": "horizontal", "unit": "T01", "on": "2024-01-01"})
        assert (await office.get("/units/T02/leftovers")).json()["items"] == []
        again = await office.put("/units/T01", json={"name": "别名", "kind": "township", "parent": "520502", "on": OLD})
        assert (again.status_code, again.json()["title"]) == (409, "该编码的单位已存在")
    async with district.client(roster, Role.HEAD, unit="T01", account="h") as head:
        assert (await head.post("/units/T01/end", json={"on": "2024-01-01"})).status_code == 403
