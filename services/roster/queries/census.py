"""A census: how far it is by unit, branch and village, who is left, what was found, and what of it the register says otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from services.roster.domain.access import business
from services.roster.domain.census import KnownCensus
from services.roster.domain.enterprise.decide import KnownSurvey
from services.roster.queries import dated, lookups
from services.roster.queries.reading import reach
from shared.http.answer import Answer, Page, Receipt, label_of
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.percent import percentage
from shared.language.problems import Unknown
from shared.language.reach import OFFICE, sees_district, unit_of
from shared.language.terms import Line, Role, Standing, SurveyResult

_TARGETS = f"""(
select e.id as enterprise, e.code, e.name, e.address, e.standing, e.standing_on, a.unit, a.sub_unit, a.worker,
    s.result, s.note, s.of, s.member, s.on_date
from census c
join assignment a on a.line = c.line and (c.unit is null or a.unit = c.unit) and a.since <= $2 and (a.until is null or a.until > $2)
join {dated.register("$2")} e on e.id = a.enterprise
left join survey s on s.enterprise = e.id and s.census = c.id
where c.id = $1 and ($3::text is null or a.unit = $3) and ($4::text is null or a.sub_unit = $4)
    and (s.result is not null or exists (select from scope p where p.enterprise = e.id and p.since <= $2
        and (p.until is null or p.until > $2)))
) t"""
"""Whom the census is about: in scope and answered for on its line on the day; and whoever has a result."""


class CensusRow(Answer):
    """A census in a list."""

    id: UUID = Field(description="摸底编号")
    version: int = Field(description="版本号,同 ETag")
    title: str = Field(description="名称")
    line: Line = Field(description="网格线")
    unit: str | None = Field(description="单位编码;整条网格线的为空")
    since: date = Field(description="起始日期")
    until: date = Field(description="截止日期(含当日)")
    document: str = Field(description="依据文号")
    closed_on: date | None = Field(description="结束日期;尚未结束的为空")
    note: str = Field(description="结束时的说明;尚未结束的为空文本")


class Census(CensusRow):
    """A census."""

    line_label: str = label_of("line")
    allowed_actions: list[str] = Field(description="当前用户可办理的事项:close(结束)")


class CensusReceipt(Receipt, Census):
    """A command, and the census after it."""


class SurveyReceipt(Receipt):
    """A result that was entered."""

    id: UUID = Field(description="企业编号")
    result: SurveyResult = Field(description="摸底结果")
    result_label: str = label_of("result")


class _Counted(Answer):
    """Of so many so many are done."""

    targets: int = Field(description="应摸底的企业,户")
    done: int = Field(description="已有结果的企业,户")
    pct: str | None = Field(description="完成率,百分比,两位小数;没有应摸底企业的为空")


class PartProgress(_Counted):
    """How far a branch or village is, or what of a unit stands under none."""

    unit: str = Field(description="单位编码")
    unit_name: str = Field(description="单位名称")
    sub_unit: str | None = Field(description="分支机构或村(社区)编码;未划到下级的为空")
    sub_unit_name: str | None = Field(description="分支机构或村(社区)名称;未划到下级的为空")
    results: dict[str, int] = Field(description="按结果分的户数")


class UnitProgress(_Counted):
    """How far a unit is."""

    unit: str = Field(description="单位编码")
    unit_name: str = Field(description="单位名称")
    results: dict[str, int] = Field(description="按结果分的户数")
    parts: list[PartProgress] = Field(description="其中各分支机构、村(社区)")


class CensusProgress(_Counted):
    """How far a census is."""

    census: UUID = Field(description="摸底编号")
    on: date = Field(description="按哪一天计算")
    units: list[UnitProgress] = Field(description="各单位")


class _Target(Answer):
    """An enterprise of a census."""

    id: UUID = Field(description="企业编号")
    code: str = Field(description="统一社会信用代码")
    name: str = Field(description="企业名称")
    unit: str = Field(description="负责单位编码")
    sub_unit: str | None = Field(description="分支机构或村(社区)编码;没有的为空")


class _Found(_Target):
    """What was found of it."""

    result: SurveyResult = Field(description="摸底结果")
    result_label: str = label_of("result")
    note: str = Field(description="说明")
    of: UUID | None = Field(description="与哪一户企业重复(企业编号);不是重复的为空")
    on_date: date = Field(description="登记结果的日期")


class Unvisited(_Target):
    """One without a result."""

    address: str = Field(description="登记地址")
    worker: UUID | None = Field(description="网格员的人员编号;未落实的为空")


class Surveyed(_Found):
    """One with a result."""

    address: str = Field(description="登记地址")
    member: UUID = Field(description="登记人的人员编号")


class Difference(_Found):
    """One of which the census says other than the register."""

    standing: Standing = Field(description="登记状态")
    standing_label: str = label_of("standing")
    standing_on: date | None = Field(description="登记状态自哪一天起;不明的为空")
    corrections: int = Field(description="未被退回的更正申请,件")


class UnvisitedPage(Page[Unvisited]):
    """Those left of a census."""

    census: UUID = Field(description="摸底编号")


class SurveyedPage(Page[Surveyed]):
    """The results of a census."""

    census: UUID = Field(description="摸底编号")


class DifferencePage(Page[Difference]):
    """What of a census differs from the register."""

    census: UUID = Field(description="摸底编号")


async def named(service: Service, unit: str | None) -> KnownCensus:
    """What the unit that is named is."""
    return KnownCensus((await lookups.lines(service.pool, [unit])).get(unit) if unit else None)


async def surveyed(service: Service, id_: UUID, of: UUID | None) -> KnownSurvey:
    """The census of which a result is told; the enterprise that is repeated must be there."""
    row = await _row(service, id_)
    if of and not await service.pool.fetchval("select true from enterprise where id = $1", of):
        raise Unknown(what="enterprise", id=str(of))
    return KnownSurvey(Line(row["line"]), row["unit"], row["since"], row["until"], row["closed_on"] is not None)


async def censuses(service: Service, caller: Actor, line: Line | None, cursor: str | None, limit: int) -> Page[CensusRow]:
    """The caller's unit's, and those of a whole line."""
    business(caller)
    where: list[str] = []
    args: list[Any] = []
    if not sees_district(caller):
        args.append(caller.unit)
        where.append("(unit is null or unit = $1)")
    if line:
        args.append(str(line))
        where.append(f"line = ${len(args)}")
    page = await listing(
        service.pool,
        table="census",
        columns="id, ver as version, title, line, unit, since, until, document, closed_on, note",
        where=where,
        args=args,
        order=["since", "id"],
        cursor=cursor,
        limit=limit,
    )
    return Page[CensusRow].of(page, (CensusRow(**item) for item in page["items"]))


async def census(service: Service, id_: UUID, caller: Actor) -> Census:
    """One, and what the caller may do with it."""
    business(caller)
    row = await _row(service, id_)
    may = caller.holds(*OFFICE, Role.SYSTEM) or (row["unit"] == caller.unit and caller.holds(Role.HEAD, Role.DEPUTY))
    told = {name: value for name, value in row.items() if name != "ver"}
    return Census(**told, version=row["ver"], allowed_actions=["close"] if may and row["closed_on"] is None else [])


async def progress(service: Service, id_: UUID, caller: Actor, unit: str | None) -> CensusProgress:
    """How many are to be looked at and how many were, by result; for each unit, and under it each branch or village."""
    args = await _asked(service, id_, caller, unit, None)
    rows = await service.pool.fetch(
        f"select t.unit, t.sub_unit, u.name as unit_name, s.name as sub_unit_name, t.result, count(*) as n from {_TARGETS} "
        f"join {dated.units('$2')} u on u.code = t.unit left join {dated.units('$2')} s on s.code = t.sub_unit "
        "group by 1, 2, 3, 4, 5 order by 1, 2 nulls first",
        *args,
    )
    parts: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        parts.setdefault((row["unit"], row["sub_unit"] or "-"), []).append(row)
    units: dict[str, list[Any]] = {}
    for row in rows:
        units.setdefault(row["unit"], []).append(row)
    told = [
        UnitProgress(
            unit=code,
            unit_name=mine[0]["unit_name"],
            **_counted(mine),
            parts=[_part(group) for (whose, _), group in sorted(parts.items()) if whose == code],
        )
        for code, mine in sorted(units.items())
    ]
    targets, done = sum(item.targets for item in told), sum(item.done for item in told)
    return CensusProgress(census=id_, on=args[1], targets=targets, done=done, pct=percentage(done, targets), units=told)


def _part(rows: Sequence[Any]) -> PartProgress:
    names = {name: rows[0][name] for name in ("unit", "unit_name", "sub_unit", "sub_unit_name")}
    return PartProgress(**names, **_counted(rows))


def _counted(rows: Sequence[Any]) -> dict[str, Any]:
    results = {str(item): sum(row["n"] for row in rows if row["result"] == item) for item in SurveyResult}
    targets, done = sum(row["n"] for row in rows), sum(results.values())
    return {"targets": targets, "done": done, "pct": percentage(done, targets), "results": results}


async def unvisited(
    service: Service, id_: UUID, caller: Actor, unit: str | None, sub_unit: str | None, cursor: str | None, limit: int
) -> UnvisitedPage:
    """Those without a result, with their address: the list to go by."""
    columns = "enterprise as id, code, name, address, unit, sub_unit, worker"
    page = await _listed(service, id_, caller, unit, sub_unit, ["result is null"], columns, cursor, limit)
    return UnvisitedPage.of(page, (Unvisited(**item) for item in page["items"]), census=id_)


async def results(
    service: Service,
    id_: UUID,
    caller: Actor,
    result: SurveyResult | None,
    unit: str | None,
    sub_unit: str | None,
    cursor: str | None,
    limit: int,
) -> SurveyedPage:
    """Those with a result, or with this one."""
    where = [f"result = '{result}'" if result else "result is not null"]
    columns = "enterprise as id, code, name, address, unit, sub_unit, result, note, of, member, on_date"
    page = await _listed(service, id_, caller, unit, sub_unit, where, columns, cursor, limit)
    return SurveyedPage.of(page, (Surveyed(**item) for item in page["items"]), census=id_)


async def differences(
    service: Service, id_: UUID, caller: Actor, unit: str | None, sub_unit: str | None, cursor: str | None, limit: int
) -> DifferencePage:
    """What the census says against the register: lost, absent or double though it survives there; met though it left there; or
    particulars that somebody corrected.
    """
    survives = ", ".join(f"'{item}'" for item in Standing if item.survives)
    there = f"standing in ({survives})"
    where = [
        f"(result in ('lost', 'absent', 'duplicate') and {there} or result = 'corrected' or result = 'verified' and not {there})"
    ]
    columns = (
        "enterprise as id, code, name, standing, standing_on, unit, sub_unit, result, note, of, on_date, "
        "(select count(*) from correction k where k.enterprise = t.enterprise and k.stage <> 'rejected') as corrections"
    )
    page = await _listed(service, id_, caller, unit, sub_unit, where, columns, cursor, limit)
    return DifferencePage.of(page, (Difference(**item) for item in page["items"]), census=id_)


async def _listed(
    service: Service,
    id_: UUID,
    caller: Actor,
    unit: str | None,
    sub_unit: str | None,
    where: list[str],
    columns: str,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    args = await _asked(service, id_, caller, unit, sub_unit)
    (await reach(service, caller)).narrowed(where, args, unit="unit = {}")
    return await listing(
        service.pool, table=_TARGETS, columns=columns, where=where, args=args, order=["code"], cursor=cursor, limit=limit
    )


async def _asked(service: Service, id_: UUID, caller: Actor, unit: str | None, sub_unit: str | None) -> list[Any]:
    """Census, day, unit and branch or village of a question; narrowed to what the caller may read."""
    row = await _row(service, id_)
    day = min(local_date(service.clock()), row["closed_on"] or row["until"], row["until"])
    return [id_, day, unit_of(caller, unit), sub_unit or None]


async def _row(service: Service, id_: UUID) -> Any:
    row = await service.pool.fetchrow("select * from census where id = $1", id_)
    if row is None:
        raise Unknown(what="census", id=str(id_))
    return row
