"""Projects and their plaques: on a day, of a unit, of an enterprise; and what is printed on one."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from services.roster.domain.project import HANDS, HangPlaque
from services.roster.projections.sealed import sealed
from services.roster.queries import dated
from services.roster.queries.brand import brand_on
from services.roster.queries.parts import Rate, rate
from services.roster.queries.reading import answering as answering_today
from services.roster.queries.reading import reach
from shared.http.answer import Answer, Page, Receipt
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.openings import Opening
from shared.language.problems import Forbidden, Unknown
from shared.language.reach import OFFICE, only_own, sees_district, unit_of
from shared.language.terms import Role

_ON_THE_DAY = """(
    select p.*, exists (select from plaque q where q.project = p.id and q.since <= $1 and (q.until is null or q.until > $1)) as plaqued
    from project p) project"""
_ANSWERS_FOR = (
    "exists (select from assignment a where a.enterprise = project.enterprise and a.unit = ${} and a.since <= ${}::date "
    "and (a.until is null or a.until > ${}::date))"
)
_PERSON = (
    f"select o.name, o.role || '|' || o.post || '|' || u.name as said from post o join {dated.units('q.since')} u on u.code = o.unit "
    "where o.member = q.{} order by (o.since <= q.since and (o.until is null or o.until > q.since)) desc, o.number limit 1"
)


class ProjectRow(Answer):
    """A project in a list."""

    id: UUID = Field(description="项目编号")
    name: str = Field(description="项目名称")
    enterprise: UUID = Field(description="企业编号")
    since: date = Field(description="登记日期")
    plaqued: bool = Field(description="该日是否挂牌")


class ProjectPage(Page[ProjectRow]):
    """Projects, and how many of them have a plaque."""

    rate: Rate = Field(description="挂牌率:该日挂牌的项目占全部项目")


class Plaque(Answer):
    """A plaque, from a day to a day."""

    number: str = Field(description="牌号")
    leader: UUID = Field(description="责任领导的人员编号")
    contact: UUID = Field(description="联系人的人员编号")
    office_phone: str = Field(description="牌上的办公电话")
    since: date = Field(description="挂牌日期")
    until: date | None = Field(description="摘牌日期;尚未摘牌的为空")
    reason: str | None = Field(description="摘牌原因;尚未摘牌的为空")


class Project(Answer):
    """A project, with every plaque it had."""

    id: UUID = Field(description="项目编号")
    name: str = Field(description="项目名称")
    enterprise: UUID = Field(description="企业编号")
    enterprise_name: str = Field(description="企业名称")
    since: date = Field(description="登记日期")
    plaque: Plaque | None = Field(description="今天所挂的牌;没有的为空")
    plaques: list[Plaque] = Field(description="历次挂牌,从早到晚")
    version: int = Field(description="版本号,同 ETag")
    allowed_actions: list[str] = Field(description="当前用户可办理的事项:hang(挂牌)、take-down(摘牌)")


class ProjectReceipt(Receipt, Project):
    """A command, and the project after it."""


async def answering(service: Service, enterprise: UUID, day: date) -> set[str] | None:
    """The units that answer for the enterprise on a day; ``None`` where there is no such enterprise."""
    rows = await service.pool.fetch(
        "select e.name, a.unit from enterprise e left join assignment a on a.enterprise = e.id and a.since <= $2 "
        "and (a.until is null or a.until > $2) where e.id = $1",
        enterprise,
        day,
    )
    return {row["unit"] for row in rows if row["unit"]} if rows else None


async def enterprise_of(service: Service, id_: UUID) -> UUID | None:
    """Whose project it is."""
    return await service.pool.fetchval("select enterprise from project where id = $1", id_)


async def roles_of(service: Service, command: HangPlaque) -> dict[UUID, set[Role]]:
    """What the leader and the contact are on the day the plaque hangs."""
    rows = await service.pool.fetch(
        "select member, role from post where member = any($1::uuid[]) and since <= $2 and (until is null or until > $2)",
        [command.leader, command.contact],
        command.on,
    )
    roles: dict[UUID, set[Role]] = {}
    for row in rows:
        roles.setdefault(row["member"], set()).add(Role(row["role"]))
    return roles


async def taken(service: Service, id_: UUID, command: HangPlaque) -> bool:
    """Whether another project has the number then or later."""
    return await service.pool.fetchval(
        "select exists (select from plaque where number = $1 and project <> $2 and (until is null or until > $3))",
        command.number,
        id_,
        command.on,
    )


async def projects(
    service: Service,
    caller: Actor,
    enterprise: UUID | None,
    unit: str | None,
    plaqued: bool | None,
    on: date | None,
    cursor: str | None,
    limit: int,
) -> ProjectPage:
    """Projects of an enterprise, of a unit's enterprises, with or without a plaque; and how many of them have one (挂牌率)."""
    unit = unit_of(caller, unit)
    day = on or local_date(service.clock())
    where: list[str] = ["since <= $1"]
    args: list[Any] = [day]
    if unit is not None:
        args.append(unit)
        where.append(_ANSWERS_FOR.format(2, 1, 1))
    if enterprise is not None:
        args.append(enterprise)
        where.append(f"enterprise = ${len(args)}")
    if only_own(caller):
        (await reach(service, caller)).narrowed(where, args, unit="")
    counted = await service.pool.fetchrow(
        f"select count(*) as d, count(*) filter (where plaqued) as n from {_ON_THE_DAY} where {' and '.join(where)}", *args
    )
    if plaqued is not None:
        args.append(plaqued)
        where.append(f"plaqued = ${len(args)}")
    page = await listing(
        service.pool,
        table=_ON_THE_DAY,
        columns="id, name, enterprise, since, plaqued",
        where=where,
        args=args,
        order=["since", "id"],
        cursor=cursor,
        limit=limit,
    )
    return ProjectPage.of(page, (ProjectRow(**item) for item in page["items"]), rate=rate(counted["n"], counted["d"]))


async def project(service: Service, id_: UUID, caller: Actor) -> Project:
    """One, for those who answer for its enterprise."""
    may = await reach(service, caller)
    day = local_date(service.clock())
    row = await service.pool.fetchrow(
        f"select project.*, e.name as enterprise_name from {_ON_THE_DAY} join enterprise e on e.id = project.enterprise "
        "where project.id = $2",
        day,
        id_,
    )
    if row is None:
        raise Unknown(what="project", id=str(id_))
    units = await answering(service, row["enterprise"], day) or set[str]()
    may.must_cover(units, row["enterprise"])
    inside = caller.unit in units
    hands_on = (inside and caller.holds(*HANDS)) or caller.holds(*OFFICE, Role.SYSTEM)
    hung = await service.pool.fetch(
        "select number, leader, contact, office_phone, since, until, reason from plaque where project = $1 order by turn", id_
    )
    items = [Plaque(**item) for item in hung]
    hanging = [item for item in items if item.since <= day and (item.until is None or item.until > day)]
    ends = not items or items[-1].until is not None
    return Project(
        id=id_,
        name=row["name"],
        enterprise=row["enterprise"],
        enterprise_name=row["enterprise_name"],
        since=row["since"],
        plaque=hanging[-1] if hanging else None,
        plaques=items,
        version=row["ver"],
        allowed_actions=([] if not hands_on else ["hang"] if ends else ["take-down"]),
    )


async def printed(service: Service, id_: UUID, caller: Actor) -> tuple[dict[str, str], str, str]:
    """What stands on the plaque that hangs now, or is to hang; its token, and the site its code leads to if the brand names one."""
    row = await service.pool.fetchrow(
        "select q.*, p.name, p.enterprise, e.name as enterprise_name, l.name as leader_name, l.said as leader_post, "
        "c.name as contact_name, c.said as contact_post from plaque q join project p on p.id = q.project "
        "join enterprise e on e.id = p.enterprise "
        f"left join lateral ({_PERSON.format('leader')}) l on true left join lateral ({_PERSON.format('contact')}) c on true "
        "where q.project = $1 and (q.until is null or q.until > $2) order by q.since, q.number limit 1",
        id_,
        local_date(service.clock()),
    )
    if row is None:
        raise Unknown(what="plaque", id=str(id_))
    (await reach(service, caller)).must_cover(await answering_today(service, row["enterprise"]), row["enterprise"])
    if not (sees_district(caller) or caller.holds(Role.HEAD, Role.DEPUTY, Role.LIAISON)):
        raise Forbidden(needs=[Role.HEAD.label])
    brand = await brand_on(service, local_date(service.clock()))
    (token,) = await service.vault.open([sealed(row["token"])], Opening.LINK)
    leader, contact = await service.vault.open([sealed(row[name]) for name in ("leader_name", "contact_name")], Opening.NAMES)
    values = {
        "title": brand.title,
        "slogan": brand.slogan,
        "lead_office": brand.lead_office,
        "core": "\n".join(brand.core),
        "office": " · ".join(part for part in (brand.city + brand.district, brand.phone, brand.email) if part),
        "project": row["name"],
        "enterprise": row["enterprise_name"],
        "number": row["number"],
        "leader": leader,
        "leader_post": _post(row["leader_post"]),
        "contact": contact,
        "contact_post": _post(row["contact_post"]),
        "phone": row["office_phone"],
        "since": f"{row['since']:%Y-%m-%d}",
    }
    return values, token, brand.site


def _post(said: str | None) -> str:
    """What somebody is, where: 网格长 · 某镇."""
    if not said:
        return ""
    role, rest = said.split("|", 1)
    post, unit = rest.split("|", 1)
    return " · ".join(part for part in (post or Role(role).label, unit) if part)
