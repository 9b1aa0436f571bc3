"""Asking again by lot (电话回访服务; R51): a draw anybody can repeat, by people who had no part in the tickets."""

from __future__ import annotations

import secrets
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from services.issues.domain.recheck import RECHECK, DrawRecheck, KnownPopulation, RecordRecheck
from services.issues.queries import rechecks as asked
from services.issues.queries.rechecks import Recheck, RecheckReceipt, RecheckRow
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Limit, receipt
from shared.http.service import Service
from shared.language.months import Month
from shared.language.terms import derived_id

router = APIRouter(tags=["回访"], route_class=Entrance)

RecheckId = Annotated[UUID, Path(description="抽查的标识(UUIDv7)")]


@router.put("/rechecks/{id_}", name="draw_recheck", summary="抽查回访:抽取样本(种子和总体摘要留存)", status_code=201)
async def draw(id_: RecheckId, command: DrawRecheck, caller: Caller, request: Request, response: Response) -> RecheckReceipt:
    """The seed is the platform's, drawn only now: nobody knows the sample before the population is fixed."""
    service: Service = request.app.state.service
    population = await asked.population(service, caller, command.kind, Month.parse(command.month))
    context = await service.context(caller, id_, KnownPopulation(secrets.token_hex(16), population))
    done = await service.desk.handle(RECHECK, id_, command, context, command_id=derived_id("issues", "draw-recheck", str(id_)))
    response.status_code = 200 if done.replayed else 201
    return RecheckReceipt.of(receipt(service, response, done), await asked.shown(service, id_, done.version, done.state))


@router.post("/rechecks/{id_}/record", name="record_recheck", summary="登记一件抽查回访的结果")
async def record(
    id_: RecheckId, command: RecordRecheck, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> RecheckReceipt:
    service: Service = request.app.state.service
    context = await service.context(caller, id_, await asked.hands(service, caller, command.no))
    done = await service.desk.handle(RECHECK, id_, command, context, command_id=command_id)
    return RecheckReceipt.of(receipt(service, response, done), await asked.shown(service, id_, done.version, done.state))


@router.get("/rechecks", name="list_rechecks", summary="抽查回访一览")
async def rechecks(caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100) -> Page[RecheckRow]:
    return await asked.rechecks(request.app.state.service, caller, cursor, limit)


@router.get("/rechecks/{id_}", name="get_recheck", summary="一次抽查:种子、总体摘要、样本和结果")
async def recheck(id_: RecheckId, caller: Caller, request: Request, response: Response) -> Recheck:
    told = await asked.recheck(request.app.state.service, caller, id_)
    response.headers["ETag"] = f'"{told.version}"'
    return told
