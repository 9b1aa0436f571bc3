"""Which tickets somebody reads, with the enterprises that are his as the roster has them today."""

from __future__ import annotations

from services.issues.domain import access
from services.issues.domain.access import Reach
from shared.decider import Actor
from shared.months import local_date
from shared.reach import OWN, reach_of
from shared.service import Service


async def reach(service: Service, caller: Actor) -> Reach:
    """How far the caller reads; whoever reads nothing is refused."""
    if not caller.holds(*OWN):
        return access.reach(caller)
    far = await reach_of(service.pool, caller, local_date(service.clock()))
    return access.reach(caller, far.own or ())
