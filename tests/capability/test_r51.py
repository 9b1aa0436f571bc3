"""R51 开展电话回访服务."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from support.desk import Desk, a_desk
from support.world import District

from shared.language import draw as draws
from shared.language.terms import Role

SOLVED = {"outcome": "solved", "result": "已清淤", "reply": "贵公司门口积水已排除"}
NOBODY = {"outcome": "unreached"}


@pytest.fixture
async def desk(district: District) -> Desk:
    made = await a_desk(district)
    made.now("09-14T10:00")
    return made


async def ok(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    return answer.json()


async def answered(desk: Desk, **more: Any) -> str:
    """A ticket of the township whose answer was let out."""
    id_ = await desk.signed(**more)
    await desk.ask("w", id_, "progress", note="已到现场", contacted=True)
    await desk.ask("w", id_, "resolve", **SOLVED)
    await desk.ask("d", id_, "approve")
    return id_


async def called(desk: Desk, id_: str, *hours: str) -> None:
    for hour in hours:
        desk.now(f"09-{hour}")
        await desk.ask("caller", id_, "call-back", **NOBODY)


async def test_the_queue_the_tries_the_outcomes_and_the_rate(desk: Desk) -> None:
    """call-back queue, 3 tries/2 days, outcome codes; 回访率"""
    silent = await answered(desk, reporter="王小明", phone="19900000041")
    heard, waiting = await answered(desk, enterprise=1), await answered(desk)
    async with desk.who("caller") as caller, desk.who("w") as worker, desk.who("office") as office:
        assert (await worker.get("/call-backs")).status_code == 403
        queue = await ok(await caller.get("/call-backs"))
        assert queue["total"] == 3
        assert [item["label"] for item in queue["outcomes"]] == ["已接通", "未接通", "拒绝评价"]
        assert [item["label"] for item in queue["ratings"]] == ["非常满意", "满意", "基本满意", "不满意", "非常不满意"]
        assert queue["rule"] == {"tries": 3, "days": 2, "a_day": 2}
        assert len(queue["script"]) > 1
        first = next(item for item in queue["items"] if item["id"] == silent)
        assert (first["reporter"], first["phone"], first["reply"]) == ("王**", "199****0041", SOLVED["reply"])
        assert (first["tries"], first["next_on"], first["ready"]) == (0, "2026-09-14", True)

        await called(desk, silent, "14T10:00", "14T15:00", "14T17:00")
        item = next(item for item in (await ok(await caller.get("/call-backs")))["items"] if item["id"] == silent)
        assert (item["tries"], item["days"], item["attempted"]) == (3, 1, False)
        assert (item["next_on"], item["ready"]) == ("2026-09-15", False)
        early = await desk.asked("caller", silent, "close")
        assert (early.status_code, early.json()["tries"], early.json()["days"]) == (409, 3, 1)
        assert (await ok(await office.get("/call-backs/rate", params={"month": "2026-09"})))["attempted"] == 0
        await called(desk, silent, "15T09:00")
        assert (await desk.ask("caller", silent, "close"))["stage"] == "closed"
        shown = await desk.shown(silent)
        assert "rating" not in shown or shown["rating"] is None

        await desk.ask("caller", heard, "call-back", outcome="answered", rating="4")
        again = await desk.asked("caller", heard, "call-back", outcome="answered", rating="5")
        assert (again.status_code, again.json()["title"]) == (409, "企业已作出评价,不得再次回访或撤回")
        rate = await ok(await office.get("/call-backs/rate", params={"month": "2026-09"}))
        assert [rate[name] for name in ("due", "attempted", "answered", "rated", "pct")] == [3, 2, 1, 1, "66.67"]
        assert [item["no"] for item in rate["open"]] == [(await desk.shown(waiting))["no"]]
        assert [(unit["unit"], unit["pct"]) for unit in rate["units"]] == [("T01", "66.67")]
        empty = await ok(await office.get("/call-backs/rate", params={"month": "2026-08"}))
        assert (empty["due"], empty["pct"]) == (0, None)
        assert (await worker.get("/call-backs/rate", params={"month": "2026-09"})).status_code == 403


async def test_who_handled_it_does_not_ask_how_it_was(desk: Desk) -> None:
    id_ = await answered(desk)
    own = desk.district.client(desk.issues, Role.CALLER_BACK, unit="T01", account="own-caller")
    async with own as client:
        assert (await ok(await client.get("/call-backs")))["items"] == []
        asked = await client.post(f"/issues/{id_}/call-back", json={"outcome": "answered", "rating": "5"})
        assert (asked.status_code, asked.json()["title"]) == (403, "承办、协办单位不得自行回访")


async def test_a_refusal_to_rate_is_a_call_but_no_satisfaction(desk: Desk) -> None:
    id_ = await answered(desk)
    await desk.ask("caller", id_, "call-back", outcome="refused")
    assert (await desk.asked("caller", id_, "close")).status_code == 409
    for body in (
        {"outcome": "refused", "rating": "5"},
        {"outcome": "unreached", "rating": "5"},
        {"outcome": "answered", "rating": "2"},
    ):
        assert (await desk.asked("caller", id_, "call-back", **body)).status_code == 422, body
    async with desk.who("office") as office:
        rate = await ok(await office.get("/call-backs/rate", params={"month": "2026-09"}))
    assert [rate[name] for name in ("attempted", "answered", "rated")] == [1, 1, 0]


async def test_the_sampler_is_independent_of_handlers_and_repeated_by_anybody(desk: Desk) -> None:
    """Beyond: sampler independent of handlers."""
    numbers: dict[str, str] = {}
    for _ in range(4):
        id_ = await answered(desk)
        await called(desk, id_, "14T10:00", "14T11:00", "15T09:00")
        await desk.ask("caller", id_, "close")
        desk.now("09-14T10:00")
        numbers[(await desk.shown(id_))["no"]] = id_
    await answered(desk)  # Not closed: not among them.
    desk.now("09-16T09:00")
    ask, id_ = {"kind": "unreached", "month": "2026-09", "size": 2}, str(uuid4())
    async with desk.who("inspector") as inspector, desk.who("caller") as caller, desk.who("h") as head:
        for account, status in (("h", 403), ("caller", 403), ("w5", 403)):
            async with desk.who(account) as client:
                assert (await client.put(f"/rechecks/{uuid4()}", json=ask)).status_code == status
        no_seed = await inspector.put(f"/rechecks/{id_}", json={**ask, "seed": "00"})
        assert no_seed.status_code == 422
        draw = await ok(await inspector.put(f"/rechecks/{id_}", json=ask), 201)
        assert (draw["population"], draw["digest"]) == (4, draws.digest(sorted(numbers)))
        sample = [item["no"] for item in draw["items"]]
        assert sample == list(draws.drawn(sorted(numbers), draw["seed"], 2))
        repeat = await ok(await inspector.put(f"/rechecks/{id_}", json=ask))
        assert (repeat["seed"], repeat["replayed"]) == (draw["seed"], True)
        assert (await inspector.put(f"/rechecks/{id_}", json={**ask, "size": 3})).status_code == 409
        nothing = await inspector.put(f"/rechecks/{uuid4()}", json={**ask, "kind": "withdrawn"})
        assert (nothing.status_code, nothing.json()["title"]) == (409, "该月没有可抽查的问题")

        at = f"/rechecks/{id_}/record"
        assert (await head.get("/rechecks")).status_code == 403
        own = await caller.post(at, json={"no": sample[0], "outcome": "answered", "confirmed": True})
        assert (own.status_code, own.json()["title"]) == (403, "经办过该问题的单位和人员不得抽查回访")
        spared = next(no for no in numbers if no not in sample)
        assert (await inspector.post(at, json={"no": spared, "outcome": "answered", "confirmed": True})).status_code == 409
        await ok(await inspector.post(at, json={"no": sample[0], "outcome": "unreached"}))
        await ok(await inspector.post(at, json={"no": sample[0], "outcome": "answered", "confirmed": False, "note": "没人来过"}))
        nicer = await inspector.post(at, json={"no": sample[0], "outcome": "answered", "confirmed": True})
        assert nicer.status_code == 409
        [listed] = (await ok(await inspector.get("/rechecks")))["items"]
        assert (listed["asked"], listed["denied"], listed["kind_label"]) == (1, 1, "未接通而办结")
        told = await ok(await inspector.get(f"/rechecks/{id_}"))
        assert [item["found"] and item["found"]["note"] for item in told["items"]] == ["没人来过", None]
    async with desk.who("office") as office:  # The office reviewed none of them: it may draw as well, with another seed.
        other = await ok(await office.put(f"/rechecks/{UUID(int=uuid4().int)}", json=ask), 201)
    assert other["seed"] != draw["seed"]


async def test_whose_own_work_is_in_the_lot_does_not_draw(desk: Desk) -> None:
    id_ = await answered(desk)
    await desk.ask("office", id_, "call-back", outcome="answered", rating="4")
    await desk.ask("office", id_, "close")
    ask = {"kind": "closed", "month": "2026-09", "size": 1}
    async with desk.who("office") as office, desk.who("office-head") as other:
        refused = await office.put(f"/rechecks/{uuid4()}", json=ask)
        assert (refused.status_code, refused.json()["own"]) == (403, 1)
        await ok(await other.put(f"/rechecks/{uuid4()}", json=ask), 201)


async def test_who_is_said_to_have_withdrawn_is_asked_whether_it_was_so(desk: Desk) -> None:
    id_ = await desk.signed()
    desk.now("09-30T23:59")
    await desk.ask("caller", id_, "withdraw", reason="已自行解决", call="09-30 电话确认")
    no, draw = (await desk.shown(id_))["no"], str(uuid4())
    desk.now("10-08T09:00")
    ask = {"kind": "withdrawn", "month": "2026-09", "size": 5}
    async with desk.who("inspector") as inspector, desk.who("caller") as caller, desk.who("caller2") as other:
        for elsewhere in ({"month": "2026-10"}, {"kind": "closed"}):
            assert (await inspector.put(f"/rechecks/{uuid4()}", json={**ask, **elsewhere})).status_code == 409
        told = await ok(await inspector.put(f"/rechecks/{draw}", json=ask), 201)
        assert [item["no"] for item in told["items"]] == [no]
        said = {"no": no, "outcome": "answered", "confirmed": False, "note": "没有提出撤回"}
        assert (await caller.post(f"/rechecks/{draw}/record", json=said)).status_code == 403  # Who wrote the withdrawal down.
        await ok(await other.post(f"/rechecks/{draw}/record", json=said))
        assert [item["denied"] for item in (await ok(await inspector.get("/rechecks")))["items"]] == [1]
