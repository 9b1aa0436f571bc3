"""The month's work: a worker's list, a unit's sum and forecast, and who was not visited yet, at any hour (R23, R48)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.visits.queries import planning as asked
from services.visits.queries.planning import Plan, Uncovered, UncoveredEnterprise, UnitForecast
from shared.http.entrance import Entrance
from shared.http.parameters import Caller
from shared.language.months import local_date

router = APIRouter(tags=["走访计划"], route_class=Entrance)

MonthQuery = Annotated[str | None, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="月份 YYYY-MM,默认本月")]
UnitQuery = Annotated[str, Query(pattern=r"^[0-9A-Za-z-]{1,20}$", description="单位编码")]

_COLUMNS = ("统一社会信用代码", "企业名称", "网格线", "网格员", "优先级", "原因", "建议日期", "服务需求", "上次走访", "提示")
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/plan", name="get_plan", summary="本月走访计划(网格员清单,或单位汇总)")
async def get(
    caller: Caller,
    request: Request,
    month: MonthQuery = None,
    worker: Annotated[str | None, Query(pattern=r"^[0-9A-Za-z._-]{1,64}$", description="账号")] = None,
    unit: Annotated[str | None, Query(pattern=r"^[0-9A-Za-z-]{1,20}$", description="单位编码")] = None,
) -> Plan:
    """Of a worker: whom he answers for, in a sensible order with the reasons and a day; those done at the end. Of a unit: the
    sum over its workers. Nobody named means the caller himself.
    """
    return await asked.planned(request.app.state.service, caller, month, worker, unit)


@router.get("/plan/forecast", name="get_forecast", summary="按当前进度27日将达到多少")
async def get_forecast(unit: UnitQuery, caller: Caller, request: Request, month: MonthQuery = None) -> UnitForecast:
    """Numerator, denominator, pace and assumptions with the figure; the filed figure is reporting's."""
    return await asked.foreseen(request.app.state.service, caller, unit, month)


@router.get("/plan/uncovered", name="list_uncovered", summary="未走访企业清单(随时)")
async def uncovered(unit: UnitQuery, caller: Caller, request: Request, month: MonthQuery = None) -> Uncovered:
    """As of this minute, with reasons and proposed days. The list as of another instant is reporting's."""
    return await asked.uncovered(request.app.state.service, caller, unit, month)


@router.get(
    "/plan/uncovered/workbook",
    name="download_uncovered",
    summary="下载未走访企业清单",
    response_class=Response,
    responses={200: {"content": {_WORKBOOK: {}}, "description": "清单"}},
)
async def workbook(unit: UnitQuery, caller: Caller, request: Request, month: MonthQuery = None) -> Response:
    """The same list to print."""
    from shared.paper.sheets import sheet

    found = await asked.uncovered(request.app.state.service, caller, unit, month)
    content = sheet(
        f"{found.name} {found.month} 未走访企业清单",
        _COLUMNS,
        [_line(item) for item in found.items],
        notes=(f"截至 {local_date(found.at)},共 {found.total} 条",),
    )
    headers = {"Content-Disposition": f'attachment; filename="uncovered-{unit}-{found.month}.xlsx"'}
    return Response(content, media_type=_WORKBOOK, headers=headers)


def _line(item: UncoveredEnterprise) -> tuple[str | int, ...]:
    return (
        item.code,
        item.name,
        item.line_label,
        item.worker or "未落实",
        item.priority,
        ";".join(reason.words for reason in item.reasons),
        str(item.proposed or ""),
        "、".join(item.needs),
        str(item.last_visit.on) if item.last_visit else "",
        ";".join(item.notes),
    )
