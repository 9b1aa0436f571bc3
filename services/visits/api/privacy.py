"""Personal data of a visit, read with a reason."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.visits.domain.poll import RESPONSE
from services.visits.domain.visit.decide import VISIT
from services.visits.queries import lookups
from services.visits.queries.privacy import VisitInClear, in_clear
from shared.http.answer import Page
from shared.http.disclosure import DisclosureRow, Records, Subjects, UnmaskPersonal, disclosed, records_of, subjects_of
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Limit
from shared.http.service import Service
from shared.language.reach import may_open, reads

router = APIRouter(tags=["个人信息"], route_class=Entrance)


@router.post(
    "/visits/{id_}/unmask", name="unmask_visit", summary="查看受访人信息(须写明原因,留痕)", response_model_exclude_unset=True
)
async def unmask(
    id_: UUID, command: UnmaskPersonal, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> VisitInClear:
    """For those who may read the visit; auditors and the supervisors of a unit read masked data only (``roles.md``)."""
    service: Service = request.app.state.service
    reads(caller)
    may_open(caller)
    _, state = await lookups.recorded(service, id_)
    await lookups.may_read(service, state, caller)
    return await in_clear(service, caller, command_id, command, response, id_, state)


@router.get("/visits/{id_}/subjects", name="list_visit_subjects", summary="走访记录涉及的个人信息主体编号(用于删除)")
async def subjects(id_: UUID, caller: Caller, request: Request) -> Subjects:
    """All whose erasure leaves nothing to read of this visit: its own words, and the enterprise's contact."""
    return Subjects(**await subjects_of(request.app.state.service, caller, VISIT.stream(id_), RESPONSE.stream(id_)))


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
