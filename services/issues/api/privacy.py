"""Personal data of a ticket, read with a reason: a call-back has to reach somebody."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.issues.domain.ticket.decide import ISSUE
from services.issues.queries.privacy import IssueInClear, in_clear
from shared.http.answer import Page
from shared.http.disclosure import DisclosureRow, Records, Subjects, UnmaskPersonal, disclosed, records_of, subjects_of
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Limit

router = APIRouter(tags=["个人信息"], route_class=Entrance)


@router.post(
    "/issues/{id_}/unmask", name="unmask_issue", summary="查看反映人信息(须写明原因,留痕)", response_model_exclude_unset=True
)
async def unmask(
    id_: UUID, command: UnmaskPersonal, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> IssueInClear:
    """For those whose reach covers the ticket; auditors and the supervisors of a unit read masked data only (``roles.md``)."""
    return await in_clear(request.app.state.service, caller, command_id, command, response, id_)


@router.get("/issues/{id_}/subjects", name="list_issue_subjects", summary="问题涉及的个人信息主体编号(用于删除)")
async def subjects(id_: UUID, caller: Caller, request: Request) -> Subjects:
    """All whose erasure leaves nothing to read of this ticket: its own words, those carried from a visit, who reported it."""
    return Subjects(**await subjects_of(request.app.state.service, caller, ISSUE.stream(id_)))


@router.get("/subjects/{id_}/records", name="list_subject_records", summary="主体涉及的记录(删除前核对)")
async def records(id_: UUID, caller: Caller, request: Request) -> Records:
    """The records of this service in which data of a subject stand: what its erasure makes unreadable here."""
    return Records(**await records_of(request.app.state.service, caller, id_))


@router.get("/disclosures", name="list_disclosures", summary="个人信息查看记录")
async def disclosures(
    caller: Caller, request: Request, about: UUID | None = None, cursor: Cursor = None, limit: Limit = 100
) -> Page[DisclosureRow]:
    page = await disclosed(request.app.state.service, caller, cursor, limit, about=about)
    return Page[DisclosureRow].of(page, (DisclosureRow(**row) for row in page["items"]))
