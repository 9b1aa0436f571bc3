"""R01: 属地管理、分级负责、上下联动、无缝对接、全面覆盖、职责到人."""

from __future__ import annotations

import httpx
from support.net import DAY, assign, enterprise, member, ok, served, the_net
from support.roster import credit
from support.world import District

from shared.language.terms import Role


async def asked(client: httpx.AsyncClient, id_: str, on: str) -> dict:
    return await ok(await client.get(f"/enterprises/{id_}/responsibility", params={"on": on}))


async def test_every_enterprise_says_who_is_responsible_or_is_listed(district: District) -> None:
    """Every in-scope enterprise answers `GET /enterprises/{id}/responsibility?on=DATE` with township + department + 网格员 on each line, or appears in 未落实清单; count of gaps is on the dashboard"""
    await district.open()
    async with district.client() as client:
        await the_net(client)
        first, second = await served(client, 1), await enterprise(client, 2)
        answer = await asked(client, first, "2026-09-01")
        assert (answer["vertical"]["unit"], answer["horizontal"]["unit"]) == ("D01", "T01")
        assert answer["horizontal"]["worker"] == {"id": member("T01-w1"), "account": "T01-w1", "name": "某T01-w1", "left": False}
        assert answer["vertical"]["document"] == "甲文1号"
        assert answer["horizontal"]["head"]["account"] == "T01-head"
        assert [d["account"] for d in answer["horizontal"]["deputies"]] == ["T01-dep"]
        assert answer["missing"] == [] and answer["in_scope"] is True
        assert "19900001234" not in str(answer), "nobody's own number"
        assert (await asked(client, second, "2026-09-01"))["missing"] == ["纵向", "横向"]
        listed = {i["id"] for i in (await ok(await client.get("/queues/unassigned?line=vertical")))["items"]}
        assert listed == {second}
        gaps = await ok(await client.get("/gaps"))
        assert {(g["enterprise"], g["line"], g["kind"]) for g in gaps["items"]} == {
            (second, "vertical", "no_unit"),
            (second, "horizontal", "no_unit"),
        }
        totals = await ok(await client.get("/gaps/totals"))
        assert (totals["in_scope"], totals["on_both_lines"], totals["gaps"]) == (2, 1, 2)


async def test_any_day_is_answered_under_the_names_and_people_of_that_day(district: District) -> None:
    await district.open()
    async with district.client() as client:
        await the_net(client)
        id_ = await served(client, 1)
        await ok(await client.post("/units/T01/rename", json={"name": "东街道", "on": "2026-05-01"}))
        await assign(client, id_, "horizontal", "T02", "2026-07-01", worker=member("T02-w1"))
        await assign(client, id_, "horizontal", "T01", "2099-01-01", worker=member("T01-w2"), sub_unit="T01-1")
        seen = [(await asked(client, id_, day))["horizontal"] for day in ("2026-04-30", "2026-05-01", "2026-07-01", "2099-06-01")]
        assert [(h["unit"], h["unit_name"], h["since"], h["until"]) for h in seen] == [
            ("T01", "东镇", DAY, "2026-07-01"),
            ("T01", "东街道", DAY, "2026-07-01"),
            ("T02", "西镇", "2026-07-01", "2099-01-01"),
            ("T01", "东街道", "2099-01-01", None),
        ]
        assert seen[3]["sub_unit_name"] == "东一村"
        assert (await asked(client, id_, "2025-12-31"))["horizontal"] is None
        amended = await client.post(f"/enterprises/{id_}/amend", json={"name": "改名公司"}, headers={"If-Match": '"7"'})
        assert amended.status_code == 200, amended.text
        assert (await asked(client, id_, "2026-04-30"))["name"] == "某某商贸有限公司1"
        assert (await asked(client, id_, "2099-06-01"))["name"] == "改名公司"
        by_code = await ok(await client.get("/responsibility", params={"code": credit(1).lower(), "on": "2026-07-02"}))
        assert by_code["enterprise"] == id_ and by_code["horizontal"]["unit"] == "T02"


async def test_a_worker_who_has_left_is_missing_from_that_day_on_and_the_gap_is_found(district: District) -> None:
    service = await district.open()
    async with district.client() as client:
        await the_net(client)
        id_ = await served(client, 1)
        await ok(await client.post("/members/T01-w1/release", json={"unit": "T01", "role": "worker", "on": "2026-06-01"}))
        before, after = await asked(client, id_, "2026-05-31"), await asked(client, id_, "2026-06-01")
        assert before["missing"] == [] and after["missing"] == ["横向"]
        assert after["faults"] == [{"line": "horizontal", "line_label": "横向", "what": "worker_left"}]
        assert after["horizontal"]["worker"]["left"] is True
        (gap,) = (await ok(await client.get("/gaps")))["items"]
        assert (gap["kind"], gap["kind_label"], gap["since"], gap["until"], gap["unit"]) == (
            "worker_left",
            "网格员已离任",
            "2026-06-01",
            None,
            "T01",
        )
        assert (await ok(await client.get("/gaps?from=2026-01-01&to=2026-05-31")))["total"] == 0
        async with district.client(service, Role.HEAD, unit="T02", account="T02-head") as other:
            assert (await ok(await other.get("/gaps")))["total"] == 0
            assert (await other.get("/gaps?unit=T01")).status_code == 403
        async with district.client(service, Role.ADMIN, account="root") as admin:
            assert (await admin.get(f"/enterprises/{id_}/responsibility")).status_code == 403
            assert (await admin.get("/gaps")).status_code == 403
