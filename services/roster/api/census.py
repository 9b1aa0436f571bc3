"""Census campaigns (摸底): opened, entered enterprise by enterprise, told by unit, branch and village (R27, R28, R41)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from services.roster.domain.census import CENSUS, CensusAlreadyOpened, CloseCensus, KnownCensus, OpenCensus, State
from services.roster.domain.enterprise.commands import SurveyEnterprise
from services.roster.domain.enterprise.decide import ENTERPRISE
from services.roster.queries import census as asked
from services.roster.queries.census import (
    Census,
    CensusProgress,
    CensusReceipt,
    CensusRow,
    DifferencePage,
    SurveyedPage,
    SurveyReceipt,
    UnvisitedPage,
)
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Expected, Limit, receipt
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.problems import KeyReused
from shared.language.reach import figures_of
from shared.language.terms import Line, SurveyResult, derived_id
from shared.log.handle import Done

router = APIRouter(tags=["摸底"], route_class=Entrance)

CensusId = Annotated[UUID, Path(description="摸底编号(UUIDv7,由客户端生成)")]
EnterpriseId = Annotated[UUID, Path(description="企业编号")]
SubUnit = Annotated[str | None, Query(max_length=20, pattern=r"^[0-9A-Za-z-]*$", description="分支机构或村(社区)编码")]
UnitQuery = Annotated[str | None, Query(max_length=20, pattern=r"^[0-9A-Za-z-]*$", description="单位编码")]


async def _answer(service: Service, id_: UUID, done: Done[State], caller: Actor, response: Response) -> CensusReceipt:
    shown = await service.shown(CENSUS, id_, done, lambda then: asked.census(then, id_, caller))
    return CensusReceipt.of(receipt(service, response, done), shown)


@router.put("/censuses/{id_}", name="open_census", summary="开展摸底", status_code=201)
async def open_census(id_: CensusId, command: OpenCensus, caller: Caller, request: Request, response: Response) -> CensusReceipt:
    service: Service = request.app.state.service
    context = await service.context(caller, id_, await asked.named(service, command.unit))
    try:
        done = await service.desk.handle(CENSUS, id_, command, context, command_id=derived_id("roster", "open-census", str(id_)))
    except KeyReused:
        raise CensusAlreadyOpened(census=str(id_)) from None
    response.status_code = 200 if done.replayed else 201
    return await _answer(service, id_, done, caller, response)


@router.post("/censuses/{id_}/close", name="close_census", summary="结束摸底")
async def close(
    id_: CensusId,
    command: CloseCensus,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> CensusReceipt:
    service: Service = request.app.state.service
    context = await service.context(caller, id_, KnownCensus())
    done = await service.desk.handle(CENSUS, id_, command, context, command_id=command_id, expected=expected)
    return await _answer(service, id_, done, caller, response)


@router.post("/enterprises/{id_}/survey", name="survey_enterprise", summary="登记一户企业的摸底结果")
async def survey(
    id_: EnterpriseId,
    command: SurveyEnterprise,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> SurveyReceipt:
    """By workers and informants of the unit, branch or village that answers; a later result of the same census replaces it."""
    service: Service = request.app.state.service
    context = await service.context(caller, id_, await asked.surveyed(service, command.census, command.of))
    done = await service.desk.handle(ENTERPRISE, id_, command, context, command_id=command_id, expected=expected)
    return SurveyReceipt.of(receipt(service, response, done), id=id_, result=command.result)


@router.get("/censuses", name="list_censuses", summary="摸底列表")
async def censuses(
    caller: Caller, request: Request, line: Line | None = None, cursor: Cursor = None, limit: Limit = 100
) -> Page[CensusRow]:
    return await asked.censuses(request.app.state.service, caller, line, cursor, limit)


@router.get("/censuses/{id_}", name="get_census", summary="摸底详情")
async def get(id_: CensusId, caller: Caller, request: Request, response: Response) -> Census:
    answer = await asked.census(request.app.state.service, id_, caller)
    response.headers["ETag"] = f'"{answer.version}"'
    return answer


@router.get("/censuses/{id_}/progress", name="get_census_progress", summary="摸底进度(按单位、分支机构、村(社区))")
async def progress(id_: CensusId, caller: Caller, request: Request, unit: UnitQuery = None) -> CensusProgress:
    """How many are to be looked at and how many were, by result; for each unit, and under it each branch or village."""
    return await asked.progress(request.app.state.service, id_, caller, figures_of(caller, unit))


@router.get("/censuses/{id_}/unvisited", name="list_census_unvisited", summary="摸底未完成企业清单")
async def unvisited(
    id_: CensusId,
    caller: Caller,
    request: Request,
    unit: UnitQuery = None,
    sub_unit: SubUnit = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> UnvisitedPage:
    """Those without a result, with their address: the list to go by."""
    return await asked.unvisited(request.app.state.service, id_, caller, unit, sub_unit, cursor, limit)


@router.get("/censuses/{id_}/results", name="list_census_results", summary="摸底结果清单")
async def results(
    id_: CensusId,
    caller: Caller,
    request: Request,
    result: SurveyResult | None = None,
    unit: UnitQuery = None,
    sub_unit: SubUnit = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> SurveyedPage:
    return await asked.results(request.app.state.service, id_, caller, result, unit, sub_unit, cursor, limit)


@router.get("/censuses/{id_}/differences", name="list_census_differences", summary="摸底结果与市监登记数据的差异")
async def differences(
    id_: CensusId,
    caller: Caller,
    request: Request,
    unit: UnitQuery = None,
    sub_unit: SubUnit = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> DifferencePage:
    """What the census says against the register: lost, absent or double though it survives there; met though it left there; or
    particulars that somebody corrected.
    """
    return await asked.differences(request.app.state.service, id_, caller, unit, sub_unit, cursor, limit)
