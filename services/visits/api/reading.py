"""Who reads consultations, publicity and surveys (``roles.md``: 宣传/方案/会商), and how a stream of theirs is found."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.visits.api.lookups import DISTRICT, OWN_UNIT
from shared.decider import Actor
from shared.problems import Forbidden, Unknown
from shared.service import Service


def unit_seen(caller: Actor, unit: str | None) -> str | None:
    """The unit whose things are listed: the one asked for, the caller's own, or ``None`` for the whole district."""
    if caller.holds(*DISTRICT):
        return unit
    if not caller.holds(*OWN_UNIT) or unit not in (None, caller.unit):
        raise Forbidden(unit=unit)
    return caller.unit


def may_see(caller: Actor, *units: str) -> None:
    """The district's readers, and the units it concerns."""
    if not (caller.holds(*DISTRICT) or (caller.holds(*OWN_UNIT) and caller.unit in units)):
        raise Forbidden


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
