"""The streams in NATS: made by the installer, looked after by the supervisor, and never by a service."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from deploy.keys import SERVICES
from services.vault.copies import TABLE as KEYS
from shared.log.bus import INSTALL, Bus, BusUnavailable
from shared.log.eventlog import after, head
from shared.log.signatures import Forged, Signatures
from shared.settings import trusting

if TYPE_CHECKING:
    from deploy.install import Place

log = structlog.get_logger()

_PATIENCE_SECONDS = 60


def administrators_bus(url: str, secrets: Path, district: str) -> Bus:
    """A connection to NATS that may do everything: the installer's, the supervisor's, and that of the administrator's commands."""
    signatures, password = Signatures.read(district, secrets / "entry-keys.json"), (secrets / "nats").read_text(encoding="utf-8")
    return Bus(url, INSTALL, password.strip(), district, signatures, trusting(os.environ.get("GUIREN_NATS_CA", "")))


def bus_from_environment(secrets: Path) -> Bus:
    """Likewise, where the environment says NATS is."""
    url, district = os.environ.get("GUIREN_NATS_URL", "nats://127.0.0.1:4222"), os.environ.get("GUIREN_DISTRICT", "520502")
    return administrators_bus(url, secrets, district)


async def install_streams(bus: Bus) -> None:
    """Make the streams that are missing. The services may not: whoever makes one could make another's say what it likes."""
    await bus.make_streams(SERVICES, (KEYS,))


async def prepare_streams(place: Place, bus: Bus, prefix: str = "") -> None:
    """Before the services start: streams there are, and none that a version made which signed nothing."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            await install_streams(bus)
            for service in SERVICES:
                await _replace_unsigned(place, bus, service, prefix)
            await install_streams(bus)
        except BusUnavailable:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.5)
        else:
            return


async def _replace_unsigned(place: Place, bus: Bus, service: str, prefix: str) -> None:
    """A stream from before there were signatures is dropped, for its service to fill it anew and signed, if the log in
    PostgreSQL holds all of it. If not, the stream may be the only copy: it stays, and everybody who reads it says so.
    """
    first, last = await bus.bounds(service)
    if last < first:
        return
    try:
        await bus.entry_at(service, first)
    except Forged:
        pass
    else:
        return
    plain = bus.unchecking()
    connection = await place.connect(f"{prefix}guiren_{service}")
    try:
        same = await head(connection) >= last
        async for page in plain.pages(service, first - 1, last if same else 0):
            here = await after(connection, page[0].pos - 1, len(page))
            same = same and [(e.leaf, e.stream, e.version, e.type) for e in here] == [
                (e.leaf, e.stream, e.version, e.type) for e in page
            ]
    except Forged:
        same = False
    finally:
        await connection.close()
        await plain.close()
    log.warning("a stream without signatures", service=service, entries=last, replaced=same)
    if same:
        await bus.drop_stream(service)
