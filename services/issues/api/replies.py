"""What goes back to where transferred orders came from (12345; R53, R54): each with its number, its answer and its days."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from services.issues.api.saving import workbook
from services.issues.domain.issue import ISSUE
from services.issues.domain.states import Archived, Closed, Declined, Merged, Reviewed, State, Unreported, Withdrawn
from services.issues.queries import opening
from shared.asking import Caller
from shared.directory import units_on
from shared.entrance import Entrance
from shared.eventlog import load_many
from shared.freetext import opened
from shared.months import WrittenDate, local_date
from shared.reach import DISTRICT
from shared.service import Service
from shared.sheets import sheet
from shared.terms import IssueStage, Source

router = APIRouter(tags=["转办工单"], route_class=Entrance)

_COLUMNS = {
    "external_no": "外部工单编号", "no": "问题编号", "enterprise_name": "企业名称", "content": "诉求内容", "opened_on": "来件日期",
    "external_due": "外部时限", "unit_name": "办理单位", "stage_label": "办理环节", "outcome_label": "办理结果", "reply": "答复内容",
    "replied_on": "答复日期", "closed_on": "办结日期",
}  # fmt: skip
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


@router.get("/orders/replies", name="list_order_replies", summary="转办工单答复回传(JSON 或 XLSX)", response_model=None)
async def replies(
    caller: Caller, request: Request, since: Annotated[WrittenDate | None, Query(description="答复日期不早于")] = None,
    form: Annotated[Literal["json", "xlsx"], Query(alias="format")] = "json", *,
    answered: Annotated[bool, Query(description="只要已答复的")] = True, limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
) -> Response | dict[str, Any]:  # fmt: skip
    """Every transferred order with its external number, what came of it, the words of the answer and its days."""
    service: Service = request.app.state.service
    opening.needs(caller, *DISTRICT)
    only = answered or since is not None
    found = [*await _tickets(service, only, since or date.min), *await _orders(service, only)]
    if only:
        found = [item for item in found if item["replied_on"] and item["replied_on"] >= (since or date.min)]
    items = found[:limit]
    if form == "json":
        return {"items": items, "total": len(found)}
    note = f"共{len(found)}件" + (f",本表列出前{limit}件" if len(found) > limit else "")
    rows = await opened(service.vault, [[item[name] for name in _COLUMNS] for item in items])
    return workbook(sheet("12345转办工单答复", tuple(_COLUMNS.values()), rows, notes=[note]), "replies")


async def _tickets(service: Service, only: bool, since: date) -> list[dict[str, Any]]:
    rows = await service.pool.fetch(_TICKETS, str(Source.TRANSFERRED), only, since, local_date(service.clock()))
    found: list[dict[str, Any]] = []
    for start in range(0, len(rows), _SOME):
        some = rows[start : start + _SOME]
        async with service.pool.acquire() as connection:
            histories = await load_many(connection, [ISSUE.stream(row["id"]) for row in some])
        for row in some:
            state = ISSUE.fold(entry.fact for entry in histories[ISSUE.stream(row["id"])])
            found.append({**dict(row), "order": None, "stage_label": IssueStage(row["stage"]).label, **_reply(state)})
    return found


async def _orders(service: Service, only: bool) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for row in await service.pool.fetch(_ORDERS, only):
        back = row["stage"] == "dismissed"
        found.append({
            **dict(row), "order": row["id"], "id": None, "no": None, "unit_name": "区优化办", "closed_on": row["replied_on"],
            "stage_label": "已退回" if back else "待人工处理", "outcome": "dismissed" if back else None,
            "outcome_label": "退回来件单位" if back else None,
        })  # fmt: skip
    return found


def _reply(state: State) -> dict[str, Any]:
    """The answer once a reviewer has let it out; the refusal with its words; why it was withdrawn."""
    if isinstance(state, Unreported):
        return {}
    said: tuple[Any, ...] = (None, None, None, None)
    match state:
        case (Reviewed() | Closed() | Archived()) as over:
            told = over.resolution
            said = (told.outcome, told.outcome.label, told.reply, over.approval.on)
        case Declined(refusal=refusal):
            said = ("declined", "不予受理", refusal.text, refusal.on)
        case Merged(answer=answer) if answer is not None:
            said = ("merged", "已合并办理", answer.reply, answer.on)
        case Withdrawn(withdrawal=end):
            said = ("withdrawn", "企业撤回", end.reason, end.on)
        case _:
            pass
    names = ("outcome", "outcome_label", "reply", "replied_on")
    return {"external_due": state.report.external_due, **dict(zip(names, said, strict=True))}
