"""The enterprise follows its ticket by its token, and has it handled again within five working days."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
from support.alleged import alleged
from support.desk import Desk, a_desk, member
from support.enterprises import as_enterprise, opened
from support.world import District, until

from shared.language.terms import Role

SOLVED = {"outcome": "solved", "result": "已清淤", "reply": "贵公司门口积水已排除"}


async def a_token(desk: Desk, enterprise: int = 0) -> str:
    """A link of the enterprise, known to issues."""
    visits = desk.district.services.get("visits") or await desk.district.open("visits", relay=True)
    head = await desk.roster.pool.fetchval("select pos from log.head")

    async def there() -> bool:
        return await visits.pool.fetchval("select pos from view.cursor where name = 'directory'") == head

    await until(there)
    async with desk.district.client(visits) as office:
        made = await office.put(f"/links/{uuid4()}", json={"enterprise": desk.enterprises[enterprise]})
        assert made.status_code == 201, made.text
    token = await opened(desk.district, visits, made.json()["path"])
    position = await visits.pool.fetchval("select pos from log.head")

    async def known() -> bool:
        return await desk.issues.pool.fetchval("select pos from view.cursor where name = 'links'") == position

    await until(known)
    return token


def stranger(desk: Desk) -> httpx.AsyncClient:
    return as_enterprise(desk.district.client(desk.issues))


async def closed(desk: Desk, id_: str) -> None:
    await desk.ask("w", id_, "progress", note="已到现场", contacted=True)
    await desk.ask("w", id_, "resolve", **SOLVED)
    await desk.ask("d", id_, "approve")
    await desk.ask("caller", id_, "call-back", outcome="answered", rating="4")
    await desk.ask("caller", id_, "close")


async def test_within_five_working_days_it_is_handled_again(district: District) -> None:
    desk = await a_desk(district)
    desk.now("09-14T10:00")
    id_ = await desk.signed()
    token = await a_token(desk)
    at = f"/public/{token}/tickets/{id_}"
    async with stranger(desk) as client:
        early = await client.post(f"{at}/reopen", json={"reason": "又积水了"})
        assert early.status_code == 409, early.text
        await closed(desk, id_)  # On a Monday; five working days later, a make-up Sunday among them, is Sunday the 20th.
        assert (await client.get(at)).json()["reopen_until"] == "2026-09-20"
        desk.now("09-20T16:00")
        for body in ({}, {"reason": ""}, {"reason": "。"}, {"reason": "x" * 2001}, {"reason": "又积水了", "due": "2027-01-01"}):
            assert (await client.post(f"{at}/reopen", json=body)).status_code == 422, body
        answers = [
            await client.post(f"{at}/reopen", json={"reason": "又积水了"}, headers={"Idempotency-Key": key})
            for key in ("a", "a", "b")
        ]
        assert [answer.status_code for answer in answers] == [200, 200, 200]
        told = (await client.get(at)).json()
    assert (told["stage"], told["reopen_until"]) == ("signed", None)
    steps = [(step["title"], step.get("words")) for step in told["timeline"]]
    assert steps.count(("重新办理", "又积水了")) == 1
    assert ("已审核,待回访", SOLVED["reply"]) in steps
    shown = await desk.shown(id_)
    assert (shown["reopened"], shown["due"]["on"]) == (1, "2026-09-28")
    assert shown["first_due"]["on"] == "2026-09-22"


async def test_after_five_working_days_it_is_a_matter_of_its_own(district: District) -> None:
    desk = await a_desk(district)
    desk.now("09-14T10:00")
    id_ = await desk.signed()
    token, other = await a_token(desk), await a_token(desk, 1)
    await closed(desk, id_)
    async with stranger(desk) as client:
        strange = await client.post(f"/public/{other}/tickets/{id_}/reopen", json={"reason": "又积水了"})
        assert strange.status_code == 404
        desk.now("09-21T09:00")
        late = await client.post(f"/public/{token}/tickets/{id_}/reopen", json={"reason": "又积水了"})
        assert (late.status_code, late.json()["title"]) == (409, "办结已超过五个工作日,请另行反映")


async def test_nobody_asks_faster_than_a_person(district: District) -> None:
    desk = await a_desk(district)
    desk.now("09-14T10:00")
    id_ = await desk.signed()
    token = await a_token(desk)
    async with stranger(desk) as client:
        found = [
            (await client.post(f"/public/{token}/tickets/{id_}/supplement", json={"words": f"又来水了{n}"})).status_code
            for n in range(14)
        ]
    assert found[:12] == [200] * 12 and found[12:] == [429, 429]


async def test_stage_answers_are_in_the_timeline_and_a_reply_only_once_it_was_reviewed(district: District) -> None:
    desk = await a_desk(district)
    desk.now("09-14T10:00")
    id_ = await desk.signed()
    token = await a_token(desk)
    await desk.ask("w", id_, "answer-stage", reply="正在协调供电部门")

    async def words() -> list[Any]:
        async with stranger(desk) as client:
            return [step.get("words") for step in (await client.get(f"/public/{token}/tickets/{id_}")).json()["timeline"]]

    assert "正在协调供电部门" in await words()
    await desk.ask("w", id_, "resolve", **SOLVED)
    assert SOLVED["reply"] not in await words()
    await desk.ask("d", id_, "approve")
    assert SOLVED["reply"] in await words()


async def test_a_report_of_inspection_is_handled_in_the_inspectorate_and_nobody_else_sees_it(district: District) -> None:
    """变味: taken on, given out, signed, handled and reviewed by inspectors, two of them; asked about by the office."""
    desk = await a_desk(district)
    await district.appoint("inspector2", name="李四", unit="INSPECT", role="inspector", on="2021-08-01")
    head = await desk.roster.pool.fetchval("select pos from log.head")

    async def there() -> bool:
        return await desk.issues.pool.fetchval("select pos from cursor where name = 'directory'") == head

    await until(there)
    desk.now("09-14T10:00")
    id_ = await alleged(desk)
    for account in ("w", "l", "h", "d", "h5", "w5", "caller", "hotline"):
        async with desk.who(account) as client:
            assert (await client.get(f"/issues/{id_}")).status_code == 403, account
            assert (await client.get("/issues")).json()["total"] == 0, account
    assert (await desk.asked("h", id_, "accept")).status_code == 403
    async with desk.who("inspector") as client:
        [item] = (await client.get("/queues/accept")).json()["items"]
        assert "accept" in item["allowed_actions"]
    await desk.ask("inspector", id_, "accept")
    order = {"unit": "INSPECT", "leader": str(member("inspector2")), "measures": "调阅检查台账,听取企业意见", "due": "standard"}
    elsewhere = await desk.asked("inspector", id_, "dispatch", **{**order, "unit": "T01", "leader": str(member("h"))})
    assert (elsewhere.status_code, elsewhere.json()["title"]) == (403, "变味举报只由区督查办理,不得转交、合办")
    await desk.ask("inspector", id_, "dispatch", **order)
    await desk.ask("inspector", id_, "sign")
    above = await desk.asked("inspector", id_, "request-escalation", tried="x1", request="x2")
    assert above.status_code == 403
    await desk.ask("inspector", id_, "progress", note="已听取企业意见", contacted=True)
    await desk.ask("inspector", id_, "resolve", outcome="solved", result="查实", reply="已责令改正")
    own = await desk.asked("inspector", id_, "approve")
    assert (own.status_code, own.json()["title"]) == (403, "承办人不得审核自己承办的事项")
    async with district.client(desk.issues) as client:
        client.headers["Authorization"] = f"Bearer {_inspector2(district)}"
        assert (await client.post(f"/issues/{id_}/approve", json={})).status_code == 200
    assert (await desk.asked("caller", id_, "call-back", outcome="answered", rating="5")).status_code == 403
    assert (await desk.asked("inspector", id_, "call-back", outcome="answered", rating="5")).status_code == 403
    await desk.ask("office", id_, "call-back", outcome="answered", rating="5")
    assert (await desk.ask("office", id_, "close"))["stage"] == "closed"
    async with desk.who("caller") as client:
        assert (await client.get(f"/issues/{id_}")).status_code == 403


def _inspector2(district: District) -> str:
    return district.token(Role.INSPECTOR, unit="INSPECT", account="inspector2")
