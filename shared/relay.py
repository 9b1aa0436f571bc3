"""Carries a log's new entries to its stream, and a stream's entries to those who follow it.

Invariant of the outgoing half: the stream's sequence is the log's position. The relay asks the stream where it stands
and publishes the next entries as an atomic batch that is only taken there. No sent flag, no window: two relays at once
are harmless, a wiped stream is filled again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import asyncpg
import structlog

from shared.bus import Bus, BusUnavailable, Reader, WrongSequence
from shared.eventlog import Entry, after, head
from shared.problems import Problem, Unavailable
from shared.projector import Follower, Gap, Reaction, advance, apply, cursor

log = structlog.get_logger()

_BATCH = 400
_POLL_SECONDS = 0.25
_PATIENCE = 5
_TRANSIENT = (BusUnavailable, OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError,
              asyncpg.OperatorInterventionError, asyncpg.InternalClientError, asyncpg.LockNotAvailableError, Unavailable)  # fmt: skip


@dataclass
class Health:
    """How a background task is doing, for readiness and metrics."""

    position: int = 0
    ok: bool = True
    halted: str = ""


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
    health: Health = field(default_factory=Health)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self, _position: int = 0) -> None:
        """Something was written."""
        self._wake.set()

    async def run(self) -> None:
        """For ever: bring the stream to where the log is."""
        while True:
            self._wake.clear()
            try:
                await self._drain()
                self.health.ok, self.health.halted = True, ""
            except WrongSequence:
                continue  # Another relay was here, or the stream was wiped: ask again.
            except LogBehind as error:
                self.health.ok, self.health.halted = False, repr(error)
                log.error("the stream is ahead of the log", service=self.service)
                await asyncio.sleep(5)
            except _TRANSIENT as error:
                self.health.ok = False
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
        position = await self.bus.last_sequence(self.service)
        if position > await head(self.pool):
            raise LogBehind(self.service, position)
        while entries := await after(self.pool, position, _BATCH):
            position = await self.bus.publish(self.service, entries)
            self.health.position = position
            await self.bus.poke(self.service)


async def follow(pool: asyncpg.Pool, bus: Bus, follower: Follower, health: Health) -> None:
    """For ever: apply what the stream brings. Halts on a fact it can't apply, keeps trying on everything else."""

    async def take(entries: list[Entry]) -> int:
        return await apply(pool, follower, entries)

    await _consume(pool, bus, follower.name, follower.log, take, health)


async def react(pool: asyncpg.Pool, bus: Bus, reaction: Reaction, health: Health) -> None:
    """For ever: act on what the stream brings; park what keeps failing."""

    async def take(entries: list[Entry]) -> int:
        before = await cursor(pool, reaction.name, reaction.log)
        position = before
        for entry in entries:
            if entry.pos <= position:
                continue
            if entry.type in reaction.types:
                await _act(pool, reaction, entry)
            position = entry.pos
        if position > before and not await advance(pool, reaction.name, before, position):
            raise Gap(reaction.name, before, position)
        return position

    await _consume(pool, bus, reaction.name, reaction.log, take, health)


async def _act(pool: asyncpg.Pool, reaction: Reaction, entry: Entry) -> None:
    for attempt in range(_PATIENCE):
        try:
            await reaction.react(entry)
            return
        except _TRANSIENT:
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, it is parked with its text.
            if attempt + 1 < _PATIENCE and not isinstance(error, Problem):
                await asyncio.sleep(0.05 * 2**attempt)
                continue
            log.error("parked", reaction=reaction.name, pos=entry.pos, error=repr(error))
            await pool.execute(
                "insert into view.parked (follower, pos, rec_us, stream, ver, type, body, error) "
                "values ($1,$2,$3,$4,$5,$6,$7,$8) on conflict (follower, pos) do update set error = excluded.error, at = now()",
                reaction.name, entry.pos, entry.rec_us, entry.stream, entry.version, entry.type, entry.body, repr(error),
            )  # fmt: skip
            return


async def replay_parked(pool: asyncpg.Pool, reaction: Reaction) -> tuple[int, int]:
    """Try what was parked once more. Answers how many went through and how many stay."""
    rows = await pool.fetch(
        "select pos, rec_us, stream, ver, type, body from view.parked where follower = $1 order by pos", reaction.name
    )
    through = 0
    for row in rows:
        try:
            await reaction.react(Entry(*row))
        except Exception as error:  # noqa: BLE001
            await pool.execute(
                "update view.parked set error = $3, at = now() where follower = $1 and pos = $2",
                reaction.name, row["pos"], repr(error),
            )  # fmt: skip
        else:
            await pool.execute("delete from view.parked where follower = $1 and pos = $2", reaction.name, row["pos"])
            through += 1
    return through, len(rows) - through


async def _consume(
    pool: asyncpg.Pool, bus: Bus, name: str, source: str, take: Callable[[list[Entry]], Awaitable[int]], health: Health
) -> None:
    while True:
        reader: Reader | None = None
        try:
            health.position = await cursor(pool, name, source)
            await bus.last_sequence(source)
            reader = await bus.reader(source, health.position)
            health.ok = True
            while True:
                if entries := await reader.fetch(1_000, 1):
                    health.position = await take(entries)
        except (WrongSequence, Gap) as error:
            log.info("consumer made anew", consumer=name, reason=str(error))
            await asyncio.sleep(0.1)
        except _TRANSIENT as error:
            health.ok = False
            log.warning("consumer waits", consumer=name, error=repr(error))
            await asyncio.sleep(1)
        except Exception as error:
            health.ok, health.halted = False, repr(error)
            log.exception("consumer halted", consumer=name, position=health.position)
            await asyncio.sleep(30)  # It serves what it has and alarms; a new version may know the fact.
            health.halted = ""
        finally:
            if reader is not None:
                await reader.close()
