"""四定: is every grid drawn, staffed, charged and posted, and how is that known (R15)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.roster.queries import grids as asked
from services.roster.queries.grids import GridPage
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, Cursor, Limit
from shared.language.months import WrittenDate
from shared.language.terms import Line
from shared.paper.sheets import XLSX

router = APIRouter(tags=["四定"], route_class=Entrance)

On = Annotated[WrittenDate | None, Query(description="哪一天,默认今天")]


@router.get("/grids", name="list_grids", summary="四定核查")
async def grids(
    caller: Caller,
    request: Request,
    unit: Annotated[str | None, Query(max_length=20)] = None,
    line: Line | None = None,
    *,
    incomplete: bool = False,
    red: bool = False,
    on: On = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> GridPage:
    """Four yes-or-no answers a grid, each with what it rests on; red where somebody left and nobody followed.

    定格: it has enterprises, sub-units or industries. 定员: every tier is filled (a branch or village: somebody is there).
    定责: its duty is written down, or that of everybody in it. 定岗: everybody in it has a post by name.
    """
    service = request.app.state.service
    return await asked.grids(service, caller, unit, line, on, incomplete=incomplete, red=red, cursor=cursor, limit=limit)


@router.get(
    "/grids.xlsx",
    name="export_grids",
    summary="四定表、网格划分表(附件1)",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}}},
)
async def export(
    caller: Caller,
    request: Request,
    unit: Annotated[str | None, Query(max_length=20)] = None,
    line: Line | None = None,
    on: On = None,
) -> Response:
    """Every grid on a day with its people and its four answers, to print."""
    content = await asked.workbook(request.app.state.service, caller, unit, line, on)
    return Response(content, media_type=XLSX, headers={"Content-Disposition": 'attachment; filename="grids.xlsx"'})
