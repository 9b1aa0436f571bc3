"""Who is responsible: for any enterprise, on each line, on any day that was or will be; and where nobody is (R01)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from services.roster.domain.access import looks_up
from services.roster.domain.enterprise.commands import ChooseMainContact
from services.roster.domain.enterprise.decide import ENTERPRISE
from services.roster.queries import gaps as gaping
from services.roster.queries import responsibility as asked
from services.roster.queries.gaps import GapPage, GapTotals, OverlapRow
from services.roster.queries.responsibility import Responsibility, ResponsibilityReceipt
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Expected, Limit, receipt
from shared.http.service import Service
from shared.language.months import WrittenDate, local_date
from shared.language.terms import Line

router = APIRouter(tags=["责任与全覆盖"], route_class=Entrance)

EnterpriseId = Annotated[UUID, Path(description="企业编号")]
On = Annotated[WrittenDate | None, Query(description="哪一天;默认今天,可早可晚")]


@router.get("/enterprises/{id_}/responsibility", name="get_responsibility", summary="责任查询:任意一天由谁负责")
async def of_enterprise(id_: EnterpriseId, caller: Caller, request: Request, on: On = None) -> Responsibility:
    """Unit, branch or village, worker, head and deputies on each line on the day asked for, under the names of that day.

    ``missing`` names the lines on which nobody answers, ``faults`` says why: no unit, the unit has ended, no worker named,
    or the worker has left. Telephones are those of offices.
    """
    service: Service = request.app.state.service
    looks_up(caller)
    return await asked.by_id(service, id_, on or local_date(service.clock()))


@router.get("/responsibility", name="find_responsibility", summary="责任查询:按统一社会信用代码")
async def of_code(
    caller: Caller,
    request: Request,
    code: Annotated[str, Query(pattern=r"^[0-9A-Za-z]{18}$", description="统一社会信用代码")],
    on: On = None,
) -> Responsibility:
    service: Service = request.app.state.service
    looks_up(caller)
    return await asked.by_code(service, code.upper(), on or local_date(service.clock()))


@router.post("/enterprises/{id_}/choose-main-contact", name="choose_main_contact", summary="确定主联系人")
async def choose_main_contact(
    id_: EnterpriseId,
    command: ChooseMainContact,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> ResponsibilityReceipt:
    service: Service = request.app.state.service
    context = await service.context(caller, id_, None)
    done = await service.desk.handle(ENTERPRISE, id_, command, context, command_id=command_id, expected=expected)
    day = max(command.on, context.today)
    shown = await service.shown(ENTERPRISE, id_, done, lambda then: asked.by_id(then, id_, day))
    return ResponsibilityReceipt.of(receipt(service, response, done), shown)


From = Annotated[WrittenDate | None, Query(alias="from", description="起始日期,默认今天")]
To = Annotated[WrittenDate | None, Query(description="截止日期(含当日),默认今天")]
UnitQuery = Annotated[str | None, Query(max_length=20, pattern=r"^[0-9A-Za-z-]*$", description="单位编码")]


@router.get("/gaps", name="list_gaps", summary="责任空档:哪些企业在哪段时间无人负责")
async def gaps(
    caller: Caller,
    request: Request,
    line: Line | None = None,
    unit: UnitQuery = None,
    kind: gaping.Gap | None = None,
    from_: From = None,
    to: To = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> GapPage:
    """Intervals in which an enterprise to be served had no unit, a unit that had ended, no worker, or a worker who had left.

    Whole intervals that touch the days asked for; ``until`` is the first day without the gap, ``null`` while it is open.
    """
    return await gaping.gaps(request.app.state.service, caller, line, unit, kind, from_, to, cursor, limit)


@router.get("/gaps/totals", name="count_gaps", summary="责任空档总数(看板)")
async def totals(caller: Caller, request: Request, unit: UnitQuery = None, on: On = None) -> GapTotals:
    """How many enterprises are to be served on a day, how many have somebody on both lines, and the gaps by line and kind."""
    return await gaping.totals(request.app.state.service, caller, unit, on)


@router.get("/overlaps", name="list_overlaps", summary="责任重叠:同一人同时由两个单位指定")
async def overlaps(
    caller: Caller, request: Request, from_: From = None, to: To = None, cursor: Cursor = None, limit: Limit = 100
) -> Page[OverlapRow]:
    """People whom two units name at the same time. Two units for one enterprise and line can't be: the database refuses it."""
    return await gaping.overlaps(request.app.state.service, caller, from_, to, cursor, limit)
