"""Personal data of a visit, read with a reason."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.visits.api import lookups
from services.visits.domain.poll import RESPONSE
from services.visits.domain.visit import VISIT
from services.visits.projections.disclosures import DISCLOSURE
from shared.asking import Caller, CommandId, Cursor, Limit
from shared.disclosure import UnmaskPersonal, disclose, disclosed, records_of, subjects_of
from shared.entrance import Entrance
from shared.reach import may_open, reads
from shared.service import Service

router = APIRouter(tags=["个人信息"], route_class=Entrance)


@router.post("/visits/{id_}/unmask", name="unmask_visit", summary="查看受访人信息(须写明原因,留痕)")
async def unmask(
    id_: UUID, command: UnmaskPersonal, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    """For those who may read the visit; auditors and the supervisors of a unit read masked data only (``roles.md``)."""
    service: Service = request.app.state.service
    reads(caller)
    may_open(caller)
    _, state = await lookups.recorded(service, id_)
    await lookups.may_read(service, state, caller)
    told = state.details.told
    unit = caller.unit if caller.unit in state.details.units else told.visitors[0].unit
    return await disclose(
        service, DISCLOSURE, caller, command_id, command, response, what="visit", about=id_, unit=unit,
        data={
            "interviewee": told.interviewee, "phone": told.phone, "note": told.note, "title": told.title, "remark": told.remark,
            "difficulties": told.difficulties, "suggestions": told.suggestions,
            "demands": "\n".join(demand.content for demand in told.demands),
        },
    )  # fmt: skip


@router.get("/visits/{id_}/subjects", name="list_visit_subjects", summary="走访记录涉及的个人信息主体编号(用于删除)")
async def subjects(id_: UUID, caller: Caller, request: Request) -> dict[str, Any]:
    """All whose erasure leaves nothing to read of this visit: its own words, and the enterprise's contact."""
    return await subjects_of(request.app.state.service, caller, VISIT.stream(id_), RESPONSE.stream(id_))


@router.get("/subjects/{id_}/records", name="list_subject_records", summary="主体涉及的记录(删除前核对)")
async def records(id_: UUID, caller: Caller, request: Request) -> dict[str, Any]:
    """The records of this service in which data of a subject stand: what its erasure makes unreadable here."""
    return await records_of(request.app.state.service, caller, id_)


@router.get("/disclosures", name="list_disclosures", summary="个人信息查看记录")
async def disclosures(
    caller: Caller, request: Request, about: UUID | None = None, cursor: Cursor = None, limit: Limit = 100
) -> dict[str, Any]:
    return await disclosed(request.app.state.service, caller, cursor, limit, about=about)
