"""Files that stand on two visits, the same or alike: shown side by side, for a person to rule on."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.visits.domain.access import sees_district
from services.visits.domain.reuse import REUSE, KnownPair, Ruled, RuleEvidence, distance, pair_id
from services.visits.queries import lookups
from services.visits.queries import reuse as asked
from services.visits.queries.reuse import EvidenceRuling, ReusedPairs
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, receipt
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.problems import Unknown

router = APIRouter(tags=["印证资料"], route_class=Entrance)

Month = Annotated[str, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="月份 YYYY-MM")]


@router.get("/queues/reused-evidence", name="list_reused_evidence", summary="疑似重复使用的印证资料")
async def reused(
    caller: Caller,
    request: Request,
    month: Month,
    ruled: Annotated[bool, Query(description="包括已认定的")] = False,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500, description="够这么多对即成一页")] = 100,
) -> ReusedPairs:
    """Pairs of which one stands in the month: equal bytes (distance 0) or pictures alike (six bits of 64 or fewer).

    Of each file the twenty that are most alike; a pair whose files both stand in the month may be told on two pages.
    """
    return await asked.reused(request.app.state.service, caller, month, cursor, limit, ruled=ruled)


@router.post("/evidence/rule", name="rule_evidence", summary="认定印证资料是否重复使用")
async def rule(
    command: RuleEvidence, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> EvidenceRuling:
    """A person's word. The visits themselves stay as they are until their reviewer returns or voids one."""
    service: Service = request.app.state.service
    known = await _both(service, command, caller)
    key = pair_id((command.first_visit, command.first), (command.second_visit, command.second))
    done = await service.desk.handle(REUSE, key, command, await service.context(caller, key, known), command_id=command_id)
    if not isinstance(done.state, Ruled):
        raise Unknown(what="evidence")
    return EvidenceRuling.of(receipt(service, response, done), id=key, **done.state.fact.model_dump())


async def _both(service: Service, command: RuleEvidence, caller: Actor) -> KnownPair:
    """Units and tellers of both visits, and how far apart the files are."""
    sees_district(caller)
    _, first = await lookups.recorded(service, command.first_visit)
    _, second = await lookups.recorded(service, command.second_visit)
    one = next((item for item in first.details.evidence if item.sha256 == command.first), None)
    other = next((item for item in second.details.evidence if item.sha256 == command.second), None)
    if one is None or other is None:
        raise Unknown(what="evidence")
    apart: int | None = None
    if command.first_visit != command.second_visit:
        if one.sha256 == other.sha256 or (one.original and one.original == other.original):
            apart = 0
        elif one.phash and other.phash:
            apart = distance(one.phash, other.phash)
    return KnownPair(first.details.units | second.details.units, first.details.tellers | second.details.tellers, apart)
