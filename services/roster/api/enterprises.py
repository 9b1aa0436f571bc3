"""Enterprises: the register, what it says of each on any day, and how completely they are placed."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Query, Request, Response

from services.roster.domain.access import PUBLIC, looks_up
from services.roster.domain.commands import (
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
from services.roster.domain.enterprise import ENTERPRISE, KnownPlaces, Registered
from services.roster.queries import dated, lookups
from services.roster.queries.reading import answering, reach
from shared import writing
from shared.asking import Caller, CommandId, Cursor, Expected, ExpectedNeeded, Limit, listing, receipt
from shared.decider import Actor
from shared.entrance import Entrance
from shared.months import WrittenDate, local_date
from shared.percent import percentage
from shared.problems import Malformed, Unknown
from shared.reach import figures_of, unit_of
from shared.service import Service
from shared.terms import Line, Role, Size, Standing, derived_id
from shared.vault import Personal

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
    workers = await lookups.workers(service.pool, [item.worker for item in command.assignments], local_date(service.clock()))
    context = await service.context(caller, key, KnownPlaces(await lookups.lines(service.pool, units), workers))
    done = await service.desk.handle(ENTERPRISE, key, command, context, command_id=derived_id("roster", "register", code.upper()))
    response.status_code = 200 if done.replayed else 201
    return {
        **await service.shown(ENTERPRISE, key, done, lambda then: _enterprise(then, key, caller)),
        **receipt(service, response, done),
    }


async def _change(
    id_: UUID, command: Changed, caller: Actor, command_id: UUID, expected: int | None, request: Request, response: Response
) -> dict[str, Any]:
    service: Service = request.app.state.service
    known: KnownPlaces | None = None
    said = await _proposed(service, id_, command.proposal) if isinstance(command, ConfirmMove) else command
    if isinstance(said, AssignEnterprise):
        held = await lookups.answering(service.pool, id_, said.line)
        known = KnownPlaces(
            await lookups.lines(service.pool, [said.unit, said.sub_unit, *held], said.on),
            await lookups.workers(service.pool, [said.worker], max(said.on, local_date(service.clock()))),
            command_id,
        )
    context = await service.context(caller, id_, known)
    done = await service.desk.handle(ENTERPRISE, id_, command, context, command_id=command_id, expected=expected)
    shown = await service.shown(ENTERPRISE, id_, done, lambda then: _enterprise(then, id_, caller))
    waits = moved_to(done.state, said, caller.id) if said is command and isinstance(said, AssignEnterprise) else None
    if waits is not None:
        response.status_code = 202
    return {**shown, **receipt(service, response, done), **({"proposal": waits} if waits else {})}


def moved_to(state: Any, said: AssignEnterprise, by: UUID) -> UUID | None:
    """The proposal that waits for a second person after this was said."""
    same = (said.line, said.unit, said.sub_unit, said.worker, said.on, by)
    moves = state.moves if isinstance(state, Registered) else ()
    return next((m.id for m in moves if (m.line, m.unit, m.sub_unit, m.worker, m.on, m.by) == same), None)


async def _proposed(service: Service, id_: UUID, proposal: UUID) -> AssignEnterprise | None:
    row = await service.pool.fetchrow("select * from enterprise_move where id = $1 and enterprise = $2", proposal, id_)
    return row and AssignEnterprise(
        line=Line(row["line"]), unit=row["unit"], sub_unit=row["sub_unit"], worker=row["worker"], on=row["on_date"],
        reason=row["reason"], document=row["document"],
    )  # fmt: skip


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


@router.post(
    "/enterprises/{id_}/assign", name="assign_enterprise", summary="落实网格与网格员(在单位之间调整为提出)",
    responses={202: {"description": "已提出调整单位,待另一人确认"}},
)  # fmt: skip
async def assign(
    id_: EnterpriseId, command: AssignEnterprise, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    """Where another unit answers on that day, this proposes the move (202, ``proposal``): another person of the office confirms."""
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post("/enterprises/{id_}/confirm", name="confirm_move", summary="确认企业调整单位(须为另一人)")
async def confirm_move(
    id_: EnterpriseId, command: ConfirmMove, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post("/enterprises/{id_}/reject", name="reject_move", summary="退回或收回企业调整单位的提议")
async def reject_move(
    id_: EnterpriseId, command: RejectMove, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post("/enterprises/{id_}/verify-contact-loss", name="verify_contact_loss", summary="核实失联")
async def verify_contact_loss(
    id_: EnterpriseId, command: VerifyContactLoss, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post("/enterprises/{id_}/tag", name="tag_enterprise", summary="设置企业标签")
async def tag(
    id_: EnterpriseId, command: TagEnterprise, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post("/enterprises/{id_}/prefer-contact", name="prefer_contact", summary="设置企业联系偏好与免打扰")
async def prefer_contact(
    id_: EnterpriseId, command: PreferContact, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.get("/enterprises", name="list_enterprises", summary="企业库查询")
async def enterprises(
    caller: Caller, request: Request, q: str | None = Query(None, max_length=100, description="名称或代码的一部分"),
    unit: str | None = Query(None, max_length=20), standing: Standing | None = None, worker: UUID | None = None,
    on: On = None, in_scope: Annotated[bool | None, Query(description="该日是否在服务范围")] = None, size: Size | None = None,
    tag: Annotated[str | None, Query(max_length=30, description="标签")] = None,
    cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """Those of a unit, of a worker, of a standing, of a size, or by a part of a name, a former name or the code.

    Standing, scope and assignment are those of the day ``on``, today when none is named.
    """
    service: Service = request.app.state.service
    looks_up(caller)
    day = on or local_date(service.clock())
    where: list[str] = ["$1::date is not null"]
    args: list[Any] = [day]
    then = "since <= $1 and (until is null or until > $1)"
    where.append("registered_on <= $1")
    if q:
        where.append(writing.matching("found_by", q, args))
    if standing:
        args.append(str(standing))
        where.append(f"standing = ${len(args)}")
    if in_scope is not None:
        where.append(("" if in_scope else "not ") + f"exists (select from scope s where s.enterprise = id and {then})")
    if size:
        args.append(str(size))
        where.append(f"size = ${len(args)}")
    if tag:
        known = await service.pool.fetch("select distinct jsonb_array_elements_text(tags) as tag from enterprise")
        args.append([row["tag"] for row in known if writing.key(row["tag"]) == writing.key(tag)])
        where.append(f"tags ?| ${len(args)}::text[]")
    for column, value in (("unit", unit), ("worker", worker)):
        if value is not None:
            args.append(value)
            where.append(f"id in (select enterprise from assignment where {column} = ${len(args)} and {then})")
    if not caller.holds(Role.HOTLINE):
        unit_of(caller, unit)
        mine = "id in (select enterprise from assignment where unit = {} and " + then + ")"
        (await reach(service, caller, day)).narrowed(where, args, unit=mine, enterprise="id")
    return await listing(
        service.pool, table=f"{dated.register('$1')} enterprise",
        columns="id, code, name, industry, branch, managed_elsewhere, address, size, standing",
        where=where, args=args, order=["code"], cursor=cursor, limit=limit,
    )  # fmt: skip


@router.get("/enterprises/{id_}", name="get_enterprise", summary="企业档案")
async def get_enterprise(
    id_: EnterpriseId, caller: Caller, request: Request, response: Response, on: On = None
) -> dict[str, Any]:
    """What the register says of it on the day ``on``, today when none is named; particulars and telephones are the latest."""
    answer = await _enterprise(request.app.state.service, id_, caller, on)
    response.headers["ETag"] = f'"{answer["version"]}"'
    return answer


_GRID = """
select count(*) as in_scope, count(v.unit) as vertical, count(h.unit) as horizontal,
    count(*) filter (where v.unit is not null and h.unit is not null) as both_lines,
    count(*) filter (where v.staffed) as vertical_staffed, count(*) filter (where h.staffed) as horizontal_staffed,
    count(*) filter (where v.staffed and h.staffed) as both_staffed
from scope s
left join lateral ({line}) v on true
left join lateral ({other}) h on true
where s.since <= $1 and (s.until is null or s.until > $1) and ($2::text is null or $2 in (v.unit, h.unit))
"""
_HELD = """select a.unit, exists (select from post p where p.member = a.worker and p.unit = a.unit and p.since <= $1
    and (p.until is null or p.until > $1)) as staffed
    from assignment a join unit u on u.code = a.unit and (u.ended is null or u.ended > $1)
    where a.enterprise = s.enterprise and a.line = '{line}' and a.since <= $1 and (a.until is null or a.until > $1)"""
_COVERAGE = _GRID.format(line=_HELD.format(line="vertical"), other=_HELD.format(line="horizontal"))


@router.get("/coverage/grid", name="get_grid_coverage", summary="网格覆盖率")
async def grid_coverage(
    caller: Caller, request: Request, unit: Annotated[str | None, Query(max_length=20, pattern=r"^[0-9A-Za-z-]*$")] = None,
    on: On = None,
) -> dict[str, Any]:  # fmt: skip
    """Assigned of those in scope on a day (R05; kpi §8): by line, on both, and with somebody at their post; 100.00 only if all."""
    service: Service = request.app.state.service
    day = on or local_date(service.clock())
    unit = figures_of(caller, unit)
    row = await service.pool.fetchrow(_COVERAGE, day, unit)
    whole = row["in_scope"]
    names = ("vertical", "horizontal", "both_lines", "vertical_staffed", "horizontal_staffed", "both_staffed")
    return {
        "on": day, "unit": unit, "in_scope": whole,
        **{name: {"n": row[name], "d": whole, "pct": percentage(row[name], whole)} for name in names},
    }  # fmt: skip


_ONE = f"""
select e.*, exists (select from scope s where s.enterprise = e.id and s.since <= $2 and (s.until is null or s.until > $2)) as in_scope
from {dated.register("$2")} e where e.id = $1
"""


def _as_of(row: Any, day: date) -> dict[str, Any]:
    if row["registered_on"] > day:
        return {"on": day, "registered": False, "standing": None, "name": None, "in_scope": False}
    return {
        "on": day, "registered": True, "standing": row["standing"], "standing_label": Standing(row["standing"]).label,
        "name": row["name"], "in_scope": row["in_scope"],
    }  # fmt: skip


async def _enterprise(service: Service, id_: UUID, caller: Actor, on: date | None = None) -> dict[str, Any]:
    looks_up(caller)
    day = on or local_date(service.clock())
    row = await service.pool.fetchrow(_ONE, id_, day)
    if row is None:
        raise Unknown(what="enterprise", id=str(id_))
    sealed: dict[str, Any] = orjson.loads(row["sealed"])
    texts = await service.vault.masked([Personal.read(token) for token in sealed.values()])
    held = await service.pool.fetch(
        "select line, unit, sub_unit, worker, since, until, reason, confidence from assignment where enterprise = $1 order by line, since",
        id_,
    )
    moves = await service.pool.fetch(
        "select id, line, unit, sub_unit, worker, on_date as on, reason, by, proposed_on from enterprise_move where enterprise = $1 "
        "order by proposed_on, id", id_,
    )  # fmt: skip
    told = {
        "id": id_, "code": row["code"], "name": row["name"], "former_names": orjson.loads(row["former_names"]),
        "standing": row["standing"], "standing_label": Standing(row["standing"]).label, "standing_on": row["standing_on"],
        "managed_elsewhere": row["managed_elsewhere"], **orjson.loads(row["particulars"]),
        **dict(zip(sealed, texts, strict=True)),
        "size": row["size"], "size_label": Size(row["size"]).label if row["size"] else None, "size_basis": row["size_basis"],
        "tags": orjson.loads(row["tags"]), "preferred": orjson.loads(row["preferred"] or "null"), "missed_on": row["missed_on"],
        "registered_on": row["registered_on"], "as_of": _as_of(row, day),
        "assignments": [dict(item) for item in held], "moves": [dict(item) for item in moves], "version": row["ver"],
    }  # fmt: skip
    desk = caller.holds(Role.HOTLINE)
    if desk or (await reach(service, caller)).covers(await answering(service, id_), id_):
        return told
    return {name: value for name, value in told.items() if name in PUBLIC}
