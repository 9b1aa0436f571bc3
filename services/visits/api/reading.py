"""How a stream of consultations, publicity and surveys is found, and what lists of them are asked for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from shared.problems import Unknown
from shared.service import Service


async def kept(service: Service, table: str, id_: UUID) -> tuple[int, str]:
    """Version and written state of a stream as its view has it."""
    row = await service.pool.fetchrow(f"select ver, state from {table} where id = $1", id_)
    if row is None:
        raise Unknown(what=table, id=str(id_))
    return row["ver"], row["state"]


def filters(**wanted: Any) -> tuple[list[str], list[Any]]:
    """Conditions and arguments of a listing, of those that are named."""
    where: list[str] = []
    args: list[Any] = []
    for column, value in wanted.items():
        if value is not None:
            args.append(value)
            where.append(f"{column} = ${len(args)}")
    return where, args
