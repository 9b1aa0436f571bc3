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

from shared.bus import Bus, Reader, WrongSequence
from shared.eventlog import Entry
from shared.problems import Problem
from shared.projector import Follower, Gap, Reaction, advance, apply, cursor
from shared.relay import TRANSIENT, Health

log = structlog.get_logger()

_AT_ONCE = 400
_PATIENCE = 5
_REST_SECONDS = 30


@dataclass
class Listener:
    """One who follows a log: what it does with entries beyond its position, and how it is doing."""

    name: str
    take: Callable[[int, Sequence[Entry]], Awaitable[int]]
    """Gets its position and entries without a gap, some of them known perhaps. Answers the new position."""
    health: Health
    rests_until: float = 0.0


def following(pool: asyncpg.Pool, follower: Follower, health: Health) -> Listener:
    """Applies what comes. It never skips: a fact that it can't apply halts it."""

    async def take(_position: int, entries: Sequence[Entry]) -> int:
        return await apply(pool, follower, entries)

    return Listener(follower.name, take, health)


def reacting(pool: asyncpg.Pool, reaction: Reaction, health: Health) -> Listener:
    """Acts on what comes, and parks what keeps failing."""

    async def take(position: int, entries: Sequence[Entry]) -> int:
        fresh = [entry for entry in entries if entry.pos > position]
        if not fresh:
            return position
        for entry in fresh:
            if entry.type in reaction.types:
                await _act(pool, reaction, entry)
        if not await advance(pool, reaction.name, position, fresh[-1].pos):
            raise Gap(reaction.name, position, fresh[-1].pos)
        return fresh[-1].pos

    return Listener(reaction.name, take, health)


async def listen(pool: asyncpg.Pool, bus: Bus, source: str, listeners: Sequence[Listener]) -> None:
    """For ever: hand out what the stream brings. Who meets what it can't take rests, alarms, and is asked again later, while
    the others go on; whatever passes by itself makes all of them try again.
    """
    while True:
        reader: Reader | None = None
        awake = await _awake(listeners)
        try:
            for each in awake:
                each.health.position = await cursor(pool, each.name, source)
            await bus.last_sequence(source)
            reader = await bus.reader(source, min(each.health.position for each in awake))
            for each in awake:
                each.health.ok = True
            while awake == [each for each in listeners if each.rests_until <= time.monotonic()]:
                if entries := await reader.fetch(_AT_ONCE, 1):
                    await _hand_out(awake, entries)
        except (WrongSequence, Gap) as error:
            log.info("reading made anew", source=source, reason=str(error))
            await asyncio.sleep(0.1)
        except TRANSIENT as error:
            for each in awake:
                each.health.ok = False
            log.warning("listeners wait", source=source, error=repr(error))
            await asyncio.sleep(1)
        finally:
            if reader is not None:
                await reader.close()


async def _awake(listeners: Sequence[Listener]) -> list[Listener]:
    """Those who do not rest; the first to come back if all do."""
    await asyncio.sleep(max(0.0, min(each.rests_until for each in listeners) - time.monotonic()))
    awake = [each for each in listeners if each.rests_until <= time.monotonic()]
    for each in awake:
        each.health.halted = ""
    return awake


async def _hand_out(awake: Sequence[Listener], entries: Sequence[Entry]) -> None:
    answers = await asyncio.gather(*(each.take(each.health.position, entries) for each in awake), return_exceptions=True)
    passing: BaseException | None = None
    for each, answer in zip(awake, answers, strict=True):
        if isinstance(answer, int):
            each.health.position = answer
        elif isinstance(answer, (WrongSequence, Gap, *TRANSIENT)) or not isinstance(answer, Exception):
            passing = answer
        else:  # It serves what it has and alarms; a new version may know the fact.
            each.health.ok, each.health.halted = False, repr(answer)
            each.rests_until = time.monotonic() + _REST_SECONDS
            log.error("listener halted", listener=each.name, position=each.health.position, exc_info=answer)
    if passing is not None:
        raise passing


async def _act(pool: asyncpg.Pool, reaction: Reaction, entry: Entry) -> None:
    for attempt in range(_PATIENCE):
        try:
            await reaction.react(entry)
            return
        except TRANSIENT:
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
