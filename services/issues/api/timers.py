"""What the clock would do until an instant: asked beforehand, nothing is written."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from services.issues.clock import foreseen
from services.issues.queries import timers as asked
from services.issues.queries.timeline import content, title_of
from services.issues.queries.timers import Foreseen, Foresight, WouldFollow
from shared.http.entrance import Entrance
from shared.http.parameters import Caller
from shared.http.service import Service
from shared.language.months import WrittenInstant

router = APIRouter(tags=["时限"], route_class=Entrance)


@router.get("/timers", name="foresee_timers", summary="提醒试运行:到某一时刻将发生什么")
async def timers(
    caller: Caller,
    request: Request,
    at: Annotated[WrittenInstant, Query(description="时刻,带时区")],
    issue: Annotated[UUID | None, Query(description="只看一个问题")] = None,
) -> Foresight:
    """Each alarm in the order in which it would ring if nobody did anything meanwhile, and what it would bring about."""
    service: Service = request.app.state.service
    asked.may_foresee(service, caller, at)
    found = await foreseen(service, at, issue)
    seen = await asked.readable(service, caller, {rung.issue for rung in found})
    items = [
        Foreseen(
            issue=rung.issue,
            no=rung.no,
            kind=rung.ring.kind,
            label=rung.ring.kind.label,
            deadline=rung.ring.deadline,
            at=rung.ring.at,
            then=[WouldFollow(type=fact.TYPE, title=title_of(fact.TYPE), data=content(fact)) for fact in rung.facts],
        )
        for rung in found
        if rung.issue in seen
    ]
    return Foresight(at=at, count=len(items), items=items)
