"""Enterprises: the register, who answers for each, and what could not be placed."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Query, Request, Response

from services.roster.api import lookups
from services.roster.domain.enterprise import (
    ENTERPRISE,
    AmendEnterprise,
    AssignEnterprise,
    ChangeCustody,
    ChangeStanding,
    RegisterEnterprise,
    VerifyContactLoss,
)
from services.roster.domain.row import ROW, DismissRow
from services.roster.projections.sealed import sealed
from shared.decider import Actor
from shared.months import local_date
from shared.problems import Forbidden, Malformed, Unknown
from shared.service import Caller, CommandId, Cursor, Expected, ExpectedNeeded, Limit, Service, listing, receipt
from shared.terms import Line, Role, Standing, derived_id
from shared.vault import Personal, mask

router = APIRouter(tags=["企业库"])

EnterpriseId = Annotated[UUID, Path(description="企业编号")]
CreditCode = Annotated[str, Path(pattern=r"^[0-9A-Za-z]{18}$", description="统一社会信用代码")]
Changed = AmendEnterprise | ChangeStanding | ChangeCustody | AssignEnterprise | VerifyContactLoss


@router.put("/enterprises/{code}", name="register_enterprise", summary="登记企业", status_code=201)
async def register(
    code: CreditCode, command: RegisterEnterprise, caller: Caller, request: Request, response: Response
) -> dict[str, Any]:
    """The code in the path and in the body are the same; the enterprise's id follows from it."""
    service: Service = request.app.state.service
    if command.code.strip().upper() != code.upper():
        raise Malformed(errors=[{"pointer": "/body/code", "code": "code", "title": "与地址中的代码不一致"}])
    key = derived_id("enterprise", code.upper())
    units = [part for item in command.assignments for part in (item.unit, item.sub_unit)]
    context = await service.context(
        caller, key, lines=await lookups.lines(service.pool, units),
        workers=await lookups.workers(service.pool, [item.worker for item in command.assignments]),
    )  # fmt: skip
    done = await service.desk.handle(ENTERPRISE, key, command, context, command_id=derived_id("roster", "register", code.upper()))
    response.status_code = 200 if done.replayed else 201
    return {**receipt(service, response, done), **await _enterprise(service, key, caller)}


async def _change(
    id_: UUID, command: Changed, caller: Actor, command_id: UUID, expected: int | None, request: Request, response: Response
) -> dict[str, Any]:
    service: Service = request.app.state.service
    known: dict[str, Any] = {}
    if isinstance(command, AssignEnterprise):
        known = {
            "lines": await lookups.lines(service.pool, [command.unit, command.sub_unit]),
            "workers": await lookups.workers(service.pool, [command.worker]),
        }
    context = await service.context(caller, id_, **known)
    done = await service.desk.handle(ENTERPRISE, id_, command, context, command_id=command_id, expected=expected)
    return {**receipt(service, response, done), **await _enterprise(service, id_, caller)}


@router.post("/enterprises/{id_}/amend", name="amend_enterprise", summary="更正企业信息")
async def amend(
    id_: EnterpriseId, command: AmendEnterprise, caller: Caller, command_id: CommandId, expected: ExpectedNeeded,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post("/enterprises/{id_}/change-standing", name="change_standing", summary="变更登记状态")
async def change_standing(
    id_: EnterpriseId, command: ChangeStanding, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post("/enterprises/{id_}/change-custody", name="change_custody", summary="变更代管")
async def change_custody(
    id_: EnterpriseId, command: ChangeCustody, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post("/enterprises/{id_}/assign", name="assign_enterprise", summary="落实网格与网格员")
async def assign(
    id_: EnterpriseId, command: AssignEnterprise, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post("/enterprises/{id_}/verify-contact-loss", name="verify_contact_loss", summary="核实失联")
async def verify_contact_loss(
    id_: EnterpriseId, command: VerifyContactLoss, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.get("/enterprises", name="list_enterprises", summary="企业库查询")
async def enterprises(
    caller: Caller, request: Request, q: str | None = Query(None, max_length=100, description="名称或代码的一部分"),
    unit: str | None = Query(None, max_length=20), standing: Standing | None = None, worker: UUID | None = None,
    cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """Those of a unit (assigned now), of a worker, of a standing, or by a part of the name."""
    service: Service = request.app.state.service
    _may_read(caller)
    if not _sees_district(caller):
        unit = caller.unit
    where: list[str] = []
    args: list[Any] = []
    if q:
        args.append(f"%{q.replace('%', '').replace('_', '')}%")
        where.append(f"(name like ${len(args)} or code like upper(${len(args)}))")
    if standing:
        args.append(str(standing))
        where.append(f"standing = ${len(args)}")
    for column, value in (("unit", unit), ("worker", worker)):
        if value is not None:
            args.append(value)
            where.append(f"id in (select enterprise from assignment where {column} = ${len(args)} and until is null)")
    return await listing(
        service.pool, table="enterprise", columns="id, code, name, standing, industry, branch, managed_elsewhere, address",
        where=where, args=args, order=["code"], cursor=cursor, limit=limit,
    )  # fmt: skip


@router.get("/enterprises/{id_}", name="get_enterprise", summary="企业档案")
async def get_enterprise(id_: EnterpriseId, caller: Caller, request: Request) -> dict[str, Any]:
    return await _enterprise(request.app.state.service, id_, caller)


@router.get("/enterprises/{id_}/responsibility", name="get_responsibility", summary="责任查询:任意一天由谁负责")
async def responsibility(id_: EnterpriseId, caller: Caller, request: Request, on: date | None = None) -> dict[str, Any]:
    """Unit, branch or village, and worker on each line on the day asked for; what is missing is said (R01)."""
    service: Service = request.app.state.service
    _may_read(caller)
    day = on or local_date(service.clock())
    if not await service.pool.fetchval("select true from enterprise where id = $1", id_):
        raise Unknown(what="enterprise", id=str(id_))
    rows = await service.pool.fetch(
        "select a.line, a.unit, u.name as unit_name, a.sub_unit, s.name as sub_unit_name, a.worker, p.account, p.name as sealed "
        "from assignment a join unit u on u.code = a.unit left join unit s on s.code = a.sub_unit "
        "left join lateral (select account, name from post where member = a.worker limit 1) p on true "
        "where a.enterprise = $1 and a.since <= $2 and (a.until is null or a.until > $2)",
        id_, day,
    )  # fmt: skip
    names = await service.vault.open([sealed(row["sealed"]) for row in rows])
    held = {
        row["line"]: {
            "unit": row["unit"], "unit_name": row["unit_name"], "sub_unit": row["sub_unit"], "sub_unit_name": row["sub_unit_name"],
            "worker": row["worker"] and {"id": row["worker"], "account": row["account"], "name": name},
        }
        for row, name in zip(rows, names, strict=True)
    }  # fmt: skip
    missing = [line.label for line in Line if line not in held or held[line]["worker"] is None]
    return {"enterprise": id_, "on": day, **{str(line): held.get(line) for line in Line}, "missing": missing}


@router.get("/queues/unassigned", name="list_unassigned", summary="未落实清单")
async def unassigned(caller: Caller, request: Request, line: Line, cursor: Cursor = None, limit: Limit = 100) -> dict[str, Any]:
    """Surviving enterprises that no unit answers for on this line: addresses or industries that could not be matched."""
    service: Service = request.app.state.service
    if not _sees_district(caller):
        raise Forbidden(needs=[Role.OFFICE.label])
    return await listing(
        service.pool, table="enterprise", columns="id, code, name, standing, industry, address",
        where=[
            "standing = any($1::text[])", "not managed_elsewhere",
            "not exists (select from assignment a where a.enterprise = id and a.line = $2 and a.until is null)",
        ],
        args=[[str(s) for s in Standing if s.survives], str(line)], order=["code"], cursor=cursor, limit=limit,
    )  # fmt: skip


@router.get("/queues/rows", name="list_rows", summary="待人工核对的导入行")
async def rows_aside(caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100) -> dict[str, Any]:
    """Rows of imports that were set aside, with the reasons; the raw row for those who work on them."""
    service: Service = request.app.state.service
    if not caller.holds(Role.OFFICE, Role.OFFICE_HEAD, Role.SYSTEM):
        raise Forbidden(needs=[Role.OFFICE.label])
    page = await listing(
        service.pool, table="row", columns="id, batch, line, reasons, columns, code, name, raw", where=["ruling is null"], args=[],
        order=["batch", "lpad(line::text, 9, '0')"], cursor=cursor, limit=limit,
    )  # fmt: skip
    raws = await service.vault.open([sealed(item["raw"]) for item in page["items"]])
    for item, raw in zip(page["items"], raws, strict=True):
        item.update(reasons=orjson.loads(item["reasons"]), columns=orjson.loads(item["columns"]), raw=raw)
    return page


@router.post("/queues/rows/{id_}/dismiss", name="dismiss_row", summary="处理导入行")
async def dismiss(
    id_: UUID, command: DismissRow, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    service: Service = request.app.state.service
    done = await service.desk.handle(ROW, id_, command, await service.context(caller, id_), command_id=command_id)
    return {**receipt(service, response, done), "id": id_}


def _may_read(caller: Actor) -> None:
    if caller.roles <= {Role.ADMIN}:
        raise Forbidden


def _sees_district(caller: Actor) -> bool:
    return caller.holds(Role.CHIEF, Role.OFFICE, Role.OFFICE_HEAD, Role.INSPECTOR, Role.AUDITOR, Role.HOTLINE, Role.SYSTEM)


async def _enterprise(service: Service, id_: UUID, caller: Actor) -> dict[str, Any]:
    _may_read(caller)
    row = await service.pool.fetchrow("select * from enterprise where id = $1", id_)
    if row is None:
        raise Unknown(what="enterprise", id=str(id_))
    sealed: dict[str, Any] = orjson.loads(row["sealed"])
    texts = await service.vault.open([Personal.read(token) for token in sealed.values()])
    held = await service.pool.fetch(
        "select line, unit, sub_unit, worker, since, until, reason, confidence from assignment where enterprise = $1 order by line, since",
        id_,
    )
    return {
        "id": id_, "code": row["code"], "name": row["name"], "former_names": orjson.loads(row["former_names"]),
        "standing": row["standing"], "standing_label": Standing(row["standing"]).label, "standing_on": row["standing_on"],
        "managed_elsewhere": row["managed_elsewhere"], **orjson.loads(row["particulars"]),
        **{name: mask(text) for name, text in zip(sealed, texts, strict=True)},
        "assignments": [dict(item) for item in held], "version": row["ver"],
    }  # fmt: skip
