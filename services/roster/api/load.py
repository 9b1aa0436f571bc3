"""Who carries how much (包保清单): the list by person, a warning above the limit, and a proposal that moves nothing (R45)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request

from services.roster.api import dated
from services.roster.domain.load import Held, Worker, line_of, propose
from services.roster.domain.mapping import LOAD_LIMIT
from services.roster.projections.sealed import sealed
from shared.asking import Caller, Cursor, Limit, listing
from shared.entrance import Entrance
from shared.months import WrittenDate, local_date
from shared.openings import Opening
from shared.problems import Forbidden, Unknown
from shared.reach import figures_of, only_own, sees_district, unit_of
from shared.service import Service
from shared.terms import Line, Role

router = APIRouter(tags=["责任与全覆盖"], route_class=Entrance)

UnitQuery = Annotated[str | None, Query(max_length=20, pattern=r"^[0-9A-Za-z-]*$", description="单位编码")]

_SERVED = """
    select a.worker, a.unit, a.line, a.sub_unit, a.enterprise from assignment a join scope s on s.enterprise = a.enterprise
    where a.since <= $1 and (a.until is null or a.until > $1) and s.since <= $1 and (s.until is null or s.until > $1)"""
_PEOPLE = f"""(
with served as ({_SERVED}), people as (
    select p.member as worker, p.unit, u.line from post p join unit u on u.code = p.unit
    where p.role = 'worker' and u.line is not null and p.since <= $1 and (p.until is null or p.until > $1)
    union select worker, unit, line from served where worker is not null
), counted as (
    select q.worker, q.unit, q.line, count(s.enterprise) as n from people q
    left join served s on s.worker = q.worker and s.unit = q.unit and s.line = q.line group by q.worker, q.unit, q.line
)
select c.*, w.account, w.name as sealed_name, coalesce(w.there, false) as at_post from counted c left join lateral (
    select p.account, p.name, bool_or(p.unit = c.unit and p.since <= $1 and (p.until is null or p.until > $1)) as there
    from post p where p.member = c.worker group by p.account, p.name) w on true
) load"""


async def limit_on(pool: Any, day: date) -> int:
    """The limit in force on a day."""
    found = await pool.fetchval(f"select (entries ->> 'limit')::int from {dated.table('$2', '$1')} v", day, "limits")
    return LOAD_LIMIT if found is None else found


@router.get("/load", name="list_load", summary="包保清单:每人负责多少家企业")
async def load(
    caller: Caller, request: Request, unit: UnitQuery = None, line: Line | None = None, on: WrittenDate | None = None, *,
    over: bool = False, cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """Each worker with the number of enterprises to be served on a line; ``over`` those above the limit, or only these."""
    service: Service = request.app.state.service
    unit = unit_of(caller, unit)
    day = on or local_date(service.clock())
    most = await limit_on(service.pool, day)
    where, args = ["true"], [day]
    if only_own(caller):
        args.append(caller.id)  # type: ignore[arg-type]
        where.append("worker = $2")
    for condition, value in (("unit = ${}", unit), ("line = ${}", line), ("n > ${}::int", most if over else None)):
        if value is not None:
            args.append(value)  # type: ignore[arg-type]
            where.append(condition.format(len(args)))
    page = await listing(
        service.pool, table=_PEOPLE, columns="worker, account, sealed_name, unit, line, n, at_post", where=where, args=args,
        order=["unit", "account", "line"], cursor=cursor, limit=limit,
    )  # fmt: skip
    names = await service.vault.open([sealed(item["sealed_name"]) for item in page["items"]], Opening.NAMES)
    for item, name in zip(page["items"], names, strict=True):
        del item["sealed_name"]
        item.update(name=name, over=item["n"] > most, line_label=Line(item["line"]).label)
    return {"on": day, "limit": most, **page}


@router.get("/load/proposal", name="propose_rebalancing", summary="包保调整建议(不生效,供移交参考)")
async def proposal(
    caller: Caller, request: Request, unit: Annotated[str, Query(max_length=20, pattern=r"^[0-9A-Za-z-]+$")]
) -> dict[str, Any]:
    """The fewest moves within the unit that bring everybody to the limit, same branch or village first. Nothing moves by itself."""
    service: Service = request.app.state.service
    figures_of(caller, unit)
    if not (sees_district(caller) or caller.holds(Role.HEAD, Role.DEPUTY, Role.LIAISON)):
        raise Forbidden(needs=[Role.HEAD.label])
    day = local_date(service.clock())
    rows = await service.pool.fetch(
        f"select e.code, q.* from ({_SERVED} and a.unit = $2) q join enterprise e on e.id = q.enterprise", day, unit
    )
    people = await service.pool.fetch(
        "select distinct on (member) member, account, sub_unit, name from post where unit = $2 and role = 'worker' "
        "and since <= $1 and (until is null or until > $1) order by member, number",
        day, unit,
    )  # fmt: skip
    if not rows and not people and not await service.pool.fetchval("select true from unit where code = $1", unit):
        raise Unknown(what="unit", id=unit)
    workers = [Worker(row["member"], row["account"], row["sub_unit"]) for row in people]
    limit = await limit_on(service.pool, day)
    held = [Held(row["enterprise"], row["code"], row["sub_unit"], row["worker"]) for row in rows]
    moves = propose(held, workers, limit)
    opened = await service.vault.open([sealed(row["name"]) for row in people], Opening.NAMES)
    names = {
        row["member"]: {"id": row["member"], "account": row["account"], "name": name}
        for row, name in zip(people, opened, strict=True)
    }
    before = {worker.id: sum(item.worker == worker.id for item in held) for worker in workers}
    change = {worker.id: sum((m.taker == worker.id) - (m.giver == worker.id) for m in moves) for worker in workers}
    return {
        "unit": unit, "limit": limit, "line": line_of(len(held), len(workers), limit), "enterprises": len(held),
        "workers": [{**names[w.id], "before": before[w.id], "after": before[w.id] + change[w.id]} for w in workers],
        "moves": [{"enterprise": m.enterprise, "code": m.code, "from": m.giver, "to": m.taker, "same_place": m.same_place} for m in moves],
    }  # fmt: skip


@router.get("/load/{worker}/enterprises", name="list_load_of", summary="包保清单:一个人负责的企业")
async def of_worker(
    worker: Annotated[UUID, Path(description="人员编号")], caller: Caller, request: Request, on: WrittenDate | None = None,
    cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    service: Service = request.app.state.service
    day = on or local_date(service.clock())
    where, args = ["worker = $2"], [day, worker]
    if caller.id != worker and (unit := figures_of(caller)) is not None:
        args.append(unit)  # type: ignore[arg-type]
        where.append(f"unit = ${len(args)}")
    return await listing(
        service.pool,
        table=f"(select q.*, e.code, e.name, {dated.standing('e', '$1')} as standing, e.industry, e.address "
        f"from ({_SERVED}) q join enterprise e on e.id = q.enterprise) held",
        columns="enterprise, code, name, standing, industry, address, unit, sub_unit, line", where=where, args=args,
        order=["code", "line"], cursor=cursor, limit=limit,
    )  # fmt: skip
