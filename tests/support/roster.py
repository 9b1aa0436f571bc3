"""A small roster to write into: units, and commands on them."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from services.roster.domain.unit import UNIT, EndUnit, EstablishUnit, KnownUnit, RenameUnit
from shared.http.service import Service
from shared.language.codes import make_code
from shared.language.terms import Role, UnitKind
from shared.log.handle import Done
from support.world import District

DAY = date(2026, 8, 1)
DISTRICT = EstablishUnit(name="某区", kind=UnitKind.DISTRICT, on=DAY)


def credit(number: int) -> str:
    """The valid credit code of an invented enterprise."""
    return make_code("520502", f"MA{number:06d}").text


async def unit(
    district: District,
    code: str,
    command: EstablishUnit | RenameUnit | EndUnit,
    *,
    command_id: UUID | None = None,
    parent: UnitKind | None = None,
    role: Role = Role.OFFICE,
    **more: Any,
) -> Done[Any]:
    service: Service = district.services["roster"]
    context = await service.context(district.actor(role), code, KnownUnit(code, uuid4(), parent))
    return await service.desk.handle(UNIT, code, command, context, command_id=command_id or uuid4(), **more)
