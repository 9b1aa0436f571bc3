"""Enterprises: the register, what it says of each on any day, and how completely they are placed."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from services.roster.domain.enterprise.commands import (
    AmendEnterprise,
    AssignEnterprise,
    ChangeCustody,
    ChangeStanding,
    ConfirmMove,
    PreferContact,
    RegisterEnterprise,
    RejectMove,
    TagEnterprise,
    VerifyContactLoss,
)
from services.roster.domain.enterprise.decide import ENTERPRISE, KnownPlaces
from services.roster.domain.enterprise.states import Registered
from services.roster.queries import enterprises as asked
from services.roster.queries import grid_coverage as covering
from services.roster.queries import lookups
from services.roster.queries.enterprises import Enterprise, EnterpriseReceipt, EnterpriseRow
from services.roster.queries.grid_coverage import GridCoverage
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Expected, ExpectedNeeded, Limit, receipt
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import WrittenDate, local_date
from shared.language.problems import Malformed
from shared.language.terms import Size, Standing, derived_id

router = APIRouter(tags=["企业库"], route_class=Entrance)

EnterpriseId = Annotated[UUID, Path(description="企业编号")]
CreditCode = Annotated[str, Path(pattern=r"^[0-9A-Za-z]{18}$", description="统一社会信用代码")]
On = Annotated[WrittenDate | None, Query(description="哪一天,默认今天")]
Changed = (
    AmendEnterprise
    | ChangeStanding
    | ChangeCustody
    | AssignEnterprise
    | ConfirmMove
    | RejectMove
    | VerifyContactLoss
    | TagEnterprise
    | PreferContact
)


@router.put(
    "/enterprises/{code}", name="register_enterprise", response_model_exclude_unset=True, summary="登记企业", status_code=201
)
async def register(
    code: CreditCode, command: RegisterEnterprise, caller: Caller, request: Request, response: Response
) -> EnterpriseReceipt:
    """The code in the path and in the body are the same; the enterprise's id follows from it."""
    service: Service = request.app.state.service
    if command.code.strip().upper() != code.upper():
        raise Malformed(errors=[{"pointer": "/body/code", "code": "code", "title": "与地址中的代码不一致"}])
    key = derived_id("enterprise", code.upper())
    units = [part for item in command.assignments for part in (item.unit, item.sub_unit)]
    workers = await lookups.workers(service.pool, [item.worker for item in command.assignments], local_date(service.clock()))
    context = await service.context(caller, key, KnownPlaces(await lookups.lines(service.pool, units), workers))
    done = await service.desk.handle(ENTERPRISE, key, command, context, command_id=derived_id("roster", "register", code.upper()))
    response.status_code = 200 if done.replayed else 201
    shown = await service.shown(ENTERPRISE, key, done, lambda then: asked.enterprise(then, key, caller))
    return EnterpriseReceipt.of(receipt(service, response, done), shown, proposal=None)


async def _change(
    id_: UUID, command: Changed, caller: Actor, command_id: UUID, expected: int | None, request: Request, response: Response
) -> EnterpriseReceipt:
    service: Service = request.app.state.service
    known: KnownPlaces | None = None
    said = await asked.proposed(service, id_, command.proposal) if isinstance(command, ConfirmMove) else command
    if isinstance(said, AssignEnterprise):
        held = await lookups.answering(service.pool, id_, said.line)
        known = KnownPlaces(
            await lookups.lines(service.pool, [said.unit, said.sub_unit, *held], said.on),
            await lookups.workers(service.pool, [said.worker], max(said.on, local_date(service.clock()))),
            command_id,
        )
    context = await service.context(caller, id_, known)
    done = await service.desk.handle(ENTERPRISE, id_, command, context, command_id=command_id, expected=expected)
    shown = await service.shown(ENTERPRISE, id_, done, lambda then: asked.enterprise(then, id_, caller))
    waits = moved_to(done.state, said, caller.id) if said is command and isinstance(said, AssignEnterprise) else None
    if waits is not None:
        response.status_code = 202
    return EnterpriseReceipt.of(receipt(service, response, done), shown, proposal=waits)


def moved_to(state: Any, said: AssignEnterprise, by: UUID) -> UUID | None:
    """The proposal that waits for a second person after this was said."""
    same = (said.line, said.unit, said.sub_unit, said.worker, said.on, by)
    moves = state.moves if isinstance(state, Registered) else ()
    return next((m.id for m in moves if (m.line, m.unit, m.sub_unit, m.worker, m.on, m.by) == same), None)


@router.post("/enterprises/{id_}/amend", name="amend_enterprise", response_model_exclude_unset=True, summary="更正企业信息")
async def amend(
    id_: EnterpriseId,
    command: AmendEnterprise,
    caller: Caller,
    command_id: CommandId,
    expected: ExpectedNeeded,
    request: Request,
    response: Response,
) -> EnterpriseReceipt:
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post(
    "/enterprises/{id_}/change-standing", name="change_standing", response_model_exclude_unset=True, summary="变更登记状态"
)
async def change_standing(
    id_: EnterpriseId,
    command: ChangeStanding,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> EnterpriseReceipt:
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post("/enterprises/{id_}/change-custody", name="change_custody", response_model_exclude_unset=True, summary="变更代管")
async def change_custody(
    id_: EnterpriseId,
    command: ChangeCustody,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> EnterpriseReceipt:
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post(
    "/enterprises/{id_}/assign",
    name="assign_enterprise",
    response_model_exclude_unset=True,
    summary="落实网格与网格员(在单位之间调整为提出)",
    responses={202: {"description": "已提出调整单位,待另一人确认"}},
)
async def assign(
    id_: EnterpriseId,
    command: AssignEnterprise,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> EnterpriseReceipt:
    """Where another unit answers on that day, this proposes the move (202, ``proposal``): another person of the office confirms."""
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post(
    "/enterprises/{id_}/confirm", name="confirm_move", response_model_exclude_unset=True, summary="确认企业调整单位(须为另一人)"
)
async def confirm_move(
    id_: EnterpriseId,
    command: ConfirmMove,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> EnterpriseReceipt:
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post(
    "/enterprises/{id_}/reject", name="reject_move", response_model_exclude_unset=True, summary="退回或收回企业调整单位的提议"
)
async def reject_move(
    id_: EnterpriseId,
    command: RejectMove,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> EnterpriseReceipt:
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post(
    "/enterprises/{id_}/verify-contact-loss", name="verify_contact_loss", response_model_exclude_unset=True, summary="核实失联"
)
async def verify_contact_loss(
    id_: EnterpriseId,
    command: VerifyContactLoss,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> EnterpriseReceipt:
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post("/enterprises/{id_}/tag", name="tag_enterprise", response_model_exclude_unset=True, summary="设置企业标签")
async def tag(
    id_: EnterpriseId,
    command: TagEnterprise,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> EnterpriseReceipt:
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post(
    "/enterprises/{id_}/prefer-contact",
    name="prefer_contact",
    response_model_exclude_unset=True,
    summary="设置企业联系偏好与免打扰",
)
async def prefer_contact(
    id_: EnterpriseId,
    command: PreferContact,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> EnterpriseReceipt:
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.get("/enterprises", name="list_enterprises", summary="企业库查询")
async def enterprises(
    caller: Caller,
    request: Request,
    q: str | None = Query(None, max_length=100, description="名称或代码的一部分"),
    unit: str | None = Query(None, max_length=20),
    standing: Standing | None = None,
    worker: UUID | None = None,
    on: On = None,
    in_scope: Annotated[bool | None, Query(description="该日是否在服务范围")] = None,
    size: Size | None = None,
    tag: Annotated[str | None, Query(max_length=30, description="标签")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[EnterpriseRow]:
    """Those of a unit, of a worker, of a standing, of a size, or by a part of a name, a former name or the code.

    Standing, scope and assignment are those of the day ``on``, today when none is named.
    """
    return await asked.enterprises(
        request.app.state.service,
        caller,
        q=q,
        unit=unit,
        standing=standing,
        worker=worker,
        on=on,
        in_scope=in_scope,
        size=size,
        tag=tag,
        cursor=cursor,
        limit=limit,
    )


@router.get("/enterprises/{id_}", name="get_enterprise", response_model_exclude_unset=True, summary="企业档案")
async def get_enterprise(id_: EnterpriseId, caller: Caller, request: Request, response: Response, on: On = None) -> Enterprise:
    """What the register says of it on the day ``on``, today when none is named; particulars and telephones are the latest."""
    answer = await asked.enterprise(request.app.state.service, id_, caller, on)
    response.headers["ETag"] = f'"{answer.version}"'
    return answer


@router.get("/coverage/grid", name="get_grid_coverage", summary="网格覆盖率")
async def grid_coverage(
    caller: Caller,
    request: Request,
    unit: Annotated[str | None, Query(max_length=20, pattern=r"^[0-9A-Za-z-]*$")] = None,
    on: On = None,
) -> GridCoverage:
    """Assigned of those in scope on a day (R05; kpi §8): by line, on both, and with somebody at their post; 100.00 only if all."""
    return await covering.grid_coverage(request.app.state.service, caller, unit, on)
