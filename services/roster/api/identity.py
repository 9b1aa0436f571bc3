"""Who somebody is to the platform: oneself, the accounts there are, and tokens that are refused from now on."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from services.roster.domain.revocation import REVOCATION, KnownRevocation, RevokeToken
from services.roster.projections.sealed import sealed
from shared.asking import Caller, CommandId, Cursor, Limit, listing, receipt
from shared.entrance import Entrance
from shared.identity import token_id
from shared.months import WrittenDate, local_date
from shared.openings import Opening
from shared.problems import Forbidden
from shared.service import Service
from shared.terms import Role

router = APIRouter(tags=["账号"], route_class=Entrance)

_KEEPING = (Role.ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN, Role.OFFICE_HEAD, Role.AUDITOR)


@router.get("/me", name="get_me", summary="我是谁:账号、今天的岗位和单位")
async def me(caller: Caller, request: Request) -> dict[str, Any]:
    """As the roster has it today; a token says nothing of it."""
    service: Service = request.app.state.service
    today = local_date(service.clock())
    name = await service.pool.fetchval(
        "select name from post where member = $1 and since <= $2 and (until is null or until > $2) order by number desc limit 1",
        caller.id, today,
    )  # fmt: skip
    (shown,) = await service.vault.open([sealed(name)], Opening.NAMES)
    return {
        "member": caller.id, "account": caller.account, "name": shown, "unit": caller.unit, "sub_unit": caller.sub_unit,
        "roles": [{"value": role, "label": role.label} for role in Role if role in caller.roles], "on": today,
    }  # fmt: skip


@router.get("/accounts", name="list_accounts", summary="账号与岗位(不含个人信息)")
async def accounts(
    caller: Caller, request: Request, on: Annotated[WrittenDate | None, Query(description="哪一天,默认今天")] = None,
    role: Role | None = None, cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """Which account holds which role where on a day, for those who keep accounts and those who look after them."""
    service: Service = request.app.state.service
    if not caller.holds(*_KEEPING):
        raise Forbidden(needs=[item.label for item in _KEEPING])
    where, args = ["since <= $1", "(until is null or until > $1)"], [on or local_date(service.clock())]
    if role is not None:
        args.append(str(role))  # type: ignore[arg-type]  # a list of whatever the statement binds.
        where.append(f"role = ${len(args)}")
    page = await listing(
        service.pool, table="post", columns="account, unit, sub_unit, role, since, until, acting_for", where=where, args=args,
        order=["account", "unit", "role", "number"], cursor=cursor, limit=limit,
    )  # fmt: skip
    for item in page["items"]:
        item["role_label"] = Role(item["role"]).label
    return page


@router.post("/tokens/{jti}/revoke", name="revoke_token", summary="撤销一个登录凭证")
async def revoke(
    jti: Annotated[str, Path(min_length=1, max_length=200, description="凭证编号(jti),见访问日志")],
    command: RevokeToken, caller: Caller, command_id: CommandId, request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    """Everybody may revoke the token he comes with; any other, only the security administrator may. It is refused here from the
    next request on, and by the other services as soon as they have heard of it.
    """
    service: Service = request.app.state.service
    key = token_id(jti)
    context = await service.context(caller, key, KnownRevocation(request.scope["holder"].token))
    done = await service.desk.handle(REVOCATION, key, command, context, command_id=command_id)
    return {**receipt(service, response, done), "token": key}
