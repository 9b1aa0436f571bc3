"""Call-backs (电话回访服务; R51): the queue with script and tries, and the rate."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from services.issues.queries import callbacks as asked
from services.issues.queries.callbacks import CallBackPage, CallBackRate
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, Cursor

router = APIRouter(tags=["回访"], route_class=Entrance)

MonthQuery = Annotated[str, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="月份,如 2026-09")]


@router.get("/call-backs", name="list_call_backs", summary="待回访队列:话术、结果代码、已拨次数和下次拨打日")
async def call_backs(
    caller: Caller, request: Request, cursor: Cursor = None, limit: Annotated[int, Query(ge=1, le=100)] = 50
) -> CallBackPage:
    """Tickets whose enterprise is to be asked by somebody outside the units that handled it, the nearest day first.

    ``ready`` says whether another try makes sense today.
    """
    return await asked.call_backs(request.app.state.service, caller, cursor, limit)


@router.get("/call-backs/rate", name="get_call_back_rate", summary="回访率(按规定拨打的 / 应回访的)")
async def rate(month: MonthQuery, caller: Caller, request: Request) -> CallBackRate:
    """Of the tickets whose answer was let out in the month: how many enterprises were called as the rule asks (K6), by
    today; as it stood at T it is reporting's ``/demands`` (``called_back``).
    """
    return await asked.rate(request.app.state.service, caller, month)
