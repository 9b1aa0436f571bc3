"""Units: the district, its departments and townships, what is under them, on any day."""

from __future__ import annotations

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from services.roster.domain.unit import (
    UNIT,
    ChargeUnit,
    ConfirmUnitEnd,
    EndUnit,
    EstablishUnit,
    KnownUnit,
    MoveUnit,
    RejectUnitEnd,
    RenameUnit,
    UnitCommand,
    WithdrawUnitEnd,
)
from services.roster.queries import lookups
from services.roster.queries import units as asked
from services.roster.queries.units import Leftovers, Unit, UnitReceipt, UnitRow
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Expected, Limit, receipt
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import WrittenDate
from shared.language.problems import KeyReused
from shared.language.terms import UnitKind, derived_id

router = APIRouter(tags=["单位"], route_class=Entrance)

On = Annotated[WrittenDate | None, Query(description="哪一天,默认今天")]
UnitCode = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,20}$", description="单位编码")]


@router.put("/units/{code}", name="establish_unit", summary="设立单位(可注明由哪些单位析出或合并)", status_code=201)
async def establish(code: UnitCode, command: EstablishUnit, caller: Caller, request: Request, response: Response) -> UnitReceipt:
    service: Service = request.app.state.service
    id_ = derived_id("roster", "establish", code)
    context = await service.context(caller, code, KnownUnit(code, id_))
    prepare = partial(lookups.among_units, command)
    try:
        done = await service.desk.handle(UNIT, code, command, context, command_id=id_, prepare=prepare)
    except KeyReused:  # Another content under the same code: the unit's own rule says so.
        again = derived_id(str(id_), command.model_dump_json())
        done = await service.desk.handle(UNIT, code, command, context, command_id=again, prepare=prepare)
    response.status_code = 200 if done.replayed else 201
    shown = await service.shown(UNIT, code, done, lambda then: asked.unit(then, code))
    return UnitReceipt.of(receipt(service, response, done), shown)


@router.post("/units/{code}/rename", name="rename_unit", summary="单位更名")
async def rename(
    code: UnitCode,
    command: RenameUnit,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> UnitReceipt:
    return await change(code, command, caller, command_id, expected, request, response)


@router.post("/units/{code}/move", name="move_unit", summary="村(社区)、分支机构改属")
async def move(
    code: UnitCode,
    command: MoveUnit,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> UnitReceipt:
    return await change(code, command, caller, command_id, expected, request, response)


@router.post(
    "/units/{code}/end",
    name="end_unit",
    summary="单位撤销(提出)",
    responses={202: {"description": "已提出,待另一人确认", "model": UnitReceipt}},
)
async def end(
    code: UnitCode,
    command: EndUnit,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> UnitReceipt:
    """One person of the office proposes (202, ``proposal``), another one confirms; one of the two is the head of the office."""
    return await change(code, command, caller, command_id, expected, request, response)


@router.post("/units/{code}/confirm", name="confirm_unit_end", summary="确认单位撤销(须为另一人)")
async def confirm_end(
    code: UnitCode,
    command: ConfirmUnitEnd,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> UnitReceipt:
    return await change(code, command, caller, command_id, expected, request, response)


@router.post("/units/{code}/reject", name="reject_unit_end", summary="退回或收回单位撤销的提议")
async def reject_end(
    code: UnitCode,
    command: RejectUnitEnd,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> UnitReceipt:
    return await change(code, command, caller, command_id, expected, request, response)


@router.post("/units/{code}/withdraw-end", name="withdraw_unit_end", summary="撤回单位撤销")
async def withdraw_end(
    code: UnitCode,
    command: WithdrawUnitEnd,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> UnitReceipt:
    """The unit goes on as if its end had not been said. Another day, or other successors, are said by ending it again."""
    return await change(code, command, caller, command_id, expected, request, response)


@router.post("/units/{code}/charge", name="charge_unit", summary="定责:写明单位职责")
async def charge(
    code: UnitCode,
    command: ChargeUnit,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> UnitReceipt:
    return await change(code, command, caller, command_id, expected, request, response)


async def change(
    code: str, command: UnitCommand, caller: Actor, command_id: UUID, expected: int | None, request: Request, response: Response
) -> UnitReceipt:
    """One change of a unit, and the unit as it is then."""
    service: Service = request.app.state.service
    context = await service.context(caller, code, KnownUnit(code, command_id))
    prepare = partial(lookups.among_units, command)
    done = await service.desk.handle(UNIT, code, command, context, command_id=command_id, expected=expected, prepare=prepare)
    shown = await service.shown(UNIT, code, done, lambda then: asked.unit(then, code))
    if isinstance(command, EndUnit) and shown.proposal is not None:
        response.status_code = 202
    return UnitReceipt.of(receipt(service, response, done), shown)


@router.get("/units", name="list_units", summary="单位列表(任意一天)")
async def units(
    _caller: Caller,
    request: Request,
    kind: UnitKind | None = None,
    parent: str | None = Query(None, max_length=20),
    on: On = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[UnitRow]:
    """Units standing on a day (today when none is named), as they were called and under which they stood on that day."""
    return await asked.units(request.app.state.service, kind, parent, on, cursor, limit)


@router.get("/units/{code}", name="get_unit", summary="单位")
async def get_unit(code: UnitCode, _caller: Caller, request: Request, on: On = None) -> Unit:
    """As it is called, and under which it stands, on a day."""
    return await asked.unit(request.app.state.service, code, on)


@router.get("/units/{code}/leftovers", name="list_leftovers", summary="单位撤销后仍待转移的企业和人员")
async def leftovers(code: UnitCode, caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100) -> Leftovers:
    """The enterprises whose assignment still names the unit; ``posts`` counts the posts still held in it."""
    return await asked.leftovers(request.app.state.service, caller, code, cursor, limit)
