"""The net that covers every enterprise: departments × townships, with counts and a look into each cell (R13)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from services.roster.queries import matrix as asked
from services.roster.queries.matrix import CellRow, Matrix
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, Cursor, Limit
from shared.language.months import WrittenDate

router = APIRouter(tags=["责任与全覆盖"], route_class=Entrance)


@router.get("/matrix", name="get_matrix", summary="部门×乡镇(街道)矩阵")
async def matrix(caller: Caller, request: Request, on: WrittenDate | None = None) -> Matrix:
    """Enterprises to be served on a day by department and township: how many there are, have units and workers on both lines.

    ``-`` is the row or column of those no unit answers for; a cell with ``neither`` above zero wants looking at first.
    """
    return await asked.matrix(request.app.state.service, caller, on)


@router.get("/matrix/cell", name="list_cell", summary="矩阵单元格明细")
async def cell(
    caller: Caller,
    request: Request,
    department: Annotated[str | None, Query(max_length=20, description="部门编码,- 为未落实")] = None,
    township: Annotated[str | None, Query(max_length=20, description="乡镇(街道)编码,- 为未落实")] = None,
    on: WrittenDate | None = None,
    *,
    gaps: bool = False,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[CellRow]:
    """The enterprises of a cell, of a row or of a column; with ``gaps`` only those without somebody on both lines."""
    service = request.app.state.service
    return await asked.cell(service, caller, department, township, on, gaps=gaps, cursor=cursor, limit=limit)
