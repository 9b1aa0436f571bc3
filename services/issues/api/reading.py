"""Which tickets somebody reads, with the enterprises that are his as the roster has them today."""

from __future__ import annotations

from uuid import UUID

from services.issues.domain import access
from services.issues.domain.access import Reach
from services.issues.domain.issue import ISSUE
from services.issues.domain.states import Unreported, work_of
from shared.decider import Actor
from shared.eventlog import load
from shared.months import local_date
from shared.problems import Forbidden
from shared.reach import OWN, only_own, reach_of
from shared.service import Service


async def reach(service: Service, caller: Actor) -> Reach:
    """How far the caller reads; whoever reads nothing is refused."""
    if not caller.holds(*OWN):
        return access.reach(caller)
    far = await reach_of(service.pool, caller, local_date(service.clock()))
    return access.reach(caller, far.own or ())


async def must_concern(service: Service, caller: Actor, id_: UUID) -> None:
    """Whoever reads only what is his own says something of his own tickets only, and of those he had a hand in: a colleague's
    he is not told of, not even where it stands. What a decision can't know is which enterprises are his today.
    """
    if not only_own(caller):
        return
    state = ISSUE.fold(entry.fact for entry in await load(service.pool, ISSUE.stream(id_)))
    if isinstance(state, Unreported):
        return
    worked = work_of(state)
    if worked is not None and caller.id in worked.work.handlers | worked.work.reviewers:
        return
    if not (await reach(service, caller)).covers(state):
        raise Forbidden
