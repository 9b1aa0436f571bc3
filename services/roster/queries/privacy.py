"""Personal data of the roster: found by number, read with a reason, and whose they are."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import orjson
from fastapi import Response
from pydantic import Field

from services.roster.domain.enterprise.decide import subject
from services.roster.projections.sealed import sealed
from services.roster.projections.subjects import DISCLOSURE
from services.roster.queries.dated import standing
from services.roster.queries.reading import answering, reach
from shared.http.answer import LEFT_OUT, Answer, Page, Proposed, Receipt, label_of
from shared.http.disclosure import UnmaskPersonal, disclose
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.personal import Personal
from shared.language.persons import member_seat, persons_of
from shared.language.problems import Forbidden, Unknown
from shared.language.reach import may_open, sees_unit
from shared.language.terms import Role, Standing, Term


class SubjectKind(Term):
    """Whose data somebody asks to erase."""

    CONTACT = "contact", "企业联系人"
    LEGAL_PERSON = "legal_person", "法定代表人"
    MEMBER = "member", "网格人员"
    RECORD = "record", "其他记录中的个人"


class EnterpriseInClear(Receipt):
    """Only what was asked for is there: everything else is left out."""

    model_config = LEFT_OUT

    about: UUID = Field(description="企业编号")
    legal_person: str | None = Field(None, description="法定代表人")
    contact: str | None = Field(None, description="联系人")
    phone: str | None = Field(None, description="联系电话")


class MemberInClear(Receipt):
    """Only what was asked for is there."""

    model_config = LEFT_OUT

    about: UUID = Field(description="人员编号")
    phone: str | None = Field(None, description="电话")


class EnterpriseByPhone(Answer):
    """An enterprise whose contact has the number."""

    id: UUID = Field(description="企业编号")
    code: str = Field(description="统一社会信用代码")
    name: str = Field(description="企业名称")
    standing: Standing = Field(description="今天的登记状态")
    standing_label: str = label_of("standing")


class MemberByPhone(Answer):
    """A member who has the number."""

    id: UUID = Field(description="人员编号")
    account: str = Field(description="账号")
    unit: str = Field(description="单位编码")
    role: Role = Field(description="角色")
    role_label: str = label_of("role")
    name: str = Field(description="姓名(脱敏)")


class FoundByPhone(Answer):
    """Whom a number leads to."""

    enterprises: list[EnterpriseByPhone] = Field(description="联系电话为该号码的企业")
    members: list[MemberByPhone] = Field(description="电话为该号码的人员")


class FoundSubject(Answer):
    """A subject that can be erased, or was."""

    subject: UUID = Field(description="主体编号")
    what: SubjectKind = Field(description="是谁的个人信息")
    what_label: str = label_of("what")
    erased: bool = Field(description="该主体的个人信息是否已删除")


class FoundSubjects(Answer):
    """All that were found."""

    items: list[FoundSubject] = Field(description="各主体")


class ErasureReceipt(Proposed):
    """An erasure that was proposed (202), carried out or turned down."""

    subject: UUID = Field(description="主体编号")
    erased: bool = Field(description="该主体的个人信息是否已删除")


class ErasureRow(Answer):
    """An erasure that waits for a second person."""

    subject: UUID = Field(description="主体编号")
    id: UUID = Field(description="提议编号")
    reason: str = Field(description="删除原因")
    by: UUID = Field(description="提议人的人员编号")
    on: date = Field(description="提议日期")


async def enterprise_in_clear(
    service: Service, caller: Actor, command_id: UUID, command: UnmaskPersonal, response: Response, id_: UUID
) -> EnterpriseInClear:
    """For those who may see all of the enterprise, after it was written down who reads what and why."""
    may = await reach(service, caller)
    may_open(caller)
    row = await service.pool.fetchrow("select sealed from enterprise where id = $1", id_)
    if row is None:
        raise Unknown(what="enterprise", id=str(id_))
    units = await answering(service, id_)
    may.must_cover(units, id_)
    data: dict[str, Personal | None] = {name: Personal.read(token) for name, token in orjson.loads(row["sealed"]).items()}
    unit = caller.unit if caller.unit in units else next(iter(units), "")
    told = await disclose(
        service, DISCLOSURE, caller, command_id, command, response, what="enterprise", about=id_, unit=unit, data=data
    )
    return EnterpriseInClear(**told)


async def member_in_clear(
    service: Service, caller: Actor, command_id: UUID, command: UnmaskPersonal, response: Response, account: str
) -> MemberInClear:
    """For oneself and whoever reads the unit."""
    may_open(caller)
    row = await service.pool.fetchrow(
        "select member, phone, unit from post where account = $1 "
        "order by since <= $2 and (until is null or until > $2) desc, number desc limit 1",
        account,
        local_date(service.clock()),
    )
    if row is None:
        raise Unknown(what="member", id=account)
    if not sees_unit(caller, row["unit"]) and caller.id != row["member"]:
        raise Forbidden(unit=row["unit"])
    told = await disclose(
        service,
        DISCLOSURE,
        caller,
        command_id,
        command,
        response,
        what="member",
        about=row["member"],
        unit=row["unit"],
        data={"phone": sealed(row["phone"])},
    )
    return MemberInClear(**told)


async def by_phone(service: Service, found_by: str) -> FoundByPhone:
    """Whom a keyed digest of a number leads to; nothing is decrypted but the names, and they are masked."""
    subjects, today = await service.vault.find(found_by), local_date(service.clock())
    enterprises = await service.pool.fetch(
        f"select e.id, e.code, e.name, {standing('e', '$2')} as standing from contact c join enterprise e on e.id = c.enterprise "
        "where c.subject = any($1::uuid[]) order by e.code",
        subjects,
        today,
    )
    members = await service.pool.fetch(
        "select distinct on (member) member as id, account, unit, role, name as sealed from post "
        "where (phone ->> 'sub')::uuid = any($1::uuid[]) "
        "order by member, since <= $2 and (until is null or until > $2) desc, number desc",
        subjects,
        today,
    )
    names = await service.vault.masked([sealed(row["sealed"]) for row in members])
    return FoundByPhone(
        enterprises=[EnterpriseByPhone(**row) for row in enterprises],
        members=[
            MemberByPhone(id=row["id"], account=row["account"], unit=row["unit"], role=row["role"], name=name)
            for row, name in zip(members, names, strict=True)
        ],
    )


async def subjects(service: Service, enterprise: UUID | None, account: str | None) -> FoundSubjects:
    """Behind an enterprise (its contacts, its legal persons: one after another) or an account."""
    found: dict[UUID, SubjectKind] = {}
    if enterprise is not None:
        for what in (SubjectKind.CONTACT, SubjectKind.LEGAL_PERSON):
            found |= dict.fromkeys(await persons_of(service.vault, subject(enterprise, what)), what)
    if account is not None:
        found |= dict.fromkeys(await persons_of(service.vault, member_seat(account)), SubjectKind.MEMBER)
    return await _told(service, found)


async def subjects_by_phone(service: Service, found_by: str) -> FoundSubjects:
    """Every subject under which the number was ever kept, in whichever service."""
    known = await service.vault.find(found_by)
    members = await service.pool.fetch(
        "select distinct (phone ->> 'sub')::uuid as id from post where (phone ->> 'sub')::uuid = any($1::uuid[])", known
    )
    contacts = await service.pool.fetch("select subject as id from contact where subject = any($1::uuid[])", known)
    found = dict.fromkeys(known, SubjectKind.RECORD)
    found |= dict.fromkeys((row["id"] for row in members), SubjectKind.MEMBER)
    found |= dict.fromkeys((row["id"] for row in contacts), SubjectKind.CONTACT)
    return await _told(service, found)


async def _told(service: Service, found: dict[UUID, SubjectKind]) -> FoundSubjects:
    rows = await service.pool.fetch("select subject from erased where subject = any($1::uuid[])", list(found))
    gone = {row["subject"] for row in rows}
    return FoundSubjects(items=[FoundSubject(subject=id_, what=what, erased=id_ in gone) for id_, what in found.items()])


async def erased(service: Service) -> list[UUID]:
    """All subjects whose erasure was said."""
    return [row["subject"] for row in await service.pool.fetch("select subject from erased order by subject")]


async def erasures(service: Service, cursor: str | None, limit: int) -> Page[ErasureRow]:
    """Those that wait for a second person, the oldest first."""
    page = await listing(
        service.pool,
        table="erasure",
        columns="subject, id, reason, by, on_date as on",
        where=[],
        args=[],
        order=["on_date", "subject"],
        cursor=cursor,
        limit=limit,
    )
    return Page[ErasureRow].of(page, (ErasureRow(**item) for item in page["items"]))
