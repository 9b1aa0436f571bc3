"""What an enterprise sees of its own tickets through its link: stages, days, the unit, the answer in words. No names.

Reports of 变味 are never listed: whoever issued the link may know it too. Only who holds the key that was answered to the
report finds it.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Path, Request, Response

from services.issues.domain.commands import ContestDecline, ReopenIssue, SupplementIssue, TicketCommand, UrgeIssue
from services.issues.domain.deadlines import ARCHIVED_WORKDAYS
from services.issues.domain.issue import ISSUE
from services.issues.domain.known import NOTHING
from services.issues.domain.states import (
    Archived,
    Closed,
    Declined,
    Merged,
    Resolved,
    Reviewed,
    Ticket,
    Unreported,
    clocked,
)
from services.issues.projections.links import opened
from shared.asking import Cursor, Limit, listing
from shared.decider import Actor
from shared.directory import units_on
from shared.eventlog import Entry, load
from shared.events import Fact
from shared.events.issues import (
    DeclineContested,
    IssueDeclined,
    IssueReopened,
    IssueResolved,
    IssueSupplemented,
    ResolutionApproved,
    SiblingAnswered,
    StageAnswered,
)
from shared.months import local_date
from shared.problems import Forbidden, Unknown
from shared.public import NOBODY, PublicRoute, Token, device
from shared.service import Service
from shared.terms import IssueStage, Role, Source, derived_id, new_id

router = APIRouter(prefix="/public", tags=["企业自助(无需登录)"], route_class=PublicRoute)

ITSELF = Actor(NOBODY, "issues", frozenset({Role.SYSTEM}))
"""The platform, writing down what an enterprise says."""

TicketKey = Annotated[UUID, Path(description="提交诉求时返回的编号")]
Again = Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)]

_TOLD = {
    "issue-reported": "已登记", "issue-accepted": "已受理", "issue-declined": "不予受理", "issue-dispatched": "已交办",
    "issue-signed": "已签收", "issue-progressed": "办理有进展", "issue-resolved": "已答复,待审核", "issue-closed": "已办结",
    "resolution-approved": "已审核,待回访", "issue-reopened": "重新办理", "issue-archived": "已归档", "stage-answered": "阶段答复",
    "sibling-answered": "已答复", "decline-contested": "企业提出异议", "issue-supplemented": "补充情况", "issue-merged": "与相同诉求合并办理",
    "issue-tracked": "转跟踪服务", "issue-withdrawn": "已撤回", "extension-approved": "办理时限延长",
}  # fmt: skip
"""The steps an enterprise is told of; what goes on inside the administration is not among them."""


@router.get("/{token}/tickets", name="list_own_tickets", summary="企业查询自己的诉求")
async def tickets(token: Token, request: Request, response: Response, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """Newest last. Through a plaque, which anybody may scan: stages and days, not what was asked."""
    service: Service = request.app.state.service
    enterprise, private = await opened(service.pool, token, local_date(service.clock()), device(request))
    response.headers["Cache-Control"] = "private, no-store"
    page = await listing(
        service.pool, table="issue", columns="id, no, stage, coalesce(handling_unit, unit) as unit, due, opened_on, content",
        where=["enterprise = $1", "source <> $2"], args=[enterprise, str(Source.ALLEGATION)], order=["opened_on", "id"],
        cursor=cursor, limit=limit,
    )  # fmt: skip
    names = await _names(service, [item["unit"] for item in page["items"]])
    for item in page["items"]:
        item["key"], item["stage_label"] = item.pop("id"), IssueStage(item["stage"]).label
        item["unit_name"] = names.get(item["unit"], item["unit"])
        if not private:
            del item["content"]
    return page


@router.get("/{token}/tickets/{key}", name="get_own_ticket", summary="企业查询一件诉求的办理过程")
async def ticket(token: Token, key: TicketKey, request: Request, response: Response) -> dict[str, Any]:
    """One ticket with its steps and the answer; another enterprise's is as unknown as none."""
    service: Service = request.app.state.service
    enterprise, private = await opened(service.pool, token, local_date(service.clock()), device(request))
    response.headers["Cache-Control"] = "private, no-store"
    entries = await load(service.pool, ISSUE.stream(key))
    state = ISSUE.fold(entry.fact for entry in entries)
    if isinstance(state, Unreported) or state.report.enterprise.id != enterprise:
        raise Unknown(what="ticket")
    ordered = clocked(state)
    unit = ordered.order.unit if ordered else state.report.unit
    return {
        "key": key, "no": state.report.no, "stage": state.STAGE, "stage_label": state.STAGE.label, "unit": unit,
        "unit_name": (await _names(service, [unit])).get(unit, unit), "due": ordered and ordered.due.on,
        "opened_on": state.report.on, **({"content": state.report.content, "reply": _reply(state)} if private else {}),
        "timeline": _steps(entries, private=private), "reopen_until": await _reopen_until(service, state),
    }  # fmt: skip


def _reply(state: Ticket) -> str | None:
    """The answer in words, once a reviewer has let it out."""
    if isinstance(state, Declined):
        return state.refusal.text
    if isinstance(state, Merged):
        return state.answer and state.answer.reply
    return state.resolution.reply if isinstance(state, Reviewed | Closed | Archived) and not isinstance(state, Resolved) else None


def _steps(entries: list[Entry], *, private: bool) -> list[dict[str, Any]]:
    """The steps with their days, and what the enterprise was told or said itself at each; the answer once it was reviewed."""
    found: list[dict[str, Any]] = []
    reply = ""
    for entry in entries:
        fact = entry.fact
        if isinstance(fact, IssueResolved):
            reply = fact.reply
        title = _TOLD.get(entry.type.split(".")[1])
        if title is None:
            continue
        words = reply if isinstance(fact, ResolutionApproved) else _words(fact)
        found.append({"title": title, "at": entry.envelope["time"], **({"words": words} if private and words else {})})
    return found


def _words(fact: Fact) -> str:
    match fact:
        case IssueDeclined(text=words) | DeclineContested(words=words) | IssueSupplemented(words=words):
            return words
        case StageAnswered(reply=words) | SiblingAnswered(reply=words):
            return words
        case IssueReopened(reason=words, by_enterprise=True):
            return words
        case _:
            return ""


async def _reopen_until(service: Service, state: Ticket) -> date | None:
    """The last day on which the enterprise may have it handled again, while that is to come."""
    if not isinstance(state, Closed):
        return None
    last = (await service.calendar()).add_workdays(state.closing.on, ARCHIVED_WORKDAYS)
    return last if local_date(service.clock()) <= last else None


async def _speak(token: str, key: UUID, command: TicketCommand, again: str | None, request: Request) -> dict[str, Any]:
    """A word of the enterprise on a ticket of its own, through a link that is private to it."""
    service: Service = request.app.state.service
    enterprise, private = await opened(service.pool, token, local_date(service.clock()), device(request))
    state = ISSUE.fold(entry.fact for entry in await load(service.pool, ISSUE.stream(key)))
    if isinstance(state, Unreported) or state.report.enterprise.id != enterprise:
        raise Unknown(what="ticket")
    if not private:
        raise Forbidden(reason="铭牌不能办理这项操作")
    command_id = derived_id("public", type(command).__name__, str(key), again) if again else new_id()
    done = await service.desk.handle(ISSUE, key, command, await service.context(ITSELF, key, NOTHING), command_id=command_id)
    return {"received": True, "replayed": done.replayed, "key": key}


@router.post("/{token}/tickets/{key}/urge", name="urge_own_ticket", summary="企业催办")
async def urge(token: Token, key: TicketKey, command: UrgeIssue, request: Request, again: Again = None) -> dict[str, Any]:
    return await _speak(token, key, command, again, request)


@router.post("/{token}/tickets/{key}/supplement", name="supplement_own_ticket", summary="企业补充情况")
async def supplement(
    token: Token, key: TicketKey, command: SupplementIssue, request: Request, again: Again = None
) -> dict[str, Any]:
    return await _speak(token, key, command, again, request)


@router.post("/{token}/tickets/{key}/reopen", name="reopen_own_ticket", summary="企业要求重办(办结后五个工作日内)")
async def reopen(token: Token, key: TicketKey, command: ReopenIssue, request: Request, again: Again = None) -> dict[str, Any]:
    """Handled again by the same unit under a new deadline; the second time the level above is proposed."""
    return await _speak(token, key, command, again, request)


@router.post("/{token}/tickets/{key}/contest", name="contest_own_decline", summary="企业对不予受理提出异议")
async def contest(token: Token, key: TicketKey, command: ContestDecline, request: Request, again: Again = None) -> dict[str, Any]:
    return await _speak(token, key, command, again, request)


async def _names(service: Service, codes: list[str]) -> dict[str, str]:
    rows = await service.pool.fetch(
        f"select code, name from {units_on('$2')} u where code = any($1::text[])", codes, local_date(service.clock())
    )
    return {row["code"]: row["name"] for row in rows}
