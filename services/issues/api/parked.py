"""What could not be acted on, with its error, and trying it once more."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from services.issues.reactions import reactions
from shared.asking import Caller, Cursor, Limit, listing
from shared.decider import Actor
from shared.listen import replay_parked
from shared.problems import Forbidden
from shared.service import Service
from shared.terms import Role

router = APIRouter(tags=["运行"])


def _office(caller: Actor) -> None:
    if not caller.holds(Role.OFFICE, Role.OFFICE_HEAD, Role.SYSTEM):
        raise Forbidden(needs=[Role.OFFICE.label])


@router.get("/parked", name="list_parked", summary="未能处理的消息")
async def parked(caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100) -> dict[str, Any]:
    _office(caller)
    service: Service = request.app.state.service
    return await listing(
        service.pool, table="parked", columns="follower, pos, stream, type, error, at", where=[], args=[],
        order=["follower", "lpad(pos::text, 20, '0')"], cursor=cursor, limit=limit,
    )  # fmt: skip


@router.post("/parked/replay", name="replay_parked", summary="重新处理")
async def replay(caller: Caller, request: Request) -> dict[str, int]:
    _office(caller)
    service: Service = request.app.state.service
    through, left = 0, 0
    for reaction in reactions(service):
        done, stays = await replay_parked(service.pool, reaction)
        through, left = through + done, left + stays
    return {"through": through, "left": left}
