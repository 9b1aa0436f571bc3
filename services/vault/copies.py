"""The keys' second home: every key, wrapped as it lies in the vault, is copied to a stream that keeps one value per subject.

One background task of the vault copies, so that no command waits for it. It reads what has changed, after
the commit, and says with each value which one it follows: a late copy of a key never lands on the trace of an erasure. What
the stream knows of an erasure and the vault does not (one put back from an old backup) is erased again. ``bring_back`` is for
the administrator's restore. Nothing in clear leaves the vault: without a master key the stream tells nothing.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import structlog

from services.vault.keys import Keys
from shared.log.bus import Bus, WrongSequence
from shared.log.sweeping import Unfinished

log = structlog.get_logger()

TABLE = "keys"
_LOCK = 52050204
_BATCH = 100
_CHANGED = """
select subject, wrapped, mk, rev, seq from vault.subject_key where copied <> rev and subject > $1 order by subject limit $2
"""
_KNOWN = 'select count(*) as held, coalesce(max(seq), 0) as "end" from vault.subject_key where copied > 0'


class KeysDiffer(Exception):
    """A subject has one key in the vault and another in the stream: made anew while the first was missing. Neither is dropped."""


@dataclass(frozen=True)
class Copied:
    """A key as the stream has it; without ``wrapped`` it is the trace of an erasure."""

    wrapped: bytes | None
    mk: str

    @classmethod
    def read(cls, value: bytes) -> Copied:
        """From its message."""
        told = orjson.loads(value)
        return cls(base64.b64decode(told["wrapped"]) if told["wrapped"] else None, told["mk"])

    def written(self) -> bytes:
        """As its message."""
        wrapped = base64.b64encode(self.wrapped).decode() if self.wrapped else None
        return orjson.dumps({"wrapped": wrapped, "mk": self.mk})


async def copy_keys(keys: Keys, bus: Bus) -> int:
    """Copy what has changed; all of it, where the stream or its end was lost. Answers how many were copied."""
    held, end = await bus.extent(TABLE)
    done, last, failed = 0, UUID(int=0), dict[Any, Exception]()
    async with keys.pool.acquire() as connection:
        if not await connection.fetchval("select pg_try_advisory_lock($1)", _LOCK):
            return 0
        try:
            known = await connection.fetchrow(_KNOWN)
            if held < known["held"] or end < known["end"]:  # An end that was lost may have been the trace of an erasure.
                await connection.execute("select vault.copies_lost()")
            while rows := await connection.fetch(_CHANGED, last, _BATCH):
                last = rows[-1]["subject"]
                outcomes = await asyncio.gather(*(_copy(keys, bus, row) for row in rows), return_exceptions=True)
                for row, outcome in zip(rows, outcomes, strict=True):
                    if isinstance(outcome, KeysDiffer):
                        failed[row["subject"]] = outcome
                    elif isinstance(outcome, BaseException):
                        raise outcome
                    else:
                        seq, copied, erased = outcome
                        if erased:
                            await erase_again(connection, [row["subject"]])
                        await connection.execute("select vault.copied($1, $2, $3)", row["subject"], seq, copied)
                        done += copied == row["rev"]
        finally:
            await connection.execute("select pg_advisory_unlock($1)", _LOCK)
    if failed:
        raise Unfinished(failed)
    return done


async def _copy(keys: Keys, bus: Bus, row: Any) -> tuple[int, int, bool]:
    """Where the copy stands, which change of the row it holds, and whether the subject turns out to be erased."""
    subject: UUID = row["subject"]
    own = Copied(row["wrapped"], row["mk"])
    try:
        return await bus.put_value(TABLE, str(subject), own.written(), row["seq"]), row["rev"], False
    except WrongSequence:
        found = await bus.value_of(TABLE, str(subject))
    if found is None:
        return 0, 0, False  # The stream was lost: the next turn begins anew.
    seq, there = found[0], Copied.read(found[1])
    if own.wrapped and not there.wrapped:
        return seq, row["rev"] + 1, True  # Its erasing here is the next change, and is told there already.
    if own.wrapped and there.wrapped and not keys.same_key(subject, (own.wrapped, own.mk), (there.wrapped, there.mk)):
        raise KeysDiffer
    return seq, 0, False  # The next turn follows it.


async def erase_again(connection: Any, subjects: Sequence[UUID]) -> None:
    """Destroy the keys of subjects that were erased, and what finds them."""
    await connection.execute("select vault.erase(subject) from unnest($1::uuid[]) subject", list(subjects))


@dataclass(frozen=True)
class Brought:
    """What the stream has and the vault lacks."""

    keys: int
    erasures: int
    differing: int
    """Subjects with another key here than there: a person decides."""


async def bring_back(connection: Any, bus: Bus, *, apply: bool) -> Brought:
    """The keys and erasures that a vault put back from a backup, or dropped, does not know."""
    there = {UUID(name): (seq, Copied.read(value)) for name, seq, value in await bus.values(TABLE)}
    rows = await connection.fetch("select subject, wrapped, mk, seq from vault.subject_key")
    here = {row["subject"]: row for row in rows}
    lacking = {subject: item for subject, item in there.items() if subject not in here}
    erased = [s for s, (_, item) in there.items() if not item.wrapped and (s not in here or here[s]["wrapped"])]
    differing = [
        s
        for s, (seq, item) in there.items()
        if s in here and item.wrapped and here[s]["wrapped"] and here[s]["seq"] < seq and here[s]["wrapped"] != item.wrapped
    ]
    if apply:
        async with connection.transaction():
            await connection.executemany(
                "insert into vault.subject_key (subject, wrapped, mk, copied, seq, destroyed) "
                "values ($1, $2, $3, 1, $4, case when $2::bytea is null then now() end) on conflict do nothing",
                [(subject, item.wrapped, item.mk, seq) for subject, (seq, item) in lacking.items()],
            )
            await erase_again(connection, erased)
    return Brought(sum(1 for _, item in lacking.values() if item.wrapped), len(erased), len(differing))
