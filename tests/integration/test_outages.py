"""An outage passes by itself and is waited for; a fault of ours does not and is parked, although the driver calls both alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import asyncpg
import pytest
from support.logs import entire
from support.streams import write_many
from support.world import District

from shared.language.problems import Unavailable
from shared.log.bus import BusUnavailable
from shared.log.eventlog import Entry
from shared.log.health import Health
from shared.log.outages import OUTAGES, passes
from shared.log.relay import TRANSIENT, transient
from shared.log.subscriptions import Listener, reacting
from shared.log.views import CURSORS, Reaction

FAULTS: dict[str, Callable[[Any], Awaitable[Any]]] = {
    "not encoded": lambda pool: pool.fetchval("select $1::int", "words"),
    "out of range": lambda pool: pool.fetchval("select $1::bigint", 2**70),
    "too few arguments": lambda pool: pool.fetchval("select $1::int + $2::int", 1),
    "no such table": lambda pool: pool.fetchval("select 1 from nothing_here"),
}


@pytest.fixture
async def pool(district: District) -> AsyncIterator[asyncpg.Pool]:
    made = await district.pool()
    for text in ("create schema if not exists view", CURSORS):
        await made.execute(text.replace("{schema}", "view"))
    yield made
    await made.close()


async def raised(doing: Callable[[], Awaitable[Any]]) -> Exception:
    with pytest.raises(Exception) as told:
        await doing()
    return told.value


@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_of_ours_does_not_pass(pool: asyncpg.Pool, name: str) -> None:
    assert not transient(await raised(lambda: FAULTS[name](pool)))


async def test_a_connection_or_a_pool_that_is_gone_passes(district: District, pool: Any) -> None:
    async with pool.acquire() as held:
        await pool.execute("select pg_terminate_backend($1)", await held.fetchval("select pg_backend_pid()"))
        cut = await raised(lambda: held.fetchval("select pg_sleep(1)"))
        closed = await raised(lambda: held.fetchval("select 1"))
    released = await raised(lambda: held.fetchval("select 1"))
    other: Any = await district.pool()
    await other.close()
    gone = await raised(lambda: other.fetchval("select 1"))
    for error in (cut, closed, released, gone):
        assert passes(error), repr(error)
        assert isinstance(error, OUTAGES)
    assert all(map(transient, (cut, gone, BusUnavailable(), Unavailable(), OSError(), TimeoutError())))
    assert all(issubclass(kind, TRANSIENT) for kind in OUTAGES)


async def acting(pool: asyncpg.Pool, react: Callable[[Entry], Awaitable[None]], entries: Sequence[Entry]) -> Listener:
    reaction = Reaction("acts", "roster", tuple({entry.type for entry in entries}), react)
    await pool.execute("insert into view.cursor (name, log) values ('acts', 'roster')")
    return reacting(pool, reaction, Health())


@pytest.mark.parametrize("name", FAULTS)
async def test_what_no_waiting_mends_is_parked_and_the_next_is_reached(pool: asyncpg.Pool, name: str) -> None:
    await write_many(pool, "w", 3)
    entries = await entire(pool)
    reached: list[int] = []

    async def react(entry: Entry) -> None:
        reached.append(entry.pos)
        if entry.pos == 1:
            await FAULTS[name](pool)

    await (await acting(pool, react, entries)).take(0, entries)
    assert await pool.fetchval("select array_agg(pos) from view.parked where follower = 'acts'") == [1]
    assert set(reached) == {entry.pos for entry in entries}, "and so are those beside it"


async def test_an_outage_is_never_parked(pool: asyncpg.Pool) -> None:
    await write_many(pool, "w", 2)
    entries = await entire(pool)
    away = True

    async def react(entry: Entry) -> None:
        if away:
            async with asyncio.timeout(5), pool.acquire() as held:
                await pool.execute("select pg_terminate_backend($1)", await held.fetchval("select pg_backend_pid()"))
                await held.fetchval("select pg_sleep(1)")

    listener = await acting(pool, react, entries)
    assert transient(await raised(lambda: listener.take(0, entries)))
    away = False
    await listener.take(0, entries)
    assert await pool.fetchval("select count(*) from view.parked") == 0
