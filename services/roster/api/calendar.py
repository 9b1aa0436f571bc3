"""The official working-day calendar: published by the office, year by year; every version stays readable."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import ValidationError

from services.roster.domain.access import the_office
from services.roster.domain.calendar import CALENDAR, KnownYear, PublishYear
from services.roster.intake.holidays import ListUnreadable, read_days
from services.roster.queries import calendar as asked
from services.roster.queries.calendar import CalendarYear, Workdays, YearReceipt, YearVersions
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, receipt
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import WrittenDate
from shared.language.problems import Malformed
from shared.log.outages import in_words
from shared.paper.foreign.uploads import received

router = APIRouter(tags=["日历与对照表"], route_class=Entrance)

YearNumber = Annotated[int, Path(ge=2000, le=2100)]
_LARGEST = 200_000
_FILE = {"schema": {"type": "string", "format": "binary", "maxLength": _LARGEST}}


async def _publish(
    year: int,
    command: PublishYear,
    caller: Actor,
    command_id: Any,
    request: Request,
    response: Response,
    remarks: Sequence[str] = (),
) -> YearReceipt:
    service: Service = request.app.state.service
    context = await service.context(caller, str(year), KnownYear(year))
    done = await service.desk.handle(CALENDAR, str(year), command, context, command_id=command_id)
    service.forget_calendar()
    return YearReceipt.of(receipt(service, response, done), year=year, days=len(command.days), remarks=list(remarks))


@router.put("/calendar/{year}", name="publish_year", summary="发布年度工作日历")
async def publish(
    year: YearNumber, command: PublishYear, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> YearReceipt:
    return await _publish(year, command, caller, command_id, request, response)


@router.post(
    "/calendar/{year}/import",
    name="import_year",
    summary="导入年度放假安排(JSON 或 CSV)",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"type": "object", "additionalProperties": True}},
                "text/csv": _FILE,
                "application/octet-stream": _FILE,
            },
        }
    },
)
async def import_year(
    year: YearNumber,
    caller: Caller,
    command_id: CommandId,
    request: Request,
    response: Response,
    source: Annotated[str, Query(max_length=500, description="来源文件")] = "",
) -> YearReceipt:
    """The whole list as a file: ours, the public holiday-cn form, or a CSV with 日期、放假、名称. Days of other years are refused, but for
    those beside New Year.
    """
    the_office(await request.app.state.service.context(caller, str(year)))  # Before a file of a stranger is read.
    upload = await received(request, _LARGEST)
    try:
        days, said, remarks = await asyncio.to_thread(read_days, upload.file.read())
        command = PublishYear(days=tuple(days), source=source or said)
    except (ListUnreadable, ValidationError) as error:
        title = in_words(error) if isinstance(error, ListUnreadable) else "含有不能保存的字符"
        raise Malformed(errors=[{"pointer": "/body", "code": "list", "title": title}]) from None
    finally:
        upload.close()
    return await _publish(year, command, caller, command_id, request, response, remarks)


@router.get("/calendar/{year}", name="get_year", summary="年度工作日历")
async def year_of(
    year: YearNumber, _caller: Caller, request: Request, version: Annotated[int | None, Query(ge=1, le=10_000)] = None
) -> CalendarYear:
    """The official list of the year, as last published or in an older version; ``provisional`` when none is published or
    festivals are ``missing`` in it: then Monday to Friday count where it says nothing.
    """
    return await asked.year_of(request.app.state.service, year, version)


@router.get("/calendar/{year}/versions", name="list_year_versions", summary="年度工作日历的历次版本")
async def versions(year: YearNumber, _caller: Caller, request: Request) -> YearVersions:
    """Every version, with what it changed against the one before."""
    return await asked.versions(request.app.state.service, year)


@router.get("/calendar/{year}/workdays", name="count_workdays", summary="推算工作日")
async def workdays(
    year: YearNumber, _caller: Caller, request: Request, start: WrittenDate, workdays: Annotated[int, Query(ge=0, le=400)]
) -> Workdays:
    """The day so many working days after ``start``, with its derivation in words."""
    return await asked.workdays(request.app.state.service, year, start, workdays)
