"""Hand-overs: opened by a unit, signed by both, and only then do the enterprises move (R04)."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from services.roster.domain import handover as domain
from services.roster.domain.enterprise.commands import HandOverEnterprise
from services.roster.domain.enterprise.decide import ENTERPRISE
from services.roster.domain.handover import HANDOVER, KnownHandover, OpenHandover, SignHandover, State, WithdrawHandover
from services.roster.queries import handovers as asked
from services.roster.queries import lookups
from services.roster.queries.handovers import Handover, HandoverReceipt
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Expected, Limit, receipt
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.problems import KeyReused, Stale
from shared.language.terms import HandoverStage, derived_id
from shared.log.eventlog import load
from shared.log.handle import Ask, Done

router = APIRouter(tags=["工作交接"], route_class=Entrance)

HandoverId = Annotated[UUID, Path(description="交接编号(UUIDv7)")]
_TRIES = 4


async def _answer(service: Service, id_: UUID, done: Done[State], caller: Actor, response: Response) -> HandoverReceipt:
    shown = await service.shown(HANDOVER, id_, done, lambda then: asked.handover(then, id_, caller))
    return HandoverReceipt.of(receipt(service, response, done), shown)


@router.put("/handovers/{id_}", name="open_handover", summary="发起工作交接", status_code=201)
async def open_(id_: HandoverId, command: OpenHandover, caller: Caller, request: Request, response: Response) -> HandoverReceipt:
    """No enterprise named means all the giver answers for in the unit on that line. Nothing moves before both have signed."""
    service: Service = request.app.state.service
    units = (await lookups.workers(service.pool, [command.taker], command.on)).get(command.taker, set())
    context = await service.context(caller, id_, KnownHandover(units, await asked.givers(service, command)))
    key = derived_id("roster", "open-handover", str(id_))
    try:
        done = await service.desk.handle(HANDOVER, id_, command, context, command_id=key)
    except KeyReused:  # The decider says it in the hand-over's own words.
        key = derived_id(str(key), command.model_dump_json())
        done = await service.desk.handle(HANDOVER, id_, command, context, command_id=key)
    response.status_code = 200 if done.replayed else 201
    return await _answer(service, id_, done, caller, response)


@router.post("/handovers/{id_}/sign", name="sign_handover", summary="交接签字(移交人、接收人各签一次)")
async def sign(
    id_: HandoverId, command: SignHandover, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> HandoverReceipt:
    """With the second signature every enterprise that is still the giver's moves, in one transaction with it."""
    service: Service = request.app.state.service
    for attempt in range(_TRIES):
        try:
            done = await _signed(service, id_, command, caller, command_id)
        except Stale:  # The other signed in between: looked at again, this is the last signature.
            if attempt == _TRIES - 1:
                raise
        else:
            return await _answer(service, id_, done, caller, response)
    raise AssertionError  # The last try returns or raises.


async def _signed(service: Service, id_: UUID, command: SignHandover, caller: Actor, command_id: UUID) -> Done[State]:
    """One signature. Who signs first does so on what was seen, so that nobody's second signature leaves anything unmoved."""
    entries = await load(service.pool, HANDOVER.stream(id_))
    state = HANDOVER.fold(entry.fact for entry in entries)
    units: set[str] = set()
    if isinstance(state, domain.Handover):  # Looked up for the first signature too: the other may come in between.
        day, taker = max(state.told.on, local_date(service.clock())), state.told.taker
        units = (await lookups.workers(service.pool, [taker], day)).get(taker, set())
    context = await service.context(caller, id_, KnownHandover(units))
    if not isinstance(state, domain.Handover) or not state.last_to_sign(caller.id):
        return await service.desk.handle(HANDOVER, id_, command, context, command_id=command_id, expected=len(entries))
    moves = await _moves(service, caller, id_, state)
    return await service.desk.handle_with(Ask(HANDOVER, str(id_), command, context, command_id), moves)


async def _moves(service: Service, caller: Actor, id_: UUID, state: domain.Handover) -> list[Ask[Any]]:
    told = state.told
    asks: list[Ask[Any]] = []
    for enterprise in told.enterprises:
        context = await service.context(caller, enterprise, state)
        command = HandOverEnterprise(
            line=told.line,
            unit=told.unit,
            giver=told.giver,
            taker=told.taker,
            on=max(told.on, context.today),
            document=told.document,
        )
        asks.append(Ask(ENTERPRISE, str(enterprise), command, context, derived_id("handover", str(id_), str(enterprise))))
    return asks


@router.post("/handovers/{id_}/withdraw", name="withdraw_handover", summary="撤回交接")
async def withdraw(
    id_: HandoverId,
    command: WithdrawHandover,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> HandoverReceipt:
    service: Service = request.app.state.service
    done = await service.desk.handle(
        HANDOVER, id_, command, await service.context(caller, id_, KnownHandover()), command_id=command_id, expected=expected
    )
    return await _answer(service, id_, done, caller, response)


@router.get("/handovers", name="list_handovers", summary="工作交接清单")
async def handovers(
    caller: Caller,
    request: Request,
    unit: Annotated[str | None, Query(max_length=20)] = None,
    stage: HandoverStage | None = None,
    *,
    mine: bool = False,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[Handover]:
    """Those of a unit; with ``mine`` those that wait for the caller's own signature."""
    service: Service = request.app.state.service
    return await asked.handovers(service, caller, unit, stage, mine=mine, cursor=cursor, limit=limit)


@router.get("/handovers/{id_}", name="get_handover", summary="一次工作交接")
async def handover(id_: HandoverId, caller: Caller, request: Request, response: Response) -> Handover:
    found = await asked.handover(request.app.state.service, id_, caller)
    response.headers["ETag"] = f'"{found.version}"'
    return found
