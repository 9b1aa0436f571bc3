"""四定: is every grid drawn, staffed, charged and posted, and how is that known (R15)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from services.roster.api import dated
from services.roster.api.team import VIOLATIONS, XLSX
from services.roster.documents.grids import annex
from services.roster.domain.tiers import STAFF, Settled
from services.roster.projections.sealed import sealed
from shared.asking import Caller, Cursor, Limit, listing
from shared.entrance import Entrance
from shared.months import WrittenDate, local_date
from shared.openings import Opening
from shared.reach import unit_of
from shared.service import Service
from shared.terms import Line, Role

router = APIRouter(tags=["四定"], route_class=Entrance)

On = Annotated[WrittenDate | None, Query(description="哪一天,默认今天")]
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


@router.get("/grids", name="list_grids", summary="四定核查")
async def grids(
    caller: Caller, request: Request, unit: Annotated[str | None, Query(max_length=20)] = None, line: Line | None = None,
    *, incomplete: bool = False, red: bool = False, on: On = None, cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """Four yes-or-no answers a grid, each with what it rests on; red where somebody left and nobody followed.

    定格: it has enterprises, sub-units or industries. 定员: every tier is filled (a branch or village: somebody is there).
    定责: its duty is written down, or that of everybody in it. 定岗: everybody in it has a post by name.
    """
    service: Service = request.app.state.service
    day = on or local_date(service.clock())
    where, args = _asked(caller, unit, line, day)
    if incomplete:
        where.append("not (area and staff and charged and post)")
    if red:
        where.append("red")
    page = await listing(
        service.pool, table=_GRIDS, columns="*", where=where, args=args, order=["line", "coalesce(parent, code)", "code"],
        cursor=cursor, limit=limit,
    )  # fmt: skip
    return {"on": day, **page, "items": [_told(item) for item in page["items"]]}


def _asked(caller: Caller, unit: str | None, line: Line | None, day: date) -> tuple[list[str], list[Any]]:
    where: list[str] = ["true"]
    args: list[Any] = [day]
    if (whose := unit_of(caller, unit)) is not None:
        args.append(whose)
        where.append(f"(code = ${len(args)} or parent = ${len(args)})")
    if line is not None:
        args.append(str(line))
        where.append(f"line = ${len(args)}")
    return where, args


def _told(row: dict[str, Any]) -> dict[str, Any]:
    evidence = {
        Settled.AREA: f"企业 {row['enterprises']} 户,下级网格 {row['sub_units']} 个,归口行业 {row['industries']} 个",
        Settled.STAFF: _staffed(row),
        Settled.DUTY: "单位职责已写明"
        if row["duty"]
        else f"{row['without_duty']} 个岗位未写职责"
        if row["people"]
        else "无人在岗",
        Settled.POST: f"{row['people']} 人在岗" + (f",{row['without_post']} 人未写岗位" if row["without_post"] else ""),
    }
    answers = dict(zip(Settled, (row["area"], row["staff"], row["charged"], row["post"]), strict=True))
    return {
        **{
            name: row[name]
            for name in ("code", "name", "kind", "line", "parent", "since", "enterprises", "people", "gone", "left_behind", "red")
        },
        "grid": f"{_PREFIX[Line(row['line'])]}-{row['code']}",
        "settled": {str(what): yes for what, yes in answers.items()},
        "evidence": {str(what): said for what, said in evidence.items()},
        "missing": [what.label for what, yes in answers.items() if not yes],
        "lacking": [Role(role).label for role in row["lacking"]],
    }


def _staffed(row: dict[str, Any]) -> str:
    lacking = "、".join(Role(role).label for role in row["lacking"])
    left = f",{row['gone']} 人离任未补" if row["gone"] else ""
    left += f",{row['left_behind']} 户企业的责任人已离任" if row["left_behind"] else ""
    return f"{row['people']} 人" + (f",缺{lacking}" if lacking else "") + left


@router.get(
    "/grids.xlsx", name="export_grids", summary="四定表、网格划分表(附件1)", response_class=Response,
    responses={200: {"content": {XLSX: {}}}},
)  # fmt: skip
async def export(
    caller: Caller, request: Request, unit: Annotated[str | None, Query(max_length=20)] = None, line: Line | None = None,
    on: On = None,
) -> Response:  # fmt: skip
    """Every grid on a day with its people and its four answers, to print."""
    service: Service = request.app.state.service
    day = on or local_date(service.clock())
    where, args = _asked(caller, unit, line, day)
    rows = await service.pool.fetch(
        f"select * from {_GRIDS} where {' and '.join(where)} order by line, coalesce(parent, code), code", *args
    )
    content = annex(service.settings.brand, day, rows, await _people(service, day), await _papers(service, day))
    return Response(content, media_type=XLSX, headers={"Content-Disposition": 'attachment; filename="grids.xlsx"'})


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
