"""Who somebody is to the platform, and the accounts there are."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from services.roster.projections.sealed import sealed
from services.roster.queries.parts import Choice
from shared.http.answer import Answer, Page, Receipt, label_of
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.openings import Opening
from shared.language.problems import Forbidden
from shared.language.terms import Role

_KEEPING = (Role.ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN, Role.OFFICE_HEAD, Role.AUDITOR)


class Me(Answer):
    """Oneself, as the roster has it today."""

    member: UUID = Field(description="本人的人员编号")
    account: str = Field(description="账号")
    name: str = Field(description="本人姓名")
    unit: str = Field(description="今天所在单位的编码;没有岗位的为空文本")
    sub_unit: str = Field(description="今天所在分支机构或村(社区)的编码;没有的为空文本")
    roles: list[Choice] = Field(description="今天担任的角色")
    on: date = Field(description="今天的日期")


class AccountRow(Answer):
    """A role that an account holds."""

    account: str = Field(description="账号")
    unit: str = Field(description="单位编码")
    sub_unit: str | None = Field(description="分支机构或村(社区)编码;没有的为空")
    role: Role = Field(description="角色")
    role_label: str = label_of("role")
    since: date = Field(description="任职起始日期")
    until: date | None = Field(description="任职截止日期(不含当日);未定的为空")
    acting_for: str | None = Field(description="临时代理谁(账号);不是代理的为空")


class Revoked(Receipt):
    """A token that is refused from now on."""

    token: UUID = Field(description="凭证在本平台的编号")


async def me(service: Service, caller: Actor) -> Me:
    """As the roster has it today; a token says nothing of it."""
    today = local_date(service.clock())
    name = await service.pool.fetchval(
        "select name from post where member = $1 and since <= $2 and (until is null or until > $2) order by number desc limit 1",
        caller.id,
        today,
    )
    (shown,) = await service.vault.open([sealed(name)], Opening.NAMES)
    roles = [Choice(value=role, label=role.label) for role in Role if role in caller.roles]
    return Me(
        member=caller.id, account=caller.account, name=shown, unit=caller.unit, sub_unit=caller.sub_unit, roles=roles, on=today
    )


async def accounts(
    service: Service, caller: Actor, on: date | None, role: Role | None, cursor: str | None, limit: int
) -> Page[AccountRow]:
    """Which account holds which role where on a day, for those who keep accounts and those who look after them."""
    if not caller.holds(*_KEEPING):
        raise Forbidden(needs=[item.label for item in _KEEPING])
    where = ["since <= $1", "(until is null or until > $1)"]
    args: list[Any] = [on or local_date(service.clock())]
    if role is not None:
        args.append(str(role))
        where.append(f"role = ${len(args)}")
    page = await listing(
        service.pool,
        table="post",
        columns="account, unit, sub_unit, role, since, until, acting_for",
        where=where,
        args=args,
        order=["account", "unit", "role", "number"],
        cursor=cursor,
        limit=limit,
    )
    return Page[AccountRow].of(page, (AccountRow(**item) for item in page["items"]))
