"""Evidence: photos of 1 to 4 MB sent through the gateway, beside a bare route that writes and fsyncs the same bytes."""

from __future__ import annotations

import io
import time
from hashlib import sha256
from random import Random
from statistics import median
from uuid import uuid4

import httpx
from PIL import Image

from deploy.embedded.home import free_port
from tests.bench.figure import Figure, percentile
from tests.bench.gateway import Bare, BareGateway
from tests.bench.grid import lay, visit, worker
from tests.bench.ground import Ground

PHOTOS, ROUNDS = 12, 3
_SIDES = ((1400, 1050), (2000, 1500), (2600, 1950))


def photos() -> list[bytes]:
    """Noise compresses badly, so these are as large as photos are; each is another one, so nothing is stored twice."""
    made: list[bytes] = []
    for n in range(PHOTOS):
        width, height = _SIDES[n % len(_SIDES)]
        out = io.BytesIO()
        noise = Image.frombytes(
            "RGB", (width // 2, height // 2), Random(time.time_ns() + n).randbytes(width // 2 * (height // 2) * 3)
        )
        noise.resize((width, height)).save(out, "JPEG", quality=92)
        made.append(out.getvalue())
    return made


async def measure(ground: Ground) -> list[Figure]:
    """A round of ours, a round of the bare route, three times; one photo after the other, as a phone sends them."""
    enterprises = await lay(ground)
    bare = Bare(ground)
    gateway = BareGateway(ground.home, free_port(), bare.port)
    ours, limit = list[float](), list[float]()
    times = list[float]()
    sizes = list[int]()
    try:
        bare.start()
        gateway.start()
        headers = {"Authorization": f"Bearer {worker(ground)}", "Content-Type": "application/octet-stream"}
        async with httpx.AsyncClient(timeout=120, headers=headers) as client:
            path, body = visit(enterprises[0])
            (
                await client.put(
                    f"http://127.0.0.1:{ground.port}{path}", content=body, headers={"Content-Type": "application/json"}
                )
            ).raise_for_status()
            for number in range(ROUNDS + 1):
                batch = photos()
                here = await _sent(client, [f"http://127.0.0.1:{gateway.port}/api/visits/files/{uuid4()}" for _ in batch], batch)
                marks = [sha256(photo).hexdigest() for photo in batch]
                there = await _sent(
                    client, [f"http://127.0.0.1:{ground.port}{path}/evidence/{mark}?kind=photo" for mark in marks], batch
                )
                if number == 0:
                    continue  # Warm.
                size = sum(map(len, batch))
                ours.append(size / sum(there) / 1e6)
                limit.append(size / sum(here) / 1e6)
                times += there
                sizes += map(len, batch)
    finally:
        gateway.stop()
        bare.stop()
    said = f"{min(sizes) / 1e6:.1f}–{max(sizes) / 1e6:.1f} MB each; p50 {percentile(times, 0.5) * 1000:.0f} ms p99 {percentile(times, 0.99) * 1000:.0f} ms"
    return [
        Figure(
            "evidence",
            "photos stored without their position",
            median(ours),
            "MB/s",
            median(limit),
            "MB/s bare write and fsync",
            note=said,
        )
    ]


async def _sent(client: httpx.AsyncClient, urls: list[str], batch: list[bytes]) -> list[float]:
    times: list[float] = []
    for url, photo in zip(urls, batch, strict=True):
        began = time.perf_counter()
        answer = await client.put(url, content=photo)
        times.append(time.perf_counter() - began)
        answer.raise_for_status()
    return times
