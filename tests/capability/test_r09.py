"""R09: 纵向网格以区直行业主管部门为单位."""

from __future__ import annotations

import contextlib
from typing import Any

import httpx
import orjson
from support.net import assign, enterprise, member, ok, the_net
from support.roster import credit
from support.world import District

from services.roster.domain.enterprise.commands import RegisterEnterprise
from services.roster.domain.enterprise.decide import ENTERPRISE, KnownPlaces
from shared.language.terms import Line, Role, derived_id


async def by_table(district: District, number: int, industry: str, unit: str) -> str:
    """As the import registers it: placed by the table, with a confidence."""
    service = district.services["roster"]
    key = derived_id("enterprise", credit(number))
    lines = {"D01": (Line.VERTICAL, None), "D02": (Line.VERTICAL, None)}
    context = await service.context(district.actor(), key, KnownPlaces(lines))
    command = RegisterEnterprise(
        code=credit(number),
        name=f"某公司{number}",
        industry=industry,
        on="2026-01-01",
        assignments=[{"line": "vertical", "unit": unit, "confidence": 100, "reason": f"行业 {industry}"}],
    )
    await service.desk.handle(ENTERPRISE, key, command, context, command_id=derived_id("test", str(number)))
    return str(key)


async def lines_of(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return [orjson.loads(line) for line in answer.content.splitlines()]


def table(**entries: str) -> dict[str, Any]:
    return {"entries": {key.removeprefix("i"): unit for key, unit in entries.items()}, "on": "2026-02-01", "note": "调整"}


async def vertical(client: httpx.AsyncClient, id_: str) -> str:
    return (await ok(await client.get(f"/enterprises/{id_}/responsibility")))["vertical"]["unit"]


async def test_the_table_has_versions_and_an_override_a_reason(district: District) -> None:
    """GB/T 4754 code → department mapping table, versioned; override with reason"""
    service = await district.open()
    async with district.client() as client, district.client(service, Role.HEAD, unit="D01", account="D01-head") as head:
        await the_net(client)
        first = await ok(await client.put("/mapping/industries", json={**table(i13="D01"), "on": "2026-01-01"}))
        assert (await ok(await client.put("/mapping/industries", json={**table(i13="D01"), "on": "2026-01-01"})))["version"] == 1
        await ok(
            await client.put(
                "/mapping/industries", json=table(i13="D02", i51="D01"), headers={"If-Match": f'"{first["version"]}"'}
            )
        )
        assert (await client.put("/mapping/industries", json=table(i13="D01"), headers={"If-Match": '"1"'})).status_code == 412
        assert (await ok(await client.get("/mapping/industries")))["entries"] == {"13": "D02", "51": "D01"}
        assert (await ok(await client.get("/mapping/industries?version=1")))["entries"] == {"13": "D01"}
        assert (await ok(await client.get("/mapping/industries?on=2026-01-31")))["version"] == 1
        history = (await ok(await client.get("/mapping/industries/versions")))["items"]
        assert history[1]["changed"] == {"13": ["D01", "D02"], "51": [None, "D01"]}
        assert (await client.put("/mapping/industries", json=table(i13="T01"))).json()["units"] == ["T01"]
        assert (await head.put("/mapping/industries", json=table(i13="D01"))).status_code == 403

        id_ = await by_table(district, 1, "13", "D02")
        await assign(client, id_, "vertical", "D01", on="2026-03-01", reason="主营业务为食品批发,由甲局主管")
        answer = await ok(await client.get(f"/enterprises/{id_}/responsibility"))
        assert (answer["vertical"]["unit"], answer["vertical"]["reason"]) == ("D01", "主营业务为食品批发,由甲局主管")


async def test_whom_a_change_would_move_is_shown_before_and_moved_only_when_told(district: District) -> None:
    service = await district.open()
    async with district.client() as client, contextlib.AsyncExitStack() as stack:
        await the_net(client)
        moving = [await by_table(district, n, "13", "D01") for n in (1, 2)]
        fixed, same = await by_table(district, 3, "13", "D01"), await by_table(district, 4, "51", "D01")
        worked = moving[1]
        await assign(client, worked, "vertical", "D01", worker=member("D01-w1"), on="2026-01-05")  # Inside the unit: no override.
        await assign(client, fixed, "vertical", "D02", on="2026-01-05", reason="人定")
        await assign(client, fixed, "vertical", "D01", on="2026-01-06", reason="人定")
        lost = await enterprise(client, 5, industry="99")
        new = await enterprise(client, 6, industry="13")
        wanted = table(i13="D02", i51="D01")
        seen = await ok(await client.post("/mapping/industries/preview?limit=2", json=wanted))
        assert seen["counts"] == {"moved": 3, "unchanged": 1, "kept": 1, "unmapped": 1}
        assert {(f["from"], f["to"], f["enterprises"]) for f in seen["flows"]} == {("D01", "D02", 2), (None, "D02", 1)}
        rest = await ok(await client.post(f"/mapping/industries/preview?limit=2&cursor={seen['next_cursor']}", json=wanted))
        assert {i["enterprise"] for i in seen["items"] + rest["items"]} == {*moving, new}
        assert (await client.get("/mapping/industries")).json()["version"] == 0, "nothing was written"
        assert (await client.post("/mapping/industries/apply")).status_code == 409

        await ok(await client.put("/mapping/industries", json=wanted))
        assert await vertical(client, moving[0]) == "D01", "publishing moves nobody"
        alone = await client.post("/mapping/industries/apply")
        assert (alone.status_code, alone.json()["type"]) == (403, "urn:guiren:problem:publisher-may-not-apply")
        assert await vertical(client, moving[0]) == "D01", "who published it moves nobody"
        other = await stack.enter_async_context(district.client(service, Role.OFFICE, unit="office", account="office2"))
        told = await lines_of(await other.post("/mapping/industries/apply"))
        assert told[-1]["result"]["moved"] == 3
        assert [await vertical(client, id_) for id_ in (*moving, new, fixed, same)] == ["D02", "D02", "D02", "D01", "D01"]
        assert (await ok(await client.get(f"/enterprises/{lost}/responsibility")))["vertical"] is None
        before = await service.pool.fetchval("select pos from log.head")
        assert (await lines_of(await other.post("/mapping/industries/apply")))[-1]["result"]["moved"] == 0
        assert await service.pool.fetchval("select pos from log.head") == before
        async with district.client(service, Role.HEAD, unit="D01", account="D01-head") as head:
            assert (await head.post("/mapping/industries/preview", json=wanted)).status_code == 403
            assert (await head.post("/mapping/industries/apply")).status_code == 403


async def test_words_of_addresses_are_a_table_too(district: District) -> None:
    await district.open()
    async with district.client() as client:
        await the_net(client)
        await ok(await client.put("/mapping/places", json={"entries": {"老城路": "T01-1", "原某乡": "T02"}, "on": "2026-01-01"}))
        assert (await ok(await client.get("/mapping/places")))["entries"] == {"原某乡": "T02", "老城路": "T01-1"}
        wrong = await client.put("/mapping/places", json={"entries": {"老城路": "D01"}, "on": "2026-01-01"})
        assert wrong.status_code == 409 and wrong.json()["type"].endswith("not-a-place")
        assert (await client.put("/mapping/places", json={"entries": {"老": "T01"}, "on": "2026-01-01"})).status_code == 422
