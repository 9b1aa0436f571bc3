"""Personal data of a ticket, read with a reason: a call-back has to reach somebody."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.issues.domain.issue import ISSUE
from services.issues.domain.states import Unreported, under_of
from services.issues.projections.disclosures import DISCLOSURE
from services.issues.queries.reading import reach
from shared.asking import Caller, CommandId, Cursor, Limit
from shared.disclosure import UnmaskPersonal, disclose, disclosed, records_of, subjects_of
from shared.entrance import Entrance
from shared.eventlog import load
from shared.problems import Forbidden, Unknown
from shared.reach import may_open
from shared.service import Service

router = APIRouter(tags=["个人信息"], route_class=Entrance)


@router.post("/issues/{id_}/unmask", name="unmask_issue", summary="查看反映人信息(须写明原因,留痕)")
async def unmask(
    id_: UUID, command: UnmaskPersonal, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    """For those whose reach covers the ticket; auditors and the supervisors of a unit read masked data only (``roles.md``)."""
    service: Service = request.app.state.service
    may = await reach(service, caller)
    may_open(caller)
    state = ISSUE.fold(entry.fact for entry in await load(service.pool, ISSUE.stream(id_)))
    if isinstance(state, Unreported):
        raise Unknown(what="issue", id=str(id_))
    if not may.covers(state):
        raise Forbidden
    order = under_of(state)
    return await disclose(
        service, DISCLOSURE, caller, command_id, command, response, what="issue", about=id_,
        unit=order.unit if order else state.report.unit,
        data={"reporter": state.report.reporter, "phone": state.report.phone, "content": state.report.content},
    )  # fmt: skip


@router.get("/issues/{id_}/subjects", name="list_issue_subjects", summary="问题涉及的个人信息主体编号(用于删除)")
async def subjects(id_: UUID, caller: Caller, request: Request) -> dict[str, Any]:
    """All whose erasure leaves nothing to read of this ticket: its own words, those carried from a visit, who reported it."""
    return await subjects_of(request.app.state.service, caller, ISSUE.stream(id_))


@router.get("/subjects/{id_}/records", name="list_subject_records", summary="主体涉及的记录(删除前核对)")
async def records(id_: UUID, caller: Caller, request: Request) -> dict[str, Any]:
    """The records of this service in which data of a subject stand: what its erasure makes unreadable here."""
    return await records_of(request.app.state.service, caller, id_)


@router.get("/disclosures", name="list_disclosures", summary="个人信息查看记录")
async def disclosures(
    caller: Caller, request: Request, about: UUID | None = None, cursor: Cursor = None, limit: Limit = 100
) -> dict[str, Any]:
    return await disclosed(request.app.state.service, caller, cursor, limit, about=about)
