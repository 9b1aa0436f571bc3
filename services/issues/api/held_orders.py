"""Transferred orders that wait for a person (R53): why, whose each is, what went back to where it came from."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from services.issues.domain import order as orders
from services.issues.domain.access import needs
from services.issues.domain.order import ORDER, DismissOrder, MatchOrder
from services.issues.queries import held_orders as asked
from services.issues.queries import opening
from services.issues.queries.held_orders import HeldOrder, HeldOrderReceipt, OrderInClear
from shared.http.answer import Page
from shared.http.disclosure import UnmaskPersonal
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Limit, receipt
from shared.http.service import Service
from shared.language.freetext import opened
from shared.language.openings import Opening
from shared.language.reach import DISTRICT
from shared.language.terms import OrderStage, derived_id
from shared.log.handle import Ask

router = APIRouter(tags=["转办工单"], route_class=Entrance)

OrderId = Annotated[UUID, Path(description="待处理工单的标识")]


@router.get("/orders/held", name="list_held_orders", summary="待人工处理的转办工单")
async def held(
    caller: Caller, request: Request, stage: OrderStage = OrderStage.HELD, cursor: Cursor = None, limit: Limit = 100
) -> Page[HeldOrder]:
    """The oldest first, with what keeps each from becoming a ticket."""
    return await asked.held(request.app.state.service, caller, stage, cursor, limit)


@router.post("/orders/{id_}/match", name="match_order", summary="为转办工单指明企业,登记一件问题")
async def match_order(
    id_: OrderId, command: MatchOrder, caller: Caller, request: Request, response: Response
) -> HeldOrderReceipt:
    """The ruling and the ticket, in one transaction."""
    service: Service = request.app.state.service
    needs(caller, *orders.DESK)
    kept = await asked.found(service, id_)
    state = await opened(service.vault, kept, Opening.HANDLE)
    context = await service.context(caller, id_, await opening.named(service, command.enterprise))
    ask = Ask(ORDER, str(id_), command, context, derived_id("issues", "match-order", str(id_), str(command.enterprise)))
    if isinstance(state, orders.Held):
        made = orders.report_held(state.order, command)
        if command.content is None:  # Carried as it is kept: what is erased there is erased here.
            made = made.model_copy(update={"content": kept.order.content})
        report = await opening.report(service, caller, orders.ticket_of_order(id_), made)
        done = await service.desk.handle_with(ask, [report])
    else:  # A repeat goes alone, where another content is refused.
        done = await service.desk.handle(ORDER, id_, command, context, command_id=ask.id)
    shown = await service.shown(ORDER, id_, done, lambda then: asked.order(then, id_))
    return HeldOrderReceipt.of(receipt(service, response, done), shown)


@router.post("/orders/{id_}/dismiss", name="dismiss_order", summary="退回转办工单(须说明理由)")
async def dismiss(
    id_: OrderId, command: DismissOrder, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> HeldOrderReceipt:
    service: Service = request.app.state.service
    done = await service.desk.handle(ORDER, id_, command, await service.context(caller, id_, None), command_id=command_id)
    shown = await service.shown(ORDER, id_, done, lambda then: asked.order(then, id_))
    return HeldOrderReceipt.of(receipt(service, response, done), shown)


@router.get("/orders/{id_}", name="get_order", summary="一件待处理的转办工单")
async def order(id_: OrderId, caller: Caller, request: Request, response: Response) -> HeldOrder:
    needs(caller, *DISTRICT)
    told = await asked.order(request.app.state.service, id_)
    response.headers["ETag"] = f'"{told.version}"'
    return told


@router.post(
    "/orders/{id_}/unmask",
    name="unmask_order",
    summary="查看来件人信息和原始行(须写明原因,留痕)",
    response_model_exclude_unset=True,
)
async def unmask(
    id_: OrderId, command: UnmaskPersonal, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> OrderInClear:
    return await asked.in_clear(request.app.state.service, caller, command_id, command, response, id_)
