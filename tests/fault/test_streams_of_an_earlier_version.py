"""A home whose streams stand in the account of all, as versions before 0060 kept them, has them after the next start."""

from __future__ import annotations

import asyncio
from pathlib import Path

from deploy.embedded.home import Home
from deploy.embedded.nats import Nats
from deploy.streams import administrators_bus, install_streams
from services.vault.copies import TABLE as KEYS

DISTRICT = "999900"


async def held(server: Nats, home: Home) -> int:
    bus = administrators_bus(server.url, home.secrets, DISTRICT)
    try:
        return len(await bus.values(KEYS))
    finally:
        await bus.close()


async def test_streams_come_along_to_the_account_that_has_them_now(tmp_path: Path) -> None:
    home = Home(tmp_path)
    server = Nats(home, [DISTRICT])
    home.passwords()
    await asyncio.to_thread(server.start)
    try:
        bus = administrators_bus(server.url, home.secrets, DISTRICT)
        await install_streams(bus)
        for name in ("a", "b", "c"):
            await bus.put_value(KEYS, name, b"wrapped", 0)
        await bus.close()
        await asyncio.to_thread(server.kill)
        folder = server.data / "jetstream"
        (folder / "LOGS").rename(folder / "$G")

        await asyncio.to_thread(server.start)
        assert await held(server, home) == 3
        await asyncio.to_thread(server.kill)
        (folder / "$G").mkdir()  # What stands there since is left alone: the streams of now are whole.
        await asyncio.to_thread(server.start)
        assert await held(server, home) == 3
    finally:
        await asyncio.to_thread(server.kill)
