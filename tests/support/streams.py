"""What stands in a stream, and a wire that can be cut."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from shared.log.background import ended
from shared.log.bus import Bus, BusUnavailable, WrongSequence
from shared.log.eventlog import Entry, append, head
from support.logs import a_write, entire
from support.world import District, until


async def in_stream(bus: Bus, service: str = "roster", upto: int | None = None) -> list[Entry]:
    """All entries of the stream, read as any follower reads them."""
    last = await bus.last_sequence(service) if upto is None else upto
    reader = await bus.reader(service, 0)
    found: list[Entry] = []
    try:
        while len(found) < last:
            found += await reader.fetch(500, 1)
    finally:
        await reader.close()
    return found


async def stream_equals_log(bus: Bus, pool: Any, service: str = "roster", seconds: float = 20) -> None:
    """The stream comes to hold exactly the log: same positions, same times, same bytes."""
    position = await head(pool)

    async def there() -> bool:
        try:
            return await bus.last_sequence(service) == position
        except (BusUnavailable, WrongSequence):
            return False

    await until(there, seconds)
    assert await in_stream(bus, service) == await entire(pool)


async def write_many(pool: Any, name: str, times: int, pause: float = 0) -> None:
    """Appends of one or more facts, one after the other."""
    for number in range(times):
        await append(pool, [a_write(f"{name}-{number}", facts=1 + number % 3)])
        await asyncio.sleep(pause)


class Wire:
    """A TCP relay to NATS whose way back can be muted: requests arrive, answers don't."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.mute_after = b"\x00never\x00"
        self.muted = False

    async def __aenter__(self) -> Wire:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await ended(self._tasks)

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"nats://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        for source, sink, answers in ((reader, back, False), (there, writer, True)):
            task = asyncio.create_task(self._carry(source, sink, answers=answers))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65_536):
                if not answers and self.mute_after in data:
                    self.muted = True
                if answers and self.muted:
                    continue
                sink.write(data)
                await sink.drain()
        with contextlib.suppress(OSError, RuntimeError):
            sink.close()


async def level(district: District) -> None:
    """Wait until everybody knows what everybody told."""
    heads = {name: await service.pool.fetchval("select pos from log.head") for name, service in district.services.items()}

    async def there() -> bool:
        for name, service in district.services.items():
            for row in await service.pool.fetch("select log, pos from view.cursor where log <> $1", name):
                if row["log"] in heads and row["pos"] < heads[row["log"]]:
                    return False
        return True

    await until(there, seconds=60)
