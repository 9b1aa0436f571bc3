"""件件有回应 (投诉应诉案件交办; R54): how many of what was received has its answer, and the list of those that have none."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import Field

from services.issues.queries import names
from services.issues.queries.reading import EnterpriseId, EnterpriseName, IssueId, IssueNo, Percent, filters, reach
from shared.http.answer import Answer, Page, label_of
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import Month, local_date
from shared.language.percent import percentage
from shared.language.terms import Colour, IssueStage, Source

_ANSWERED = "(stage in ('reviewed', 'closed', 'archived') or reopened > 0)"
"""A reviewer has let the reply out. Reopening doesn't erase an answer given (K5): what is handled again stands in other queues."""
_RECEIVED = "stage not in ('declined', 'merged') and (stage <> 'withdrawn' or dispatched_on is not null)"
"""The declined got theirs with the refusal, the merged have one of their own; what was withdrawn after 交办 stays in (K5)."""


class UnansweredTicket(Answer):
    """A ticket that has no answer yet."""

    id: IssueId
    no: IssueNo
    enterprise: EnterpriseId
    enterprise_name: EnterpriseName
    content: str = Field(description="诉求内容")
    source: Source = Field(description="来源")
    source_label: str = label_of("source")
    external_no: str | None = Field(description="外部工单编号;没有的为空")
    stage: IssueStage = Field(description="办理环节")
    desk: str = Field(description="所在环节的中文名称")
    unit: str = Field(description="主办单位编码;未交办的为登记单位编码")
    unit_name: str = Field(description="该单位的名称")
    handler: UUID | None = Field(description="承办人的人员编号;未签收的为空")
    opened_on: date = Field(description="登记日期")
    due: date | None = Field(description="现行时限日;未交办的为空")
    colour: Colour = Field(description="时限颜色")
    colour_label: str = label_of("colour")
    late: bool = Field(description="是否已过时限")


class UnansweredPage(Page[UnansweredTicket]):
    """Those without an answer, and the share of those that have one."""

    received: int = Field(description="已收问题,件")
    answered: int = Field(description="其中已回应的,件")
    pct: Percent


async def unanswered(
    service: Service,
    caller: Actor,
    *,
    unit: str | None,
    source: Source | None,
    month: str | None,
    overdue: bool,
    cursor: str | None,
    limit: int,
) -> UnansweredPage:
    """The nearest day first, and those that have none yet last. The share is of all that was received, due or not."""
    may = await reach(service, caller)
    may.must_ask(unit)
    where, args = filters(may.conditions(), unit=unit, source=source and str(source))
    where.append(_RECEIVED)
    if month is not None:
        at = Month.parse(month)
        args += [at.first_day, at.last_day]
        where.append(f"opened_on between ${len(args) - 1} and ${len(args)}")
    counted = await service.pool.fetchrow(
        f"select count(*) as received, count(*) filter (where {_ANSWERED}) as answered from issue where {' and '.join(where)}",
        *args,
    )
    today = local_date(service.clock())
    where.append(f"not {_ANSWERED}")
    if overdue:
        args.append(today)
        where.append(f"due < ${len(args)}")
    page = await listing(
        service.pool,
        table="issue",
        columns="id, no, enterprise, enterprise_name, content, source, external_no, stage, "
        "coalesce(handling_unit, unit) as unit, handler, opened_on, due, colour",
        where=where,
        args=args,
        order=["due", "opened_on", "no"],
        cursor=cursor,
        limit=limit,
    )
    called = await names.units(service, {item["unit"] for item in page["items"]})
    rows = (
        UnansweredTicket(
            **item,
            desk=IssueStage(item["stage"]).label,
            unit_name=called.get(item["unit"]) or item["unit"],
            late=item["due"] is not None and item["due"] < today,
        )
        for item in page["items"]
    )
    return UnansweredPage.of(page, rows, **dict(counted), pct=percentage(counted["answered"], counted["received"]))
