"""A stream's entries to all of a service who follow it. One reading serves them all; each has a cursor and a health of its own.

entries --> follower: its tables and its cursor in one transaction
--> reaction: commands whose ids follow from the fact, then its cursor
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import asyncpg
import structlog

from shared.language.problems import Problem
from shared.log.background import ended
from shared.log.bus import Bus, Reader, WrongSequence
from shared.log.eventlog import Entry
from shared.log.gate import LogLoading
from shared.log.health import Health
from shared.log.outages import in_words
from shared.log.relay import TRANSIENT, transient
from shared.log.signatures import Forged
from shared.log.views import BEGUN, Follower, Gap, Reaction, advance, apply, bookmark

log = structlog.get_logger()

_AT_ONCE = 400
_FAR = 4 * _AT_ONCE
"""Entries behind the others: who is farther catches up by a reading of its own, so that nobody waits for it."""
_PATIENCE = 5
_REST_SECONDS = 30
_TOGETHER = 64
"""Streams of a batch that a reaction acts on at the same time: as many commands as the desk takes into one transaction."""
_ASTRAY_SECONDS = 2


@dataclass
class Listener:
    """One who follows a log: what it does with entries beyond its position, and how it is doing."""

    name: str
    take: Callable[[int, Sequence[Entry]], Awaitable[int]]
    """Gets its position and entries without a gap, some of them known perhaps. Answers the new position."""
    health: Health
    stand: Callable[[Bus], Awaitable[tuple[int, bytes | None]]]
    """Its position as it is kept, and the leaf of the entry there; made if it has none yet."""
    rests_until: float = 0.0
    apart: asyncio.Task[None] | None = None
    """Its own reading, while it catches up."""

    @property
    def free(self) -> bool:
        """Whether it takes part in the common reading now."""
        return self.rests_until <= time.monotonic() and (self.apart is None or self.apart.done())


def following(pool: asyncpg.Pool, follower: Follower, health: Health) -> Listener:
    """Applies what comes. It never skips: a fact that it can't apply halts it."""

    async def take(_position: int, entries: Sequence[Entry]) -> int:
        return await apply(pool, follower, entries)

    return Listener(follower.name, take, health, lambda _bus: bookmark(pool, follower.name, follower.log))


def reacting(pool: asyncpg.Pool, reaction: Reaction, health: Health) -> Listener:
    """Acts on what comes, and parks what keeps failing."""

    async def take(position: int, entries: Sequence[Entry]) -> int:
        fresh = [entry for entry in entries if entry.pos > position]
        if not fresh:
            return position
        await _act_on_all(pool, reaction, [entry for entry in fresh if entry.type in reaction.types])
        if not await advance(pool, reaction.name, position, fresh[-1]):
            raise Gap(reaction.name, position, fresh[-1].pos)
        return fresh[-1].pos

    return Listener(reaction.name, take, health, lambda bus: begin(pool, bus, reaction))


async def begin(pool: asyncpg.Pool, bus: Bus, reaction: Reaction) -> tuple[int, bytes | None]:
    """Where a reaction stands. One that has no place yet in a log of which nobody here knows anything begins at its end:
    what happened before the reaction was there is not acted on unless somebody asks for it (``projector.enlist``).
    """
    found = await pool.fetchval("select pos from view.cursor where name = $1", reaction.name)
    if found is None:
        last = await bus.last_sequence(reaction.log)
        await pool.execute(BEGUN, [reaction.name], [reaction.log], [last])
    return await bookmark(pool, reaction.name, reaction.log)


async def listen(bus: Bus, source: str, listeners: Sequence[Listener]) -> None:
    """For ever: hand out what the stream brings. Who meets what it can't take rests, alarms, and is asked again later, and who
    is far behind reads by itself, while the others go on; whatever passes by itself makes all of them try again.
    """
    try:
        while True:
            await _read(bus, source, await _free(listeners), listeners)
    finally:
        apart = [each.apart for each in listeners if each.apart is not None]
        await ended(apart)


async def _free(listeners: Sequence[Listener]) -> list[Listener]:
    """Those who neither rest nor read by themselves; the first to come back if all do."""
    while not (free := [each for each in listeners if each.free]):
        apart = [each.apart for each in listeners if each.apart is not None and not each.apart.done()]
        rest = min((each.rests_until for each in listeners if each.apart is None or each.apart.done()), default=float("inf"))
        seconds = max(0.0, min(rest - time.monotonic(), _REST_SECONDS))
        await (asyncio.wait(apart, timeout=seconds, return_when=asyncio.FIRST_COMPLETED) if apart else asyncio.sleep(seconds))
    return free


async def _read(bus: Bus, source: str, free: Sequence[Listener], listeners: Sequence[Listener]) -> None:
    """Read for those who are free until somebody else is, or something is odd."""
    reader: Reader | None = None
    try:
        marks = [await each.stand(bus) for each in free]
        bounds = await bus.bounds(source)
        if not all([await _fits(bus, source, bounds, each, mark) for each, mark in zip(free, marks, strict=True)]):
            return
        front = max(each.health.position for each in free)
        for each in free:
            if front - each.health.position > _FAR and len(listeners) > 1:
                each.apart = asyncio.create_task(_catch_up(bus, source, each, front))
        together = [each for each in free if each.free]
        reader = await bus.reader(source, min(each.health.position for each in together))
        while together == [each for each in listeners if each.free]:
            await _hand_out(together, reader, await reader.fetch(_AT_ONCE, 1))
    except Forged as forged:
        for each in free:
            _halt(each, str(forged))
    except (WrongSequence, Gap) as error:
        log.info("reading made anew", source=source, reason=str(error))
        await asyncio.sleep(0.1)
    except TRANSIENT as error:
        for each in free:
            each.health.failed(error)
        log.warning("listeners wait", source=source, error=repr(error))
        await asyncio.sleep(1)
    finally:
        if reader is not None:
            await reader.close()


async def _fits(bus: Bus, source: str, bounds: tuple[int, int], each: Listener, mark: tuple[int, bytes | None]) -> bool:
    """Whether the stream goes on where this one stopped. If not it rests and says why, and is looked at again soon: a wiped
    stream that is being filled again comes to fit by itself, another history never does.
    """
    (position, leaf), (first, last) = mark, bounds
    each.health.position = position
    each.health.sees(last)
    trouble = ""
    if position > last:
        trouble = f"已处理到 {source} 第 {position} 条,消息流只到第 {last} 条"
    elif position + 1 < first:
        trouble = f"已处理到 {source} 第 {position} 条,消息流从第 {first} 条才有"
    elif position >= first and leaf is not None:
        there = await bus.entry_at(source, position)
        if there is None or there.leaf != leaf:
            trouble = f"{source} 第 {position} 条与已处理的不同"
    if trouble:
        _halt(each, trouble)
    return not trouble


def _halt(each: Listener, trouble: str) -> None:
    """It goes no further, says why, and looks again soon: a person may have put the right stream there."""
    if each.health.halted != trouble:
        log.error("what a stream holds can't be taken", listener=each.name, position=each.health.position, reason=trouble)
    each.health.ok, each.health.halted = False, trouble
    each.rests_until = time.monotonic() + _ASTRAY_SECONDS


async def _catch_up(bus: Bus, source: str, listener: Listener, front: int) -> None:
    """Read for one alone until it stands where the others stood."""
    reader: Reader | None = None
    try:
        reader = await bus.reader(source, listener.health.position)
        while listener.health.position < front and listener.rests_until <= time.monotonic():
            await _hand_out([listener], reader, await reader.fetch(_AT_ONCE, 1))
    except Forged as forged:
        _halt(listener, str(forged))
    except (WrongSequence, Gap, *TRANSIENT) as error:
        listener.health.failed(error)
        log.warning("catching up waits", listener=listener.name, position=listener.health.position, error=repr(error))
        await asyncio.sleep(1)
    finally:
        if reader is not None:
            await reader.close()


async def _hand_out(listeners: Sequence[Listener], reader: Reader, entries: Sequence[Entry]) -> None:
    answers: Sequence[int | BaseException] = [each.health.position for each in listeners]
    if entries:
        answers = await asyncio.gather(*(each.take(each.health.position, entries) for each in listeners), return_exceptions=True)
    passing: BaseException | None = None
    for each, answer in zip(listeners, answers, strict=True):
        each.health.sees(reader.head)
        if isinstance(answer, int):
            each.health.position = answer
            each.health.well()
        elif isinstance(answer, LogLoading):  # It waits for the demo, and nobody waits for it.
            each.health.failed(answer)
            each.rests_until = time.monotonic() + _ASTRAY_SECONDS
        elif isinstance(answer, (WrongSequence, Gap)) or transient(answer) or not isinstance(answer, Exception):
            passing = answer
        else:  # It serves what it has and alarms; a new version may know the fact.
            each.health.failed(answer)
            each.health.halted = repr(answer)
            each.rests_until = time.monotonic() + _REST_SECONDS
            log.error("listener halted", listener=each.name, position=each.health.position, exc_info=answer)
    if passing is not None:
        raise passing


async def _act_on_all(pool: asyncpg.Pool, reaction: Reaction, entries: Sequence[Entry]) -> None:
    """Each stream's in their order, different streams together, so that their commands share a transaction. What passes by itself
    is raised once all the others have ended: then the batch comes again, and what was done is known by its commands' ids.
    """
    chains: dict[str, list[Entry]] = {}
    for entry in entries:
        chains.setdefault(entry.stream, []).append(entry)
    places = asyncio.Semaphore(_TOGETHER)

    async def act(chain: list[Entry]) -> None:
        async with places:
            for entry in chain:
                await _act(pool, reaction, entry)

    ends = await asyncio.gather(*map(act, chains.values()), return_exceptions=True)
    for error in ends:
        if error is not None:
            raise error


async def _act(pool: asyncpg.Pool, reaction: Reaction, entry: Entry) -> None:
    for attempt in range(_PATIENCE):
        try:
            await reaction.react(entry)
            return
        except Exception as error:  # whatever it is, it is parked with its text.
            if transient(error):
                raise
            if attempt + 1 < _PATIENCE and not isinstance(error, Problem):
                await asyncio.sleep(0.05 * 2**attempt)
                continue
            if await pool.fetchval("select loading from log.head"):
                raise LogLoading from error  # What it misses may still come.
            log.exception("parked", reaction=reaction.name, pos=entry.pos)
            await pool.execute(
                "insert into view.parked (follower, pos, rec_us, stream, ver, type, body, error) "
                "values ($1,$2,$3,$4,$5,$6,$7,$8) on conflict (follower, pos) do update set error = excluded.error, at = now()",
                reaction.name,
                entry.pos,
                entry.rec_us,
                entry.stream,
                entry.version,
                entry.type,
                entry.body,
                in_words(error),
            )
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
        except Exception as error:
            log.exception("still parked", reaction=reaction.name, pos=row["pos"])
            await pool.execute(
                "update view.parked set error = $3, at = now() where follower = $1 and pos = $2",
                reaction.name,
                row["pos"],
                in_words(error),
            )
        else:
            await pool.execute("delete from view.parked where follower = $1 and pos = $2", reaction.name, row["pos"])
            through += 1
    return through, len(rows) - through
