"""The policy library, what it suggests for an enterprise, and the switches of visits."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from services.visits.domain import policy
from services.visits.domain.policy import POLICY, PublishPolicy, RetirePolicy
from services.visits.domain.switches import KEY, SWITCHES, CapContacts, RequirePhotos, WaivePhotos
from services.visits.domain.visit.commands import Day
from services.visits.queries import policies as asked
from services.visits.queries.policies import (
    Policy,
    PolicyReceipt,
    PolicyRow,
    Suggestions,
    SwitchesReceipt,
    VisitingRules,
)
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Expected, Limit, receipt
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.problems import Unknown
from shared.language.reach import reads
from shared.language.terms import derived_id
from shared.log.directory import Directory
from shared.log.handle import Done

router = APIRouter(tags=["政策库"], route_class=Entrance)

PolicyId = Annotated[UUID, Path(description="政策编号(UUIDv7,由客户端生成)")]
On = Annotated[Day | None, Query(description="日期,默认今天")]


@router.put("/policies/{id_}", name="publish_policy", summary="发布(修订)政策", status_code=201)
async def publish(
    id_: PolicyId,
    command: PublishPolicy,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> PolicyReceipt:
    """The same content again changes nothing; other content replaces what stood there."""
    service: Service = request.app.state.service
    await Directory(service.pool).unit(command.unit, local_date(service.clock()))
    context = await service.context(caller, id_)
    done = await service.desk.handle(POLICY, id_, command, context, command_id=command_id, expected=expected)
    response.status_code = 201 if done.version == 1 and not done.replayed else 200
    return _answer(service, response, id_, done, caller)


@router.post("/policies/{id_}/retire", name="retire_policy", summary="停用政策")
async def retire(
    id_: PolicyId,
    command: RetirePolicy,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> PolicyReceipt:
    service: Service = request.app.state.service
    context = await service.context(caller, id_)
    done = await service.desk.handle(POLICY, id_, command, context, command_id=command_id, expected=expected)
    return _answer(service, response, id_, done, caller)


@router.get("/policies/{id_}", name="get_policy", summary="政策详情")
async def get(id_: PolicyId, caller: Caller, request: Request, response: Response) -> Policy:
    service: Service = request.app.state.service
    reads(caller)
    found = await asked.found(service, id_, caller)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.get("/policies", name="list_policies", summary="政策库")
async def policies(
    caller: Caller,
    request: Request,
    q: Annotated[str | None, Query(max_length=50, description="标题包含")] = None,
    retired: bool | None = None,
    on: On = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[PolicyRow]:
    """Everybody who visits sees the whole library; ``on`` asks for those in force that day."""
    service: Service = request.app.state.service
    reads(caller)
    return await asked.policies(service, q, retired, on, cursor, limit)


@router.get("/enterprises/{id_}/policies", name="suggest_policies", summary="适合该企业的政策")
async def suggest(
    id_: Annotated[UUID, Path(description="企业编号")], caller: Caller, request: Request, on: On = None
) -> Suggestions:
    """A proposal by industry, size and tag, with the reasons; whoever visits chooses."""
    return await asked.suggestions(request.app.state.service, id_, on, caller)


@router.get("/rules/visiting", name="get_visiting_rules", summary="走访方式、必填项与印证资料规则")
async def rules(_caller: Caller, request: Request) -> VisitingRules:
    """What each mode needs to count (``ledgers.md`` §5), the switches, and who set them."""
    return await asked.visiting_rules(request.app.state.service)


@router.post("/rules/visiting/require-photos", name="require_photos", summary="要求实地走访提供现场图片(须说明必要性)")
async def require(
    command: RequirePhotos, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> SwitchesReceipt:
    return await _switch(command, caller, command_id, request, response)


@router.post("/rules/visiting/waive-photos", name="waive_photos", summary="取消现场图片要求")
async def waive(
    command: WaivePhotos, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> SwitchesReceipt:
    return await _switch(command, caller, command_id, request, response)


@router.post("/rules/visiting/cap-contacts", name="cap_contacts", summary="设定企业每月联系次数上限")
async def cap(
    command: CapContacts, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> SwitchesReceipt:
    return await _switch(command, caller, command_id, request, response)


async def _switch(
    command: RequirePhotos | WaivePhotos | CapContacts, caller: Actor, command_id: UUID, request: Request, response: Response
) -> SwitchesReceipt:
    service: Service = request.app.state.service
    context = await service.context(caller, derived_id("visits", "switches"))
    done = await service.desk.handle(SWITCHES, KEY, command, context, command_id=command_id)
    return SwitchesReceipt.of(receipt(service, response, done), **vars(done.state))


def _answer(service: Service, response: Response, id_: UUID, done: Done[policy.State], caller: Actor) -> PolicyReceipt:
    if isinstance(done.state, policy.Unpublished):
        raise Unknown(what="policy", id=str(id_))
    reason = done.state.reason if isinstance(done.state, policy.Retired) else None
    shown = asked.policy(id_, done.version, done.state.fact, reason, caller)
    return PolicyReceipt.of(receipt(service, response, done), shown)
