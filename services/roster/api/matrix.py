"""The net that covers every enterprise: departments × townships, with counts and a look into each cell (R13)."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from services.roster.api import dated
from services.roster.api.reading import reach
from shared.asking import Caller, Cursor, Limit, listing
from shared.entrance import Entrance
from shared.months import WrittenDate, local_date
from shared.reach import figures_of
from shared.service import Service

router = APIRouter(tags=["责任与全覆盖"], route_class=Entrance)

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


@router.get("/matrix", name="get_matrix", summary="部门×乡镇(街道)矩阵")
async def matrix(caller: Caller, request: Request, on: WrittenDate | None = None) -> dict[str, Any]:
    """Enterprises to be served on a day by department and township: how many there are, have units and workers on both lines.

    ``-`` is the row or column of those no unit answers for; a cell with ``neither`` above zero wants looking at first.
    """
    service: Service = request.app.state.service
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
        f"select code, name from {dated.units('$2')} u where code = any($1::text[])",
        list(codes), day,
    )  # fmt: skip
    names = {NOBODY: "未落实", **{row["code"]: row["name"] for row in named}}
    sums: dict[str, dict[str, Counter[str]]] = {"department": {}, "township": {}}
    total: Counter[str] = Counter(dict.fromkeys(_COUNTED, 0))
    for row in rows:
        counts = {name: row[name] for name in _COUNTED}
        total.update(counts)
        for side, found in sums.items():
            found.setdefault(row[side], Counter()).update(counts)
    return {
        "on": day, "cells": [dict(row) for row in rows], "total": dict(total),
        **{f"{side}s": [{"unit": code, "name": names.get(code, code), **{k: counts[k] for k in _COUNTED}}
                        for code, counts in sorted(found.items())] for side, found in sums.items()},
    }  # fmt: skip


@router.get("/matrix/cell", name="list_cell", summary="矩阵单元格明细")
async def cell(
    caller: Caller, request: Request, department: Annotated[str | None, Query(max_length=20, description="部门编码,- 为未落实")] = None,
    township: Annotated[str | None, Query(max_length=20, description="乡镇(街道)编码,- 为未落实")] = None,
    on: WrittenDate | None = None, *, gaps: bool = False, cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """The enterprises of a cell, of a row or of a column; with ``gaps`` only those without somebody on both lines."""
    service: Service = request.app.state.service
    args: list[Any] = [on or local_date(service.clock())]
    where: list[str] = []
    (await reach(service, caller)).narrowed(where, args, unit="{0} in (department, township)")
    for column, value in (("department", department), ("township", township)):
        if value is not None:
            args.append(value)
            where.append(f"{column} = ${len(args)}")
    if gaps:
        where.append("not both_workers")
    return await listing(
        service.pool, table=CELLS,
        columns="enterprise, code, name, department, township, vertical_worker, horizontal_worker, both_units, both_workers, neither",
        where=where, args=args, order=["code"], cursor=cursor, limit=limit,
    )  # fmt: skip
