"""Units: the district, its departments and townships, what is under them, on any day."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request, Response

from services.roster.api import dated, lookups
from services.roster.domain.unit import (
    UNIT,
    Asked,
    ChargeUnit,
    ConfirmUnitEnd,
    EndUnit,
    EstablishUnit,
    KnownUnit,
    MoveUnit,
    RejectUnitEnd,
    RenameUnit,
    WithdrawUnitEnd,
)
from shared.asking import Caller, CommandId, Cursor, Expected, Limit, listing, receipt
from shared.decider import Actor
from shared.entrance import Entrance
from shared.months import WrittenDate, local_date
from shared.problems import KeyReused, Unknown
from shared.reach import figures_of
from shared.service import Service
from shared.terms import UnitKind, derived_id

router = APIRouter(tags=["单位"], route_class=Entrance)

On = Annotated[WrittenDate | None, Query(description="哪一天,默认今天")]
UnitCode = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,20}$", description="单位编码")]


@router.put("/units/{code}", name="establish_unit", summary="设立单位(可注明由哪些单位析出或合并)", status_code=201)
async def establish(
    code: UnitCode, command: EstablishUnit, caller: Caller, request: Request, response: Response
) -> dict[str, Any]:
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
    return {**await service.shown(UNIT, code, done, lambda then: _unit(then, code)), **receipt(service, response, done)}


@router.post("/units/{code}/rename", name="rename_unit", summary="单位更名")
async def rename(
    code: UnitCode, command: RenameUnit, caller: Caller, command_id: CommandId, expected: Expected, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await change(code, command, caller, command_id, expected, request, response)


@router.post("/units/{code}/move", name="move_unit", summary="村(社区)、分支机构改属")
async def move(
    code: UnitCode, command: MoveUnit, caller: Caller, command_id: CommandId, expected: Expected, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await change(code, command, caller, command_id, expected, request, response)


@router.post(
    "/units/{code}/end", name="end_unit", summary="单位撤销(提出)", responses={202: {"description": "已提出,待另一人确认"}}
)
async def end(
    code: UnitCode, command: EndUnit, caller: Caller, command_id: CommandId, expected: Expected, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    """One person of the office proposes (202, ``proposal``), another one confirms; one of the two is the head of the office."""
    return await change(code, command, caller, command_id, expected, request, response)


@router.post("/units/{code}/confirm", name="confirm_unit_end", summary="确认单位撤销(须为另一人)")
async def confirm_end(
    code: UnitCode, command: ConfirmUnitEnd, caller: Caller, command_id: CommandId, expected: Expected, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await change(code, command, caller, command_id, expected, request, response)


@router.post("/units/{code}/reject", name="reject_unit_end", summary="退回或收回单位撤销的提议")
async def reject_end(
    code: UnitCode, command: RejectUnitEnd, caller: Caller, command_id: CommandId, expected: Expected, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await change(code, command, caller, command_id, expected, request, response)


@router.post("/units/{code}/withdraw-end", name="withdraw_unit_end", summary="撤回单位撤销")
async def withdraw_end(
    code: UnitCode, command: WithdrawUnitEnd, caller: Caller, command_id: CommandId, expected: Expected, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    """The unit goes on as if its end had not been said. Another day, or other successors, are said by ending it again."""
    return await change(code, command, caller, command_id, expected, request, response)


@router.post("/units/{code}/charge", name="charge_unit", summary="定责:写明单位职责")
async def charge(
    code: UnitCode, command: ChargeUnit, caller: Caller, command_id: CommandId, expected: Expected, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await change(code, command, caller, command_id, expected, request, response)


async def change(
    code: str, command: Asked, caller: Actor, command_id: Any, expected: int | None, request: Request, response: Response
) -> dict[str, Any]:
    """One change of a unit, and the unit as it is then."""
    service: Service = request.app.state.service
    context = await service.context(caller, code, KnownUnit(code, command_id))
    prepare = partial(lookups.among_units, command)
    done = await service.desk.handle(UNIT, code, command, context, command_id=command_id, expected=expected, prepare=prepare)
    shown = await service.shown(UNIT, code, done, lambda then: _unit(then, code))
    if isinstance(command, EndUnit) and shown["proposal"] is not None:
        response.status_code = 202
    return {**shown, **receipt(service, response, done)}


@router.get("/units", name="list_units", summary="单位列表(任意一天)")
async def units(
    _caller: Caller, request: Request, kind: UnitKind | None = None, parent: str | None = Query(None, max_length=20),
    on: On = None, cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """Units standing on a day (today when none is named), as they were called and under which they stood on that day."""
    service: Service = request.app.state.service
    day = on or local_date(service.clock())
    where = ["since <= $1", "(ended is null or ended > $1)"]
    args: list[Any] = [day]
    for column, value in (("kind", kind), ("parent", parent)):
        if value is not None:
            args.append(str(value))
            where.append(f"{column} = ${len(args)}")
    page = await listing(
        service.pool, table=f"{dated.units('$1')} unit", columns="code, name, kind, parent, line, since, ended, predecessors, successors",
        where=where, args=args, order=["code"], cursor=cursor, limit=limit,
    )  # fmt: skip
    for item in page["items"]:
        item.update(predecessors=orjson.loads(item["predecessors"]), successors=orjson.loads(item["successors"]))
    return page


@router.get("/units/{code}", name="get_unit", summary="单位")
async def get_unit(code: UnitCode, _caller: Caller, request: Request, on: On = None) -> dict[str, Any]:
    """As it is called, and under which it stands, on a day."""
    return await _unit(request.app.state.service, code, on)


@router.get("/units/{code}/leftovers", name="list_leftovers", summary="单位撤销后仍待转移的企业和人员")
async def leftovers(
    code: UnitCode, caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100
) -> dict[str, Any]:
    """The enterprises whose assignment still names the unit; ``posts`` counts the posts still held in it."""
    service: Service = request.app.state.service
    figures_of(caller, code)
    found = await _unit(service, code)
    day = local_date(service.clock())
    page = await listing(
        service.pool, table="enterprise e join assignment a on a.enterprise = e.id",
        columns="e.id, e.code, e.name, a.line, a.unit, a.sub_unit, a.worker, a.since",
        where=["(a.unit = $1 or a.sub_unit = $1)", "(a.until is null or a.until > $2)"], args=[code, day], order=["e.code", "a.line"],
        cursor=cursor, limit=limit,
    )  # fmt: skip
    posts = await service.pool.fetchval(
        "select count(*) from post where (unit = $1 or sub_unit = $1) and since <= $2 and (until is null or until > $2)",
        code,
        day,
    )
    return {**page, "posts": posts, "ended": found["ended"], "successors": found["successors"]}


async def _unit(service: Service, code: str, on: date | None = None) -> dict[str, Any]:
    row = await service.pool.fetchrow(
        "select code, name, kind, parent, line, since, ended, duty, predecessors, successors, ver as version "
        f"from {dated.units('$1')} unit where code = $2",
        on or local_date(service.clock()), code,
    )  # fmt: skip
    if row is None:
        raise Unknown(what="unit", id=code)
    waits = await service.pool.fetchrow(
        "select id, on_date as on, successors, document, by, proposed_on from unit_ending where code = $1", code
    )
    proposal = waits and {**waits, "successors": orjson.loads(waits["successors"])}
    return {
        **row,
        "proposal": proposal and proposal["id"],
        "proposed_end": proposal,
        "predecessors": orjson.loads(row["predecessors"]),
        "successors": orjson.loads(row["successors"]),
    }
