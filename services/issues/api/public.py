"""What an enterprise sees and says of its own tickets through its link. No names."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Path, Request, Response

from services.issues.domain.ticket.commands import ContestDecline, ReopenIssue, SupplementIssue, TicketCommand, UrgeIssue
from services.issues.domain.ticket.decide import ISSUE
from services.issues.domain.ticket.known import NOTHING
from services.issues.queries import public as asked
from services.issues.queries.public import OwnTicket, OwnTicketRow, OwnWord
from shared.http.answer import Page
from shared.http.parameters import Cursor, Limit
from shared.http.public import NOBODY, PublicRoute, Token, device
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.ids import new_id
from shared.language.problems import Forbidden
from shared.language.terms import Role, derived_id

router = APIRouter(prefix="/public", tags=["企业自助(无需登录)"], route_class=PublicRoute)

ITSELF = Actor(NOBODY, "issues", frozenset({Role.SYSTEM}))
"""The platform, writing down what an enterprise says."""

TicketKey = Annotated[UUID, Path(description="提交诉求时返回的编号")]
Again = Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)]


@router.get("/{token}/tickets", name="list_own_tickets", summary="企业查询自己的诉求")
async def tickets(
    token: Token, request: Request, response: Response, cursor: Cursor = None, limit: Limit = 50
) -> Page[OwnTicketRow]:
    """Newest last. Through a plaque, which anybody may scan: stages and days, not what was asked."""
    response.headers["Cache-Control"] = "private, no-store"
    return await asked.tickets(request.app.state.service, token, device(request), cursor, limit)


@router.get("/{token}/tickets/{key}", name="get_own_ticket", summary="企业查询一件诉求的办理过程")
async def ticket(token: Token, key: TicketKey, request: Request, response: Response) -> OwnTicket:
    """One ticket with its steps and the answer; another enterprise's is as unknown as none."""
    response.headers["Cache-Control"] = "private, no-store"
    return await asked.ticket(request.app.state.service, token, device(request), key)


async def _speak(token: str, key: UUID, command: TicketCommand, again: str | None, request: Request) -> OwnWord:
    """A word of the enterprise on a ticket of its own, through a link that is private to it."""
    service: Service = request.app.state.service
    _, _, private = await asked.own(service, token, device(request), key)
    if not private:
        raise Forbidden(reason="铭牌不能办理这项操作")
    command_id = derived_id("public", type(command).__name__, str(key), again) if again else new_id()
    done = await service.desk.handle(ISSUE, key, command, await service.context(ITSELF, key, NOTHING), command_id=command_id)
    return OwnWord(received=True, replayed=done.replayed, key=key)


@router.post("/{token}/tickets/{key}/urge", name="urge_own_ticket", summary="企业催办")
async def urge(token: Token, key: TicketKey, command: UrgeIssue, request: Request, again: Again = None) -> OwnWord:
    return await _speak(token, key, command, again, request)


@router.post("/{token}/tickets/{key}/supplement", name="supplement_own_ticket", summary="企业补充情况")
async def supplement(token: Token, key: TicketKey, command: SupplementIssue, request: Request, again: Again = None) -> OwnWord:
    return await _speak(token, key, command, again, request)


@router.post("/{token}/tickets/{key}/reopen", name="reopen_own_ticket", summary="企业要求重办(办结后五个工作日内)")
async def reopen(token: Token, key: TicketKey, command: ReopenIssue, request: Request, again: Again = None) -> OwnWord:
    """Handled again by the same unit under a new deadline; the second time the level above is proposed."""
    return await _speak(token, key, command, again, request)


@router.post("/{token}/tickets/{key}/contest", name="contest_own_decline", summary="企业对不予受理提出异议")
async def contest(token: Token, key: TicketKey, command: ContestDecline, request: Request, again: Again = None) -> OwnWord:
    return await _speak(token, key, command, again, request)
