"""What issues prints: the register (问题台账), the forms of a ticket, its archive package."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal
from urllib.parse import quote
from uuid import UUID

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Query, Request, Response

from services.issues.documents.forms import print_form
from services.issues.documents.package import package
from services.issues.documents.papers import FORMS, TITLES
from services.issues.documents.register import told, workbook
from services.issues.documents.story import Story
from services.issues.projections.heard import visited
from services.issues.queries import naming
from services.issues.queries.reading import reach
from services.issues.queries.timeline import TITLES as TITLES_OF_FACTS
from shared import paper
from shared.asking import Caller, Cursor, Limit, listing
from shared.decider import Actor
from shared.directory import units_on
from shared.entrance import Entrance
from shared.months import Month, local_date
from shared.problems import Forbidden, Refused, Unknown
from shared.service import Service
from shared.terms import Level, UnitKind

router = APIRouter(tags=["问题台账与归档"], route_class=Entrance)

IssueId = Annotated[UUID, Path(description="问题的标识(UUIDv7)")]
MonthText = Annotated[str, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="月份 YYYY-MM")]
UnitText = Annotated[str | None, Query(pattern=r"^[0-9A-Za-z-]{1,20}$", description="登记、主办或协办单位")]
Carried = Annotated[bool, Query(description="含以前月份登记、本月仍在办理的")]
Nth = Annotated[int, Path(ge=1, le=10_000, description="第几张,从 1 起")]

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MOST = 20_000
_PRINTERS = CapacityLimiter(2)
"""A page takes a processor for a moment; a district's prints at once take no more than two."""


class RegisterTooLong(Refused):
    """A register of this length is asked for unit by unit."""

    title = "问题过多,请按单位分别导出"


async def _asked(
    service: Service, caller: Actor, unit: str | None, month: str, level: Level | None, *, carried: bool
) -> tuple[list[str], list[Any]]:  # fmt: skip
    """What was reported in the month, and, if asked for, what came over from before and was not finished when it began."""
    may = await reach(service, caller)
    may.must_ask(unit)
    where, args = may.conditions()
    args.append(month)
    asked = f"month = ${len(args)}"
    if carried:
        args.append(Month.parse(month).first_day)
        asked = f"({asked} or (month < ${len(args) - 1} and (open or ended_on >= ${len(args)})))"
    where.append(asked)
    if unit is not None:
        args.append(unit)
        where.append(f"exists (select 1 from issue_unit p where p.issue = issue.id and p.unit = ${len(args)})")
    if level is not None:
        args.append(str(level))
        where.append(f"coalesce(level, 'grid') = ${len(args)}")
    return where, args


@router.get("/register", name="get_register", summary="问题台账")
async def register(
    caller: Caller, request: Request, month: MonthText, unit: UnitText = None, level: Level | None = None,
    carried: Carried = False, cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """Computed from the log, by number: all columns as printed. Numbers of enterprises' people are masked."""
    service: Service = request.app.state.service
    where, args = await _asked(service, caller, unit, month, level, carried=carried)
    page = await listing(
        service.pool, table="issue", columns="id", where=where, args=args, order=["no"], cursor=cursor, limit=limit
    )
    items = await naming.stories(service, [item["id"] for item in page["items"]])
    people = await naming.people(service, items)
    return {
        **page, "month": month, "unit": unit, "level": level,
        "items": [{"id": item.id, "visit": item.state.report.visit, **told(item, people)} for item in items],
    }  # fmt: skip


@router.get("/register/workbook", name="export_register", summary="导出问题台账(XLSX)", response_class=Response)
async def export(
    caller: Caller, request: Request, month: MonthText, unit: UnitText = None, level: Level | None = None,
    carried: Carried = False,
) -> Response:  # fmt: skip
    """The same to print, sorted by number."""
    service: Service = request.app.state.service
    where, args = await _asked(service, caller, unit, month, level, carried=carried)
    condition = " and ".join(where)
    rows = await service.pool.fetch(f'select id from issue where {condition} order by no collate "C" limit {_MOST + 1}', *args)
    if len(rows) > _MOST:
        raise RegisterTooLong(most=_MOST)
    items = await naming.stories(service, [row["id"] for row in rows])
    people = await naming.people(service, items)
    whose = people.unit(unit) if unit else service.settings.district_name
    at = Month.parse(month)
    title = f"{whose}{at.year}年{at.month}月贵人服务问题台账"
    notes = (
        f"范围:{'本月登记及以前转入' if carried else '本月登记'};层级:{f'{level.label}级' if level else '全部'};"
        f"截至 {local_date(service.clock())},共 {len(items)} 件;联系电话已脱敏",
    )
    content = await asyncio.to_thread(workbook, title, items, people, notes)
    return Response(content, media_type=_XLSX, headers=_named(f"{title}.xlsx"))


@router.get(
    "/issues/{id_}/forms/{form}/{n}.pdf", name="print_form", summary="打印交办单、报请单、督办单", response_class=Response,
    responses=paper.answers("application/pdf"),
)  # fmt: skip
async def form(id_: IssueId, form: Literal["dispatch", "request", "slip"], n: Nth, caller: Caller, request: Request) -> Response:
    """The n-th of its kind, from 1, in the order they were written."""
    service: Service = request.app.state.service
    item = await _readable(service, id_, caller)
    made = FORMS[form][0](item, n, await naming.people(service, [item]), await _office(service))
    page = await run_sync(print_form, made, limiter=_PRINTERS)
    return paper.answer(TITLES[form], page, "application/pdf", _named(f"{TITLES[form]}{made.no}.pdf", "inline"))


@router.get(
    "/issues/{id_}/forms/dispatch.pdf", name="print_dispatch", summary="打印交办单(最近一次)", response_class=Response,
    responses=paper.answers("application/pdf"),
)  # fmt: skip
async def dispatch(id_: IssueId, caller: Caller, request: Request) -> Response:
    """The order as it stands."""
    service: Service = request.app.state.service
    item = await _readable(service, id_, caller)
    return await form(id_, "dispatch", max(1, len(item.all(FORMS["dispatch"][1]))), caller, request)


@router.get(
    "/issues/{id_}/package", name="get_package", summary="归档包(ZIP)", response_class=Response,
    responses=paper.answers("application/zip"),
)  # fmt: skip
async def archive(id_: IssueId, caller: Caller, request: Request) -> Response:
    """History, forms, replies and the visit it came from, with a manifest of digests. The same history gives the same bytes."""
    service: Service = request.app.state.service
    item = await _readable(service, id_, caller)
    visit = await visited(service.pool, item.state.report.visit) if item.state.report.visit else None
    people = await naming.people(service, [item])
    made = await run_sync(package, item, people, visit, await _office(service), TITLES_OF_FACTS, limiter=_PRINTERS)
    return paper.answer("归档包", made, "application/zip", _named(f"{item.state.report.no}.zip"))


async def _readable(service: Service, id_: UUID, caller: Actor) -> Story:
    may = await reach(service, caller)
    found = await naming.stories(service, [id_])
    if not found:
        raise Unknown(what="issue", id=str(id_))
    if not may.covers(found[0].state):
        raise Forbidden
    return found[0]


async def _office(service: Service) -> str:
    """Whose name stands over what the platform writes by itself."""
    name = await service.pool.fetchval(
        f"select name from {units_on('$2')} u where kind = $1 and started_on <= $2 and (ended_on is null or ended_on > $2) "
        "order by code limit 1",
        str(UnitKind.OFFICE),
        local_date(service.clock()),
    )
    return name or service.settings.office_name


def _named(name: str, how: str = "attachment") -> dict[str, str]:
    return {"Content-Disposition": f"{how}; filename*=UTF-8''{quote(name)}"}
