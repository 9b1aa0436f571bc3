"""The desk's log of calls (服务热线专人接听; R53), and missed calls until they are followed up."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from services.issues.domain.call import CALL, FollowCall, MissCall, TakeCall, report_of, ticket_of_call
from services.issues.queries import hotline as asked
from services.issues.queries import opening
from services.issues.queries.hotline import Call, CallInClear, CallReceipt, Calls
from shared.http.disclosure import UnmaskPersonal
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Limit, receipt
from shared.http.service import Service
from shared.language.months import WrittenDate
from shared.language.terms import CallStage, derived_id
from shared.log.handle import Ask

router = APIRouter(tags=["服务热线"], route_class=Entrance)

CallId = Annotated[UUID, Path(description="来电登记的标识(UUIDv7)")]


@router.put("/calls/{id_}/taken", name="take_call", summary="登记接听的来电(有诉求的同时登记问题)", status_code=201)
async def take(id_: CallId, command: TakeCall, caller: Caller, request: Request, response: Response) -> CallReceipt:
    """The call, and the one ticket it becomes, in one transaction."""
    service: Service = request.app.state.service
    context = await service.context(caller, id_, await opening.named(service, command.enterprise))
    ask = Ask(CALL, str(id_), command, context, derived_id("issues", "take-call", str(id_)))
    return await _logged(service, ask, command, response)


@router.put("/calls/{id_}/missed", name="miss_call", summary="登记未接来电", status_code=201)
async def miss(id_: CallId, command: MissCall, caller: Caller, request: Request, response: Response) -> CallReceipt:
    service: Service = request.app.state.service
    context = await service.context(caller, id_, await opening.named(service, command.enterprise))
    ask = Ask(CALL, str(id_), command, context, derived_id("issues", "miss-call", str(id_)))
    return await _logged(service, ask, command, response)


@router.post("/calls/{id_}/follow", name="follow_call", summary="登记回拨(未接来电一个工作日内)")
async def follow(
    id_: CallId, command: FollowCall, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> CallReceipt:
    service: Service = request.app.state.service
    context = await service.context(caller, id_, await opening.named(service, command.enterprise))
    told = await _logged(service, Ask(CALL, str(id_), command, context, command_id), command, response)
    response.status_code = 200
    return told


async def _logged(service: Service, ask: Ask[Any], command: TakeCall | MissCall | FollowCall, response: Response) -> CallReceipt:
    """The entry alone, or with its ticket. A repeat goes alone, where another content under the same id is refused."""
    id_ = UUID(ask.key)
    if isinstance(command, MissCall) or command.demand is None or await asked.repeated(service, ask.id):
        done = await service.desk.handle(CALL, id_, command, ask.context, command_id=ask.id)
    else:
        phone = command.phone if isinstance(command, TakeCall) else await asked.number(service, id_)
        made = report_of(command, phone)
        asks = [await opening.report(service, ask.context.actor, ticket_of_call(id_), made)] if made else []
        done = await service.desk.handle_with(ask, asks)
    response.status_code = 200 if done.replayed else 201
    shown = await service.shown(CALL, id_, done, lambda then: asked.shown(then, id_, done.state))
    return CallReceipt.of(receipt(service, response, done), shown)


@router.get("/calls", name="list_calls", summary="来电登记(号码脱敏)")
async def calls(
    caller: Caller,
    request: Request,
    stage: CallStage | None = None,
    on: Annotated[WrittenDate | None, Query(description="来电日期")] = None,
    *,
    overdue: Annotated[bool, Query(description="只看超过一个工作日未回拨的")] = False,
    own: Annotated[bool, Query(description="只看本人登记的")] = False,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Calls:
    """In the order in which they came. Missed ones nobody has tried to call back after a working day are red."""
    service: Service = request.app.state.service
    return await asked.calls(service, caller, stage=stage, on=on, overdue=overdue, own=own, cursor=cursor, limit=limit)


@router.get("/calls/{id_}", name="get_call", summary="一次来电")
async def call(id_: CallId, caller: Caller, request: Request, response: Response) -> Call:
    told = await asked.call(request.app.state.service, caller, id_)
    response.headers["ETag"] = f'"{told.version}"'
    return told


@router.post(
    "/calls/{id_}/unmask", name="unmask_call", summary="查看来电人信息(须写明原因,留痕)", response_model_exclude_unset=True
)
async def unmask(
    id_: CallId, command: UnmaskPersonal, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> CallInClear:
    """A missed call can't be followed up without its number."""
    return await asked.in_clear(request.app.state.service, caller, command_id, command, response, id_)
