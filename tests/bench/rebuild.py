"""Rebuild: reporting's index from its mirror, beside the replay of the ``eventsourcing`` library in the same PostgreSQL."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.util import find_spec
from statistics import median
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from eventsourcing.application import Application
from eventsourcing.domain import DomainEvent

from services.reporting.archive import KEYS, MIRROR, ORIGINS, TABLES, no_rows, rebuild
from services.reporting.domain.folding import fold
from shared.log.eventlog import Entry
from shared.log.views import CURSORS
from tests.bench.bodies import MONTHS, Log, Record, issue_entries, roster_entries, township, visit_entries
from tests.bench.figure import Figure
from tests.bench.ground import PREFIX, Ground, pages

ENTERPRISES, VISITS, BIG_VISITS, REPLAYED, ROUNDS, PAGE = 33_000, 20_000, 30_000, 30_000, 3, 1_000
BIG_UNIT, BIG_MONTH = "520502199", "2026-10"


def district() -> Iterator[tuple[str, Iterator[Record]]]:
    """The three logs of a district with one large unit that made 30,000 visits in October."""
    visits, issues = Log("visits"), Log("issues")
    first = ENTERPRISES - BIG_VISITS

    def ordinary(number: int) -> tuple[str, date]:
        return township(number), MONTHS[number % 9] + timedelta(days=number % 27)

    def visiting() -> Iterator[Record]:
        for number in range(VISITS):
            yield from visit_entries(visits, number, *ordinary(number))
        for number in range(BIG_VISITS):
            on = MONTHS[9] + timedelta(days=number % 27)
            yield from visit_entries(visits, VISITS + number, BIG_UNIT, on, first + number)

    def asking() -> Iterator[Record]:
        for number in range(0, VISITS, 4):
            yield from issue_entries(issues, number, number, *ordinary(number))

    yield "roster", roster_entries(ENTERPRISES, BIG_VISITS, BIG_UNIT)
    yield "visits", visiting()
    yield "issues", asking()


async def fill(pool: asyncpg.Pool) -> int:
    """Fill the mirror by COPY, once a run; the index and the cursors as the followers would have left them."""
    await pool.execute(f"create schema if not exists view; {CURSORS.replace('{schema}', 'view')}; {MIRROR}")
    known = await pool.fetchval("select count(*) from mirror.entry")
    if known:
        return known
    for origin, records in district():

        async def rows(origin: str = origin, records: Iterator[Record] = records) -> AsyncGenerator[tuple[Any, ...], None]:
            for record in records:
                yield (origin, *record)

        async with pool.acquire() as connection:
            await connection.copy_records_to_table(
                "entry",
                schema_name="mirror",
                records=rows(),
                timeout=120,
                columns=["origin", "pos", "rec_us", "stream", "ver", "type", "body"],
            )
        position = await pool.fetchval("select max(pos) from mirror.entry where origin = $1", origin)
        await pool.execute("insert into view.cursor values ($1, $2, $3)", f"mirror-{origin}", origin, position)
    await pool.execute("vacuum analyze mirror.entry")
    await pool.execute((TABLES + ";" + KEYS).format(schema="index"))
    await rebuild(pool, "index")
    return await pool.fetchval("select count(*) from mirror.entry")


async def measure(ground: Ground) -> list[Figure]:
    """Three rounds of each."""
    async with ground.pool("reporting", 2) as pool:
        count = await fill(pool)
        ours = [await _rebuilt(pool) for _ in range(ROUNDS)]
        entries = [
            Entry(*row)
            for origin in ORIGINS
            for row in await pool.fetch(
                "select pos, rec_us, stream, ver, type, body from mirror.entry where origin = $1 order by pos", origin
            )
        ]
    folds = [_rate(lambda: fold(entries), count) for _ in range(ROUNDS)]
    sample = _sample(entries)
    bare = [_rate(lambda: sum(1 for entry in sample if orjson.loads(entry.body)), len(sample)) for _ in range(ROUNDS)]
    entries.clear()
    gc.collect()
    module, replays = await asyncio.to_thread(_library, ground, sample)
    said = f"{count:,} events; the library reads and decodes {len(sample):,} of them from {module}, writing nothing"
    return [
        Figure("rebuild", "index from the mirror", median(ours), "events/s", note=f"{count:,} events", goal=150_000),
        Figure(
            "rebuild-peer",
            "the same beside eventsourcing",
            median(ours),
            "events/s",
            median(replays),
            "/s eventsourcing replay",
            3,
            "ratio",
            note=said,
        ),
        Figure(
            "fold",
            "all histories, entries in memory",
            median(folds),
            "events/s",
            median(bare),
            "/s bare orjson.loads",
            note=f"{count:,} events",
        ),
    ]


async def _rebuilt(pool: asyncpg.Pool) -> float:
    began = time.perf_counter()
    count = await rebuild(pool, "index_next")
    return count / (time.perf_counter() - began)


def _rate(work: Callable[[], object], count: int) -> float:
    gc.collect()
    began = time.perf_counter()
    kept = work()
    seconds = time.perf_counter() - began
    del kept
    return count / seconds


def _sample(entries: list[Entry]) -> list[Entry]:
    """The same mixture: whole streams, spread over the three logs."""
    share = max(1, len(entries) // REPLAYED)
    return [entry for entry in entries if UUID(int=hash(entry.stream) & (1 << 128) - 1).int % share == 0]


@dataclass(frozen=True)
class Happened(DomainEvent):
    """One fact, as the library keeps it."""

    stream: str
    kind: str
    data: dict[str, Any]


def _library(ground: Ground, sample: list[Entry]) -> tuple[str, list[float]]:
    """Store the facts as the library does, then read all notifications back in order and take the same rows from them."""
    module = "eventsourcing.postgres" if find_spec("psycopg") and find_spec("psycopg_pool") else "eventsourcing.sqlite"
    environment = {
        "PERSISTENCE_MODULE": module,
        "SQLITE_DBNAME": ":memory:",
        "POSTGRES_DBNAME": f"{PREFIX}guiren_reporting",
        "POSTGRES_HOST": "127.0.0.1",
        "POSTGRES_PORT": str(ground.postgres.port),
        "POSTGRES_USER": "reporting",
        "POSTGRES_PASSWORD": ground.home.secret("reporting"),
        "POSTGRES_SCHEMA": "view",
    }
    application: Application[UUID] = Application(environment)
    try:
        versions: dict[str, int] = {}
        events: list[Happened] = []
        for entry in sample:
            versions[entry.stream] = version = versions.get(entry.stream, 0) + 1
            key = UUID(int=hash(entry.stream) & (1 << 128) - 1)
            data = orjson.loads(entry.body)["data"]
            events.append(
                Happened(
                    originator_id=key,
                    originator_version=version,
                    timestamp=entry.recorded,
                    stream=entry.stream,
                    kind=entry.type,
                    data=data,
                )
            )
        for part in pages(len(events), PAGE):
            stored = [application.mapper.to_stored_event(events[number]) for number in part]
            application.recorder.insert_events(stored)
        return module.rpartition(".")[2], [_replayed(application, len(events)) for _ in range(ROUNDS)]
    finally:
        application.close()


def _replayed(application: Application[UUID], count: int) -> float:
    began = time.perf_counter()
    rows = no_rows()
    position, seen = 0, 0
    while notifications := application.recorder.select_notifications(position + 1, PAGE):
        for notification in notifications:
            event: Any = application.mapper.to_domain_event(notification)
            _touched(event, rows)
        seen += len(notifications)
        position = notifications[-1].id
    if seen != count:
        raise AssertionError((seen, count))
    return seen / (time.perf_counter() - began)


def _touched(event: Happened, rows: dict[str, set[tuple[Any, ...]]]) -> None:
    data, key = event.data, event.stream.partition("/")[2]
    if event.kind == "visits.visit-recorded.v1":
        for visitor in data["visitors"]:
            rows["visit"].add((key, visitor["unit"], data["on"][:7], data["enterprise"]["id"]))
    elif event.kind == "roster.enterprise-assigned.v1":
        rows["holder"].add((key, data["unit"]))
    elif event.kind in ("issues.issue-reported.v1", "issues.issue-dispatched.v1"):
        rows["issue"].add((key, data.get("visit"), data["unit"], data["on"][:7]))
