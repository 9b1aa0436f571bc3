"""Enterprises: the register, what it says of each on any day, and how completely they are placed."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import orjson
from pydantic import Field

from services.roster.domain.access import PUBLIC, looks_up
from services.roster.domain.enterprise.commands import AssignEnterprise
from services.roster.queries import dated
from services.roster.queries.reading import answering, reach
from shared.events.roster import ContactPreferred
from shared.http.answer import LEFT_OUT, Answer, Page, Receipt, label_of
from shared.http.paging import listing
from shared.http.service import Service
from shared.language import writing
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.personal import Personal
from shared.language.problems import Unknown
from shared.language.reach import unit_of
from shared.language.terms import EnterpriseKind, Line, Mode, Role, Size, Standing


class EnterpriseRow(Answer):
    """An enterprise in a list, as it is on a day."""

    id: UUID = Field(description="企业编号")
    code: str = Field(description="统一社会信用代码")
    name: str = Field(description="该日的名称")
    industry: str = Field(description="行业代码;未登记的为空文本")
    branch: bool = Field(description="是否为分支机构")
    managed_elsewhere: bool = Field(description="该日是否由外区代管")
    address: str = Field(description="住所;未登记的为空文本")
    size: Size | None = Field(description="划型;数据不足未划型的为空")
    size_label: str | None = label_of("size")
    standing: Standing = Field(description="该日的登记状态")
    standing_label: str = label_of("standing")


class AsOf(Answer):
    """What the register said of it on the day that was asked for."""

    on: date = Field(description="查询的日期")
    registered: bool = Field(description="该日是否已在企业库")
    standing: Standing | None = Field(description="该日的登记状态;尚未入库的为空")
    standing_label: str | None = label_of("standing")
    name: str | None = Field(description="该日的名称;尚未入库的为空")
    in_scope: bool = Field(description="该日是否在服务范围")


class AssignedUnit(Answer):
    """Who answers for it on a line, in which days."""

    line: Line = Field(description="网格线")
    line_label: str = label_of("line")
    unit: str = Field(description="负责单位编码")
    sub_unit: str | None = Field(description="分支机构或村(社区)编码;没有的为空")
    worker: UUID | None = Field(description="网格员的人员编号;未落实的为空")
    since: date = Field(description="起始日期")
    until: date | None = Field(description="截止日期(不含当日);仍在负责的为空")
    reason: str = Field(description="事由")
    confidence: int | None = Field(description="按建议自动落实时的把握程度,0 至 100;人工落实的为空")


class Move(Answer):
    """A move to another unit that waits for a second person."""

    id: UUID = Field(description="提议编号")
    line: Line = Field(description="网格线")
    line_label: str = label_of("line")
    unit: str = Field(description="拟负责单位编码")
    sub_unit: str | None = Field(description="拟负责的分支机构或村(社区)编码;没有的为空")
    worker: UUID | None = Field(description="拟负责的网格员编号;未指定的为空")
    on: date = Field(description="拟自哪一天起")
    reason: str = Field(description="事由")
    by: UUID = Field(description="提议人的人员编号")
    proposed_on: date = Field(description="提议日期")


class Preferred(Answer):
    """How the enterprise likes to be reached."""

    modes: list[Mode] = Field(description="偏好的走访方式")
    hours: str = Field(description="偏好的时段")
    quiet_until: date | None = Field(description="免打扰至哪一天(含当日);没有的为空")
    note: str = Field(description="备注")


class Enterprise(Answer):
    """What is known of an enterprise. To units that don't answer for it only what is public is there."""

    model_config = LEFT_OUT

    id: UUID = Field(description="企业编号")
    code: str = Field(description="统一社会信用代码")
    name: str = Field(description="该日的名称")
    former_names: list[str] = Field(description="曾用名,先用的在前")
    standing: Standing = Field(description="该日的登记状态")
    standing_label: str = Field(description="standing 的中文名称")
    standing_on: date | None = Field(description="该登记状态自哪一天起;一直如此的为空")
    managed_elsewhere: bool = Field(description="该日是否由外区代管")
    kind: EnterpriseKind = Field(description="市场主体类型")
    kind_label: str = Field(description="kind 的中文名称")
    branch: bool = Field(description="是否为分支机构")
    industry: str = Field(description="行业代码;未登记的为空文本")
    address: str = Field(description="住所;未登记的为空文本")
    registered_on: date = Field(description="进入企业库的日期")
    as_of: AsOf = Field(description="所查询日期当天的情况")
    version: int = Field(description="版本号,同 ETag")
    founded: date | None = Field(None, description="成立日期;未登记的为空")
    capital: int | None = Field(None, description="注册资本,分;未登记的为空")
    currency: str | None = Field(None, description="注册资本币种")
    legal_person: str | None = Field(None, description="法定代表人(脱敏);未登记的为空")
    contact: str | None = Field(None, description="联系人(脱敏);未登记的为空")
    phone: str | None = Field(None, description="联系电话(脱敏);未登记的为空")
    business_address: str | None = Field(None, description="经营场所;未登记的为空文本")
    business: str | None = Field(None, description="经营范围;未登记的为空文本")
    registrar: str | None = Field(None, description="登记机关;未登记的为空文本")
    elsewhere: str | None = Field(None, description="登记数据所称的外地地点;没有的为空文本")
    staff: int | None = Field(None, description="从业人数,人;未登记的为空")
    revenue: int | None = Field(None, description="营业收入,分;未登记的为空")
    assets: int | None = Field(None, description="资产总额,分;未登记的为空")
    abnormal: bool | None = Field(None, description="是否列入经营异常名录;不清楚的为空")
    size: Size | None = Field(None, description="划型;数据不足未划型的为空")
    size_label: str | None = Field(None, description="size 的中文名称")
    size_basis: str | None = Field(None, description="划型依据;未划型的为空文本")
    tags: list[str] | None = Field(None, description="标签")
    preferred: Preferred | None = Field(None, description="联系偏好;没有的为空")
    missed_on: date | None = Field(None, description="自哪一天起不在完整名单中;没有的为空")
    assignments: list[AssignedUnit] | None = Field(None, description="各网格线的历次负责单位")
    moves: list[Move] | None = Field(None, description="待另一人确认的调整")


class EnterpriseReceipt(Receipt, Enterprise):
    """A command, and the enterprise after it. With 202 a move was proposed, and ``proposal`` waits for another person."""

    proposal: UUID | None = Field(description="待另一人确认的调整编号;已经生效的为空")


async def enterprises(
    service: Service,
    caller: Actor,
    *,
    q: str | None,
    unit: str | None,
    standing: Standing | None,
    worker: UUID | None,
    on: date | None,
    in_scope: bool | None,
    size: Size | None,
    tag: str | None,
    cursor: str | None,
    limit: int,
) -> Page[EnterpriseRow]:
    """By a part of a name or code and what is so on a day; a unit's people see those that the unit answers for."""
    looks_up(caller)
    day = on or local_date(service.clock())
    where: list[str] = ["$1::date is not null"]
    args: list[Any] = [day]
    then = "since <= $1 and (until is null or until > $1)"
    where.append("registered_on <= $1")
    if q:
        where.append(writing.matching("found_by", q, args))
    if standing:
        args.append(str(standing))
        where.append(f"standing = ${len(args)}")
    if in_scope is not None:
        where.append(("" if in_scope else "not ") + f"exists (select from scope s where s.enterprise = id and {then})")
    if size:
        args.append(str(size))
        where.append(f"size = ${len(args)}")
    if tag:
        known = await service.pool.fetch("select distinct jsonb_array_elements_text(tags) as tag from enterprise")
        args.append([row["tag"] for row in known if writing.key(row["tag"]) == writing.key(tag)])
        where.append(f"tags ?| ${len(args)}::text[]")
    for column, value in (("unit", unit), ("worker", worker)):
        if value is not None:
            args.append(value)
            where.append(f"id in (select enterprise from assignment where {column} = ${len(args)} and {then})")
    if not caller.holds(Role.HOTLINE):
        unit_of(caller, unit)
        mine = "id in (select enterprise from assignment where unit = {} and " + then + ")"
        (await reach(service, caller, day)).narrowed(where, args, unit=mine, enterprise="id")
    page = await listing(
        service.pool,
        table=f"{dated.register('$1')} enterprise",
        columns="id, code, name, industry, branch, managed_elsewhere, address, size, standing",
        where=where,
        args=args,
        order=["code"],
        cursor=cursor,
        limit=limit,
    )
    return Page[EnterpriseRow].of(page, (EnterpriseRow(**item) for item in page["items"]))


_ONE = f"""
select e.*, exists (select from scope s where s.enterprise = e.id and s.since <= $2 and (s.until is null or s.until > $2)) as in_scope
from {dated.register("$2")} e where e.id = $1
"""


def _as_of(row: Any, day: date) -> AsOf:
    if row["registered_on"] > day:
        return AsOf(on=day, registered=False, standing=None, name=None, in_scope=False)
    return AsOf(on=day, registered=True, standing=row["standing"], name=row["name"], in_scope=row["in_scope"])


def _preferred(text: str | None) -> Preferred | None:
    if not text:
        return None
    told = ContactPreferred.model_validate_json(text)
    return Preferred(modes=list(told.modes), hours=told.hours, quiet_until=told.quiet_until, note=told.note)


async def enterprise(service: Service, id_: UUID, caller: Actor, on: date | None = None) -> Enterprise:
    """What the register says of it on a day; particulars and telephones are the latest."""
    looks_up(caller)
    day = on or local_date(service.clock())
    row = await service.pool.fetchrow(_ONE, id_, day)
    if row is None:
        raise Unknown(what="enterprise", id=str(id_))
    sealed: dict[str, Any] = orjson.loads(row["sealed"])
    texts = await service.vault.masked([Personal.read(token) for token in sealed.values()])
    held = await service.pool.fetch(
        "select line, unit, sub_unit, worker, since, until, reason, confidence from assignment where enterprise = $1 "
        "order by line, since",
        id_,
    )
    moves = await service.pool.fetch(
        "select id, line, unit, sub_unit, worker, on_date as on, reason, by, proposed_on from enterprise_move "
        "where enterprise = $1 order by proposed_on, id",
        id_,
    )
    particulars: dict[str, Any] = orjson.loads(row["particulars"])
    told: dict[str, Any] = {
        "id": id_,
        "code": row["code"],
        "name": row["name"],
        "former_names": orjson.loads(row["former_names"]),
        "standing": row["standing"],
        "standing_label": Standing(row["standing"]).label,
        "standing_on": row["standing_on"],
        "managed_elsewhere": row["managed_elsewhere"],
        **particulars,
        "kind_label": EnterpriseKind(particulars["kind"]).label,
        **dict(zip(sealed, texts, strict=True)),
        "size": row["size"],
        "size_label": Size(row["size"]).label if row["size"] else None,
        "size_basis": row["size_basis"],
        "tags": orjson.loads(row["tags"]),
        "preferred": _preferred(row["preferred"]),
        "missed_on": row["missed_on"],
        "registered_on": row["registered_on"],
        "as_of": _as_of(row, day),
        "assignments": [AssignedUnit(**item) for item in held],
        "moves": [Move(**item) for item in moves],
        "version": row["ver"],
    }
    desk = caller.holds(Role.HOTLINE)
    if desk or (await reach(service, caller)).covers(await answering(service, id_), id_):
        return Enterprise(**told)
    return Enterprise(**{name: value for name, value in told.items() if name in PUBLIC})


async def proposed(service: Service, id_: UUID, proposal: UUID) -> AssignEnterprise | None:
    """The move that waits under this number, as it was said."""
    row = await service.pool.fetchrow("select * from enterprise_move where id = $1 and enterprise = $2", proposal, id_)
    return row and AssignEnterprise(
        line=Line(row["line"]),
        unit=row["unit"],
        sub_unit=row["sub_unit"],
        worker=row["worker"],
        on=row["on_date"],
        reason=row["reason"],
        document=row["document"],
    )
