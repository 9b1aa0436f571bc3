"""Links of enterprises: issuing, issuing anew, revoking, and the QR code that is shown once."""

from __future__ import annotations

import io
import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import segno
from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import Field

from services.visits.api import lookups
from services.visits.domain.access import hands, sees_district
from services.visits.domain.link import (
    LINK,
    OFFICE,
    AlreadyIssued,
    AlreadyShown,
    Days,
    Issued,
    IssueLink,
    NotYourLink,
    ReissueLink,
    Revoked,
    RevokeLink,
    ShowLink,
    State,
    Unissued,
    holds,
    may_manage,
    same,
)
from shared.asking import Caller, CommandId, Cursor, Expected, Limit, listing, receipt
from shared.decider import Actor
from shared.directory import Directory
from shared.entrance import Entrance
from shared.eventlog import load
from shared.events import Command
from shared.handle import Done
from shared.months import local_date
from shared.openings import Opening
from shared.problems import Forbidden, Problem, Unknown
from shared.public import digest, mark_staff
from shared.reach import only_own
from shared.service import Service
from shared.terms import LinkPurpose, derived_id
from shared.vault import Personal


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


async def stored(service: Service, id_: UUID) -> tuple[int, State]:
    """Version and state of a link, from the log."""
    entries = await load(service.pool, LINK.stream(id_))
    return len(entries), LINK.fold(entry.fact for entry in entries)


async def _concerns(service: Service, caller: Actor, enterprise: UUID, units: Collection[str], *hands: UUID | None) -> None:
    """Whoever reads only what is his own hands out links of his own enterprises only, and of visits he was at: a code leads to
    all that the enterprise sees.
    """
    if only_own(caller) and not (await lookups.reach(service, caller)).covers(units, enterprise, [one for one in hands if one]):
        raise NotYourLink


async def _managed(service: Service, caller: Actor, id_: UUID) -> None:
    """The link's enterprise is the caller's, or he issued it."""
    _, state = await stored(service, id_)
    if not isinstance(state, Unissued):
        await _concerns(service, caller, state.fact.enterprise.id, state.fact.units, state.fact.by)


async def _first(service: Service, id_: UUID) -> Done[State] | None:
    """As a link was issued, if it was; what became of it since is asked for with GET."""
    for entry in await load(service.pool, LINK.stream(id_)):
        return Done(LINK.fold([entry.fact]), 1, entry.pos, (), replayed=True)
    return None


@router.put("/links/{id_}", name="issue_link", summary="生成企业链接", status_code=201)
async def issue(id_: LinkId, body: AskLink, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    """The same again answers the same link: a token is made once. A questionnaire's links are issued by its poll."""
    service: Service = request.app.state.service
    if body.purpose is LinkPurpose.QUESTIONNAIRE or (body.visit is None) is (body.purpose is LinkPurpose.VISIT):
        raise LinkUnclear
    if first := await _first(service, id_):
        await _managed(service, caller, id_)
        may_manage(_issued(first.state).fact, caller)
        if not same(_issued(first.state).fact, body.enterprise, body.purpose, body.visit, None, body.days):
            raise AlreadyIssued(link=str(id_))
        response.status_code = 200
        return await _answer(service, response, id_, first, caller)
    enterprise = await Directory(service.pool).enterprise(body.enterprise, local_date(service.clock()))
    known: dict[str, Any] = {"enterprise": enterprise}
    at_it: list[UUID] = []
    if body.visit is not None:
        _, visit = await lookups.recorded(service, body.visit)
        known["visit"] = (visit.details.told.enterprise.id, visit.details.units)
        at_it = [*hands(visit.details)]
    await _concerns(service, caller, enterprise.id, [held.unit for held in enterprise.assigned.values()], *at_it)
    token, found_by = a_token()
    done = await service.desk.handle(
        LINK, id_, IssueLink(token=token, token_sha256=found_by, **body.model_dump()),
        await service.context(caller, id_, **known), command_id=derived_id("visits", "issue-link", str(id_)),
    )  # fmt: skip
    return await _answer(service, response, id_, done, caller)


@router.post("/links/{id_}/reissue", name="reissue_link", summary="更换链接(旧链接立即失效)")
async def reissue(
    id_: LinkId, body: AskAnother, caller: Caller, command_id: CommandId, expected: Expected, request: Request, response: Response
) -> dict[str, Any]:
    service: Service = request.app.state.service
    token, found_by = a_token()
    command = ReissueLink(days=body.days, token=token, token_sha256=found_by)
    await _managed(service, caller, id_)
    context = await service.context(caller, id_)
    done = await service.desk.handle(LINK, id_, command, context, command_id=command_id, expected=expected)
    return await _answer(service, response, id_, done, caller)


@router.post("/links/{id_}/revoke", name="revoke_link", summary="停用链接")
async def revoke(
    id_: LinkId, command: RevokeLink, caller: Caller, command_id: CommandId, expected: Expected, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    service: Service = request.app.state.service
    await _managed(service, caller, id_)
    context = await service.context(caller, id_)
    done = await service.desk.handle(LINK, id_, command, context, command_id=command_id, expected=expected)
    return await _answer(service, response, id_, done, caller)


@router.get("/links/{id_}", name="get_link", summary="企业链接详情")
async def get(id_: LinkId, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    service: Service = request.app.state.service
    version, state = await stored(service, id_)
    fact = _issued(state).fact
    await _managed(service, caller, id_)
    if not _manages(state, caller) and not sees_district(caller):
        raise Forbidden(enterprise=str(fact.enterprise.id))
    response.headers["ETag"] = f'"{version}"'
    return {"version": version, **await _shown(service, id_, state, caller)}


@router.post(
    "/links/{id_}/show", name="show_link", summary="现场出示企业链接二维码(SVG,只显示一次)", response_class=Response,
    responses={200: {"content": {"image/svg+xml": {"schema": {"type": "string"}}}, "description": "二维码"}},
)  # fmt: skip
async def show(id_: LinkId, caller: Caller, command_id: CommandId, expected: Expected, request: Request) -> Response:
    """For those who hand it to the enterprise. It leads to this host, and to the first device that opens it."""
    service: Service = request.app.state.service
    await _managed(service, caller, id_)
    context = await service.context(caller, id_)
    done = await service.desk.handle(LINK, id_, ShowLink(), context, command_id=command_id, expected=expected)
    _, state = await stored(service, id_)  # As it is now: a repeat tells how it was.
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
    caller: Caller, request: Request, enterprise: UUID | None = None, poll: UUID | None = None,
    purpose: LinkPurpose | None = None, cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """Without tokens. A unit sees those of enterprises it answered for."""
    service: Service = request.app.state.service
    where: list[str] = []
    args: list[Any] = []
    for column, value in (("enterprise", enterprise), ("poll", poll), ("purpose", purpose and str(purpose))):
        if value is not None:
            args.append(value)
            where.append(f"{column} = ${len(args)}")
    may = await lookups.reach(service, caller)
    may.narrowed(where, args, unit="id in (select link from link_unit where unit = {})")
    return await listing(
        service.pool, table="link",
        columns="id, ver as version, enterprise, enterprise_name, purpose, visit, poll, issued_on, expires_on, revoked, "
        "(select array_agg(u.unit order by u.unit) from link_unit u where u.link = link.id) as units",
        where=where, args=args, order=["issued_on", "id"], cursor=cursor, limit=limit,
    )  # fmt: skip


class LinkUnclear(Problem):
    """A link to confirm a visit names the visit and no other does; a poll issues the links to its questionnaire."""

    status = 422
    title = "确认走访的链接须指明走访,其他链接不须;问卷链接由问卷调查统一发放"


def _issued(state: State) -> Issued | Revoked:
    if isinstance(state, Unissued):
        raise Unknown(what="link")
    return state


def _manages(state: State, actor: Actor) -> bool:
    try:
        may_manage(_issued(state).fact, actor)
    except Forbidden:
        return False
    return True


async def _answer(service: Service, response: Response, id_: UUID, done: Done[State], caller: Actor) -> dict[str, Any]:
    return {**receipt(service, response, done), **await _shown(service, id_, done.state, caller)}


async def _shown(service: Service, id_: UUID, state: State, caller: Actor) -> dict[str, Any]:
    """A link as people read it. Its address is for the office, which sends it out; a unit that was there never holds it."""
    held = _issued(state)
    fact, manages = held.fact, _manages(state, caller)
    [token] = (
        await service.vault.open([fact.token], Opening.LINK) if caller.holds(*OFFICE) and isinstance(state, Issued) else [""]
    )
    return {
        "id": id_, **fact.model_dump(mode="json", exclude={"token", "token_sha256", "visitors"}),
        "purpose_label": fact.purpose.label, "revoked": not isinstance(state, Issued),
        "holds": holds(held, local_date(service.clock())), "path": f"/s/{token}" if token else None,
        "shown_at": held.shown and held.shown.at if isinstance(held, Issued) else None,
        "opened_at": held.opened and held.opened.at if isinstance(held, Issued) else None,
        "allowed_actions": _actions(held, caller) if manages else [],
    }  # fmt: skip


def _actions(state: Issued | Revoked, caller: Actor) -> list[str]:
    if isinstance(state, Revoked):
        return ["reissue"]
    may_show = state.fact.purpose is not LinkPurpose.QUESTIONNAIRE or caller.holds(*OFFICE)
    return [*(["show"] if may_show and not (state.shown or state.opened) else []), "reissue", "revoke"]
