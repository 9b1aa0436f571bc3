"""Visits: recording, correcting, reviewing, and asking for them."""

from __future__ import annotations

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from services.visits.domain.briefing import Before, TellNothing, as_last_time
from services.visits.domain.ratings import by_itself
from services.visits.domain.visit.commands import AcceptVisit, CorrectVisit, RecordVisit, ReturnVisit, UpholdVisit, VoidVisit
from services.visits.domain.visit.decide import VISIT, KnownVisit
from services.visits.domain.visit.permissions import may_tell
from services.visits.domain.visit.record import VISITING, NotYourVisit
from services.visits.domain.visit.refusals import AlreadyRecorded
from services.visits.domain.visit.states import State, Unrecorded
from services.visits.queries import lookups
from services.visits.queries import visits as asked
from services.visits.queries.visit import Visit, VisitReceipt, visit
from services.visits.queries.visits import VisitRow
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Expected, ExpectedNeeded, Limit, receipt
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.freetext import opened
from shared.language.openings import Opening
from shared.language.problems import KeyReused, Unknown
from shared.language.reach import DISTRICT
from shared.language.terms import Line, Mode, Review, derived_id
from shared.log.directory import Directory
from shared.log.handle import Done

router = APIRouter(tags=["走访"], route_class=Entrance)

VisitId = Annotated[UUID, Path(description="走访编号(UUIDv7,由客户端生成)")]
Month = Annotated[str | None, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="月份 YYYY-MM")]
UnitCode = Annotated[str | None, Query(pattern=r"^[0-9A-Za-z-]{1,20}$", description="单位编码")]


async def _answer(service: Service, response: Response, id_: UUID, done: Done[State], caller: Actor) -> VisitReceipt:
    if isinstance(done.state, Unrecorded):  # No command that was carried out leaves nothing behind.
        raise Unknown(what="visit", id=str(id_))
    await lookups.may_read(service, done.state, caller)
    return VisitReceipt.of(receipt(service, response, done), await visit(service, id_, done.version, done.state, caller))


@router.put("/visits/{id_}", name="record_visit", summary="登记走访", status_code=201)
async def record(id_: VisitId, command: RecordVisit, caller: Caller, request: Request, response: Response) -> VisitReceipt:
    """The same content again answers what it answered first (200); another content under the same id is refused."""
    service: Service = request.app.state.service
    if not caller.holds(*VISITING):
        raise NotYourVisit
    return await _record(service, response, id_, command, caller)


def _recording(id_: UUID) -> UUID:
    """The id of the command that recorded this visit."""
    return derived_id("visits", "record", str(id_))


async def _record(service: Service, response: Response, id_: UUID, command: RecordVisit, caller: Actor) -> VisitReceipt:
    found = await lookups.known(
        service, command.enterprise, command.visitors or (caller.id,), command.on, unit=caller.unit, policies=command.policy_ids
    )
    # Only a questionnaire has to look at what others write; everything else shares its transaction with whoever waits too.
    looking = partial(lookups.prepare, service, id_, command.enterprise, command.mode, command.on)
    alone = looking if command.mode is Mode.QUESTIONNAIRE else None
    try:
        done = await service.desk.handle(
            VISIT,
            id_,
            command,
            await service.context(caller, id_, KnownVisit(found)),
            command_id=_recording(id_),
            prepare=alone,
        )
    except KeyReused:
        raise AlreadyRecorded(visit=str(id_)) from None
    response.status_code = 200 if done.replayed else 201
    return await _answer(service, response, id_, done, caller)


@router.put("/visits/{id_}/nothing-to-report", name="tell_nothing", summary="一键登记「无问题」走访", status_code=201)
async def tell_nothing(id_: VisitId, command: TellNothing, caller: Caller, request: Request, response: Response) -> VisitReceipt:
    """Only what proves the visit; 生产经营情况, 用工人数, 受访人, 职务 and 电话 are taken over from the last visit of either
    line. Evidence is needed as for any visit.
    """
    service: Service = request.app.state.service
    if not caller.holds(*VISITING):
        raise NotYourVisit
    # What stood there last time may have changed since this was first said: a repeat is known by what was typed.
    done = await service.desk.said(VISIT, id_, _recording(id_))
    if done is not None and not isinstance(done.state, Unrecorded):
        may_tell(done.state.details, caller)
        told = await opened(service.vault, done.state.details.told, Opening.HANDLE)
        if (told.enterprise.id, told.on, told.mode, told.note) != (command.enterprise, command.on, command.mode, command.note):
            raise AlreadyRecorded(visit=str(id_))
        response.status_code = 200
        return await _answer(service, response, id_, done, caller)
    enterprise = await Directory(service.pool).enterprise(command.enterprise, command.on)
    told = await lookups.last_visit(service, enterprise.id, command.on)
    if told is not None:  # What others were told is not for somebody passing by.
        (await lookups.reach(service, caller)).must_cover([held.unit for held in enterprise.assigned.values()], enterprise.id)
    texts = await service.vault.open([told.interviewee, told.phone], Opening.HANDLE) if told else ["", ""]
    last = Before(await opened(service.vault, told, Opening.HANDLE), texts[0] or "", texts[1] or "") if told else None
    return await _record(service, response, id_, as_last_time(command, last), caller)


@router.post("/visits/{id_}/correct", name="correct_visit", summary="更正走访")
async def correct(
    id_: VisitId,
    command: CorrectVisit,
    caller: Caller,
    command_id: CommandId,
    expected: ExpectedNeeded,
    request: Request,
    response: Response,
) -> VisitReceipt:
    """The whole visit anew; the review begins again. The enterprise stays: another one is another visit."""
    service: Service = request.app.state.service
    _, state = await lookups.recorded(service, id_)
    await lookups.may_read(service, state, caller)
    enterprise = state.details.told.enterprise.id
    if by_itself(state.details.told) and not caller.holds(*DISTRICT):  # Who may not see it can't send it again.
        command = command.model_copy(update={"satisfaction": state.details.told.satisfaction})
    found = await lookups.known(
        service, enterprise, command.visitors or (caller.id,), command.on, unit=caller.unit, policies=command.policy_ids
    )
    done = await service.desk.handle(
        VISIT,
        id_,
        command,
        await service.context(caller, id_, KnownVisit(found)),
        command_id=command_id,
        expected=expected,
        prepare=partial(lookups.prepare, service, id_, enterprise, command.mode, command.on),
    )
    return await _answer(service, response, id_, done, caller)


async def _review(
    id_: UUID,
    command: AcceptVisit | ReturnVisit | VoidVisit | UpholdVisit,
    caller: Actor,
    command_id: UUID,
    expected: int | None,
    request: Request,
    response: Response,
) -> VisitReceipt:
    service: Service = request.app.state.service
    _, state = await lookups.recorded(service, id_)
    await lookups.may_read(service, state, caller)
    done = await service.desk.handle(
        VISIT, id_, command, await service.context(caller, id_, KnownVisit()), command_id=command_id, expected=expected
    )
    return await _answer(service, response, id_, done, caller)


@router.post("/visits/{id_}/accept", name="accept_visit", summary="审核通过")
async def accept(
    id_: VisitId,
    command: AcceptVisit,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> VisitReceipt:
    return await _review(id_, command, caller, command_id, expected, request, response)


@router.post("/visits/{id_}/return", name="return_visit", summary="退回更正")
async def return_(
    id_: VisitId,
    command: ReturnVisit,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> VisitReceipt:
    return await _review(id_, command, caller, command_id, expected, request, response)


@router.post("/visits/{id_}/void", name="void_visit", summary="作废")
async def void(
    id_: VisitId,
    command: VoidVisit,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> VisitReceipt:
    return await _review(id_, command, caller, command_id, expected, request, response)


@router.post("/visits/{id_}/uphold", name="uphold_visit", summary="裁定企业否认的走访属实")
async def uphold(
    id_: VisitId,
    command: UpholdVisit,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> VisitReceipt:
    return await _review(id_, command, caller, command_id, expected, request, response)


@router.get("/visits/{id_}", name="get_visit", summary="走访详情")
async def get(id_: VisitId, caller: Caller, request: Request, response: Response) -> Visit:
    service: Service = request.app.state.service
    version, state = await lookups.recorded(service, id_)
    await lookups.may_read(service, state, caller)
    response.headers["ETag"] = f'"{version}"'
    return await visit(service, id_, version, state, caller)


@router.get("/visits", name="list_visits", summary="走访查询")
async def visits(
    caller: Caller,
    request: Request,
    enterprise: UUID | None = None,
    unit: UnitCode = None,
    month: Month = None,
    review: Review | None = None,
    mode: Mode | None = None,
    line: Line | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[VisitRow]:
    """Of an enterprise, a unit, a month, a review, a line (a joint visit stands on both); in the order of the day of the
    visit. A unit sees its own.
    """
    return await asked.visits(
        request.app.state.service,
        caller,
        enterprise=enterprise,
        unit=unit,
        month=month,
        review=review,
        mode=mode,
        line=line,
        cursor=cursor,
        limit=limit,
    )
