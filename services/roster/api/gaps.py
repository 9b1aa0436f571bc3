"""Gaps and overlaps over time as PostgreSQL's own multiranges: days to be served minus days somebody answered for."""

from __future__ import annotations

from shared.terms import Term


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
