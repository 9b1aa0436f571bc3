"""Members of the team: who is in a post on a day, who waits for a second person; and what an appointment must know."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from services.roster.domain.member import AppointMember, ReleaseMember, may_confirm
from services.roster.projections.sealed import sealed
from services.roster.queries.lookups import under
from shared.http.answer import Answer, Page, Proposed, label_of
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.openings import Opening
from shared.language.personal import Personal
from shared.language.problems import Forbidden
from shared.language.reach import OFFICE, unit_of
from shared.language.terms import Role


class MemberReceipt(Proposed):
    """A command about somebody. With 202 it was proposed, and ``proposal`` waits for another person."""

    id: UUID = Field(description="人员编号")
    account: str = Field(description="账号")


class _Post(Answer):
    """A role in a unit."""

    account: str = Field(description="账号")
    name: str = Field(description="姓名")
    unit: str = Field(description="单位编码")
    sub_unit: str | None = Field(description="分支机构或村(社区)编码;没有的为空")
    role: Role = Field(description="角色")
    role_label: str = label_of("role")
    post: str = Field(description="岗位名称")
    since: date = Field(description="任职起始日期")
    until: date | None = Field(description="任职截止日期(不含当日);未定的为空")
    acting_for: str | None = Field(description="临时代理谁(账号);不是代理的为空")


class MemberRow(_Post):
    """A post that is held on a day. The number is masked."""

    id: UUID = Field(description="人员编号")
    phone: str = Field(description="电话,已隐去中间各位;没有的为空文本")


class ProposalRow(_Post):
    """An appointment that waits for a second person."""

    id: UUID = Field(description="提名编号")
    member: UUID = Field(description="被提名人的人员编号")
    duty: str = Field(description="职责")
    document: str = Field(description="依据文号")
    by: UUID = Field(description="提名人的人员编号")
    proposed_on: date = Field(description="提名日期")
    may_confirm: bool = Field(description="当前用户是否可以确认")


async def units_of(service: Service, said: object) -> dict[str, str | None]:
    """Of the units that an appointment or a release names those that are there, each with the one above it."""
    if not isinstance(said, (AppointMember, ReleaseMember)):
        return {}
    wanted = [said.unit, *([said.sub_unit] if isinstance(said, AppointMember) and said.sub_unit else [])]
    rows = await service.pool.fetch(
        f"select code, {under('$2')} as parent from unit where code = any($1::text[]) and (ended is null or ended > $2)",
        wanted,
        said.on,
    )
    return {row["code"]: row["parent"] for row in rows}


async def alike(service: Service, account: str) -> str | None:
    """The account that differs from this one in capitals only, of somebody who holds or is proposed for a post."""
    return await service.pool.fetchval(
        "select account from (select account from post union select account from member_proposal) a "
        "where lower(account) = lower($1) and account <> $1 order by account limit 1",
        account,
    )


async def as_proposed(service: Service, member: UUID, proposal: UUID) -> AppointMember | None:
    """What was proposed, without the names: for looking up what the decision must know."""
    row = await service.pool.fetchrow("select * from member_proposal where id = $1 and member = $2", proposal, member)
    if row is None:
        return None
    return AppointMember(
        name=Personal(""),
        unit=row["unit"],
        sub_unit=row["sub_unit"],
        role=Role(row["role"]),
        post=row["post"],
        duty=row["duty"],
        document=row["document"],
        on=row["since"],
        until=row["until"],
        acting_for=row["acting_for"],
    )


async def proposals(service: Service, caller: Actor, cursor: str | None, limit: int) -> Page[ProposalRow]:
    """What waits for a second person; ``may_confirm`` says whether the caller could be that."""
    if not caller.holds(Role.SECURITY_ADMIN, *OFFICE, Role.AUDITOR):
        raise Forbidden(needs=[Role.SECURITY_ADMIN.label, Role.OFFICE.label])
    page = await listing(
        service.pool,
        table="member_proposal",
        columns="id, member, account, name, unit, sub_unit, role, post, duty, document, since, until, "
        "acting_for, by, by_head, proposed_on",
        where=[],
        args=[],
        order=["proposed_on", "id"],
        cursor=cursor,
        limit=limit,
    )
    names = await service.vault.open([sealed(item["name"]) for item in page["items"]], Opening.NAMES)
    rows: list[ProposalRow] = []
    for item, name in zip(page["items"], names, strict=True):
        may = may_confirm(Role(item["role"]), item["by"], item["member"], caller, by_head=item.pop("by_head"))
        rows.append(ProposalRow.model_validate({**item, "name": name, "may_confirm": may}))
    return Page[ProposalRow].of(page, rows)


async def members(
    service: Service, caller: Actor, unit: str | None, role: Role | None, on: date | None, cursor: str | None, limit: int
) -> Page[MemberRow]:
    """Posts held on a day. Names are shown: they are on the public list of the grid; numbers are masked."""
    where: list[str] = ["since <= $1", "(until is null or until > $1)"]
    args: list[Any] = [on or local_date(service.clock())]
    for column, value in (("unit", unit_of(caller, unit)), ("role", role)):
        if value is not None:
            args.append(str(value))
            where.append(f"{column} = ${len(args)}")
    page = await listing(
        service.pool,
        table="post",
        columns="member as id, account, name, phone, unit, sub_unit, role, post, since, until, acting_for",
        where=where,
        args=args,
        order=["unit", "role", "account", "number"],
        cursor=cursor,
        limit=limit,
    )
    names = await service.vault.open([sealed(item["name"]) for item in page["items"]], Opening.NAMES)
    phones = await service.vault.masked([sealed(item["phone"]) for item in page["items"]])
    rows = (
        MemberRow.model_validate({**item, "name": name, "phone": phone})
        for item, name, phone in zip(page["items"], names, phones, strict=True)
    )
    return Page[MemberRow].of(page, rows)
