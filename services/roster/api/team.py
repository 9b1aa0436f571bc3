"""The team against what the plan asks for: seats that are empty or held twice, liaisons over time, the list of the team."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from services.roster.api import dated
from services.roster.domain.access import business
from services.roster.domain.tiers import NEEDS
from services.roster.projections.sealed import sealed
from shared.asking import Caller, Cursor, Limit, listing
from shared.entrance import Entrance
from shared.months import WrittenDate, local_date
from shared.openings import Opening
from shared.reach import unit_of
from shared.service import Service
from shared.sheets import sheet
from shared.terms import Role

router = APIRouter(tags=["网格队伍"], route_class=Entrance)

On = Annotated[WrittenDate | None, Query(description="哪一天,默认今天")]
UnitQuery = Annotated[str | None, Query(max_length=20, description="单位编码")]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
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


@router.get("/team/violations", name="list_team_violations", summary="四级队伍与联络员缺口")
async def violations(
    caller: Caller, request: Request, unit: UnitQuery = None, role: Role | None = None, on: On = None, cursor: Cursor = None,
    limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """Against 方案 三(三), 五(五): one chief; in each unit one head, deputies, workers, a liaison and a back-up.

    ``colour`` is red where somebody left and nobody followed, and where there is no liaison or no back-up; else yellow.
    """
    service: Service = request.app.state.service
    day = on or local_date(service.clock())
    where, args = ["true"], [day]
    for column, value in (("unit", unit_of(caller, unit)), ("role", role and str(role))):
        if value is not None:
            args.append(value)  # type: ignore[arg-type]
            where.append(f"{column} = ${len(args)}")
    page = await listing(
        service.pool, table=f"{VIOLATIONS} violation", columns="unit, unit_name, role, most, has, left_account, left_on, standing_in", where=where,
        args=args, order=["unit", "role"], cursor=cursor, limit=limit,
    )  # fmt: skip
    for item in page["items"]:
        label = Role(item["role"]).label
        missing = item["has"] == 0
        item.update(
            role_label=label, what="missing" if missing else "too_many",
            title=f"{label}空缺" if missing else f"{label}多于 {item['most']} 人",
            colour="red" if item["left_on"] or (missing and item["role"] in (Role.LIAISON, Role.BACKUP_LIAISON)) else "yellow",
        )  # fmt: skip
    return {"on": day, **page}


@router.get("/team/liaisons", name="list_liaisons", summary="联络员及变更记录")
async def liaisons(
    caller: Caller, request: Request, unit: UnitQuery = None, cursor: Cursor = None, limit: Limit = 100
) -> dict[str, Any]:
    """Every liaison and back-up there was, with the days: each change is an event of its own (方案 五(五))."""
    service: Service = request.app.state.service
    where, args = ["role in ('liaison', 'backup_liaison')"], list[Any]()
    if (whose := unit_of(caller, unit)) is not None:
        args.append(whose)
        where.append(f"unit = ${len(args)}")
    page = await listing(
        service.pool, table="post", columns="member as id, account, name, unit, role, post, since, until, acting_for, document",
        where=where, args=args, order=["unit", "role", "since", "account"], cursor=cursor, limit=limit,
    )  # fmt: skip
    names = await service.vault.open([sealed(item["name"]) for item in page["items"]], Opening.NAMES)
    for item, name in zip(page["items"], names, strict=True):
        item.update(name=name, role_label=Role(item["role"]).label)
    return page


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
    "序号", "单位", "姓名", "网格角色", "分支机构/村(社区)", "岗位", "职责", "办公电话", "任职起", "任职止", "代理", "依据文号",
)  # fmt: skip


@router.get(
    "/team.xlsx",
    name="export_team",
    summary="网格队伍表(附件2)",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}}},
)
async def export(caller: Caller, request: Request, unit: UnitQuery = None, on: On = None) -> Response:
    """Everybody in a post on a day, by unit and tier. Telephones are those of offices."""
    service: Service = request.app.state.service
    business(caller)
    day = on or local_date(service.clock())
    rows = await service.pool.fetch(_TEAM, day, unit_of(caller, unit), [str(role) for role in Role])
    names = await service.vault.open([sealed(row["name"]) for row in rows], Opening.NAMES)
    lines = [
        (n, row["unit_name"], name, Role(row["role"]).label, row["sub_name"], row["post"], row["duty"], row["phone"], row["since"],
         row["until"], row["acting_for"] and f"代 {row['acting_for']}", row["document"])
        for n, (row, name) in enumerate(zip(rows, names, strict=True), 1)
    ]  # fmt: skip
    widths = (5, 18, 9, 11, 18, 16, 24, 14, 11, 11, 12, 16)
    content = sheet(f"{service.settings.brand}网格队伍表", _COLUMNS, lines, notes=[f"在岗日期:{day}"], widths=widths)
    return Response(content, media_type=XLSX, headers={"Content-Disposition": 'attachment; filename="team.xlsx"'})
