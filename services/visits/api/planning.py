"""The month's work: a worker's list, a unit's sum and forecast, and who was not visited yet, at any hour (R23, R48)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Request, Response

from services.visits.domain.planning import (
    NEW_WORKDAYS,
    Horizon,
    Last,
    Planned,
    Prospect,
    forecast,
    horizon,
    needs,
    plan,
)
from shared.asking import Caller
from shared.decider import Actor
from shared.directory import Directory, enterprises_on
from shared.entrance import Entrance
from shared.months import Month, local_date
from shared.problems import Forbidden, Malformed, Unknown
from shared.reach import DISTRICT
from shared.service import Service
from shared.terms import Category, Line, Mode, Operation, Role, Standing

router = APIRouter(tags=["走访计划"], route_class=Entrance)

MonthQuery = Annotated[str | None, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="月份 YYYY-MM,默认本月")]
UnitQuery = Annotated[str, Query(pattern=r"^[0-9A-Za-z-]{1,20}$", description="单位编码")]
LineQuery = Annotated[Line | None, Query(description="网格线;单位本身的网格线为默认")]

_LEADING = (Role.HEAD, Role.DEPUTY, Role.LIAISON, Role.BACKUP_LIAISON, Role.SUPERVISOR)
_UNCOUNTED = {"returned": "被退回", "held": "待裁定"}
_SCOPE = [str(standing) for standing in Standing if standing.survives]

_PROSPECTS = """
with held as (
    select distinct on (a.enterprise, a.line) a.enterprise, a.line, a.unit, a.sub_unit, a.worker,
        min(a.started_on) over (partition by a.enterprise, a.line) as since
    from known_assignment a
    where a.started_on <= $1 and a.enterprise in (select enterprise from known_assignment where {one} = $2)
    order by a.enterprise, a.line, a.started_on desc)
select h.*, e.code, e.name, e.tags, e.modes, e.hours, e.quiet_until, (
    select max(loss.verified_on) from known_loss loss
    where loss.enterprise = e.id and loss.line = h.line and loss.verified_on <= $1) as lost_on,
    done.on_date as done_on, done.visitors as done_by, open.review as open_review, open.disputed, missed.times as attempts,
    other.on_date as other_on, last.on_date as last_on, last.told as last_told, last.unit as last_unit
from held h join {known} e on e.id = h.enterprise
left join lateral (
    select v.on_date, v.state->'told'->'visitors' as visitors from visit v
    where v.enterprise = e.id and v.month = $3 and v.counted and exists (
        select from visit_unit u where u.visit = v.id and u.unit = (
            select a.unit from known_assignment a
            where a.enterprise = e.id and a.line = h.line and a.started_on <= v.on_date order by a.started_on desc limit 1))
    order by v.on_date, v.id limit 1) done on true
left join lateral (
    select v.review, v.disputed from visit v join visit_unit u on u.visit = v.id and u.unit = h.unit
    where v.enterprise = e.id and v.month = $3 and not v.counted and v.review not in ('voided', 'held')
      and v.state->'told'->>'met' <> 'false'
    order by v.on_date desc, v.id limit 1) open on true
left join lateral (
    select count(*)::int as times from visit v join visit_unit u on u.visit = v.id and u.unit = h.unit
    where v.enterprise = e.id and v.month = $3 and v.review not in ('voided', 'held') and v.state->'told'->>'met' = 'false') missed on true
left join lateral (
    select v.on_date from visit v join visit_unit u on u.visit = v.id and u.line <> h.line
    where v.enterprise = e.id and v.month = $3 and v.counted order by v.on_date, v.id limit 1) other on true
left join lateral (
    select v.on_date, v.state->'told' as told, (select min(u.unit) from visit_unit u where u.visit = v.id) as unit from visit v
    where v.enterprise = e.id and v.on_date <= $1 and v.review not in ('voided', 'held')
    order by v.month desc, v.on_date desc, v.id limit 1) last on true
where h.{one} = $2 and e.standing = any($4::text[]) and e.code like '91%' and not e.managed_elsewhere
"""
"""Everybody a worker or unit answers for in scope, with the visits that matter. A visit of the unit that answered on its
day credits whoever answers now: nobody is visited twice because of a move (kpi §2)."""


async def _horizon(service: Service, month: str | None) -> Horizon:
    today = local_date(service.clock())
    return horizon(Month.parse(month) if month else Month.of(today), today, await service.calendar())


async def prospects(service: Service, at: Horizon, *, worker: UUID | None = None, unit: str = "") -> list[Prospect]:
    """Whom the worker, or the unit, answers for: today, or on the last day of a month that is over."""
    on = at.on
    one = "unit" if worker is None else "worker"
    rows = await service.pool.fetch(
        _PROSPECTS.format(one=one, known=enterprises_on("$1")), on, worker or unit, str(at.month), _SCOPE
    )
    return [_prospect(row) for row in rows]


def _prospect(row: Any) -> Prospect:
    told: dict[str, Any] = orjson.loads(row["last_told"]) if row["last_told"] else {}
    last = None
    if told:
        asked = tuple(dict.fromkeys(Category(item["category"]).label for item in told["demands"]))
        last = Last(row["last_on"], row["last_unit"] or "", Operation(told["operation"]), bool(told["difficulties"]), asked)
    visitors: list[dict[str, Any]] = orjson.loads(row["done_by"]) if row["done_by"] else []
    uncounted = "" if row["open_review"] is None else _UNCOUNTED.get(row["open_review"], "待补证")
    if row["disputed"]:
        uncounted = "企业反映无人来访"
    return Prospect(
        row["enterprise"], row["code"], row["name"], Line(row["line"]), row["unit"], row["worker"], row["since"],
        tuple(orjson.loads(row["tags"])), tuple(Mode(mode).label for mode in orjson.loads(row["modes"])), row["hours"],
        row["quiet_until"], last, row["done_on"], tuple(UUID(visitor["member"]) for visitor in visitors), uncounted,
        row["attempts"], row["lost_on"], row["other_on"],
    )  # fmt: skip


def _owing(found: Sequence[Prospect], at: Horizon) -> tuple[int, int]:
    """Covered by the 27th and owing: new entries that nobody visited yet are left out (kpi §2)."""
    due = at.month.due_day()
    grace = at.calendar.workdays_back(due, NEW_WORKDAYS)
    covered = sum(item.done_on is not None and item.done_on <= due for item in found)
    owing = sum(item.since < grace or item.done_on is not None for item in found)
    return covered, owing


def _forecast(found: Sequence[Prospect], at: Horizon) -> dict[str, Any] | None:
    """Of a month that is over nothing is to be foreseen: its figure is reporting's, from the roster of that day."""
    if at.over:
        return None
    told = forecast(*_owing(found, at), at)
    return {
        "n": told.covered, "d": told.owing, "pct": told.pct, "expected_n": told.expected, "expected_pct": told.expected_pct,
        "workdays_elapsed": told.elapsed, "workdays_left": told.left, "needed_per_workday": told.needed_per_day,
        "sentence": told.sentence, "assumptions": told.assumptions,
    }  # fmt: skip


def _item(planned: Planned) -> dict[str, Any]:
    who, last = planned.prospect, planned.prospect.last
    return {
        "enterprise": who.enterprise, "code": who.code, "name": who.name, "line": who.line, "line_label": who.line.label,
        "done": who.done_on is not None, "done_on": who.done_on, "done_by": who.done_by, "priority": planned.priority,
        "reasons": [{"points": reason.points, "words": reason.words} for reason in planned.reasons],
        "proposed": planned.proposed, "notes": planned.notes, "needs": planned.needs, "modes": who.modes, "hours": who.hours,
        "quiet_until": who.quiet_until, "last_visit": last and {"on": last.on, "unit": last.by_unit},
    }  # fmt: skip


def may_see(caller: Actor, unit: str) -> None:
    """Those who see the district, and those who lead the unit or gather for it."""
    if not (caller.holds(*DISTRICT) or (caller.holds(*_LEADING) and caller.unit == unit)):
        raise Forbidden(unit=unit)


async def _worker(service: Service, account: str, caller: Actor, on: date) -> UUID:
    """The member; everybody may see his own list, leaders those of their unit."""
    if not (caller.holds(*DISTRICT, *_LEADING) or (caller.account == account and caller.holds(Role.WORKER, Role.INFORMANT))):
        raise Forbidden
    member = await service.pool.fetchval("select id from known_member where account = $1", account)
    if member is None:
        raise Unknown(what="member", id=account)
    if not caller.holds(*DISTRICT) and caller.account != account:
        known = (await Directory(service.pool).members([member], on))[member]
        codes = {post.unit for post in known.posts}
        units = {(await Directory(service.pool).unit(code, on)).reporting for code in codes}
        if caller.unit not in codes | units:
            raise Forbidden
    return member


@router.get("/plan", name="get_plan", summary="本月走访计划(网格员清单,或单位汇总)")
async def get(
    caller: Caller, request: Request, month: MonthQuery = None,
    worker: Annotated[str | None, Query(pattern=r"^[0-9A-Za-z._-]{1,64}$", description="账号")] = None,
    unit: Annotated[str | None, Query(pattern=r"^[0-9A-Za-z-]{1,20}$", description="单位编码")] = None,
) -> dict[str, Any]:  # fmt: skip
    """Of a worker: whom he answers for, in a sensible order with the reasons and a day; those done at the end. Of a unit: the
    sum over its workers. Nobody named means the caller himself.
    """
    service: Service = request.app.state.service
    at = await _horizon(service, month)
    head = {
        "month": str(at.month), "today": at.today, "due": at.month.due_day(), "after_due": at.late, "workdays": at.left,
        "calendar": at.calendar.version, "provisional": at.calendar.is_provisional(at.month.first_day),
    }  # fmt: skip
    if unit is not None and worker is not None:
        raise Malformed(errors=[{"pointer": "/query/unit", "code": "both", "title": "账号与单位只能填一个"}])
    if unit is not None:
        return {**head, **await _of_unit(service, at, unit, caller)}
    account = worker or caller.account
    member = await _worker(service, account, caller, at.today)
    found = await prospects(service, at, worker=member)
    items = [_item(planned) for planned in plan(found, at)]
    done = sum(item["done"] for item in items)
    return {
        **head, "worker": account, "member": member, "done": done, "waiting": len(items) - done,
        "forecast": _forecast(found, at), "items": items, "next_cursor": None, "total": len(items),
    }  # fmt: skip


async def _of_unit(service: Service, at: Horizon, unit: str, caller: Actor) -> dict[str, Any]:
    may_see(caller, unit)
    known = await Directory(service.pool).unit(unit, at.on)
    found = await prospects(service, at, unit=unit)
    by_worker: dict[UUID | None, list[Prospect]] = {}
    for prospect in found:
        by_worker.setdefault(prospect.worker, []).append(prospect)
    accounts = await _accounts(service, by_worker)
    # By account, not by how much was done: nobody is ranked by activity (国办函〔2026〕12号).
    workers = [
        {"worker": accounts.get(member), "member": member, **({} if member else {"note": "未落实到网格员"}), **_sum(mine)}
        for member, mine in sorted(by_worker.items(), key=lambda item: (item[0] is None, accounts.get(item[0], "")))
    ]
    return {"unit": unit, "name": known.name, "workers": workers, **_sum(found), "forecast": _forecast(found, at)}


async def _accounts(service: Service, members: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """The accounts of these members; names are the roster's."""
    rows = await service.pool.fetch("select id, account from known_member where id = any($1)", [id_ for id_ in members if id_])
    return {row["id"]: row["account"] for row in rows}


def _sum(found: Sequence[Prospect]) -> dict[str, Any]:
    done = sum(prospect.done_on is not None for prospect in found)
    tags: dict[str, int] = {}
    for need in (need for prospect in found for need in needs(prospect)):
        tags[need] = tags.get(need, 0) + 1
    most = sorted(tags.items(), key=lambda item: (-item[1], item[0]))[:20]
    return {"total": len(found), "done": done, "waiting": len(found) - done, "needs": dict(most)}


@router.get("/plan/forecast", name="get_forecast", summary="按当前进度27日将达到多少")
async def get_forecast(unit: UnitQuery, caller: Caller, request: Request, month: MonthQuery = None) -> dict[str, Any]:
    """Numerator, denominator, pace and assumptions with the figure; the filed figure is reporting's."""
    service: Service = request.app.state.service
    may_see(caller, unit)
    at = await _horizon(service, month)
    known = await Directory(service.pool).unit(unit, at.on)
    foreseen = _forecast(await prospects(service, at, unit=unit), at)
    if foreseen is None:
        title = "该月已结束,请查看覆盖率或台账"
        raise Malformed(errors=[{"pointer": "/query/month", "code": "month-is-over", "title": title}])
    return {
        "unit": unit, "name": known.name, "line": known.line, "month": str(at.month), "today": at.today,
        "due": at.month.due_day(), **foreseen,
    }  # fmt: skip


_COLUMNS = ("统一社会信用代码", "企业名称", "网格线", "网格员", "优先级", "原因", "建议日期", "服务需求", "上次走访", "提示")


async def _uncovered(service: Service, unit: str, at: Horizon) -> list[dict[str, Any]]:
    found = await prospects(service, at, unit=unit)
    accounts = await _accounts(service, {prospect.worker for prospect in found})
    return [
        {**_item(planned), "worker": accounts.get(planned.prospect.worker)}
        for planned in plan(found, at)
        if planned.prospect.done_on is None
    ]


@router.get("/plan/uncovered", name="list_uncovered", summary="未走访企业清单(随时)")
async def uncovered(unit: UnitQuery, caller: Caller, request: Request, month: MonthQuery = None) -> dict[str, Any]:
    """As of this minute, with reasons and proposed days. The list as of another instant is reporting's."""
    service: Service = request.app.state.service
    may_see(caller, unit)
    at = await _horizon(service, month)
    known = await Directory(service.pool).unit(unit, at.on)
    items = await _uncovered(service, unit, at)
    return {
        "unit": unit,
        "name": known.name,
        "month": str(at.month),
        "at": service.clock(),
        "items": items,
        "next_cursor": None,
        "total": len(items),
    }


@router.get("/plan/uncovered/workbook", name="download_uncovered", summary="下载未走访企业清单", response_class=Response)
async def workbook(unit: UnitQuery, caller: Caller, request: Request, month: MonthQuery = None) -> Response:
    """The same list to print."""
    from shared.sheets import sheet

    service: Service = request.app.state.service
    may_see(caller, unit)
    at = await _horizon(service, month)
    known = await Directory(service.pool).unit(unit, at.on)
    rows = [
        (
            item["code"], item["name"], item["line_label"], item["worker"] or "未落实", item["priority"],
            ";".join(reason["words"] for reason in item["reasons"]), str(item["proposed"] or ""), "、".join(item["needs"]),
            str(item["last_visit"]["on"]) if item["last_visit"] else "", ";".join(item["notes"]),
        )
        for item in await _uncovered(service, unit, at)
    ]  # fmt: skip
    content = sheet(f"{known.name} {at.month} 未走访企业清单", _COLUMNS, rows, notes=(f"截至 {at.today},共 {len(rows)} 条",))
    return Response(
        content, media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers={"Content-Disposition": f'attachment; filename="uncovered-{unit}-{at.month}.xlsx"'},
    )  # fmt: skip


__all__ = ["may_see", "prospects", "router"]
