"""Relay: a log of 40,000 entries carried to JetStream, beside bare publishing of the same bodies."""

from __future__ import annotations

import asyncio
import time
from statistics import median
from typing import Any

import nats
from nats.js.api import StorageType, StreamConfig

from deploy.streams import install_streams
from shared.log.relay import Relay
from tests.bench.bodies import visit_log
from tests.bench.figure import Figure
from tests.bench.ground import Ground

EVENTS, BATCH, ROUNDS = 40_000, 400, 3


async def measure(ground: Ground) -> list[Figure]:
    """Three rounds of each, in turn, into new streams."""
    admin = await ground.admin("visits")
    records = visit_log(EVENTS)
    await admin.copy_records_to_table(
        "entry", schema_name="log", records=records, columns=["pos", "rec_us", "stream", "ver", "type", "body"]
    )
    await admin.execute("update log.head set pos = $1, rec_us = 1", len(records))
    await admin.close()
    bodies = [record[5] for record in records]
    connection = await nats.connect(ground.nats.url, user="install", password=ground.home.secret("nats"), pending_size=16 << 20)
    async with ground.pool("visits", 2) as pool:
        rounds = [
            (await _bare(connection, f"bare{number}", bodies), await _ours(ground, pool, f"99000{number}", len(records)))
            for number in range(ROUNDS)
        ]
    await connection.close()
    limit, ours = (median(item[place] for item in rounds) for place in range(2))
    said = f"{len(records):,} events {BATCH} to an answer, sync_interval 1s"
    return [Figure("relay", "log → JetStream", ours, "/s", limit, "/s bare pipelined publishing", 20_000, note=said)]


async def _ours(ground: Ground, pool: Any, district: str, until: int) -> float:
    bus = ground.bus("visits", district)
    await install_streams(bus)
    relay = Relay(pool, bus, "visits")
    began = time.perf_counter()
    running = asyncio.create_task(relay.run())
    while relay.health.position < until:  # noqa: ASYNC110  its health is all the relay tells.
        await asyncio.sleep(0.01)
    seconds = time.perf_counter() - began
    running.cancel()
    await bus.close()
    return until / seconds


async def _bare(connection: Any, name: str, bodies: list[bytes]) -> float:
    """What the protocol allows: one after the other, the last of so many is answered, nothing is read, no header of ours."""
    stream = connection.jetstream()
    await stream.add_stream(StreamConfig(name=name, subjects=[f"{name}.>"], storage=StorageType.FILE))
    began = time.perf_counter()
    for start in range(0, len(bodies), BATCH):
        part = bodies[start : start + BATCH]
        for body in part[:-1]:
            await connection.publish(f"{name}.x", body)
        await stream.publish(f"{name}.x", part[-1])
    return len(bodies) / (time.perf_counter() - began)
