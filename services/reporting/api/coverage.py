"""Coverage (K1) and the list of the not yet visited."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from services.reporting.api.parameters import MonthQuery, Question, UnitQuery
from services.reporting.queries import coverage as asked
from services.reporting.queries.coverage import CoverageReport, UnvisitedList
from shared.http.entrance import Entrance

router = APIRouter(tags=["覆盖率"], route_class=Entrance)


@router.get("/coverage", name="get_coverage", summary="走访覆盖率(报送口径与全月口径)")
async def coverage(question: Question, month: MonthQuery, unit: UnitQuery = None) -> CoverageReport:
    """Per unit and line, and the district's four figures: horizontal, vertical, either line, both lines.

    ``filing`` counts up to the 27th, 24:00; ``whole_month`` to the end of the month (choices 3).
    """
    return await asked.coverage(question, month, unit)


@router.get("/unvisited", name="list_unvisited", summary="未走访企业清单")
async def unvisited(
    question: Question,
    month: MonthQuery,
    unit: Annotated[str, Query(max_length=20, description="单位编码")],
    *,
    whole_month: Annotated[bool, Query(description="true 为全月口径,false 为报送口径(截至 27 日)")] = True,
) -> UnvisitedList:
    """The enterprises of a unit that no counted visit of the month reached yet, and why where it is known."""
    return await asked.unvisited(question, month, unit, whole_month=whole_month)
