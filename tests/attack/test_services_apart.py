"""Whoever has one service's passwords takes from the others neither their places at PostgreSQL nor those at NATS."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any

import asyncpg
import nats
import pytest
from nats.errors import Error as NatsError
from support.world import World

from deploy.embedded.nats import CONFIG
from deploy.embedded.postgres import SETTINGS
from deploy.install import CONNECTIONS, ROLES, install

_COMPOSE = Path(CONFIG).parents[1] / "docker-compose.yml"
_KEPT_BACK = 10
"""For the administrator: the supervisor's questions, the audit, a restoring."""


async def as_role(world: World, name: str, prefix: str) -> asyncpg.Connection:
    return await asyncpg.connect(
        host="127.0.0.1",
        port=world.postgres.port,
        user=name,
        password=world.home.secret(name),
        database=f"{prefix}guiren_{name}",
        timeout=5,
    )


async def test_nobody_takes_the_connections_of_another_at_postgresql(world: World) -> None:
    prefix = "apart_"
    await install(world.place, world.home.passwords(), demo=True, prefix=prefix)
    held: list[asyncpg.Connection] = []
    try:
        with pytest.raises(asyncpg.TooManyConnectionsError):
            for _ in range(CONNECTIONS + 1):
                held += [await as_role(world, "visits", prefix)]
        held += [await as_role(world, name, prefix) for name in ROLES if name != "visits"]
    finally:
        for connection in held:
            await connection.close()
        await world.drop(prefix, ROLES)


async def test_nobody_enters_another_database(world: World) -> None:
    """Nor the two that every role may enter unless told otherwise."""
    prefix = "doors_"
    await install(world.place, world.home.passwords(), demo=True, prefix=prefix)
    try:
        for name in ROLES:
            for other in ("postgres", "template1", "template0", *(f"{prefix}guiren_{each}" for each in ROLES if each != name)):
                with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.ObjectNotInPrerequisiteStateError)):
                    await asyncpg.connect(
                        host="127.0.0.1",
                        port=world.postgres.port,
                        user=name,
                        password=world.home.secret(name),
                        database=other,
                        timeout=5,
                    )
    finally:
        await world.drop(prefix, ROLES)


def test_all_together_they_leave_some_for_the_administrator() -> None:
    in_compose = re.search(r"max_connections=(\d+)", _COMPOSE.read_text(encoding="utf-8"))
    assert in_compose
    for most in (SETTINGS["max_connections"], in_compose[1]):
        assert CONNECTIONS * len(ROLES) <= int(most) - _KEPT_BACK


async def test_nobody_takes_the_connections_of_another_at_nats(world: World) -> None:
    told = CONFIG.read_text(encoding="utf-8")
    limits = [int(most) for most in re.findall(r"limits: \{ max_connections: (\d+) \}", told)]
    everybody = re.search(r"^max_connections: (\d+)", told, re.MULTILINE)
    assert everybody and len(limits) == len(ROLES) and sum(limits) <= int(everybody[1]) - _KEPT_BACK

    async def quiet(_error: Exception) -> None: ...

    async def connected(name: str) -> Any:
        return await nats.connect(
            world.nats.url, user=name, password=world.home.secret(f"nats-{name}"), allow_reconnect=False, error_cb=quiet
        )

    async with contextlib.AsyncExitStack() as stack:
        with pytest.raises(NatsError):
            for _ in range(limits[0] + 1):
                stack.push_async_callback((await connected("vault")).close)
        for name in ROLES:
            if name != "vault":
                stack.push_async_callback((await connected(name)).close)
