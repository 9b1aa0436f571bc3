"""R10: 横向网格以乡镇(街道)为单位."""

from __future__ import annotations

from typing import Any

import orjson
from support.net import enterprise, ok, the_net
from support.roster import credit
from support.world import District

from shared.language.months import local_date
from shared.language.terms import Role


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


async def test_a_village_goes_with_its_own_township(district: District) -> None:
    """Wherever a unit and one under it are named together, the one stands under the other, on the day that is meant."""
    service = await district.open()
    today = str(local_date(service.clock()))
    async with district.client() as client:
        await the_net(client)
        id_ = await enterprise(client, 1, address="某路8号")
        other = {"unit": "T02", "sub_unit": "T01-1"}
        accept, assign = f"/queues/unplaced/{id_}/accept", f"/enterprises/{id_}/assign"
        post = {"name": "某人", "role": "worker", "on": today, **other}
        for path, body in (
            (accept, other),
            (assign, {"line": "horizontal", "on": today, **other}),
            ("/members/new/appoint", post),
        ):
            answer = await client.post(path, json=body)
            told = answer.json()
            assert (answer.status_code, told["type"]) == (409, "urn:guiren:problem:not-under-unit"), (path, told)
            assert (told["unit"], told["sub_unit"]) == ("T02", "T01-1") and "不属于" in told["title"]
        version = (await client.get("/units/T01-1")).headers.get("ETag", '"1"')
        move = {"parent": "T02", "on": "2026-03-01"}
        await ok(await client.post("/units/T01-1/move", json=move, headers={"If-Match": version}))
        before = {"line": "horizontal", "on": "2026-02-28", **other}
        assert (await client.post(assign, json=before)).status_code == 409, "until then it stood under the other"
        await ok(await client.post(accept, json=other))


async def test_a_township_that_ended_takes_nobody(district: District) -> None:
    service = await district.open()
    async with district.client() as client:
        await the_net(client)
        id_ = await enterprise(client, 1, address="七星关区东镇东一村")
        version = (await client.get("/units/T01")).headers.get("ETag", '"1"')
        end = {"on": str(local_date(service.clock())), "successors": ["T02"]}
        await ok(await client.post("/units/T01/end", json=end, headers={"If-Match": version}))
        page = await ok(await client.get("/queues/unplaced"))
        assert [item["suggestion"]["unit"] for item in page["items"]] == [None]
        for body in ({}, {"unit": "T01"}, {"unit": "T01", "sub_unit": "T01-1"}):
            assert (await client.post(f"/queues/unplaced/{id_}/accept", json=body)).status_code == 409, body
        await ok(await client.post(f"/queues/unplaced/{id_}/accept", json={"unit": "T02"}))


HEAD = "统一社会信用代码,企业名称,登记状态,住所,所属城市,所属区县,登记机关\n"
ROWS = (
    ("贵州省毕节市七星关区东镇1号", "毕节市", "七星关区", "毕节市七星关区市场监督管理局", "T01"),
    ("东镇1号", "", "520502", "", "T01"),
    ("东镇1号", "六盘水市", "", "", None),
    ("东镇1号", "", "大方县", "", None),
    ("东镇1号", "", "", "清镇市市场监督管理局", None),
    ("清镇市东镇1号", "毕节市", "七星关区", "", None),
    ("清镇市东镇1号", "贵阳市", "清镇市", "清镇市市场监督管理局", "outside"),
    ("深圳市龙岗区东镇1号", "", "", "", "outside"),
)


async def test_columns_that_say_otherwise_leave_it_to_a_person_and_what_is_elsewhere_is_told_apart(district: District) -> None:
    """choices: addresses that can't be matched wait; nothing is guessed"""
    await district.open()
    text = HEAD + "".join(f"{credit(n)},某某商贸有限公司{n},存续,{','.join(row[:4])}\n" for n, row in enumerate(ROWS))
    async with district.client() as client:
        await the_net(client)

        async def sent(**params: Any) -> list[dict[str, Any]]:
            answer = await client.post("/imports", params={"name": "a.csv", **params}, content=text.encode())
            return [orjson.loads(line) for line in answer.content.splitlines()]

        *told, last = await sent(preview=True)
        result = last["result"]
        assert (result["accepted"], result["outside"], result["reasons"]) == (6, 2, {"outside": 2})
        assert (result["preview"]["new"], result["preview"]["outside"]) == (6, 2)
        before = {item["code"]: item for line in told for item in line.get("changes", [])}
        report = {line[5]: line for item in told for line in item.get("report", [])}
        last = (await sent(apply=True))[-1]
        assert (last["result"]["registered"], last["result"]["unchanged"]) == (6, 0)
        assert (await sent(apply=True))[-1]["result"]["unchanged"] == 6
        found = {item["code"]: item["id"] for item in (await ok(await client.get("/enterprises")))["items"]}
        waiting = {item["code"]: item for item in (await ok(await client.get("/queues/unplaced")))["items"]}
        for n, (*_, wanted) in enumerate(ROWS):
            code = credit(n)
            if wanted == "outside":
                assert code not in found and before[code]["what"] == "outside" and report[code][1] == "区外", ROWS[n]
                continue
            answer = await ok(await client.get(f"/enterprises/{found[code]}/responsibility"))
            assert ((answer["horizontal"] or {}).get("unit"), code in waiting) == (wanted, wanted is None), ROWS[n]
            assert [a["unit"] for a in before[code]["assignments"]] == [wanted] * (wanted is not None)
            if wanted is None:
                assert not waiting[code]["suggestion"]["sure"], waiting[code]
