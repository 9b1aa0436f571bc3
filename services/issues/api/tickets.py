"""Tickets: reporting by hand, one ticket with its timeline, lists."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from services.issues.domain.ticket import permissions
from services.issues.domain.ticket.commands import ReportIssue
from services.issues.domain.ticket.decide import ISSUE
from services.issues.domain.ticket.refusals import IdOfThePlatform
from services.issues.projections.numbering import numbered
from services.issues.queries import lookups
from services.issues.queries import ticket as one
from services.issues.queries import tickets as asked
from services.issues.queries.ticket import Ticket, TicketReceipt, standing
from services.issues.queries.tickets import TicketRow
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, Cursor, Limit, receipt
from shared.http.service import Service
from shared.language.months import WrittenDate, WrittenInstant, local_date
from shared.language.terms import Colour, IssueStage, Source, derived, derived_id

router = APIRouter(tags=["问题"], route_class=Entrance)

IssueId = Annotated[UUID, Path(description="问题的标识(UUIDv7)")]


@router.put("/issues/{id_}", name="report_issue", summary="登记问题", status_code=201)
async def report(id_: IssueId, command: ReportIssue, caller: Caller, request: Request, response: Response) -> TicketReceipt:
    """The same content again answers what it answered first (200); another content under the same id is refused."""
    service: Service = request.app.state.service
    if derived(id_):
        raise IdOfThePlatform(id=str(id_))
    own = [] if permissions.for_any_unit(caller) else [caller.unit]
    known = await lookups.for_report(service, command, local_date(service.clock()), first=[command.unit, *own], last=caller.unit)
    context = await service.context(caller, id_, known)
    done = await service.desk.handle(
        ISSUE, id_, command, context, command_id=derived_id("issues", "report", str(id_)), prepare=numbered
    )
    response.status_code = 200 if done.replayed else 201
    return TicketReceipt.of(receipt(service, response, done), **standing(id_, done.state, context))


@router.get("/issues/{id_}", name="get_issue", summary="问题详情、时限推算与办理过程")
async def issue(
    id_: IssueId,
    caller: Caller,
    request: Request,
    response: Response,
    as_of: Annotated[WrittenInstant | None, Query(description="按该时刻已记录的事件")] = None,
) -> Ticket:
    """Folded from the log, so it is as new as the last command, or as old as asked for. Personal data are masked."""
    found = await one.ticket(request.app.state.service, caller, id_, as_of)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.get("/issues", name="list_issues", summary="问题查询")
async def issues(
    caller: Caller,
    request: Request,
    unit: Annotated[str | None, Query(max_length=20)] = None,
    stage: IssueStage | None = None,
    colour: Colour | None = None,
    source: Source | None = None,
    open_: Annotated[bool | None, Query(alias="open", description="是否未办结")] = None,
    handler: Annotated[UUID | None, Query(description="承办人")] = None,
    due_before: Annotated[WrittenDate | None, Query(description="当前时限不晚于该日")] = None,
    q: Annotated[str | None, Query(min_length=1, max_length=50, description="内容、答复、企业名称或编号的一部分")] = None,
    month: Annotated[str | None, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$")] = None,
    enterprise: UUID | None = None,
    visit: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[TicketRow]:
    """``unit`` finds what a unit reported, handles or helps with; nobody sees more than their own reach."""
    return await asked.tickets(
        request.app.state.service,
        caller,
        unit=unit,
        stage=stage,
        colour=colour,
        source=source,
        open_=open_,
        handler=handler,
        due_before=due_before,
        q=q,
        month=month,
        enterprise=enterprise,
        visit=visit,
        cursor=cursor,
        limit=limit,
    )
