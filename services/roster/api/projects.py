"""Projects under a plaque: the register, hanging and taking down, the rate, and the page to print (R46)."""

from __future__ import annotations

import asyncio
import secrets
from hashlib import sha256
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Path, Query, Request, Response

from services.roster.documents.plaque import plaque
from services.roster.domain.project import (
    PROJECT,
    HangPlaque,
    KnownPlaque,
    KnownProject,
    NumberTaken,
    ProjectCommand,
    RegisterProject,
    State,
    TakeDownPlaque,
)
from services.roster.queries import projects as asked
from services.roster.queries.projects import Project, ProjectPage, ProjectReceipt
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Expected, Limit, receipt
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import WrittenDate, local_date
from shared.language.terms import derived_id
from shared.log.handle import Done
from shared.paper import prints

router = APIRouter(tags=["项目挂牌"], route_class=Entrance)

ProjectId = Annotated[UUID, Path(description="项目编号")]
UnitQuery = Annotated[str | None, Query(max_length=20, pattern=r"^[0-9A-Za-z-]*$", description="单位编码")]

On = Annotated[WrittenDate | None, Query(description="哪一天,默认今天")]
_TOKEN_BYTES = 16


async def _carry_out(
    service: Service, id_: UUID, command: ProjectCommand, caller: Actor, command_id: UUID, expected: int | None
) -> Done[State]:
    enterprise = command.enterprise if isinstance(command, RegisterProject) else await asked.enterprise_of(service, id_)
    units = await asked.answering(service, enterprise, local_date(service.clock())) if enterprise else None
    hanging: KnownPlaque | None = None
    if isinstance(command, HangPlaque):
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        roles, taken = await asked.roles_of(service, command), await asked.taken(service, id_, command)
        hanging = KnownPlaque(token, sha256(token.encode()).hexdigest(), roles, taken)
    context = await service.context(caller, id_, KnownProject(units, hanging))
    try:
        return await service.desk.handle(PROJECT, id_, command, context, command_id=command_id, expected=expected)
    except asyncpg.UniqueViolationError:
        raise NumberTaken(number=getattr(command, "number", "")) from None


async def _answer(service: Service, id_: UUID, done: Done[State], caller: Actor, response: Response) -> ProjectReceipt:
    shown = await service.shown(PROJECT, id_, done, lambda then: asked.project(then, id_, caller))
    return ProjectReceipt.of(receipt(service, response, done), shown)


@router.put("/projects/{id_}", name="register_project", summary="登记项目", status_code=201)
async def register(
    id_: ProjectId, command: RegisterProject, caller: Caller, request: Request, response: Response
) -> ProjectReceipt:
    service: Service = request.app.state.service
    done = await _carry_out(service, id_, command, caller, derived_id("roster", "register-project", str(id_)), None)
    response.status_code = 200 if done.replayed else 201
    return await _answer(service, id_, done, caller, response)


@router.post("/projects/{id_}/hang", name="hang_plaque", summary="挂牌")
async def hang(
    id_: ProjectId,
    command: HangPlaque,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> ProjectReceipt:
    """With a fresh random token for the QR code. After taking it down, hanging again makes another one."""
    service: Service = request.app.state.service
    done = await _carry_out(service, id_, command, caller, command_id, expected)
    return await _answer(service, id_, done, caller, response)


@router.post("/projects/{id_}/take-down", name="take_down_plaque", summary="摘牌(二维码随即失效)")
async def take_down(
    id_: ProjectId,
    command: TakeDownPlaque,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> ProjectReceipt:
    service: Service = request.app.state.service
    done = await _carry_out(service, id_, command, caller, command_id, expected)
    return await _answer(service, id_, done, caller, response)


@router.get("/projects", name="list_projects", summary="项目与挂牌清单")
async def projects(
    caller: Caller,
    request: Request,
    enterprise: UUID | None = None,
    unit: UnitQuery = None,
    *,
    plaqued: bool | None = None,
    on: On = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> ProjectPage:
    """Projects of an enterprise, of a unit's enterprises, with or without a plaque; and how many of them have one (挂牌率)."""
    return await asked.projects(request.app.state.service, caller, enterprise, unit, plaqued, on, cursor, limit)


@router.get("/projects/{id_}", name="get_project", summary="项目与挂牌")
async def get_project(id_: ProjectId, caller: Caller, request: Request) -> Project:
    return await asked.project(request.app.state.service, id_, caller)


@router.get(
    "/projects/{id_}/plaque.pdf",
    name="print_plaque",
    summary="打印挂牌(A5,PDF,含二维码)",
    response_class=Response,
    responses=prints.answers("application/pdf"),
)
async def print_plaque(
    id_: ProjectId,
    caller: Caller,
    request: Request,
    site: Annotated[
        str | None, Query(max_length=200, pattern=r"^https?://[^\s/?#]+$", description="站点地址;默认品牌表中的")
    ] = None,
) -> Response:
    """The plaque that hangs now, or is to hang. The QR code opens ``<site>/s/<token>``; printing it again gives the same page."""
    values, token, usual = await asked.printed(request.app.state.service, id_, caller)
    where = site or usual or str(request.base_url).rstrip("/")
    page = await asyncio.to_thread(plaque, values, f"{where}/s/{token}")
    return prints.answer("挂牌", page, "application/pdf", {"Content-Disposition": 'inline; filename="plaque.pdf"'})
