"""绿色通道 (R52): cases, days saved by unit and month, and the sheet."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from services.issues.api.saving import workbook
from services.issues.domain.green import GREEN, DropGreenCase, FinishGreenCase, KnownWindow, OpenGreenCase, State, Unopened
from services.issues.queries import green as asked
from services.issues.queries import lookups, opening
from services.issues.queries.green import GreenCase, GreenCaseReceipt, GreenCaseRow, GreenSums
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, ExpectedNeeded, Limit, receipt
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.problems import Unknown
from shared.language.terms import GreenStage, derived_id
from shared.log.handle import Done
from shared.paper.sheets import XLSX

router = APIRouter(tags=["绿色通道"], route_class=Entrance)

CaseId = Annotated[UUID, Path(description="绿色通道事项的标识(UUIDv7)")]
MonthQuery = Annotated[str | None, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="受理月份")]
UnitQuery = Annotated[str | None, Query(max_length=20, description="单位编码")]


@router.put("/green-cases/{id_}", name="open_green_case", summary="受理绿色通道事项", status_code=201)
async def open_(id_: CaseId, command: OpenGreenCase, caller: Caller, request: Request, response: Response) -> GreenCaseReceipt:
    service: Service = request.app.state.service
    unit = command.unit or caller.unit
    units = await lookups.units(service, [unit], local_date(service.clock()))
    known = KnownWindow(await opening.called(service, command.enterprise), unit, units)
    context = await service.context(caller, id_, known)
    done = await service.desk.handle(GREEN, id_, command, context, command_id=derived_id("issues", "open-green", str(id_)))
    response.status_code = 200 if done.replayed else 201
    return await _answer(service, id_, done, caller, response)


@router.post("/green-cases/{id_}/finish", name="finish_green_case", summary="办结绿色通道事项(计算节省工作日)")
async def finish(
    id_: CaseId,
    command: FinishGreenCase,
    caller: Caller,
    command_id: CommandId,
    expected: ExpectedNeeded,
    request: Request,
    response: Response,
) -> GreenCaseReceipt:
    service: Service = request.app.state.service
    context = await service.context(caller, id_, None)
    done = await service.desk.handle(GREEN, id_, command, context, command_id=command_id, expected=expected)
    return await _answer(service, id_, done, caller, response)


@router.post("/green-cases/{id_}/drop", name="drop_green_case", summary="撤销绿色通道事项(须说明理由)")
async def drop(
    id_: CaseId,
    command: DropGreenCase,
    caller: Caller,
    command_id: CommandId,
    expected: ExpectedNeeded,
    request: Request,
    response: Response,
) -> GreenCaseReceipt:
    service: Service = request.app.state.service
    context = await service.context(caller, id_, None)
    done = await service.desk.handle(GREEN, id_, command, context, command_id=command_id, expected=expected)
    return await _answer(service, id_, done, caller, response)


async def _answer(service: Service, id_: UUID, done: Done[State], caller: Actor, response: Response) -> GreenCaseReceipt:
    if isinstance(done.state, Unopened):
        raise Unknown(what="green_case", id=str(id_))
    return GreenCaseReceipt.of(
        receipt(service, response, done), await asked.shown(service, id_, done.version, done.state, caller)
    )


@router.get("/green-cases", name="list_green_cases", summary="绿色通道事项一览")
async def cases(
    caller: Caller,
    request: Request,
    unit: UnitQuery = None,
    month: MonthQuery = None,
    enterprise: UUID | None = None,
    stage: GreenStage | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[GreenCaseRow]:
    service: Service = request.app.state.service
    return await asked.cases(
        service, caller, unit=unit, month=month, enterprise=enterprise, stage=stage, cursor=cursor, limit=limit
    )


@router.get("/green-cases/sums", name="sum_green_cases", summary="绿色通道汇总:按单位和月份的件数、节省工作日")
async def sums(caller: Caller, request: Request, unit: UnitQuery = None, month: MonthQuery = None) -> GreenSums:
    """By the month of acceptance. Those that took longer than promised count against the days saved, and are named."""
    return await asked.sums(request.app.state.service, caller, unit, month)


@router.get(
    "/green-cases/sheet",
    name="print_green_cases",
    summary="绿色通道台账(XLSX)",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}}},
)
async def printed(caller: Caller, request: Request, unit: UnitQuery = None, month: MonthQuery = None) -> Response:
    return workbook(await asked.workbook(request.app.state.service, caller, unit, month), f"green-{month or 'all'}")


@router.get("/green-cases/{id_}", name="get_green_case", summary="一件绿色通道事项")
async def case(id_: CaseId, caller: Caller, request: Request, response: Response) -> GreenCase:
    told = await asked.case(request.app.state.service, caller, id_)
    response.headers["ETag"] = f'"{told.version}"'
    return told
