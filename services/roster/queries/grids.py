"""四定: is every grid drawn, staffed, charged and posted, and how is that known (R15)."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import Field

from services.roster.documents.grids import annex
from services.roster.domain.tiers import STAFF, Settled
from services.roster.projections.sealed import sealed
from services.roster.queries import dated
from services.roster.queries.team import VIOLATIONS
from shared.http.answer import Answer, Page
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.openings import Opening
from shared.language.reach import unit_of
from shared.language.terms import Line, Role, UnitKind

_STAFF = ", ".join(f"'{role}'" for role in STAFF)
_PREFIX = {Line.HORIZONTAL: "H", Line.VERTICAL: "V"}
_GRIDS = f"""(
with held as materialized (
    select member, account, unit, sub_unit, role, post, duty, acting_for from post
    where since <= $1 and (until is null or until > $1)
), seats as materialized (
    select role, unit as place from held where acting_for is null
    union select role, sub_unit from held where acting_for is null and sub_unit is not null
), terms as materialized (
    select member, role, coalesce(sub_unit, unit) as place, since, until from post
    where role in ('head', 'deputy', 'worker', 'informant') and acting_for is null and since <= $1
), lost as materialized (
    select t.place, count(distinct t.member) as gone from terms t
    where t.until <= $1 and not exists (select from seats s where s.role = t.role and s.place = t.place)
        and not exists (select from terms f where f.role = t.role and f.place = t.place and f.since > t.since and f.until > t.until)
    group by t.place
), there as materialized (
    select distinct member, unit from held
), served as materialized (
    select a.unit, a.sub_unit, count(*)::int as n, count(*) filter (where e.size = 'large')::int as large,
        count(*) filter (where a.worker is not null and w.member is null)::int as left_behind,
        count(*) filter (where e.size = 'medium')::int as medium, count(*) filter (where e.size = 'small')::int as small,
        count(*) filter (where e.size = 'micro')::int as micro,
        count(*) filter (where exists (select from jsonb_array_elements_text(e.tags) t where t like '%重点%'))::int as key
    from assignment a join scope s on s.enterprise = a.enterprise and s.since <= $1 and (s.until is null or s.until > $1)
    join enterprise e on e.id = a.enterprise left join there w on w.member = a.worker and w.unit = a.unit
    where a.since <= $1 and (a.until is null or a.until > $1) group by a.unit, a.sub_unit
)
select u.code, u.name, u.kind, u.line, u.parent, u.since, u.ended, u.duty,
    coalesce(e.n, 0)::int as enterprises, coalesce(e.large, 0)::int as large, coalesce(e.medium, 0)::int as medium,
    coalesce(e.small, 0)::int as small, coalesce(e.micro, 0)::int as micro, coalesce(e.key, 0)::int as key,
    d.sub_units, i.industries, p.people, p.workers, p.without_post, p.without_duty, coalesce(v.lacking, '{{}}') as lacking,
    coalesce(g.gone, 0)::int as gone, coalesce(e.left_behind, 0)::int as left_behind,
    coalesce(e.n, 0) > 0 or d.sub_units > 0 or i.industries > 0 as area,
    p.people > 0 and v.lacking is null as staff,
    u.duty <> '' or (p.people > 0 and p.without_duty = 0) as charged,
    p.people > 0 and p.without_post = 0 as post,
    coalesce(g.gone, 0) > 0 or coalesce(v.somebody_left, false) or coalesce(e.left_behind, 0) > 0 as red
from {dated.units("$1")} u
left join lateral (
    select sum(n) as n, sum(left_behind) as left_behind, sum(large) as large, sum(medium) as medium, sum(small) as small,
        sum(micro) as micro, sum(key) as key
    from served where (u.kind in ('department', 'township') and unit = u.code) or sub_unit = u.code) e on true
cross join lateral (select count(*)::int as sub_units from unit c join unit_parent cp on cp.code = c.code and cp.parent = u.code
    and cp.since <= $1 and (cp.until is null or cp.until > $1) where c.since <= $1 and (c.ended is null or c.ended > $1)) d
cross join lateral (select count(*)::int as industries from {dated.table("'industries'", "$1")} m
    cross join lateral jsonb_each_text(m.entries) t where t.value = u.code) i
cross join lateral (
    select count(distinct member)::int as people, count(distinct member) filter (where role = 'worker')::int as workers,
        count(*) filter (where post = '')::int as without_post, count(*) filter (where duty = '')::int as without_duty
    from held where unit = u.code or sub_unit = u.code) p
left join lateral (
    select array_agg(x.role order by x.role) as lacking, bool_or(x.left_on is not null) as somebody_left
    from {VIOLATIONS} x where x.unit = u.code and x.role in ({_STAFF})) v on true
left join lost g on g.place = u.code
where u.line is not null and u.since <= $1 and (u.ended is null or u.ended > $1)
) grid"""
"""A row for each grid. A place is a unit, or the branch or village somebody has within it, under whichever unit it stood then.

Who left is counted where nobody has the seat today, without those whom somebody followed; standing in fills no seat.
"""


class SettledFour(Answer):
    """The four answers."""

    area: bool = Field(description="定格:有企业、下级网格或归口行业")
    staff: bool = Field(description="定员:各层级均有人在岗")
    duty: bool = Field(description="定责:职责已写明")
    post: bool = Field(description="定岗:在岗人员均写明岗位")


class SettledBecause(Answer):
    """What the four answers rest on."""

    area: str = Field(description="定格的依据")
    staff: str = Field(description="定员的依据")
    duty: str = Field(description="定责的依据")
    post: str = Field(description="定岗的依据")


class GridRow(Answer):
    """A grid with its four answers."""

    code: str = Field(description="单位编码")
    name: str = Field(description="单位名称")
    kind: UnitKind = Field(description="单位类型")
    line: Line = Field(description="网格线")
    parent: str | None = Field(description="上级单位编码;没有的为空")
    since: date = Field(description="设立日期")
    enterprises: int = Field(description="应服务的企业,户")
    people: int = Field(description="在岗人数")
    gone: int = Field(description="离任未补的人数")
    left_behind: int = Field(description="责任人已离任的企业,户")
    red: bool = Field(description="是否标红:有人离任而无人接替")
    grid: str = Field(description="网格编号")
    settled: SettledFour = Field(description="四定是否齐全")
    evidence: SettledBecause = Field(description="四定的依据")
    missing: list[str] = Field(description="四定中缺少的,中文名称")
    lacking: list[str] = Field(description="空缺的角色,中文名称")


class GridPage(Page[GridRow]):
    """Grids on a day."""

    on: date = Field(description="按哪一天核查")


_NAMES = ("code", "name", "kind", "line", "parent", "since", "enterprises", "people", "gone", "left_behind", "red")
_LABELS = {str(what): what.label for what in Settled}


async def grids(
    service: Service,
    caller: Actor,
    unit: str | None,
    line: Line | None,
    on: date | None,
    *,
    incomplete: bool,
    red: bool,
    cursor: str | None,
    limit: int,
) -> GridPage:
    """Four yes-or-no answers a grid, each with what it rests on; red where somebody left and nobody followed."""
    day = on or local_date(service.clock())
    where, args = _asked(caller, unit, line, day)
    if incomplete:
        where.append("not (area and staff and charged and post)")
    if red:
        where.append("red")
    page = await listing(
        service.pool,
        table=_GRIDS,
        columns="*",
        where=where,
        args=args,
        order=["line", "coalesce(parent, code)", "code"],
        cursor=cursor,
        limit=limit,
    )
    return GridPage.of(page, (_told(item) for item in page["items"]), on=day)


async def workbook(service: Service, caller: Actor, unit: str | None, line: Line | None, on: date | None) -> bytes:
    """Every grid on a day with its people and its four answers, to print."""
    day = on or local_date(service.clock())
    where, args = _asked(caller, unit, line, day)
    rows = await service.pool.fetch(
        f"select * from {_GRIDS} where {' and '.join(where)} order by line, coalesce(parent, code), code", *args
    )
    return annex(service.settings.brand, day, rows, await _people(service, day), await _papers(service, day))


def _asked(caller: Actor, unit: str | None, line: Line | None, day: date) -> tuple[list[str], list[Any]]:
    where: list[str] = ["true"]
    args: list[Any] = [day]
    if (whose := unit_of(caller, unit)) is not None:
        args.append(whose)
        where.append(f"(code = ${len(args)} or parent = ${len(args)})")
    if line is not None:
        args.append(str(line))
        where.append(f"line = ${len(args)}")
    return where, args


def _told(row: dict[str, Any]) -> GridRow:
    four = SettledFour(area=row["area"], staff=row["staff"], duty=row["charged"], post=row["post"])
    unsaid = f"{row['without_duty']} 个岗位未写职责" if row["people"] else "无人在岗"
    because = SettledBecause(
        area=f"企业 {row['enterprises']} 户,下级网格 {row['sub_units']} 个,归口行业 {row['industries']} 个",
        staff=_staffed(row),
        duty="单位职责已写明" if row["duty"] else unsaid,
        post=f"{row['people']} 人在岗" + (f",{row['without_post']} 人未写岗位" if row["without_post"] else ""),
    )
    told = {name: row[name] for name in _NAMES}
    return GridRow(
        **told,
        grid=f"{_PREFIX[Line(row['line'])]}-{row['code']}",
        settled=four,
        evidence=because,
        missing=[label for name, label in _LABELS.items() if not getattr(four, name)],
        lacking=[Role(role).label for role in row["lacking"]],
    )


def _staffed(row: dict[str, Any]) -> str:
    lacking = "、".join(Role(role).label for role in row["lacking"])
    left = f",{row['gone']} 人离任未补" if row["gone"] else ""
    left += f",{row['left_behind']} 户企业的责任人已离任" if row["left_behind"] else ""
    return f"{row['people']} 人" + (f",缺{lacking}" if lacking else "") + left


async def _people(service: Service, day: date) -> dict[tuple[str, str], list[str]]:
    """Names by unit (or branch, or village) and role; with the post where there is one."""
    rows = await service.pool.fetch(
        "select coalesce(sub_unit, unit) as code, unit, role, post, name, acting_for from post "
        "where since <= $1 and (until is null or until > $1) order by acting_for is not null, since, account",
        day,
    )
    names = await service.vault.open([sealed(row["name"]) for row in rows], Opening.NAMES)
    found: dict[tuple[str, str], list[str]] = {}
    for row, name in zip(rows, names, strict=True):
        said = (
            name
            + (f"({row['post']})" if row["post"] not in ("", Role(row["role"]).label) else "")
            + ("(代)" if row["acting_for"] else "")
        )
        for code in dict.fromkeys((row["code"], row["unit"])):
            found.setdefault((code, row["role"]), []).append(said)
        if row["role"] == Role.CHIEF:
            found.setdefault(("", row["role"]), []).append(said)
    return found


async def _papers(service: Service, day: date) -> dict[str, str]:
    """The number of each unit's plan in force."""
    rows = await service.pool.fetch(
        "select distinct on (unit) unit, number from unit_paper where kind = 'plan' and issued <= $1 and (expires is null or "
        "expires >= $1) and (withdrawn_on is null or withdrawn_on > $1) order by unit, issued desc, document desc",
        day,
    )
    return {row["unit"]: row["number"] for row in rows}
