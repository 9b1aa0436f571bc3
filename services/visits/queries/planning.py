"""The month's work: a worker's list, a unit's sum and forecast, and who was not visited yet, at any hour (R23, R48)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from pydantic import Field, RootModel

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
from services.visits.queries.reading import EnterpriseId, EnterpriseName, MemberId, MonthText, Percent, UnitCode
from shared.http.answer import Answer, Page, label_of
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.known import KnownUnit
from shared.language.months import Month, local_date
from shared.language.problems import Forbidden, Malformed, Unknown
from shared.language.reach import DISTRICT
from shared.language.terms import Category, Line, Mode, Operation, Role, Standing
from shared.log.directory import Directory, enterprises_on

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
    other.on_date as other_on, last.on_date as last_on, last.operation, last.difficulties, last.asked_for, last.unit as last_unit
from held h join {known} e on e.id = h.enterprise
left join lateral (
    select v.on_date, array(select m.member from visit_member m where m.visit = v.id and m.place is not null
        order by m.place) as visitors from visit v
    where v.enterprise = e.id and v.month = $3 and v.counted and exists (
        select from visit_unit u where u.visit = v.id and u.unit = (
            select a.unit from known_assignment a
            where a.enterprise = e.id and a.line = h.line and a.started_on <= v.on_date order by a.started_on desc limit 1))
    order by v.on_date, v.id limit 1) done on true
left join lateral (
    select v.review, v.disputed from visit v join visit_unit u on u.visit = v.id and u.unit = h.unit
    where v.enterprise = e.id and v.month = $3 and not v.counted and v.review not in ('voided', 'held')
      and v.met
    order by v.on_date desc, v.id limit 1) open on true
left join lateral (
    select count(*)::int as times from visit v join visit_unit u on u.visit = v.id and u.unit = h.unit
    where v.enterprise = e.id and v.month = $3 and v.review not in ('voided', 'held') and not v.met) missed on true
left join lateral (
    select v.on_date from visit v join visit_unit u on u.visit = v.id and u.line <> h.line
    where v.enterprise = e.id and v.month = $3 and v.counted order by v.on_date, v.id limit 1) other on true
left join lateral (
    select v.on_date, v.operation, v.difficulties, v.asked_for, (select min(u.unit) from visit_unit u where u.visit = v.id) as unit from visit v
    where v.enterprise = e.id and v.on_date <= $1 and v.review not in ('voided', 'held')
    order by v.month desc, v.on_date desc, v.id limit 1) last on true
where h.{one} = $2 and e.standing = any($4::text[]) and e.code like '91%' and not e.managed_elsewhere
"""
"""Everybody a worker or unit answers for in scope, with the visits that matter. A visit of the unit that answered on its
day credits whoever answers now: nobody is visited twice because of a move (kpi §2)."""


class Forecast(Answer):
    """What the month comes to at this pace."""

    n: int = Field(description="已走访,家")
    d: int = Field(description="应走访,家")
    pct: Percent
    expected_n: int | None = Field(description="按当前进度 27 日前将走访,家;尚无进度的为空")
    expected_pct: str | None = Field(description="按当前进度 27 日将达到的百分比,两位小数;尚无进度或没有应走访企业的为空")
    workdays_elapsed: int = Field(description="本月已过工作日(含今日),天")
    workdays_left: int = Field(description="27 日前还有的工作日(不含今日),天")
    needed_per_workday: int | None = Field(description="全部走访每个工作日需走访,家;已无工作日的为空")
    sentence: str = Field(description="一句话说明")
    assumptions: list[str] = Field(description="推算的前提")


class PriorityReason(Answer):
    """Points of a priority, and the words for them."""

    points: int = Field(description="分值")
    words: str = Field(description="原因")


class LatestVisit(Answer):
    """The latest visit of either line."""

    on: date = Field(description="走访日期")
    unit: str = Field(description="走访单位编码;不知的为空文")


class PlannedEnterprise(Answer):
    """An enterprise on the list."""

    enterprise: EnterpriseId
    code: str = Field(description="统一社会信用代码")
    name: EnterpriseName
    line: Line = Field(description="网格线")
    line_label: str = label_of("line")
    done: bool = Field(description="本月是否已走访")
    done_on: date | None = Field(description="本月走访日期;未走访的为空")
    done_by: list[UUID] = Field(description="本月走访人员编号")
    priority: int = Field(description="优先级,各原因分值之和")
    reasons: list[PriorityReason] = Field(description="优先级的原因")
    proposed: date | None = Field(description="建议日期;没有的为空")
    notes: list[str] = Field(description="提示")
    needs: list[str] = Field(description="服务需求")
    modes: list[str] = Field(description="企业偏好的走访方式,中文名称")
    hours: str = Field(description="企业偏好的时段")
    quiet_until: date | None = Field(description="企业要求免打扰至哪天;没有的为空")
    last_visit: LatestVisit | None = Field(description="上次走访;从未走访的为空")


class UncoveredEnterprise(PlannedEnterprise):
    """An enterprise that was not visited yet."""

    worker: str | None = Field(description="网格员账号;未落实的为空")


class PlanHead(Answer):
    """The month as seen from today."""

    month: MonthText
    today: date = Field(description="今天")
    due: date = Field(description="报送截止日(27 日)")
    after_due: bool = Field(description="是否已过截止日")
    workdays: list[date] = Field(description="余下的工作日:截止日以前的,已过的为月末以前的")
    calendar: str = Field(description="工作日历的版本")
    provisional: bool = Field(description="该年放假安排是否尚未公布")


class WorkerPlan(PlanHead):
    """Of a worker: whom he answers for, in a sensible order; those done at the end."""

    worker: str = Field(description="网格员账号")
    member: MemberId
    done: int = Field(description="已走访,家")
    waiting: int = Field(description="待走访,家")
    forecast: Forecast | None = Field(description="按当前进度的推算;已过去的月份为空")
    items: list[PlannedEnterprise] = Field(description="各企业")
    next_cursor: str | None = Field(None, description="总为空:清单只有一页")
    total: int = Field(description="企业总数,家")


class Progress(Answer):
    """How many were visited of those somebody answers for."""

    total: int = Field(description="企业总数,家")
    done: int = Field(description="已走访,家")
    waiting: int = Field(description="待走访,家")
    needs: dict[str, int] = Field(description="服务需求及其家数,最多的二十项")


class WorkerProgress(Progress):
    """Of one worker of a unit."""

    worker: str | None = Field(description="网格员账号;未落实的为空")
    member: UUID | None = Field(description="网格员的人员编号;未落实的为空")
    note: str | None = Field(description="说明;已落实的为空")


class UnitPlan(PlanHead, Progress):
    """Of a unit: the sum over its workers, by account and not by how much was done: nobody is ranked by activity
    (国办函〔2026〕12号).
    """

    unit: UnitCode
    name: str = Field(description="单位名称")
    workers: list[WorkerProgress] = Field(description="各网格员,依账号排列")
    forecast: Forecast | None = Field(description="按当前进度的推算;已过去的月份为空")


class Plan(RootModel[WorkerPlan | UnitPlan]):
    """Of a worker, or of a unit where one is named."""


class UnitForecast(Forecast):
    """The forecast of a unit; the filed figure is reporting's."""

    unit: UnitCode
    name: str = Field(description="单位名称")
    line: Line | None = Field(description="网格线;两条线以外的为空")
    month: MonthText
    today: date = Field(description="今天")
    due: date = Field(description="报送截止日(27 日)")


class Uncovered(Page[UncoveredEnterprise]):
    """As of this minute. The list as of another instant is reporting's."""

    unit: UnitCode
    name: str = Field(description="单位名称")
    month: MonthText
    at: datetime = Field(description="清单生成的时间")


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
    last = None
    if row["last_on"] is not None:
        asked = tuple(Category(item).label for item in orjson.loads(row["asked_for"]))
        last = Last(row["last_on"], row["last_unit"] or "", Operation(row["operation"]), row["difficulties"], asked)
    uncounted = "" if row["open_review"] is None else _UNCOUNTED.get(row["open_review"], "待补证")
    if row["disputed"]:
        uncounted = "企业反映无人来访"
    return Prospect(
        row["enterprise"],
        row["code"],
        row["name"],
        Line(row["line"]),
        row["unit"],
        row["worker"],
        row["since"],
        tuple(orjson.loads(row["tags"])),
        tuple(Mode(mode).label for mode in orjson.loads(row["modes"])),
        row["hours"],
        row["quiet_until"],
        last,
        row["done_on"],
        tuple(row["done_by"] or ()),
        uncounted,
        row["attempts"],
        row["lost_on"],
        row["other_on"],
    )


def _owing(found: Sequence[Prospect], at: Horizon) -> tuple[int, int]:
    """Covered by the 27th and owing: new entries that nobody visited yet are left out (kpi §2)."""
    due = at.month.due_day()
    grace = at.calendar.workdays_back(due, NEW_WORKDAYS)
    covered = sum(item.done_on is not None and item.done_on <= due for item in found)
    owing = sum(item.since < grace or item.done_on is not None for item in found)
    return covered, owing


def _forecast(found: Sequence[Prospect], at: Horizon) -> Forecast | None:
    """Of a month that is over nothing is to be foreseen: its figure is reporting's, from the roster of that day."""
    if at.over:
        return None
    told = forecast(*_owing(found, at), at)
    return Forecast(
        n=told.covered,
        d=told.owing,
        pct=told.pct,
        expected_n=told.expected,
        expected_pct=told.expected_pct,
        workdays_elapsed=told.elapsed,
        workdays_left=told.left,
        needed_per_workday=told.needed_per_day,
        sentence=told.sentence,
        assumptions=list(told.assumptions),
    )


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


async def _accounts(service: Service, members: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """The accounts of these members; names are the roster's."""
    rows = await service.pool.fetch("select id, account from known_member where id = any($1)", [id_ for id_ in members if id_])
    return {row["id"]: row["account"] for row in rows}


def _item(planned: Planned) -> dict[str, Any]:
    who, last = planned.prospect, planned.prospect.last
    return {
        "enterprise": who.enterprise,
        "code": who.code,
        "name": who.name,
        "line": who.line,
        "done": who.done_on is not None,
        "done_on": who.done_on,
        "done_by": who.done_by,
        "priority": planned.priority,
        "reasons": [PriorityReason(points=reason.points, words=reason.words) for reason in planned.reasons],
        "proposed": planned.proposed,
        "notes": planned.notes,
        "needs": planned.needs,
        "modes": who.modes,
        "hours": who.hours,
        "quiet_until": who.quiet_until,
        "last_visit": LatestVisit(on=last.on, unit=last.by_unit) if last else None,
    }


def _head(at: Horizon) -> dict[str, Any]:
    return {
        "month": str(at.month),
        "today": at.today,
        "due": at.month.due_day(),
        "after_due": at.late,
        "workdays": at.left,
        "calendar": at.calendar.version,
        "provisional": at.calendar.is_provisional(at.month.first_day),
    }


async def planned(service: Service, caller: Actor, month: str | None, worker: str | None, unit: str | None) -> Plan:
    """Nobody named means the caller himself."""
    at = await _horizon(service, month)
    if unit is not None and worker is not None:
        raise Malformed(errors=[{"pointer": "/query/unit", "code": "both", "title": "账号与单位只能填一个"}])
    if unit is not None:
        return Plan(await _of_unit(service, at, unit, caller))
    return Plan(await _of_worker(service, at, worker or caller.account, caller))


async def _of_worker(service: Service, at: Horizon, account: str, caller: Actor) -> WorkerPlan:
    member = await _worker(service, account, caller, at.today)
    found = await prospects(service, at, worker=member)
    items = [PlannedEnterprise(**_item(one)) for one in plan(found, at)]
    done = sum(item.done for item in items)
    return WorkerPlan(
        **_head(at),
        worker=account,
        member=member,
        done=done,
        waiting=len(items) - done,
        forecast=_forecast(found, at),
        items=items,
        total=len(items),
    )


async def _of_unit(service: Service, at: Horizon, unit: str, caller: Actor) -> UnitPlan:
    may_see(caller, unit)
    known = await Directory(service.pool).unit(unit, at.on)
    found = await prospects(service, at, unit=unit)
    by_worker: dict[UUID | None, list[Prospect]] = {}
    for prospect in found:
        by_worker.setdefault(prospect.worker, []).append(prospect)
    accounts = await _accounts(service, by_worker)
    workers = [
        WorkerProgress(**_sum(mine), worker=accounts.get(member), member=member, note=None if member else "未落实到网格员")
        for member, mine in sorted(by_worker.items(), key=lambda item: (item[0] is None, accounts.get(item[0], "")))
    ]
    return UnitPlan(**_head(at), **_sum(found), unit=unit, name=known.name, workers=workers, forecast=_forecast(found, at))


def _sum(found: Sequence[Prospect]) -> dict[str, Any]:
    done = sum(prospect.done_on is not None for prospect in found)
    tags: dict[str, int] = {}
    for need in (need for prospect in found for need in needs(prospect)):
        tags[need] = tags.get(need, 0) + 1
    most = sorted(tags.items(), key=lambda item: (-item[1], item[0]))[:20]
    return {"total": len(found), "done": done, "waiting": len(found) - done, "needs": dict(most)}


async def foreseen(service: Service, caller: Actor, unit: str, month: str | None) -> UnitForecast:
    """Numerator, denominator, pace and assumptions with the figure."""
    at, known = await _seen(service, caller, unit, month)
    found = _forecast(await prospects(service, at, unit=unit), at)
    if found is None:
        title = "该月已结束,请查看覆盖率或台账"
        raise Malformed(errors=[{"pointer": "/query/month", "code": "month-is-over", "title": title}])
    return UnitForecast(
        **dict(found), unit=unit, name=known.name, line=known.line, month=str(at.month), today=at.today, due=at.month.due_day()
    )


async def _seen(service: Service, caller: Actor, unit: str, month: str | None) -> tuple[Horizon, KnownUnit]:
    may_see(caller, unit)
    at = await _horizon(service, month)
    return at, await Directory(service.pool).unit(unit, at.on)


async def uncovered(service: Service, caller: Actor, unit: str, month: str | None) -> Uncovered:
    """Whom nobody visited yet, with reasons and proposed days."""
    at, known = await _seen(service, caller, unit, month)
    found = await prospects(service, at, unit=unit)
    accounts = await _accounts(service, {prospect.worker for prospect in found})
    items = [
        UncoveredEnterprise(**_item(one), worker=accounts.get(one.prospect.worker))
        for one in plan(found, at)
        if one.prospect.done_on is None
    ]
    return Uncovered.whole(items, unit=unit, name=known.name, month=str(at.month), at=service.clock())
