"""What could not be acted on, with its error: trying it once more, or passing it over by name."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from services.issues.domain.access import needs
from services.issues.domain.parked import MAY, PARKED, SkipParked
from services.issues.queries import parked as asked
from services.issues.queries.parked import ParkedRow, ReplayedParked, SkippedParked
from services.issues.reactions import reactions
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Limit, receipt
from shared.http.service import Service
from shared.log.subscriptions import replay_parked

router = APIRouter(tags=["运行"], route_class=Entrance)


@router.get("/parked", name="list_parked", summary="未能处理的消息")
async def parked(caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100) -> Page[ParkedRow]:
    return await asked.parked(request.app.state.service, caller, cursor, limit)


@router.post("/parked/replay", name="replay_parked", summary="重新处理")
async def replay(caller: Caller, request: Request) -> ReplayedParked:
    asked.may_read(caller)
    service: Service = request.app.state.service
    through, left = 0, 0
    for reaction in reactions(service):
        done, stays = await replay_parked(service.pool, reaction)
        through, left = through + done, left + stays
    return ReplayedParked(through=through, left=left)


@router.post("/parked/{follower}/{position}/skip", name="skip_parked", summary="跳过一条未能处理的消息(须写明原因)")
async def skip(
    follower: Annotated[str, Path(max_length=60)],
    position: Annotated[int, Path(ge=1, le=2**53)],
    command: SkipParked,
    caller: Caller,
    command_id: CommandId,
    request: Request,
    response: Response,
) -> SkippedParked:
    """The decision is a fact with the reason and who took it; the fact passed over stays in the log it came from."""
    service: Service = request.app.state.service
    needs(caller, *MAY)
    key = f"{follower}-{position}"
    context = await service.context(caller, key, await asked.found(service, follower, position))
    done = await service.desk.handle(PARKED, key, command, context, command_id=command_id)
    await asked.forget(service, follower, position)
    return SkippedParked.of(receipt(service, response, done), follower=follower, skipped=position)
