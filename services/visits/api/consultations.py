"""Consultations: the agenda that fills itself, the minutes, and the tasks that came of them (R25)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Query, Request, Response

from services.visits.api.reading import filters, kept
from services.visits.domain.access import may_see
from services.visits.domain.consultation import (
    CONSULTATION,
    ConfirmConsultation,
    ConsultationAlreadyHeld,
    FulfilDecision,
    HoldConsultation,
    State,
    TakeDecision,
    There,
    Unheld,
    allowed_actions,
    may_call,
    overdue,
)
from services.visits.projections.consultations import read
from shared.asking import Caller, CommandId, Cursor, Expected, Limit, listing, receipt
from shared.decider import Actor
from shared.directory import Directory, KnownUnit
from shared.entrance import Entrance
from shared.handle import Done
from shared.months import Month, local_date
from shared.problems import KeyReused, Unknown
from shared.reach import unit_of
from shared.service import Service
from shared.terms import Category, Operation, Review, VisitFlag, derived_id

router = APIRouter(tags=["会商研判"], route_class=Entrance)

ConsultationId = Annotated[UUID, Path(description="会商编号(UUIDv7,由客户端生成)")]
UnitQuery = Annotated[str | None, Query(pattern=r"^[0-9A-Za-z-]{1,20}$", description="单位编码")]
MonthQuery = Annotated[str | None, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="月份 YYYY-MM,默认本月")]

_AGENDA = """
select v.id, v.enterprise, v.enterprise_name, v.code, v.on_date, v.review, v.flags, v.state->'told' as told,
    v.state->'missing' as missing,
    coalesce((select array_agg(s.consultation order by s.consultation) from consultation_subject s
        join consultation c on c.id = s.consultation and c.unit = $1
        where s.kind = 'visit' and s.subject = v.id), '{}') as talked_over
from visit v join visit_unit u on u.visit = v.id and u.unit = $1
where v.month = $2 and v.review not in ('voided', 'held') and (
    v.review in ('returned', 'held') or not v.counted or v.flags <> '[]' or v.demands > 0
    or v.state->'told'->>'difficulties' <> '' or v.state->'told'->>'operation' in ('reduced', 'closed'))
order by v.on_date, v.id limit 501
"""


class TaskState(StrEnum):
    """Which tasks are asked for."""

    OPEN = "open"
    OVERDUE = "overdue"
    DONE = "done"


async def _people(service: Service, members: Sequence[UUID], on: date) -> dict[str, Any]:
    directory = Directory(service.pool)
    known = await directory.members(members, on)
    codes = {post.unit for member in known.values() for post in member.posts}
    units: dict[str, KnownUnit] = {code: await directory.unit(code, on) for code in sorted(codes)}
    return {"members": known, "units": units}


async def _answer(service: Service, response: Response, id_: UUID, done: Done[State], caller: Actor) -> dict[str, Any]:
    if isinstance(done.state, Unheld):
        raise Unknown(what="consultation", id=str(id_))
    return {**receipt(service, response, done), **_shown(service, id_, done.version, done.state, caller)}


def _shown(service: Service, id_: UUID, version: int, state: There, caller: Actor) -> dict[str, Any]:
    today = local_date(service.clock())
    tasks = [
        {
            **item.model_dump(mode="json"), "done": item.no in state.done, "words": state.done.get(item.no),
            "overdue": overdue(item, state.done, today),
        }
        for item in state.decisions
    ]  # fmt: skip
    return {
        "id": id_, "version": version, **state.told.model_dump(mode="json", exclude={"decisions"}), "confirmed": state.confirmed,
        "tasks": tasks, "allowed_actions": allowed_actions(state, caller),
    }  # fmt: skip


@router.put("/consultations/{id_}", name="hold_consultation", summary="登记会商", status_code=201)
async def hold(
    id_: ConsultationId, command: HoldConsultation, caller: Caller, request: Request, response: Response
) -> dict[str, Any]:
    """Bound to at least one visit or ticket; each decision becomes a task. The same content again changes nothing."""
    service: Service = request.app.state.service
    may_call(command.unit, caller)
    rows = await service.pool.fetch(
        "select visit, array_agg(unit) as units from visit_unit where visit = any($1::uuid[]) group by visit",
        list(command.visits),
    )
    found = await _people(service, [*command.participants, *(wish.member for wish in command.decisions)], command.on)
    found["visits"] = {row["visit"]: frozenset(row["units"]) for row in rows}
    try:
        done = await service.desk.handle(
            CONSULTATION, id_, command, await service.context(caller, id_, **found),
            command_id=derived_id("visits", "hold-consultation", str(id_)),
        )  # fmt: skip
    except KeyReused:
        raise ConsultationAlreadyHeld(consultation=str(id_)) from None
    response.status_code = 200 if done.replayed else 201
    return await _answer(service, response, id_, done, caller)


@router.get("/consultations/agenda", name="get_agenda", summary="会商议程(自动生成)")
async def agenda(
    unit: Annotated[str, Query(pattern=r"^[0-9A-Za-z-]{1,20}$", description="单位编码")], caller: Caller, request: Request,
    month: MonthQuery = None,
) -> dict[str, Any]:  # fmt: skip
    """The month's visits that want talking over, each with its reasons, and the tasks that are overdue."""
    service: Service = request.app.state.service
    may_see(caller, unit)
    today = local_date(service.clock())
    known = await Directory(service.pool).unit(unit, today)
    asked = Month.parse(month) if month else Month.of(today)
    rows = await service.pool.fetch(_AGENDA, unit, str(asked))
    late = await service.pool.fetch(
        "select consultation, no, content, member, due from consultation_task "
        "where unit = $1 and not done and due < $2 order by due, consultation, no limit 100",
        unit, today,
    )  # fmt: skip
    return {
        "unit": unit, "name": known.name, "month": str(asked), "items": [_agenda_item(row) for row in rows[:500]],
        "truncated": len(rows) > 500, "overdue_tasks": [dict(row) for row in late],  # noqa: PLR2004
        "issues": {
            "note": "未办结、逾期和跟踪服务的问题见问题台账", "href": f"/api/issues/issues?unit={unit}",
        },
    }  # fmt: skip


def _agenda_item(row: Any) -> dict[str, Any]:
    told: dict[str, Any] = orjson.loads(row["told"])
    missing: list[str] = orjson.loads(row["missing"]) if row["missing"] else []
    operation = Operation(told["operation"])
    review = Review(row["review"])
    reasons = [
        *([f"走访{review.label}"] if review not in (Review.PENDING, Review.ACCEPTED) else []),
        *(VisitFlag(flag).label for flag in orjson.loads(row["flags"])),
        *missing,
        *(f"诉求:{Category(item['category']).label}" for item in told["demands"]),
        *(["反映困难"] if told["difficulties"] else []),
        *([f"生产经营异常({operation.label})"] if operation in (Operation.REDUCED, Operation.CLOSED) else []),
    ]
    return {
        "visit": row["id"], "enterprise": row["enterprise"], "name": row["enterprise_name"], "code": row["code"], "on": row["on_date"],
        "reasons": reasons, "difficulties": told["difficulties"], "demands": [item["content"] for item in told["demands"]],
        "talked_over": row["talked_over"], "href": f"/api/visits/visits/{row['id']}",
    }  # fmt: skip


@router.get("/consultations/tasks", name="list_consultation_tasks", summary="会商决定事项")
async def tasks(
    caller: Caller, request: Request, unit: UnitQuery = None, member: UUID | None = None, state: TaskState | None = None,
    cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """Tasks by unit, member and state, the earliest due first."""
    service: Service = request.app.state.service
    today = local_date(service.clock())
    where, args = filters(unit=unit_of(caller, unit), member=member)
    if state is not None:
        where.append("done" if state is TaskState.DONE else "not done")
    if state is TaskState.OVERDUE:
        args.append(today)
        where.append(f"due < ${len(args)}")
    page = await listing(
        service.pool, table="consultation_task", columns="consultation, no, held_by, unit, member, due, done, content, words",
        where=where, args=args, order=["due", "consultation", "no"], cursor=cursor, limit=limit,
    )  # fmt: skip
    for item in page["items"]:
        item["overdue"] = not item["done"] and item["due"] < today
    return page


@router.get("/consultations", name="list_consultations", summary="会商查询")
async def consultations(
    caller: Caller, request: Request, unit: UnitQuery = None, visit: UUID | None = None, ticket: UUID | None = None,
    cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """Of a unit; those that talked over a visit or a ticket."""
    service: Service = request.app.state.service
    where, args = filters(unit=unit_of(caller, unit))
    for kind, id_ in (("visit", visit), ("ticket", ticket)):
        if id_ is not None:
            args.append(id_)
            where.append(
                f"id in (select consultation from consultation_subject where kind = '{kind}' and subject = ${len(args)})"
            )
    return await listing(
        service.pool, table="consultation", columns='id, ver as version, unit, on_date as "on", title, confirmed, tasks, done',
        where=where, args=args, order=["on_date", "id"], cursor=cursor, limit=limit,
    )  # fmt: skip


@router.get("/consultations/{id_}", name="get_consultation", summary="会商详情")
async def get(id_: ConsultationId, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    service: Service = request.app.state.service
    version, state = await _found(service, id_, caller)
    response.headers["ETag"] = f'"{version}"'
    return _shown(service, id_, version, state, caller)


async def _found(service: Service, id_: UUID, caller: Actor) -> tuple[int, There]:
    version, text = await kept(service, "consultation", id_)
    state = read(text)
    may_see(caller, state.told.unit, *(item.unit for item in state.decisions))
    return version, state


async def _told(
    id_: UUID, command: ConfirmConsultation | TakeDecision | FulfilDecision, caller: Actor, command_id: UUID,
    expected: int | None, request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    service: Service = request.app.state.service
    _, state = await _found(service, id_, caller)
    members = [command.decision.member] if isinstance(command, TakeDecision) else []
    known = await _people(service, members, state.told.on)
    done = await service.desk.handle(
        CONSULTATION, id_, command, await service.context(caller, id_, **known), command_id=command_id, expected=expected
    )
    return await _answer(service, response, id_, done, caller)


@router.post("/consultations/{id_}/confirm", name="confirm_consultation", summary="确认会商纪要")
async def confirm(
    id_: ConsultationId, command: ConfirmConsultation, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _told(id_, command, caller, command_id, expected, request, response)


@router.post("/consultations/{id_}/decide", name="take_decision", summary="增加会商决定事项")
async def take(
    id_: ConsultationId, command: TakeDecision, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _told(id_, command, caller, command_id, expected, request, response)


@router.post("/consultations/{id_}/fulfil", name="fulfil_decision", summary="办结会商决定事项")
async def fulfil(
    id_: ConsultationId, command: FulfilDecision, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _told(id_, command, caller, command_id, expected, request, response)
