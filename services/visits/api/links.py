"""Links of enterprises: issuing, issuing anew, revoking, and the QR code that is shown once."""

from __future__ import annotations

import io
import secrets
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import segno
from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import Field

from services.visits.domain.access import hands
from services.visits.domain.link import (
    LINK,
    AlreadyIssued,
    AlreadyShown,
    Days,
    Issued,
    IssueLink,
    KnownIssuing,
    KnownVisited,
    ReissueLink,
    RevokeLink,
    ShowLink,
    State,
    may_manage,
    same,
)
from services.visits.queries import links as asked
from services.visits.queries import lookups
from services.visits.queries.links import Link, LinkReceipt, LinkRow, there
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Expected, Limit, receipt
from shared.http.public import digest, mark_staff
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.facts import Command
from shared.language.months import local_date
from shared.language.openings import Opening
from shared.language.personal import Personal
from shared.language.problems import Problem
from shared.language.terms import LinkPurpose, derived_id
from shared.log.directory import Directory
from shared.log.eventlog import load
from shared.log.handle import Done


async def _of_staff(request: Request, response: Response) -> None:
    mark_staff(request, response)


router = APIRouter(tags=["企业链接"], route_class=Entrance, dependencies=[Depends(_of_staff)])
_LOST = timedelta(minutes=10)
"""How long a code whose answer got lost on its way may be asked for again."""

LinkId = Annotated[UUID, Path(description="链接编号(UUIDv7,由客户端生成)")]


class AskLink(Command):
    """What a link shall be for; its token is made here."""

    enterprise: UUID
    purpose: LinkPurpose = LinkPurpose.GENERAL
    visit: UUID | None = None
    days: Days = 30


class AskAnother(Command):
    """Another token, for so many days."""

    days: Days = Field(30)


def a_token() -> tuple[Personal, str]:
    """A new token, clear, and what it is found by."""
    token = secrets.token_urlsafe(16)
    return Personal(token), digest(token)


async def _first(service: Service, id_: UUID) -> Done[State] | None:
    """As a link was issued, if it was; what became of it since is asked for with GET."""
    for entry in await load(service.pool, LINK.stream(id_)):
        return Done(LINK.fold([entry.fact]), 1, entry.pos, (), replayed=True)
    return None


@router.put("/links/{id_}", name="issue_link", summary="生成企业链接", status_code=201)
async def issue(id_: LinkId, body: AskLink, caller: Caller, request: Request, response: Response) -> LinkReceipt:
    """The same again answers the same link: a token is made once. A questionnaire's links are issued by its poll."""
    service: Service = request.app.state.service
    if body.purpose is LinkPurpose.QUESTIONNAIRE or (body.visit is None) is (body.purpose is LinkPurpose.VISIT):
        raise LinkUnclear
    if first := await _first(service, id_):
        await asked.managed(service, caller, id_)
        may_manage(there(first.state).fact, caller)
        if not same(there(first.state).fact, body.enterprise, body.purpose, body.visit, None, body.days):
            raise AlreadyIssued(link=str(id_))
        response.status_code = 200
        return await _answer(service, response, id_, first, caller)
    enterprise = await Directory(service.pool).enterprise(body.enterprise, local_date(service.clock()))
    known = KnownIssuing(enterprise)
    at_it: list[UUID] = []
    if body.visit is not None:
        _, visit = await lookups.recorded(service, body.visit)
        known = KnownIssuing(enterprise, KnownVisited(visit.details.told.enterprise.id, visit.details.units))
        at_it = [*hands(visit.details)]
    await asked.concerns(service, caller, enterprise.id, [held.unit for held in enterprise.assigned.values()], *at_it)
    token, found_by = a_token()
    done = await service.desk.handle(
        LINK,
        id_,
        IssueLink(token=token, token_sha256=found_by, **body.model_dump()),
        await service.context(caller, id_, known),
        command_id=derived_id("visits", "issue-link", str(id_)),
    )
    return await _answer(service, response, id_, done, caller)


@router.post("/links/{id_}/reissue", name="reissue_link", summary="更换链接(旧链接立即失效)")
async def reissue(
    id_: LinkId, body: AskAnother, caller: Caller, command_id: CommandId, expected: Expected, request: Request, response: Response
) -> LinkReceipt:
    service: Service = request.app.state.service
    token, found_by = a_token()
    command = ReissueLink(days=body.days, token=token, token_sha256=found_by)
    await asked.managed(service, caller, id_)
    context = await service.context(caller, id_)
    done = await service.desk.handle(LINK, id_, command, context, command_id=command_id, expected=expected)
    return await _answer(service, response, id_, done, caller)


@router.post("/links/{id_}/revoke", name="revoke_link", summary="停用链接")
async def revoke(
    id_: LinkId,
    command: RevokeLink,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> LinkReceipt:
    service: Service = request.app.state.service
    await asked.managed(service, caller, id_)
    context = await service.context(caller, id_)
    done = await service.desk.handle(LINK, id_, command, context, command_id=command_id, expected=expected)
    return await _answer(service, response, id_, done, caller)


@router.get("/links/{id_}", name="get_link", summary="企业链接详情")
async def get(id_: LinkId, caller: Caller, request: Request, response: Response) -> Link:
    shown = await asked.found(request.app.state.service, id_, caller)
    response.headers["ETag"] = f'"{shown.version}"'
    return shown


@router.post(
    "/links/{id_}/show",
    name="show_link",
    summary="现场出示企业链接二维码(SVG,只显示一次)",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {}}, "description": "二维码"}},
)
async def show(id_: LinkId, caller: Caller, command_id: CommandId, expected: Expected, request: Request) -> Response:
    """For those who hand it to the enterprise. It leads to this host, and to the first device that opens it."""
    service: Service = request.app.state.service
    await asked.managed(service, caller, id_)
    context = await service.context(caller, id_)
    done = await service.desk.handle(LINK, id_, ShowLink(), context, command_id=command_id, expected=expected)
    _, state = await asked.stored(service, id_)  # As it is now: a repeat tells how it was.
    if not isinstance(state, Issued) or state.shown is None or state.opened or context.now - state.shown.at > _LOST:
        raise AlreadyShown(link=str(id_))
    [token] = await service.vault.open([state.fact.token], Opening.LINK)
    drawn = io.BytesIO()
    segno.make(f"{request.url.scheme}://{request.url.netloc}/s/{token}", error="m", micro=False).save(
        drawn, kind="svg", scale=8, border=4
    )
    response = Response(drawn.getvalue(), media_type="image/svg+xml", headers={"Cache-Control": "private, no-store"})
    receipt(service, response, done)
    mark_staff(request, response)
    return response


@router.get("/links", name="list_links", summary="企业链接查询")
async def links(
    caller: Caller,
    request: Request,
    enterprise: UUID | None = None,
    poll: UUID | None = None,
    purpose: LinkPurpose | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[LinkRow]:
    """Without tokens. A unit sees those of enterprises it answered for."""
    return await asked.links(request.app.state.service, caller, enterprise, poll, purpose, cursor, limit)


class LinkUnclear(Problem):
    """A link to confirm a visit names the visit and no other does; a poll issues the links to its questionnaire."""

    status = 422
    title = "确认走访的链接须指明走访,其他链接不须;问卷链接由问卷调查统一发放"


async def _answer(service: Service, response: Response, id_: UUID, done: Done[State], caller: Actor) -> LinkReceipt:
    shown = await asked.link(service, id_, done.version, done.state, caller)
    return LinkReceipt.of(receipt(service, response, done), shown)
