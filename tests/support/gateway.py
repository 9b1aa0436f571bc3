"""The gateway as it is, before whatever a test puts behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import partial

import uvicorn
from fastapi import FastAPI

from deploy.embedded.home import Home
from deploy.embedded.programs import Gateway
from support.world import until

SERVICES = ("roster", "visits", "issues", "reporting")


class Before(Gateway):
    """The gateway before these addresses, by the service they stand for."""

    def __init__(self, home: Home, upstreams: Mapping[str, str]) -> None:
        super().__init__(home, home.port("gateway"), SERVICES)
        self._upstreams = upstreams

    def environment(self) -> dict[str, str]:
        return {**super().environment(), **{f"{name.upper()}_UPSTREAM": at for name, at in self._upstreams.items()}}


class _Quiet(uvicorn.Server):
    """Leaves the signals to the tests."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


async def _started(server: uvicorn.Server) -> bool:
    return server.started


@asynccontextmanager
async def gateway(home: Home, applications: Mapping[str, FastAPI]) -> AsyncGenerator[str]:
    """The address of a gateway before these applications, which are served by this process."""
    servers: dict[str, uvicorn.Server] = {}
    tasks: list[asyncio.Task[None]] = []
    for name, app in applications.items():
        server = servers[name] = _Quiet(uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="off", log_level="error"))
        tasks.append(asyncio.create_task(server.serve()))
        await until(partial(_started, server))
    made = Before(home, {name: f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}" for name, server in servers.items()})
    await asyncio.to_thread(made.start)
    try:
        yield f"http://127.0.0.1:{made.port}"
    finally:
        await asyncio.to_thread(made.stop)
        for server in servers.values():
            server.should_exit = True
        await asyncio.gather(*tasks)
