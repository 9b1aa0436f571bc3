"""Corrections of the register: proposed by those who know the enterprise, approved by somebody else (roles.md)."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from services.roster.domain.correction import (
    CORRECTION,
    FIELDS,
    ApproveCorrection,
    CorrectionAlreadyProposed,
    KnownAnswering,
    ProposeCorrection,
    RejectCorrection,
    State,
)
from services.roster.domain.enterprise.commands import AmendEnterprise, AssignEnterprise
from services.roster.domain.enterprise.decide import ENTERPRISE, KnownCorrection
from services.roster.queries import corrections as asked
from services.roster.queries import lookups
from services.roster.queries.corrections import Correction, CorrectionReceipt, CorrectionRow
from shared.events.roster import CorrectionProposed
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Expected, Limit, receipt
from shared.http.service import Service
from shared.language.decider import Actor, Context
from shared.language.problems import KeyReused
from shared.language.terms import CorrectionStage, derived_id
from shared.log.handle import Ask, Done

router = APIRouter(tags=["更正审批"], route_class=Entrance)

CorrectionId = Annotated[UUID, Path(description="更正编号(UUIDv7,由客户端生成)")]


@router.put("/corrections/{id_}", name="propose_correction", summary="提出企业信息更正", status_code=201)
async def propose(
    id_: CorrectionId, command: ProposeCorrection, caller: Caller, request: Request, response: Response
) -> CorrectionReceipt:
    """By somebody of the unit that answers, or the office; ``move`` proposes that another unit answers."""
    service: Service = request.app.state.service
    context = await service.context(caller, id_, await asked.answering(service, command.enterprise))
    try:
        done = await service.desk.handle(
            CORRECTION, id_, command, context, command_id=derived_id("roster", "propose-correction", str(id_))
        )
    except KeyReused:
        raise CorrectionAlreadyProposed(correction=str(id_)) from None
    response.status_code = 200 if done.replayed else 201
    return await _answer(service, id_, done, caller, response)


@router.post("/corrections/{id_}/approve", name="approve_correction", summary="批准更正")
async def approve(
    id_: CorrectionId, command: ApproveCorrection, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> CorrectionReceipt:
    """The approval and the change of the register are one transaction. Who proposed it can't approve it."""
    service: Service = request.app.state.service
    fact = await asked.proposed(service, id_)
    context = await service.context(caller, id_, KnownAnswering())
    changes = {name: value for name in FIELDS if (value := getattr(fact, name)) is not None}
    asks: list[Ask[Any]] = []
    if changes:
        amend = AmendEnterprise(source="correction", batch=str(id_), **changes)
        asks.append(_ask(fact, amend, context, "amend", id_, KnownCorrection(fact)))
    if fact.to_unit is not None and fact.line is not None:
        wanted = AssignEnterprise(
            line=fact.line, unit=fact.to_unit, sub_unit=fact.to_sub_unit, on=context.today, reason="更正申请获批", document=""
        )
        lines = await lookups.lines(service.pool, [fact.to_unit, fact.to_sub_unit], context.today)
        asks.append(_ask(fact, wanted, context, "assign", id_, KnownCorrection(fact, lines)))
    done = await service.desk.handle_with(Ask(CORRECTION, str(id_), command, context, command_id), asks)
    return await _answer(service, id_, done, caller, response)


@router.post("/corrections/{id_}/reject", name="reject_correction", summary="不采纳更正")
async def reject(
    id_: CorrectionId,
    command: RejectCorrection,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> CorrectionReceipt:
    service: Service = request.app.state.service
    context = await service.context(caller, id_, KnownAnswering())
    done = await service.desk.handle(CORRECTION, id_, command, context, command_id=command_id, expected=expected)
    return await _answer(service, id_, done, caller, response)


@router.get("/corrections", name="list_corrections", summary="更正申请列表")
async def corrections(
    caller: Caller,
    request: Request,
    stage: CorrectionStage | None = None,
    enterprise: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[CorrectionRow]:
    return await asked.corrections(request.app.state.service, caller, stage, enterprise, cursor, limit)


@router.get("/corrections/{id_}", name="get_correction", summary="更正申请详情(逐项对照)")
async def get(id_: CorrectionId, caller: Caller, request: Request, response: Response) -> Correction:
    answer = await asked.correction(request.app.state.service, id_, caller)
    response.headers["ETag"] = f'"{answer.version}"'
    return answer


async def _answer(service: Service, id_: UUID, done: Done[State], caller: Actor, response: Response) -> CorrectionReceipt:
    shown = await service.shown(CORRECTION, id_, done, lambda then: asked.correction(then, id_, caller))
    return CorrectionReceipt.of(receipt(service, response, done), shown)


def _ask(
    fact: CorrectionProposed,
    command: AmendEnterprise | AssignEnterprise,
    context: Context[object],
    verb: str,
    id_: UUID,
    known: KnownCorrection,
) -> Ask[Any]:
    mine = Context(context.actor, context.now, context.today, context.calendar, fact.enterprise, known)
    return Ask(ENTERPRISE, str(fact.enterprise), command, mine, derived_id("roster", "correction", verb, str(id_)))
