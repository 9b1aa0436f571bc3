"""Work queues of the register: what a person must look at, with a suggestion where there is one (R10, R27)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from services.roster.api.enterprises import moved_to
from services.roster.domain.access import the_district, the_office
from services.roster.domain.enterprise.commands import AssignEnterprise, FindEnterprise
from services.roster.domain.enterprise.decide import ENTERPRISE, KnownPlaces
from services.roster.domain.unit import Code
from services.roster.queries import lookups
from services.roster.queries import queues as asked
from services.roster.queries.queues import FoundReceipt, PlaceReceipt, Queue, QueueCounts, QueuePage, UnassignedRow
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Limit, receipt
from shared.http.service import Service
from shared.language.facts import Command
from shared.language.months import local_date
from shared.language.problems import Refused, Unknown
from shared.language.terms import Line

router = APIRouter(tags=["待办队列"], route_class=Entrance)


EnterpriseId = Annotated[UUID, Path(description="企业编号")]


class AcceptPlace(Command):
    """Take the suggestion, or name another township or village."""

    unit: Code | None = None
    sub_unit: Code | None = None
    reason: str = Field("", max_length=200)


class NoPlaceSuggested(Refused):
    """Where an address names no township, a person names it (choices: nothing is guessed)."""

    title = "地址没有建议的乡镇(街道),请指明"


@router.get("/queues", name="count_queues", summary="待办队列与数量")
async def counts(caller: Caller, request: Request) -> QueueCounts:
    """How much waits in each queue."""
    service: Service = request.app.state.service
    the_district(caller)
    return await asked.counts(service)


@router.get("/queues/unassigned", name="list_unassigned", summary="未落实清单")
async def unassigned(
    caller: Caller, request: Request, line: Line, cursor: Cursor = None, limit: Limit = 100
) -> Page[UnassignedRow]:
    """Surviving enterprises that no unit answers for on this line: addresses or industries that could not be matched."""
    service: Service = request.app.state.service
    the_district(caller)
    return await asked.unassigned(service, line, cursor, limit)


@router.get("/queues/{name}", name="list_queue", summary="待办队列明细")
async def queue(name: Queue, caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100) -> QueuePage:
    """Enterprises that wait, by code. ``suggestion`` says which township or department, how sure (0–100), and why."""
    service: Service = request.app.state.service
    the_district(caller)
    return await asked.queue(service, name, cursor, limit)


@router.post("/queues/unplaced/{enterprise}/accept", name="accept_place", summary="采纳地址建议,落实横向网格")
async def accept(
    enterprise: EnterpriseId, command: AcceptPlace, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> PlaceReceipt:
    """By the office. Without a unit in the body the suggestion is taken; its reason is kept with the assignment."""
    service: Service = request.app.state.service
    the_office(await service.context(caller, enterprise))
    found = await asked.suggested(service, enterprise)
    if found is None:
        raise Unknown(what="enterprise", id=str(enterprise))
    unit, village = (command.unit, command.sub_unit) if command.unit else (found.township, found.village)
    if unit is None:
        raise NoPlaceSuggested(because=found.because)
    why = command.reason or ("人工指定" if command.unit else f"采纳建议({found.confidence}%):{found.because}")
    today = local_date(service.clock())
    wanted = AssignEnterprise(line=Line.HORIZONTAL, unit=unit, sub_unit=village, on=today, reason=why[:200], document="")
    held = await lookups.answering(service.pool, enterprise, Line.HORIZONTAL)
    there = await lookups.lines(service.pool, [unit, village, *held], on=today)
    context = await service.context(caller, enterprise, KnownPlaces(there, proposal=command_id))
    done = await service.desk.handle(ENTERPRISE, enterprise, wanted, context, command_id=command_id)
    waits = moved_to(done.state, wanted, caller.id)
    return PlaceReceipt.of(
        receipt(service, response, done), id=enterprise, unit=unit, sub_unit=village, reason=why, proposal=waits
    )


@router.post("/queues/missing/{enterprise}/find", name="find_enterprise", summary="失联/疑似注销:确认企业仍存续")
async def find(
    enterprise: EnterpriseId, command: FindEnterprise, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> FoundReceipt:
    """A person says it is there; that it is not there is said by changing its standing."""
    service: Service = request.app.state.service
    context = await service.context(caller, enterprise, None)
    done = await service.desk.handle(ENTERPRISE, enterprise, command, context, command_id=command_id)
    return FoundReceipt.of(receipt(service, response, done), id=enterprise)
