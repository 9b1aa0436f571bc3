"""Which statements somebody's asking sends to the database: not those of the background, and none is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

import asyncpg

_COUNTED: ContextVar[list[str] | None] = ContextVar("counted", default=None)

_THE_DRIVERS = ("typeinfo_tree", "set_config('jit'")
"""Once a connection and kind of value."""


@asynccontextmanager
async def statements(pool: asyncpg.Pool) -> AsyncGenerator[list[str]]:
    """All that is sent by whoever is called within, and by the tasks they begin; ``begin`` and ``commit`` too."""
    found: list[str] = []

    def hear(record: Any) -> None:
        if (counted := _COUNTED.get()) is not None and not any(own in record.query for own in _THE_DRIVERS):
            counted.append(" ".join(record.query.split()))

    held: list[Any] = [await pool.acquire() for _ in range(pool.get_max_size() - 2)]  # So that every connection is there.
    for each in held:
        await pool.release(each)
    connections = [holder._con for holder in pool._holders if holder._con is not None]
    for each in connections:
        each.add_query_logger(hear)
    token = _COUNTED.set(found)
    try:
        yield found
        await asyncio.sleep(0)
    finally:
        _COUNTED.reset(token)
        for each in connections:
            each.remove_query_logger(hear)
