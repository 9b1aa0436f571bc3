"""What waits for whom, and what is found by a word of two characters."""

from __future__ import annotations

from typing import Any

import pytest
from support.desk import PEOPLE, Desk, a_desk, member
from support.world import District

from services.issues import clock
from services.issues.projections import words
from services.issues.projections.words import asked, grams
from shared.language.writing import found_by


async def _counts(desk: Desk, account: str) -> dict[str, int]:
    async with desk.who(account) as client:
        answer = await client.get("/queues")
    assert answer.status_code == 200, answer.text
    return {item["name"]: item["count"] for item in answer.json()["items"] if item["count"]}


async def _queue(desk: Desk, account: str, name: str, **params: Any) -> list[dict[str, Any]]:
    async with desk.who(account) as client:
        answer = await client.get(f"/queues/{name}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_a_ticket_stands_in_the_queue_of_whoever_has_to_act(district: District) -> None:
    desk = await a_desk(district)
    desk.now("09-14T10:00")
    id_ = await desk.reported()
    assert await _counts(desk, "l") == {"accept": 1} == await _counts(desk, "office")
    assert await _counts(desk, "w") == {} == await _counts(desk, "h2")
    await desk.ask("l", id_, "accept")
    [item] = await _queue(desk, "d", "dispatch")
    assert (item["id"], item["kind_label"], item["unit_name"], item["task_due"]) == (id_, "交办", "某T01", "2026-09-15")
    assert "dispatch" in item["allowed_actions"]
    order = {"leader": str(member("h")), "measures": "清淤", "due": "standard", "co_units": ["D05"]}
    await desk.ask("office", id_, "dispatch", unit="T01", **order)
    assert await _counts(desk, "w") == {"sign": 1}
    await desk.ask("w", id_, "sign")
    assert await _counts(desk, "w") == {"my-contacts": 1, "my-resolutions": 1}
    assert await _counts(desk, "w2") == {}
    assert await _counts(desk, "w5") == {"co-handle": 1}
    await desk.ask("w", id_, "progress", note="已联系", contacted=True)
    await desk.ask("w5", id_, "answer-co-handling", unit="D05", result="已配合")
    await desk.ask("h", id_, "request-extension", workdays=2, reason="雨季", plan="雨后施工", told=True)
    assert await _counts(desk, "w") == {"my-progress": 1, "my-resolutions": 1}
    assert await _counts(desk, "w5") == {}
    assert (await _counts(desk, "office"))["extensions"] == 1
    await desk.ask("office", id_, "reject-extension", reason="不符合条件")
    await desk.ask("office", id_, "supervise", words="请说明", colour="yellow")
    assert (await _counts(desk, "h"))["slips"] == 1
    await desk.ask("w", id_, "resolve", outcome="solved", result="好了", reply="已修好")
    assert (await _counts(desk, "h"))["review"] == 1
    assert "approve" not in (await _counts(desk, "office"))
    await desk.ask("h", id_, "approve")
    assert (await _counts(desk, "caller"))["call-backs"] == 1
    [item] = await _queue(desk, "caller", "call-backs")
    assert item["allowed_actions"][:1] == ["call-back"]


async def test_what_is_due_soon_and_what_is_red(district: District) -> None:
    desk = await a_desk(district)
    desk.now("09-14T10:00")
    made = [await desk.signed() for _ in range(3)]  # Due on the 22nd.
    assert "due-soon" not in await _counts(desk, "h")
    desk.now("09-21T10:00")
    assert (await _counts(desk, "h"))["due-soon"] == 3
    assert len(await _queue(desk, "w", "due-soon", mine=True)) == 3
    assert await _queue(desk, "w2", "due-soon", mine=True) == []
    desk.now("09-24T10:00")
    await clock.sweep(desk.issues)
    assert (await _counts(desk, "office"))["red"] == 3
    items, cursor = list[str](), None
    async with desk.who("h") as client:
        for _ in range(3):
            page = (await client.get("/queues/red", params={"limit": 1, **({"cursor": cursor} if cursor else {})})).json()
            items += [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]
            assert page["total"] == 3 and page["items"][0]["late"]
        assert (await client.get("/queues/nothing")).status_code == 404
        assert (await client.get("/queues/proposals")).status_code == 403
        assert (await client.get("/queues/red", params={"limit": 101})).status_code == 422
    assert sorted(items) == sorted(made) and cursor is None
    assert (await _counts(desk, "office-head"))["proposals"] == 2  # The second and the third red of one unit in a month.
    assert (await _counts(desk, "h"))["slips"] == 3


async def test_what_is_counted_is_what_is_listed(district: District) -> None:
    """For everybody, of every queue: the counts come from one scan, the lists each from its own question."""
    desk = await a_desk(district)
    desk.now("09-14T10:00")
    order = {"unit": "T01", "leader": str(member("h")), "measures": "清淤", "due": "standard", "co_units": ["D05"]}
    accepted, given, at_work, done, called, lifted = [await desk.reported() for _ in range(6)]
    for id_ in (accepted, given, at_work, done, called, lifted):
        await desk.ask("l", id_, "accept")
    for id_ in (given, at_work, done, called, lifted):
        await desk.ask("office", id_, "dispatch", **order)
    await desk.reported(enterprise=1)
    for id_ in (at_work, done, called, lifted):
        await desk.ask("w", id_, "sign")
    await desk.ask("h", at_work, "request-extension", workdays=2, reason="雨季", plan="雨后施工", told=True)
    await desk.ask("office", at_work, "supervise", words="请说明", colour="yellow")
    for id_ in (done, called):
        await desk.ask("w", id_, "progress", note="已联系", contacted=True)
        await desk.ask("w", id_, "resolve", outcome="solved", result="好了", reply="已修好")
    await desk.ask("h", called, "approve")
    desk.now("09-24T10:00")
    await clock.sweep(desk.issues)
    await desk.dispatched()  # What nobody signed was signed by the clock.
    seen = dict[str, int]()
    for account in PEOPLE:
        async with desk.who(account) as client:
            for told in (await client.get("/queues")).json()["items"]:
                page = (await client.get(f"/queues/{told['name']}", params={"limit": 100})).json()
                assert (page["name"], page["label"]) == (told["name"], told["label"])
                assert told["count"] == page["total"] == len(page["items"]), (account, told)
                assert told["late"] == sum(item["late"] for item in page["items"]), (account, told)
                assert told["since"] == min((item["since"] for item in page["items"]), default=None), (account, told)
                days = [item["task_due"] or "9999" for item in page["items"]]
                assert days == sorted(days), "the nearest day first, and last what has none"
                seen[told["name"]] = seen.get(told["name"], 0) + told["count"]
    assert {name for name, count in seen.items() if count} >= {
        "my-contacts",
        "my-resolutions",
        "slips",
        "accept",
        "dispatch",
        "sign",
        "review",
        "co-handle",
        "extensions",
        "call-backs",
        "red",
    }, seen


@pytest.mark.parametrize("few", [5_000, 0])
async def test_a_word_of_two_characters_finds_its_ticket_and_no_other(
    district: District, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """Whether the index names the tickets or the list is walked."""
    monkeypatch.setattr(words, "_FEW", few)
    desk = await a_desk(district)
    desk.now("09-14T10:00")
    loan = await desk.reported(content="流动资金偏紧,申请贷款300万元\n用于 ABC 项目")
    road = await desk.reported(enterprise=1, content="厂区门口100%道路积水_贷方")
    no = (await desk.shown(road))["no"]

    async def found(q: str, account: str = "office") -> list[str]:
        async with desk.who(account) as client:
            answer = await client.get("/issues", params={"q": q})
        assert answer.status_code == 200, answer.text
        return sorted(item["id"] for item in answer.json()["items"])

    both = sorted([loan, road])
    for q, wanted in (
        ("贷款", [loan]),
        ("贷", both),
        ("道路积水", [road]),
        ("款贷", []),
        ("某2公", [road]),
        (no, [road]),
        (no.lower(), [road]),
        ("abc 项目", [loan]),
        ("万元\n用于", [loan]),
        ("100%", [road]),
        ("0%路", []),
        ("_", [road]),
        ("水_贷", [road]),
        ("公司", both),
        (" ", both),
        ("路道", []),
        ("门口 积水", [road]),
        ("贷 路", [road]),
        ("。", []),
        ("'", []),
        ("\\", []),
        ("👍", []),
    ):
        assert await found(q) == wanted, q
    assert await found("贷款", "h2") == []
    await desk.ask("office", loan, "decline", reason="not_ours", text="金融机构自主经营事项")
    assert await found("自主经营") == [loan]


async def test_a_number_in_a_text_is_not_found_digit_by_digit(district: District) -> None:
    """It is shown masked, so whoever asks for more of it than is shown learns nothing."""
    desk = await a_desk(district)
    await desk.reported(content="请回电13712345678,或座机0857-8765432")
    async with desk.who("office") as client:
        for q in ("13712345678", "1371234", "13712346", "712345", "1371", "8765432", "87654", "1371234 5678", "１３７１２３４"):
            found = (await client.get("/issues", params={"q": q})).json()
            assert found["total"] == 0, q
        assert (await client.get("/issues", params={"q": "请回电"})).json()["total"] == 1


def test_grams_of_a_part_are_grams_of_the_whole() -> None:
    text = "厂区 门口\u3000道路👍积水\x1f了"
    for start in range(len(text)):
        for end in range(start + 1, len(text) + 1):
            assert set(asked(text[start:end])) <= set(grams(found_by(text)))
