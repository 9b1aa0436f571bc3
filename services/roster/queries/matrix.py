"""The net that covers every enterprise: departments × townships, with counts and a look into each cell (R13)."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from services.roster.queries import dated
from services.roster.queries.reading import reach
from shared.http.answer import Answer, Page
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.reach import figures_of

NOBODY = "-"
"""How the row and the column of those whom no unit answers for are named."""

_COUNTED = ("in_scope", "both_units", "both_workers", "gaps", "neither")

_CELLS = """(
select e.id as enterprise, e.code, e.name, coalesce(v.unit, '-') as department, coalesce(h.unit, '-') as township,
    v.worker as vertical_worker, h.worker as horizontal_worker, v.unit is not null and h.unit is not null as both_units,
    coalesce(v.there and h.there, false) as both_workers, v.unit is null and h.unit is null as neither
from scope s join enterprise e on e.id = s.enterprise
left join {held} v on v.enterprise = s.enterprise and v.line = 'vertical'
left join {held} h on h.enterprise = s.enterprise and h.line = 'horizontal'
where s.since <= $1 and (s.until is null or s.until > $1)
) cell"""
_HELD = """(
select a.enterprise, a.line, a.unit, a.worker, a.worker is not null and exists (
    select from post p where p.member = a.worker and p.unit = a.unit and p.since <= $1 and (p.until is null or p.until > $1)) as there
from assignment a join unit u on u.code = a.unit and (u.ended is null or u.ended > $1)
where a.since <= $1 and (a.until is null or a.until > $1))"""
CELLS = _CELLS.format(held=_HELD)


class Counts(Answer):
    """Enterprises to be served, counted."""

    in_scope: int = Field(description="应服务的企业,户")
    both_units: int = Field(description="其中纵横两线均已落实单位的,户")
    both_workers: int = Field(description="其中纵横两线均有网格员在岗的,户")
    gaps: int = Field(description="其中未做到两线均有人在岗的,户")
    neither: int = Field(description="其中两线均未落实单位的,户")


class CellCounts(Counts):
    """A cell."""

    department: str = Field(description="部门编码;- 为未落实")
    township: str = Field(description="乡镇(街道)编码;- 为未落实")


class SideCounts(Counts):
    """A row or a column."""

    unit: str = Field(description="单位编码;- 为未落实")
    name: str = Field(description="单位名称")


class Matrix(Answer):
    """The whole net on a day."""

    on: date = Field(description="按哪一天统计")
    cells: list[CellCounts] = Field(description="各单元格")
    total: Counts = Field(description="合计")
    departments: list[SideCounts] = Field(description="各部门小计")
    townships: list[SideCounts] = Field(description="各乡镇(街道)小计")


class CellRow(Answer):
    """An enterprise of a cell."""

    enterprise: UUID = Field(description="企业编号")
    code: str = Field(description="统一社会信用代码")
    name: str = Field(description="企业名称")
    department: str = Field(description="部门编码;- 为未落实")
    township: str = Field(description="乡镇(街道)编码;- 为未落实")
    vertical_worker: UUID | None = Field(description="纵向网格员的人员编号;未落实的为空")
    horizontal_worker: UUID | None = Field(description="横向网格员的人员编号;未落实的为空")
    both_units: bool = Field(description="纵横两线是否均已落实单位")
    both_workers: bool = Field(description="纵横两线是否均有网格员在岗")
    neither: bool = Field(description="两线是否均未落实单位")


async def matrix(service: Service, caller: Actor, on: date | None) -> Matrix:
    """Enterprises to be served on a day by department and township."""
    day = on or local_date(service.clock())
    args: list[Any] = [day]
    if (unit := figures_of(caller)) is not None:
        args.append(unit)
    where = "department = $2 or township = $2" if unit else "true"
    rows = await service.pool.fetch(
        "select department, township, count(*) as in_scope, count(*) filter (where both_units) as both_units, "
        "count(*) filter (where both_workers) as both_workers, count(*) filter (where not both_workers) as gaps, "
        f"count(*) filter (where neither) as neither from {CELLS} where {where} group by department, township "
        'order by department collate "C", township collate "C"',
        *args,
    )
    codes = {row[side] for row in rows for side in ("department", "township")} - {NOBODY}
    named = await service.pool.fetch(
        f"select code, name from {dated.units('$2')} u where code = any($1::text[])", list(codes), day
    )
    names = {NOBODY: "未落实", **{row["code"]: row["name"] for row in named}}
    sums: dict[str, dict[str, Counter[str]]] = {"department": {}, "township": {}}
    total: Counter[str] = Counter(dict.fromkeys(_COUNTED, 0))
    for row in rows:
        counts = {name: row[name] for name in _COUNTED}
        total.update(counts)
        for side, found in sums.items():
            found.setdefault(row[side], Counter()).update(counts)
    return Matrix(
        on=day,
        cells=[CellCounts(**row) for row in rows],
        total=Counts(**total),
        departments=_sides(sums["department"], names),
        townships=_sides(sums["township"], names),
    )


def _sides(found: dict[str, Counter[str]], names: dict[str, str]) -> list[SideCounts]:
    return [
        SideCounts.model_validate({"unit": code, "name": names.get(code, code), **{k: counts[k] for k in _COUNTED}})
        for code, counts in sorted(found.items())
    ]


async def cell(
    service: Service,
    caller: Actor,
    department: str | None,
    township: str | None,
    on: date | None,
    *,
    gaps: bool,
    cursor: str | None,
    limit: int,
) -> Page[CellRow]:
    """The enterprises of a cell, of a row or of a column; with ``gaps`` only those without somebody on both lines."""
    args: list[Any] = [on or local_date(service.clock())]
    where: list[str] = []
    (await reach(service, caller)).narrowed(where, args, unit="{0} in (department, township)")
    for column, value in (("department", department), ("township", township)):
        if value is not None:
            args.append(value)
            where.append(f"{column} = ${len(args)}")
    if gaps:
        where.append("not both_workers")
    page = await listing(
        service.pool,
        table=CELLS,
        columns="enterprise, code, name, department, township, vertical_worker, horizontal_worker, both_units, both_workers, neither",
        where=where,
        args=args,
        order=["code"],
        cursor=cursor,
        limit=limit,
    )
    return Page[CellRow].of(page, (CellRow(**item) for item in page["items"]))
