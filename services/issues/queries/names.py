"""What units, members and tickets are called, of which a table has only the code or the id."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from shared.http.service import Service
from shared.language.months import local_date
from shared.log.directory import units_on


async def units(service: Service, codes: Collection[str]) -> dict[str, str]:
    """The names of units today, by code."""
    rows = await service.pool.fetch(
        f"select code, name from {units_on('$2')} u where code = any($1::text[])", sorted(set(codes)), local_date(service.clock())
    )
    return {row["code"]: row["name"] for row in rows}


async def accounts(service: Service, members: Iterable[UUID]) -> dict[UUID, str]:
    """The accounts of members, by id."""
    rows = await service.pool.fetch("select id, account from known_member where id = any($1::uuid[])", list(set(members)))
    return {row["id"]: row["account"] for row in rows}


async def tickets(service: Service, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """The numbers of tickets, by id."""
    wanted = [id_ for id_ in ids if id_]
    rows = await service.pool.fetch("select id, no from issue where id = any($1::uuid[])", wanted)
    return {row["id"]: row["no"] for row in rows}
