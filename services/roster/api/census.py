"""Census campaigns (摸底): opened, entered enterprise by enterprise, told by unit, branch and village (R27, R28, R41)."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from services.roster.api import dated, lookups
from services.roster.api.reading import reach
from services.roster.domain.access import business
from services.roster.domain.census import CENSUS, CensusAlreadyOpened, CloseCensus, KnownCensus, OpenCensus
from services.roster.domain.commands import SurveyEnterprise
from services.roster.domain.enterprise import ENTERPRISE, KnownSurvey
from shared.asking import Caller, CommandId, Cursor, Expected, Limit, listing, receipt
from shared.decider import Actor
from shared.entrance import Entrance
from shared.months import local_date
from shared.percent import percentage
from shared.problems import KeyReused, Unknown
from shared.reach import figures_of, sees_district, unit_of
from shared.service import Service
from shared.terms import Line, Role, Standing, SurveyResult, derived_id

router = APIRouter(tags=["摸底"], route_class=Entrance)

CensusId = Annotated[UUID, Path(description="摸底编号(UUIDv7,由客户端生成)")]
EnterpriseId = Annotated[UUID, Path(description="企业编号")]
SubUnit = Annotated[str | None, Query(max_length=20, pattern=r"^[0-9A-Za-z-]*$", description="分支机构或村(社区)编码")]
UnitQuery = Annotated[str | None, Query(max_length=20, pattern=r"^[0-9A-Za-z-]*$", description="单位编码")]

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


@router.put("/censuses/{id_}", name="open_census", summary="开展摸底", status_code=201)
async def open_census(id_: CensusId, command: OpenCensus, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    service: Service = request.app.state.service
    lines = await lookups.lines(service.pool, [command.unit])
    context = await service.context(caller, id_, KnownCensus(lines.get(command.unit) if command.unit else None))
    try:
        done = await service.desk.handle(CENSUS, id_, command, context, command_id=derived_id("roster", "open-census", str(id_)))
    except KeyReused:
        raise CensusAlreadyOpened(census=str(id_)) from None
    response.status_code = 200 if done.replayed else 201
    return {**await service.shown(CENSUS, id_, done, lambda then: _census(then, id_, caller)), **receipt(service, response, done)}


@router.post("/censuses/{id_}/close", name="close_census", summary="结束摸底")
async def close(
    id_: CensusId, command: CloseCensus, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    service: Service = request.app.state.service
    context = await service.context(caller, id_, KnownCensus())
    done = await service.desk.handle(CENSUS, id_, command, context, command_id=command_id, expected=expected)
    return {**await service.shown(CENSUS, id_, done, lambda then: _census(then, id_, caller)), **receipt(service, response, done)}


@router.post("/enterprises/{id_}/survey", name="survey_enterprise", summary="登记一户企业的摸底结果")
async def survey(
    id_: EnterpriseId, command: SurveyEnterprise, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    """By workers and informants of the unit, branch or village that answers; a later result of the same census replaces it."""
    service: Service = request.app.state.service
    row = await _row(service, command.census)
    if command.of and not await service.pool.fetchval("select true from enterprise where id = $1", command.of):
        raise Unknown(what="enterprise", id=str(command.of))
    known = KnownSurvey(Line(row["line"]), row["unit"], row["since"], row["until"], row["closed_on"] is not None)
    context = await service.context(caller, id_, known)
    done = await service.desk.handle(ENTERPRISE, id_, command, context, command_id=command_id, expected=expected)
    return {**receipt(service, response, done), "id": id_, "result": command.result, "result_label": command.result.label}


@router.get("/censuses", name="list_censuses", summary="摸底列表")
async def censuses(
    caller: Caller, request: Request, line: Line | None = None, cursor: Cursor = None, limit: Limit = 100
) -> dict[str, Any]:
    service: Service = request.app.state.service
    business(caller)
    where: list[str] = []
    args: list[Any] = []
    if not sees_district(caller):
        args.append(caller.unit)
        where.append("(unit is null or unit = $1)")
    if line:
        args.append(str(line))
        where.append(f"line = ${len(args)}")
    return await listing(
        service.pool, table="census", columns="id, ver as version, title, line, unit, since, until, document, closed_on, note",
        where=where, args=args, order=["since", "id"], cursor=cursor, limit=limit,
    )  # fmt: skip


@router.get("/censuses/{id_}", name="get_census", summary="摸底详情")
async def get(id_: CensusId, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    answer = await _census(request.app.state.service, id_, caller)
    response.headers["ETag"] = f'"{answer["version"]}"'
    return answer


@router.get("/censuses/{id_}/progress", name="get_census_progress", summary="摸底进度(按单位、分支机构、村(社区))")
async def progress(id_: CensusId, caller: Caller, request: Request, unit: UnitQuery = None) -> dict[str, Any]:
    """How many are to be looked at and how many were, by result; for each unit, and under it each branch or village."""
    service: Service = request.app.state.service
    args = await _asked(service, id_, caller, figures_of(caller, unit), None)
    rows = await service.pool.fetch(
        f"select t.unit, t.sub_unit, u.name as unit_name, s.name as sub_unit_name, t.result, count(*) as n from {_TARGETS} "
        f"join {dated.units('$2')} u on u.code = t.unit left join {dated.units('$2')} s on s.code = t.sub_unit "
        "group by 1, 2, 3, 4, 5 order by 1, 2 nulls first",
        *args,
    )  # fmt: skip
    cells: dict[tuple[str, str | None], dict[str, Any]] = {}
    for row in rows:
        names = {
            "unit": row["unit"],
            "unit_name": row["unit_name"],
            "sub_unit": row["sub_unit"],
            "sub_unit_name": row["sub_unit_name"],
        }
        whole = {**names, "sub_unit": None, "sub_unit_name": None, "whole": True}
        for key, made in (((row["unit"], ""), whole), ((row["unit"], row["sub_unit"] or "-"), {**names, "whole": False})):
            cell = cells.setdefault(key, {**made, "targets": 0, "done": 0, "results": {str(item): 0 for item in SurveyResult}})
            cell["targets"] += row["n"]
            if row["result"]:
                cell["done"] += row["n"]
                cell["results"][row["result"]] += row["n"]
    items: list[dict[str, Any]] = [
        {**cell, "pct": percentage(cell["done"], cell["targets"])} for _, cell in sorted(cells.items())
    ]
    units = [item for item in items if item["whole"]]
    targets, done = sum(item["targets"] for item in units), sum(item["done"] for item in units)
    return {
        "census": id_, "on": args[1], "targets": targets, "done": done, "pct": percentage(done, targets),
        "units": [
            {**{k: v for k, v in item.items() if k not in ("whole", "sub_unit", "sub_unit_name")},
             "parts": [{k: v for k, v in part.items() if k != "whole"} for part in items
                       if not part["whole"] and part["unit"] == item["unit"]]}
            for item in units
        ],
    }  # fmt: skip


@router.get("/censuses/{id_}/unvisited", name="list_census_unvisited", summary="摸底未完成企业清单")
async def unvisited(
    id_: CensusId, caller: Caller, request: Request, unit: UnitQuery = None, sub_unit: SubUnit = None, cursor: Cursor = None,
    limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """Those without a result, with their address: the list to go by."""
    return await _listed(
        request, id_, caller, unit, sub_unit, ["result is null"],
        "enterprise as id, code, name, address, unit, sub_unit, worker", cursor, limit,
    )  # fmt: skip


@router.get("/censuses/{id_}/results", name="list_census_results", summary="摸底结果清单")
async def results(
    id_: CensusId, caller: Caller, request: Request, result: SurveyResult | None = None, unit: UnitQuery = None,
    sub_unit: SubUnit = None, cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    where = [f"result = '{result}'" if result else "result is not null"]
    columns = "enterprise as id, code, name, address, unit, sub_unit, result, note, of, member, on_date"
    return await _listed(request, id_, caller, unit, sub_unit, where, columns, cursor, limit)


@router.get("/censuses/{id_}/differences", name="list_census_differences", summary="摸底结果与市监登记数据的差异")
async def differences(
    id_: CensusId, caller: Caller, request: Request, unit: UnitQuery = None, sub_unit: SubUnit = None, cursor: Cursor = None,
    limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """What the census says against the register: lost, absent or double though it survives there; met though it left there; or
    particulars that somebody corrected.
    """
    survives = ", ".join(f"'{item}'" for item in Standing if item.survives)
    there = f"standing in ({survives})"
    where = [f"(result in ('lost', 'absent', 'duplicate') and {there} or result = 'corrected' "
             f"or result = 'verified' and not {there})"]  # fmt: skip
    columns = (
        "enterprise as id, code, name, standing, standing_on, unit, sub_unit, result, note, of, on_date, "
        "(select count(*) from correction k where k.enterprise = t.enterprise and k.stage <> 'rejected') as corrections"
    )
    page = await _listed(request, id_, caller, unit, sub_unit, where, columns, cursor, limit)
    for item in page["items"]:
        item["standing_label"] = Standing(item["standing"]).label
    return page


async def _listed(
    request: Request, id_: UUID, caller: Actor, unit: str | None, sub_unit: str | None, where: list[str], columns: str,
    cursor: str | None, limit: int,
) -> dict[str, Any]:  # fmt: skip
    service: Service = request.app.state.service
    args = await _asked(service, id_, caller, unit, sub_unit)
    (await reach(service, caller)).narrowed(where, args, unit="unit = {}")
    page = await listing(
        service.pool, table=_TARGETS, columns=columns, where=where, args=args, order=["code"], cursor=cursor, limit=limit
    )
    for item in page["items"]:
        if item.get("result"):
            item["result_label"] = SurveyResult(item["result"]).label
    return {"census": id_, **page}


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


async def _census(service: Service, id_: UUID, caller: Actor) -> dict[str, Any]:
    business(caller)
    row = await _row(service, id_)
    may = caller.holds(Role.OFFICE, Role.OFFICE_HEAD, Role.SYSTEM) or (
        row["unit"] == caller.unit and caller.holds(Role.HEAD, Role.DEPUTY)
    )
    return {
        **{name: value for name, value in row.items() if name != "ver"}, "version": row["ver"], "line_label": Line(row["line"]).label,
        "allowed_actions": ["close"] if may and row["closed_on"] is None else [],
    }  # fmt: skip
