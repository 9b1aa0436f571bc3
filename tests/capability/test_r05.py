"""R05: 企业网格化服务100%全覆盖."""

from __future__ import annotations

from typing import Any

import orjson
from support.net import assign, enterprise, member, ok, served, the_net
from support.roster import credit
from support.world import District

from shared.language.codes import make_code

HEAD = "统一社会信用代码,企业名称,登记状态,住所,从业人数\n"


async def sent(client: Any, text: str, **params: Any) -> list[dict[str, Any]]:
    answer = await client.post("/imports", params={"name": "a.csv", **params}, content=text.encode())
    assert answer.status_code == 200, answer.text
    return [orjson.loads(line) for line in answer.content.splitlines()]


def changes(lines: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(item["what"], item["code"]) for line in lines for item in line.get("changes", [])]


async def test_only_enterprises_enter_and_coverage_is_whole_only_if_all(district: District) -> None:
    """import of 91/92/93 codes keeps only enterprises; 网格覆盖率 = assigned / in scope, shows 100.00 % only if n = d"""
    await district.open()
    async with district.client() as client:
        await the_net(client)
        shop = make_code("520502", "MA700001", "92").text
        farm = make_code("520502", "MA700002", "93").text
        text = HEAD + "".join(
            f"{code},某某商贸有限公司{n},存续,某区,5\n" for n, code in enumerate((credit(1), shop, farm, credit(2)))
        )
        told = await sent(client, text, apply=True)
        assert told[-1]["result"]["registered"] == 2, told
        refused = {line[5]: line[4] for item in told for line in item.get("report", []) if line[1] != "接受"}
        assert refused[shop] and refused[farm]
        found = (await ok(await client.get("/enterprises")))["items"]
        assert {item["code"] for item in found} == {credit(1), credit(2)}
        first, second = (item["id"] for item in found)
        today = (await ok(await client.get("/coverage/grid")))["on"]
        for line, unit in (("vertical", "D01"), ("horizontal", "T01")):
            await assign(client, first, line, unit, on=today, worker=member(f"{unit}-w1"))
        half = await ok(await client.get("/coverage/grid"))
        assert half["in_scope"] == 2 and half["both_staffed"] == {"n": 1, "d": 2, "pct": "50.00"}
        for line, unit in (("vertical", "D01"), ("horizontal", "T01")):
            await assign(client, second, line, unit, on=today)
        full = await ok(await client.get("/coverage/grid"))
        assert full["both_lines"]["pct"] == "100.00" and full["both_staffed"]["pct"] == "50.00"


async def test_a_file_is_compared_before_it_is_written(district: District) -> None:
    service = await district.open()
    async with district.client() as client:
        await the_net(client)
        gone, back, same = await served(client, 1), await enterprise(client, 2), await enterprise(client, 3)
        await ok(await client.post(f"/enterprises/{back}/change-standing", json={"standing": "moved_out", "on": "2026-02-01"}))
        text = (
            HEAD
            + f"{credit(2)},某某商贸有限公司2,存续,,\n{credit(3)},某某商贸有限公司3,存续,新路,8\n{credit(4)},某某商贸有限公司4,存续,,\n"
        )
        before = await service.pool.fetchval("select pos from log.head")
        told = await sent(client, text, preview=True, complete=True)
        assert {("back_again", credit(2)), ("changed", credit(3)), ("new", credit(4)), ("gone", credit(1))} <= set(changes(told))
        assert told[-1]["result"]["preview"]["gone"] == 1
        assert await service.pool.fetchval("select pos from log.head") == before
        asked = await client.post("/imports", params={"apply": True, "complete": True}, content=text.encode())
        assert (asked.status_code, asked.json()["missing"], asked.json()["served"]) == (409, 1, 2), "more than one in twenty"
        assert await service.pool.fetchval("select pos from log.head") == before, "asked before anything is written"
        result = (await sent(client, text, apply=True, complete=True, confirm=1))[-1]["result"]
        assert (result["registered"], result["back_again"], result["missed"]) == (1, 1, 1), result
        (item,) = (await ok(await client.get("/queues/missing")))["items"]
        assert item["id"] == gone
        assert (await ok(await client.get(f"/enterprises/{gone}")))["standing"] == "surviving", "a person decides"
        there = await ok(await client.get(f"/enterprises/{back}"))
        assert there["as_of"]["in_scope"] and there["standing_on"] == there["as_of"]["on"]
        assert not (await ok(await client.get(f"/enterprises/{back}?on=2026-03-01")))["as_of"]["in_scope"]
        await ok(await client.post(f"/queues/missing/{gone}/find", json={"reason": "电话核实在经营"}))
        assert (await ok(await client.get("/queues/missing")))["total"] == 0
        assert (await ok(await client.get(f"/enterprises/{same}")))["size"] is None
