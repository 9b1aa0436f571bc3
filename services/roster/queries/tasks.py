"""Guidance: the tasks of a unit and of a member, and how far each unit has got."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from services.roster.domain.access import business
from shared.http.answer import Answer, Page, Receipt, label_of
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.problems import Forbidden, Unknown
from shared.language.reach import only_own, sees_unit, unit_of
from shared.language.terms import TaskStage

_COLUMNS = (
    "id, ver as version, unit, title, content, due, set_on, stage, words, ended_on, "
    "array(select member from task_member m where m.task = task.id order by member) as members"
)


class Task(Answer):
    """A task, with what was told of it last."""

    id: UUID = Field(description="任务编号")
    version: int = Field(description="版本号,同 ETag")
    unit: str = Field(description="单位编码")
    title: str = Field(description="任务名称")
    content: str = Field(description="任务内容")
    due: date = Field(description="完成期限")
    set_on: date = Field(description="布置日期")
    stage: TaskStage = Field(description="办理状态")
    stage_label: str = label_of("stage")
    words: str = Field(description="最近一次填报的进展、结果或取消原因")
    ended_on: date | None = Field(description="完成或取消的日期;尚在办理的为空")
    members: list[UUID] = Field(description="承担人的人员编号")


class TaskRow(Task):
    """A task in a list."""

    overdue: bool = Field(description="是否逾期未完成")


class TaskReceipt(Receipt, Task):
    """A command, and the task after it."""


class TaskCounts(Answer):
    """Tasks, counted."""

    open: int = Field(description="办理中未到期的任务,件")
    overdue: int = Field(description="逾期未完成的任务,件")
    done: int = Field(description="已完成的任务,件")
    cancelled: int = Field(description="已取消的任务,件")


class TasksOfDeputy(TaskCounts):
    """Those of a deputy."""

    member: UUID = Field(description="副网格长的人员编号")


class TasksOfUnit(TaskCounts):
    """Those of a unit."""

    unit: str = Field(description="单位编码")
    deputies: list[TasksOfDeputy] = Field(description="其中各副网格长承担的")


class TaskSummary(Answer):
    """How far each unit has got."""

    items: list[TasksOfUnit] = Field(description="各单位")


async def staff(service: Service, unit: str) -> set[UUID]:
    """The members that hold a post in the unit today."""
    rows = await service.pool.fetch(
        "select distinct member from post where unit = $1 and since <= $2 and (until is null or until > $2)",
        unit,
        local_date(service.clock()),
    )
    return {row["member"] for row in rows}


async def task(service: Service, id_: UUID) -> Task:
    """One, whoever asks."""
    row = await service.pool.fetchrow(f"select {_COLUMNS} from task where id = $1", id_)
    if row is None:
        raise Unknown(what="task", id=str(id_))
    return Task(**row)


async def seen(service: Service, id_: UUID, caller: Actor) -> Task:
    """One, for those of the unit, and those who have it."""
    business(caller)
    found = await task(service, id_)
    if not sees_unit(caller, found.unit) and caller.id not in found.members:
        raise Forbidden(unit=found.unit)
    return found


async def tasks(
    service: Service,
    caller: Actor,
    unit: str | None,
    member: UUID | None,
    stage: TaskStage | None,
    *,
    overdue: bool,
    cursor: str | None,
    limit: int,
) -> Page[TaskRow]:
    """Of a unit, of a member, of a stage; the overdue ones."""
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
        service.pool, table="task", columns=_COLUMNS, where=where, args=args, order=["due", "id"], cursor=cursor, limit=limit
    )
    late = (TaskRow(**item, overdue=item["stage"] == TaskStage.OPEN and item["due"] < today) for item in page["items"])
    return Page[TaskRow].of(page, late)


async def summary(service: Service, caller: Actor, unit: str | None) -> TaskSummary:
    """Open, overdue, done and cancelled, per unit, and within it per deputy that has tasks."""
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
    by_unit: dict[str, list[TasksOfDeputy]] = {}
    for row in deputies:
        told = {name: value for name, value in row.items() if name != "unit"}
        by_unit.setdefault(row["unit"], []).append(TasksOfDeputy(**told))
    return TaskSummary(items=[TasksOfUnit(**row, deputies=by_unit.get(row["unit"], [])) for row in units])


def _within(caller: Actor, unit: str | None) -> tuple[list[str], list[Any]]:
    whose = unit_of(caller, unit)
    where: list[str] = [] if whose is None else ["unit = $1"]
    args: list[Any] = [] if whose is None else [whose]
    if only_own(caller):
        args.append(caller.id)
        where.append("exists (select from task_member mine where mine.task = task.id and mine.member = $2)")
    return where, args
