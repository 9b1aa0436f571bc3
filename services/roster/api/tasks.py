"""Guidance: tasks a head sets for members of the unit, and how far each unit has got."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from services.roster.domain.task import TASK, CancelTask, DoTask, KnownTask, ProgressTask, SetTask, TaskCommand
from services.roster.queries import tasks as asked
from services.roster.queries.tasks import Task, TaskReceipt, TaskRow, TaskSummary
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Expected, Limit, receipt
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.problems import KeyReused
from shared.language.terms import TaskStage, derived_id

router = APIRouter(tags=["督促指导"], route_class=Entrance)

TaskId = Annotated[UUID, Path(description="任务编号(UUIDv7)")]
UnitQuery = Annotated[str | None, Query(max_length=20, description="单位编码")]


@router.put("/tasks/{id_}", name="set_task", summary="布置任务", status_code=201)
async def set_(id_: TaskId, command: SetTask, caller: Caller, request: Request, response: Response) -> TaskReceipt:
    service: Service = request.app.state.service
    context = await service.context(caller, id_, KnownTask(await asked.staff(service, command.unit)))
    id_of = derived_id("roster", "set-task", str(id_))
    try:
        done = await service.desk.handle(TASK, id_, command, context, command_id=id_of)
    except KeyReused:  # The decider says it in the task's own words.
        done = await service.desk.handle(
            TASK, id_, command, context, command_id=derived_id(str(id_of), command.model_dump_json())
        )
    response.status_code = 200 if done.replayed else 201
    shown = await service.shown(TASK, id_, done, lambda then: asked.task(then, id_))
    return TaskReceipt.of(receipt(service, response, done), shown)


async def _change(
    id_: UUID, command: TaskCommand, caller: Actor, command_id: UUID, expected: int | None, request: Request, response: Response
) -> TaskReceipt:
    service: Service = request.app.state.service
    context = await service.context(caller, id_, KnownTask())
    done = await service.desk.handle(TASK, id_, command, context, command_id=command_id, expected=expected)
    shown = await service.shown(TASK, id_, done, lambda then: asked.task(then, id_))
    return TaskReceipt.of(receipt(service, response, done), shown)


@router.post("/tasks/{id_}/progress", name="progress_task", summary="填报进展")
async def progress(
    id_: TaskId,
    command: ProgressTask,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> TaskReceipt:
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post("/tasks/{id_}/do", name="do_task", summary="完成任务")
async def do(
    id_: TaskId, command: DoTask, caller: Caller, command_id: CommandId, expected: Expected, request: Request, response: Response
) -> TaskReceipt:
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post("/tasks/{id_}/cancel", name="cancel_task", summary="取消任务")
async def cancel(
    id_: TaskId,
    command: CancelTask,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> TaskReceipt:
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.get("/tasks", name="list_tasks", summary="任务查询")
async def tasks(
    caller: Caller,
    request: Request,
    unit: UnitQuery = None,
    member: UUID | None = None,
    stage: TaskStage | None = None,
    *,
    overdue: bool = False,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[TaskRow]:
    """Of a unit, of a member, of a stage; the overdue ones. A unit sees its own."""
    service: Service = request.app.state.service
    return await asked.tasks(service, caller, unit, member, stage, overdue=overdue, cursor=cursor, limit=limit)


@router.get("/tasks/summary", name="summarise_tasks", summary="任务汇总(按单位、按副网格长)")
async def summary(caller: Caller, request: Request, unit: UnitQuery = None) -> TaskSummary:
    """Open, overdue, done and cancelled, per unit, and within it per deputy that has tasks."""
    return await asked.summary(request.app.state.service, caller, unit)


@router.get("/tasks/{id_}", name="get_task", summary="任务")
async def get(id_: TaskId, caller: Caller, request: Request) -> Task:
    return await asked.seen(request.app.state.service, id_, caller)
