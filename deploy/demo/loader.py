"""Writes the past into the logs, has the views made from it, and lets nothing be written twice.

The role ``guiren_demo`` may append with a clock of its own and nothing else, so the views are made afterwards by each
service's own role. Tickets go into their log before the visits they come from: when the issues service hears of the
visits, every demand has its ticket already and it adds nothing.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from deploy.demo.district import MARK
from deploy.demo.steps import Step, batches
from services.issues import projections as issues
from services.reporting import projections as reporting
from services.roster import projections as roster
from services.visits import projections as visits
from shared.language.decider import AnyDecider
from shared.language.months import Calendar
from shared.log.eventlog import microseconds
from shared.log.handle import Desk
from shared.log.vault import Vault
from shared.log.views import CURSORS, View, alone, make_anew, prepare
from shared.settings import Settings, trusting

Progress = Callable[[str, int, int], None]
"""What is being done, how many are done, of how many."""

MADE_OF: dict[str, tuple[tuple[AnyDecider, ...], dict[str, tuple[View[Any], ...]]]] = {
    "roster": (roster.DECIDERS, roster.VIEWS),
    "visits": (visits.DECIDERS, visits.VIEWS),
    "issues": (issues.DECIDERS, issues.VIEWS),
    "reporting": (reporting.DECIDERS, reporting.VIEWS),
}
_DEMO = "guiren_demo"


_STREAMS = """
select count(*) from log.stream where stream like $1 and not exists (select from view.stopped s where s.stream = log.stream.stream)
"""


class NotEmpty(Exception):
    """The platform holds something else than the demo: nothing is added to it."""


class Loader:
    """The databases of one platform, as the demo sees them."""

    def __init__(self, settings: Settings, prefix: str = "") -> None:
        self._settings = settings
        self._prefix = prefix
        self._secrets = Path(os.environ.get("GUIREN_SECRETS_DIR") or settings.vault_secret_file.parent)
        self._demo = Path(os.environ.get("GUIREN_DEMO_PASSWORD_FILE") or self._secrets / "demo")

    @asynccontextmanager
    async def pool(self, service: str, *, demo: bool = False, size: int = 2) -> AsyncGenerator[asyncpg.Pool, None]:
        """Connections to a service's database: as the service, or as the demo's loader."""
        role, secret = (_DEMO, self._demo) if demo else (service, self._secrets / service)
        pool = await asyncpg.create_pool(
            host=self._settings.postgres_host,
            port=self._settings.postgres_port,
            database=f"{self._prefix}guiren_{service}",
            user=role,
            password=self._settings.secret(secret),
            min_size=1,
            max_size=size,
            timeout=10,
            command_timeout=60,
            server_settings={"search_path": "view", "application_name": "demo"},
            ssl=trusting(self._settings.postgres_ca),
        )
        try:
            yield pool
        finally:
            async with asyncio.timeout(5):
                await pool.close()

    @asynccontextmanager
    async def vault(self) -> AsyncGenerator[Vault, None]:
        """The vault, as the demo's loader may ask it."""
        vault = Vault(self._settings.vault_socket, "demo", self._settings.secret(self._settings.vault_secret_file))
        try:
            yield vault
        finally:
            await vault.close()

    async def begun(self) -> date | None:
        """The day an earlier run began on; ``None`` in an empty platform."""
        async with self.pool("roster", demo=True) as pool:
            body = await pool.fetchval(
                "select convert_from(body, 'utf8')::json->'data'->>'document' from log.entry where pos = 1"
            )
            if body is None and not await pool.fetchval("select pos from log.head"):
                return None
        mark, _, day = str(body).partition(" ")
        if mark != MARK or not day:
            raise NotEmpty
        return date.fromisoformat(day)

    async def append(self, service: str, steps: Iterable[Step], calendar: Calendar, tell: Progress) -> int:
        """Write these steps in the order of time; what is there already is passed over. Answers how many were new."""
        todo = list(batches(steps))
        if not todo:
            return 0
        now = 0
        async with self.pool(service, demo=True) as pool, self.vault() as vault:
            desk = Desk(pool, f"/{self._settings.district}/{service}", vault, {}, recorded_us=lambda: now)
            before, total, done = await pool.fetchval("select pos from log.head"), sum(map(len, todo)), 0
            if await pool.fetchval("select true from log.command where id = $1", todo[-1][-1].id):
                return 0
            for batch in todo:
                now = microseconds(batch[0].at)
                await desk.handle_all([step.ask(calendar) for step in batch])
                done += len(batch)
                tell(service, done, total)
            return await pool.fetchval("select pos from log.head") - before

    async def begin(self) -> None:
        """From now on nobody else appends to any log, and no service calls itself ready."""
        await self._loading(on=True)

    async def end(self) -> None:
        """Everything is there, with its views."""
        await self._loading(on=False)

    async def _loading(self, *, on: bool) -> None:
        for service in MADE_OF:
            async with self.pool(service, demo=True) as pool:
                await pool.execute("select log.load_demo($1)", on)

    async def show(self, service: str) -> bool:
        """Make a service's views from its log where they miss something. Answers whether that was needed."""
        deciders, views = MADE_OF[service]
        async with self.pool(service) as pool, pool.acquire() as connection, alone(connection):
            await connection.execute("create schema if not exists view")
            await connection.execute(CURSORS.replace("{schema}", "view"))
            await prepare(connection, views)
            if await _complete(connection, views):
                return False
            async with self.vault() as vault:
                await make_anew(connection, deciders, views, vault)
            return True

    async def known(self, service: str, commands: Sequence[UUID]) -> bool:
        """Whether all of these commands were carried out. None are not: there is nothing to look for."""
        async with self.pool(service, demo=True) as pool:
            found = await pool.fetchval("select count(*) from log.command where id = any($1::uuid[])", list(commands))
        return bool(commands) and found == len(commands)

    async def heads(self, services: Iterable[str]) -> dict[str, int]:
        """Where the logs stand."""
        found: dict[str, int] = {}
        for service in services:
            async with self.pool(service, demo=True) as pool:
                found[service] = await pool.fetchval("select pos from log.head")
        return found


async def _complete(connection: Any, views: Mapping[str, tuple[View[Any], ...]]) -> bool:
    """Whether every stream has its row in the first view of its kind, but for those that were left out and told of."""
    async with connection.transaction(isolation="repeatable_read"):
        for kind, (view, *_) in views.items():
            shown = await connection.fetchval(f"select count(distinct {view.owner}) from view.{view.table}")
            if shown < await connection.fetchval(_STREAMS, f"{kind}/%"):
                return False
    return True
