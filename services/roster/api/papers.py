"""The papers of a unit: its plan, its leading group, its task force; what is missing, what expires."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from services.roster.api.units import change
from services.roster.domain.unit import DocumentUnit, WithdrawUnitDocument
from services.roster.queries import units as asked
from services.roster.queries.units import LackingPage, PaperRow, UnitReceipt
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Expected, Limit
from shared.language.months import WrittenDate
from shared.language.terms import PaperKind

router = APIRouter(tags=["方案与组织"], route_class=Entrance)

UnitCode = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,20}$", description="单位编码")]


@router.post("/units/{code}/document", name="document_unit", summary="登记方案、领导小组、专班文件")
async def document(
    code: UnitCode,
    command: DocumentUnit,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> UnitReceipt:
    return await change(code, command, caller, command_id, expected, request, response)


@router.post("/units/{code}/withdraw-document", name="withdraw_unit_document", summary="撤下文件")
async def withdraw(
    code: UnitCode,
    command: WithdrawUnitDocument,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> UnitReceipt:
    return await change(code, command, caller, command_id, expected, request, response)


@router.get("/documents", name="list_documents", summary="各单位方案、领导小组、专班文件")
async def documents(
    caller: Caller,
    request: Request,
    unit: Annotated[str | None, Query(max_length=20)] = None,
    kind: PaperKind | None = None,
    expiring: Annotated[int | None, Query(ge=0, le=366, description="多少天内到期")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[PaperRow]:
    """Those in force, of a unit, of a kind, or those that expire within so many days."""
    return await asked.papers(request.app.state.service, caller, unit, kind, expiring, cursor, limit)


@router.get("/documents/missing", name="list_missing_documents", summary="缺少方案、领导小组、专班的单位")
async def missing(
    caller: Caller, request: Request, on: WrittenDate | None = None, cursor: Cursor = None, limit: Limit = 100
) -> LackingPage:
    """Departments and townships that lack one of the three, or whose one has expired."""
    return await asked.lacking(request.app.state.service, caller, on, cursor, limit)
