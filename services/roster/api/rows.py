"""Rows of imports that were set aside: masked, opened with a reason, ruled on."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from services.roster.domain.row import ROW, DismissRow
from services.roster.queries import rows as asked
from services.roster.queries.rows import RowAside, RowInClear, RowReceipt
from shared.http.answer import Page
from shared.http.disclosure import UnmaskPersonal
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Limit, receipt
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.problems import Forbidden
from shared.language.reach import OFFICE
from shared.language.terms import Role

router = APIRouter(tags=["待办队列"], route_class=Entrance)

RowId = Annotated[UUID, Path(description="待核对行的标识")]


def _the_desk(caller: Actor) -> None:
    if not caller.holds(*OFFICE, Role.SYSTEM):
        raise Forbidden(needs=[Role.OFFICE.label])


@router.get("/queues/rows", name="list_rows", summary="待人工核对的导入行(脱敏)")
async def rows_aside(caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100) -> Page[RowAside]:
    """With the kinds of doubt in words; a cell that may be about a person is masked, and opened by ``unmask``."""
    service: Service = request.app.state.service
    _the_desk(caller)
    return await asked.rows(service, cursor, limit)


@router.post("/queues/rows/{id_}/unmask", name="unmask_row", summary="查看导入行原文(须写明原因,留痕)")
async def unmask(
    id_: RowId, command: UnmaskPersonal, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> RowInClear:
    """The row as it stands in the file, and why it is doubtful with what stands in its cells."""
    service: Service = request.app.state.service
    _the_desk(caller)
    return await asked.in_clear(service, caller, command_id, command, response, id_)


@router.post("/queues/rows/{id_}/dismiss", name="dismiss_row", summary="处理导入行")
async def dismiss(
    id_: RowId, command: DismissRow, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> RowReceipt:
    service: Service = request.app.state.service
    done = await service.desk.handle(ROW, id_, command, await service.context(caller, id_, None), command_id=command_id)
    return RowReceipt.of(receipt(service, response, done), id=id_)
