"""The ledger of a unit and month (附件3): shown, exported, filed, signed, returned."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.reporting.api.parameters import MonthQuery, MonthText, Now, Question, UnitCode
from services.reporting.domain.month import (
    MONTH,
    ExplainLedger,
    KnownFiling,
    KnownMonth,
    ReturnLedger,
    SignLedger,
    SubmitLedger,
    filed_of,
    filing_of,
)
from services.reporting.projections import Reporting
from services.reporting.queries import filings, ledgers, papers
from services.reporting.queries.editions import Edition
from services.reporting.queries.filings import LedgerList, LedgerReceipt, LedgerStep
from services.reporting.queries.ledgers import LedgerShown
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Expected, receipt
from shared.language.decider import Actor
from shared.language.months import Month, local_date
from shared.paper.sheets import XLSX

router = APIRouter(tags=["台账"], route_class=Entrance)

Show = Annotated[
    Edition | None, Query(description="filed:最近一次报送的内容(默认;尚未报送的为草稿);now:按现在(或 as_of 时刻)已知的事件计算")
]


@router.get("/ledgers/{unit}/{month}", name="get_ledger", summary="走访服务企业台账(附件3)")
async def get_ledger(unit: UnitCode, month: MonthText, question: Question, show: Show = None) -> LedgerShown:
    """Rows, summary, cut and digest of what was filed last (a draft if nothing was), with what changed since; as known at
    ``as_of``, or now with ``show=now``. Persons stand as tokens: names come with the workbook.
    """
    return await ledgers.ledger(question, unit, month, show)


@router.get(
    "/ledgers/{unit}/{month}/workbook",
    name="export_ledger",
    summary="导出台账(XLSX)",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}}},
)
async def workbook(unit: UnitCode, month: MonthText, question: Question, show: Show = None) -> Response:
    """The workbook people print: 附件3, 月度汇总, 明细; 报送后变更 where there is any. Numbers of enterprises' people are masked."""
    paper = await papers.workbook(question, unit, month, show)
    return Response(paper.content, media_type=XLSX, headers=paper.headers)


@router.get("/ledgers", name="list_ledgers", summary="报送情况一览")
async def list_ledgers(question: Question, month: MonthQuery) -> LedgerList:
    """Every unit that owes a ledger of the month, being there at T: on time, late, not yet due, or missing (K9); now, or as known at ``as_of``."""
    return await filings.ledgers(question, month)


@router.post("/ledgers/{unit}/{month}/submit", name="submit_ledger", summary="报送台账")
async def submit(
    unit: UnitCode,
    month: MonthText,
    command: SubmitLedger,
    question: Now,
    command_id: CommandId,
    expected: Expected,
    response: Response,
) -> LedgerReceipt:
    """File the ledger as it stands at this moment; answers cut, rows, digest, and whether it was on time. One that is late is
    taken, and asks for its reason (``reason_wanted``) unless ``note`` gives it.

    It waits until everything the other services have told is here, and is refused with 503 if that does not come about.
    """
    question.must_see(unit)
    service = question.service
    cut = await service.settled()
    grid, calendar = await service.reader.grid(cut)
    line = service.reader.line(grid, unit)
    item = await service.reader.ledger(unit, month, cut)
    ready = KnownFiling(
        line=line,
        due=Month.parse(month).due(calendar=calendar),
        begun=Month.parse(month).first_day <= local_date(service.clock()),
        filing=filing_of(item, cut),
    )
    context = await service.context(
        question.caller,
        f"{unit}-{month}",
        KnownMonth(unit, month, ready),
    )
    done = await service.desk.handle(MONTH, f"{unit}-{month}", command, context, command_id=command_id, expected=expected)
    return filings.accepted(receipt(service, response, done), done.state)


@router.post("/ledgers/{unit}/{month}/sign", name="sign_ledger", summary="签发台账")
async def sign(
    unit: UnitCode,
    month: MonthText,
    command: SignLedger,
    caller: Caller,
    command_id: CommandId,
    request: Request,
    response: Response,
) -> LedgerReceipt:
    """Sign what was filed. What it rests on is compared with its copies first, and is refused where they differ."""
    service: Reporting = request.app.state.service
    told = (await service.months([f"{unit}-{month}"])).get(f"{unit}-{month}")
    state = told.state if told else MONTH.initial
    # Asked first: comparing takes time, and is not for everybody to cause.
    signs = MONTH.decide(state, command, await service.context(caller, f"{unit}-{month}", KnownMonth(unit, month)))
    if signs and (filed := filed_of(state)):
        await service.vouch(filed.filing.cut)
    return await _change(unit, month, command, caller, command_id, request, response)


@router.post("/ledgers/{unit}/{month}/return", name="return_ledger", summary="退回台账")
async def return_(
    unit: UnitCode,
    month: MonthText,
    command: ReturnLedger,
    caller: Caller,
    command_id: CommandId,
    request: Request,
    response: Response,
) -> LedgerReceipt:
    return await _change(unit, month, command, caller, command_id, request, response)


@router.post("/ledgers/{unit}/{month}/explain", name="explain_ledger", summary="说明台账逾期报送的原因")
async def explain(
    unit: UnitCode,
    month: MonthText,
    command: ExplainLedger,
    caller: Caller,
    command_id: CommandId,
    request: Request,
    response: Response,
) -> LedgerReceipt:
    """Given later than the filing, or completed: what was said before stays in the history."""
    return await _change(unit, month, command, caller, command_id, request, response)


async def _change(
    unit: str,
    month: str,
    command: SignLedger | ReturnLedger | ExplainLedger,
    caller: Actor,
    command_id: UUID,
    request: Request,
    response: Response,
) -> LedgerReceipt:
    service: Reporting = request.app.state.service
    context = await service.context(caller, f"{unit}-{month}", KnownMonth(unit, month))
    done = await service.desk.handle(MONTH, f"{unit}-{month}", command, context, command_id=command_id)
    return filings.accepted(receipt(service, response, done), done.state)


@router.get("/ledgers/{unit}/{month}/history", name="get_ledger_history", summary="报送、签发与补充记录")
async def history(unit: UnitCode, month: MonthText, question: Question) -> Page[LedgerStep]:
    """Every fact of this ledger month by now, or by ``as_of``: filings, signatures, returns, supplements, and when each was
    recorded.
    """
    return await filings.history(question, unit, month)
