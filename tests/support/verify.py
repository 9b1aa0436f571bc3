"""What every integration, fault and end-to-end test ends with: the tables follow from the logs and from nothing else."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

from shared.http.service import Service
from shared.log import views
from shared.log.eventlog import after


async def verify_views(service: Service) -> None:
    """A service's own views, made anew with every entry delivered twice, equal the live ones."""
    async with service.pool.acquire() as connection:
        await views.rebuild(connection, service.deciders, service.views, "view_check", service.vault, twice=True)
        made = await views.digest(connection, service.views, "view_check")
        live = await views.digest(connection, service.views)
        await connection.execute("drop schema view_check cascade")
    assert live == made, f"{service.name}: views differ from the log"


async def table_digest(connection: Any, table: str) -> str:
    rows = await connection.fetch(f'select t::text as line from {table} t order by t::text collate "C"')
    return sha256("\n".join(row["line"] for row in rows).encode()).hexdigest()


async def verify_followers(district: Any, service: Service) -> None:
    """Followers whose tables stand in the service's schema: applied anew, twice over, from the origin's log."""
    for follower in service.followers(service):
        if "{schema}" not in follower.ddl or follower.log not in district.services:
            continue
        tables = re.findall(r"create table if not exists \{schema\}\.(\w+)", follower.ddl)
        async with service.pool.acquire() as connection, district.services[follower.log].pool.acquire() as origin:
            upto = await connection.fetchval("select pos from view.cursor where name = $1", follower.name)
            live = {table: await table_digest(connection, f"view.{table}") for table in tables}
            transaction = connection.transaction()
            await transaction.start()
            try:
                for table in tables:
                    await connection.execute(f"delete from view.{table}")
                position = 0
                while entries := [e for e in await after(origin, position, 500) if e.pos <= (upto or 0)]:
                    await follower.apply(connection, entries)
                    await follower.apply(connection, entries)
                    position = entries[-1].pos
                made = {table: await table_digest(connection, f"view.{table}") for table in tables}
            finally:
                await transaction.rollback()
        assert live == made, f"{service.name}: what follows {follower.log} differs from its log"
