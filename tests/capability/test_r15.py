"""R15 定格、定员、定责、定岗."""

from __future__ import annotations

import io
from typing import Any

import httpx
from openpyxl import load_workbook
from support.net import DAY, member, ok, served, the_net
from support.world import District

from shared.language.terms import Role


async def grids(client: httpx.AsyncClient, **params: Any) -> dict[str, dict[str, Any]]:
    return {item["code"]: item for item in (await ok(await client.get("/grids", params=params)))["items"]}


async def test_four_answers_a_grid_each_with_what_it_rests_on(district: District) -> None:
    """四定 check per grid = 4 booleans with evidence; export 四定表"""
    service = await district.open()
    async with district.client() as office:
        await the_net(office)
        await served(office, 1)
        found = await grids(office)
        assert set(found) == {"D01", "D02", "T01", "T02", "D01-1", "T01-1", "T01-2"}
        assert found["T01"]["settled"] == {"area": True, "staff": True, "duty": False, "post": False}
        assert found["T01"]["missing"] == ["定责", "定岗"]
        assert found["T01"]["evidence"]["area"] == "企业 1 户,下级网格 2 个,归口行业 0 个"
        assert found["T02"]["lacking"] == ["副网格长", "网格长"]
        assert found["T01-1"]["settled"] == {"area": False, "staff": False, "duty": False, "post": False}
        await ok(await office.post("/units/T01/charge", json={"duty": "走访辖区企业,办好企业诉求"}))
        for account, role in (("T01-head", "head"), ("T01-dep", "deputy"), ("T01-w1", "worker"), ("T01-w2", "worker")):
            body = {"name": f"某{account}", "unit": "T01", "role": role, "on": DAY, "post": "企业服务岗"}
            await ok(await office.post(f"/members/{account}/appoint", json=body))
        whole = (await grids(office))["T01"]
        assert whole["missing"] == [] and whole["red"] is False
        assert whole["evidence"]["post"] == "4 人在岗"
        assert "T01" not in await grids(office, incomplete=True)
        assert (await grids(office, incomplete=True, on="2025-01-01")) == {}
        async with district.client(service, Role.HEAD, unit="T01", account="T01-head") as head:
            assert set(await grids(head)) == {"T01", "T01-1", "T01-2"}
        book = load_workbook(io.BytesIO((await office.get("/grids.xlsx")).content))
        lines = [list(line) for line in book.active.iter_rows(values_only=True)]
        assert lines[0][1] == "贵人服务网格划分表(四定表)"
        by_code = {line[0]: line for line in lines[3:]}
        assert by_code["H-T01"][5] == "某chief" and by_code["H-T01"][6] == "某T01-head(企业服务岗)"
        assert by_code["H-T01"][11:15] == ["是", "是", "是", "是"]
        assert by_code["H-T01-T01-1"][3] == "东镇"
        team = load_workbook(io.BytesIO((await office.get("/team.xlsx?unit=T01")).content))
        assert [line[3] for line in team.active.iter_rows(values_only=True, min_row=4)] == [
            "网格长",
            "副网格长",
            "网格员",
            "网格员",
        ]
        assert "19900001234" not in str([list(line) for line in team.active.iter_rows(values_only=True)])


async def test_a_grid_is_red_when_somebody_left_and_nobody_followed(district: District) -> None:
    await district.open()
    async with district.client() as office:
        await the_net(office)
        assert (await grids(office, red=True)) == {}
        await ok(await office.post("/members/T01-dep/release", json={"unit": "T01", "role": "deputy", "on": "2026-06-01"}))
        red = await grids(office, red=True)
        assert set(red) == {"T01"}
        assert red["T01"]["settled"]["staff"] is False
        assert red["T01"]["evidence"]["staff"] == "3 人,缺副网格长,1 人离任未补"
        assert (await grids(office, red=True, on="2026-05-31")) == {}
        body = {"name": "某接任", "unit": "T01", "role": "deputy", "on": "2026-07-01"}
        await ok(await office.post("/members/T01-dep2/appoint", json=body))
        assert (await grids(office, red=True)) == {}
        assert set(await grids(office, red=True, on="2026-06-15")) == {"T01"}  # What was so stays so.


def informant(unit: str, place: str, **more: Any) -> dict[str, Any]:
    return {"name": "某信息员", "unit": unit, "sub_unit": place, "role": "informant", "on": DAY, **more}


async def test_a_branch_that_moved_is_one_grid_and_who_follows_there_follows(district: District) -> None:
    await district.open()
    async with district.client() as office:
        await the_net(office)
        await ok(await office.post("/members/i1/appoint", json=informant("D01", "D01-1")))
        await ok(await office.post("/members/i1/release", json={"unit": "D01", "role": "informant", "on": "2026-03-01"}))
        assert set(await grids(office, red=True)) == {"D01-1"}
        await ok(await office.post("/units/D01-1/move", json={"parent": "D02", "on": "2026-04-01"}))
        await ok(await office.post("/members/i2/appoint", json=informant("D02", "D01-1", on="2026-04-01")))
        assert await grids(office, red=True) == {}
        await ok(await office.post("/members/i2/release", json={"unit": "D02", "role": "informant", "on": "2026-06-01"}))
        page = await ok(await office.get("/grids"))
        assert page["total"] == len(page["items"]) == len({item["code"] for item in page["items"]}) == 7
        assert (await grids(office, red=True))["D01-1"]["gone"] == 1  # Whom somebody followed is not missing.


async def test_standing_in_for_who_left_and_enterprises_left_behind_are_red(district: District) -> None:
    await district.open()
    async with district.client() as office:
        await the_net(office)
        await ok(await office.post("/members/i1/appoint", json=informant("T01", "T01-1")))
        leave = informant("T01", "T01-1", on="2026-05-01", until="2027-05-01", acting_for="i1")
        await ok(await office.post("/members/i2/appoint", json=leave))
        await ok(await office.post("/members/i1/release", json={"unit": "T01", "role": "informant", "on": "2026-06-01"}))
        assert set(await grids(office, red=True)) == {"T01-1"}
        id_ = await served(office, 1)
        await ok(await office.post("/members/T01-w1/release", json={"unit": "T01", "role": "worker", "on": "2026-06-01"}))
        town = (await grids(office, red=True))["T01"]
        assert (town["gone"], town["left_behind"]) == (0, 1)  # A colleague has the seat, but is not named.
        assert town["evidence"]["staff"].endswith("1 户企业的责任人已离任")
        moved = {"line": "horizontal", "unit": "T01", "on": "2026-07-01", "worker": member("T01-w2")}
        await ok(await office.post(f"/enterprises/{id_}/assign", json=moved))
        assert set(await grids(office, red=True)) == {"T01-1"}
