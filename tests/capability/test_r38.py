"""R38 (横向)1 四定、领导小组、专班: a township is held to what a department is held to."""

from __future__ import annotations

from uuid import uuid4

import pytest
from support.world import District

from shared.language.terms import Role

OLD = "2019-01-01"


@pytest.mark.parametrize(("kind", "unit", "below"), [("township", "T01", "village"), ("department", "D01", "branch")])
async def test_a_township_owes_the_same_papers_and_duties_as_a_department(
    district: District, kind: str, unit: str, below: str
) -> None:
    """same for 乡镇(街道)"""
    roster = await district.open()
    async with district.client(roster) as office:
        for code, its, parent in (("520502", "district", None), (unit, kind, "520502"), (f"{unit}-1", below, unit)):
            made = await office.put(f"/units/{code}", json={"name": f"某{code}", "kind": its, "parent": parent, "on": OLD})
            assert made.status_code == 201, made.text
        listed = (await office.get("/documents/missing")).json()["items"]
        assert [(item["code"], item["missing"]) for item in listed] == [(unit, ["plan", "leading_group", "task_force"])]
    async with district.client(roster, Role.HEAD, unit=unit, account="h") as head:
        for paper in ("plan", "leading_group", "task_force"):
            body = {
                "document": str(uuid4()),
                "kind": paper,
                "number": f"{unit}〔2021〕1号",
                "title": "某",
                "issued": "2021-08-11",
            }
            assert (await head.post(f"/units/{unit}/document", json=body)).status_code == 200
        charged = await head.post(f"/units/{unit}/charge", json={"duty": "对辖区(行业)内企业开展网格化服务"})
        assert (charged.status_code, charged.json()["duty"]) == (200, "对辖区(行业)内企业开展网格化服务")
        assert (await head.get("/documents/missing")).json()["items"] == []
