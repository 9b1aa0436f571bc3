"""Rows of imports that were set aside: masked, opened with a reason, ruled on."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Request, Response

from services.roster.domain.row import ROW, DismissRow, Nothing
from services.roster.intake import shown
from services.roster.projections.sealed import sealed
from services.roster.projections.subjects import DISCLOSURE
from shared.asking import Caller, CommandId, Cursor, Limit, listing, receipt
from shared.decider import Actor
from shared.disclosure import UnmaskPersonal, disclose
from shared.entrance import Entrance
from shared.eventlog import load
from shared.events.roster import Doubt
from shared.openings import Opening
from shared.problems import Forbidden, Unknown
from shared.service import Service
from shared.terms import Role
from shared.vault import ERASED

router = APIRouter(tags=["待办队列"], route_class=Entrance)

RowId = Annotated[UUID, Path(description="待核对行的标识")]


def _the_desk(caller: Actor) -> None:
    if not caller.holds(Role.OFFICE, Role.OFFICE_HEAD, Role.SYSTEM):
        raise Forbidden(needs=[Role.OFFICE.label])


@router.get("/queues/rows", name="list_rows", summary="待人工核对的导入行(脱敏)")
async def rows_aside(caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100) -> dict[str, Any]:
    """With the kinds of doubt in words; a cell that may be about a person is masked, and opened by ``unmask``."""
    service: Service = request.app.state.service
    _the_desk(caller)
    page = await listing(
        service.pool, table="row", columns="id, batch, line, doubts, columns, code, raw", where=["ruling is null"], args=[],
        order=["batch", "lpad(line::text, 9, '0')", "id"], cursor=cursor, limit=limit,
    )  # fmt: skip
    raws = await service.vault.open([sealed(item["raw"]) for item in page["items"]], Opening.COMPARE)
    for item, raw in zip(page["items"], raws, strict=True):
        doubts = [Doubt.model_validate(doubt) for doubt in orjson.loads(item["doubts"])]
        row = shown.unpacked(raw, item["line"], orjson.loads(item["columns"]))
        cells = [raw] if raw == ERASED else shown.masked(row)
        item.update(
            doubts=[doubt.model_dump() for doubt in doubts], reasons=shown.sentences(row, doubts, quoted=False),
            sheet=row.sheet, columns=list(row.layout.headers), name=shown.name_of(row), raw=cells,
            allowed_actions=["unmask", "dismiss"],
        )  # fmt: skip
    return page


@router.post("/queues/rows/{id_}/unmask", name="unmask_row", summary="查看导入行原文(须写明原因,留痕)")
async def unmask(
    id_: RowId, command: UnmaskPersonal, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    """The row as it stands in the file, and why it is doubtful with what stands in its cells."""
    service: Service = request.app.state.service
    _the_desk(caller)
    state = ROW.fold(entry.fact for entry in await load(service.pool, ROW.stream(id_)))
    if isinstance(state, Nothing):
        raise Unknown(what="row", id=str(id_))
    fact = state.fact
    told = await disclose(
        service,
        DISCLOSURE,
        caller,
        command_id,
        command,
        response,
        what="row",
        about=id_,
        unit=caller.unit,
        data={"row": fact.raw},
    )
    row = shown.unpacked(told.pop("row"), fact.row, fact.columns)
    return {
        **told, "batch": fact.batch, "line": row.line, "sheet": row.sheet, "columns": list(row.layout.headers),
        "raw": list(row.raw), "reasons": shown.sentences(row, fact.doubts, quoted=True),
    }  # fmt: skip


@router.post("/queues/rows/{id_}/dismiss", name="dismiss_row", summary="处理导入行")
async def dismiss(
    id_: RowId, command: DismissRow, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    service: Service = request.app.state.service
    done = await service.desk.handle(ROW, id_, command, await service.context(caller, id_, None), command_id=command_id)
    return {**receipt(service, response, done), "id": id_}
