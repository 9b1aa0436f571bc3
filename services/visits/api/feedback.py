"""What enterprises said themselves, for those who may know it. Nobody of a visited unit finds an allegation here."""

from __future__ import annotations

from typing import Any, Literal

import orjson
from fastapi import APIRouter, Request

from services.visits.api import lookups
from services.visits.api.visits import Month, UnitCode
from services.visits.domain.access import ALLEGATIONS, sees_district
from services.visits.domain.ratings import FEWEST, cells
from shared import months
from shared.asking import Caller, Cursor, Limit, listing
from shared.entrance import Entrance
from shared.openings import Opening
from shared.problems import Forbidden
from shared.public import ticket_of
from shared.reach import figures_of
from shared.service import Service
from shared.terms import Rating
from shared.vault import Personal

router = APIRouter(tags=["企业反馈"], route_class=Entrance)


@router.get("/feedback", name="list_feedback", summary="企业反馈(变味举报、自报诉求)")
async def feedback(
    caller: Caller,
    request: Request,
    kind: Literal["allegation", "demand"] | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> dict[str, Any]:
    """Allegations: the inspectorate alone. Demands: the district's readers, and a unit its own."""
    service: Service = request.app.state.service
    may = await lookups.reach(service, caller)
    alleging = caller.holds(*ALLEGATIONS)
    if kind == "allegation" and not alleging:
        raise Forbidden(needs=[role.label for role in ALLEGATIONS])
    where: list[str] = []
    args: list[Any] = []
    if kind is not None:
        args.append(kind)
        where.append(f"kind = ${len(args)}")
    if not alleging:
        where.append("kind <> 'allegation'")
    may.narrowed(where, args, unit="unit = {}")
    page = await listing(
        service.pool, table="feedback", columns="id, kind, enterprise, enterprise_name, on_date, visit, unit, fact", where=where,
        args=args, order=["on_date", "id"], cursor=cursor, limit=limit,
    )  # fmt: skip
    for item in page["items"]:
        fact = orjson.loads(item.pop("fact"))
        item["on"], item["ticket"] = item.pop("on_date"), ticket_of(item["id"])
        if item["kind"] == "allegation":
            item["units"] = fact["units"]
            sealed = fact.get("words")
            [item["words"]] = await service.vault.open([Personal.read(sealed)], Opening.READ) if sealed and alleging else [""]
        else:
            item["content"] = fact["content"]
    return page


@router.get("/feedback/ratings", name="list_ratings", summary="企业对走访的评价")
async def ratings(
    caller: Caller, request: Request, unit: UnitCode = None, month: Month = None, cursor: Cursor = None, limit: Limit = 100
) -> dict[str, Any]:
    """What enterprises said of visits through their links, how often each; no words, nobody's name.

    The visited unit sees no single rating and no cell under five (K7): ``items`` are the district's readers' alone. A unit asks
    month by month, by default this one: what all months hold less what all others do would be a hidden cell.
    """
    service: Service = request.app.state.service
    unit, district = figures_of(caller, unit), sees_district(caller)
    if not district:
        month = month or str(months.Month.of(months.local_date(service.clock())))
    where, args = ["rating is not null", "review <> 'voided'"], []
    for condition, value in (("month = ${}", month), ("id in (select visit from visit_unit where unit = ${})", unit)):
        if value is not None:
            args.append(value)
            where.append(condition.format(len(args)))
    counted = await service.pool.fetch(f"select rating, count(*) as n from visit where {' and '.join(where)} group by 1", *args)
    counts = {Rating(row["rating"]): row["n"] for row in counted}
    if not district:
        shown, total = cells(counts)
        return {
            "items": [], "next_cursor": None, "total": total, "fewest": FEWEST, "month": month,
            "counts": [{"rating": term, "label": term.label, "n": shown[term]} for term in Rating],
            "note": f"企业评价对被走访单位匿名:不显示单条评价,少于{FEWEST}条的不显示",
        }  # fmt: skip
    page = await listing(
        service.pool, table="visit",
        columns="id as visit, on_date, month, mode, rating, state -> 'confirmed' ->> 'aware' as aware",
        where=where, args=args, order=["on_date", "id"], cursor=cursor, limit=limit,
    )  # fmt: skip
    return {**page, "counts": [{"rating": term, "label": term.label, "n": counts.get(term, 0)} for term in Rating]}
