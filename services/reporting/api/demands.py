"""What became of the enterprises' demands: K2 to K6."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from services.reporting.api.asking import MonthQuery, Question, cut_facts
from services.reporting.domain.coverage import Basis
from services.reporting.domain.demands import document
from shared.entrance import Entrance

router = APIRouter(tags=["诉求指标"], route_class=Entrance)


@router.get("/demands", name="get_demands", summary="诉求指标(交办、办结、按期、满意,报送口径与全月口径)")
async def demands(
    question: Question, month: MonthQuery, unit: Annotated[str | None, Query(max_length=20)] = None
) -> dict[str, Any]:
    """Of the district; or of one unit: what it collected (交办, 回应) and what it handles (办结, 按期, 满意). Numerators, denominators, and the tickets behind what is missing."""
    if not question.sees_district:
        unit = unit or question.caller.unit
        question.must_see(unit)
    answer: dict[str, Any] = {"month": month, "unit": unit, **cut_facts(question)}
    for name, basis in (("filing", Basis.FILING), ("whole_month", Basis.MONTH)):
        answer[name] = document(await question.reader.demands(month, basis, question.cut, question.today, unit))
    return answer
