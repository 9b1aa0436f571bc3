"""What issues prints: the register (问题台账), the forms of a ticket, its archive package."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import quote
from uuid import UUID

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Query, Request, Response

from services.issues.documents.forms import print_form
from services.issues.documents.package import package
from services.issues.documents.papers import FORMS, TITLES
from services.issues.queries import papers
from services.issues.queries import register as asked
from services.issues.queries.register import Asked, Register
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, Cursor, Limit
from shared.http.service import Service
from shared.language.terms import Level
from shared.paper import prints
from shared.paper.sheets import XLSX

router = APIRouter(tags=["问题台账与归档"], route_class=Entrance)

IssueId = Annotated[UUID, Path(description="问题的标识(UUIDv7)")]
MonthText = Annotated[str, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="月份 YYYY-MM")]
UnitText = Annotated[str | None, Query(pattern=r"^[0-9A-Za-z-]{1,20}$", description="登记、主办或协办单位")]
Carried = Annotated[bool, Query(description="含以前月份登记、本月仍在办理的")]
Nth = Annotated[int, Path(ge=1, le=10_000, description="第几张,从 1 起")]

_PRINTERS = CapacityLimiter(2)
"""A page takes a processor for a moment; a district's prints at once take no more than two."""


@router.get("/register", name="get_register", summary="问题台账")
async def register(
    caller: Caller,
    request: Request,
    month: MonthText,
    unit: UnitText = None,
    level: Level | None = None,
    carried: Carried = False,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Register:
    """Computed from the log, by number: all columns as printed. Numbers of enterprises' people are masked."""
    return await asked.register(request.app.state.service, caller, Asked(month, unit, level, carried), cursor, limit)


@router.get(
    "/register/workbook",
    name="export_register",
    summary="导出问题台账(XLSX)",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}}},
)
async def export(
    caller: Caller,
    request: Request,
    month: MonthText,
    unit: UnitText = None,
    level: Level | None = None,
    carried: Carried = False,
) -> Response:
    """The same to print, sorted by number."""
    title, content = await asked.workbook(request.app.state.service, caller, Asked(month, unit, level, carried))
    return Response(content, media_type=XLSX, headers=_named(f"{title}.xlsx"))


@router.get(
    "/issues/{id_}/forms/{form}/{n}.pdf",
    name="print_form",
    summary="打印交办单、报请单、督办单",
    response_class=Response,
    responses=prints.answers("application/pdf"),
)
async def form(id_: IssueId, form: Literal["dispatch", "request", "slip"], n: Nth, caller: Caller, request: Request) -> Response:
    """The n-th of its kind, from 1, in the order they were written."""
    service: Service = request.app.state.service
    item, people = await papers.readable(service, caller, id_)
    made = FORMS[form][0](item, n, people, await papers.office(service))
    page = await run_sync(print_form, made, limiter=_PRINTERS)
    return prints.answer(TITLES[form], page, "application/pdf", _named(f"{TITLES[form]}{made.no}.pdf", "inline"))


@router.get(
    "/issues/{id_}/forms/dispatch.pdf",
    name="print_dispatch",
    summary="打印交办单(最近一次)",
    response_class=Response,
    responses=prints.answers("application/pdf"),
)
async def dispatch(id_: IssueId, caller: Caller, request: Request) -> Response:
    """The order as it stands."""
    item, _ = await papers.readable(request.app.state.service, caller, id_)
    return await form(id_, "dispatch", max(1, len(item.all(FORMS["dispatch"][1]))), caller, request)


@router.get(
    "/issues/{id_}/package",
    name="get_package",
    summary="归档包(ZIP)",
    response_class=Response,
    responses=prints.answers("application/zip"),
)
async def archive(id_: IssueId, caller: Caller, request: Request) -> Response:
    """History, forms, replies and the visit it came from, with a manifest of digests. The same history gives the same bytes."""
    service: Service = request.app.state.service
    item, people = await papers.readable(service, caller, id_)
    visit, office = await papers.visit(service, item), await papers.office(service)
    made = await run_sync(package, item, people, visit, office, limiter=_PRINTERS)
    return prints.answer("归档包", made, "application/zip", _named(f"{item.state.report.no}.zip"))


def _named(name: str, how: str = "attachment") -> dict[str, str]:
    return {"Content-Disposition": f"{how}; filename*=UTF-8''{quote(name)}"}
