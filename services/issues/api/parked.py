"""What could not be acted on, with its error: trying it once more, or passing it over by name."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from services.issues.domain.parked import MAY, PARKED, KnownParked, SkipParked
from services.issues.reactions import reactions
from shared.asking import Caller, CommandId, Cursor, Limit, listing, receipt
from shared.decider import Actor
from shared.entrance import Entrance
from shared.eventlog import load
from shared.listen import replay_parked
from shared.problems import Forbidden, Unknown
from shared.service import Service
from shared.terms import Role

router = APIRouter(tags=["运行"], route_class=Entrance)


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


@router.post("/parked/{follower}/{position}/skip", name="skip_parked", summary="跳过一条未能处理的消息(须写明原因)")
async def skip(
    follower: Annotated[str, Path(max_length=60)], position: Annotated[int, Path(ge=1, le=2**53)], command: SkipParked,
    caller: Caller, command_id: CommandId, request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    """The decision is a fact with the reason and who took it; the fact passed over stays in the log it came from."""
    service: Service = request.app.state.service
    _person(caller)
    key = f"{follower}-{position}"
    row = await service.pool.fetchrow("select stream, type from parked where follower = $1 and pos = $2", follower, position)
    if row is None and not await load(service.pool, PARKED.stream(key)):
        raise Unknown(what="parked", id=key)
    parked = KnownParked(follower, position, row["type"], row["stream"]) if row else None
    context = await service.context(caller, key, parked)
    done = await service.desk.handle(PARKED, key, command, context, command_id=command_id)
    await service.pool.execute("delete from parked where follower = $1 and pos = $2", follower, position)
    return {**receipt(service, response, done), "follower": follower, "skipped": position}


def _person(caller: Actor) -> None:
    if not caller.holds(*MAY):
        raise Forbidden(needs=[role.label for role in MAY])
