"""Queues: what waits for whom, within the caller's reach, the nearest day first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from services.issues.queries import queues as asked
from services.issues.queries.queues import QueueCounts, QueuePage, Undispatched
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, Cursor

router = APIRouter(tags=["待办"], route_class=Entrance)


@router.get("/queues", name="list_queues", summary="我的待办:各队列件数")
async def queues(caller: Caller, request: Request) -> QueueCounts:
    """Every queue in which the caller has a part: how many wait, how many of them past their day, since when."""
    return await asked.queues(request.app.state.service, caller)


@router.get("/queues/undispatched", name="list_undispatched", summary="登记超过一个工作日仍未交办的问题,按单位列名")
async def undispatched(
    caller: Caller,
    request: Request,
    unit: Annotated[str | None, Query(max_length=20)] = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> Undispatched:
    """Whose desk each lies on, and for how many working days since it was reported (R06)."""
    return await asked.undispatched(request.app.state.service, caller, unit, cursor, limit)


@router.get("/queues/{name}", name="get_queue", summary="一个待办队列")
async def queue(
    name: Annotated[str, Path(max_length=40)],
    caller: Caller,
    request: Request,
    mine: Annotated[bool, Query(description="只看由我承办的")] = False,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> QueuePage:
    """Its tasks, the nearest day first, each with what the caller may do with the ticket now."""
    return await asked.queue(request.app.state.service, caller, name, mine=mine, cursor=cursor, limit=limit)
