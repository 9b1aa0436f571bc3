"""R03: 问题导向…“四贵四心”品牌内涵."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
from support.net import member, ok, served, the_net
from support.world import District, until

from shared.language.ids import new_id
from shared.language.terms import Role

CORE = ["以企业为贵,让企业舒心", "以契约为贵,让企业放心", "以效率为贵,让企业省心", "以法治为贵,让企业安心"]


def brand(**more: Any) -> dict[str, Any]:
    return {
        "brand": "贵人服务",
        "slogan": "有诉必应",
        "core": CORE,
        "logo": "media/logo.svg",
        "lead_office": "某区某办公室",
        "district": "某区",
        "city": "某市",
        "on": "2026-01-01",
        **more,
    }


async def test_the_brand_is_data_and_is_what_is_printed(district: District) -> None:
    """brand text, logo, slogan are config; printed on ledger/bulletin"""
    service = await district.open()
    async with district.client() as client, district.client(service, Role.HEAD, unit="T01", account="T01-head") as head:
        first = await ok(await head.get("/brand"))
        assert (first["version"], first["title"]) == (0, "贵人服务"), "before the office says anything, what was installed"
        said = await ok(await client.put("/brand", json=brand()))
        assert (said["slogan"], said["core"], said["logo"], said["title"]) == ("有诉必应", CORE, "media/logo.svg", "贵人服务")
        assert (await ok(await client.put("/brand", json=brand())))["version"] == 1, "said twice"
        assert (await head.put("/brand", json=brand(slogan="x"))).status_code == 403
        assert (await client.put("/brand", json=brand(site="ftp://x"))).status_code == 422

        await the_net(client)
        id_ = await served(client, 1)
        project = str(new_id())
        await ok(await client.put(f"/projects/{project}", json={"name": "某项目", "enterprise": id_, "on": "2026-02-01"}))
        hung = {"number": "001", "leader": member("T01-head"), "contact": member("T01-w1"), "on": "2026-03-01"}
        await ok(await client.post(f"/projects/{project}/hang", json=hung))
        before = (await client.get(f"/projects/{project}/plaque.pdf?site=https://a.example")).content
        await ok(await client.put("/brand", json=brand(suffix="毕须办", on="2026-01-02"), headers={"If-Match": "1"}))
        assert (await client.get(f"/projects/{project}/plaque.pdf?site=https://a.example")).content != before


async def test_the_ledger_is_printed_under_the_brand_of_its_month(district: District) -> None:
    roster = await district.open("roster", relay=True)
    for name in ("visits", "issues"):
        await district.open(name, relay=True)
    reporting = await district.open("reporting", relay=True)
    async with district.client(roster) as client, district.client(reporting) as reader:
        await the_net(client)
        await ok(await client.put("/brand", json=brand(on="2021-08-01")))
        await ok(await client.put("/brand", json=brand(on="2026-01-01", suffix="毕须办"), headers={"If-Match": "1"}))
        position = await roster.pool.fetchval("select pos from log.head")

        async def mirrored() -> bool:
            return (await reader.get(f"/ledgers/T01/2026-08/workbook?min=roster:{position}")).status_code == 200

        assert await until(mirrored)
        for month, title in (("2026-08", "贵人服务·毕须办"), ("2025-12", "贵人服务")):
            answer = await reader.get(f"/ledgers/T01/{month}/workbook?min=roster:{position}")
            assert answer.status_code == 200, answer.text
            sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
            cells = [str(cell.value) for row in sheet.iter_rows(max_row=3) for cell in row if cell.value]
            assert any(f"{title}走访服务企业台账" in text for text in cells), cells


async def test_the_switch_to_the_new_name_needs_no_code_and_keeps_the_old_days(district: District) -> None:
    await district.open()
    async with district.client() as client:
        await ok(await client.put("/brand", json=brand(on="2021-08-01")))
        renamed = brand(on="2026-01-01", suffix="毕须办", note="毕节市优化营商环境条例")
        await ok(await client.put("/brand", json=renamed, headers={"If-Match": "1"}))
        assert (await ok(await client.get("/brand")))["title"] == "贵人服务·毕须办"
        assert (await ok(await client.get("/brand?on=2025-12-31")))["title"] == "贵人服务"
        assert (await ok(await client.get("/brand?on=2020-01-01")))["version"] == 0
        versions = (await ok(await client.get("/brand/versions")))["items"]
        assert [(v["version"], v["since"], v["title"]) for v in versions] == [
            (1, "2021-08-01", "贵人服务"),
            (2, "2026-01-01", "贵人服务·毕须办"),
        ]


async def test_a_new_version_keeps_what_it_leaves_out_and_names_the_version_it_was_made_from(district: District) -> None:
    await district.open()
    async with district.client() as client:
        assert "etag" not in (await client.get("/brand")).headers
        await ok(await client.put("/brand", json=brand(phone="0857-8000000", channels=["usb"], on="2021-08-01")))
        least = {"brand": "贵人服务", "lead_office": "某区某办公室", "district": "某区", "suffix": "毕须办", "on": "2026-01-01"}
        blind = await client.put("/brand", json=least)
        assert (blind.status_code, blind.json()["type"]) == (428, "urn:guiren:problem:version-missing")
        seen = (await client.get("/brand")).headers["etag"]
        kept = await ok(await client.put("/brand", json=least, headers={"If-Match": seen}))
        assert (kept["title"], kept["slogan"], kept["core"], kept["phone"]) == (
            "贵人服务·毕须办",
            "有诉必应",
            CORE,
            "0857-8000000",
        )
        assert [channel["value"] for channel in kept["channels"]] == ["usb"]
        assert (await client.put("/brand", json={**least, "suffix": ""}, headers={"If-Match": seen})).status_code == 412
        # Said last, of an earlier day: what is so today does not depend on when it was said.
        earlier = {**brand(slogan="另一句"), "on": "2025-01-01"}
        await ok(await client.put("/brand", json=earlier, headers={"If-Match": '"2"'}))
        assert (await ok(await client.get("/brand")))["title"] == "贵人服务·毕须办"
        assert (await ok(await client.get("/brand?on=2025-06-01")))["slogan"] == "另一句"
