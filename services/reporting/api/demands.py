"""What became of the enterprises' demands: K2 to K6."""

from __future__ import annotations

from fastapi import APIRouter

from services.reporting.api.parameters import MonthQuery, Question, UnitQuery
from services.reporting.queries import demands as asked
from services.reporting.queries.demands import DemandReport
from shared.http.entrance import Entrance

router = APIRouter(tags=["诉求指标"], route_class=Entrance)


@router.get("/demands", name="get_demands", summary="诉求指标(交办、办结、按期、满意,报送口径与全月口径)")
async def demands(question: Question, month: MonthQuery, unit: UnitQuery = None) -> DemandReport:
    """Of the district; or of one unit: what it collected (交办, 回应) and what it handles (办结, 按期, 满意). Numerators, denominators, and the tickets behind what is missing."""
    return await asked.demands(question, month, unit)
