"""Carries a log's new entries to its stream; ``listen`` is the other half.

Invariant: the stream's sequence is the log's position. The relay asks the stream where it stands over each new connection
and every few seconds, and remembers it meanwhile; each entry it publishes is only taken right after the one before it, else it asks again. No
sent flag, no window: two relays at once are harmless, a stream that was wiped or lost its end is filled again. Before it
publishes over a new connection, of either side, it compares the last entries by content: a log that is behind or says
otherwise shuts the gate before the service's desk.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

import asyncpg
import structlog

from shared.language.problems import Unavailable
from shared.log.bus import Bus, BusUnavailable, WrongSequence
from shared.log.checkpoint import Checkpoint, CheckpointUnreadable
from shared.log.eventlog import Entry, after, head
from shared.log.gate import Gate, LogFork, behind, forked, holed
from shared.log.health import Health
from shared.log.outages import OUTAGES, passes
from shared.log.signatures import Forged

log = structlog.get_logger()

_BATCH = 400
_POLL_SECONDS = 0.25
_WINDOW = 500
"""How many of the last common entries are compared."""
_REMEMBER_SECONDS = 1
_LOOK_SECONDS = 5
"""How often the stream is asked where it stands though nothing went wrong: somebody else may have written to it, or dropped it."""
_LONGEST_PAUSE_SECONDS = 5
TRANSIENT = (BusUnavailable, Unavailable, *OUTAGES)
"""What a loop waits for and tries again."""


def transient(error: BaseException) -> bool:
    """Whether the same will go through later; what will not is a fault, and is parked."""
    return isinstance(error, (BusUnavailable, Unavailable)) or passes(error)


_MEMORY = """
select pg_advisory_xact_lock(52050203);
create schema if not exists view;
create table if not exists view.published (
    one bool primary key default true check (one), pos bigint not null default 0, leaf bytea, fork text, pardon uuid);
insert into view.published default values on conflict do nothing
"""
"""How far the stream was known to hold the log, and that the gate was shut: outlives the process, and the stream."""


async def _nothing() -> None: ...


@dataclass
class Relay:
    """The outgoing half, for one log."""

    pool: asyncpg.Pool
    bus: Bus
    service: str
    gate: Gate = field(default_factory=Gate)
    restored: Callable[[], Awaitable[None]] = _nothing
    """Called when an administrator has restored the log, before commands are let in again."""
    checkpoint: Checkpoint | None = None
    """Keeps how far the log was published where neither PostgreSQL nor NATS can lose it."""
    health: Health = field(init=False)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _compared: tuple[object, ...] | None = None
    _at: int | None = None
    """Where the stream stands over this connection, as far as it answered; ``None``: it must be asked."""
    _pardon: object = None
    _told: bool = False
    _looked: float = float("-inf")
    _remembered: tuple[int, float] = (0, 0.0)

    def __post_init__(self) -> None:
        """Its health bears its name."""
        self.health = Health(self.service, "relay")

    def wake(self, _position: int = 0) -> None:
        """Something was written."""
        self._wake.set()

    async def check(self) -> None:
        """At the start, before anything is written: compare, or shut the gate. The process stays up to say so.

        Without an answer from the stream, a log that has been published before stays closed until there is one.
        """
        await self.pool.execute(_MEMORY)
        known = await self.pool.fetchrow("select pos, fork, pardon from view.published")
        if known["fork"]:
            self._shut(known["fork"])
            self._told, self._pardon = True, known["pardon"]
            return
        self.gate.unchecked = known["pos"] > 0 or (self.checkpoint is not None and self.checkpoint.there)
        try:
            await self._compare()
        except LogFork:
            await self._tell()
        except (BusUnavailable, WrongSequence) as error:
            self.health.failed(error)
            log.warning("the log is not compared yet", service=self.service, error=str(error), closed=self.gate.unchecked)

    async def run(self) -> None:
        """For ever: bring the stream to where the log is."""
        await self.pool.execute(_MEMORY)
        refused = 0
        while True:
            self._wake.clear()
            try:
                if self.gate.fork:
                    await self._await_pardon()
                else:
                    await self._drain()
                    self.health.well()
                    refused = 0
            except LogFork:
                continue  # The gate is shut: keep that where the next start finds it.
            except WrongSequence as error:  # Another relay was here, or the stream was wiped: ask again, ever slower.
                refused, self._compared = refused + 1, None
                if refused > 1:
                    self.health.failed(error)
                log.log(
                    30 if refused > 1 else 20,
                    "relay refused",
                    service=self.service,
                    times=refused,
                    error=repr(error.__cause__ or error),
                )
                await asyncio.sleep(min(0.05 * 2**refused, _LONGEST_PAUSE_SECONDS))
            except TRANSIENT as error:
                self.health.failed(error)
                log.warning("relay waits", service=self.service, error=repr(error.__cause__ or error))
                await asyncio.sleep(1)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_POLL_SECONDS):
                    await self._wake.wait()

    async def _drain(self) -> None:
        position, self._at = self._at, None  # Forgotten unless all goes well.
        known = max(position or 0, self.gate.position)
        row = await self.pool.fetchrow(_STANDS)  # After what is known: it is written by now.
        here, over = row["pos"], (self.bus.connection, row["since"])
        if self._compared is not None:  # How far behind it is must be known while NATS is away too.
            self.health.head = here
        if position is None or over != self._compared or time.monotonic() - self._looked > _LOOK_SECONDS:
            await self._compare()
            position, self._looked = await self.bus.last_sequence(self.service), time.monotonic()
            known, here = max(position, self.gate.position), await head(self.pool)
        if known > here:
            self._refuse(behind(here, known))
        self.health.position, self.health.head = position, here
        while position < here:
            entries = await after(self.pool, position, _BATCH)
            if missing := _hole(entries, position, here):
                self._refuse(holed(missing))
            if self._compared is None or self.bus.connection != self._compared[0]:
                return  # Another connection than the one it was compared over: compare first.
            position = self.health.position = await self.bus.publish(self.service, entries)
        self._at = position
        await self._remember(position)

    async def _compare(self) -> None:
        """Once for each pair of connections: the last entries in common, by content; and what was published, by its leaf."""
        await self.bus.connect()
        over = (self.bus.connection, (await self.pool.fetchrow(_STANDS))["since"])
        if over == self._compared:
            return
        first, last = await self.bus.bounds(self.service)
        known = await self.pool.fetchrow("select pos, leaf from view.published")
        marked, leaf = self._marked()
        least = max(last, known["pos"], self.gate.position, marked)
        here = await head(self.pool)
        if least > here:
            self._refuse(behind(here, least))
        for position, expected in ((known["pos"], known["leaf"]), (marked, leaf)):
            if position and expected != await self.pool.fetchval(_LEAF, position):
                self._refuse(forked(position))
        start = max(first - 1, last - _WINDOW)
        try:
            there = [entry async for page in self.bus.pages(self.service, start, last) for entry in page]
        except Forged as forged:
            self._refuse(str(forged))
            return
        if differs := _difference(await after(self.pool, start, last - start), there):
            self._refuse(forked(differs))
        self._compared = over
        self.gate.open(max(here, self.gate.position))

    def _marked(self) -> tuple[int, bytes]:
        """Where the checkpoint says that the log was, and the leaf there; 0 if it says nothing."""
        try:
            return (self.checkpoint.read() if self.checkpoint else None) or (0, b"")
        except CheckpointUnreadable as error:
            self._refuse(str(error))
            raise

    def _refuse(self, why: str) -> None:
        self._shut(why)
        self.gate.enter()

    def _shut(self, why: str) -> None:
        self.gate.shut(why)
        self.health.ok, self.health.halted = False, self.gate.fork
        self._compared, self._at, self._told = None, None, False
        log.error("the log may not be written to", service=self.service, reason=self.gate.fork)

    async def _tell(self) -> None:
        """Keep it where the next start finds it."""
        self._pardon = await self.pool.fetchval("update view.published set fork = $1 returning pardon", self.gate.fork)
        self._told = True

    async def _await_pardon(self) -> None:
        """Stay shut until ``guiren restore`` has left its mark; then compare anew, and go on only if all agree."""
        if not self.health.halted:  # The desk was the first to see it.
            self._shut(self.gate.fork)
        if not self._told:
            await self._tell()
        row = await self.pool.fetchrow("select fork, pardon from view.published")
        if row is None or row["pardon"] in (None, self._pardon):
            return
        why, self.gate.fork, self.gate.position, self.gate.unchecked = self.gate.fork, "", 0, True
        try:
            await self._compare()
            self.gate.unchecked = True  # Not before the views are made anew.
            await self.restored()
        except BaseException:
            self.gate.shut(why)
            self._compared = None
            raise
        self.gate.unchecked = False
        log.info("the log is restored", service=self.service, position=self.gate.position)

    async def _remember(self, position: int) -> None:
        """Now and then, and without a flush of its own: a little too low is no harm."""
        before, at = self._remembered
        if position == before or time.monotonic() - at < _REMEMBER_SECONDS:
            return
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute("set local synchronous_commit = off")
            leaf = await connection.fetchval(
                "update view.published p set pos = e.pos, leaf = e.leaf_hash from log.entry e where e.pos = $1 returning p.leaf",
                position,
            )
        if self.checkpoint is not None and leaf is not None:
            await asyncio.to_thread(self.checkpoint.write, position, leaf)
        self._remembered = (position, time.monotonic())


_STANDS = "select pos, pg_postmaster_start_time() as since from log.head"
_LEAF = "select leaf_hash from log.entry where pos = $1"


def _hole(entries: Sequence[Entry], position: int, head_: int) -> int:
    """The first position that is missing after this one; 0 if none is."""
    for number, entry in enumerate(entries, position + 1):
        if entry.pos != number:
            return number
    return position + 1 if not entries and position < head_ else 0


def _difference(here: Sequence[Entry], there: Sequence[Entry]) -> int:
    """The first position at which the two don't hold the same; 0 if there is none."""
    for one, other in zip_longest(here, there):
        if one is None or other is None:
            return next(entry.pos for entry in (one, other) if entry is not None)
        if (one.leaf, one.stream, one.version, one.type) != (other.leaf, other.stream, other.version, other.type):
            return min(one.pos, other.pos)
    return 0
