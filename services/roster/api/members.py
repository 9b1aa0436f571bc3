"""Members of the team: appointing, releasing, finding; and what the built-in issuer of tokens asks."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from services.roster.api.lookups import seated, under
from services.roster.domain.member import MEMBER, ONE_AT_A_TIME, AppointMember, Member, ReleaseMember
from services.roster.projections.sealed import sealed
from shared.asking import Caller, CommandId, Cursor, Expected, Limit, listing, receipt
from shared.entrance import Entrance
from shared.handle import Prepare
from shared.months import WrittenDate, local_date
from shared.problems import Forbidden, Unknown
from shared.service import Service
from shared.terms import Role, derived_id
from shared.vault import mask

router = APIRouter(tags=["网格队伍"], route_class=Entrance)

AccountName = Annotated[str, Path(pattern=r"^[0-9A-Za-z._-]{1,64}$", description="账号")]


@router.post("/members/{account}/appoint", name="appoint_member", summary="任命网格人员")
async def appoint(
    account: AccountName, command: AppointMember, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _change(account, command, caller, command_id, expected, request, response)


@router.post("/members/{account}/release", name="release_member", summary="免去网格岗位")
async def release(
    account: AccountName, command: ReleaseMember, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _change(account, command, caller, command_id, expected, request, response)


async def _change(
    account: str, command: AppointMember | ReleaseMember, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    service: Service = request.app.state.service
    key = derived_id("member", account)
    wanted = [command.unit, *([command.sub_unit] if isinstance(command, AppointMember) and command.sub_unit else [])]
    rows = await service.pool.fetch(
        f"select code, {under('$2')} as parent from unit where code = any($1::text[]) and (ended is null or ended > $2)",
        wanted, command.on,
    )  # fmt: skip
    context = await service.context(caller, key, account=account, units={row["code"]: row["parent"] for row in rows})
    prepare: Prepare[Member] | None = None
    if isinstance(command, AppointMember) and (command.role in ONE_AT_A_TIME or command.acting_for):
        prepare = partial(seated, command)
    done = await service.desk.handle(MEMBER, key, command, context, command_id=command_id, expected=expected, prepare=prepare)
    return {**receipt(service, response, done), "id": str(key), "account": account}


@router.get("/members", name="list_members", summary="网格队伍名单")
async def members(
    caller: Caller, request: Request, unit: str | None = Query(None, max_length=20), role: Role | None = None,
    on: Annotated[WrittenDate | None, Query(description="哪一天在岗,默认今天")] = None, cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """Posts held on a day. Names are shown: they are on the public list of the grid; numbers are masked."""
    service: Service = request.app.state.service
    if caller.roles <= {Role.ADMIN}:
        raise Forbidden
    where: list[str] = ["since <= $1", "(until is null or until > $1)"]
    args: list[Any] = [on or local_date(service.clock())]
    for column, value in (("unit", unit), ("role", role)):
        if value is not None:
            args.append(str(value))
            where.append(f"{column} = ${len(args)}")
    page = await listing(
        service.pool, table="post", columns="member as id, account, name, phone, unit, sub_unit, role, post, since, until, acting_for",
        where=where,
        args=args, order=["unit", "role", "account", "number"], cursor=cursor, limit=limit,
    )  # fmt: skip
    names = await service.vault.open([sealed(item["name"]) for item in page["items"]])
    phones = await service.vault.open([sealed(item["phone"]) for item in page["items"]])
    for item, name, phone in zip(page["items"], names, phones, strict=True):
        item.update(name=name, phone=mask(phone), role_label=Role(item["role"]).label)
    return page


@router.get("/accounts/{account}", name="get_account", summary="账号与岗位(签发令牌用)")
async def account_of(account: AccountName, caller: Caller, request: Request) -> dict[str, Any]:
    """Who an account is, for the issuer of tokens alone."""
    service: Service = request.app.state.service
    if not caller.holds(Role.SYSTEM):
        raise Forbidden(needs=[Role.SYSTEM.label])
    rows = await service.pool.fetch(
        "select member, name, unit, sub_unit, role from post where account = $1 "
        "and since <= $2 and (until is null or until > $2) order by acting_for is not null, number",
        account,
        local_date(service.clock()),
    )
    if not rows:
        raise Unknown(what="account", id=account)
    (name,) = await service.vault.open([sealed(rows[0]["name"])])
    return {
        "member": str(rows[0]["member"]), "account": account, "name": name, "unit": rows[0]["unit"],
        "sub_unit": rows[0]["sub_unit"], "roles": sorted({row["role"] for row in rows if row["unit"] == rows[0]["unit"]}),
    }  # fmt: skip
