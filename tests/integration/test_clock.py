"""The clock of tickets on real servers: once each, in order, with how late; asked beforehand it says the same."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from support.desk import Desk, a_desk, at
from support.world import District

from services.issues import clock


@pytest.fixture
async def desk(district: District) -> Desk:
    return await a_desk(district)


async def test_nobody_signs_and_the_clock_does_everything_once_and_in_order(desk: Desk) -> None:
    desk.now("09-14T10:00:00")
    id_ = await desk.dispatched()  # 求助: seven working days, due 09-22 (Sunday the 20th is worked).
    desk.now("12-01T10:00:00")  # Two and a half months of silence, then the platform comes up again.
    first, second = await asyncio.gather(clock.sweep(desk.issues), clock.sweep(desk.issues))
    assert first + second > 0
    assert await clock.sweep(desk.issues) == 0
    rung = [data for type_, data in await desk.facts(id_) if type_ == "alarm-raised"]
    kinds = [data["kind"] for data in rung]
    assert len(kinds) == len({(d["kind"], d["deadline"]) for d in rung})
    assert [kind for kind in kinds if kind in ("sign", "blue", "yellow", "red", "red_5", "red_10")] == [
        "sign",
        "blue",
        "yellow",
        "red",
        "red_5",
        "red_10",
    ]
    assert all(data["late_minutes"] > 0 for data in rung)
    signed = next(data for type_, data in await desk.facts(id_) if type_ == "issue-signed")
    assert signed["auto"] is True
    told = await desk.shown(id_)
    assert told["due"]["on"] == told["first_due"]["on"] == "2026-09-22"
    assert told["colour"] == "red"
    assert {p["measure"] for p in told["proposals"]} == {"bulletin", "interview", "escalation"}
    assert [slip["no"] for slip in told["slips"]] == ["贵服督〔2026〕1号"]


async def test_outside_working_hours_nothing_rings(desk: Desk) -> None:
    desk.now("09-14T10:00:00")
    await desk.dispatched()
    for hour in ("09-17T03:00:00", "09-19T11:00:00", "10-02T10:00:00", "09-17T18:00:00"):
        desk.now(hour)
        assert await clock.sweep(desk.issues) == 0
    desk.now("09-17T09:00:00")
    assert await clock.sweep(desk.issues) > 0


async def test_what_is_foreseen_is_what_rings(desk: Desk) -> None:
    desk.now("09-14T10:00:00")
    id_ = await desk.dispatched()
    until_ = at("10-15T12:00:00")
    async with desk.who("office") as office:
        answer = await office.get("/timers", params={"at": until_.isoformat()})
        assert answer.status_code == 200, answer.text
    foreseen = [(item["kind"], item["deadline"]) for item in answer.json()["items"]]
    assert [type_ for type_, _ in await desk.facts(id_) if type_ == "alarm-raised"] == []
    day = at("09-14T10:00:00")
    while day <= until_:
        desk.issues.clock = lambda day=day: day
        await clock.sweep(desk.issues)
        day += timedelta(hours=1)
    rung = [(data["kind"], data["deadline"]) for type_, data in await desk.facts(id_) if type_ == "alarm-raised"]
    assert rung == foreseen


async def test_what_one_ticket_refuses_holds_up_no_other(desk: Desk) -> None:
    """As a clock that read a row before the calendar changed, and comes to ring it after another clock has."""
    desk.now("09-14T10:00:00")
    first, second = await desk.dispatched(), await desk.dispatched()
    stale = await desk.issues.pool.fetchrow("select * from alarm where issue = $1 and kind = 'sign'", first)
    assert stale is not None
    desk.now("09-17T10:00:00")
    await clock.sweep(desk.issues)
    rung = len(await desk.facts(first))
    await desk.issues.pool.execute(
        "insert into alarm values ($1, $2, $3, $4)",
        *(stale[name] if name != "at" else stale["at"] - timedelta(hours=1) for name in ("issue", "kind", "deadline", "at")),
    )
    desk.now("09-24T10:00:00")
    await clock.sweep(desk.issues)
    assert len(await desk.facts(first)) == rung
    assert "red" in [data["kind"] for type_, data in await desk.facts(second) if type_ == "alarm-raised"]
    await desk.issues.pool.execute("delete from alarm where issue = $1 and kind = 'sign'", first)
    await clock.sweep(desk.issues)
    assert "red" in [data["kind"] for type_, data in await desk.facts(first) if type_ == "alarm-raised"]
