"""R06 诉求交办率达100%."""

from __future__ import annotations

from typing import Any

from support.alleged import alleged
from support.desk import Desk, a_desk, member
from support.world import District, until


async def _undispatched(desk: Desk, account: str = "office", **params: Any) -> dict[str, Any]:
    async with desk.who(account) as client:
        answer = await client.get("/queues/undispatched", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_k2_is_computed_and_what_nobody_gave_out_is_listed_by_desk(district: District) -> None:
    """K2 computed; every un-交办 issue older than 1wd listed by name of desk"""
    desk = await a_desk(district)
    desk.now("09-21T10:00")  # A Monday.
    given = await desk.dispatched()
    lying = await desk.reported()
    taken = await desk.reported(account="w5", content="融资难")
    await desk.ask("h5", taken, "accept")
    desk.now("09-22T16:00")
    fresh = await desk.reported()
    assert (await _undispatched(desk))["total"] == 0  # One working day is what the rule gives.
    desk.now("09-28T10:00")  # 25 to 27 September nobody works; now even the last one waits longer than a day.
    page = await _undispatched(desk)
    told = {item["id"]: (item["unit"], item["unit_name"], item["desk"], item["waited"]) for item in page["items"]}
    assert told == {
        lying: ("T01", "某T01", "受理(联络员、副网格长)", 4),
        fresh: ("T01", "某T01", "受理(联络员、副网格长)", 3),
        taken: ("D05", "某D05", "交办(副网格长、网格长)", 4),
    }
    assert [(row["unit_name"], row["count"], row["waited"]) for row in page["desks"]] == [("某D05", 1, 4), ("某T01", 2, 4)]
    assert given not in told
    assert {item["id"] for item in (await _undispatched(desk, unit="D05"))["items"]} == {taken}
    assert {item["id"] for item in (await _undispatched(desk, "h"))["items"]} == {lying, fresh}  # Its own alone.
    first = await _undispatched(desk, limit=2)
    rest = await _undispatched(desk, limit=2, cursor=first["next_cursor"])
    assert {item["id"] for item in first["items"] + rest["items"]} == set(told)
    await _k2(district, desk)


async def _k2(district: District, desk: Desk) -> None:
    """One of four was given out, as reporting counts them from the same facts."""
    reporting = await district.open("reporting", relay=True)
    head = await desk.issues.pool.fetchval("select pos from log.head")

    async def there() -> bool:
        rows = await reporting.pool.fetch("select name, pos from view.cursor where log = 'issues'")
        return bool(rows) and all(row["pos"] >= head for row in rows)

    await until(there)
    async with desk.district.client(reporting) as office:
        answer = await office.get("/demands", params={"month": "2026-09"})
    assert answer.status_code == 200, answer.text
    told = answer.json()["whole_month"]
    assert told["rates"]["dispatched"] == {"n": 1, "d": 4, "pct": "25.00"}
    assert told["rates"]["dispatched_promptly"] == {"n": 1, "d": 4, "pct": "25.00"}
    assert len(told["undispatched"]) == 3


async def test_what_was_sent_back_lies_with_the_office(district: District) -> None:
    """A ticket that bounced is un-交办 again, and the office's desk has it."""
    desk = await a_desk(district)
    desk.now("09-21T10:00")
    id_ = await desk.reported()
    await desk.ask("l", id_, "accept")
    await desk.ask("office", id_, "dispatch", unit="D05", leader=str(member("h5")), measures="协调", due="standard")
    await desk.ask("h5", id_, "return", reason="职责不在本单位:三定方案第四条")
    desk.now("09-24T10:00")
    [item] = (await _undispatched(desk))["items"]
    assert (item["id"], item["desk"]) == (id_, "重新交办(区优化办)")


async def test_nobody_sees_more_desks_than_their_reach(district: District) -> None:
    """Reports of 变味 stay with the inspectorate, in lists too."""
    desk = await a_desk(district)
    desk.now("09-21T10:00")
    id_ = await alleged(desk)
    desk.now("09-28T10:00")
    assert [item["id"] for item in (await _undispatched(desk, "inspector"))["items"]] == [id_]
    for account in ("h", "h5", "caller", "hotline"):
        page = await _undispatched(desk, account)
        assert (page["total"], page["desks"]) == (0, []), account
    async with desk.district.client(desk.issues) as office:
        office.headers["Authorization"] = f"Bearer {desk.district.token('admin', account='a')}"  # type: ignore[arg-type]
        assert (await office.get("/queues/undispatched")).status_code == 403
        assert (await office.get("/queues")).status_code == 403
