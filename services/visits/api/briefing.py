"""What helps somebody who is about to visit: last time, who came already, how much the enterprise bears, what is for it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request

from services.visits.domain.visit.commands import Day
from services.visits.queries import briefing as asked
from services.visits.queries import disturbing
from services.visits.queries.briefing import Briefing, ChangedEnterprises
from services.visits.queries.disturbing import ContactMonths, DisturbedEnterprises
from shared.http.entrance import Entrance
from shared.http.parameters import Caller

router = APIRouter(tags=["走访准备"], route_class=Entrance)

EnterpriseId = Annotated[UUID, Path(description="企业编号")]
On = Annotated[Day | None, Query(description="拟走访日期,默认今天")]
Month = Annotated[str, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="月份 YYYY-MM")]
Most = Annotated[int, Query(ge=1, le=500)]


@router.get("/enterprises/{id_}/briefing", name="get_briefing", summary="走访准备(上次情况、本月已访、打扰指数、匹配政策)")
async def briefing(id_: EnterpriseId, caller: Caller, request: Request, on: On = None) -> Briefing:
    """For those who answer for the enterprise on either line, and the district's readers."""
    return await asked.briefing(request.app.state.service, id_, on, caller)


@router.get("/enterprises/{id_}/disturbance", name="get_disturbance", summary="企业月度打扰指数")
async def months(id_: EnterpriseId, caller: Caller, request: Request) -> ContactMonths:
    """The contacts of the last twelve months by month and line; a joint visit is one contact and stands on both lines."""
    return await disturbing.by_month(request.app.state.service, id_, caller)


@router.get("/queues/disturbed", name="list_disturbed", summary="打扰指数超限的企业(月联系超次数,或实地走访过密)")
async def list_disturbed(caller: Caller, request: Request, month: Month, limit: Most = 100) -> DisturbedEnterprises:
    """Enterprises that bore more contacts of all units together than they should, or two on site within three days (kpi §8),
    with why. A unit sees those it answers for; nobody is ranked by it.
    """
    return await disturbing.over(request.app.state.service, caller, month, limit)


@router.get("/queues/changes", name="list_changes", summary="经营情况变化预警")
async def changed(caller: Caller, request: Request, month: Month, limit: Most = 100) -> ChangedEnterprises:
    """Of the last visit of each enterprise in the month, against the one before. A unit sees the enterprises it visited."""
    return await asked.changed(request.app.state.service, caller, month, limit)
