"""Who somebody is to the platform: oneself, the accounts there are, and tokens that are refused from now on."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from services.roster.domain.revocation import REVOCATION, KnownRevocation, RevokeToken
from services.roster.queries import identity as asked
from services.roster.queries.identity import AccountRow, Me, Revoked
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.identity import token_id
from shared.http.parameters import Caller, CommandId, Cursor, Limit, receipt
from shared.http.service import Service
from shared.language.months import WrittenDate
from shared.language.terms import Role

router = APIRouter(tags=["账号"], route_class=Entrance)


@router.get("/me", name="get_me", summary="我是谁:账号、今天的岗位和单位")
async def me(caller: Caller, request: Request) -> Me:
    """As the roster has it today; a token says nothing of it."""
    return await asked.me(request.app.state.service, caller)


@router.get("/accounts", name="list_accounts", summary="账号与岗位(不含个人信息)")
async def accounts(
    caller: Caller,
    request: Request,
    on: Annotated[WrittenDate | None, Query(description="哪一天,默认今天")] = None,
    role: Role | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[AccountRow]:
    """Which account holds which role where on a day, for those who keep accounts and those who look after them."""
    return await asked.accounts(request.app.state.service, caller, on, role, cursor, limit)


@router.post("/tokens/{jti}/revoke", name="revoke_token", summary="撤销一个登录凭证")
async def revoke(
    jti: Annotated[str, Path(min_length=1, max_length=200, description="凭证编号(jti),见访问日志")],
    command: RevokeToken,
    caller: Caller,
    command_id: CommandId,
    request: Request,
    response: Response,
) -> Revoked:
    """Everybody may revoke the token he comes with; any other, only the security administrator may. It is refused here from the
    next request on, and by the other services as soon as they have heard of it.
    """
    service: Service = request.app.state.service
    key = token_id(jti)
    context = await service.context(caller, key, KnownRevocation(request.scope["holder"].token))
    done = await service.desk.handle(REVOCATION, key, command, context, command_id=command_id)
    return Revoked.of(receipt(service, response, done), token=key)
