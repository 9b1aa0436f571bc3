"""How completely the enterprises are placed on a day."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from services.roster.queries.parts import Rate, rate
from shared.http.answer import Answer
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.reach import figures_of

_GRID = """
select count(*) as in_scope, count(v.unit) as vertical, count(h.unit) as horizontal,
    count(*) filter (where v.unit is not null and h.unit is not null) as both_lines,
    count(*) filter (where v.staffed) as vertical_staffed, count(*) filter (where h.staffed) as horizontal_staffed,
    count(*) filter (where v.staffed and h.staffed) as both_staffed
from scope s
left join lateral ({line}) v on true
left join lateral ({other}) h on true
where s.since <= $1 and (s.until is null or s.until > $1) and ($2::text is null or $2 in (v.unit, h.unit))
"""
_HELD = """select a.unit, exists (select from post p where p.member = a.worker and p.unit = a.unit and p.since <= $1
    and (p.until is null or p.until > $1)) as staffed
    from assignment a join unit u on u.code = a.unit and (u.ended is null or u.ended > $1)
    where a.enterprise = s.enterprise and a.line = '{line}' and a.since <= $1 and (a.until is null or a.until > $1)"""
_COVERAGE = _GRID.format(line=_HELD.format(line="vertical"), other=_HELD.format(line="horizontal"))
_RATES = ("vertical", "horizontal", "both_lines", "vertical_staffed", "horizontal_staffed", "both_staffed")


class GridCoverage(Answer):
    """How many of those in scope are placed on a day."""

    on: date = Field(description="按哪一天统计")
    unit: str | None = Field(description="单位编码;全区的为空")
    in_scope: int = Field(description="在服务范围的企业,户")
    vertical: Rate = Field(description="纵向网格已落实单位的")
    horizontal: Rate = Field(description="横向网格已落实单位的")
    both_lines: Rate = Field(description="两条网格线都已落实单位的")
    vertical_staffed: Rate = Field(description="纵向网格有在岗网格员的")
    horizontal_staffed: Rate = Field(description="横向网格有在岗网格员的")
    both_staffed: Rate = Field(description="两条网格线都有在岗网格员的")


async def grid_coverage(service: Service, caller: Actor, unit: str | None, on: date | None) -> GridCoverage:
    """Assigned of those in scope on a day (R05; kpi §8); 100.00 only if all."""
    day, unit = on or local_date(service.clock()), figures_of(caller, unit)
    row = await service.pool.fetchrow(_COVERAGE, day, unit)
    whole = row["in_scope"]
    rates = {name: rate(row[name], whole) for name in _RATES}
    return GridCoverage(on=day, unit=unit, in_scope=whole, **rates)
