"""Health tells the truth: who does not do its work is named, who is behind is not ready, and telling never breaks anything."""

from __future__ import annotations

import asyncio
import io
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
import structlog
from support.logs import a_write
from support.roster import DISTRICT, unit
from support.streams import stream_equals_log, write_many
from support.world import District, until

from shared.http.service import Periodic, Service
from shared.log.eventlog import Entry, append, head
from shared.log.health import Health
from shared.log.loglines import Lines, logging_to
from shared.log.sweeping import Unfinished, for_each
from shared.log.views import Follower, Reaction

UNIT = {"name": "某区", "kind": "district", "on": "2026-08-01"}


def a_service(district: District, **more: Any) -> Service:
    """A service of nothing but what is asked for, on the database of visits."""
    return Service("visits", district.settings("visits"), (), {}, title="visits", **more)


async def opened(district: District, service: Service) -> Service:
    await district.vault()
    district.streams()
    await service.open(database=await district.database("visits"))
    district.services["visits"] = service
    return service


async def readiness(service: Service) -> tuple[int, dict[str, Any]]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service.app()), base_url="http://guiren") as client:
        answer = await client.get("/readyz")
        return answer.status_code, answer.json()


def test_a_line_that_can_not_be_written_is_lost_and_nothing_else() -> None:
    before = Lines.lost
    full = io.TextIOWrapper(io.FileIO("/dev/full", "w"), encoding="ascii", write_through=True)  # type: ignore[arg-type]
    try:
        logging_to("json", full)
        structlog.get_logger().info("to a full disk")
        structlog.get_logger().error("贵人 and a lone \ud800", exc_info=OSError(28, "No space left on device"))
    finally:
        logging_to("json")
        full.close()
    assert Lines.lost == before + 2


async def test_a_service_whose_log_is_on_a_full_disk_goes_on_after_an_outage(whole_district: District) -> None:
    """Every line it writes fails; NATS goes and comes back; what it acknowledged reaches the stream."""
    district = whole_district
    await district.database("roster")
    await district.vault()
    process = district.process("roster")
    process.log.parent.mkdir(parents=True, exist_ok=True)
    process.log.unlink(missing_ok=True)
    process.log.symlink_to("/dev/full")
    auth = {"Authorization": f"Bearer {await district.installed()}"}
    try:
        process.start()
        async with httpx.AsyncClient(base_url=process.url, headers=auth, timeout=30) as client:
            district.world.nats.kill()
            try:
                made = await client.put("/units/520502", json=UNIT)
                assert made.status_code == 201, made.text
                await asyncio.sleep(4)  # The relay meets the outage and says so, in vain.
            finally:
                district.world.nats.start()
            pool = await district.pool()
            await stream_equals_log(district.bus(), pool)
            await pool.close()
            assert (await client.get(f"{process.inside}/readyz")).status_code == 200
    finally:
        process.kill()
        process.log.unlink()


async def test_a_background_task_that_ends_ends_the_process(district: District) -> None:
    fell = asyncio.Event()
    service = await opened(district, a_service(district))
    service.fall = fell.set
    service._running[0].cancel()
    async with asyncio.timeout(5):
        await fell.wait()
    status, told = await readiness(service)
    assert (status, told["checks"]["process"]["unready"]) == (503, "ending")
    assert "relay" in service.fallen


async def test_what_fails_again_and_again_is_degraded_by_name_and_reason_until_it_goes_well(district: District) -> None:
    broken = True
    turns = 0

    async def do() -> None:
        nonlocal turns
        turns += 1
        if broken:
            raise KeyError("whole_month")

    service = a_service(district, tasks=lambda _service: (Periodic("supplements", 0.02, do),))
    await opened(district, service)

    async def failed_twice() -> bool:
        return service.health["supplements"].failures >= 2

    await until(failed_twice)
    status, told = await readiness(service)
    assert (status, told["ready"], told["degraded"]) == (200, True, ["supplements"])
    assert "KeyError" in told["checks"]["supplements"]["error"]
    assert "whole_month" not in told["checks"]["supplements"]["error"], "what a library says is for the log"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service.app()), base_url="http://guiren") as client:
        assert 'guiren_background_failures_total{service="visits",task="supplements"}' in (await client.get("/metrics")).text
    broken = False
    await until(lambda: _is(service.health["supplements"].ok))
    assert (await readiness(service))[1]["degraded"] == []


async def _is(true: bool) -> bool:
    return true


async def test_one_that_fails_stops_no_other_and_is_named() -> None:
    async def do(number: int) -> int:
        if number % 3 == 0:
            raise KeyError(number)
        return number

    done, failed = await for_each("number", range(10), do, at_once=4)
    assert done == [1, 2, 4, 5, 7, 8]
    assert sorted(failed) == [0, 3, 6, 9]
    assert "4 项未办成,第一项 0" in str(Unfinished(failed))


def test_who_is_far_behind_or_stands_still_before_something_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    health = Health(position=10, head=10)
    assert health.unready == ""
    health.head = 10 + 21_607
    assert (health.unready, health.facts()["lag"]) == ("behind", 21_607)
    health.head = 20
    assert health.unready == ""
    monkeypatch.setattr("shared.log.health._STUCK_SECONDS", -1)
    assert health.unready == "behind"
    monkeypatch.undo()
    health.position = 20
    assert health.unready == ""
    assert Health(goal=None).unready == Health(goal=5).unready == "catching up"


async def test_ready_means_that_what_was_there_at_the_start_is_copied(district: District) -> None:
    """Whenever it says ready, its copy holds all that stood in the stream when it started."""
    roster = await district.open(relay=True)
    await write_many(roster.pool, "w", 450)
    there = await head(roster.pool)
    await stream_equals_log(district.bus(), roster.pool)
    copied: list[int] = []

    async def copy(_connection: Any, entries: list[Entry]) -> None:
        await asyncio.sleep(0.2)
        copied.extend(entry.pos for entry in entries)

    service = a_service(district, followers=lambda _service: (Follower("slow", "roster", copy),))
    await opened(district, service)
    said: list[int] = []
    while 200 not in said:
        status, told = await readiness(service)
        said.append(status)
        assert (status == 200) <= (len(copied) >= there), told
        await asyncio.sleep(0.02)
    assert 503 in said
    del district.services["visits"], district.services["roster"]
    await asyncio.gather(service.close(), roster.close())


async def test_a_new_reaction_that_catches_up_holds_back_nobody(district: District) -> None:
    """Old ones hear of a new fact at once, while a new one still works through the past it was told to act on."""
    roster = await district.open(relay=True)
    await write_many(roster.pool, "w", 1_250)
    past = await head(roster.pool)
    old: list[int] = []
    new: list[int] = []

    async def hear(_connection: Any, entries: list[Entry]) -> None:
        old.extend(entry.pos for entry in entries)

    async def act(entry: Entry) -> None:
        await asyncio.sleep(0.02)
        new.append(entry.pos)

    first = await opened(district, a_service(district, followers=lambda _service: (Follower("old", "roster", hear),)))
    await until(lambda: _is(len(old) == past))
    await first.close()
    second = a_service(
        district,
        followers=lambda _service: (Follower("old", "roster", hear),),
        reactions=lambda _service: (Reaction("new", "roster", ("roster.unit-renamed.v1",), act),),
    )
    await second.open(database=await district.database("visits"), relay=False)
    assert await second.pool.fetchval("select pos from view.cursor where name = 'new'") == past, "nothing acts on the past"
    await second.pool.execute("update view.cursor set pos = 0 where name = 'new'")
    await second.close()
    await second.open(database=await district.database("visits"))
    district.services["visits"] = second
    await until(lambda: _is(bool(new)))
    await append(roster.pool, [a_write("later")])
    await until(lambda: _is(past + 1 in old), seconds=5)
    assert len(new) < past - 100, "the new one is still in the past"
    del district.services["visits"], district.services["roster"]
    await asyncio.gather(second.close(), roster.close())


FULL = """
create function log.full() returns trigger language plpgsql as
$$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$;
create trigger full_disk before insert on log.entry for each statement execute function log.full()
"""


async def test_a_full_disk_is_503_with_a_problem_document_and_told(district: District) -> None:
    roster = await district.open()
    admin = await district.connect(user="postgres")
    async with district.client(roster) as office:
        await admin.execute(FULL)
        refused = await office.put("/units/520502", json=UNIT)
        assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
        assert refused.json()["type"] == "urn:guiren:problem:storage-full"
        assert "retry-after" in refused.headers
        told = (await office.get("/readyz")).json()
        assert "disk" in told["degraded"]
        await admin.execute("drop trigger full_disk on log.entry")
        assert (await office.put("/units/520502", json=UNIT)).status_code == 201
    await admin.close()


async def test_a_reaction_waits_for_room_and_parks_nothing(district: District) -> None:
    roster = await district.open(relay=True)
    tries: list[int] = []

    async def act(entry: Entry) -> None:
        tries.append(entry.pos)
        if len(tries) < 3:
            raise asyncpg.DiskFullError("could not extend file")

    service = await opened(
        district,
        a_service(district, reactions=lambda _service: (Reaction("actor", "roster", ("roster.unit-established.v1",), act),)),
    )
    await unit(district, "520502", DISTRICT, command_id=uuid4())
    await until(lambda: _is(len(tries) == 3))
    assert await service.pool.fetchval("select count(*) from view.parked") == 0
    del district.services["visits"]
    await service.close()
    assert roster.name == "roster"
