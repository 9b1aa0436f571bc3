"""Projects under a plaque: the register, hanging and taking down, the rate, and the page to print (R46)."""

from __future__ import annotations

import asyncio
import secrets
from datetime import date
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Path, Query, Request, Response

from services.roster.api import dated
from services.roster.api.brand import brand_on
from services.roster.api.reading import answering, reach
from services.roster.documents.plaque import plaque
from services.roster.domain.project import (
    HANDS,
    PROJECT,
    Asked,
    HangPlaque,
    KnownPlaque,
    KnownProject,
    NumberTaken,
    RegisterProject,
    TakeDownPlaque,
)
from services.roster.projections.sealed import sealed
from shared import paper
from shared.asking import Caller, CommandId, Cursor, Expected, Limit, listing, receipt
from shared.decider import Actor
from shared.entrance import Entrance
from shared.handle import Done
from shared.months import WrittenDate, local_date
from shared.openings import Opening
from shared.percent import percentage
from shared.problems import Forbidden, Unknown
from shared.reach import only_own, sees_district, unit_of
from shared.service import Service
from shared.terms import Role, derived_id

router = APIRouter(tags=["项目挂牌"], route_class=Entrance)

ProjectId = Annotated[UUID, Path(description="项目编号")]
UnitQuery = Annotated[str | None, Query(max_length=20, pattern=r"^[0-9A-Za-z-]*$", description="单位编码")]

On = Annotated[WrittenDate | None, Query(description="哪一天,默认今天")]
_TOKEN_BYTES = 16
_ON_THE_DAY = """(
    select p.*, exists (select from plaque q where q.project = p.id and q.since <= $1 and (q.until is null or q.until > $1)) as plaqued
    from project p) project"""
_ANSWERS_FOR = (
    "exists (select from assignment a where a.enterprise = project.enterprise and a.unit = ${} and a.since <= ${}::date "
    "and (a.until is null or a.until > ${}::date))"
)


async def _answering(service: Service, enterprise: UUID, day: date) -> set[str] | None:
    """The units that answer for the enterprise on a day; ``None`` where there is no such enterprise."""
    rows = await service.pool.fetch(
        "select e.name, a.unit from enterprise e left join assignment a on a.enterprise = e.id and a.since <= $2 "
        "and (a.until is null or a.until > $2) where e.id = $1",
        enterprise, day,
    )  # fmt: skip
    return {row["unit"] for row in rows if row["unit"]} if rows else None


async def _carry_out(
    service: Service, id_: UUID, command: Asked, caller: Actor, command_id: UUID, expected: int | None
) -> Done[Any]:
    today = local_date(service.clock())
    enterprise = command.enterprise if isinstance(command, RegisterProject) else None
    if enterprise is None:
        enterprise = await service.pool.fetchval("select enterprise from project where id = $1", id_)
    units = await _answering(service, enterprise, today) if enterprise else None
    plaque: KnownPlaque | None = None
    if isinstance(command, HangPlaque):
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        rows = await service.pool.fetch(
            "select member, role from post where member = any($1::uuid[]) and since <= $2 and (until is null or until > $2)",
            [command.leader, command.contact], command.on,
        )  # fmt: skip
        taken = await service.pool.fetchval(
            "select exists (select from plaque where number = $1 and project <> $2 and (until is null or until > $3))",
            command.number, id_, command.on,
        )  # fmt: skip
        roles: dict[UUID, set[Role]] = {}
        for row in rows:
            roles.setdefault(row["member"], set()).add(Role(row["role"]))
        plaque = KnownPlaque(token, sha256(token.encode()).hexdigest(), roles, taken)
    context = await service.context(caller, id_, KnownProject(units, plaque))
    try:
        return await service.desk.handle(PROJECT, id_, command, context, command_id=command_id, expected=expected)
    except asyncpg.UniqueViolationError:
        raise NumberTaken(number=getattr(command, "number", "")) from None


@router.put("/projects/{id_}", name="register_project", summary="登记项目", status_code=201)
async def register(
    id_: ProjectId, command: RegisterProject, caller: Caller, request: Request, response: Response
) -> dict[str, Any]:
    service: Service = request.app.state.service
    done = await _carry_out(service, id_, command, caller, derived_id("roster", "register-project", str(id_)), None)
    response.status_code = 200 if done.replayed else 201
    return {
        **await service.shown(PROJECT, id_, done, lambda then: _project(then, id_, caller)),
        **receipt(service, response, done),
    }


@router.post("/projects/{id_}/hang", name="hang_plaque", summary="挂牌")
async def hang(
    id_: ProjectId, command: HangPlaque, caller: Caller, command_id: CommandId, expected: Expected, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    """With a fresh random token for the QR code. After taking it down, hanging again makes another one."""
    service: Service = request.app.state.service
    done = await _carry_out(service, id_, command, caller, command_id, expected)
    return {
        **await service.shown(PROJECT, id_, done, lambda then: _project(then, id_, caller)),
        **receipt(service, response, done),
    }


@router.post("/projects/{id_}/take-down", name="take_down_plaque", summary="摘牌(二维码随即失效)")
async def take_down(
    id_: ProjectId, command: TakeDownPlaque, caller: Caller, command_id: CommandId, expected: Expected, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    service: Service = request.app.state.service
    done = await _carry_out(service, id_, command, caller, command_id, expected)
    return {
        **await service.shown(PROJECT, id_, done, lambda then: _project(then, id_, caller)),
        **receipt(service, response, done),
    }


@router.get("/projects", name="list_projects", summary="项目与挂牌清单")
async def projects(
    caller: Caller, request: Request, enterprise: UUID | None = None, unit: UnitQuery = None, *, plaqued: bool | None = None, on: On = None,
    cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """Projects of an enterprise, of a unit's enterprises, with or without a plaque; and how many of them have one (挂牌率)."""
    service: Service = request.app.state.service
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
        service.pool, table=_ON_THE_DAY, columns="id, name, enterprise, since, plaqued", where=where, args=args, order=["since", "id"],
        cursor=cursor, limit=limit,
    )  # fmt: skip
    return {"rate": {"n": counted["n"], "d": counted["d"], "pct": percentage(counted["n"], counted["d"])}, **page}


@router.get("/projects/{id_}", name="get_project", summary="项目与挂牌")
async def get_project(id_: ProjectId, caller: Caller, request: Request) -> dict[str, Any]:
    return await _project(request.app.state.service, id_, caller)


async def _project(service: Service, id_: UUID, caller: Actor) -> dict[str, Any]:
    may = await reach(service, caller)
    day = local_date(service.clock())
    row = await service.pool.fetchrow(
        f"select project.*, e.name as enterprise_name from {_ON_THE_DAY} join enterprise e on e.id = project.enterprise "
        "where project.id = $2",
        day, id_,
    )  # fmt: skip
    if row is None:
        raise Unknown(what="project", id=str(id_))
    units = await _answering(service, row["enterprise"], day) or set[str]()
    inside = caller.unit in units
    may.must_cover(units, row["enterprise"])
    hands_on = (inside and caller.holds(*HANDS)) or caller.holds(Role.OFFICE, Role.OFFICE_HEAD, Role.SYSTEM)
    hung = await service.pool.fetch(
        "select number, leader, contact, office_phone, since, until, reason from plaque where project = $1 order by turn", id_
    )
    items = [dict(item) for item in hung]
    hanging = [item for item in items if item["since"] <= day and (item["until"] is None or item["until"] > day)]
    ends = not items or items[-1]["until"] is not None
    return {
        "id": id_, "name": row["name"], "enterprise": row["enterprise"], "enterprise_name": row["enterprise_name"],
        "since": row["since"], "plaque": hanging[-1] if hanging else None, "plaques": items, "version": row["ver"],
        "allowed_actions": ([] if not hands_on else ["hang"] if ends else ["take-down"]),
    }  # fmt: skip


async def _must_see(service: Service, enterprise: UUID, caller: Actor) -> None:
    (await reach(service, caller)).must_cover(await answering(service, enterprise), enterprise)


@router.get(
    "/projects/{id_}/plaque.pdf", name="print_plaque", summary="打印挂牌(A5,PDF,含二维码)", response_class=Response,
    responses=paper.answers("application/pdf"),
)  # fmt: skip
async def print_plaque(
    id_: ProjectId, caller: Caller, request: Request,
    site: Annotated[str | None, Query(max_length=200, pattern=r"^https?://[^\s/?#]+$", description="站点地址;默认品牌表中的")] = None,
) -> Response:  # fmt: skip
    """The plaque that hangs now, or is to hang. The QR code opens ``<site>/s/<token>``; printing it again gives the same page."""
    service: Service = request.app.state.service
    row = await service.pool.fetchrow(
        "select q.*, p.name, p.enterprise, e.name as enterprise_name, l.name as leader_name, l.said as leader_post, "
        "c.name as contact_name, c.said as contact_post from plaque q join project p on p.id = q.project "
        "join enterprise e on e.id = p.enterprise "
        f"left join lateral ({_PERSON.format('leader')}) l on true left join lateral ({_PERSON.format('contact')}) c on true "
        "where q.project = $1 and (q.until is null or q.until > $2) order by q.since, q.number limit 1",
        id_, local_date(service.clock()),
    )  # fmt: skip
    if row is None:
        raise Unknown(what="plaque", id=str(id_))
    await _must_see(service, row["enterprise"], caller)
    if not (sees_district(caller) or caller.holds(Role.HEAD, Role.DEPUTY, Role.LIAISON)):
        raise Forbidden(needs=[Role.HEAD.label])
    brand = await brand_on(service, local_date(service.clock()))
    (token,) = await service.vault.open([sealed(row["token"])], Opening.LINK)
    leader, contact = await service.vault.open([sealed(row[name]) for name in ("leader_name", "contact_name")], Opening.NAMES)
    values = {
        **{name: brand[name] for name in ("title", "slogan", "lead_office")}, "core": "\n".join(brand["core"]),
        "office": " · ".join(part for part in (brand["city"] + brand["district"], brand["phone"], brand["email"]) if part),
        "project": row["name"], "enterprise": row["enterprise_name"], "number": row["number"], "leader": leader,
        "leader_post": _post(row["leader_post"]), "contact": contact, "contact_post": _post(row["contact_post"]),
        "phone": row["office_phone"], "since": f"{row['since']:%Y-%m-%d}",
    }  # fmt: skip
    where = site or brand["site"] or str(request.base_url).rstrip("/")
    page = await asyncio.to_thread(plaque, values, f"{where}/s/{token}")
    return paper.answer("挂牌", page, "application/pdf", {"Content-Disposition": 'inline; filename="plaque.pdf"'})


_PERSON = (
    f"select o.name, o.role || '|' || o.post || '|' || u.name as said from post o join {dated.units('q.since')} u on u.code = o.unit "
    "where o.member = q.{} order by (o.since <= q.since and (o.until is null or o.until > q.since)) desc, o.number limit 1"
)


def _post(said: str | None) -> str:
    """What somebody is, where: 网格长 · 某镇."""
    if not said:
        return ""
    role, rest = said.split("|", 1)
    post, unit = rest.split("|", 1)
    return " · ".join(part for part in (post or Role(role).label, unit) if part)
