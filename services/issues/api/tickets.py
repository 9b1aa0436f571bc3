"""Tickets: reporting by hand, one ticket with its timeline, lists."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from services.issues.domain import permissions
from services.issues.domain.commands import ReportIssue
from services.issues.domain.issue import ISSUE
from services.issues.domain.known import KnownReport, KnownTicket
from services.issues.domain.refusals import IdOfThePlatform
from services.issues.domain.states import Unreported
from services.issues.projections import words
from services.issues.projections.numbering import numbered
from services.issues.queries import lookups
from services.issues.queries.reading import reach
from shared.asking import Caller, Cursor, Limit, listing, receipt
from shared.directory import Directory
from shared.entrance import Entrance
from shared.eventlog import load
from shared.events.visits import Visited
from shared.months import WrittenDate, WrittenInstant, local_date
from shared.problems import Forbidden, Unknown
from shared.service import Service
from shared.terms import Colour, IssueStage, Line, Source, derived, derived_id

router = APIRouter(tags=["问题"], route_class=Entrance)

IssueId = Annotated[UUID, Path(description="问题的标识(UUIDv7)")]


@router.put("/issues/{id_}", name="report_issue", summary="登记问题", status_code=201)
async def report(id_: IssueId, command: ReportIssue, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    service: Service = request.app.state.service
    if derived(id_):
        raise IdOfThePlatform(id=str(id_))
    today = local_date(service.clock())
    enterprise = await Directory(service.pool).enterprise(command.enterprise, today)
    lines = [held.unit for line in (Line.HORIZONTAL, Line.VERTICAL) if (held := enterprise.assigned.get(line))]
    own = [] if permissions.for_any_unit(caller) else [caller.unit]
    unit = next((code for code in (command.unit, *own, *lines, caller.unit) if code), "")
    named = Visited(id=enterprise.id, code=enterprise.code, name=enterprise.name)
    known = KnownTicket(
        KnownReport(named, unit, external_no=command.external_no), units=await lookups.units(service, [unit], today)
    )
    context = await service.context(caller, id_, known)
    done = await service.desk.handle(
        ISSUE, id_, command, context, command_id=derived_id("issues", "report", str(id_)), prepare=numbered
    )
    response.status_code = 200 if done.replayed else 201
    return {**receipt(service, response, done), **lookups.short(id_, done.state, context)}


@router.get("/issues/{id_}", name="get_issue", summary="问题详情、时限推算与办理过程")
async def issue(
    id_: IssueId, caller: Caller, request: Request, response: Response,
    as_of: Annotated[WrittenInstant | None, Query(description="按该时刻已记录的事件")] = None,
) -> dict[str, Any]:  # fmt: skip
    """Folded from the log, so it is as new as the last command, or as old as asked for. Personal data are masked."""
    service: Service = request.app.state.service
    may = await reach(service, caller)
    entries = [e for e in await load(service.pool, ISSUE.stream(id_)) if as_of is None or e.recorded <= as_of]
    state = ISSUE.fold(entry.fact for entry in entries)
    if isinstance(state, Unreported):
        raise Unknown(what="issue", id=str(id_))
    if not may.covers(state):
        raise Forbidden
    reporter, phone = await service.vault.masked([state.report.reporter, state.report.phone])
    response.headers["ETag"] = f'"{len(entries)}"'
    return {
        **lookups.short(id_, state, await service.context(caller, id_)), "version": len(entries), **lookups.whole(state),
        "reporter": reporter, "phone": phone, "timeline": [lookups.told(entry) for entry in entries],
    }  # fmt: skip


@router.get("/issues", name="list_issues", summary="问题查询")
async def issues(
    caller: Caller, request: Request, unit: Annotated[str | None, Query(max_length=20)] = None,
    stage: IssueStage | None = None, colour: Colour | None = None, source: Source | None = None,
    open_: Annotated[bool | None, Query(alias="open", description="是否未办结")] = None,
    handler: Annotated[UUID | None, Query(description="承办人")] = None,
    due_before: Annotated[WrittenDate | None, Query(description="当前时限不晚于该日")] = None,
    q: Annotated[str | None, Query(min_length=1, max_length=50, description="内容、答复、企业名称或编号的一部分")] = None,
    month: Annotated[str | None, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$")] = None,
    enterprise: UUID | None = None, visit: UUID | None = None, cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """``unit`` finds what a unit reported, handles or helps with; nobody sees more than their own reach."""
    service: Service = request.app.state.service
    may = await reach(service, caller)
    may.must_ask(unit)
    where, args = may.conditions()
    if unit is not None:
        args.append(unit)
        where.append(f"exists (select 1 from issue_unit p where p.issue = issue.id and p.unit = ${len(args)})")
    asked = {
        "stage": stage and str(stage), "month": month, "enterprise": enterprise, "visit": visit, "handler": handler,
        "colour": colour and str(colour), "source": source and str(source), "open": open_,
    }  # fmt: skip
    for column, value in asked.items():
        if value is not None:
            args.append(value)
            where.append(f"{column} = ${len(args)}")
    if due_before is not None:
        args.append(due_before)
        where.append(f"due <= ${len(args)}")
    if q is not None:
        async with service.pool.acquire(timeout=10) as connection:
            args.append(await words.matching(connection, service.vault, q))
        where.append(f"id = any(${len(args)}::uuid[])")
    page = await listing(
        service.pool, table="issue",
        columns="id, ver as version, no, month, unit, handling_unit, enterprise, enterprise_code, enterprise_name, stage, source, "
        "visit, demand, content, category, nature, urgency, level, leader, handler, opened_on, dispatched_on, first_due, due, "
        "colour, reopened, extensions, milestone, closed_on, rating, master, "
        "array_remove(string_to_array(proposals, ','), '') as proposals",
        where=where, args=args, order=["opened_on", "id"], cursor=cursor, limit=limit,
    )  # fmt: skip
    for item in page["items"]:
        item.update(stage_label=IssueStage(item["stage"]).label, colour_label=Colour(item["colour"]).label)
    return page
