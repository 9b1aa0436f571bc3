"""What was opened: written down by the vault itself, in a table to which its role can only add.

A disclosure is written before it is answered. What pages and commands open in their routine is gathered for a moment, one row
a request and purpose; if it can't be written for longer than half a minute, nothing more is opened until it is.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from shared.language.openings import Asker, Opening
from shared.log.vault import VaultAway

log = structlog.get_logger()

_EVERY_SECONDS = 0.25
_LONGEST_SECONDS = 30
_MOST = 20_000
_ADD = """
insert into vault.opening (service, purpose, by, via, request, about, fields, subjects, n)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""


@dataclass
class Opened:
    """One row: who had whose data opened, for what."""

    service: str
    purpose: Opening
    asker: Asker
    subjects: set[UUID] = field(default_factory=set[UUID])
    count: int = 0

    def row(self) -> tuple[Any, ...]:
        """As it is kept."""
        return (
            self.service,
            str(self.purpose),
            list(self.asker.by),
            self.asker.via,
            self.asker.request,
            self.asker.about,
            list(self.asker.fields),
            sorted(self.subjects),
            self.count,
        )


class Records:
    """The table, and what waits to be written into it."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._waiting: dict[tuple[str, Opening, Asker], Opened] = {}
        self._taken: list[Opened] = []
        self._since = time.monotonic()
        self._writing = asyncio.Lock()

    async def write(self, opened: Opened) -> None:
        """Write one down now: when this comes back it is kept."""
        await self._pool.execute(_ADD, *opened.row())

    def gather(self, opened: Opened) -> None:
        """Write it down within a moment, together with what the same request opens for the same purpose."""
        if self.overdue:
            raise VaultAway(reason="what was opened can't be written down")
        if not self._waiting and not self._taken:
            self._since = time.monotonic()
        known = self._waiting.setdefault((opened.service, opened.purpose, opened.asker), opened)
        if known is not opened:
            known.subjects |= opened.subjects
            known.count += opened.count

    @property
    def waiting(self) -> int:
        """How many rows wait."""
        return len(self._waiting) + len(self._taken)

    async def forget(self, days: int) -> int:
        """Delete what was written down longer ago than this. Answers how many rows that were."""
        return await self._pool.fetchval("select vault.forget_openings($1)", days)

    @property
    def overdue(self) -> bool:
        """Whether something has waited for too long, or too much waits."""
        return len(self._waiting) > _MOST or (
            bool(self._waiting or self._taken) and time.monotonic() - self._since > _LONGEST_SECONDS
        )

    async def flush(self) -> None:
        """Write what waits."""
        async with self._writing:
            while self._taken or self._waiting:  # What could not be written the last time goes first.
                if not self._taken:
                    self._taken, self._waiting = list(self._waiting.values()), {}
                async with self._pool.acquire() as connection, connection.transaction():
                    await connection.executemany(_ADD, [opened.row() for opened in self._taken])
                self._taken = []
                self._since = time.monotonic()

    async def keep_writing(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            try:
                await self.flush()
            except Exception as error:  # noqa: BLE001  whatever it is: who writes must not end, and after a while nothing is opened.
                log.error("openings can't be written down", waiting=self.waiting, error=repr(error))
