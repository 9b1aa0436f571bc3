"""The history of responsibility: who answered for what, from when to when, by which document (R04)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.roster.queries import history as asked
from services.roster.queries.history import AssignmentThen
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, Cursor, Limit
from shared.paper.sheets import XLSX

router = APIRouter(tags=["责任与全覆盖"], route_class=Entrance)

UnitQuery = Annotated[str | None, Query(max_length=20, description="单位编码")]
EnterpriseQuery = Annotated[UUID | None, Query(description="企业编号")]


@router.get("/responsibility/history", name="list_responsibility_history", summary="责任沿革")
async def history(
    caller: Caller,
    request: Request,
    unit: UnitQuery = None,
    enterprise: EnterpriseQuery = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[AssignmentThen]:
    """Each assignment with the person, the days and the document it rests on; ``until`` is the first day without it."""
    return await asked.history(request.app.state.service, caller, unit, enterprise, cursor, limit)


@router.get(
    "/responsibility/history.xlsx",
    name="export_responsibility_history",
    summary="责任沿革表",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}}},
)
async def export(caller: Caller, request: Request, unit: UnitQuery = None, enterprise: EnterpriseQuery = None) -> Response:
    """The same to print: of an enterprise, or of a unit."""
    content = await asked.workbook(request.app.state.service, caller, unit, enterprise)
    return Response(content, media_type=XLSX, headers={"Content-Disposition": 'attachment; filename="responsibility.xlsx"'})
