"""What the clock would do until an instant: asked beforehand, nothing is written."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request

from services.issues.clock import foreseen
from services.issues.queries.reading import reach
from services.issues.queries.timeline import content, title_of
from shared.asking import Caller
from shared.entrance import Entrance
from shared.months import WrittenInstant
from shared.problems import Forbidden, Malformed
from shared.reach import DISTRICT
from shared.service import Service

router = APIRouter(tags=["时限"], route_class=Entrance)

_FORESEEABLE = timedelta(days=366)
"""Silence is told of again and again: a longer look would have no end."""


@router.get("/timers", name="foresee_timers", summary="提醒试运行:到某一时刻将发生什么")
async def timers(
    caller: Caller, request: Request, at: Annotated[WrittenInstant, Query(description="时刻,带时区")],
    issue: Annotated[UUID | None, Query(description="只看一个问题")] = None,
) -> dict[str, Any]:  # fmt: skip
    """Each alarm in the order in which it would ring if nobody did anything meanwhile, and what it would bring about."""
    if not caller.holds(*DISTRICT):
        raise Forbidden(needs=[role.label for role in DISTRICT])
    service: Service = request.app.state.service
    if abs(at - service.clock()) > _FORESEEABLE:
        raise Malformed(errors=[{"pointer": "/query/at", "code": "range", "title": "只能预看前后一年以内"}])
    found = await foreseen(service, at, issue)
    where, args = (await reach(service, caller)).conditions([[rung.issue for rung in found]])
    asked = " and ".join(["id = any($1::uuid[])", *where])
    seen = {row["id"] for row in await service.pool.fetch(f"select id from issue where {asked}", *args)}
    found = [rung for rung in found if rung.issue in seen]
    return {
        "at": at, "count": len(found),
        "items": [
            {
                "issue": rung.issue, "no": rung.no, "kind": str(rung.ring.kind), "label": rung.ring.kind.label,
                "deadline": rung.ring.deadline, "at": rung.ring.at,
                "then": [{"type": fact.TYPE, "title": title_of(fact.TYPE), "data": content(fact)} for fact in rung.facts],
            }
            for rung in found
        ],
    }  # fmt: skip
