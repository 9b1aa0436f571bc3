"""Gaps and overlaps over time as PostgreSQL's own multiranges: days to be served minus days somebody answered for."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from services.roster.domain.access import the_district
from services.roster.queries.reading import reach
from shared.http.answer import Answer, Page, label_of
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.problems import Malformed
from shared.language.reach import figures_of, sees_district, unit_of
from shared.language.terms import Line, Term


class Gap(Term):
    """Why nobody answers."""

    NO_UNIT = "no_unit", "未落实单位"
    UNIT_ENDED = "unit_ended", "单位已撤销"
    NO_WORKER = "no_worker", "未落实网格员"
    WORKER_LEFT = "worker_left", "网格员已离任"


GAPS = """(
with want as materialized (
    select s.enterprise, l.line, range_agg(daterange(s.since, s.until)) as days
    from scope s cross join (values ('vertical'), ('horizontal')) l(line) group by s.enterprise, l.line
), held as (
    select enterprise, line, range_agg(daterange(since, until)) as days from assignment group by enterprise, line
), standing as (
    select a.enterprise, a.line, a.unit, a.worker, u.ended, a.since,
        case when u.ended is null or u.ended <= a.since then a.until else least(a.until, u.ended) end as upto,
        u.ended is not null and u.ended <= a.since as late, a.until
    from assignment a join unit u on u.code = a.unit
), found as (
    select w.enterprise, w.line, 'no_unit' as kind, null::text as unit, null::uuid as worker,
        unnest(w.days - coalesce(h.days, '{}'::datemultirange)) as span
    from want w left join held h on h.enterprise = w.enterprise and h.line = w.line
    union all
    select s.enterprise, s.line, 'unit_ended', s.unit, s.worker,
        unnest(w.days * datemultirange(daterange(greatest(s.since, s.ended), s.until)))
    from standing s join want w on w.enterprise = s.enterprise and w.line = s.line
    where s.ended is not null and (s.until is null or s.until > s.ended)
    union all
    select s.enterprise, s.line, 'no_worker', s.unit, null, unnest(w.days * datemultirange(daterange(s.since, s.upto)))
    from standing s join want w on w.enterprise = s.enterprise and w.line = s.line
    where s.worker is null and not s.late
    union all
    select s.enterprise, s.line, 'worker_left', s.unit, s.worker,
        unnest(w.days * datemultirange(daterange(s.since, s.upto)) - coalesce(p.days, '{}'::datemultirange))
    from standing s join want w on w.enterprise = s.enterprise and w.line = s.line
    left join (
        select member, unit, range_agg(daterange(since, until)) as days from post
        where until is null or until > since group by member, unit) p on p.member = s.worker and p.unit = s.unit
    where s.worker is not null and not s.late
)
select f.enterprise, e.code, e.name, f.line, f.kind, lower(f.span) as since, upper(f.span) as until, f.unit, f.worker, f.span
from found f join enterprise e on e.id = f.enterprise
) gap"""
"""A row for each interval. A gap because the unit has ended is told once, whoever was named in it."""

OVERLAPS = """(
with named as (
    select worker, unit, line, range_agg(daterange(since, until)) as days, count(distinct enterprise) as enterprises
    from assignment where worker is not null group by worker, unit, line
), both_named as (
    select a.worker, a.unit, a.line, a.enterprises, b.unit as other_unit, b.line as other_line, b.enterprises as other_enterprises,
        unnest(a.days * b.days) as span
    from named a join named b on b.worker = a.worker and b.unit > a.unit
)
select n.*, lower(n.span) as since, upper(n.span) as until, p.account
from both_named n left join lateral (select account from post where member = n.worker order by number desc limit 1) p on true
) overlap"""
"""A row for each person, pair of units and interval."""
_WHOLE = """
select count(*) as in_scope, count(*) filter (where exists (select from assignment a where a.enterprise = s.enterprise
and a.line = 'vertical' and a.since <= $1 and (a.until is null or a.until > $1)) and exists (select from assignment a
where a.enterprise = s.enterprise and a.line = 'horizontal' and a.since <= $1 and (a.until is null or a.until > $1)))
as on_both_lines from scope s where s.since <= $1 and (s.until is null or s.until > $1)
"""


class GapRow(Answer):
    """An interval in which nobody answered."""

    enterprise: UUID = Field(description="企业编号")
    code: str = Field(description="统一社会信用代码")
    name: str = Field(description="企业名称")
    line: Line = Field(description="网格线")
    line_label: str = label_of("line")
    kind: Gap = Field(description="空档原因")
    kind_label: str = label_of("kind")
    since: date = Field(description="空档起始日期")
    until: date | None = Field(description="空档截止日期(不含当日);仍在持续的为空")
    unit: str | None = Field(description="名义上负责的单位编码;没有的为空")
    worker: UUID | None = Field(description="名义上负责的网格员编号;没有的为空")


class GapPage(Page[GapRow]):
    """Gaps that touch some days."""

    from_: date = Field(alias="from", description="查询的起始日期")
    to: date = Field(description="查询的截止日期(含当日)")


class GapCount(Answer):
    """Gaps of one kind on one line."""

    line: Line = Field(description="网格线")
    line_label: str = label_of("line")
    kind: Gap = Field(description="空档原因")
    kind_label: str = label_of("kind")
    n: int = Field(description="企业,户")


class GapTotals(Answer):
    """The gaps of a day. Of the whole district also how many there are to serve."""

    on: date = Field(description="按哪一天统计")
    unit: str | None = Field(description="单位编码;全区的为空")
    in_scope: int | None = Field(default=None, description="应服务的企业,户;只统计一个单位时为空")
    on_both_lines: int | None = Field(default=None, description="其中两线均已落实单位的,户;只统计一个单位时为空")
    gaps: int = Field(description="空档合计")
    by_kind: list[GapCount] = Field(description="按网格线和原因分")


class OverlapRow(Answer):
    """Somebody whom two units name at the same time."""

    worker: UUID = Field(description="人员编号")
    account: str | None = Field(description="账号;从未任职的为空")
    unit: str = Field(description="一个单位的编码")
    line: Line = Field(description="在该单位的网格线")
    enterprises: int = Field(description="在该单位负责的企业,户")
    other_unit: str = Field(description="另一个单位的编码")
    other_line: Line = Field(description="在另一个单位的网格线")
    other_enterprises: int = Field(description="在另一个单位负责的企业,户")
    since: date = Field(description="重叠起始日期")
    until: date | None = Field(description="重叠截止日期(不含当日);仍在持续的为空")


def _window(start: date | None, end: date | None, today: date) -> tuple[date, date]:
    begin, last = start or today, end or max(start or today, today)
    if last < begin:
        raise Malformed(errors=[{"pointer": "/query/to", "code": "order", "title": "截止日期早于起始日期"}])
    return begin, last


async def gaps(
    service: Service,
    caller: Actor,
    line: Line | None,
    unit: str | None,
    kind: Gap | None,
    from_: date | None,
    to: date | None,
    cursor: str | None,
    limit: int,
) -> GapPage:
    """Whole intervals that touch the days asked for."""
    begin, last = _window(from_, to, local_date(service.clock()))
    unit = unit_of(caller, unit)
    where: list[str] = ["span && daterange($1, $2, '[]')"]
    args: list[Any] = [begin, last]
    for column, value in (("line", line), ("unit", unit), ("kind", kind)):
        if value is not None:
            args.append(str(value))
            where.append(f"{column} = ${len(args)}")
    (await reach(service, caller)).narrowed(where, args, unit="unit = {}")
    page = await listing(
        service.pool,
        table=GAPS,
        columns="enterprise, code, name, line, kind, since, until, unit, worker",
        where=where,
        args=args,
        order=["code", "line", "kind", "since"],
        cursor=cursor,
        limit=limit,
    )
    return GapPage.of(page, (GapRow(**item) for item in page["items"]), **{"from": begin, "to": last})


async def totals(service: Service, caller: Actor, unit: str | None, on: date | None) -> GapTotals:
    """How many enterprises are to be served on a day, how many have somebody on both lines, and the gaps by line and kind."""
    day = on or local_date(service.clock())
    unit = figures_of(caller, unit)
    rows = await service.pool.fetch(
        f"select line, kind, count(*) as n from {GAPS} where span @> $1::date and ($2::text is null or unit = $2) "
        "group by line, kind order by line, kind",
        day,
        unit,
    )
    whole: dict[str, Any] = {}
    if sees_district(caller) and unit is None:
        whole = dict(await service.pool.fetchrow(_WHOLE, day))
    counts = [GapCount(**row) for row in rows]
    return GapTotals(on=day, unit=unit, **whole, gaps=sum(count.n for count in counts), by_kind=counts)


async def overlaps(
    service: Service, caller: Actor, from_: date | None, to: date | None, cursor: str | None, limit: int
) -> Page[OverlapRow]:
    """People whom two units name at the same time."""
    the_district(caller)
    begin, last = _window(from_, to, local_date(service.clock()))
    page = await listing(
        service.pool,
        table=OVERLAPS,
        columns="worker, account, unit, line, enterprises, other_unit, other_line, other_enterprises, since, until",
        where=["span && daterange($1, $2, '[]')"],
        args=[begin, last],
        order=["account", "unit", "other_unit", "since"],
        cursor=cursor,
        limit=limit,
    )
    return Page[OverlapRow].of(page, (OverlapRow(**item) for item in page["items"]))
