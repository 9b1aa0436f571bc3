"""The mirror of all logs, and the index that says which streams touch which unit, month and enterprise.

The mirror is a faithful copy: position, recorded time and body give the same leaf hash as in the log. The index only ever
grows: it names every stream that *ever* touched a unit or month, and whoever reads folds the named streams up to a cut and
decides from the facts. So one way of reading serves now, any past instant, and the rebuild.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from shared.log.bus import Bus
from shared.log.eventlog import Entry, entry, microseconds
from shared.log.views import Follower

ORIGINS = ("roster", "visits", "issues")
"""The logs a ledger rests on. Reporting's own facts are in its own log."""

Cut = Mapping[str, int]
"""A position of each log, by service: what was known at one moment."""

MIRROR = """
create schema if not exists mirror;
create table if not exists mirror.entry (
    origin text not null, pos bigint not null, rec_us bigint not null, stream text not null, ver int not null,
    type text not null, body bytea not null,
    leaf_hash bytea not null generated always as (sha256('\\x00'::bytea || int8send(pos) || int8send(rec_us) || body)) stored,
    primary key (origin, pos));
create index if not exists entry_stream on mirror.entry (origin, stream, pos);
create index if not exists entry_recorded on mirror.entry (origin, rec_us);
alter table mirror.entry add column if not exists rest int not null default 0;
alter table mirror.entry add column if not exists proof bytea;
create index if not exists entry_unproven on mirror.entry (origin, pos) where proof is null
"""

TABLES = """
create schema {schema};
create table {schema}.visit (visit uuid, unit text, month text, enterprise uuid);
create table {schema}.holder (enterprise uuid, unit text);
create table {schema}.demand (visit uuid, issue uuid);
create table {schema}.issue (issue uuid, unit text, month text)
"""

KEYS = """
alter table {schema}.visit add primary key (visit, unit, month);
create index visit_unit on {schema}.visit (unit, month);
create index visit_month on {schema}.visit (month);
create index visit_enterprise on {schema}.visit (enterprise, month);
alter table {schema}.holder add primary key (enterprise, unit);
create index holder_unit on {schema}.holder (unit);
alter table {schema}.demand add primary key (visit, issue);
alter table {schema}.issue add primary key (issue, unit, month);
create index issue_unit on {schema}.issue (unit, month)
"""
"""Made after the rows: a rebuild is half as fast again without them."""

_COLUMNS = {
    "visit": ("visit", "unit", "month", "enterprise"),
    "holder": ("enterprise", "unit"),
    "demand": ("visit", "issue"),
    "issue": ("issue", "unit", "month"),
}
_TYPES = {"visit": "uuid,text,text,uuid", "holder": "uuid,text", "demand": "uuid,uuid", "issue": "uuid,text,text"}

TOUCHING = (
    "visits.visit-recorded.v1",
    "visits.visit-corrected.v1",
    "roster.enterprise-assigned.v1",
    "issues.issue-reported.v1",
    "issues.issue-dispatched.v1",
    "issues.escalation-approved.v1",
)
"""The facts that can add to the index."""

Rows = dict[str, set[tuple[Any, ...]]]


def touches(type_: str, stream: str, body: bytes, rows: Rows) -> None:
    """Add what this fact touches to the rows of the index."""
    key = stream.partition("/")[2]
    if type_ in ("visits.visit-recorded.v1", "visits.visit-corrected.v1"):
        data = orjson.loads(body)["data"]
        for visitor in data["visitors"]:
            rows["visit"].add((key, visitor["unit"], data["on"][:7], data["enterprise"]["id"]))
    elif type_ == "roster.enterprise-assigned.v1":
        rows["holder"].add((key, orjson.loads(body)["data"]["unit"]))
    elif type_ == "issues.issue-reported.v1":
        data = orjson.loads(body)["data"]
        rows["issue"].add((key, data["unit"], data["on"][:7]))
        if visit := data.get("visit"):
            rows["demand"].add((visit, key))
    elif type_ in ("issues.issue-dispatched.v1", "issues.escalation-approved.v1"):
        data = orjson.loads(body)["data"]
        for unit in (data["unit"], *data.get("co_units", ())):
            rows["issue"].add((key, unit, data["on"][:7]))


def no_rows() -> Rows:
    """An empty set of rows for each table of the index."""
    return {table: set() for table in _COLUMNS}


async def write(connection: Any, rows: Rows, schema: str) -> None:
    """Add rows to the index; known ones change nothing."""
    for table, found in rows.items():
        if not found:
            continue
        columns = _COLUMNS[table]
        arrays = ", ".join(f"${n}::{type_}[]" for n, type_ in enumerate(_TYPES[table].split(","), 1))
        await connection.execute(
            f"insert into {schema}.{table} ({', '.join(columns)}) select * from unnest({arrays}) on conflict do nothing",
            *(list(column) for column in zip(*found, strict=True)),
        )


def follower(origin: str) -> Follower:
    """The projection that mirrors one log and indexes what it brings, in one transaction."""

    async def apply(connection: Any, entries: Sequence[Entry]) -> None:
        await connection.execute("select pg_advisory_xact_lock_shared(52050202)")  # A rebuild's swap waits for us.
        await connection.executemany(
            "insert into mirror.entry (origin, pos, rec_us, stream, ver, type, body, rest, proof) "
            "values ($1,$2,$3,$4,$5,$6,$7,$8,$9)",
            [(origin, e.pos, e.rec_us, e.stream, e.version, e.type, e.body, e.rest, e.proof or None) for e in entries],
        )
        rows = no_rows()
        for item in entries:
            touches(item.type, item.stream, item.body, rows)
        await write(connection, rows, "index")

    return Follower(f"mirror-{origin}", origin, apply, MIRROR)


async def prove(pool: asyncpg.Pool, bus: Bus) -> None:
    """Entries mirrored by a version that signed nothing get what shows who wrote them, from the stream, where it says the same."""
    for origin in ORIGINS:
        first, last = await pool.fetchval(
            "select array[min(pos), max(pos)] from mirror.entry where origin = $1 and proof is null", origin
        )
        if first is None:
            continue
        async for page in bus.pages(origin, first - 1, min(last, await bus.last_sequence(origin))):
            await pool.executemany(
                "update mirror.entry set proof = $3, rest = $4 where origin = $1 and pos = $2 and proof is null "
                "and (leaf_hash, stream, ver, type) = ($5, $6, $7, $8)",
                [(origin, e.pos, e.proof, e.rest, e.leaf, e.stream, e.version, e.type) for e in page],
            )


async def make_index(pool: asyncpg.Pool) -> None:
    """Make the index; where it is missing or its shape changed while the mirror is full, make it anew from the mirror."""
    shape = sha256((TABLES + KEYS).encode()).hexdigest()
    await pool.execute("create table if not exists mirror.made (shape text)")
    if await pool.fetchval("select shape from mirror.made") == shape:
        return
    await rebuild(pool, "index_next")
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("drop schema if exists index cascade")
        await connection.execute("alter schema index_next rename to index")
        await connection.execute("delete from mirror.made")
        await connection.execute("insert into mirror.made values ($1)", shape)


async def _no_pages() -> AsyncIterator[list[Entry]]:
    return
    yield []  # What makes it a generator.


_CUT = """
select origin, (
    select pos from mirror.entry e where e.origin = o.origin and rest = 0 and ($2::bigint is null or rec_us <= $2)
    order by rec_us desc, pos desc limit 1) as pos
from unnest($1::text[]) o(origin)
"""


@dataclass(frozen=True)
class Archive:
    """Questions to the mirror. ``schema`` is the index asked: the serving one, or one being built beside it."""

    pool: asyncpg.Pool
    schema: str = "index"

    async def cut(self, at: datetime | None = None) -> dict[str, int]:
        """What was known at an instant, or what is known now: of each log the greatest position recorded by then.

        All facts of an append share one instant, and the mirror may hold some of them only: a cut never lies inside an
        append, it stands at the end of the last whole one. A log nothing came from yet stands at 0.
        """
        rows = await self.pool.fetch(_CUT, list(ORIGINS), None if at is None else microseconds(at))
        return {row["origin"]: row["pos"] or 0 for row in rows}

    async def difference(self, bus: Bus, origin: str, position: int, upto: int) -> int:
        """The first position after one, up to another, at which the mirror says otherwise than the log's stream; 0 if none."""
        async for page in bus.pages(origin, position, upto) if position < upto else _no_pages():
            rows = await self.pool.fetch(
                "select pos, leaf_hash, stream, ver, type from mirror.entry where origin = $1 and pos between $2 and $3 order by pos",
                origin,
                page[0].pos,
                page[-1].pos,
            )
            here = {row["pos"]: tuple(row)[1:] for row in rows}
            for item in page:
                position += 1
                if item.pos != position or here.get(position) != (item.leaf, item.stream, item.version, item.type):
                    return position
        return 0

    async def streams(self, origin: str, streams: Sequence[str], cut: Cut) -> list[Entry]:
        """The entries of these streams up to the cut, in the order of the log."""
        if not streams:
            return []
        rows = await self.pool.fetch(
            "select pos, rec_us, stream, ver, type, body from mirror.entry "
            "where origin = $1 and stream = any($2::text[]) and pos <= $3 order by pos",
            origin,
            list(streams),
            cut[origin],
        )
        return [entry(row) for row in rows]

    async def kinds(self, origin: str, kinds: Sequence[str], cut: Cut) -> list[Entry]:
        """The entries of all streams of these kinds up to the cut."""
        rows = await self.pool.fetch(
            "select pos, rec_us, stream, ver, type, body from mirror.entry "
            "where origin = $1 and pos <= $3 and split_part(stream, '/', 1) = any($2::text[]) order by pos",
            origin,
            list(kinds),
            cut[origin],
        )
        return [entry(row) for row in rows]

    async def visits(self, month: str, unit: str | None = None, enterprises: Iterable[UUID] = ()) -> list[str]:
        """The visit streams that ever stood in this month for the unit or one of the enterprises (all, if neither)."""
        wanted = list(enterprises)
        if unit is None and not wanted:
            rows = await self.pool.fetch(f"select distinct visit from {self.schema}.visit where month = $1", month)
        else:
            rows = await self.pool.fetch(
                f"select distinct visit from {self.schema}.visit where month = $1 and (unit = $2 or enterprise = any($3::uuid[]))",
                month,
                unit,
                wanted,
            )
        return [f"visit/{row['visit']}" for row in rows]

    async def holdings(self, unit: str) -> list[UUID]:
        """The enterprises the unit ever answered for."""
        return [
            row["enterprise"]
            for row in await self.pool.fetch(f"select enterprise from {self.schema}.holder where unit = $1", unit)
        ]

    async def issues_of(self, visits: Iterable[str]) -> list[str]:
        """The ticket streams that came from these visit streams."""
        ids = [UUID(stream.partition("/")[2]) for stream in visits]
        rows = await self.pool.fetch(f"select distinct issue from {self.schema}.demand where visit = any($1::uuid[])", ids)
        return [f"issue/{row['issue']}" for row in rows]

    async def issues_touching(self, unit: str, month: str) -> list[str]:
        """The ticket streams the unit collected or handled up to this month: a ticket may be due or closed much later."""
        rows = await self.pool.fetch(
            f"select distinct issue from {self.schema}.issue where unit = $1 and month <= $2", unit, month
        )
        return [f"issue/{row['issue']}" for row in rows]

    async def holders(self) -> list[UUID]:
        """Every enterprise any unit ever answered for."""
        return [row["enterprise"] for row in await self.pool.fetch(f"select distinct enterprise from {self.schema}.holder")]

    async def issues_upto(self, month: str) -> list[str]:
        """The ticket streams of all units up to this month."""
        rows = await self.pool.fetch(f"select distinct issue from {self.schema}.issue where month <= $1", month)
        return [f"issue/{row['issue']}" for row in rows]

    async def unit_months(self) -> list[tuple[str, str]]:
        """Every unit and month for which there is anything to tell."""
        rows = await self.pool.fetch(f"select distinct unit, month from {self.schema}.visit order by month, unit")
        return [(row["unit"], row["month"]) for row in rows]


async def rebuild(pool: asyncpg.Pool, schema: str, page: int = 20_000) -> int:
    """Make the index anew from the mirror, in another schema. Answers how many entries the mirror holds."""
    async with pool.acquire() as connection:
        await connection.execute(f"drop schema if exists {schema} cascade")
        await connection.execute(TABLES.format(schema=schema))
        found = no_rows()
        count = 0
        for origin in ORIGINS:
            position = 0
            while rows := await connection.fetch(_PAGE, origin, position, page, list(TOUCHING)):
                for _, type_, stream, body in rows:
                    if body is not None:
                        touches(type_, stream, body, found)
                position = rows[-1]["pos"]
                count += len(rows)
        for table, records in found.items():
            await connection.copy_records_to_table(table, schema_name=schema, columns=_COLUMNS[table], records=records)
        await connection.execute(KEYS.format(schema=schema))
    return count


_PAGE = """
select pos, type, stream, case when type = any($4::text[]) then body end as body
from mirror.entry where origin = $1 and pos > $2 order by pos limit $3
"""


async def swap(pool: asyncpg.Pool, schema: str, upto: Cut) -> None:
    """Let the new index serve. What came meanwhile is added first, while the followers wait."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("select pg_advisory_xact_lock(52050202)")
        for origin in ORIGINS:
            rows = await connection.fetch(
                "select type, stream, body from mirror.entry where origin = $1 and pos > $2", origin, upto[origin]
            )
            found = no_rows()
            for row in rows:
                touches(row["type"], row["stream"], row["body"], found)
            await write(connection, found, schema)
        await connection.execute("drop schema index cascade")
        await connection.execute(f"alter schema {schema} rename to index")
