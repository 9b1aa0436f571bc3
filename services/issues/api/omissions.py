"""疑似遗漏: visits that speak of difficulties and brought no demand wait here until somebody rules (R29).

What was heard stands side by side: 心声 (difficulties), 建议 (suggestions), 诉求 (demands). The counts beside the list say of
a unit or month how often each was heard, and whether every demand has its ticket.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from services.issues.domain.omission import OMISSION, DismissOmission, OpenOmission, ticket_of_omission
from services.issues.domain.ticket.commands import ReportIssue
from services.issues.domain.ticket.decide import ISSUE
from services.issues.domain.ticket.known import KnownReport, KnownTicket
from services.issues.projections.numbering import numbered
from services.issues.queries import omissions as asked
from services.issues.queries.omissions import Omission, OmissionReceipt, Omissions
from services.issues.reactions import ITSELF, SOURCES
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, Cursor, Limit, receipt
from shared.http.service import Service
from shared.language.ids import new_id
from shared.language.terms import OmissionStage, derived_id
from shared.log.handle import Ask

router = APIRouter(tags=["疑似遗漏"], route_class=Entrance)

VisitId = Annotated[UUID, Path(description="走访编号")]


@router.get("/queues/omissions", name="list_omissions", summary="疑似遗漏:有困难无诉求的走访")
async def omissions(
    caller: Caller,
    request: Request,
    unit: Annotated[str | None, Query(max_length=20)] = None,
    month: Annotated[str | None, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="走访月份")] = None,
    stage: OmissionStage = OmissionStage.SUSPECTED,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Omissions:
    """The oldest visit first. A row stays on the list until somebody has ruled or the visit was corrected."""
    service: Service = request.app.state.service
    return await asked.omissions(service, caller, unit=unit, month=month, stage=stage, cursor=cursor, limit=limit)


@router.get("/omissions/{visit}", name="get_omission", summary="疑似遗漏详情")
async def omission(visit: VisitId, caller: Caller, request: Request, response: Response) -> Omission:
    """One, with why the visit was pointed at and what somebody ruled."""
    told = await asked.omission(request.app.state.service, caller, visit)
    response.headers["ETag"] = f'"{told.version}"'
    return told


@router.post("/omissions/{visit}/dismiss", name="dismiss_omission", summary="裁定无诉求(须说明理由)")
async def dismiss(
    visit: VisitId, command: DismissOmission, caller: Caller, request: Request, response: Response
) -> OmissionReceipt:
    service: Service = request.app.state.service
    await asked.readable(service, caller, visit)
    # No ``Idempotency-Key``: said again it adds nothing, and with another conclusion it is refused.
    done = await service.desk.handle(OMISSION, visit, command, await service.context(caller, visit), command_id=new_id())
    shown = await asked.shown(service, caller, visit, done.version, done.state)
    return OmissionReceipt.of(receipt(service, response, done), shown)


@router.post("/omissions/{visit}/open", name="open_omission", summary="裁定有诉求:登记一件问题")
async def open_(visit: VisitId, command: OpenOmission, caller: Caller, request: Request, response: Response) -> OmissionReceipt:
    """The ruling and the one ticket of this visit, in one transaction."""
    service: Service = request.app.state.service
    found = (await asked.readable(service, caller, visit)).found
    ticket = ticket_of_omission(visit)
    report = ReportIssue.model_construct(
        enterprise=found.enterprise.id,
        unit=found.unit,
        source=SOURCES[found.mode],
        content=command.content,
        category=command.category,
        nature=command.nature,
        urgency=command.urgency,
        reporter=found.reporter,
        phone=found.phone,
        visit=visit,
    )
    known = KnownTicket(KnownReport(found.enterprise, found.unit), units=frozenset({found.unit}))
    itself = await service.context(ITSELF, ticket, known)
    ask = Ask(OMISSION, str(visit), command, await service.context(caller, visit), new_id())
    opened = Ask(ISSUE, str(ticket), report, itself, derived_id("issues", "report", str(ticket)), prepare=numbered)
    done = await service.desk.handle_with(ask, [opened])
    shown = await asked.shown(service, caller, visit, done.version, done.state)
    return OmissionReceipt.of(receipt(service, response, done), shown)
