"""Guidance: tasks a head sets for members of the unit, and how far each unit has got."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from services.roster.domain.access import business
from services.roster.domain.task import TASK, Asked, CancelTask, DoTask, KnownTask, ProgressTask, SetTask
from shared.asking import Caller, CommandId, Cursor, Expected, Limit, listing, receipt
from shared.decider import Actor
from shared.entrance import Entrance
from shared.months import local_date
from shared.problems import Forbidden, KeyReused, Unknown
from shared.reach import only_own, sees_unit, unit_of
from shared.service import Service
from shared.terms import TaskStage, derived_id

router = APIRouter(tags=["督促指导"], route_class=Entrance)

TaskId = Annotated[UUID, Path(description="任务编号(UUIDv7)")]
UnitQuery = Annotated[str | None, Query(max_length=20, description="单位编码")]


@router.put("/tasks/{id_}", name="set_task", summary="布置任务", status_code=201)
async def set_(id_: TaskId, command: SetTask, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    service: Service = request.app.state.service
    today = local_date(service.clock())
    rows = await service.pool.fetch(
        "select distinct member from post where unit = $1 and since <= $2 and (until is null or until > $2)", command.unit, today
    )
    context = await service.context(caller, id_, KnownTask({row["member"] for row in rows}))
    id_of = derived_id("roster", "set-task", str(id_))
    try:
        done = await service.desk.handle(TASK, id_, command, context, command_id=id_of)
    except KeyReused:  # The decider says it in the task's own words.
        done = await service.desk.handle(
            TASK, id_, command, context, command_id=derived_id(str(id_of), command.model_dump_json())
        )
    response.status_code = 200 if done.replayed else 201
    return {**await service.shown(TASK, id_, done, lambda then: _task(then, id_)), **receipt(service, response, done)}


async def _change(
    id_: UUID, command: Asked, caller: Actor, command_id: UUID, expected: int | None, request: Request, response: Response
) -> dict[str, Any]:
    service: Service = request.app.state.service
    done = await service.desk.handle(
        TASK, id_, command, await service.context(caller, id_, KnownTask()), command_id=command_id, expected=expected
    )
    return {**await service.shown(TASK, id_, done, lambda then: _task(then, id_)), **receipt(service, response, done)}


@router.post("/tasks/{id_}/progress", name="progress_task", summary="填报进展")
async def progress(
    id_: TaskId, command: ProgressTask, caller: Caller, command_id: CommandId, expected: Expected, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post("/tasks/{id_}/do", name="do_task", summary="完成任务")
async def do(
    id_: TaskId, command: DoTask, caller: Caller, command_id: CommandId, expected: Expected, request: Request, response: Response
) -> dict[str, Any]:
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post("/tasks/{id_}/cancel", name="cancel_task", summary="取消任务")
async def cancel(
    id_: TaskId, command: CancelTask, caller: Caller, command_id: CommandId, expected: Expected, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.get("/tasks", name="list_tasks", summary="任务查询")
async def tasks(
    caller: Caller, request: Request, unit: UnitQuery = None, member: UUID | None = None, stage: TaskStage | None = None,
    *, overdue: bool = False, cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """Of a unit, of a member, of a stage; the overdue ones. A unit sees its own."""
    service: Service = request.app.state.service
    where, args = _within(caller, unit)
    if member is not None:
        args.append(member)
        where.append(f"id in (select task from task_member where member = ${len(args)})")
    if stage is not None:
        args.append(str(stage))
        where.append(f"stage = ${len(args)}")
    today = local_date(service.clock())
    if overdue:
        args.append(today)
        where.append(f"stage = 'open' and due < ${len(args)}")
    page = await listing(
        service.pool, table="task",
        columns="id, ver as version, unit, title, content, due, set_on, stage, words, ended_on, "
        "array(select member from task_member m where m.task = task.id order by member) as members",
        where=where, args=args, order=["due", "id"], cursor=cursor, limit=limit,
    )  # fmt: skip
    for item in page["items"]:
        item.update(stage_label=TaskStage(item["stage"]).label, overdue=item["stage"] == "open" and item["due"] < today)
    return page


@router.get("/tasks/summary", name="summarise_tasks", summary="任务汇总(按单位、按副网格长)")
async def summary(caller: Caller, request: Request, unit: UnitQuery = None) -> dict[str, Any]:
    """Open, overdue, done and cancelled, per unit, and within it per deputy that has tasks."""
    service: Service = request.app.state.service
    where, args = _within(caller, unit)
    args.append(local_date(service.clock()))
    counts = (
        f"count(*) filter (where stage = 'open' and due >= ${len(args)})::int as open, "
        f"count(*) filter (where stage = 'open' and due < ${len(args)})::int as overdue, "
        "count(*) filter (where stage = 'done')::int as done, count(*) filter (where stage = 'cancelled')::int as cancelled"
    )
    condition = " and ".join(where) or "true"
    units = await service.pool.fetch(f"select unit, {counts} from task where {condition} group by unit order by unit", *args)
    deputies = await service.pool.fetch(
        f"select unit, m.member, {counts} from task join task_member m on m.task = task.id where {condition} and exists (select from "
        f"post p where p.member = m.member and p.unit = task.unit and p.role = 'deputy' and p.since <= ${len(args)} "
        f"and (p.until is null or p.until > ${len(args)})) group by unit, m.member order by unit, m.member",
        *args,
    )
    by_unit: dict[str, list[dict[str, Any]]] = {}
    for row in deputies:
        by_unit.setdefault(row["unit"], []).append({name: value for name, value in row.items() if name != "unit"})
    return {"items": [{**row, "deputies": by_unit.get(row["unit"], [])} for row in units]}


@router.get("/tasks/{id_}", name="get_task", summary="任务")
async def get(id_: TaskId, caller: Caller, request: Request) -> dict[str, Any]:
    business(caller)
    service: Service = request.app.state.service
    found = await _task(service, id_)
    if not sees_unit(caller, found["unit"]) and caller.id not in found["members"]:
        raise Forbidden(unit=found["unit"])
    return found


def _within(caller: Actor, unit: str | None) -> tuple[list[str], list[Any]]:
    seen = unit_of(caller, unit)
    where: list[str] = [] if seen is None else ["unit = $1"]
    args: list[Any] = [] if seen is None else [seen]
    if only_own(caller):
        args.append(caller.id)
        where.append("exists (select from task_member mine where mine.task = task.id and mine.member = $2)")
    return where, args


async def _task(service: Service, id_: UUID) -> dict[str, Any]:
    row = await service.pool.fetchrow(
        "select id, ver as version, unit, title, content, due, set_on, stage, words, ended_on, "
        "array(select member from task_member m where m.task = task.id order by member) as members from task where id = $1",
        id_,
    )
    if row is None:
        raise Unknown(what="task", id=str(id_))
    return {**row, "stage_label": TaskStage(row["stage"]).label}
