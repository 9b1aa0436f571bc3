"""Visible: from a visit's acknowledgement to its standing in the ledger's mirror and index, at 100 visits a second."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import orjson

from deploy.embedded.programs import inner
from shared.language.months import local_date
from tests.bench.figure import Figure, percentile
from tests.bench.grid import UNIT, lay, office, visit, worker
from tests.bench.ground import Ground
from tests.bench.wire import Wire

RATE, SECONDS, CONNECTIONS, LOOK = 100, 20, 16, 0.01


async def measure(ground: Ground) -> list[Figure]:  # noqa: PLR0915  one experiment, told in its order.
    """Open loop: a visit every hundredth of a second, whether the earlier ones were answered or not."""
    enterprises = await lay(ground)
    free: asyncio.Queue[Wire] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(Wire("127.0.0.1", ground.port, worker(ground)))
    acknowledged: dict[int, float] = {}
    answers: list[float] = []
    seen: list[tuple[float, int]] = []

    async def send(number: int) -> None:
        asked = time.perf_counter()
        wire = await free.get()
        try:
            headers, _ = await wire.ask("PUT", *visit(enterprises[number % len(enterprises)]))
        finally:
            free.put_nowait(wire)
        now = time.perf_counter()
        acknowledged[int(headers["guiren-position"].partition(":")[2])] = now
        answers.append(now - asked)

    async def watch() -> None:
        while True:
            position = await pool.fetchval("select pos from view.cursor where name = 'mirror-visits'")
            now = time.perf_counter()
            if position and (not seen or position > seen[-1][1]):
                seen.append((now, position))
            await asyncio.sleep(LOOK)

    async with ground.pool("reporting", 1, prefix="") as pool, asyncio.TaskGroup() as group:
        watching = group.create_task(watch())
        for number in range(CONNECTIONS):  # Warm.
            await send(number)
        await asyncio.sleep(1)
        acknowledged.clear()
        answers.clear()
        began = time.perf_counter()
        sending: list[asyncio.Task[None]] = []
        for number in range(RATE * SECONDS):
            await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
            sending.append(asyncio.create_task(send(number)))
        await asyncio.gather(*sending)
        rate = len(sending) / (time.perf_counter() - began)
        sent = time.perf_counter()
        while not seen or seen[-1][1] < max(acknowledged):
            if time.perf_counter() - sent > 30:
                raise TimeoutError(f"the ledger never caught up: {seen[-1:]} of {max(acknowledged)}; {await _health(ground)}")
            await asyncio.sleep(LOOK)
        watching.cancel()
    delays = _delays(acknowledged, seen)
    month = f"{local_date(datetime.now(UTC)):%Y-%m}"
    wire = Wire("127.0.0.1", ground.port, office(ground))
    _, content = await wire.ask("GET", f"/api/reporting/ledgers/{UNIT}/{month}")
    rows = len(orjson.loads(content)["rows"])
    wire.close()
    while not free.empty():
        free.get_nowait().close()
    said = f"{rate:.0f} visits/s, {len(delays):,} visits, {rows:,} rows in the ledger; PUT p50 {_ms(answers, 0.5)} p99 {_ms(answers, 0.99)}"
    return [
        Figure(
            "visible",
            "acknowledged → in the ledger, p99",
            percentile(delays, 0.99),
            "s",
            goal=0.5,
            less_is_better=True,
            note=said,
        ),
        Figure("visible-p50", "likewise, p50", percentile(delays, 0.5), "s"),
    ]


async def _health(ground: Ground) -> str:
    ports = [ground.home.port(inner(name)) for name in ("visits", "reporting")]
    told = [await Wire("127.0.0.1", port, "").ask("GET", "/readyz") for port in ports]
    return " ".join(content.decode() for _, content in told)


def _delays(acknowledged: dict[int, float], seen: list[tuple[float, int]]) -> list[float]:
    """For each visit the time until the first look at which the mirror held it; none is below zero."""
    delays: list[float] = []
    at = 0
    for position, when in sorted(acknowledged.items()):
        while seen[at][1] < position:
            at += 1
        delays.append(max(0.0, seen[at][0] - when))
    return delays


def _ms(values: list[float], share: float) -> str:
    return f"{percentile(values, share) * 1000:.0f} ms"
