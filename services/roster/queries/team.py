"""The team against what the plan asks for: seats that are empty or held twice, liaisons over time, the list of the team."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from services.roster.domain.access import business
from services.roster.domain.tiers import NEEDS
from services.roster.projections.sealed import sealed
from services.roster.queries import dated
from shared.http.answer import Answer, Page, label_of
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.openings import Opening
from shared.language.reach import unit_of
from shared.language.terms import Role
from shared.paper.sheets import sheet

_NEEDS = ", ".join(f"('{need.kind}', '{need.role}', {need.most or 'null'}::int)" for need in NEEDS)
VIOLATIONS = f"""(
select u.code as unit, u.name as unit_name, w.role, w.most, h.has, l.account as left_account, l.until as left_on,
    (select p.account from post p where p.unit = u.code and p.role = w.role and p.acting_for is not null
        and p.since <= $1 and (p.until is null or p.until > $1) order by p.since, p.account limit 1) as standing_in
from {dated.units("$1")} u join (values {_NEEDS}) w(kind, role, most) on w.kind = u.kind
cross join lateral (
    select count(distinct p.member)::int as has from post p where p.unit = u.code and p.role = w.role and p.acting_for is null
        and p.since <= $1 and (p.until is null or p.until > $1)) h
left join lateral (
    select p.account, p.until from post p where p.unit = u.code and p.role = w.role and p.acting_for is null and p.until <= $1
        order by p.until desc, p.account limit 1) l on h.has = 0
where u.since <= $1 and (u.ended is null or u.ended > $1) and (h.has = 0 or h.has > w.most)
)"""
"""A row for each unit and role that is held by nobody or by too many on a day, with who left it last."""
_TEAM = f"""
select u.name as unit_name, p.account, p.name, p.role, s.name as sub_name, p.post, p.duty, p.since, p.until,
    p.acting_for, p.document, v.entries ->> u.code as phone
from post p join {dated.units("$1")} u on u.code = p.unit
left join {dated.units("$1")} s on s.code = p.sub_unit
left join {dated.table("'phones'", "$1")} v on true
where p.since <= $1 and (p.until is null or p.until > $1) and ($2::text is null or p.unit = $2)
order by u.kind, u.code, array_position($3::text[], p.role), p.account
"""
_COLUMNS = (
    "序号",
    "单位",
    "姓名",
    "网格角色",
    "分支机构/村(社区)",
    "岗位",
    "职责",
    "办公电话",
    "任职起",
    "任职止",
    "代理",
    "依据文号",
)


class Violation(Answer):
    """A seat that nobody has, or too many."""

    unit: str = Field(description="单位编码")
    unit_name: str = Field(description="单位名称")
    role: Role = Field(description="角色")
    role_label: str = label_of("role")
    most: int | None = Field(description="最多几人;不限的为空")
    has: int = Field(description="在岗人数")
    left_account: str | None = Field(description="最近离任者的账号;没有的为空")
    left_on: date | None = Field(description="最近离任者的离任日期;没有的为空")
    standing_in: str | None = Field(description="临时代理者的账号;没有的为空")
    what: Literal["missing", "too_many"] = Field(description="missing 空缺,too_many 超员")
    title: str = Field(description="问题的中文说明")
    colour: Literal["red", "yellow"] = Field(description="red 红色:有人离任未补,或缺联络员;yellow 黄色:其他")


class ViolationPage(Page[Violation]):
    """Those of a day."""

    on: date = Field(description="按哪一天核查")


class Liaison(Answer):
    """A liaison or back-up, from a day to a day."""

    id: UUID = Field(description="人员编号")
    account: str = Field(description="账号")
    name: str = Field(description="姓名")
    unit: str = Field(description="单位编码")
    role: Role = Field(description="角色")
    role_label: str = label_of("role")
    post: str = Field(description="岗位名称")
    since: date = Field(description="任职起始日期")
    until: date | None = Field(description="任职截止日期(不含当日);未定的为空")
    acting_for: str | None = Field(description="临时代理谁(账号);不是代理的为空")
    document: str = Field(description="依据文号")


async def violations(
    service: Service, caller: Actor, unit: str | None, role: Role | None, on: date | None, cursor: str | None, limit: int
) -> ViolationPage:
    """Against 方案 三(三), 五(五): one chief; in each unit one head, deputies, workers, a liaison and a back-up."""
    day = on or local_date(service.clock())
    where: list[str] = ["true"]
    args: list[Any] = [day]
    for column, value in (("unit", unit_of(caller, unit)), ("role", role and str(role))):
        if value is not None:
            args.append(value)
            where.append(f"{column} = ${len(args)}")
    page = await listing(
        service.pool,
        table=f"{VIOLATIONS} violation",
        columns="unit, unit_name, role, most, has, left_account, left_on, standing_in",
        where=where,
        args=args,
        order=["unit", "role"],
        cursor=cursor,
        limit=limit,
    )
    return ViolationPage.of(page, (_violation(item) for item in page["items"]), on=day)


def _violation(item: dict[str, Any]) -> Violation:
    label, missing = Role(item["role"]).label, item["has"] == 0
    red = item["left_on"] or (missing and item["role"] in (Role.LIAISON, Role.BACKUP_LIAISON))
    return Violation(
        **item,
        what="missing" if missing else "too_many",
        title=f"{label}空缺" if missing else f"{label}多于 {item['most']} 人",
        colour="red" if red else "yellow",
    )


async def liaisons(service: Service, caller: Actor, unit: str | None, cursor: str | None, limit: int) -> Page[Liaison]:
    """Every liaison and back-up there was, with the days: each change is an event of its own (方案 五(五))."""
    where: list[str] = ["role in ('liaison', 'backup_liaison')"]
    args: list[Any] = []
    if (whose := unit_of(caller, unit)) is not None:
        args.append(whose)
        where.append(f"unit = ${len(args)}")
    page = await listing(
        service.pool,
        table="post",
        columns="member as id, account, name, unit, role, post, since, until, acting_for, document",
        where=where,
        args=args,
        order=["unit", "role", "since", "account"],
        cursor=cursor,
        limit=limit,
    )
    names = await service.vault.open([sealed(item["name"]) for item in page["items"]], Opening.NAMES)
    rows = (Liaison.model_validate({**item, "name": name}) for item, name in zip(page["items"], names, strict=True))
    return Page[Liaison].of(page, rows)


async def workbook(service: Service, caller: Actor, unit: str | None, on: date | None) -> bytes:
    """Everybody in a post on a day, by unit and tier."""
    business(caller)
    day = on or local_date(service.clock())
    rows = await service.pool.fetch(_TEAM, day, unit_of(caller, unit), [str(role) for role in Role])
    names = await service.vault.open([sealed(row["name"]) for row in rows], Opening.NAMES)
    lines = [
        (
            n,
            row["unit_name"],
            name,
            Role(row["role"]).label,
            row["sub_name"],
            row["post"],
            row["duty"],
            row["phone"],
            row["since"],
            row["until"],
            row["acting_for"] and f"代 {row['acting_for']}",
            row["document"],
        )
        for n, (row, name) in enumerate(zip(rows, names, strict=True), 1)
    ]
    widths = (5, 18, 9, 11, 18, 16, 24, 14, 11, 11, 12, 16)
    return sheet(f"{service.settings.brand}网格队伍表", _COLUMNS, lines, notes=[f"在岗日期:{day}"], widths=widths)
