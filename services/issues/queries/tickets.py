"""Tickets in lists."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import Field

from services.issues.projections import words
from services.issues.queries.reading import (
    EnterpriseCode,
    EnterpriseId,
    EnterpriseName,
    IssueId,
    IssueNo,
    Version,
    filters,
    reach,
)
from shared.http.answer import Answer, Page, label_of
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.terms import Category, Colour, IssueStage, Level, Measure, Nature, Rating, Source, Urgency

_COLUMNS = (
    "id, ver as version, no, month, unit, handling_unit, enterprise, enterprise_code, enterprise_name, stage, source, "
    "visit, demand, content, category, nature, urgency, level, leader, handler, opened_on, dispatched_on, first_due, due, "
    "colour, reopened, extensions, milestone, closed_on, rating, master, "
    "array_remove(string_to_array(proposals, ','), '') as proposals"
)


class TicketRow(Answer):
    """A ticket in a list."""

    id: IssueId
    version: Version
    no: IssueNo
    month: str = Field(description="登记月份 YYYY-MM")
    unit: str = Field(description="登记单位编码")
    handling_unit: str | None = Field(description="主办单位编码;未交办的为空")
    enterprise: EnterpriseId
    enterprise_code: EnterpriseCode
    enterprise_name: EnterpriseName
    stage: IssueStage = Field(description="办理环节")
    stage_label: str = label_of("stage")
    source: Source = Field(description="来源")
    source_label: str = label_of("source")
    visit: UUID | None = Field(description="所出自的走访编号;不是走访所得的为空")
    demand: int | None = Field(description="在该次走访中的诉求序号;不是走访所得的为空")
    content: str = Field(description="诉求内容")
    category: Category = Field(description="诉求类别")
    category_label: str = label_of("category")
    nature: Nature = Field(description="诉求性质")
    nature_label: str = label_of("nature")
    urgency: Urgency = Field(description="紧急程度")
    urgency_label: str = label_of("urgency")
    level: Level | None = Field(description="办理层级;未交办的为空")
    level_label: str | None = label_of("level")
    leader: UUID | None = Field(description="责任领导的人员编号;未交办的为空")
    handler: UUID | None = Field(description="承办人的人员编号;未签收的为空")
    opened_on: date = Field(description="登记日期")
    dispatched_on: date | None = Field(description="交办日期;未交办的为空")
    first_due: date | None = Field(description="首次时限日;未交办的为空")
    due: date | None = Field(description="现行时限日;未交办的为空")
    colour: Colour = Field(description="时限颜色")
    colour_label: str = label_of("colour")
    reopened: int = Field(description="重办次数")
    extensions: int = Field(description="延期次数")
    milestone: date | None = Field(description="跟踪的下一节点日期;不在跟踪的为空")
    closed_on: date | None = Field(description="办结日期;未办结的为空")
    rating: Rating | None = Field(description="企业评价;没有的为空")
    rating_label: str | None = label_of("rating")
    master: UUID | None = Field(description="并入的问题编号;未合并的为空")
    proposals: list[Measure] = Field(description="尚未裁定的系统建议")


async def tickets(
    service: Service,
    caller: Actor,
    *,
    unit: str | None,
    stage: IssueStage | None,
    colour: Colour | None,
    source: Source | None,
    open_: bool | None,
    handler: UUID | None,
    due_before: date | None,
    q: str | None,
    month: str | None,
    enterprise: UUID | None,
    visit: UUID | None,
    cursor: str | None,
    limit: int,
) -> Page[TicketRow]:
    """``unit`` finds what a unit reported, handles or helps with; nobody sees more than their own reach."""
    may = await reach(service, caller)
    may.must_ask(unit)
    where, args = filters(
        may.conditions(),
        stage=stage and str(stage),
        month=month,
        enterprise=enterprise,
        visit=visit,
        handler=handler,
        colour=colour and str(colour),
        source=source and str(source),
        open=open_,
    )
    if unit is not None:
        args.append(unit)
        where.append(f"exists (select 1 from issue_unit p where p.issue = issue.id and p.unit = ${len(args)})")
    if due_before is not None:
        args.append(due_before)
        where.append(f"due <= ${len(args)}")
    if q is not None:
        async with service.pool.acquire(timeout=10) as connection:
            found, given = await words.condition(connection, service.vault, q, len(args) + 1)
        where.append(found)
        args += given
    page = await listing(
        service.pool,
        table="issue",
        columns=_COLUMNS,
        where=where,
        args=args,
        order=["opened_on", "id"],
        cursor=cursor,
        limit=limit,
    )
    return Page[TicketRow].of(page, (TicketRow(**item) for item in page["items"]))
