"""Units, the calendar and the table of industries."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request, Response

from services.roster.api import lookups
from services.roster.domain.calendar import CALENDAR, MAPPING, MapIndustries, PublishYear
from services.roster.domain.unit import UNIT, EndUnit, EstablishUnit, RenameUnit
from shared.months import Calendar, local_date
from shared.problems import Malformed, Unknown
from shared.service import Caller, CommandId, Cursor, Expected, Limit, Service, listing, receipt
from shared.terms import UnitKind, derived_id

router = APIRouter(tags=["单位与日历"])

UnitCode = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,20}$", description="单位编码")]
YearNumber = Annotated[int, Path(ge=2000, le=2100)]


@router.put("/units/{code}", name="establish_unit", summary="设立单位", status_code=201)
async def establish(
    code: UnitCode, command: EstablishUnit, caller: Caller, request: Request, response: Response
) -> dict[str, Any]:
    service: Service = request.app.state.service
    parent = await lookups.unit_kind(service.pool, command.parent)
    context = await service.context(caller, code, code=code, parent=parent)
    done = await service.desk.handle(UNIT, code, command, context, command_id=derived_id("roster", "establish", code))
    response.status_code = 200 if done.replayed else 201
    return {**receipt(service, response, done), **await _unit(service, code)}


@router.post("/units/{code}/rename", name="rename_unit", summary="单位更名")
async def rename(
    code: UnitCode,
    command: RenameUnit,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    return await _change(code, command, caller, command_id, expected, request, response)


@router.post("/units/{code}/end", name="end_unit", summary="单位撤销")
async def end(
    code: UnitCode,
    command: EndUnit,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    return await _change(code, command, caller, command_id, expected, request, response)


async def _change(
    code: str,
    command: RenameUnit | EndUnit,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    service: Service = request.app.state.service
    context = await service.context(caller, code, code=code)
    done = await service.desk.handle(UNIT, code, command, context, command_id=command_id, expected=expected)
    return {**receipt(service, response, done), **await _unit(service, code)}


@router.get("/units", name="list_units", summary="单位列表")
async def units(
    _caller: Caller, request: Request, kind: UnitKind | None = None, parent: str | None = Query(None, max_length=20),
    on: date | None = None, cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """Units of a kind, or under a parent, standing on a day (today when none is named)."""
    service: Service = request.app.state.service
    day = on or local_date(service.clock())
    where = ["since <= $1", "(ended is null or ended > $1)"]
    args: list[Any] = [day]
    for column, value in (("kind", kind), ("parent", parent)):
        if value is not None:
            args.append(str(value))
            where.append(f"{column} = ${len(args)}")
    return await listing(
        service.pool, table="unit", columns="code, name, kind, parent, line, since, ended", where=where, args=args,
        order=["code"], cursor=cursor, limit=limit,
    )  # fmt: skip


@router.get("/units/{code}", name="get_unit", summary="单位")
async def get_unit(code: UnitCode, _caller: Caller, request: Request) -> dict[str, Any]:
    return await _unit(request.app.state.service, code)


async def _unit(service: Service, code: str) -> dict[str, Any]:
    row = await service.pool.fetchrow(
        "select code, name, kind, parent, line, since, ended, ver as version from unit where code = $1", code
    )
    if row is None:
        raise Unknown(what="unit", id=code)
    return dict(row)


@router.put("/calendar/{year}", name="publish_year", summary="发布年度工作日历")
async def publish(
    year: YearNumber, command: PublishYear, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    service: Service = request.app.state.service
    context = await service.context(caller, str(year), year=year)
    done = await service.desk.handle(CALENDAR, str(year), command, context, command_id=command_id)
    return {**receipt(service, response, done), "year": year, "days": len(command.days)}


@router.get("/calendar/{year}", name="get_year", summary="年度工作日历")
async def year_of(year: YearNumber, _caller: Caller, request: Request) -> dict[str, Any]:
    """The official list of the year; ``provisional`` when none is published and Monday to Friday count."""
    service: Service = request.app.state.service
    row = await service.pool.fetchrow("select year, version, days, source from calendar_year where year = $1", year)
    if row is None:
        return {"year": year, "version": 0, "days": [], "source": "", "provisional": True}
    return {**dict(row), "days": orjson.loads(row["days"]), "provisional": False}


@router.get("/calendar/{year}/workdays", name="count_workdays", summary="推算工作日")
async def workdays(
    year: YearNumber, _caller: Caller, request: Request, start: date, workdays: Annotated[int, Query(ge=0, le=400)]
) -> dict[str, Any]:
    """The day so many working days after ``start``, with its derivation in words."""
    if start.year != year:
        raise Malformed(errors=[{"pointer": "/query/start", "code": "year", "title": "日期不属于该年度"}])
    calendar: Calendar = await request.app.state.service.calendar()
    on = calendar.add_workdays(start, workdays)
    return {
        "on": on, "derivation": calendar.explain(start, workdays), "calendar": calendar.version,
        "provisional": calendar.is_provisional(start) or calendar.is_provisional(on),
        "last_workday_on_or_before": calendar.last_workday_on_or_before(start),
    }  # fmt: skip


@router.put("/mapping/industries", name="map_industries", summary="发布行业归口对照表")
async def map_industries(
    command: MapIndustries, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    service: Service = request.app.state.service
    lines = await lookups.lines(service.pool, command.entries.values())
    context = await service.context(caller, "industries", lines=lines)
    done = await service.desk.handle(MAPPING, "industries", command, context, command_id=command_id)
    return {**receipt(service, response, done), "entries": len(command.entries)}


@router.get("/mapping/industries", name="get_industries", summary="行业归口对照表")
async def industries(_caller: Caller, request: Request) -> dict[str, Any]:
    service: Service = request.app.state.service
    row = await service.pool.fetchrow("select ver as version, entries, since from mapping where name = 'industries'")
    return (
        {"version": row["version"], "entries": orjson.loads(row["entries"]), "since": row["since"]}
        if row
        else {"version": 0, "entries": {}}
    )
