"""Carries a log's new entries to its stream; ``listen`` is the other half.

Invariant: the stream's sequence is the log's position. The relay asks the stream where it stands
and publishes the next entries as an atomic batch that is only taken there. No sent flag, no window: two relays at once
are harmless, a wiped stream is filled again.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field

import asyncpg
import structlog

from shared.bus import Bus, BusUnavailable, WrongSequence
from shared.eventlog import after, head
from shared.health import Health
from shared.outages import OUTAGES
from shared.problems import Unavailable

log = structlog.get_logger()

_BATCH = 400
_POLL_SECONDS = 0.25
TRANSIENT = (BusUnavailable, Unavailable, *OUTAGES)
"""What passes by itself: wait and try again."""


class LogBehind(Exception):
    """The stream holds entries that the log has lost."""


class LogForked(Exception):
    """Log and stream say different things at the same position."""


@dataclass
class Relay:
    """The outgoing half, for one log."""

    pool: asyncpg.Pool
    bus: Bus
    service: str
    health: Health = field(init=False)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _asked: bool = False
    """Whether the stream has ever said where it stands."""

    def __post_init__(self) -> None:
        """Its health bears its name."""
        self.health = Health(self.service, "relay")

    def wake(self, _position: int = 0) -> None:
        """Something was written."""
        self._wake.set()

    async def run(self) -> None:
        """For ever: bring the stream to where the log is."""
        while True:
            self._wake.clear()
            try:
                await self._drain()
                self.health.well()
            except WrongSequence:
                continue  # Another relay was here, or the stream was wiped: ask again.
            except LogBehind as error:
                self.health.failed(error)
                self.health.halted = repr(error)
                log.error("the stream is ahead of the log", service=self.service)
                await asyncio.sleep(5)
            except TRANSIENT as error:
                self.health.failed(error)
                log.warning("relay waits", service=self.service, error=str(error))
                await asyncio.sleep(1)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _POLL_SECONDS)

    async def check(self) -> None:
        """The boot gate: refuse to write to a log that is behind its stream, or that says otherwise than its stream.

        Behind, because an old backup was put back or the database was dropped: ``python -m deploy.restore`` brings the
        tail back. Otherwise, because somebody changed one of the two: a person must find out which. NATS being down is
        no reason to wait: appends don't need it.
        """
        position = await head(self.pool)
        try:
            last = await self.bus.last_sequence(self.service)
            common = min(position, last)
            there = await self.bus.entry_at(self.service, common) if common else None
        except BusUnavailable:
            return
        if last > position:
            raise LogBehind(self.service, position, last)
        if there is not None:
            (here,) = await after(self.pool, common - 1, 1)
            if (here.rec_us, here.body) != (there.rec_us, there.body):
                raise LogForked(self.service, common)

    async def _drain(self) -> None:
        if self._asked:  # How far behind it is must be known while NATS is away too.
            self.health.head = await head(self.pool)
        position = await self.bus.last_sequence(self.service)
        self.health.head = await head(self.pool)
        if position > self.health.head:
            raise LogBehind(self.service, position)
        self.health.position, self._asked = position, True
        more = True
        while more and (entries := await after(self.pool, position, _BATCH)):
            position = await self.bus.publish(self.service, entries)
            self.health.position = position
            await self.bus.poke(self.service)
            more = len(entries) == _BATCH  # Whatever comes later wakes the relay again.
