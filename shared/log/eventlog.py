"""Append to a log, load one stream, follow all of it. The SQL beside this file is the other half."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from shared.language.facts import Fact, decode


class VersionConflict(Exception):
    """Somebody else wrote to the stream, or the same command arrived twice at once: load again and decide again."""


class Loading(Exception):
    """The demo's past is not all in this log, and its views are not made: nobody but its loader may append."""


@dataclass(frozen=True)
class Entry:
    """One entry of a log. Its body never changes; the fact inside is read when asked for."""

    pos: int
    rec_us: int
    stream: str
    version: int
    type: str
    body: bytes
    rest: int = 0
    """How many facts of the same append follow it. ``after`` says so, and the stream carries it on; one entry read by itself
    doesn't know."""
    proof: bytes = field(default=b"", compare=False, repr=False)
    """What shows in a copy that the log's service wrote it (``signatures``); the log itself needs none."""

    @cached_property
    def fact(self) -> Fact:
        """The fact inside the body."""
        return decode(self.type, self.body)

    @cached_property
    def envelope(self) -> dict[str, Any]:
        """The CloudEvents envelope, with the fact under ``data``."""
        return orjson.loads(self.body)

    @property
    def leaf(self) -> bytes:
        """Its hash as a leaf of the log (RFC 6962), as ``eventlog.sql`` stores it."""
        return sha256(b"\x00" + self.pos.to_bytes(8, "big") + self.rec_us.to_bytes(8, "big", signed=True) + self.body).digest()

    @property
    def key(self) -> str:
        """The stream's key without its kind: ``visit/0190…`` → ``0190…``."""
        return self.stream.partition("/")[2]

    @property
    def recorded(self) -> datetime:
        """When the log took it in."""
        return instant(self.rec_us)


@dataclass(frozen=True)
class Write:
    """One command's facts for one stream, as encoded bodies."""

    command: UUID
    fingerprint: bytes
    stream: str
    expected: int
    types: Sequence[str]
    bodies: Sequence[bytes]


@dataclass(frozen=True)
class Appended:
    """Where the first fact of a transaction landed; ``replayed`` when the command was known already."""

    first: int
    rec_us: int
    replayed: bool
    same: bool


_COLUMNS = "pos, rec_us, stream, ver, type, body"
_ARRAYS = "$1::uuid[],$2::bytea[],$3::text[],$4::int[],$5::int[],$6::text[],$7::int[],$8::text[],$9::bytea[]"
_APPEND = f"select * from log.append({_ARRAYS})"
_AFTER = f"""
with page as materialized (select {_COLUMNS} from log.entry where pos > $1 order by pos limit $2),
cut as materialized (
    select e.rec_us, e.pos from log.entry e where e.rec_us <= (select rec_us from page order by pos desc limit 1)
    order by e.rec_us desc, e.pos desc limit 1)
select page.*, (case page.rec_us when cut.rec_us then cut.pos else max(page.pos) over (partition by page.rec_us) end
    - page.pos)::int as rest
from page, cut order by page.pos
"""
"""An append lies together, so a page can cut only the last one in it: the log is asked once where that one ends, in an order
that only the index has which finds it at once."""
_APPEND_DEMO = f"select * from log.append_demo({_ARRAYS},$10::bigint)"


def instant(rec_us: int) -> datetime:
    """Microseconds since 1970 as an instant."""
    return datetime.fromtimestamp(rec_us // 1_000_000, UTC).replace(microsecond=rec_us % 1_000_000)


def microseconds(at: datetime) -> int:
    """An instant as microseconds since 1970."""
    return int(at.timestamp()) * 1_000_000 + at.microsecond


def entry(row: asyncpg.Record) -> Entry:
    """A row of ``log.entry``, its columns in their order."""
    return Entry(*row)


async def append(connection: Any, writes: Sequence[Write], recorded_us: int | None = None) -> Appended:
    """Append the facts of one transaction; dense positions, all or nothing.

    Raises ``VersionConflict`` when a stream is not at its expected version, or when a part of the batch was written
    before, ``Loading`` while the demo is being loaded. ``recorded_us`` is for the loader of the demo alone; the database
    refuses it to everybody else.
    """
    arrays = (
        [write.command for write in writes],
        [write.fingerprint for write in writes],
        [write.stream for write in writes],
        [write.expected for write in writes],
        [len(write.types) for write in writes],
        [write.stream for write in writes for _ in write.types],
        [write.expected + number for write in writes for number in range(1, len(write.types) + 1)],
        [type_ for write in writes for type_ in write.types],
        [body for write in writes for body in write.bodies],
    )
    try:
        if recorded_us is None:
            row = await connection.fetchrow(_APPEND, *arrays)
        else:
            row = await connection.fetchrow(_APPEND_DEMO, *arrays, recorded_us)
    except (asyncpg.SerializationError, asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError) as error:
        raise VersionConflict from error
    except asyncpg.ObjectNotInPrerequisiteStateError as error:
        raise Loading from error
    return Appended(row["first_pos"], row["rec_us"], row["replayed"], row["same"])


async def load(connection: Any, stream: str, upto: int | None = None) -> list[Entry]:
    """All entries of one stream, in order; up to a position of the log if one is given."""
    if upto is None:
        rows = await connection.fetch(f"select {_COLUMNS} from log.entry where stream = $1 order by ver", stream)
    else:
        rows = await connection.fetch(
            f"select {_COLUMNS} from log.entry where stream = $1 and pos <= $2 order by ver", stream, upto
        )
    return [entry(row) for row in rows]


async def load_many(connection: Any, streams: Sequence[str]) -> dict[str, list[Entry]]:
    """All entries of many streams; a stream without any is missing from the answer."""
    rows = await connection.fetch(
        f"select {_COLUMNS} from log.entry where stream = any($1::text[]) order by stream, ver", list(streams)
    )
    found: dict[str, list[Entry]] = {}
    for row in rows:
        found.setdefault(row["stream"], []).append(entry(row))
    return found


async def after(connection: Any, position: int, limit: int) -> list[Entry]:
    """The next entries after a position, at most ``limit``; each knows how many of its append are still to come."""
    return [entry(row) for row in await connection.fetch(_AFTER, position, limit)]


async def whole(connection: Any, page: int = 5_000) -> AsyncIterator[list[Entry]]:
    """The whole log, page by page."""
    position = 0
    while entries := await after(connection, position, page):
        yield entries
        position = entries[-1].pos


async def head(connection: Any) -> int:
    """The last position of the log."""
    return await connection.fetchval("select pos from log.head")
