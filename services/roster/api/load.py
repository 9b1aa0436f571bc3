"""Who carries how much (包保清单): the list by person, a warning above the limit, and a proposal that moves nothing (R45)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request

from services.roster.queries import load as asked
from services.roster.queries.load import CarriedRow, LoadPage, Rebalancing
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, Cursor, Limit
from shared.language.months import WrittenDate
from shared.language.terms import Line

router = APIRouter(tags=["责任与全覆盖"], route_class=Entrance)

UnitQuery = Annotated[str | None, Query(max_length=20, pattern=r"^[0-9A-Za-z-]*$", description="单位编码")]


@router.get("/load", name="list_load", summary="包保清单:每人负责多少家企业")
async def load(
    caller: Caller,
    request: Request,
    unit: UnitQuery = None,
    line: Line | None = None,
    on: WrittenDate | None = None,
    *,
    over: bool = False,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> LoadPage:
    """Each worker with the number of enterprises to be served on a line; ``over`` those above the limit, or only these."""
    return await asked.load(request.app.state.service, caller, unit, line, on, over=over, cursor=cursor, limit=limit)


@router.get("/load/proposal", name="propose_rebalancing", summary="包保调整建议(不生效,供移交参考)")
async def proposal(
    caller: Caller, request: Request, unit: Annotated[str, Query(max_length=20, pattern=r"^[0-9A-Za-z-]+$")]
) -> Rebalancing:
    """The fewest moves within the unit that bring everybody to the limit, same branch or village first. Nothing moves by itself."""
    return await asked.proposal(request.app.state.service, caller, unit)


@router.get("/load/{worker}/enterprises", name="list_load_of", summary="包保清单:一个人负责的企业")
async def of_worker(
    worker: Annotated[UUID, Path(description="人员编号")],
    caller: Caller,
    request: Request,
    on: WrittenDate | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[CarriedRow]:
    return await asked.of_worker(request.app.state.service, caller, worker, on, cursor, limit)
