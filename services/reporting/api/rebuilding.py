"""The rebuild: the index made anew from the mirror, and every ledger computed on the old and on the new one.

It takes a minute or more, so it is a task: begun by the administrator, followed by its id, one at a time. It lives as long as
its process; nothing is lost with it, since the old index serves until the new one has proved itself.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from services.reporting.projections import Rebuild, Reporting
from services.reporting.queries.rebuilds import RebuildProgress, run
from shared.http.entrance import Entrance
from shared.http.parameters import Caller
from shared.language.decider import Actor
from shared.language.ids import new_id
from shared.language.problems import Forbidden, Unknown
from shared.language.terms import Role

router = APIRouter(tags=["重建与审计"], route_class=Entrance)


@router.post("/rebuild", name="rebuild", summary="由事件重建台账并核对(后台进行)", status_code=202)
async def begin(caller: Caller, request: Request, response: Response) -> RebuildProgress:
    """Begin, or answer the one that runs: its id, to be followed under ``/rebuilds/{id}``."""
    _only(caller, Role.ADMIN)
    service: Reporting = request.app.state.service
    task = service.rebuild
    if task is None or task.state != "running":
        task = service.rebuild = Rebuild(new_id())
        service.begin(run(service, task))
    response.headers["Location"] = f"/api/reporting/rebuilds/{task.id}"
    return RebuildProgress.of(task)


@router.get("/rebuilds/{id_}", name="get_rebuild", summary="重建的进度与结果")
async def followed(id_: Annotated[UUID, Path(description="重建编号")], caller: Caller, request: Request) -> RebuildProgress:
    """How far it is; at its end events, seconds, the digests before and after, and the filings that differ from their digest."""
    _only(caller, Role.ADMIN, Role.AUDITOR)
    service: Reporting = request.app.state.service
    task = service.rebuild
    if task is None or task.id != id_:
        raise Unknown(what="rebuild", id=str(id_))
    return RebuildProgress.of(task)


def _only(caller: Actor, *roles: Role) -> None:
    if not caller.holds(*roles):
        raise Forbidden(needs=[role.label for role in roles])
