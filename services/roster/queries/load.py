"""Who carries how much (包保清单): the list by person, a warning above the limit, and a proposal that moves nothing (R45)."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from services.roster.domain.load import Held, Worker, line_of, propose
from services.roster.domain.mapping import LOAD_LIMIT
from services.roster.projections.sealed import sealed
from services.roster.queries import dated
from shared.http.answer import Answer, Page, label_of
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.openings import Opening
from shared.language.problems import Forbidden, Unknown
from shared.language.reach import figures_of, only_own, sees_district, unit_of
from shared.language.terms import Line, Role, Standing

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


class LoadRow(Answer):
    """How much somebody carries on a line of a unit."""

    worker: UUID = Field(description="人员编号")
    account: str | None = Field(description="账号;从未任职的为空")
    name: str = Field(description="姓名")
    unit: str = Field(description="单位编码")
    line: Line = Field(description="网格线")
    line_label: str = label_of("line")
    n: int = Field(description="负责的企业,户")
    at_post: bool = Field(description="该日是否在该单位任职")
    over: bool = Field(description="是否超过上限")


class LoadPage(Page[LoadRow]):
    """The list of a day."""

    on: date = Field(description="按哪一天统计")
    limit: int = Field(description="每人上限,户")


class Rebalanced(Answer):
    """A worker before and after."""

    id: UUID = Field(description="人员编号")
    account: str = Field(description="账号")
    name: str = Field(description="姓名")
    before: int = Field(description="现在负责的企业,户")
    after: int = Field(description="调整后负责的企业,户")


class ProposedMove(Answer):
    """One enterprise from one to another."""

    enterprise: UUID = Field(description="企业编号")
    code: str = Field(description="统一社会信用代码")
    from_: UUID | None = Field(alias="from", description="现在的网格员编号;未落实的为空")
    to: UUID = Field(description="建议的网格员编号")
    same_place: bool = Field(description="接收人是否在同一村(社区)或分支机构")


class Rebalancing(Answer):
    """The fewest moves that bring everybody to the line."""

    unit: str = Field(description="单位编码")
    limit: int = Field(description="每人上限,户")
    line: int = Field(description="本次调整到每人最多多少户:上限,或人手不足时的平均数")
    enterprises: int = Field(description="该单位应服务的企业,户")
    workers: list[Rebalanced] = Field(description="各网格员")
    moves: list[ProposedMove] = Field(description="建议的调整")


class CarriedRow(Answer):
    """An enterprise that somebody carries."""

    enterprise: UUID = Field(description="企业编号")
    code: str = Field(description="统一社会信用代码")
    name: str = Field(description="企业名称")
    standing: Standing = Field(description="登记状态")
    industry: str = Field(description="行业代码(GB/T 4754)")
    address: str = Field(description="登记地址")
    unit: str = Field(description="单位编码")
    sub_unit: str | None = Field(description="分支机构或村(社区)编码;没有的为空")
    line: Line = Field(description="网格线")


async def load(
    service: Service,
    caller: Actor,
    unit: str | None,
    line: Line | None,
    on: date | None,
    *,
    over: bool,
    cursor: str | None,
    limit: int,
) -> LoadPage:
    """Each worker with the number of enterprises to be served on a line; ``over`` those above the limit, or only these."""
    unit = unit_of(caller, unit)
    day = on or local_date(service.clock())
    most = await limit_on(service.pool, day)
    where: list[str] = ["true"]
    args: list[Any] = [day]
    if only_own(caller):
        args.append(caller.id)
        where.append("worker = $2")
    for condition, value in (("unit = ${}", unit), ("line = ${}", line), ("n > ${}::int", most if over else None)):
        if value is not None:
            args.append(value)
            where.append(condition.format(len(args)))
    page = await listing(
        service.pool,
        table=_PEOPLE,
        columns="worker, account, sealed_name, unit, line, n, at_post",
        where=where,
        args=args,
        order=["unit", "account", "line"],
        cursor=cursor,
        limit=limit,
    )
    names = await service.vault.open([sealed(item["sealed_name"]) for item in page["items"]], Opening.NAMES)
    rows: list[LoadRow] = []
    for item, name in zip(page["items"], names, strict=True):
        del item["sealed_name"]
        rows.append(LoadRow(**item, name=name, over=item["n"] > most))
    return LoadPage.of(page, rows, on=day, limit=most)


async def proposal(service: Service, caller: Actor, unit: str) -> Rebalancing:
    """The fewest moves within the unit that bring everybody to the limit, same branch or village first."""
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
        day,
        unit,
    )
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
    return Rebalancing(
        unit=unit,
        limit=limit,
        line=line_of(len(held), len(workers), limit),
        enterprises=len(held),
        workers=[
            Rebalanced.model_validate({**names[w.id], "before": before[w.id], "after": before[w.id] + change[w.id]})
            for w in workers
        ],
        moves=[
            ProposedMove.model_validate(
                {"enterprise": m.enterprise, "code": m.code, "from": m.giver, "to": m.taker, "same_place": m.same_place}
            )
            for m in moves
        ],
    )


async def of_worker(
    service: Service, caller: Actor, worker: UUID, on: date | None, cursor: str | None, limit: int
) -> Page[CarriedRow]:
    """The enterprises that somebody carries: his own, or of those of the caller's unit."""
    where: list[str] = ["worker = $2"]
    args: list[Any] = [on or local_date(service.clock()), worker]
    if caller.id != worker and (unit := figures_of(caller)) is not None:
        args.append(unit)
        where.append(f"unit = ${len(args)}")
    page = await listing(
        service.pool,
        table=f"(select q.*, e.code, e.name, {dated.standing('e', '$1')} as standing, e.industry, e.address "
        f"from ({_SERVED}) q join enterprise e on e.id = q.enterprise) held",
        columns="enterprise, code, name, standing, industry, address, unit, sub_unit, line",
        where=where,
        args=args,
        order=["code", "line"],
        cursor=cursor,
        limit=limit,
    )
    return Page[CarriedRow].of(page, (CarriedRow(**item) for item in page["items"]))
