"""What goes back to where transferred orders came from (12345; R53, R54): each with its number, its answer and its days."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from services.issues.domain.access import needs
from services.issues.domain.ticket.decide import ISSUE
from services.issues.domain.ticket.states import Archived, Closed, Declined, Merged, Reviewed, Ticket, Unreported, Withdrawn
from shared.http.answer import Answer
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.freetext import opened
from shared.language.months import local_date
from shared.language.reach import DISTRICT
from shared.language.terms import IssueStage, Source
from shared.log.directory import units_on
from shared.log.eventlog import load_many
from shared.paper.sheets import sheet

_HEADS = {
    "external_no": "外部工单编号",
    "no": "问题编号",
    "enterprise_name": "企业名称",
    "content": "诉求内容",
    "opened_on": "来件日期",
    "external_due": "外部时限",
    "unit_name": "办理单位",
    "stage_label": "办理环节",
    "outcome_label": "办理结果",
    "reply": "答复内容",
    "replied_on": "答复日期",
    "closed_on": "办结日期",
}
_TICKETS = (
    "select i.id, i.no, i.external_no, i.enterprise_name, i.content, i.opened_on, i.stage, i.closed_on, "
    "coalesce(u.name, i.handling_unit, i.unit) as unit_name from issue i "
    f"left join {units_on('$4')} u on u.code = coalesce(i.handling_unit, i.unit) left join call_round r on r.issue = i.id "
    "where i.source = $1 and i.external_no is not null and (not $2::bool or i.stage in ('declined', 'withdrawn') "
    "or (r.since is not null and r.since >= $3::date)) order by i.opened_on desc, i.external_no"
)
"""A round of call-backs begins on the day the answer went out; a refusal and a withdrawal have none."""
_ORDERS = (
    "select h.id, h.stage, h.external_no, h.enterprise_name, h.content, h.held_on as opened_on, h.external_due, "
    "h.reason as reply, h.settled_on as replied_on from held_order h where h.external_no <> '' and (h.stage = 'dismissed' "
    "or (h.stage = 'held' and not $1::bool)) and not exists (select 1 from issue i where i.external_no = h.external_no) "
    "order by h.held_on desc, h.external_no"
)
"""Those no ticket answers: sent back, or waiting for a person."""
_SOME = 500


class OrderReply(Answer):
    """What came of a transferred order: of its ticket, or of the order itself where it became none."""

    id: UUID | None = Field(description="问题编号;未成为问题的为空")
    order: UUID | None = Field(description="待人工处理或已退回的工单的编号;已成为问题的为空")
    no: str | None = Field(description="问题的流水编号;未成为问题的为空")
    external_no: str = Field(description="外部工单编号")
    enterprise_name: str = Field(description="企业名称")
    content: str = Field(description="诉求内容")
    opened_on: date = Field(description="来件日期")
    external_due: date | None = Field(description="外部时限;没有的为空")
    unit_name: str = Field(description="办理单位名称")
    stage: str = Field(description="办理环节;未成为问题的为 held 待人工处理、dismissed 已退回")
    stage_label: str = Field(description="办理环节的中文名称")
    outcome: str | None = Field(
        description="办结类型,或 declined 不予受理、merged 已合并办理、withdrawn 企业撤回、dismissed 退回来件单位;尚无结果的为空"
    )
    outcome_label: str | None = Field(description="办理结果的中文名称;尚无结果的为空")
    reply: str | None = Field(description="答复内容;尚未答复的为空")
    replied_on: date | None = Field(description="答复日期;尚未答复的为空")
    closed_on: date | None = Field(description="办结日期;未办结的为空")


class OrderReplies(Answer):
    """The first of them, and how many there are."""

    items: list[OrderReply] = Field(description="各工单,近期来件在前")
    total: int = Field(description="共有,件")


async def replies(service: Service, caller: Actor, since: date | None, limit: int, *, answered: bool) -> OrderReplies:
    """Every transferred order with its external number, what came of it, the words of the answer and its days."""
    needs(caller, *DISTRICT)
    only = answered or since is not None
    found = [*await _tickets(service, only, since or date.min), *await _orders(service, only)]
    if only:
        found = [item for item in found if item.replied_on and item.replied_on >= (since or date.min)]
    return OrderReplies(items=found[:limit], total=len(found))


async def workbook(service: Service, found: OrderReplies) -> bytes:
    """The same to save."""
    listed = len(found.items)
    note = f"共{found.total}件" + (f",本表列出前{listed}件" if found.total > listed else "")
    rows = await opened(service.vault, [[getattr(item, name) for name in _HEADS] for item in found.items])
    return sheet("12345转办工单答复", tuple(_HEADS.values()), rows, notes=[note])


async def _tickets(service: Service, only: bool, since: date) -> list[OrderReply]:
    rows = await service.pool.fetch(_TICKETS, str(Source.TRANSFERRED), only, since, local_date(service.clock()))
    found: list[OrderReply] = []
    for start in range(0, len(rows), _SOME):
        some = rows[start : start + _SOME]
        async with service.pool.acquire() as connection:
            histories = await load_many(connection, [ISSUE.stream(row["id"]) for row in some])
        for row in some:
            state = ISSUE.fold(entry.fact for entry in histories[ISSUE.stream(row["id"])])
            assert not isinstance(state, Unreported)  # noqa: S101  it is in the view.
            outcome, label, reply, on = _reply(state)
            stage = IssueStage(row["stage"]).label
            found.append(
                OrderReply(
                    **row,
                    order=None,
                    stage_label=stage,
                    external_due=state.report.external_due,
                    outcome=outcome,
                    outcome_label=label,
                    reply=reply,
                    replied_on=on,
                )
            )
    return found


async def _orders(service: Service, only: bool) -> list[OrderReply]:
    found: list[OrderReply] = []
    for row in await service.pool.fetch(_ORDERS, only):
        back = row["stage"] == "dismissed"
        fields: dict[str, Any] = {
            **row,
            "order": row["id"],
            "id": None,
            "no": None,
            "unit_name": "区优化办",
            "closed_on": row["replied_on"],
        }
        found.append(
            OrderReply(
                **fields,
                stage_label="已退回" if back else "待人工处理",
                outcome="dismissed" if back else None,
                outcome_label="退回来件单位" if back else None,
            )
        )
    return found


def _reply(state: Ticket) -> tuple[str | None, str | None, str | None, date | None]:
    """The answer once a reviewer has let it out; the refusal with its words; why it was withdrawn."""
    match state:
        case (Reviewed() | Closed() | Archived()) as over:
            told = over.resolution
            return told.outcome, told.outcome.label, told.reply, over.approval.on
        case Declined(refusal=refusal):
            return "declined", "不予受理", refusal.text, refusal.on
        case Merged(answer=answer) if answer is not None:
            return "merged", "已合并办理", answer.reply, answer.on
        case Withdrawn(withdrawal=end):
            return "withdrawn", "企业撤回", end.reason, end.on
        case _:
            return None, None, None, None
