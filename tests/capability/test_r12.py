"""R12 总网格长/网格长/副网格长/网格员 四级队伍."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from support.net import DAY, ok, served, the_net
from support.world import District

from shared.language.terms import Role


async def lacking(client: httpx.AsyncClient, **params: str) -> dict[tuple[str, str], dict[str, Any]]:
    page = await ok(await client.get("/team/violations", params=params))
    return {(item["unit"], item["role"]): item for item in page["items"]}


def person(unit: str, role: str, **more: Any) -> dict[str, Any]:
    return {"name": "某某", "unit": unit, "role": role, "on": DAY, **more}


async def test_four_tiers_are_enforced_and_what_lacks_is_listed(district: District) -> None:
    """four tiers enforced: 1 总网格长; per unit 1 网格长 ≥1 副网格长 ≥1 网格员; violations listed"""
    service = await district.open()
    async with district.client() as office:
        await the_net(office)
        found = await lacking(office)
        tiers = {key for key in found if key[1] in ("chief", "head", "deputy", "worker")}
        assert tiers == {("D01", "deputy"), ("D02", "head"), ("D02", "deputy"), ("T02", "head"), ("T02", "deputy")}
        assert (found["D02", "head"]["title"], found["D02", "head"]["colour"]) == ("网格长空缺", "yellow")
        second = await office.post("/members/chief2/appoint", json=person("520502", "chief"))
        assert (second.status_code, second.json()["title"]) == (409, "该岗位在此期间已有人担任")
        other = await office.post("/members/T01-head2/appoint", json=person("T01", "head", on="2026-06-01"))
        assert other.status_code == 409
        await ok(await office.post("/members/T01-head/release", json={"unit": "T01", "role": "head", "on": "2026-06-01"}))
        gone = (await lacking(office, on="2026-06-02"))["T01", "head"]
        assert (gone["colour"], gone["left_account"], gone["left_on"]) == ("red", "T01-head", "2026-06-01")
        assert ("T01", "head") not in await lacking(office, on="2026-05-31")
        await ok(await office.post("/members/T01-head2/appoint", json=person("T01", "head", on="2026-06-01")))
        assert ("T01", "head") not in await lacking(office)
        await ok(await office.post("/members/chief/release", json={"unit": "520502", "role": "chief", "on": "2026-06-01"}))
        assert (await lacking(office))["520502", "chief"]["colour"] == "red"
        async with district.client(service, Role.HEAD, unit="T02", account="T02-head") as head:
            assert {unit for unit, _ in await lacking(head)} == {"T02"}
            assert (await head.get("/team/violations?unit=T01")).status_code == 403


async def test_two_heads_appointed_at_the_same_moment_are_one(district: District) -> None:
    await district.open()
    async with district.client() as office:
        await the_net(office)
        answers = await asyncio.gather(*(office.post(f"/members/h{n}/appoint", json=person("T02", "head")) for n in range(6)))
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5


async def test_a_leave_deputy_stands_in_and_ends_by_itself(district: District) -> None:
    service = await district.open()
    async with district.client() as office:
        await the_net(office)
        id_ = await served(office, 1)
        leave = {"on": "2026-09-01", "until": "2026-09-15", "acting_for": "T01-head", "document": "东镇干〔2026〕3号"}
        await ok(await office.post("/members/T01-dep/appoint", json=person("T01", "head", **leave)))
        for day, standing in (("2026-08-31", []), ("2026-09-01", ["T01-dep"]), ("2026-09-14", ["T01-dep"]), ("2026-09-15", [])):
            line = (await ok(await office.get(f"/enterprises/{id_}/responsibility", params={"on": day})))["horizontal"]
            assert line["head"]["account"] == "T01-head"
            assert [head["account"] for head in line["standing_in"]] == standing, day
            held = (await ok(await office.get("/members", params={"unit": "T01", "role": "head", "on": day})))["items"]
            assert [item["account"] for item in held] == sorted(["T01-head", *standing])
        await ok(await office.post("/members/T01-head/release", json={"unit": "T01", "role": "head", "on": "2026-09-10"}))
        seat = (await lacking(office, on="2026-09-11"))["T01", "head"]
        assert (seat["has"], seat["standing_in"], seat["colour"]) == (0, "T01-dep", "red")  # Standing in fills no seat.
        async with district.client(service) as deputy:
            deputy.headers["Authorization"] = f"Bearer {district.own_token('T01-dep')}"
            told = await ok(await deputy.get("/me"))
        assert [role["value"] for role in told["roles"]] == ["deputy"]  # Today the leave is over.


async def test_a_term_has_an_order_and_a_reason(district: District) -> None:
    await district.open()
    async with district.client() as office:
        await the_net(office)
        endless = person("T01", "head", acting_for="T01-head")
        backwards = person("T01", "worker", until=DAY)
        nobody = person("T01", "head", acting_for="T02-w1", until="2026-09-15")
        answers = [await office.post("/members/x/appoint", json=body) for body in (endless, backwards, nobody)]
        assert [answer.status_code for answer in answers] == [422, 422, 409]
        assert answers[2].json()["title"] == "被代理人在此期间未担任该岗位"


async def test_another_term_keeps_the_history_of_the_first(district: District) -> None:
    service = await district.open()
    async with district.client() as office:
        await the_net(office)
        await ok(await office.post("/members/T01-w1/appoint", json=person("T01", "worker", on="2026-06-01", post="企业服务岗")))
        terms = await service.pool.fetch(
            "select since::text, until::text, post from post where account = 'T01-w1' order by since"
        )
        assert [tuple(row) for row in terms] == [(DAY, "2026-06-01", ""), ("2026-06-01", None, "企业服务岗")]
        early = {"unit": "T01", "role": "worker", "on": "2025-12-31"}
        assert (await office.post("/members/T01-w1/release", json=early)).status_code == 409
        await ok(await office.post("/members/T01-w1/release", json={**early, "on": "2026-07-01"}))
        assert [i["account"] for i in (await ok(await office.get("/members?unit=T01&role=worker")))["items"]] == ["T01-w2"]


async def test_a_release_told_late_holds_from_its_own_day_for_every_reader(district: District) -> None:
    service = await district.open()
    async with district.client() as office, district.client(service) as released:
        released.headers["Authorization"] = f"Bearer {district.own_token('T01-w1')}"
        await the_net(office)
        leave = {"unit": "T01", "role": "worker"}
        await ok(await office.post("/members/T01-w1/release", json={**leave, "on": "2026-09-01"}))
        await ok(await office.post("/members/T01-w1/release", json={**leave, "on": "2026-06-01"}))  # It had been June.
        for day, there in (("2026-05-31", True), ("2026-06-01", False), ("2026-07-15", False)):
            held = (await ok(await office.get("/members", params={"unit": "T01", "role": "worker", "on": day})))["items"]
            assert ("T01-w1" in [item["account"] for item in held]) is there, day
        assert (await released.get("/me")).json()["type"] == "urn:guiren:problem:no-post-today"


async def test_a_duty_put_right_on_the_same_day_is_no_repeat(district: District) -> None:
    service = await district.open()
    async with district.client() as office:
        await the_net(office)
        said = person("T01", "worker", duty="走访辖区企业", document="东镇办〔2026〕1号")
        first = await ok(await office.post("/members/T01-w1/appoint", json=said))
        again = await ok(await office.post("/members/T01-w1/appoint", json=said))
        assert (first["version"], again["version"]) == (4, 4), "proposed and confirmed, twice; and then nothing"
        rows = await service.pool.fetch("select duty, document from post where account = 'T01-w1'")
        assert [tuple(row) for row in rows] == [("走访辖区企业", "东镇办〔2026〕1号")]
