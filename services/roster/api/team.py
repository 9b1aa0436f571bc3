"""The team against what the plan asks for: seats that are empty or held twice, liaisons over time, the list of the team."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.roster.queries import team as asked
from services.roster.queries.team import Liaison, ViolationPage
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, Cursor, Limit
from shared.language.months import WrittenDate
from shared.language.terms import Role
from shared.paper.sheets import XLSX

router = APIRouter(tags=["网格队伍"], route_class=Entrance)

On = Annotated[WrittenDate | None, Query(description="哪一天,默认今天")]
UnitQuery = Annotated[str | None, Query(max_length=20, description="单位编码")]


@router.get("/team/violations", name="list_team_violations", summary="四级队伍与联络员缺口")
async def violations(
    caller: Caller,
    request: Request,
    unit: UnitQuery = None,
    role: Role | None = None,
    on: On = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> ViolationPage:
    """Against 方案 三(三), 五(五): one chief; in each unit one head, deputies, workers, a liaison and a back-up.

    ``colour`` is red where somebody left and nobody followed, and where there is no liaison or no back-up; else yellow.
    """
    return await asked.violations(request.app.state.service, caller, unit, role, on, cursor, limit)


@router.get("/team/liaisons", name="list_liaisons", summary="联络员及变更记录")
async def liaisons(
    caller: Caller, request: Request, unit: UnitQuery = None, cursor: Cursor = None, limit: Limit = 100
) -> Page[Liaison]:
    """Every liaison and back-up there was, with the days: each change is an event of its own (方案 五(五))."""
    return await asked.liaisons(request.app.state.service, caller, unit, cursor, limit)


@router.get(
    "/team.xlsx",
    name="export_team",
    summary="网格队伍表(附件2)",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}}},
)
async def export(caller: Caller, request: Request, unit: UnitQuery = None, on: On = None) -> Response:
    """Everybody in a post on a day, by unit and tier. Telephones are those of offices."""
    content = await asked.workbook(request.app.state.service, caller, unit, on)
    return Response(content, media_type=XLSX, headers={"Content-Disposition": 'attachment; filename="team.xlsx"'})
