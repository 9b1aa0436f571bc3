"""Consultations: the agenda that fills itself, the minutes, and the tasks that came of them (R25)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from services.visits.domain.consultation import (
    CONSULTATION,
    ConfirmConsultation,
    ConsultationAlreadyHeld,
    FulfilDecision,
    HoldConsultation,
    KnownPeople,
    State,
    TakeDecision,
    Unheld,
    may_call,
)
from services.visits.queries import consultations as asked
from services.visits.queries.consultations import (
    Agenda,
    Consultation,
    ConsultationReceipt,
    ConsultationRow,
    TaskRow,
    TaskState,
)
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Expected, Limit, receipt
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.known import KnownUnit
from shared.language.months import Month, local_date
from shared.language.problems import KeyReused, Unknown
from shared.language.terms import derived_id
from shared.log.directory import Directory
from shared.log.handle import Done

router = APIRouter(tags=["会商研判"], route_class=Entrance)

ConsultationId = Annotated[UUID, Path(description="会商编号(UUIDv7,由客户端生成)")]
UnitQuery = Annotated[str | None, Query(pattern=r"^[0-9A-Za-z-]{1,20}$", description="单位编码")]
MonthQuery = Annotated[str | None, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="月份 YYYY-MM,默认本月")]


async def _people(service: Service, members: Sequence[UUID], on: date) -> KnownPeople:
    directory = Directory(service.pool)
    known = await directory.members(members, on)
    codes = {post.unit for member in known.values() for post in member.posts}
    units: dict[str, KnownUnit] = {code: await directory.unit(code, on) for code in sorted(codes)}
    return KnownPeople(known, units)


def _answer(service: Service, response: Response, id_: UUID, done: Done[State], caller: Actor) -> ConsultationReceipt:
    if isinstance(done.state, Unheld):
        raise Unknown(what="consultation", id=str(id_))
    shown = asked.consultation(id_, done.version, done.state, local_date(service.clock()), caller)
    return ConsultationReceipt.of(receipt(service, response, done), shown)


@router.put("/consultations/{id_}", name="hold_consultation", summary="登记会商", status_code=201)
async def hold(
    id_: ConsultationId, command: HoldConsultation, caller: Caller, request: Request, response: Response
) -> ConsultationReceipt:
    """Bound to at least one visit or ticket; each decision becomes a task. The same content again changes nothing."""
    service: Service = request.app.state.service
    may_call(command.unit, caller)
    found = await _people(service, [*command.participants, *(wish.member for wish in command.decisions)], command.on)
    known = replace(found, visits=await asked.units_of_visits(service, command.visits))
    try:
        done = await service.desk.handle(
            CONSULTATION,
            id_,
            command,
            await service.context(caller, id_, known),
            command_id=derived_id("visits", "hold-consultation", str(id_)),
        )
    except KeyReused:
        raise ConsultationAlreadyHeld(consultation=str(id_)) from None
    response.status_code = 200 if done.replayed else 201
    return _answer(service, response, id_, done, caller)


@router.get("/consultations/agenda", name="get_agenda", summary="会商议程(自动生成)")
async def agenda(
    unit: Annotated[str, Query(pattern=r"^[0-9A-Za-z-]{1,20}$", description="单位编码")],
    caller: Caller,
    request: Request,
    month: MonthQuery = None,
) -> Agenda:
    """The month's visits that want talking over, each with its reasons, and the tasks that are overdue."""
    return await asked.agenda(request.app.state.service, caller, unit, Month.parse(month) if month else None)


@router.get("/consultations/tasks", name="list_consultation_tasks", summary="会商决定事项")
async def tasks(
    caller: Caller,
    request: Request,
    unit: UnitQuery = None,
    member: UUID | None = None,
    state: TaskState | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[TaskRow]:
    """Tasks by unit, member and state, the earliest due first."""
    return await asked.tasks(request.app.state.service, caller, unit, member, state, cursor, limit)


@router.get("/consultations", name="list_consultations", summary="会商查询")
async def consultations(
    caller: Caller,
    request: Request,
    unit: UnitQuery = None,
    visit: UUID | None = None,
    ticket: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[ConsultationRow]:
    """Of a unit; those that talked over a visit or a ticket."""
    return await asked.consultations(request.app.state.service, caller, unit, visit, ticket, cursor, limit)


@router.get("/consultations/{id_}", name="get_consultation", summary="会商详情")
async def get(id_: ConsultationId, caller: Caller, request: Request, response: Response) -> Consultation:
    service: Service = request.app.state.service
    version, state = await asked.found(service, id_, caller)
    response.headers["ETag"] = f'"{version}"'
    return asked.consultation(id_, version, state, local_date(service.clock()), caller)


async def _receipt(
    id_: UUID,
    command: ConfirmConsultation | TakeDecision | FulfilDecision,
    caller: Actor,
    command_id: UUID,
    expected: int | None,
    request: Request,
    response: Response,
) -> ConsultationReceipt:
    service: Service = request.app.state.service
    _, state = await asked.found(service, id_, caller)
    members = [command.decision.member] if isinstance(command, TakeDecision) else []
    known = await _people(service, members, state.told.on)
    done = await service.desk.handle(
        CONSULTATION, id_, command, await service.context(caller, id_, known), command_id=command_id, expected=expected
    )
    return _answer(service, response, id_, done, caller)


@router.post("/consultations/{id_}/confirm", name="confirm_consultation", summary="确认会商纪要")
async def confirm(
    id_: ConsultationId,
    command: ConfirmConsultation,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> ConsultationReceipt:
    return await _receipt(id_, command, caller, command_id, expected, request, response)


@router.post("/consultations/{id_}/decide", name="take_decision", summary="增加会商决定事项")
async def take(
    id_: ConsultationId,
    command: TakeDecision,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> ConsultationReceipt:
    return await _receipt(id_, command, caller, command_id, expected, request, response)


@router.post("/consultations/{id_}/fulfil", name="fulfil_decision", summary="办结会商决定事项")
async def fulfil(
    id_: ConsultationId,
    command: FulfilDecision,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> ConsultationReceipt:
    return await _receipt(id_, command, caller, command_id, expected, request, response)
