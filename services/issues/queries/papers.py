"""What the forms and the archive package of a ticket are made of."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.issues.documents.story import People, Story
from services.issues.projections.heard import visited
from services.issues.queries import naming
from services.issues.queries.reading import reach
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.problems import Forbidden, Unknown
from shared.language.terms import UnitKind
from shared.log.directory import units_on

_OFFICE = (
    f"select name from {units_on('$2')} u where kind = $1 and started_on <= $2 and (ended_on is null or ended_on > $2) "
    "order by code limit 1"
)


async def readable(service: Service, caller: Actor, id_: UUID) -> tuple[Story, People]:
    """The history of a ticket that the caller reads, and the names in it."""
    may = await reach(service, caller)
    found = await naming.stories(service, [id_])
    if not found:
        raise Unknown(what="issue", id=str(id_))
    [item] = found
    if not may.covers(item.state):
        raise Forbidden
    return item, await naming.people(service, [item])


async def visit(service: Service, item: Story) -> dict[str, Any] | None:
    """The visit it came from."""
    return await visited(service.pool, item.state.report.visit) if item.state.report.visit else None


async def office(service: Service) -> str:
    """Whose name stands over what the platform writes by itself."""
    name = await service.pool.fetchval(_OFFICE, str(UnitKind.OFFICE), local_date(service.clock()))
    return name or service.settings.office_name
