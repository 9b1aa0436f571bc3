"""What a deadline would be, and working days as such: asked without changing anything."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request

from services.issues.domain.ticket import deadlines
from services.issues.domain.ticket.commands import Day
from services.issues.domain.ticket.states import Kind
from services.issues.queries.dates import DayAfterWorkdays, DerivedDeadline
from shared.http.entrance import Entrance
from shared.http.parameters import Caller
from shared.http.service import Service
from shared.language.months import Calendar
from shared.language.terms import Category, Level, Nature, Urgency

router = APIRouter(tags=["时限"], route_class=Entrance)

Start = Annotated[Day, Query(alias="from", description="起算日,不计入")]


@router.get("/issues/deadline", name="derive_deadline", summary="时限试算(按性质和紧急度)")
async def deadline(
    _caller: Caller,
    request: Request,
    nature: Nature,
    urgency: Urgency,
    start: Start,
    level: Level = Level.GRID,
    *,
    difficult: Annotated[bool, Query(description="多部门疑难")] = False,
) -> DerivedDeadline:
    """By nature, urgency and level, from a day on which it would be dispatched."""
    calendar = await _calendar(request)
    due = deadlines.standard(calendar, start, Kind(Category.OTHER, nature, urgency, difficult), level)
    return DerivedDeadline(**due.model_dump(), provisional=_provisional(calendar, start, due.on))


@router.get("/calendar/add", name="add_workdays", summary="工作日推算")
async def add(
    _caller: Caller, request: Request, start: Start, workdays: Annotated[int, Query(ge=0, le=1000)]
) -> DayAfterWorkdays:
    """The day so many working days later, and how it was counted."""
    calendar = await _calendar(request)
    on = calendar.add_workdays(start, workdays)
    return DayAfterWorkdays(
        on=on,
        derivation=calendar.explain(start, workdays),
        provisional=_provisional(calendar, start, on),
        calendar=calendar.version,
    )


async def _calendar(request: Request) -> Calendar:
    service: Service = request.app.state.service
    return await service.calendar()


def _provisional(calendar: Calendar, start: date, end: date) -> bool:
    """Whether any year on the way has not been announced."""
    return any(calendar.is_provisional(date(year, 1, 1)) for year in range(start.year, end.year + 1))
