"""HTTP: visits recorded through the gateway, beside a bare FastAPI and asyncpg endpoint behind the same caddy."""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from pathlib import Path
from statistics import median
from uuid import UUID

from deploy.embedded.home import Home, free_port
from deploy.embedded.process import Process
from deploy.embedded.programs import Gateway
from tests.bench.figure import Figure, percentile
from tests.bench.grid import lay, visit, worker
from tests.bench.ground import PREFIX, Ground
from tests.bench.wire import Wire

SECONDS, ROUNDS, CLIENTS = 4.0, 2, (8, 32)


class Bare(Process):
    """The bare endpoint as a process."""

    name = "bare"

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground.home)
        self.port = free_port()
        self._files = str(ground.home.path)
        password = ground.home.secret("visits")
        self._dsn = f"postgresql://visits:{password}@127.0.0.1:{ground.postgres.port}/{PREFIX}guiren_visits"

    def command(self) -> list[str]:
        return [sys.executable, "-m", "tests.bench.bare"]

    def environment(self) -> dict[str, str]:
        return {
            "BENCH_PORT": str(self.port),
            "BENCH_DSN": self._dsn,
            "BENCH_FILES": self._files,
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }

    def ready(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class BareGateway(Gateway):
    """The same caddy with the same Caddyfile; what it takes for visits is the bare endpoint."""

    name = "bare-gateway"

    def __init__(self, home: Home, port: int, upstream: int) -> None:
        super().__init__(home, port, ("roster", "visits", "issues", "reporting"))
        self._upstream = upstream

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "VISITS_UPSTREAM": f"127.0.0.1:{self._upstream}"}


async def measure(ground: Ground) -> list[Figure]:
    """Two rounds of each, in turn, with few clients and with many."""
    enterprises = await lay(ground)
    bare = Bare(ground)
    gateway = BareGateway(ground.home, free_port(), bare.port)
    try:
        bare.start()
        gateway.start()
        figures: list[Figure] = []
        for clients in CLIENTS:
            rounds = [
                (await _load(ground, gateway.port, clients, enterprises), await _load(ground, ground.port, clients, enterprises))
                for _ in range(ROUNDS)
            ]
            limit, ours = (median(item[place][0] for item in rounds) for place in range(2))
            said = "; ".join(
                f"{name} p50 {percentile(times, 0.5) * 1000:.0f} p99 {percentile(times, 0.99) * 1000:.0f} ms"
                for name, times in (
                    ("ours", [t for item in rounds for t in item[1][1]]),
                    ("bare", [t for item in rounds for t in item[0][1]]),
                )
            )
            figures.append(
                Figure(
                    f"http-{clients}",
                    f"visits recorded, {clients} clients",
                    ours,
                    "/s",
                    limit,
                    "/s bare FastAPI+asyncpg",
                    note=said,
                )
            )
        return figures
    finally:
        gateway.stop()
        bare.stop()


async def _load(ground: Ground, port: int, clients: int, enterprises: list[UUID]) -> tuple[float, list[float]]:
    times: list[float] = []
    token = worker(ground)
    began = time.perf_counter()
    end = began + SECONDS

    async def client(number: int) -> None:
        wire = Wire("127.0.0.1", port, token)
        await wire.ask("PUT", *visit(enterprises[number % len(enterprises)]))  # Connected, and warm.
        while (asked := time.perf_counter()) < end:
            number += clients
            await wire.ask("PUT", *visit(enterprises[number % len(enterprises)]))
            times.append(time.perf_counter() - asked)
        wire.close()

    await asyncio.gather(*(client(number) for number in range(clients)))
    return len(times) / (time.perf_counter() - began), times
