"""R54 投诉应诉案件交办,确保件件有回应."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from support.desk import Desk, a_desk, member
from support.enterprises import as_enterprise, opened
from support.world import District, until

SOLVED = {"outcome": "solved", "result": "已清淤", "reply": "贵公司门口积水已排除"}


@pytest.fixture
async def desk(district: District) -> Desk:
    made = await a_desk(district)
    made.now("09-14T10:00")
    return made


@pytest.fixture
async def enterprise(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """The first enterprise, with nothing but its link."""
    visits = await desk.district.open("visits", relay=True)
    head = await desk.roster.pool.fetchval("select pos from log.head")

    async def there() -> bool:
        return await visits.pool.fetchval("select pos from view.cursor where name = 'directory'") == head

    await until(there)
    async with desk.district.client(visits) as office:
        made = await office.put(f"/links/{uuid4()}", json={"enterprise": desk.enterprises[0]})
    assert made.status_code == 201, made.text
    token = await opened(desk.district, visits, made.json()["path"])
    position = await visits.pool.fetchval("select pos from log.head")

    async def known() -> bool:
        return await desk.issues.pool.fetchval("select pos from view.cursor where name = 'links'") == position

    await until(known)
    async with desk.district.client(desk.issues) as client:
        as_enterprise(client).base_url = client.base_url.join(f"/public/{token}/tickets/")
        yield client


async def ok(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    return answer.json()


async def listed(desk: Desk, account: str = "office", **params: Any) -> dict[str, Any]:
    async with desk.who(account) as client:
        return await ok(await client.get("/queues/unanswered", params=params))


async def let_out(desk: Desk, id_: str) -> None:
    await desk.ask("w", id_, "progress", note="已到现场", contacted=True)
    await desk.ask("w", id_, "resolve", **SOLVED)
    await desk.ask("d", id_, "approve")


async def test_every_item_gets_an_answer_and_the_rest_are_named(desk: Desk) -> None:
    """回应率 = answered / received with list of unanswered; closing impossible without a reply text and date"""
    assert (await listed(desk))["pct"] is None
    answered = await desk.signed(nature="complaint")
    waiting, fresh = await desk.signed(nature="complaint"), await desk.reported(enterprise=1)
    refused, gone = await desk.reported(), await desk.reported()
    await desk.ask("office", refused, "decline", reason="in_court", text="请向法院提出")
    await desk.ask("caller", gone, "withdraw", reason="已自行解决", call="09-14 电话确认")

    # No words, no answer: each way out asks for them.
    for words in ({}, {"reply": ""}, {"reply": "。"}, {"reply": " \n"}):
        made = await desk.asked("w", answered, "resolve", outcome="solved", result="已清淤", **words)
        assert made.status_code == 422, words
    assert (await desk.asked("caller", answered, "close")).status_code == 409
    assert (await desk.asked("office", fresh, "decline", reason="in_court")).status_code == 422
    await desk.ask("w", answered, "progress", note="已到现场", contacted=True)
    await desk.ask("w", answered, "resolve", **SOLVED)
    assert (await desk.asked("caller", answered, "close")).status_code == 409  # Nobody has let the reply out yet.
    assert (await listed(desk))["answered"] == 0
    desk.now("09-15T09:00")
    await desk.ask("d", answered, "approve")
    await desk.ask("caller", answered, "call-back", outcome="answered", rating="4")
    assert (await desk.ask("caller", answered, "close"))["stage"] == "closed"
    facts = dict(await desk.facts(answered))
    assert (facts["issue-resolved"]["reply"], facts["resolution-approved"]["on"]) == (SOLVED["reply"], "2026-09-15")

    rate = await listed(desk)
    assert (rate["received"], rate["answered"], rate["pct"], rate["total"]) == (3, 1, "33.33", 2)
    assert [(item["id"], item["desk"], item["unit"]) for item in rate["items"]] == [
        (waiting, "办理中", "T01"),
        (fresh, "待受理", "T01"),
    ]
    assert (await listed(desk, overdue=True))["total"] == 0
    desk.now("09-29T09:00")  # Ten working days over a holiday: due on the 28th.
    assert [item["id"] for item in (await listed(desk, overdue=True))["items"] if item["late"]] == [waiting]
    assert (await listed(desk, unit="D05"))["received"] == 0
    assert (await listed(desk, month="2026-08"))["pct"] is None
    assert (await listed(desk, "h2"))["received"] == 0  # Another township's head sees nothing of it.


async def test_an_answer_given_stays_given_when_the_ticket_is_reopened(desk: Desk) -> None:
    id_ = await desk.signed()
    await let_out(desk, id_)
    assert (await listed(desk))["pct"] == "100.00"
    await desk.ask("caller", id_, "call-back", outcome="answered", rating="2", reason="又积水了")
    await desk.ask("caller", id_, "reopen", reason="又积水了")
    rate = await listed(desk)
    assert (rate["pct"], rate["items"]) == ("100.00", [])


async def test_what_is_withdrawn_after_it_was_given_out_stays_owed_an_answer(desk: Desk) -> None:
    """K5: and it is counted for the unit that collected it."""
    given, at_once = await desk.dispatched(), await desk.reported()
    for id_ in (given, at_once):
        await desk.ask("caller", id_, "withdraw", reason="已自行解决", call="09-14 电话确认")
    rate = await listed(desk, unit="T01")
    assert (rate["received"], rate["answered"], [item["id"] for item in rate["items"]]) == (1, 0, [given])


async def test_the_enterprise_follows_urges_and_adds_through_its_link(desk: Desk, enterprise: httpx.AsyncClient) -> None:
    """Beyond: enterprise-visible timeline."""
    id_ = await desk.signed()
    await ok(await enterprise.post(f"{id_}/urge", json={}))
    twice = await enterprise.post(f"{id_}/urge", json={})
    assert (twice.status_code, twice.json()["title"]) == (409, "今天已催办过")
    await ok(await enterprise.post(f"{id_}/supplement", json={"words": "还有一处积水"}))
    await desk.ask("w", id_, "resolve", **SOLVED)
    told = await ok(await enterprise.get(id_))
    assert (told["reply"], told["due"]) == (None, "2026-09-22")
    await desk.ask("d", id_, "approve")
    told = await ok(await enterprise.get(id_))
    steps = [(step["title"], step.get("words")) for step in told["timeline"]]
    assert told["reply"] == SOLVED["reply"]
    assert ("补充情况", "还有一处积水") in steps
    assert steps[-1] == ("已审核,待回访", SOLVED["reply"])
    assert all(str(member(account)) not in str(told) for account in ("w", "l", "h", "d"))


async def test_the_enterprise_objects_once_to_a_refusal(desk: Desk, enterprise: httpx.AsyncClient) -> None:
    id_ = await desk.reported()
    decline = {"reason": "in_court", "text": "请向法院提出"}
    early = await enterprise.post(f"{id_}/contest", json={"words": "我们不同意"})
    assert early.status_code == 409
    await desk.ask("office", id_, "decline", **decline)
    assert (await ok(await enterprise.get(id_)))["reply"] == "请向法院提出"
    await ok(await enterprise.post(f"{id_}/contest", json={"words": "我们不同意"}))
    assert [item["id"] for item in (await listed(desk))["items"]] == [id_]  # To be answered once more.
    await desk.ask("office", id_, "decline", **decline)
    again = await enterprise.post(f"{id_}/contest", json={"words": "还是不同意"})
    assert again.status_code == 409, again.text
    assert (await listed(desk))["received"] == 0


@pytest.mark.parametrize(("day", "status"), [("10-13T23:59", 200), ("10-14T00:01", 409)])
async def test_five_working_days_to_have_it_handled_again(
    desk: Desk, enterprise: httpx.AsyncClient, day: str, status: int
) -> None:
    """Closed on 30 September; seven holidays, then the 8th, 9th, a worked Saturday, the 12th and the 13th."""
    id_ = await desk.signed()
    desk.now("09-30T16:00")
    await let_out(desk, id_)
    await desk.ask("caller", id_, "call-back", outcome="answered", rating="4")
    await desk.ask("caller", id_, "close")
    desk.now(day)
    answer = await enterprise.post(f"{id_}/reopen", json={"reason": "又积水了"})
    assert answer.status_code == status, answer.text
    assert (await listed(desk))["pct"] == "100.00"  # An answer given stays given (K5).
