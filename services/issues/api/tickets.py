"""Tickets: reporting by hand, the straight path, one ticket with its timeline, lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel

from services.issues.domain import permissions
from services.issues.domain.commands import (
    AcceptIssue,
    ApproveResolution,
    ArchiveIssue,
    Asked,
    CloseIssue,
    DispatchIssue,
    ProgressIssue,
    RecordCallBack,
    RejectResolution,
    ReopenIssue,
    ReportIssue,
    ResolveIssue,
    SignIssue,
)
from services.issues.domain.issue import ISSUE, allowed_actions
from services.issues.domain.permissions import Reach, reach
from services.issues.domain.states import (
    Archived,
    Closed,
    Resolved,
    Reviewed,
    State,
    Ticket,
    Unreported,
    order_of,
    units_of,
    work_of,
)
from services.issues.projections import numbered
from shared.decider import Actor, Context
from shared.directory import Directory
from shared.eventlog import Entry, load
from shared.events.visits import Visited
from shared.problems import Forbidden, Unknown
from shared.service import Caller, CommandId, Cursor, Expected, Limit, Service, listing, receipt
from shared.terms import IssueStage, Line, Role, Term, UnitKind, derived_id
from shared.vault import Personal, mask

router = APIRouter(tags=["问题"])

IssueId = Annotated[UUID, Path(description="问题的标识(UUIDv7)")]

_TITLES = {
    "issue-reported": "登记", "issue-accepted": "受理", "issue-dispatched": "交办", "issue-signed": "签收",
    "issue-progressed": "进展", "issue-resolved": "报结", "resolution-approved": "审核通过",
    "resolution-rejected": "审核退回", "call-back-recorded": "回访", "issue-closed": "办结", "issue-reopened": "重办",
    "issue-archived": "归档",
}  # fmt: skip
_HANDLING = (UnitKind.DEPARTMENT, UnitKind.TOWNSHIP, UnitKind.OFFICE, UnitKind.INSPECTORATE)


@router.put("/issues/{id_}", name="report_issue", summary="登记问题", status_code=201)
async def report(id_: IssueId, command: ReportIssue, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    service: Service = request.app.state.service
    context = await service.context(caller, id_)
    enterprise = await Directory(service.pool).enterprise(command.enterprise, context.today)
    lines = [held.unit for line in (Line.HORIZONTAL, Line.VERTICAL) if (held := enterprise.assigned.get(line))]
    own = [] if permissions.for_any_unit(caller) else [caller.unit]
    unit = next((code for code in (command.unit, *own, *lines, caller.unit) if code), "")
    known = {
        "enterprise": Visited(id=enterprise.id, code=enterprise.code, name=enterprise.name), "unit": unit,
        "units": await _units(service, [unit], context.today),
    }  # fmt: skip
    context = await service.context(caller, id_, **known)
    done = await service.desk.handle(
        ISSUE, id_, command, context, command_id=derived_id("issues", "report", str(id_)), prepare=numbered
    )
    response.status_code = 200 if done.replayed else 201
    return {**receipt(service, response, done), **_short(id_, done.state, context)}


async def _change(
    id_: UUID, command: Asked, caller: Actor, command_id: UUID, expected: int | None, request: Request, response: Response,
    **known: Any,
) -> dict[str, Any]:  # fmt: skip
    service: Service = request.app.state.service
    context = await service.context(caller, id_, **known)
    done = await service.desk.handle(ISSUE, id_, command, context, command_id=command_id, expected=expected)
    return {**receipt(service, response, done), **_short(id_, done.state, context)}


@router.post("/issues/{id_}/accept", name="accept_issue", summary="受理")
async def accept(
    id_: IssueId, command: AcceptIssue, caller: Caller, command_id: CommandId, expected: Expected, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post("/issues/{id_}/dispatch", name="dispatch_issue", summary="交办(主办单位、责任领导、措施、时限缺一不可)")
async def dispatch(
    id_: IssueId, command: DispatchIssue, caller: Caller, command_id: CommandId, expected: Expected, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    service: Service = request.app.state.service
    today = (await service.context(caller, id_)).today
    units = await _units(service, [command.unit, *command.co_units], today)
    posts = await _posts(service, command.leader, today)
    return await _change(id_, command, caller, command_id, expected, request, response, units=units, posts=posts)


@router.post("/issues/{id_}/sign", name="sign_issue", summary="签收")
async def sign(
    id_: IssueId, command: SignIssue, caller: Caller, command_id: CommandId, expected: Expected, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    service: Service = request.app.state.service
    today = (await service.context(caller, id_)).today
    posts = await _posts(service, command.handler, today) if command.handler else {}
    return await _change(id_, command, caller, command_id, expected, request, response, posts=posts)


@router.post("/issues/{id_}/progress", name="progress_issue", summary="首次联系、进展")
async def progress(
    id_: IssueId, command: ProgressIssue, caller: Caller, command_id: CommandId, expected: Expected, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post("/issues/{id_}/resolve", name="resolve_issue", summary="报结")
async def resolve(
    id_: IssueId, command: ResolveIssue, caller: Caller, command_id: CommandId, expected: Expected, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post("/issues/{id_}/approve", name="approve_resolution", summary="审核通过")
async def approve(
    id_: IssueId, command: ApproveResolution, caller: Caller, command_id: CommandId, expected: Expected, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post("/issues/{id_}/reject", name="reject_resolution", summary="审核退回")
async def reject(
    id_: IssueId, command: RejectResolution, caller: Caller, command_id: CommandId, expected: Expected, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post("/issues/{id_}/call-back", name="record_call_back", summary="回访")
async def call_back(
    id_: IssueId, command: RecordCallBack, caller: Caller, command_id: CommandId, expected: Expected, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post("/issues/{id_}/close", name="close_issue", summary="办结")
async def close(
    id_: IssueId, command: CloseIssue, caller: Caller, command_id: CommandId, expected: Expected, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post("/issues/{id_}/reopen", name="reopen_issue", summary="重办")
async def reopen(
    id_: IssueId, command: ReopenIssue, caller: Caller, command_id: CommandId, expected: Expected, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post("/issues/{id_}/archive", name="archive_issue", summary="归档")
async def archive(
    id_: IssueId, command: ArchiveIssue, caller: Caller, command_id: CommandId, expected: Expected, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.get("/issues/{id_}", name="get_issue", summary="问题详情、时限推算与办理过程")
async def issue(id_: IssueId, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    """Folded from the log, so it is as new as the last command. Personal data are masked."""
    service: Service = request.app.state.service
    may = reach(caller)
    entries = await load(service.pool, ISSUE.stream(id_))
    state = ISSUE.fold(entry.fact for entry in entries)
    if isinstance(state, Unreported):
        raise Unknown(what="issue", id=str(id_))
    if not may.covers(state):
        raise Forbidden
    reporter, phone = await service.vault.open([state.report.reporter, state.report.phone])
    response.headers["ETag"] = f'"{len(entries)}"'
    return {
        **_short(id_, state, await service.context(caller, id_)), "version": len(entries), **_whole(state),
        "reporter": mask(reporter), "phone": mask(phone), "timeline": [_told(entry) for entry in entries],
    }  # fmt: skip


@router.get("/issues", name="list_issues", summary="问题查询")
async def issues(
    caller: Caller, request: Request, unit: Annotated[str | None, Query(max_length=20)] = None,
    stage: IssueStage | None = None, month: Annotated[str | None, Query(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")] = None,
    enterprise: UUID | None = None, visit: UUID | None = None, cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """``unit`` finds what a unit reported, handles or helps with; nobody sees more than their own reach."""
    service: Service = request.app.state.service
    where, args = _within(reach(caller))
    if unit is not None:
        args.append(unit)
        where.append(f"exists (select 1 from issue_unit p where p.issue = issue.id and p.unit = ${len(args)})")
    for column, value in (("stage", stage and str(stage)), ("month", month), ("enterprise", enterprise), ("visit", visit)):
        if value is not None:
            args.append(value)
            where.append(f"{column} = ${len(args)}")
    page = await listing(
        service.pool, table="issue",
        columns="id, ver as version, no, month, unit, handling_unit, enterprise, enterprise_code, enterprise_name, stage, source, "
        "visit, demand, content, category, nature, urgency, level, leader, handler, opened_on, dispatched_on, first_due, due, "
        "reopened, closed_on, rating",
        where=where, args=args, order=["opened_on", "id"], cursor=cursor, limit=limit,
    )  # fmt: skip
    for item in page["items"]:
        item["stage_label"] = IssueStage(item["stage"]).label
    return page


def _within(may: Reach) -> tuple[list[str], list[Any]]:
    """The same reach, as a condition on the view."""
    if may.everything:
        return [], []
    conditions: list[str] = []
    args: list[Any] = []
    if may.unit is not None:
        args.append(may.unit)
        conditions.append(f"exists (select 1 from issue_unit r where r.issue = issue.id and r.unit = ${len(args)})")
    if may.stages:
        args.append([str(stage) for stage in may.stages])
        conditions.append(f"stage = any(${len(args)}::text[])")
    if may.source is not None:
        args.append(str(may.source))
        conditions.append(f"source = ${len(args)}")
    return [f"({' or '.join(conditions)})"], args


def _short(id_: UUID, state: State, context: Context) -> dict[str, Any]:
    """What every answer about a ticket says."""
    assert not isinstance(state, Unreported)  # noqa: S101  a command that was carried out has reported it.
    ordered = order_of(state)
    return {
        "id": str(id_), "no": state.report.no, "stage": str(state.STAGE), "stage_label": state.STAGE.label,
        "due": ordered and ordered.due.model_dump(mode="json"), "allowed_actions": allowed_actions(state, context),
    }  # fmt: skip


def _whole(state: Ticket) -> dict[str, Any]:
    ordered, worked = order_of(state), work_of(state)
    answered = state if isinstance(state, Resolved | Reviewed | Closed | Archived) else None
    approved = state if isinstance(state, Reviewed | Closed | Archived) else None
    closed = state if isinstance(state, Closed | Archived) else None
    return {
        **_plain(state.report), **{name: _term(value) for name, value in vars(state.kind).items()},
        "units": [{"unit": unit, "part": part} for unit, part in units_of(state)],
        "order": ordered and _plain(ordered.order),
        "handler": worked and str(worked.work.handler), "contacted": bool(worked and worked.work.contacted),
        "reopened": worked.work.reopened if worked else 0,
        "resolution": answered and _plain(answered.resolution),
        "approval": approved and _plain(approved.approval),
        "calls": [_plain(call) for call in approved.calls] if approved else [],
        "closing": closed and _plain(closed.closing),
        "filing": _plain(state.filing) if isinstance(state, Archived) else None,
    }  # fmt: skip


def _told(entry: Entry) -> dict[str, Any]:
    """One line of the timeline, without personal data."""
    envelope = entry.envelope
    verb = entry.type.split(".")[1]
    roles = [Role(role).label for role in envelope.get("actorrole", "").split(",") if role]
    return {
        "version": entry.version, "type": entry.type, "title": _TITLES.get(verb, verb), "at": envelope["time"],
        "recorded_at": entry.recorded, "actor": envelope.get("actorid"), "roles": roles, "unit": envelope.get("actorunit", ""),
        "data": _plain(entry.fact),
    }  # fmt: skip


def _plain(part: BaseModel) -> dict[str, Any]:
    """A fact as JSON; what is personal in it is left out."""
    sealed = {name for name in type(part).model_fields if isinstance(getattr(part, name), Personal)}
    return part.model_dump(mode="json", exclude=sealed)


def _term(value: Any) -> Any:
    return str(value) if isinstance(value, Term) else value


async def _units(service: Service, codes: Sequence[str], on: date) -> frozenset[str]:
    """Which of these are units that a ticket can lie with on the day."""
    rows = await service.pool.fetch(
        "select code from known_unit where code = any($1::text[]) and kind = any($2::text[]) "
        "and (ended_on is null or ended_on > $3)",
        list(codes), [str(kind) for kind in _HANDLING], on,
    )  # fmt: skip
    return frozenset(row["code"] for row in rows)


async def _posts(service: Service, member: UUID, on: date) -> dict[UUID, dict[str, frozenset[Role]]]:
    """The roles somebody holds on the day, by unit."""
    found = await Directory(service.pool).members([member], on)
    posts: dict[str, set[Role]] = {}
    for post in found[member].posts if member in found else ():
        posts.setdefault(post.unit, set()).add(post.role)
    return {member: {unit: frozenset(roles) for unit, roles in posts.items()}}
