"""Queues: what waits for whom, asked of the table of tasks within the caller's reach, the nearest day first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from services.issues.domain.ticket.decide import ISSUE, allowed_actions
from services.issues.queries import names
from services.issues.queries.reading import Actions, EnterpriseId, EnterpriseName, IssueId, IssueNo, UnitCode, reach
from services.issues.queries.waiting import DESKS, MARKS, QUEUES, Mark, Part, condition, holds
from shared.http.answer import Answer, Page, label_of
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.problems import Forbidden, Unknown
from shared.language.reach import sees_district
from shared.language.terms import Category, Colour, IssueStage, Level, Nature, Source, TaskKind, Urgency
from shared.log.eventlog import load_many

_SOON_WORKDAYS = 2
_OWED = "task t join issue on issue.id = t.issue"
"""What somebody owes a ticket."""
_OPEN = (
    "issue cross join lateral (select 'deadline'::text as kind, ''::text as ref, coalesce(issue.handling_unit, issue.unit) as unit, "
    "issue.handler as member, coalesce(issue.dispatched_on, issue.opened_on) as since, issue.due) t"
)
"""Every ticket as one that has a deadline; those count that are open."""
_SEEN = (
    "with issue as {how} (select id, level, source, colour, open, unit, handling_unit, handler, opened_on, dispatched_on, due "
    "from issue where {where}) "
)
"""The tickets within the caller's reach: looked for once where that is a question to each ticket, read as they come else."""
_COLUMNS = (
    "t.kind, t.ref, t.unit, t.member, t.since, t.due as task_due, issue.id, issue.no, issue.enterprise, issue.enterprise_name, "
    "issue.content, issue.stage, issue.source, issue.category, issue.nature, issue.urgency, issue.level, issue.opened_on, "
    "issue.due, issue.colour"
)


class QueueCount(Answer):
    """How many wait in a queue."""

    name: str = Field(description="队列代码")
    label: str = Field(description="队列名称")
    count: int = Field(description="待办,件")
    late: int = Field(description="其中已过期限的,件")
    since: date | None = Field(description="最早一件自哪天起等待;没有待办的为空")


class QueueCounts(Answer):
    """Every queue in which somebody has a part."""

    items: list[QueueCount] = Field(description="各队列")
    today: date = Field(description="今天")


class TaskRow(Answer):
    """Something that somebody owes a ticket."""

    kind: TaskKind = Field(description="待办种类")
    kind_label: str = label_of("kind")
    ref: str = Field(description="区分同种待办的编号,如督办单号、协办单位;没有的为空文")
    unit: UnitCode
    unit_name: str = Field(description="待办单位名称")
    member: UUID | None = Field(description="待办人的人员编号;不指定人员的为空")
    since: date = Field(description="自哪天起等待")
    task_due: date | None = Field(description="待办期限;没有的为空")
    late: bool = Field(description="是否已过待办期限")
    id: IssueId
    no: IssueNo
    enterprise: EnterpriseId
    enterprise_name: EnterpriseName
    content: str = Field(description="诉求内容")
    stage: IssueStage = Field(description="所在环节")
    stage_label: str = label_of("stage")
    source: Source = Field(description="来源")
    source_label: str = label_of("source")
    category: Category = Field(description="类别")
    category_label: str = label_of("category")
    nature: Nature = Field(description="性质")
    nature_label: str = label_of("nature")
    urgency: Urgency = Field(description="紧急程度")
    urgency_label: str = label_of("urgency")
    level: Level | None = Field(description="办理层级;尚未交办的为空")
    level_label: str | None = label_of("level")
    opened_on: date = Field(description="登记日期")
    due: date | None = Field(description="办理时限;尚未交办的为空")
    colour: Colour = Field(description="预警颜色")
    colour_label: str = label_of("colour")


class QueueTask(TaskRow):
    """A task in a queue, with what may be done with its ticket."""

    allowed_actions: Actions


class QueuePage(Page[QueueTask]):
    """A queue."""

    name: str = Field(description="队列代码")
    label: str = Field(description="队列名称")


class UndispatchedTask(TaskRow):
    """A ticket that was given to nobody yet."""

    desk: str = Field(description="滞留在哪一步、哪些岗位")
    waited: int = Field(description="登记以来的工作日,天")


class DeskLoad(Answer):
    """What lies on a desk."""

    unit: UnitCode
    unit_name: str = Field(description="单位名称")
    desk: str = Field(description="滞留在哪一步、哪些岗位")
    count: int = Field(description="滞留,件")
    waited: int = Field(description="其中最早一件登记以来的工作日,天")


class Undispatched(Page[UndispatchedTask]):
    """What was given to nobody within a working day."""

    desks: list[DeskLoad] = Field(description="各单位各步骤的滞留件数,最早的在前")


async def queues(service: Service, caller: Actor) -> QueueCounts:
    """How many wait, how many of them past their day, since when: tasks in groups, and open tickets in groups."""
    where, args = await _reach(service, caller)
    asked = {name: parts for name, queue in QUEUES.items() if (parts := queue.of(caller))}
    how = "not materialized" if sees_district(caller) else "materialized"
    groups = f"{_grouped(_OWED, 'true', asked)} union all {_grouped(_OPEN, 'issue.open', asked)}"
    rows = await service.pool.fetch(_SEEN.format(how=how, where=" and ".join(where)) + groups, *args)
    items: list[QueueCount] = []
    for name, parts in asked.items():
        queue = QUEUES[name]
        found = [row for row in rows if holds(queue, parts, row)]
        count, late = sum(row["n"] for row in found), sum(row["n"] for row in found if row["late"])
        since = min((row["since"] for row in found), default=None)
        items.append(QueueCount(name=name, label=queue.label, count=count, late=late, since=since))
    return QueueCounts(items=items, today=args[2])


def _grouped(table: str, where: str, asked: Mapping[str, Sequence[Part]]) -> str:
    """How many tasks of a table are alike in kind, in being late, and in the marks that are asked for of such."""
    those = {name for name in asked if (QUEUES[name].kind is TaskKind.DEADLINE) is (table == _OPEN)}
    wanted = {mark for name in those for part in asked[name] for mark in part}
    kinds = ", ".join(f"'{kind}'" for kind in sorted({QUEUES[name].kind for name in those}))
    marks = ", ".join(f"{MARKS[mark] if mark in wanted else 'null::bool'} as {mark}" for mark in Mark)
    keys = ", ".join(["1", "2", *(str(n) for n, mark in enumerate(Mark, 3) if mark in wanted)])
    return (
        f"select t.kind, coalesce(t.due < $3::date, false) as late, {marks}, count(*) as n, min(t.since) as since "
        f"from {table} where {where} and t.kind in ({kinds}) group by {keys}"
    )


async def undispatched(service: Service, caller: Actor, unit: str | None, cursor: str | None, limit: int) -> Undispatched:
    """Whose desk each lies on, and for how many working days since it was reported (R06)."""
    (await reach(service, caller)).must_ask(unit)
    where, args = await _reach(service, caller)
    calendar = await service.calendar()
    today: date = args[2]
    args += [calendar.workdays_back(today, 2), [str(kind) for kind in DESKS]]
    where += [f"t.kind = any(${len(args)}::text[])", f"issue.opened_on < ${len(args) - 1}::date"]
    loads = await service.pool.fetch(
        f"select t.unit, t.kind, count(*), min(issue.opened_on) as since from {_OWED} where {' and '.join(where)} "
        "group by t.unit, t.kind order by min(issue.opened_on), t.unit, t.kind",
        *args,
    )
    if unit is not None:
        args.append(unit)
        where.append(f"t.unit = ${len(args)}")
    page = await _page(service, _OWED, where, args, ["issue.opened_on", "issue.no"], cursor, limit)
    called = await names.units(service, {row["unit"] for row in loads})
    desks = [
        DeskLoad(
            unit=row["unit"],
            unit_name=called.get(row["unit"]) or row["unit"],
            desk=DESKS[TaskKind(row["kind"])],
            count=row["count"],
            waited=calendar.workdays_between(row["since"], today),
        )
        for row in loads
    ]
    items = [
        UndispatchedTask(**row, desk=DESKS[TaskKind(row["kind"])], waited=calendar.workdays_between(row["opened_on"], today))
        for row in page["items"]
    ]
    return Undispatched.of(page, items, desks=desks)


async def queue(service: Service, caller: Actor, name: str, *, mine: bool, cursor: str | None, limit: int) -> QueuePage:
    """Its tasks, the nearest day first, each with what the caller may do with the ticket now."""
    asked = QUEUES.get(name)
    if asked is None:
        raise Unknown(what="queue", id=name)
    parts = asked.of(caller)
    if not parts:
        raise Forbidden(needs=[role.label for roles, _ in asked.parts for role in roles])
    where, args = await _reach(service, caller)
    where += [condition(asked, parts), *([MARKS[Mark.MINE]] if mine else [])]
    table = _OWED
    if asked.kind is TaskKind.DEADLINE:
        table, where = _OPEN, [*where, "issue.open"]
    page = await _page(service, table, where, args, ["t.due", "t.since", "issue.no", "t.kind", "t.ref"], cursor, limit)
    allowed = await _allowed(service, caller, {row["id"] for row in page["items"]})
    items = [QueueTask(**row, allowed_actions=allowed[row["id"]]) for row in page["items"]]
    return QueuePage.of(page, items, name=name, label=asked.label)


async def _reach(service: Service, caller: Actor) -> tuple[list[str], list[Any]]:
    """The caller's reach, after what the marks speak of: oneself, one's unit, today, soon."""
    context = await service.context(caller, caller.id)
    soon = context.calendar.add_workdays(context.today, _SOON_WORKDAYS)
    args: list[Any] = [caller.id, caller.unit, context.today, soon]
    where, args = (await reach(service, caller)).conditions(args)
    # Every argument has a type, whichever of them the queue at hand speaks of.
    return ["$1::uuid is not null and $2::text is not null and $3::date <= $4::date", *where], args


async def _page(
    service: Service, table: str, where: list[str], args: list[Any], order: list[str], cursor: str | None, limit: int
) -> dict[str, Any]:
    page = await listing(
        service.pool, table=table, columns=_COLUMNS, where=where, args=args, order=order, cursor=cursor, limit=limit
    )
    called = await names.units(service, {item["unit"] for item in page["items"]})
    today: date = args[2]
    for item in page["items"]:
        due: date | None = item["task_due"]
        item.update(unit_name=called.get(item["unit"], item["unit"]), late=due is not None and due < today)
    return page


async def _allowed(service: Service, caller: Actor, ids: Collection[UUID]) -> dict[UUID, list[str]]:
    """Asked of the tickets' histories, read together, by the guards that would judge the action."""
    async with service.pool.acquire() as connection:
        histories = await load_many(connection, [ISSUE.stream(id_) for id_ in ids])
    context = await service.context(caller, caller.id)
    states = {id_: ISSUE.fold(entry.fact for entry in histories.get(ISSUE.stream(id_), [])) for id_ in ids}
    return {id_: allowed_actions(state, context) for id_, state in states.items()}
