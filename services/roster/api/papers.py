"""The papers of a unit: its plan, its leading group, its task force; what is missing, what expires."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Query, Request, Response

from services.roster.api import dated
from services.roster.api.units import change
from services.roster.domain.unit import DocumentUnit, WithdrawUnitDocument
from shared.asking import Caller, CommandId, Cursor, Expected, Limit, listing
from shared.entrance import Entrance
from shared.months import WrittenDate, local_date
from shared.reach import unit_of
from shared.service import Service
from shared.terms import PaperKind, UnitKind

router = APIRouter(tags=["方案与组织"], route_class=Entrance)

UnitCode = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,20}$", description="单位编码")]
_FILING = [str(UnitKind.DEPARTMENT), str(UnitKind.TOWNSHIP)]


@router.post("/units/{code}/document", name="document_unit", summary="登记方案、领导小组、专班文件")
async def document(
    code: UnitCode, command: DocumentUnit, caller: Caller, command_id: CommandId, expected: Expected, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await change(code, command, caller, command_id, expected, request, response)


@router.post("/units/{code}/withdraw-document", name="withdraw_unit_document", summary="撤下文件")
async def withdraw(
    code: UnitCode, command: WithdrawUnitDocument, caller: Caller, command_id: CommandId, expected: Expected, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await change(code, command, caller, command_id, expected, request, response)


@router.get("/documents", name="list_documents", summary="各单位方案、领导小组、专班文件")
async def documents(
    caller: Caller, request: Request, unit: Annotated[str | None, Query(max_length=20)] = None, kind: PaperKind | None = None,
    expiring: Annotated[int | None, Query(ge=0, le=366, description="多少天内到期")] = None, cursor: Cursor = None,
    limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """Those in force, of a unit, of a kind, or those that expire within so many days."""
    service: Service = request.app.state.service
    unit = unit_of(caller, unit)
    today = local_date(service.clock())
    where: list[str] = ["withdrawn_on is null"]
    args: list[Any] = []
    for column, value in (("unit", unit), ("kind", kind and str(kind))):
        if value is not None:
            args.append(value)
            where.append(f"{column} = ${len(args)}")
    if expiring is not None:
        args += [today, today + timedelta(days=expiring)]
        where.append(f"expires between ${len(args) - 1} and ${len(args)}")
    page = await listing(
        service.pool, table="unit_paper", columns="document, unit, kind, number, title, issued, expires, members", where=where,
        args=args, order=["unit", "kind", "issued", "document"], cursor=cursor, limit=limit,
    )  # fmt: skip
    for item in page["items"]:
        item.update(
            kind_label=PaperKind(item["kind"]).label, members=[UUID(member) for member in orjson.loads(item["members"])],
            expired=item["expires"] is not None and item["expires"] < today,
        )  # fmt: skip
    return page


@router.get("/documents/missing", name="list_missing_documents", summary="缺少方案、领导小组、专班的单位")
async def missing(
    caller: Caller, request: Request, on: WrittenDate | None = None, cursor: Cursor = None, limit: Limit = 100
) -> dict[str, Any]:
    """Departments and townships that lack one of the three, or whose one has expired."""
    service: Service = request.app.state.service
    unit = unit_of(caller)
    day = on or local_date(service.clock())
    page = await listing(
        service.pool,
        table="(select u.code, u.name, u.kind, array(select k from unnest($2::text[]) k where not exists (select from unit_paper p "
        "where p.unit = u.code and p.kind = k and p.issued <= $1 and (p.expires is null or p.expires >= $1) "
        "and (p.withdrawn_on is null or p.withdrawn_on > $1))) as missing "
        f"from {dated.units('$1')} u where u.kind = any($3::text[]) and u.since <= $1 and (u.ended is null or u.ended > $1)) lacking",
        columns="code, name, kind, missing", where=["missing <> '{}'", "coalesce(code = $4, true)"],
        args=[day, [str(kind) for kind in PaperKind], _FILING, unit], order=["code"], cursor=cursor, limit=limit,
    )  # fmt: skip
    for item in page["items"]:
        item["missing_labels"] = [PaperKind(kind).label for kind in item["missing"]]
    return {"on": day, **page}
