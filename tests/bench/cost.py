"""What a visit costs: the processor time of every process that has to do with it, until all services have digested it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import asyncpg

from tests.bench.figure import Figure
from tests.bench.grid import lay, visit, worker
from tests.bench.ground import Ground
from tests.bench.wire import Wire

VISITS, CLIENTS, WARM = 480, (8, 32), 64
GOALS = {8: 9.0, 32: 6.0}
_TICK = 1000 / os.sysconf("SC_CLK_TCK")
_FOLLOWED = {"issues": ("visits",), "reporting": ("visits", "issues")}


async def measure(ground: Ground) -> list[Figure]:
    """Visits through the gateway, with few clients and with many; what each kind of process took stands in the note."""
    enterprises = await lay(ground)
    await _through(ground, enterprises, CLIENTS[0], WARM)
    figures: list[Figure] = []
    for clients in CLIENTS:
        before = dict(_used(ground))
        count = await _through(ground, enterprises, clients, VISITS)
        spent = {name: (ticks - before.get(name, 0)) * _TICK / count for name, ticks in _used(ground)}
        note = ", ".join(f"{name} {each:.2f}" for name, each in sorted(spent.items(), key=lambda item: -item[1]) if each >= 0.005)
        what = f"processor time of a visit, {clients} clients"
        figures.append(
            Figure(f"cost-{clients}", what, sum(spent.values()), "ms", goal=GOALS[clients], less_is_better=True, note=note)
        )
    return figures


async def _through(ground: Ground, enterprises: list[UUID], clients: int, count: int) -> int:
    """Record so many visits, and wait until whoever follows has them. Answers how many."""
    token = worker(ground)

    async def client(number: int) -> None:
        wire = Wire("127.0.0.1", ground.port, token)
        for each in range(number, count, clients):
            await wire.ask("PUT", *visit(enterprises[each % len(enterprises)]))
        wire.close()

    await asyncio.gather(*(client(number) for number in range(clients)))
    for service, logs in _FOLLOWED.items():
        for log in logs:
            await _digested(ground, service, log)
    return count


async def _digested(ground: Ground, service: str, log: str, seconds: float = 60) -> None:
    """A service has all that a log holds."""
    end = time.monotonic() + seconds
    async with ground.pool(log, 1, prefix="") as source, ground.pool(service, 1, prefix="") as pool:
        while time.monotonic() < end:
            head = await source.fetchval("select pos from log.head")
            if await _stands(pool, log) >= head:
                return
            await asyncio.sleep(0.05)
    raise TimeoutError(f"{service} has not taken in what {log} told")


async def _stands(pool: asyncpg.Pool, log: str) -> int:
    return await pool.fetchval("select coalesce(min(pos), 0) from view.cursor where log = $1", log)


def _used(ground: Ground) -> Iterator[tuple[str, int]]:
    """The ticks that each kind of process has used until now, with those of its children that have ended."""
    ours = {process.pid: process.name for process in (ground.postgres, ground.nats, *ground.processes) if process.pid}
    total = dict.fromkeys(ours.values(), 0)
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # It has ended meanwhile.
            parents[int(folder.name)], ticks[int(folder.name)] = int(fields[1]), sum(map(int, fields[11:15]))
    for pid, used in ticks.items():
        above = pid
        while above and above not in ours:
            above = parents.get(above, 0)
        if above:
            total[ours[above]] += used
    yield from total.items()
