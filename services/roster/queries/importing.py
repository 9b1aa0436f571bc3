"""What an import looks up of the register: the enterprises of its rows, and the rows set aside before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.roster.queries import dated
from shared.http.service import Service
from shared.language.months import local_date


async def registered(service: Service, ids: Sequence[UUID]) -> list[Any]:
    """Those that are in the register, with all that a file may say otherwise."""
    return await service.pool.fetch(
        "select id, latest_name as name, standing, standing_on, missed_on, particulars, sealed "
        f"from {dated.register('$2')} enterprise where id = any($1::uuid[])",
        list(ids),
        local_date(service.clock()),
    )


async def waiting_rows(service: Service, batch: str) -> list[Any]:
    """Rows of other files that wait for a person, as far as their code can be read."""
    return await service.pool.fetch(
        "select id, code from row where ruling is null and code <> '' and batch <> $1 order by id", batch
    )


async def rows_of(service: Service, codes: Sequence[str]) -> dict[str, UUID]:
    """By code, the row under which it was set aside before: one that waits, if there is one."""
    rows = await service.pool.fetch(
        "select distinct on (code) code, id from row where code = any($1::text[]) and code <> '' "
        "order by code, ruling nulls first, id",
        list(codes),
    )
    return {row["code"]: row["id"] for row in rows}


async def there(service: Service, row: UUID) -> bool:
    """Whether a row was set aside under this number."""
    return bool(await service.pool.fetchval("select true from row where id = $1", row))
