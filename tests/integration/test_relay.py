"""The outgoing half: the stream's sequence is the log's position, whatever happens on the way."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from nats.js.api import DiscardPolicy
from support.logs import a_write, leaf
from support.streams import Wire, in_stream, stream_equals_log, write_many
from support.world import District, until

from shared.log.background import ended
from shared.log.bus import Bus, BusUnavailable, WrongSequence, stream_config
from shared.log.eventlog import after, append, head
from shared.log.relay import Relay


async def test_the_streams_sequence_is_the_logs_position(district: District) -> None:
    service = await district.open(relay=True)
    await asyncio.gather(*(write_many(service.pool, f"w{n}", 20) for n in range(6)))
    bus = district.bus()
    await stream_equals_log(bus, service.pool)
    stored = {row["pos"]: row["leaf_hash"] for row in await service.pool.fetch("select pos, leaf_hash from log.entry")}
    assert {entry.pos: leaf(entry) for entry in await in_stream(bus)} == stored


async def test_a_command_reaches_the_stream_by_itself(district: District) -> None:
    service = await district.open(relay=True)
    async with district.client(service) as client:
        made = await client.put("/units/520502", json={"name": "某区", "kind": "district", "on": "2026-08-01"})
        assert made.status_code == 201
    await stream_equals_log(district.bus(), service.pool, seconds=5)


async def test_two_relays_at_once_are_harmless(district: District) -> None:
    pool = await district.pool()
    relays = [asyncio.create_task(Relay(pool, district.bus(), "roster").run()) for _ in range(2)]
    await asyncio.gather(*(write_many(pool, f"w{n}", 40) for n in range(6)))
    await stream_equals_log(district.bus(), pool)
    await ended(relays)
    await pool.close()


async def test_an_entry_is_only_taken_right_after_the_one_before_it(district: District) -> None:
    pool, bus = await district.pool(), district.bus()
    await write_many(pool, "w", 10)
    entries = await after(pool, 0, 100)
    await bus.last_sequence("roster")
    for wrong in (entries[3:8], entries[1:2]):
        with pytest.raises(WrongSequence):
            await bus.publish("roster", wrong)
    assert await bus.last_sequence("roster") == 0
    assert await bus.publish("roster", entries[:5]) == 5
    for wrong in (entries[:5], entries[:1], entries[4:5], entries[6:9]):
        with pytest.raises(WrongSequence):
            await bus.publish("roster", wrong)
    assert await bus.publish("roster", entries[2:9]) == 9, "what is there already is passed over"
    assert await bus.publish("roster", entries[9:]) == len(entries)
    assert await in_stream(bus) == entries
    await pool.close()


async def test_what_follows_a_refused_entry_is_refused_too(district: District) -> None:
    """One in the midst is sent as if it came later: nothing after it is stored, and what was lacking is said again."""
    pool, bus = await district.pool(), district.bus()
    await write_many(pool, "w", 10)
    entries = await after(pool, 0, 100)
    torn = [*entries[:6], *entries[7:]]
    with pytest.raises(WrongSequence):
        await bus.publish("roster", torn)
    assert await bus.last_sequence("roster") == 6
    relay = asyncio.create_task(Relay(pool, bus, "roster").run())
    await stream_equals_log(bus, pool)
    await ended([relay])
    await pool.close()


async def test_a_relay_asks_where_the_stream_stands_once_and_remembers_it(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A drain costs the messages and one answer."""
    monkeypatch.setattr("shared.log.relay._LOOK_SECONDS", 60)
    asked: list[str] = []
    bounds = Bus.bounds

    async def counted(self: Bus, service: str) -> tuple[int, int]:
        asked.append(service)
        return await bounds(self, service)

    pool, bus, look = await district.pool(), district.bus(), district.bus()
    monkeypatch.setattr(Bus, "bounds", counted)
    relay = Relay(pool, bus, "roster")
    running = asyncio.create_task(relay.run())
    await until(lambda: _at(relay, 0))
    before = len(asked)
    for number in range(5):
        await write_many(pool, f"w{number}", 3)
        relay.wake()
        await until(lambda: _at(relay, None, pool))
    await asyncio.sleep(0.6)
    assert len(asked) == before
    await ended([running])
    monkeypatch.undo()
    await stream_equals_log(look, pool)
    await pool.close()


async def _at(relay: Relay, position: int | None, pool: Any = None) -> bool:
    return relay._at == (await head(pool) if position is None else position)


async def test_a_publish_of_which_nobody_learns_the_outcome_is_not_said_twice(district: District) -> None:
    pool = await district.pool()
    await write_many(pool, "w", 12)
    entries = await after(pool, 0, 100)
    async with Wire(district.world.nats.port) as wire:
        cut = district.bus(wire.url)
        await cut.last_sequence("roster")
        wire.mute_after = b"Guiren-Pos: 8\r"
        with pytest.raises(BusUnavailable):
            await cut.publish("roster", entries[:8])
        assert wire.muted
        bus = district.bus()
        assert await bus.last_sequence("roster") == 8, "it was taken, though nobody was told"
        wire.muted, wire.mute_after = False, b"\x00never\x00"
        relay = asyncio.create_task(Relay(pool, cut, "roster").run())
        await stream_equals_log(bus, pool)
        await ended([relay])
        await cut.close()
    await pool.close()


@pytest.mark.parametrize("taken", [1, 3, 9])
async def test_a_publish_that_was_cut_short_is_gone_on_with(district: District, taken: int) -> None:
    pool, bus = await district.pool(), district.bus()
    await write_many(pool, "w", 6)
    await bus.publish("roster", (await after(pool, 0, 10))[:taken])
    relay = asyncio.create_task(Relay(pool, bus, "roster").run())
    await stream_equals_log(bus, pool)
    await ended([relay])
    await pool.close()


async def test_a_relay_that_finds_the_stream_ahead_or_equal_writes_nothing(district: District) -> None:
    pool, bus = await district.pool(), district.bus()
    await append(pool, [a_write("a", facts=3)])
    await bus.last_sequence("roster")
    await bus.publish("roster", await after(pool, 0, 10))
    relay = asyncio.create_task(Relay(pool, bus, "roster").run())
    await asyncio.sleep(0.6)
    await ended([relay])
    assert await bus.last_sequence("roster") == await head(pool) == 3
    await pool.close()


async def test_only_a_wrong_sequence_is_one_and_every_other_refusal_is_an_outage_that_shows(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream that takes two messages and no more refuses as a full store does: with another code."""
    pool, bus, admin = await district.pool(), district.bus(), district.bus(service="")
    await admin.connect()
    small = stream_config(district.code, "roster")
    small.max_msgs, small.discard = 2, DiscardPolicy.NEW
    await admin._js.update_stream(small)
    await write_many(pool, "w", 6)
    with pytest.raises(BusUnavailable):
        await bus.publish("roster", await after(pool, 0, 10))
    tried: list[int] = []
    publish = Bus.publish

    async def counted(self: Bus, service: str, entries: Any) -> int:
        tried.append(len(entries))
        return await publish(self, service, entries)

    monkeypatch.setattr(Bus, "publish", counted)
    relay = Relay(pool, bus, "roster")
    running = asyncio.create_task(relay.run())

    async def told() -> bool:
        return not relay.health.ok

    await until(told)
    await asyncio.sleep(1.5)
    assert not relay.health.ok
    assert len(tried) <= 4, "it pauses between its tries"
    await ended([running])
    await pool.close()
