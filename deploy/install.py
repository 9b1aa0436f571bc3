"""Roles, databases and logs in PostgreSQL, streams in NATS: ``python -m deploy.install``, before every start; said twice it
changes nothing.

One database and one role per service; the log of each belongs to ``<service>_owner``, who can't sign in, so that the
service may append and read and never touch what is written (design: the event log).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from deploy.keys import SERVICES
from deploy.streams import bus_from_environment, prepare_streams
from shared.log.bus import Bus
from shared.settings import trusting

ROLES = (*SERVICES, "vault")
DEMO = "guiren_demo"
_SHARED = Path(__file__).parents[1] / "shared" / "log"
_LOCK = 52050200
_PATIENCE_SECONDS = 60
_EXTENSIONS = ("btree_gist",)
"""What PostgreSQL's contrib adds: no two assignments of an enterprise at once."""
_LIMITS = {
    "idle_in_transaction_session_timeout": "15s",
    "transaction_timeout": "60s",
    "lock_timeout": "5s",
    "synchronous_commit": "on",
}

CONNECTIONS = 36
"""So many a database takes, and so its service, which may sign in to no other: whoever had one service's password and took all that
the server has would shut out the others. The administrator is not counted.
"""


@dataclass(frozen=True)
class Place:
    """Where PostgreSQL is, and how its administrator signs in."""

    host: str
    port: int
    admin_password: str
    admin: str = "postgres"
    ca: str = ""
    """The authority that vouches for it (``shared/settings.py``)."""

    @classmethod
    def from_environment(cls) -> Place:
        """As the environment names it."""
        secrets = secrets_folder()
        return cls(
            host=os.environ.get("GUIREN_POSTGRES_HOST", "127.0.0.1"),
            port=int(os.environ.get("GUIREN_POSTGRES_PORT", "5432")),
            admin_password=_read(Path(os.environ.get("GUIREN_ADMIN_PASSWORD_FILE", str(secrets / "postgres-admin")))),
            ca=os.environ.get("GUIREN_POSTGRES_CA", ""),
        )

    async def connect(self, database: str = "postgres") -> asyncpg.Connection:
        """A connection of the administrator."""
        return await asyncpg.connect(
            host=self.host,
            port=self.port,
            user=self.admin,
            password=self.admin_password,
            database=database,
            timeout=5,
            ssl=trusting(self.ca),
        )


async def install(place: Place, passwords: Mapping[str, str], *, demo: bool = False, prefix: str = "") -> None:
    """Make everything that is missing. ``passwords`` by service, ``vault``, and ``demo`` if the demo's loader may sign in.

    ``prefix`` goes in front of the names of databases, so that tests can have many; roles are shared.
    """
    connection = await place.connect()
    try:
        await connection.execute("select pg_advisory_lock($1)", _LOCK)
        await _roles(connection, passwords, demo=demo)
        for database in ("postgres", "template1"):  # Every role may connect to these unless told otherwise.
            await connection.execute(f"revoke connect, temporary on database {database} from public")
        for name in ROLES:
            await _database(connection, f"{prefix}guiren_{name}", name, demo=demo and name in SERVICES)
        for name in ROLES:
            await _contents(place, f"{prefix}guiren_{name}", name)
    finally:
        await connection.close()


async def _roles(connection: asyncpg.Connection, passwords: Mapping[str, str], *, demo: bool) -> None:
    present = {row["rolname"] for row in await connection.fetch("select rolname from pg_roles")}
    for name in ROLES:
        if f"{name}_owner" not in present:
            await connection.execute(f"create role {name}_owner nologin")
    for name in ROLES:
        await _login(connection, name, passwords[name], known=name in present)
        for setting, value in _LIMITS.items():
            await connection.execute(f"alter role {name} set {setting} = '{value}'")
    if demo:
        await _login(connection, DEMO, passwords["demo"], known=DEMO in present)
    elif DEMO in present:
        await connection.execute(f"alter role {DEMO} nologin")  # Its work is done: nobody else writes the past.


async def _login(connection: asyncpg.Connection, name: str, password: str, *, known: bool) -> None:
    literal = await connection.fetchval("select quote_literal($1::text)", password)
    verb = "alter" if known else "create"
    await connection.execute(f"{verb} role {name} login nosuperuser nocreatedb nocreaterole password {literal}")


async def _database(connection: asyncpg.Connection, database: str, role: str, *, demo: bool) -> None:
    quoted = await connection.fetchval("select quote_ident($1)", database)
    if not await connection.fetchval("select exists (select from pg_database where datname = $1)", database):
        await connection.execute(f"create database {quoted}")
    await connection.execute(f"alter database {quoted} connection limit {CONNECTIONS}")
    await connection.execute(f"revoke all on database {quoted} from public")
    if role == "vault":  # It makes nothing of its own: what it may do stands in vault.sql.
        await connection.execute(f"revoke all on database {quoted} from {role}")
        await connection.execute(f"grant connect on database {quoted} to {role}")
    else:
        await connection.execute(f"grant connect, create, temporary on database {quoted} to {role}")
    if demo:
        await connection.execute(f"grant connect on database {quoted} to {DEMO}")


async def _contents(place: Place, database: str, role: str) -> None:
    connection = await place.connect(database)
    try:
        await connection.execute("select set_config('guiren.service', $1, false)", role)
        if role != "vault":
            for extension in _EXTENSIONS:
                await connection.execute(f"create extension if not exists {extension} schema public")
        script = _SHARED / ("vault.sql" if role == "vault" else "eventlog.sql")
        async with connection.transaction():
            await connection.execute(script.read_text(encoding="utf-8"))
    finally:
        await connection.close()


async def wait_for(place: Place) -> None:
    """Come back when PostgreSQL lets the administrator in."""
    for attempt in range(_PATIENCE_SECONDS * 2):
        try:
            await (await place.connect()).close()
        except (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError):
            if attempt == _PATIENCE_SECONDS * 2 - 1:
                raise
            await asyncio.sleep(0.5)
        else:
            return


async def is_empty(place: Place, service: str = "roster") -> bool:
    """Whether the log of this service has no entry yet."""
    connection = await place.connect(f"guiren_{service}")
    try:
        position: Any = await connection.fetchval("select pos from log.head")
        return not position
    finally:
        await connection.close()


async def is_loading(place: Place) -> bool:
    """Whether the demo was begun and not brought to its end."""
    for service in SERVICES:
        connection = await place.connect(f"guiren_{service}")
        try:
            if await connection.fetchval("select loading from log.head"):
                return True
        finally:
            await connection.close()
    return False


async def say_loading(place: Place) -> None:
    """Nobody but the demo's loader writes to any log, until it says that all is there."""
    for service in SERVICES:
        connection = await place.connect(f"guiren_{service}")
        try:
            await connection.execute("select log.load_demo(true)")
        finally:
            await connection.close()


def secrets_folder() -> Path:
    """Where the files with passwords are."""
    return Path(os.environ.get("GUIREN_SECRETS_DIR", "/run/secrets"))


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip()


async def _install_patiently(place: Place, bus: Bus, passwords: Mapping[str, str], *, demo: bool) -> None:
    await wait_for(place)
    await install(place, passwords, demo=demo)
    await prepare_streams(place, bus)
    await bus.close()


def main() -> None:
    """Install what the environment names: where PostgreSQL and NATS are, and the folder of secrets."""
    secrets = secrets_folder()
    demo = os.environ.get("GUIREN_DEMO", "") == "1"
    names = (*ROLES, "demo") if demo else ROLES
    passwords = {name: _read(secrets / name) for name in names}
    asyncio.run(_install_patiently(Place.from_environment(), bus_from_environment(secrets), passwords, demo=demo))


if __name__ == "__main__":
    main()
