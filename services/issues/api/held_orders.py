"""Transferred orders that wait for a person (R53): why, whose each is, what went back to where it came from."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Request, Response

from services.issues.domain import order as orders
from services.issues.domain.order import ORDER, DismissOrder, MatchOrder, Unheld
from services.issues.projections.disclosures import DISCLOSURE
from services.issues.projections.hotline import sealed
from services.issues.queries import opening
from shared.asking import Caller, CommandId, Cursor, Limit, listing, receipt
from shared.disclosure import UnmaskPersonal, disclose
from shared.entrance import Entrance
from shared.eventlog import load
from shared.freetext import opened
from shared.handle import Ask
from shared.openings import Opening
from shared.problems import Unknown
from shared.reach import DISTRICT
from shared.service import Service
from shared.terms import derived_id

router = APIRouter(tags=["转办工单"], route_class=Entrance)

OrderId = Annotated[UUID, Path(description="待处理工单的标识")]


@router.get("/orders/held", name="list_held_orders", summary="待人工处理的转办工单")
async def held(
    caller: Caller, request: Request, stage: Literal["held", "matched", "dismissed"] = "held", cursor: Cursor = None,
    limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """The oldest first, with what keeps each from becoming a ticket."""
    service: Service = request.app.state.service
    opening.needs(caller, *DISTRICT)
    page = await listing(
        service.pool, table="held_order", columns="*", where=["stage = $1"], args=[stage], order=["held_on", "id"], cursor=cursor,
        limit=limit,
    )  # fmt: skip
    page["items"] = await _masked(service, page["items"])
    return page


async def _masked(service: Service, rows: list[Any]) -> list[dict[str, Any]]:
    texts = await service.vault.masked([sealed(row[name]) for row in rows for name in ("reporter", "phone")])
    tickets = await opening.numbers(service, [row["ticket"] for row in rows])
    return [
        {
            **{name: value for name, value in dict(row).items() if name not in ("reporter", "phone", "ver")},
            "version": row["ver"], "reasons": orjson.loads(row["reasons"]), "reporter": texts[2 * n],
            "phone": texts[2 * n + 1], "ticket_no": tickets.get(row["ticket"]),
            "allowed_actions": ["match", "dismiss"] if row["stage"] == "held" else [],
        }
        for n, row in enumerate(rows)
    ]  # fmt: skip


@router.post("/orders/{id_}/match", name="match_order", summary="为转办工单指明企业,登记一件问题")
async def match_order(id_: OrderId, command: MatchOrder, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    """The ruling and the ticket, in one transaction."""
    service: Service = request.app.state.service
    opening.needs(caller, *orders.DESK)
    kept = await _state(service, id_)
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
    return {**await service.shown(ORDER, id_, done, lambda then: _shown(then, id_)), **receipt(service, response, done)}


@router.post("/orders/{id_}/dismiss", name="dismiss_order", summary="退回转办工单(须说明理由)")
async def dismiss(
    id_: OrderId, command: DismissOrder, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    service: Service = request.app.state.service
    done = await service.desk.handle(ORDER, id_, command, await service.context(caller, id_, None), command_id=command_id)
    return {**await service.shown(ORDER, id_, done, lambda then: _shown(then, id_)), **receipt(service, response, done)}


@router.get("/orders/{id_}", name="get_order", summary="一件待处理的转办工单")
async def order(id_: OrderId, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    opening.needs(caller, *DISTRICT)
    told = await _shown(request.app.state.service, id_)
    response.headers["ETag"] = f'"{told["version"]}"'
    return told


@router.post("/orders/{id_}/unmask", name="unmask_order", summary="查看来件人信息和原始行(须写明原因,留痕)")
async def unmask(
    id_: OrderId, command: UnmaskPersonal, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    service: Service = request.app.state.service
    opening.needs(caller, *orders.DESK)
    told = (await _state(service, id_)).order
    return await disclose(
        service, DISCLOSURE, caller, command_id, command, response, what="order", about=id_, unit=caller.unit,
        data={"reporter": told.reporter, "phone": told.phone, "row": told.row, "content": told.content},
    )  # fmt: skip


async def _state(service: Service, id_: UUID) -> orders.Kept:
    state = ORDER.fold(entry.fact for entry in await load(service.pool, ORDER.stream(id_)))
    if isinstance(state, Unheld):
        raise Unknown(what="order", id=str(id_))
    return state


async def _shown(service: Service, id_: UUID) -> dict[str, Any]:
    row = await service.pool.fetchrow("select * from held_order where id = $1", id_)
    if row is None:
        raise Unknown(what="order", id=str(id_))
    return (await _masked(service, [row]))[0]
