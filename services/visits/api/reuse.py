"""Files that stand on two visits, the same or alike: shown side by side, for a person to rule on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.visits.api import lookups
from services.visits.domain.access import sees_district
from services.visits.domain.reuse import MOST_DISTANCE, REUSE, Ruled, RuleEvidence, distance, pair_id
from services.visits.projections import read
from shared.asking import Caller, CommandId, Cursor, receipt
from shared.decider import Actor
from shared.entrance import Entrance
from shared.problems import Forbidden, Malformed, Unknown
from shared.service import Service
from shared.terms import Role

router = APIRouter(tags=["印证资料"], route_class=Entrance)

Month = Annotated[str, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="月份 YYYY-MM")]

_FILES_AT_ONCE = 200
_FILES_A_PAGE = 2_000
"""How many files a page looks at, at the most: it may be short and still have a next one."""
_MOST_ALIKE = 20
"""Of each file: whoever photographs the same form every day need not be told a thousand times."""

_MINE = """
select f.visit, f.sha256, f.original, f.phash from visit_file f
where f.live and f.month = $1 and ($2 or exists (select from visit_unit u where u.visit = f.visit and u.unit = $3))
and (f.visit, f.sha256) > ($4, $5) order by f.visit, f.sha256 limit $6
"""
_PAIRS = """
select m.visit as one, m.sha256 as one_sha256, near.* from unnest($1::uuid[], $2::text[], $3::text[], $4::text[])
    as m (visit, sha256, original, phash) cross join lateral (
    select visit, sha256, min(distance) as distance from (
        (select o.visit, o.sha256, 0 from visit_file o
         where o.sha256 = m.sha256 and o.visit <> m.visit and o.live order by o.visit, o.sha256 limit $6)
        union all
        (select o.visit, o.sha256, 0 from visit_file o
         where o.original = m.original and m.original <> '' and o.visit <> m.visit and o.live
         order by o.visit, o.sha256 limit $6)
        union all
        (select o.visit, o.sha256, bit_count(('x' || m.phash)::bit(64) # ('x' || o.phash)::bit(64))::int
         from visit_file_band b cross join lateral (
             select c.visit, c.sha256 from visit_file_band c
             where c.band = b.band and c.visit <> b.visit order by c.visit, c.sha256 limit 5 * $6) c
         join visit_file o on o.visit = c.visit and o.sha256 = c.sha256 and o.live
         where m.phash <> '' and b.visit = m.visit and b.sha256 = m.sha256
         and bit_count(('x' || m.phash)::bit(64) # ('x' || o.phash)::bit(64)) <= $5)
    ) alike (visit, sha256, distance) group by visit, sha256 order by distance, visit, sha256 limit $6) near
"""

_File = tuple[UUID, str]


@dataclass(frozen=True)
class _Pair:
    one: _File
    other: _File
    distance: int

    @property
    def id(self) -> UUID:
        return pair_id(self.one, self.other)


async def _page(
    service: Service, caller: Actor, month: str, after: _File, limit: int, *, ruled: bool
) -> tuple[list[tuple[_Pair, Any]], _File | None]:
    """Pairs with what was said of them, from the files behind ``after`` on, and the last file looked at if there are more."""
    found: dict[UUID, tuple[_Pair, Any]] = {}
    for _ in range(_FILES_A_PAGE // _FILES_AT_ONCE):
        files = await service.pool.fetch(_MINE, month, sees_district(caller), caller.unit, *after, _FILES_AT_ONCE)
        columns = [[row[name] for row in files] for name in ("visit", "sha256", "original", "phash")]
        rows = await service.pool.fetch(_PAIRS, *columns, MOST_DISTANCE, _MOST_ALIKE)
        pairs = [_Pair((r["one"], r["one_sha256"]), (r["visit"], r["sha256"]), r["distance"]) for r in rows]
        said = {
            row["id"]: row
            for row in await service.pool.fetch("select * from evidence_ruling where id = any($1::uuid[])", [p.id for p in pairs])
        }
        for pair in sorted(pairs, key=lambda pair: (pair.distance, pair.one, pair.other)):
            if ruled or pair.id not in said:
                found.setdefault(pair.id, (pair, said.get(pair.id)))
        if len(files) < _FILES_AT_ONCE:
            return list(found.values()), None
        after = (files[-1]["visit"], files[-1]["sha256"])
        if len(found) >= limit:
            break
    return list(found.values()), after


@router.get("/queues/reused-evidence", name="list_reused_evidence", summary="疑似重复使用的印证资料")
async def reused(
    caller: Caller, request: Request, month: Month, ruled: Annotated[bool, Query(description="包括已认定的")] = False,
    cursor: Cursor = None, limit: Annotated[int, Query(ge=1, le=500, description="够这么多对即成一页")] = 100,
) -> dict[str, Any]:  # fmt: skip
    """Pairs of which one stands in the month: equal bytes (distance 0) or pictures alike (six bits of 64 or fewer).

    Of each file the twenty that are most alike; a pair whose files both stand in the month may be told on two pages.
    """
    service: Service = request.app.state.service
    if not sees_district(caller) and not caller.holds(Role.HEAD, Role.DEPUTY, Role.SUPERVISOR):
        raise Forbidden
    pairs, last = await _page(service, caller, month, _after(cursor), limit, ruled=ruled)
    ids = {visit for pair, _ in pairs for visit, _ in (pair.one, pair.other)}
    visits = {
        row["id"]: read(row["state"])
        for row in await service.pool.fetch("select id, state from visit where id = any($1)", list(ids))
    }

    def side(file: _File) -> dict[str, Any]:
        visit, sha256 = file
        details = visits[visit].details
        item = next(item for item in details.evidence if item.sha256 == sha256)
        return {
            "visit": visit, "sha256": sha256, "original": item.original, "on": details.told.on, "enterprise_name": details.told.enterprise.name,
            "units": sorted(details.units), "captured_at": item.captured_at, "uploaded_at": item.uploaded_at,
            "uploader": item.uploader, "kind_label": item.kind.label, "href": f"/api/visits/visits/{visit}/evidence/{sha256}",
        }  # fmt: skip

    items: list[dict[str, Any]] = []
    for pair, said in pairs:
        first, second = side(pair.one), side(pair.other)
        items.append(
            {
                "first": first, "second": second, "distance": pair.distance,
                "exact": first["sha256"] == second["sha256"] or first["original"] == second["original"],
                "ruled": said is not None, "reused": said and said["reused"], "reason": said and said["reason"],
            }
        )  # fmt: skip
    return {"items": items, "next_cursor": f"{last[0]}/{last[1]}" if last else None}


def _after(cursor: str | None) -> _File:
    try:
        visit, sha256 = (cursor or f"{UUID(int=0)}/").split("/")
        return UUID(visit), sha256
    except ValueError:
        raise Malformed(errors=[{"pointer": "/query/cursor", "code": "cursor", "title": "翻页标记无效"}]) from None


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
    return {
        "units": first.details.units | second.details.units, "tellers": first.details.tellers | second.details.tellers,
        "distance": apart,
    }  # fmt: skip
