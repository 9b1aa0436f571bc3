"""Coverage (K1) and the list of the not yet visited."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from services.reporting.api.asking import MonthQuery, Question, cut_facts
from services.reporting.domain.coverage import Basis, Coverage, Figure, UnitCoverage
from shared.entrance import Entrance

router = APIRouter(tags=["覆盖率"], route_class=Entrance)


def _figure(figure: Figure) -> dict[str, Any]:
    return {"n": figure.n, "d": figure.d, "pct": figure.pct}


def _unit(item: UnitCoverage, name: str) -> dict[str, Any]:
    return {
        "unit": item.unit, "name": name, "line": item.line, **_figure(item.strict), "diligent": _figure(item.diligent),
        "lost": item.lost, "grace": item.grace, "unvisited": len(item.missing),
    }  # fmt: skip


@router.get("/coverage", name="get_coverage", summary="走访覆盖率(报送口径与全月口径)")
async def coverage(
    question: Question, month: MonthQuery, unit: Annotated[str | None, Query(max_length=20)] = None
) -> dict[str, Any]:
    """Per unit and line, and the district's four figures: horizontal, vertical, either line, both lines.

    ``filing`` counts up to the 27th, 24:00; ``whole_month`` to the end of the month (choices 3).
    """
    if not question.sees_district:
        unit = unit or question.caller.unit
        question.must_see(unit)
    grid, _ = await question.reader.grid(question.cut)
    answer: dict[str, Any] = {"month": month, **cut_facts(question)}
    for name, basis in (("filing", Basis.FILING), ("whole_month", Basis.MONTH)):
        result: Coverage = await question.reader.coverage(month, basis, question.cut)
        units = [
            _unit(item, grid.unit_name(code, result.period.until))
            for (code, _), item in result.units.items()
            if unit in (None, code)
        ]
        answer[name] = {"until": result.period.until, "units": units}
        if question.sees_district:
            answer[name]["district"] = {
                "horizontal": _figure(result.horizontal), "vertical": _figure(result.vertical),
                "either": _figure(result.either), "both": _figure(result.both),
            }  # fmt: skip
    return answer


@router.get("/unvisited", name="list_unvisited", summary="未走访企业清单")
async def unvisited(
    question: Question, month: MonthQuery, unit: Annotated[str, Query(max_length=20)], *, whole_month: bool = True
) -> dict[str, Any]:
    """The enterprises of a unit that no counted visit of the month reached yet, and why where it is known."""
    question.must_see(unit)
    result = await question.reader.coverage(month, Basis.MONTH if whole_month else Basis.FILING, question.cut)
    items = [
        {
            "enterprise": m.enterprise,
            "code": m.code,
            "name": m.name,
            "sub_unit": m.sub_unit,
            "worker": m.worker,
            "notes": m.notes,
            "line": line,
        }
        for (code, line), found in result.units.items()
        if code == unit
        for m in found.missing
    ]
    return {"month": month, "unit": unit, **cut_facts(question), "items": items, "next_cursor": None, "total": len(items)}
