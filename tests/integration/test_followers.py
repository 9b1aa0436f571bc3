"""The incoming half: in order, once, without a gap; a fact that can't be applied stops a projection, never is skipped."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import asyncpg
import pytest
from support.logs import a_write, entire
from support.streams import write_many
from support.world import District, until

from shared.language.facts import UnknownFact
from shared.language.problems import Problem
from shared.log.background import ended
from shared.log.eventlog import Entry, Write, append
from shared.log.relay import Health, Relay
from shared.log.subscriptions import following, listen, reacting, replay_parked
from shared.log.views import CURSORS, Follower, Gap, Reaction, apply

TABLE = "create table if not exists {schema}.told (pos bigint, stream text, ver int, name text)"


async def tell(connection: Any, entries: Sequence[Entry]) -> None:
    await connection.executemany(
        "insert into view.told values ($1, $2, $3, $4)",
        [(entry.pos, entry.stream, entry.version, entry.fact.name) for entry in entries],  # type: ignore[attr-defined]
    )


def teller(**more: Any) -> Follower:
    return Follower(**{"name": "teller", "log": "roster", "apply": tell, "ddl": TABLE, **more})


async def prepared(district: District) -> asyncpg.Pool:
    pool = await district.pool()
    for text in ("create schema if not exists view", CURSORS, TABLE):
        await pool.execute(text.replace("{schema}", "view"))
    return pool


async def told(pool: Any) -> list[tuple[int, str, int]]:
    return [(row["pos"], row["stream"], row["ver"]) for row in await pool.fetch("select * from view.told order by pos")]


async def standing(pool: Any, name: str = "teller") -> int:
    return await pool.fetchval("select pos from view.cursor where name = $1", name)


def as_told(entries: Sequence[Entry]) -> list[tuple[int, str, int]]:
    return [(entry.pos, entry.stream, entry.version) for entry in entries]


@pytest.mark.parametrize("seed", range(5))
async def test_delivered_twice_out_of_order_and_in_overlapping_batches_gives_the_same_table(
    district: District, seed: int
) -> None:
    pool, chance = await prepared(district), random.Random(seed)
    await write_many(pool, "w", 30)
    entries = await entire(pool)
    position = 0
    while position < len(entries):
        start = chance.randint(0, position)
        batch = entries[start : chance.randint(position + 1, len(entries))] + chance.choices(entries[: position + 1], k=3)
        chance.shuffle(batch)
        position = await apply(pool, teller(), batch)
        assert position == max(entry.pos for entry in batch)
    assert await apply(pool, teller(), entries + entries) == len(entries)
    assert await told(pool) == as_told(entries)
    assert await standing(pool) == len(entries)
    await pool.close()


async def test_two_consumers_at_once_write_the_table_once(district: District) -> None:
    pool = await prepared(district)
    await write_many(pool, "w", 40)
    entries = await entire(pool)

    async def consume(seed: int) -> None:
        chance = random.Random(seed)
        position = 0
        while position < len(entries):
            try:
                position = await apply(pool, teller(), entries[position : position + chance.randint(1, 9)])
            except Gap:
                position = await standing(pool)

    await asyncio.gather(*(consume(seed) for seed in range(4)))
    assert await told(pool) == as_told(entries)
    await pool.close()


async def test_a_gap_raises_and_nothing_is_applied(district: District) -> None:
    pool = await prepared(district)
    await write_many(pool, "w", 10)
    entries = await entire(pool)
    await apply(pool, teller(), entries[:5])
    for batch in (entries[6:], [*entries[5:8], *entries[9:]], [entries[-1]]):
        with pytest.raises(Gap):
            await apply(pool, teller(), batch)
        assert (await told(pool), await standing(pool)) == (as_told(entries[:5]), 5)
    await apply(pool, teller(), entries[5:])
    assert await told(pool) == as_told(entries)
    await pool.close()


async def test_what_fails_half_way_leaves_table_and_cursor_as_they_were(district: District) -> None:
    pool = await prepared(district)
    await write_many(pool, "w", 4)
    entries = await entire(pool)

    async def half(connection: Any, items: Sequence[Entry]) -> None:
        await tell(connection, items[: len(items) // 2])
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await apply(pool, teller(apply=half), entries)
    assert await told(pool) == []
    assert await apply(pool, teller(), entries) == len(entries)
    await pool.close()


async def test_a_projection_halts_at_a_fact_it_does_not_know_and_keeps_serving(district: District) -> None:
    pool, bus = await prepared(district), district.bus()
    await append(pool, [a_write("good", facts=3)])
    poison = a_write("poison")
    await append(pool, [Write(poison.command, b"", poison.stream, 0, ["roster.unit-enchanted.v1"], poison.bodies)])
    await append(pool, [a_write("later", facts=2)])
    health = Health()
    tasks = [
        asyncio.create_task(Relay(pool, bus, "roster").run()),
        asyncio.create_task(listen(bus, "roster", [following(pool, teller(), health)])),
    ]

    async def halted() -> bool:
        return bool(health.halted)

    await until(halted)
    assert UnknownFact.__name__ in health.halted
    assert not health.ok
    await asyncio.sleep(0.2)
    assert await told(pool) in ([], as_told((await entire(pool))[:3]))
    assert await standing(pool) in (0, 3)
    await ended(tasks)
    await pool.close()


async def test_who_halts_stops_nobody_else_and_goes_on_from_where_it_stood(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.log.subscriptions._REST_SECONDS", 0.5)
    pool, bus = await prepared(district), district.bus()
    heard: dict[str, list[int]] = {"well": [], "ill": []}
    ill = True

    def hearing(name: str) -> Follower:
        async def hear(_connection: Any, entries: Sequence[Entry]) -> None:
            if ill and name == "ill":
                raise UnknownFact("roster.unit-enchanted.v1")
            heard[name] += [entry.pos for entry in entries]

        return Follower(name, "roster", hear)

    healths = {name: Health() for name in heard}
    await append(pool, [a_write("first", facts=3)])
    tasks = [
        asyncio.create_task(Relay(pool, bus, "roster").run()),
        asyncio.create_task(listen(bus, "roster", [following(pool, hearing(name), healths[name]) for name in heard])),
    ]

    async def the_other_is_through() -> bool:
        return await standing(pool, "well") == 5 and bool(healths["ill"].halted)  # Committed, not only heard.

    await until(lambda: _is(heard["well"] == [1, 2, 3]))
    await append(pool, [a_write("later", facts=2)])
    await until(the_other_is_through)
    assert heard["well"] == [1, 2, 3, 4, 5]
    assert healths["well"].ok
    assert not healths["ill"].ok
    assert await standing(pool, "ill") == 0
    ill = False
    await until(lambda: _is(heard["ill"] == [1, 2, 3, 4, 5]))
    await until(lambda: _is(healths["ill"].ok and not healths["ill"].halted))
    assert heard["well"] == [1, 2, 3, 4, 5]
    await ended(tasks)
    await pool.close()


async def _is(true: bool) -> bool:
    return true


async def test_a_halted_projection_shows_in_readiness(district: District) -> None:
    service = await district.open()
    health = service._health("teller")
    async with district.client(service) as client:
        assert (await client.get("/readyz")).status_code == 200
        health.halted, health.ok = "UnknownFact('x')", False
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["checks"]["teller"]["halted"] == "UnknownFact('x')"
        assert (await client.get("/units")).status_code == 200, "it keeps serving what it has"


async def test_a_reaction_parks_what_keeps_failing_goes_on_and_can_replay_it(district: District) -> None:
    pool, bus = await prepared(district), district.bus()
    done: list[int] = []
    broken = {2, 4}

    async def act(entry: Entry) -> None:
        if entry.pos in broken:
            raise RuntimeError(f"no luck with {entry.pos}")
        done.append(entry.pos)

    reaction = Reaction("actor", "roster", ("roster.unit-renamed.v1",), act)
    await append(pool, [a_write("w", facts=5)])
    other = a_write("other")
    await append(pool, [Write(other.command, b"", other.stream, 0, ["roster.unit-ended.v1"], other.bodies)])
    tasks = [
        asyncio.create_task(Relay(pool, bus, "roster").run()),
        asyncio.create_task(listen(bus, "roster", [reacting(pool, reaction, Health())])),
    ]

    async def through() -> bool:
        return await standing(pool, "actor") == 6

    await until(through)
    assert done == [1, 3, 5]
    rows = await pool.fetch("select pos, error from view.parked order by pos")
    assert [(row["pos"], row["error"]) for row in rows] == [(n, "程序内部错误(RuntimeError),详情见日志") for n in (2, 4)]
    assert await replay_parked(pool, reaction) == (0, 2)
    broken.remove(4)
    assert await replay_parked(pool, reaction) == (1, 1)
    broken.clear()
    assert await replay_parked(pool, reaction) == (1, 0)
    assert done == [1, 3, 5, 4, 2]
    assert await pool.fetchval("select count(*) from view.parked") == 0
    await ended(tasks)
    await pool.close()


async def test_a_reaction_waits_for_what_is_only_away_and_parks_nothing(district: District) -> None:
    pool, bus = await prepared(district), district.bus()
    tries: list[int] = []

    async def act(entry: Entry) -> None:
        tries.append(entry.pos)
        if len(tries) < 3:
            raise OSError("away")

    await append(pool, [a_write("w")])
    reaction = Reaction("actor", "roster", ("roster.unit-renamed.v1",), act)
    tasks = [
        asyncio.create_task(Relay(pool, bus, "roster").run()),
        asyncio.create_task(listen(bus, "roster", [reacting(pool, reaction, Health())])),
    ]

    async def through() -> bool:
        return await standing(pool, "actor") == 1

    await until(through)
    assert tries == [1, 1, 1]
    assert await pool.fetchval("select count(*) from view.parked") == 0
    await ended(tasks)
    await pool.close()


async def test_a_reaction_acts_on_different_streams_together_and_on_one_in_its_order(district: District) -> None:
    """So that group commit sees their commands; before, the second waited for the end of the first."""
    pool, bus = await prepared(district), district.bus()
    for number in range(6):
        await append(pool, [a_write(f"w{number}", facts=3)])
    entries = await entire(pool)
    at_once, most, heard = set[str](), list[int](), dict[str, list[int]]()

    async def act(entry: Entry) -> None:
        assert entry.stream not in at_once, "one after the other"
        at_once.add(entry.stream)
        most.append(len(at_once))
        await asyncio.sleep(0.01)
        heard.setdefault(entry.stream, []).append(entry.version)
        at_once.discard(entry.stream)

    reaction = Reaction("actor", "roster", ("roster.unit-renamed.v1",), act)
    listener = reacting(pool, reaction, Health())
    await listener.stand(bus)
    assert await listener.take(0, entries) == len(entries)
    assert max(most) == 6
    assert all(versions == [1, 2, 3] for versions in heard.values())
    assert await standing(pool, "actor") == len(entries)
    await pool.close()


async def test_what_only_waits_stops_the_cursor_and_parks_what_keeps_failing_beside_it(district: District) -> None:
    """Of a batch one stream's fact waits for an outage to end, another's fails for good, a third's goes well."""
    pool, bus = await prepared(district), district.bus()
    for name in ("waits", "fails", "well"):
        await append(pool, [a_write(name)])
    entries, done, away = await entire(pool), list[str](), True

    async def act(entry: Entry) -> None:
        if away and entry.pos == 1:
            raise OSError("away")
        if entry.pos == 2:
            raise Problem
        await asyncio.sleep(0.02)
        done.append(entry.stream)

    listener = reacting(pool, Reaction("actor", "roster", ("roster.unit-renamed.v1",), act), Health())
    await listener.stand(bus)
    with pytest.raises(OSError, match="away"):
        await listener.take(0, entries)
    assert (done, await standing(pool, "actor")) == ([entries[2].stream], 0), "nobody is left running behind the batch"
    away = False
    assert await listener.take(0, entries) == 3
    assert done == [entries[2].stream, entries[0].stream, entries[2].stream]
    assert await pool.fetchval("select array_agg(pos) from view.parked") == [2]
    await pool.close()
