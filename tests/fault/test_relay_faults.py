"""Relays and NATS are killed, stopped, wiped: the stream comes to hold the log again, and whoever follows it too."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import asyncpg
import pytest
from support.logs import a_write, entire
from support.streams import stream_equals_log, write_many
from support.world import District, until

from shared.log.background import ended
from shared.log.eventlog import Entry, append, head
from shared.log.relay import Health, Relay
from shared.log.subscriptions import following, listen
from shared.log.views import CURSORS, Follower

TIMES = "create table if not exists {schema}.times (pos bigint primary key, n int not null)"


async def note(connection: Any, entries: Sequence[Entry]) -> None:
    """A projection that would show every event that counts twice."""
    await connection.executemany(
        "insert into view.times values ($1, 1) on conflict (pos) do update set n = view.times.n + 1",
        [(entry.pos,) for entry in entries],
    )


TALLY = Follower("tally", "roster", note, TIMES)


async def applied_once_each(pool: Any, seconds: float = 20) -> None:
    position = await head(pool)

    async def there() -> bool:
        return await pool.fetchval("select pos from view.cursor where name = 'tally'") == position

    await until(there, seconds)
    rows = await pool.fetch("select pos, n from view.times order by pos")
    assert [(row["pos"], row["n"]) for row in rows] == [(pos, 1) for pos in range(1, position + 1)]


async def tables(pool: Any) -> None:
    for text in ("create schema if not exists view", CURSORS, TIMES):
        await pool.execute(text.replace("{schema}", "view"))


async def test_a_relay_killed_at_any_moment_leaves_the_stream_as_the_log(district: District) -> None:
    pool = await district.pool()
    writing = asyncio.create_task(write_many(pool, "w", 300, 0.001))
    for seed in range(20):
        chance = random.Random(seed)
        relay = asyncio.create_task(Relay(pool, district.bus(), "roster").run())
        await asyncio.sleep(chance.random() * 0.06)
        await ended([relay])
    await writing
    last = asyncio.create_task(Relay(pool, district.bus(), "roster").run())
    await stream_equals_log(district.bus(), pool)
    await ended([last])
    await pool.close()


async def test_a_consumer_killed_at_any_moment_applies_everything_once(district: District) -> None:
    pool, bus = await district.pool(), district.bus()
    await tables(pool)
    relay = asyncio.create_task(Relay(pool, bus, "roster").run())
    writing = asyncio.create_task(write_many(pool, "w", 200, 0.001))
    for seed in range(20):
        chance = random.Random(100 + seed)
        consumer = asyncio.create_task(listen(bus, "roster", [following(pool, TALLY, Health())]))
        await asyncio.sleep(chance.random() * 0.06)
        await ended([consumer])
    await writing
    last = asyncio.create_task(listen(bus, "roster", [following(pool, TALLY, Health())]))
    await applied_once_each(pool)
    await ended([relay, last])
    await pool.close()


async def test_two_consumers_at_once_apply_everything_once(district: District) -> None:
    pool, bus = await district.pool(), district.bus()
    await tables(pool)
    tasks = [asyncio.create_task(Relay(pool, bus, "roster").run())]
    tasks += [asyncio.create_task(listen(each, "roster", [following(pool, TALLY, Health())])) for each in (bus, district.bus())]
    await asyncio.gather(*(write_many(pool, f"w{n}", 60) for n in range(4)))
    await applied_once_each(pool)
    await ended([*tasks])
    await pool.close()


async def test_nats_killed_and_started_again_catches_up(district: District) -> None:
    pool, bus = await district.pool(), district.bus()
    await tables(pool)
    tasks = [
        asyncio.create_task(Relay(pool, bus, "roster").run()),
        asyncio.create_task(listen(bus, "roster", [following(pool, TALLY, Health())])),
    ]
    await write_many(pool, "before", 20)
    await applied_once_each(pool)
    writing = asyncio.create_task(write_many(pool, "during", 100, 0.01))
    await asyncio.sleep(0.2)
    district.world.nats.kill()
    await asyncio.sleep(0.3)
    assert not writing.done(), "writers don't wait for NATS"
    before = await head(pool)
    await append(pool, [a_write("while it is away")])
    assert await head(pool) > before
    district.world.nats.start()
    await writing
    await applied_once_each(pool)
    await stream_equals_log(bus, pool)
    await ended([*tasks])
    await pool.close()


async def test_a_wiped_stream_is_filled_again_and_those_who_follow_do_not_notice(district: District) -> None:
    pool, bus = await district.pool(), district.bus()
    await tables(pool)
    tasks = [
        asyncio.create_task(Relay(pool, bus, "roster").run()),
        asyncio.create_task(listen(bus, "roster", [following(pool, TALLY, Health())])),
    ]
    await asyncio.gather(*(write_many(pool, f"before{n}", 150) for n in range(4)))
    await applied_once_each(pool)
    writing = asyncio.create_task(write_many(pool, "during", 100, 0.01))
    district.world.wipe_nats()
    await writing
    await stream_equals_log(bus, pool)
    await applied_once_each(pool)
    await ended([*tasks])
    await pool.close()


async def test_a_service_whose_nats_is_away_accepts_commands_and_says_so(district: District) -> None:
    service = await district.open(relay=True)
    async with district.client(service) as client:
        district.world.nats.kill()
        try:
            made = await client.put("/units/520502", json={"name": "某区", "kind": "district", "on": "2026-08-01"})
            assert made.status_code == 201
            ready = await client.get("/readyz")
            assert (ready.status_code, ready.json()["checks"]["nats"]["ok"]) == (200, False)
        finally:
            district.world.nats.start()
    await stream_equals_log(district.bus(), service.pool)
    assert len(await entire(service.pool)) == 1


async def test_a_cursor_beyond_its_stream_halts_who_has_it_and_another_history_never_satisfies_it(district: District) -> None:
    """A log lost together with its stream: the new one grows past the cursor, and is still not the one that was followed."""
    pool, bus = await district.pool(), district.bus()
    await tables(pool)
    health = Health()
    relay = asyncio.create_task(Relay(pool, bus, "roster").run())
    listening = asyncio.create_task(listen(bus, "roster", [following(pool, TALLY, health)]))
    await write_many(pool, "old", 10)
    await applied_once_each(pool)
    cursor_ = await head(pool)
    await ended([relay, listening])
    admin = await district.connect("roster", user="postgres")
    await admin.execute("set session_replication_role = replica")
    await admin.execute("truncate log.entry, log.command, log.stream; update log.head set pos = 0; drop table view.published")
    await admin.close()
    district.world.wipe_nats()
    relay = asyncio.create_task(Relay(pool, bus, "roster").run())
    listening = asyncio.create_task(listen(bus, "roster", [following(pool, TALLY, health)]))

    async def halted() -> str:
        return health.halted

    assert "消息流只到第" in await until(halted)
    await write_many(pool, "new", 20)
    await stream_equals_log(bus, pool)

    async def differs() -> bool:
        return "与已处理的不同" in health.halted

    await until(differs)
    assert (health.ok, await pool.fetchval("select max(pos) from view.times")) == (False, cursor_)
    await ended([relay, listening])
    await pool.close()


async def test_a_cursor_that_was_moved_does_not_fit_and_halts(district: District) -> None:
    pool, bus = await district.pool(), district.bus()
    await tables(pool)
    relay = asyncio.create_task(Relay(pool, bus, "roster").run())
    health = Health()
    listening = asyncio.create_task(listen(bus, "roster", [following(pool, TALLY, health)]))
    await write_many(pool, "w", 10)
    await applied_once_each(pool)
    await ended([listening])
    await pool.execute("update view.cursor set pos = pos - 5")
    listening = asyncio.create_task(listen(bus, "roster", [following(pool, TALLY, health)]))

    async def halted() -> bool:
        return "与已处理的不同" in health.halted

    await until(halted)
    await ended([relay, listening])
    await pool.close()


@pytest.mark.parametrize("lost", [1, 700, 5_000, 1 << 30])
async def test_both_servers_die_at_once_and_the_end_of_the_stream_with_them(district: District, lost: int) -> None:
    """A server that writes to the disk once a second: the log is flushed at each commit, and the stream is filled again."""
    pool, bus = await district.pool(), district.bus()
    await tables(pool)
    tasks = [
        asyncio.create_task(Relay(pool, bus, "roster").run()),
        asyncio.create_task(listen(bus, "roster", [following(pool, TALLY, Health())])),
    ]
    await asyncio.gather(*(write_many(pool, f"before{n}", 30) for n in range(2)))
    await applied_once_each(pool)
    await stream_equals_log(bus, pool)
    acknowledged = [entry.leaf for entry in await entire(pool)]
    district.world.lose_power(district.code, "roster", lost)
    await until(lambda: _answers(pool))
    await write_many(pool, "after", 20)
    await applied_once_each(pool)
    await stream_equals_log(bus, pool)
    assert [entry.leaf for entry in await entire(pool)][: len(acknowledged)] == acknowledged
    await ended([*tasks])
    await pool.close()


async def _answers(pool: Any) -> bool:
    try:
        return bool(await head(pool))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
