"""A clock that has jumped ahead writes nothing: it would pin every later recorded time to itself."""

from __future__ import annotations

import asyncio
import time
from uuid import uuid4

import asyncpg
import httpx
import pytest
from support.roster import DISTRICT, unit
from support.world import District

from shared.language.instants import ClockAhead, Instants

DAY_US = 86_400_000_000
NOW = 1_795_000_000_000_000


async def renamed(client: httpx.AsyncClient, name: str) -> httpx.Response:
    return await client.post(
        "/units/520502/rename", json={"name": name, "on": "2026-08-01"}, headers={"Idempotency-Key": f"k-{uuid4()}"}
    )


async def set_forward(admin: asyncpg.Connection, days: int) -> None:
    await admin.execute(
        "create or replace function log.clock_timestamp() returns timestamptz language sql as "
        f"$$ select pg_catalog.clock_timestamp() + interval '{days} days' $$;"
        "grant execute on function log.clock_timestamp() to public"
    )


async def test_a_database_whose_clock_has_jumped_ahead_records_nothing(district: District) -> None:
    """PostgreSQL's clock as the append sees it, three days ahead of everything else."""
    service = await district.open("roster", relay=True)
    admin = await district.connect("roster", user="postgres")
    await set_forward(admin, 0)
    await unit(district, "520502", DISTRICT, command_id=uuid4())
    before = tuple(await service.pool.fetchrow("select pos, rec_us from log.head"))
    await set_forward(admin, 3)
    async with district.client(service) as client:
        refused = await renamed(client, "某区二")
        assert (refused.status_code, refused.json()["type"]) == (503, "urn:guiren:problem:clock-ahead")
        assert "3 天" in refused.json()["reason"]
        assert tuple(await service.pool.fetchrow("select pos, rec_us from log.head")) == before, "nothing is pinned"
        assert (await client.get("/units/520502")).status_code == 200, "reading goes on"
        await set_forward(admin, 0)
        await admin.close()
        assert (await renamed(client, "某区三")).status_code == 200, "set right, it goes on by itself"
    assert await service.pool.fetchval("select rec_us from log.head") < before[1] + DAY_US


async def test_a_service_that_finds_the_clock_ahead_says_so_in_readyz(district: District) -> None:
    service = await district.open("roster", relay=True)
    await unit(district, "520502", DISTRICT, command_id=uuid4())
    wall, service.desk.instants.wall = service.desk.instants.wall, lambda: time.time_ns() // 1_000 - 3 * DAY_US
    await asyncio.sleep(1.1)  # What is a second after the newest entry pins nothing, and is not asked about.
    async with district.client(service) as client:
        ready = await client.get("/readyz")
        told = ready.json()["checks"]["clock"]
        assert (ready.status_code, told["unready"]) == (503, "halted")
        assert "3 天" in told["error"]
        assert (await renamed(client, "某区二")).status_code == 503
        service.desk.instants.wall = wall
        assert "clock" not in (await client.get("/readyz")).json()["checks"]
        assert (await renamed(client, "某区三")).status_code == 200


async def test_after_an_implausible_silence_a_person_says_that_the_clock_is_right(district: District) -> None:
    service = await district.open("roster", relay=True)
    await unit(district, "520502", DISTRICT, command_id=uuid4())
    await service.close()
    admin = await district.connect("roster", user="postgres")
    await admin.execute("update log.head set rec_us = rec_us - $1", 100 * DAY_US)
    service = await district.open("roster", relay=True)
    async with district.client(service) as client:
        refused = await renamed(client, "某区二")
        assert refused.status_code == 503
        assert "GUIREN_LONGEST_SILENCE_DAYS" in refused.json()["reason"]
    await service.close()
    settled = district.settings
    district.settings = lambda name="roster", **changes: settled(name, longest_silence_days=400, **changes)  # type: ignore[method-assign]
    service = await district.open("roster", relay=True)
    async with district.client(service) as client:
        assert (await renamed(client, "某区三")).status_code == 200
    await admin.close()


@pytest.mark.parametrize(
    ("ran", "clock", "plausible"),
    [
        (10, 10, True),  # seconds by the steady clock, and by the wall clocks of both
        (10, 69, True),
        (10, 71, False),
        (864_000, 864_000, True),  # ten days of holidays
        (864_000, 864_100, False),
        (10, -3_600, True),  # Back: the log goes on from its newest, and the clock is told to be behind.
    ],
)
def test_a_step_while_running_is_measured_against_the_time_that_ran(ran: int, clock: int, *, plausible: bool) -> None:
    told = {"wall": NOW, "steady": 5}
    instants = Instants(wall=lambda: told["wall"], steady=lambda: told["steady"])
    instants.begin(NOW, NOW - DAY_US)
    told["wall"], told["steady"] = NOW + clock * 1_000_000, 5 + ran * 1_000_000
    if plausible:
        instants.admit(told["wall"])
    else:
        with pytest.raises(ClockAhead):
            instants.admit(told["wall"])
        told["wall"] = NOW + ran * 1_000_000
        instants.admit(told["wall"])


def test_a_log_that_is_ahead_of_the_clock_goes_on_by_a_microsecond() -> None:
    instants = Instants(wall=lambda: NOW, steady=lambda: 5)
    instants.begin(NOW, NOW + 3 * DAY_US)
    instants.admit(NOW + 3 * DAY_US + 1)
    with pytest.raises(ClockAhead):
        instants.admit(NOW + 4 * DAY_US)
