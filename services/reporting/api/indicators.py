"""All indicators of a month (K1 to K9 and their like), the way down to what each is made of, and twelve months of one."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from services.reporting.api.parameters import MonthQuery, Question, UnitQuery
from services.reporting.domain.coverage import Basis
from services.reporting.domain.indicators import Kpi
from services.reporting.queries import indicators as asked
from services.reporting.queries.indicators import IndicatorReport, IndicatorTrend, IndicatorWhy
from shared.http.entrance import Entrance
from shared.http.parameters import Cursor, Limit
from shared.language.terms import Line

router = APIRouter(tags=["指标"], route_class=Entrance)

KpiPath = Annotated[Kpi, Path(description="指标代码,如 K1")]


@router.get("/indicators", name="get_indicators", summary="全部指标(K1 至 K9 等,报送口径与全月口径)")
async def indicators(question: Question, month: MonthQuery, unit: UnitQuery = None) -> IndicatorReport:
    """Of the district or of one unit, as known now or at ``as_of``: numerator, denominator, percentage, and where it is made of."""
    return await asked.indicators(question, month, unit)


@router.get("/indicators/{kpi}/why", name="explain_indicator", summary="一项指标由哪些企业、问题、走访、单位与事件构成")
async def why(
    question: Question,
    kpi: KpiPath,
    month: MonthQuery,
    unit: UnitQuery = None,
    *,
    basis: Annotated[Basis, Query(description="口径:filing 报送口径,month 全月口径")] = Basis.FILING,
    line: Annotated[Line | None, Query(description="只列这条网格线的")] = None,
    worker: Annotated[UUID | None, Query(description="只列这名网格员或走访人的(成员编号)")] = None,
    counted: Annotated[bool | None, Query(description="true 只列计入分子的,false 只列未计入的")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> IndicatorWhy:
    """What the figure counts and what it lacks, with the events each rests on. How single visits were rated the visited unit does not learn."""
    return await asked.why(
        question, kpi, month, unit, basis, line=line, worker=worker, counted=counted, cursor=cursor, limit=limit
    )


@router.get("/indicators/{kpi}/trend", name="get_indicator_trend", summary="一项指标近十二个月的走势")
async def trend(question: Question, kpi: KpiPath, month: MonthQuery, unit: UnitQuery = None) -> IndicatorTrend:
    """Twelve months up to ``month``, each on both bases."""
    return await asked.trend(question, kpi, month, unit)
