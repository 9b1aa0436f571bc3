"""Files that stand on two visits, the same or alike: shown side by side, for a person to rule on."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.visits.api import lookups
from services.visits.domain.reuse import MOST_DISTANCE, REUSE, Ruled, RuleEvidence, distance, pair_id
from services.visits.projections import read
from shared.asking import Caller, CommandId, receipt
from shared.decider import Actor
from shared.problems import Forbidden, Unknown
from shared.service import Service
from shared.terms import Role

router = APIRouter(tags=["印证资料"])

Month = Annotated[str, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="月份 YYYY-MM")]

_PAIRS = """
with mine as (
    select f.* from visit_file f where f.live and f.month = $1
    and ($2 or f.visit in (select visit from visit_unit where unit = $3))),
pairs as (
    select m.visit as v1, m.sha256 as s1, o.visit as v2, o.sha256 as s2, 0 as distance
    from mine m join visit_file o on o.visit <> m.visit and o.live and o.sha256 = m.sha256
    union
    select m.visit, m.sha256, o.visit, o.sha256, 0
    from mine m join visit_file o on o.visit <> m.visit and o.live and o.original = m.original and m.original <> ''
    union
    select m.visit, m.sha256, o.visit, o.sha256,
        bit_count(('x' || m.phash)::bit(64) # ('x' || o.phash)::bit(64))::int
    from mine m
    join visit_file_band b on b.visit = m.visit and b.sha256 = m.sha256
    join visit_file_band c on c.band = b.band and c.visit <> b.visit
    join visit_file o on o.visit = c.visit and o.sha256 = c.sha256 and o.live
    where bit_count(('x' || m.phash)::bit(64) # ('x' || o.phash)::bit(64)) <= $4),
once as (
    select least(v1::text || '/' || s1, v2::text || '/' || s2) as a, greatest(v1::text || '/' || s1, v2::text || '/' || s2) as b,
        min(distance) as distance
    from pairs group by 1, 2)
select a, b, once.distance, r.reused, r.reason from once
left join evidence_ruling r on
    (r.first_visit::text || '/' || r.first = a and r.second_visit::text || '/' || r.second = b)
    or (r.first_visit::text || '/' || r.first = b and r.second_visit::text || '/' || r.second = a)
where $5 or r.id is null
order by once.distance, a, b
"""


@router.get("/queues/reused-evidence", name="list_reused_evidence", summary="疑似重复使用的印证资料")
async def reused(
    caller: Caller, request: Request, month: Month, ruled: Annotated[bool, Query(description="包括已认定的")] = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:  # fmt: skip
    """Pairs of which one stands in the month: equal bytes (distance 0) or pictures alike (six bits of 64 or fewer)."""
    service: Service = request.app.state.service
    district = lookups.sees_district(caller)
    if not district and not caller.holds(Role.HEAD, Role.DEPUTY, Role.SUPERVISOR):
        raise Forbidden
    rows = await service.pool.fetch(_PAIRS, month, district, caller.unit, MOST_DISTANCE, ruled)
    shown = rows[:limit]
    ids = {UUID(row[side].partition("/")[0]) for row in shown for side in "ab"}
    visits = {
        row["id"]: read(row["state"])
        for row in await service.pool.fetch("select id, state from visit where id = any($1)", list(ids))
    }

    def side(mark: str) -> dict[str, Any]:
        visit, sha256 = UUID(mark.partition("/")[0]), mark.partition("/")[2]
        details = visits[visit].details
        item = next(item for item in details.evidence if item.sha256 == sha256)
        return {
            "visit": visit, "sha256": sha256, "original": item.original, "on": details.told.on, "enterprise_name": details.told.enterprise.name,
            "units": sorted(details.units), "captured_at": item.captured_at, "uploaded_at": item.uploaded_at,
            "uploader": item.uploader, "kind_label": item.kind.label, "href": f"/visits/{visit}/evidence/{sha256}",
        }  # fmt: skip

    pairs = [(row, side(row["a"]), side(row["b"])) for row in shown]
    return {
        "items": [
            {
                "first": first, "second": second, "distance": row["distance"],
                "exact": first["sha256"] == second["sha256"] or first["original"] == second["original"],
                "ruled": row["reused"] is not None, "reused": row["reused"], "reason": row["reason"],
            }
            for row, first, second in pairs
        ],
        "total": len(rows),
    }  # fmt: skip


@router.post("/evidence/rule", name="rule_evidence", summary="认定印证资料是否重复使用")
async def rule(
    command: RuleEvidence, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    """A person's word. The visits themselves stay as they are until their reviewer returns or voids one."""
    service: Service = request.app.state.service
    known = await _both(service, command, caller)
    key = pair_id((command.first_visit, command.first), (command.second_visit, command.second))
    done = await service.desk.handle(REUSE, key, command, await service.context(caller, key, **known), command_id=command_id)
    if not isinstance(done.state, Ruled):
        raise Unknown(what="evidence")
    return {**receipt(service, response, done), "id": key, **done.state.fact.model_dump(mode="json")}


async def _both(service: Service, command: RuleEvidence, caller: Actor) -> dict[str, Any]:
    """Units and tellers of both visits, and how far apart the files are."""
    lookups.sees_district(caller)
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
    return {
        "units": first.details.units | second.details.units, "tellers": first.details.tellers | second.details.tellers,
        "distance": apart,
    }  # fmt: skip
