"""R10: 横向网格以乡镇(街道)为单位."""

from __future__ import annotations

from support.net import enterprise, ok, the_net
from support.world import District

from shared.terms import Role


async def test_an_address_names_its_township_and_what_does_not_waits(district: District) -> None:
    """address/村社区 → township; 代管 flag"""
    service = await district.open()
    async with district.client() as client, district.client(service, Role.HEAD, unit="T01", account="T01-head") as head:
        await the_net(client)
        clear = await enterprise(client, 1, address="贵州省毕节市七星关区东镇东一村")
        bare = await enterprise(client, 2, address="某路8号")
        page = await ok(await client.get("/queues/unplaced"))
        found = {item["id"]: item["suggestion"] for item in page["items"]}
        assert (found[clear]["unit"], found[clear]["sub_unit"], found[clear]["sure"]) == ("T01", "T01-1", True)
        assert found[bare]["unit"] is None and found[bare]["because"]
        counts = {item["queue"]: item["count"] for item in (await ok(await client.get("/queues")))["items"]}
        assert counts["unplaced"] == 2 and counts["unclassified"] == 2
        assert (await head.post(f"/queues/unplaced/{clear}/accept", json={})).status_code == 403
        await ok(await client.post(f"/queues/unplaced/{clear}/accept", json={}))
        assert (await client.post(f"/queues/unplaced/{bare}/accept", json={})).status_code == 409
        await ok(await client.post(f"/queues/unplaced/{bare}/accept", json={"unit": "T02"}))
        assert (await ok(await client.get("/queues/unplaced")))["total"] == 0
        answer = await ok(await client.get(f"/enterprises/{clear}/responsibility"))
        assert answer["horizontal"]["unit"] == "T01" and "采纳建议" in answer["horizontal"]["reason"]
        await ok(await client.post(f"/enterprises/{bare}/change-custody", json={"managed_elsewhere": True, "on": "2026-02-01"}))
        away = await ok(await client.get(f"/enterprises/{bare}"))
        assert away["managed_elsewhere"] and not away["as_of"]["in_scope"]


async def test_names_that_differ_by_brackets_may_be_one_enterprise(district: District) -> None:
    await district.open()
    async with district.client() as client:
        await enterprise(client, 1, name="某某(贵州)商贸有限公司")
        await enterprise(client, 2, name="某某(贵州)商贸有限公司")
        page = await ok(await client.get("/queues/duplicates"))
        assert page["total"] == 2 and len(page["items"][0]["twins"]) == 1
        for name in ("missing", "lost", "moved", "unclassified"):
            await ok(await client.get(f"/queues/{name}"))
        assert (await client.get("/queues/nothing")).status_code == 422
