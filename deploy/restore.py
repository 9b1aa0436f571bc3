"""``python -m deploy.restore``: a log that lost its tail gets it back from its stream.

For the case that a database was dropped, or put back from an old backup, while JetStream still holds what came after. Only
what follows the log's last position is taken, and only where both agree on that position. Runs before the services start;
as administrator, since nobody else may say when a thing was recorded.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator, Sequence
from uuid import UUID

import asyncpg

from deploy.install import SERVICES, Place, secrets_folder
from shared.bus import Bus, BusUnavailable
from shared.eventlog import Entry, after, head

_PAGE = 500


async def restore(place: Place, nats_url: str, nats_password: str, district: str, prefix: str = "") -> dict[str, int]:
    """How many entries each log got back. A stream that does not answer is passed over: the services check again."""
    bus = Bus(nats_url, nats_password, district)
    found: dict[str, int] = {}
    try:
        for service in SERVICES:
            connection = await place.connect(f"{prefix}guiren_{service}")
            try:
                found[service] = await _restore(connection, bus, service)
            except BusUnavailable:
                found[service] = 0
            finally:
                await connection.close()
    finally:
        await bus.close()
    return found


async def _restore(connection: asyncpg.Connection, bus: Bus, service: str) -> int:
    position = await head(connection)
    last = await bus.last_sequence(service)
    if last <= position:
        return 0
    if position:
        (here,) = await after(connection, position - 1, 1)
        there = await bus.entry_at(service, position)
        if there is None or (here.rec_us, here.body) != (there.rec_us, there.body):
            message = f"{service}: log and stream differ at position {position}; a person must decide"
            raise SystemExit(message)
    began = position
    reader = await bus.reader(service, position)
    held: list[Entry] = []
    async with connection.transaction():
        while position + len(held) < last:
            held += await reader.fetch(_PAGE, 5)
            whole, held = _whole_commands(held, done=position + len(held) >= last)
            if whole:
                position = await _write(connection, whole)
        if await connection.fetchval("select to_regclass('view.made') is not null"):
            await connection.execute("delete from view.made")  # The service makes its views anew.
    await reader.close()
    return position - began


def _whole_commands(entries: list[Entry], *, done: bool) -> tuple[list[Entry], list[Entry]]:
    """Split before the last command, which may go on in the next page."""
    if done or not entries:
        return entries, []
    last = _command(entries[-1])
    cut = len(entries)
    while cut and _command(entries[cut - 1]) == last:
        cut -= 1
    return entries[:cut], entries[cut:]


def _command(entry: Entry) -> UUID:
    return UUID(entry.envelope["causationid"])


async def _write(connection: asyncpg.Connection, entries: Sequence[Entry]) -> int:
    columns: Iterator[list[object]] = (list(column) for column in zip(*_rows(entries), strict=True))
    await connection.execute(
        "select log.restore($1::bigint[],$2::bigint[],$3::text[],$4::int[],$5::text[],$6::bytea[],$7::uuid[])", *columns
    )
    return entries[-1].pos


def _rows(entries: Sequence[Entry]) -> Iterator[tuple[object, ...]]:
    for entry in entries:
        yield entry.pos, entry.rec_us, entry.stream, entry.version, entry.type, entry.body, _command(entry)


def main() -> None:
    """Where PostgreSQL and NATS are comes from the environment, as for ``deploy.install``."""
    environment = os.environ
    found = asyncio.run(
        restore(
            Place.from_environment(),
            environment.get("GUIREN_NATS_URL", "nats://127.0.0.1:4222"),
            (secrets_folder() / "nats").read_text(encoding="utf-8").strip(),
            environment.get("GUIREN_DISTRICT", "520502"),
        )
    )
    sys.stdout.write(" ".join(f"{service}=+{count}" for service, count in found.items()) + "\n")


if __name__ == "__main__":
    main()
