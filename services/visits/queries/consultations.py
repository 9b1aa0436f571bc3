"""Consultations: as they were held, what was decided, and the agenda that fills itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from pydantic import Field

from services.visits.domain.access import TOLD_BY, may_see
from services.visits.domain.consultation import There, allowed_actions, overdue
from services.visits.projections import STATES as VISITS
from services.visits.projections.consultations import STATES
from services.visits.queries.reading import (
    Actions,
    EnterpriseId,
    EnterpriseName,
    MemberId,
    MonthText,
    UnitCode,
    Version,
    filters,
    kept,
)
from shared.http.answer import Answer, Page, Receipt
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import Month, local_date
from shared.language.reach import only_own, reach_of, unit_of
from shared.language.terms import Operation, Review, Term, VisitFlag
from shared.log.directory import Directory

_MOST = 500
_AGENDA = """
select v.id, v.enterprise, v.enterprise_name, v.code, v.on_date, v.review, v.flags, v.state,
    coalesce((select array_agg(s.consultation order by s.consultation) from consultation_subject s
        join consultation c on c.id = s.consultation and c.unit = $1
        where s.kind = 'visit' and s.subject = v.id), '{}') as talked_over
from visit v join visit_unit u on u.visit = v.id and u.unit = $1
where {mine} and v.month = $2 and v.review not in ('voided', 'held') and (
    v.review in ('returned', 'held') or not v.counted or v.flags <> '[]' or v.demands > 0
    or v.difficulties or v.operation in ('reduced', 'closed'))
order by v.on_date, v.id limit $3
"""


class TaskState(Term):
    """Which tasks are asked for."""

    OPEN = "open", "未办结"
    OVERDUE = "overdue", "逾期未办结"
    DONE = "done", "已办结"


class ConsultationTask(Answer):
    """What a consultation decided, and whether it was done."""

    no: int = Field(description="决定事项的序号,从 1 起")
    content: str = Field(description="决定内容")
    unit: UnitCode
    member: MemberId
    due: date = Field(description="办理期限")
    done: bool = Field(description="是否已办结")
    words: str | None = Field(description="办结说明;未办结的为空")
    overdue: bool = Field(description="是否逾期未办结")


class Consultation(Answer):
    """A consultation, whole."""

    id: UUID = Field(description="会商编号")
    version: Version
    unit: UnitCode
    on: date = Field(description="会商日期")
    place: str = Field(description="地点")
    title: str = Field(description="议题")
    participants: list[UUID] = Field(description="参加人员编号")
    visits: list[UUID] = Field(description="所议走访编号")
    tickets: list[UUID] = Field(description="所议问题编号")
    minutes: str = Field(description="会商纪要")
    by: UUID = Field(description="登记人的人员编号")
    confirmed: bool = Field(description="纪要是否已确认")
    tasks: list[ConsultationTask] = Field(description="决定事项")
    allowed_actions: Actions


class ConsultationReceipt(Receipt, Consultation):
    """A consultation after a command."""


class ConsultationRow(Answer):
    """A consultation in a list."""

    id: UUID = Field(description="会商编号")
    version: Version
    unit: UnitCode
    on: date = Field(description="会商日期")
    title: str = Field(description="议题")
    confirmed: bool = Field(description="纪要是否已确认")
    tasks: int = Field(description="决定事项数")
    done: int = Field(description="其中已办结的")


class TaskRow(Answer):
    """A task in a list of many consultations'."""

    consultation: UUID = Field(description="会商编号")
    no: int = Field(description="在该次会商中的序号")
    held_by: str = Field(description="举行会商的单位编码")
    unit: UnitCode
    member: MemberId
    due: date = Field(description="办理期限")
    done: bool = Field(description="是否已办结")
    content: str = Field(description="决定内容")
    words: str | None = Field(description="办结说明;未办结的为空")
    overdue: bool = Field(description="是否逾期未办结")


class AgendaItem(Answer):
    """A visit that wants talking over."""

    visit: UUID = Field(description="走访编号")
    enterprise: EnterpriseId
    name: EnterpriseName
    code: str = Field(description="统一社会信用代码")
    on: date = Field(description="走访日期")
    reasons: list[str] = Field(description="列入议程的原因")
    difficulties: str = Field(description="企业反映的困难")
    demands: list[str] = Field(description="企业诉求")
    talked_over: list[UUID] = Field(description="本单位议过它的会商编号")
    href: str = Field(description="走访详情的地址")


class OverdueTask(Answer):
    """A task that should have been done by now."""

    consultation: UUID = Field(description="会商编号")
    no: int = Field(description="在该次会商中的序号")
    content: str = Field(description="决定内容")
    member: MemberId
    due: date = Field(description="办理期限")


class IssuesElsewhere(Answer):
    """Where the tickets are found, which another service keeps."""

    note: str = Field(description="说明")
    href: str = Field(description="问题台账的地址")


class Agenda(Answer):
    """What a unit might talk over in a month."""

    unit: UnitCode
    name: str = Field(description="单位名称")
    month: MonthText
    items: list[AgendaItem] = Field(description="需要会商的走访")
    truncated: bool = Field(description="是否因过多而未全部列出")
    overdue_tasks: list[OverdueTask] = Field(description="逾期未办结的决定事项,最多 100 条")
    issues: IssuesElsewhere = Field(description="问题在何处查看")


def consultation(id_: UUID, version: int, state: There, today: date, caller: Actor) -> Consultation:
    """A consultation as it stands today, with what the caller may do next."""
    return Consultation(
        id=id_,
        version=version,
        **state.told.model_dump(exclude={"decisions"}),
        confirmed=state.confirmed,
        tasks=[
            ConsultationTask(
                **item.model_dump(),
                done=item.no in state.done,
                words=state.done.get(item.no),
                overdue=overdue(item, state.done, today),
            )
            for item in state.decisions
        ],
        allowed_actions=allowed_actions(state, caller),
    )


async def found(service: Service, id_: UUID, caller: Actor) -> tuple[int, There]:
    """Version and state of a consultation, if the caller may see it."""
    version, text = await kept(service, "consultation", id_)
    state = STATES.read(text)
    may_see(caller, state.told.unit, *(item.unit for item in state.decisions))
    return version, state


async def units_of_visits(service: Service, visits: Sequence[UUID]) -> dict[UUID, frozenset[str]]:
    """Which units came, by visit."""
    rows = await service.pool.fetch(
        "select visit, array_agg(unit) as units from visit_unit where visit = any($1::uuid[]) group by visit", list(visits)
    )
    return {row["visit"]: frozenset(row["units"]) for row in rows}


async def agenda(service: Service, caller: Actor, unit: str, month: Month | None) -> Agenda:
    """The month's visits that want talking over, each with its reasons, and the tasks that are overdue. Who reads only what is
    his own finds his own visits.
    """
    may_see(caller, unit)
    today = local_date(service.clock())
    known = await Directory(service.pool).unit(unit, today)
    asked = month or Month.of(today)
    mine: list[str] = []
    args: list[Any] = [unit, str(asked), _MOST + 1]
    if only_own(caller):  # What somebody else was told is not talked over by passing it round.
        may = await reach_of(service.pool, caller, today)
        may.narrowed(mine, args, unit="true", enterprise="v.enterprise", mine=TOLD_BY)
    rows = await service.pool.fetch(_AGENDA.replace("{mine}", " and ".join(mine) or "true"), *args)
    late = await service.pool.fetch(
        "select consultation, no, content, member, due from consultation_task "
        "where unit = $1 and not done and due < $2 order by due, consultation, no limit 100",
        unit,
        today,
    )
    return Agenda(
        unit=unit,
        name=known.name,
        month=str(asked),
        items=[_agenda_item(row) for row in rows[:_MOST]],
        truncated=len(rows) > _MOST,
        overdue_tasks=[OverdueTask(**row) for row in late],
        issues=IssuesElsewhere(note="未办结、逾期和跟踪服务的问题见问题台账", href=f"/api/issues/issues?unit={unit}"),
    )


def _agenda_item(row: Any) -> AgendaItem:
    details = VISITS.read(row["state"]).details
    told, operation = details.told, details.told.operation
    review = Review(row["review"])
    reasons = [
        *([f"走访{review.label}"] if review not in (Review.PENDING, Review.ACCEPTED) else []),
        *(VisitFlag(flag).label for flag in orjson.loads(row["flags"])),
        *(details.missing or ()),
        *(f"诉求:{demand.category.label}" for demand in told.demands),
        *(["反映困难"] if told.difficulties else []),
        *([f"生产经营异常({operation.label})"] if operation in (Operation.REDUCED, Operation.CLOSED) else []),
    ]
    return AgendaItem(
        visit=row["id"],
        enterprise=row["enterprise"],
        name=row["enterprise_name"],
        code=row["code"],
        on=row["on_date"],
        reasons=reasons,
        difficulties=told.difficulties,
        demands=[demand.content for demand in told.demands],
        talked_over=row["talked_over"],
        href=f"/api/visits/visits/{row['id']}",
    )


async def tasks(
    service: Service,
    caller: Actor,
    unit: str | None,
    member: UUID | None,
    state: TaskState | None,
    cursor: str | None,
    limit: int,
) -> Page[TaskRow]:
    """By unit, member and state, the earliest due first."""
    today = local_date(service.clock())
    where, args = filters(unit=unit_of(caller, unit), member=member)
    if state is not None:
        where.append("done" if state is TaskState.DONE else "not done")
    if state is TaskState.OVERDUE:
        args.append(today)
        where.append(f"due < ${len(args)}")
    page = await listing(
        service.pool,
        table="consultation_task",
        columns="consultation, no, held_by, unit, member, due, done, content, words",
        where=where,
        args=args,
        order=["due", "consultation", "no"],
        cursor=cursor,
        limit=limit,
    )
    rows = (TaskRow(**row, overdue=not row["done"] and row["due"] < today) for row in page["items"])
    return Page[TaskRow].of(page, rows)


async def consultations(
    service: Service, caller: Actor, unit: str | None, visit: UUID | None, ticket: UUID | None, cursor: str | None, limit: int
) -> Page[ConsultationRow]:
    """Of a unit; those that talked over a visit or a ticket."""
    where, args = filters(unit=unit_of(caller, unit))
    for kind, id_ in (("visit", visit), ("ticket", ticket)):
        if id_ is not None:
            args.append(id_)
            where.append(
                f"id in (select consultation from consultation_subject where kind = '{kind}' and subject = ${len(args)})"
            )
    page = await listing(
        service.pool,
        table="consultation",
        columns='id, ver as version, unit, on_date as "on", title, confirmed, tasks, done',
        where=where,
        args=args,
        order=["on_date", "id"],
        cursor=cursor,
        limit=limit,
    )
    return Page[ConsultationRow].of(page, (ConsultationRow(**row) for row in page["items"]))
