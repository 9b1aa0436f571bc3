"""The vault's process, put together: its database, its socket, and what it does by itself."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import structlog

from services.vault.answering import Answering
from services.vault.copies import copy_keys
from services.vault.keys import Keys
from services.vault.records import Records
from services.vault.settings import VaultSettings
from shared.log import frames
from shared.log.background import ended
from shared.log.bus import Bus
from shared.log.collector import seldom
from shared.log.health import Health
from shared.settings import trusting

log = structlog.get_logger()

_COPY_SECONDS = 1
_FORGET_SECONDS = 6 * 3600


class Safe:
    """One vault: opened, asked over its socket, closed."""

    def __init__(self, settings: VaultSettings) -> None:
        self.settings = settings
        self.health = Health("vault", "key-copies")
        self.forgetting = Health("vault", "forgetting")
        self.keys: Keys
        self.records: Records
        self.bus = Bus(
            settings.nats_url,
            "vault",
            settings.secret(settings.nats_password_file),
            settings.district,
            None,
            trusting(settings.nats_ca),
        )
        self.copying = False
        self._answering: Answering
        self._server: asyncio.Server | None = None
        self._running: list[asyncio.Task[None]] = []

    async def open(self, *, copying: bool = True) -> None:
        """Sign in and listen. ``copying``: see to the keys' second home too."""
        settings = self.settings
        pool = await asyncpg.create_pool(
            host=settings.postgres_host,
            port=settings.postgres_port,
            database=settings.vault_database,
            user="vault",
            password=settings.secret(settings.vault_password_file),
            min_size=1,
            max_size=6,
            timeout=5,
            command_timeout=30,
            ssl=trusting(settings.postgres_ca),
        )
        self.keys, self.records = Keys(pool, settings.master_keys), Records(pool)
        self._answering = Answering(self.keys, self.records, settings.client_secret, self.checks)
        self._running = [
            asyncio.create_task(self.records.keep_writing()),
            asyncio.create_task(
                self._again_and_again(lambda: self.records.forget(settings.opening_days), self.forgetting, _FORGET_SECONDS)
            ),
        ]
        if copying:
            self.copy()
        await self._listen()

    async def _listen(self) -> None:
        """A file of this name is of a predecessor that was killed: two never run, the supervisor or the container sees to it."""
        place = self.settings.vault_socket
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        with frames.named(place) as name:
            self._server = await asyncio.start_unix_server(self._answering.meet, name)
        place.chmod(0o600)

    def copy(self) -> None:
        """Begin to copy keys to their second home."""
        self.copying = True
        self._running.append(
            asyncio.create_task(self._again_and_again(lambda: copy_keys(self.keys, self.bus), self.health, _COPY_SECONDS))
        )

    async def _again_and_again(self, do: Callable[[], Awaitable[Any]], health: Health, seconds: float) -> None:
        while True:
            try:
                await do()
                health.well()
            except Exception as error:
                health.failed(error)
                log.error("background task failed", service="vault", task=health.task, exc_info=error)
            await asyncio.sleep(seconds)

    def checks(self) -> dict[str, Any]:
        """How it is, for whoever asks."""
        return {
            "key-copies": self.health.facts(),
            "forgetting": self.forgetting.facts(),
            "records": {"ok": not self.records.overdue},
        }

    async def close(self) -> None:
        """Stop answering, write down what was opened, let go."""
        if self._server is not None:
            self._server.close()
            self._answering.hang_up()
        await ended(self._running)
        with contextlib.suppress(Exception):
            async with asyncio.timeout(3):
                await self.records.flush()
        await self.bus.close()
        try:
            async with asyncio.timeout(2):
                await self.keys.pool.close()
        except TimeoutError:
            self.keys.pool.terminate()


async def run(settings: VaultSettings) -> None:
    """Until told to stop."""
    over = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    safe = Safe(settings)
    await safe.open()
    seldom()
    try:
        await over.wait()
    finally:
        await safe.close()
