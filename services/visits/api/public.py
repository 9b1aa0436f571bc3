"""What an enterprise says and asks through a link of its own or through the plaque at its project; no account, no names.

A link is private to the enterprise; a plaque hangs on a wall for everybody to scan. So a plaque's token tells who serves
the project, takes demands and reports of 变味, and confirms nothing: a confirmation is evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Header, Request, Response

from services.visits.api import answering, links
from services.visits.api.lookups import recorded
from services.visits.domain.commands import ConfirmVisit, DenyVisit, Said
from services.visits.domain.feedback import FEEDBACK, AllegeInspection, RaiseDemand, SaidToday, responsible
from services.visits.domain.link import LINK, Issued, OpenLink, came
from services.visits.domain.visit import VISIT
from shared import freetext, writing
from shared.decider import Actor, Context
from shared.directory import Directory, KnownEnterprise, units_on
from shared.events import Command
from shared.events.visits import DemandRaised
from shared.months import local_date
from shared.openings import Opening
from shared.problems import Forbidden, Unknown
from shared.public import (
    NOBODY,
    AllegationRoute,
    ForThatVisit,
    OpeningRoute,
    PublicRoute,
    Token,
    device,
    digest,
    give_device,
    of_staff,
    on_its_device,
    ticket_of,
)
from shared.service import Service
from shared.terms import Awareness, LinkPurpose, Mode, Rating, Role, UnitKind, derived_id, new_id

router = APIRouter(prefix="/public", tags=["企业自助(无需登录)"], route_class=PublicRoute)

opening = APIRouter(prefix="/public", tags=router.tags, route_class=OpeningRoute)
alleging = APIRouter(prefix="/public", tags=router.tags, route_class=AllegationRoute)

ITSELF = Actor(NOBODY, "visits", frozenset({Role.SYSTEM}))
"""The platform, writing down what an enterprise says."""
_RECENT = 31
_SPEAKING = ("allege", "demand", "tickets")

Key = Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)]


class NotThroughThisLink(Forbidden):
    """A link is good for what it was issued for; a plaque, which anybody may scan, confirms nothing."""

    title = "此链接不能办理这项操作"


class UsedByStaff(Forbidden):
    """An answered questionnaire is a visit and a rating: it is given on a device of the enterprise (decision 0051)."""

    title = "这台设备登录过工作账号,不能代企业填答问卷,请企业在自己的设备上打开"


@dataclass(frozen=True)
class Access:
    """What a token opens. ``link`` is nothing for a plaque."""

    enterprise: UUID
    purpose: LinkPurpose
    link: UUID | None = None
    visit: UUID | None = None
    poll: UUID | None = None
    visitors: Sequence[UUID] = ()
    expires_on: date | None = None
    state: Issued | None = None

    @property
    def actions(self) -> tuple[str, ...]:
        """What may be done with it."""
        if self.link is None:
            return _SPEAKING
        if self.state is not None and self.state.opened is None:
            return ("open",)
        if self.purpose is LinkPurpose.VISIT:
            return ("confirm", "deny", "allege")
        if self.purpose is LinkPurpose.QUESTIONNAIRE:
            return ("answer", *_SPEAKING)
        return ("confirm", "deny", *_SPEAKING)


async def opened(request: Request, token: str, *, unopened: bool = False) -> Access:
    """What the token opens on this device; unknown, revoked and out of date are one and the same 404, after the same look-ups."""
    access = await _opened(request.app.state.service, token)
    bound_to = access.state.opened.device if access.state and access.state.opened else None
    if access.link is not None and not (unopened and bound_to is None):
        on_its_device(bound_to, device(request))
    return access


async def _opened(service: Service, token: str) -> Access:
    today = local_date(service.clock())
    row = await service.pool.fetchrow(
        "select id, enterprise, purpose, visit, poll, visitors, expires_on from link "
        "where token_sha256 = $1 and not revoked and expires_on >= $2",
        digest(token), today,
    )  # fmt: skip
    plaque = await Directory(service.pool).plaque(digest(token), today)
    if row is not None:
        _, state = await links.stored(service, row["id"])
        return Access(
            row["enterprise"], LinkPurpose(row["purpose"]), row["id"], row["visit"], row["poll"],
            [UUID(visitor) for visitor in orjson.loads(row["visitors"])], row["expires_on"],
            state if isinstance(state, Issued) else None,
        )  # fmt: skip
    if plaque is None:
        raise Unknown(what="link")
    return Access(plaque[1], LinkPurpose.GENERAL)


@router.get("/{token}", name="open_link", summary="打开企业链接")
async def show(token: Token, request: Request, response: Response) -> dict[str, Any]:
    """Who serves the enterprise, what waits for its word, what it may do here. No credit code; of persons only the names of those
    who serve it. Before a device has opened the link: only what it is.
    """
    return await _shown(request, response, await opened(request, token, unopened=True))


@opening.post("/{token}/open", name="bind_link", summary="在本设备上打开企业链接(此后仅本设备可用)")
async def bind(token: Token, request: Request, response: Response) -> dict[str, Any]:
    """The first device that opens a link is the only one. A plaque hangs for everybody: nothing is bound."""
    service: Service = request.app.state.service
    access = await opened(request, token, unopened=True)
    if access.link is not None and access.state is not None and access.state.opened is None:
        command = OpenLink(device=give_device(request, response), staff=of_staff(request))
        context = await service.context(ITSELF, access.link)
        done = await service.desk.handle(LINK, access.link, command, context, command_id=new_id())
        access = replace(access, state=done.state if isinstance(done.state, Issued) else None)
    return await _shown(request, response, access)


async def _shown(request: Request, response: Response, access: Access) -> dict[str, Any]:
    service: Service = request.app.state.service
    today = local_date(service.clock())
    enterprise = await Directory(service.pool).enterprise(access.enterprise, today)
    response.headers["Cache-Control"] = "private, no-store"
    settings = service.settings
    return {
        "brand": settings.brand, "district": settings.district_name, "office": settings.office_name,
        "purpose": access.purpose, "purpose_label": access.purpose.label, "plaque": access.link is None,
        "expires_on": access.expires_on, "enterprise": enterprise.name if "open" not in access.actions else None,
        "specialists": await _specialists(service, enterprise, today) if "open" not in access.actions else [],
        "visits": await _visits(service, access, today) if "confirm" in access.actions else [],
        "questionnaire": await answering.shown(service, access.poll, today) if "answer" in access.actions and access.poll else None,
        "allowed_actions": access.actions,
    }  # fmt: skip


async def _specialists(service: Service, enterprise: KnownEnterprise, today: date) -> list[dict[str, Any]]:
    """Who serves it on each line by name and office telephone, the main contact marked (方案 五(一), R47)."""
    found = await Directory(service.pool).specialists(enterprise.id, today)
    names = await service.vault.open([item.name for item in found], Opening.NAMES)
    return [
        {
            "line": item.line, "line_label": item.line.label, "unit": item.unit, "unit_name": item.unit_name,
            "name": name, "office_phone": item.office_phone, "main": item.main,
        }
        for item, name in zip(found, names, strict=True)
    ]  # fmt: skip


async def _visits(service: Service, access: Access, today: date) -> list[dict[str, Any]]:
    rows = await service.pool.fetch(
        "select id, on_date, mode, state -> 'confirmed' <> 'null' as confirmed, state -> 'denied' <> 'null' as denied, (select array_agg(coalesce(k.name, u.unit) order by u.unit) from visit_unit u "
        f"left join {units_on('visit.on_date')} k on k.code = u.unit where u.visit = visit.id) as units from visit where enterprise = $1 "
        "and review not in ('voided', 'held') and case when $2::uuid is null then on_date >= $3 else id = $2 end order by on_date desc, id limit 10",
        access.enterprise, access.visit, today - timedelta(days=_RECENT),
    )  # fmt: skip
    return [
        {
            "id": row["id"], "on": row["on_date"], "mode": row["mode"], "mode_label": Mode(row["mode"]).label,
            "units": row["units"], "confirmed": row["confirmed"], "denied": row["denied"],
        }
        for row in rows
    ]  # fmt: skip


class SayConfirmed(Command):
    """The enterprise's word on a visit; which one, where the link does not say."""

    visit: UUID | None = None
    rating: Rating | None = None
    aware: Awareness | None = None
    words: Said | None = None


class SayDenied(Command):
    """Nobody came."""

    visit: UUID | None = None
    words: Said | None = None


@router.post("/{token}/confirm", name="confirm_visit", summary="企业确认走访并评价")
async def confirm(token: Token, body: SayConfirmed, request: Request, key: Key = None) -> dict[str, Any]:
    """Somebody came: proves the visit (扫码). Rating, awareness and words are the enterprise's own."""
    command = ConfirmVisit(rating=body.rating, aware=body.aware, words=body.words)
    return await _on_visit(token, "confirm", body.visit, command, request, key)


@router.post("/{token}/deny", name="deny_visit", summary="企业反映无人来访")
async def deny(token: Token, body: SayDenied, request: Request, key: Key = None) -> dict[str, Any]:
    """Nobody came: the visit counts no more until a reviewer has ruled."""
    return await _on_visit(token, "deny", body.visit, DenyVisit(words=body.words), request, key)


async def _on_visit(
    token: str, action: str, named: UUID | None, command: ConfirmVisit | DenyVisit, request: Request, key: str | None
) -> dict[str, Any]:
    service: Service = request.app.state.service
    access = await opened(request, token)
    if action not in access.actions:
        raise NotThroughThisLink(action=action)
    visit = access.visit or named
    if visit is None or named not in (None, visit):
        raise Unknown(what="visit")
    _, state = await recorded(service, visit)
    if state.details.told.enterprise.id != access.enterprise:
        raise Unknown(what="visit")
    how = came(access.link, access.state, device(request), service.clock()) if access.link and access.state else None
    context = await service.context(ITSELF, visit, came=how)
    command_id = await _said(service, token, action, command, key, str(visit))
    done = await service.desk.handle(VISIT, visit, command, context, command_id=command_id)
    return {"received": True, "replayed": done.replayed, "visit": visit}


@alleging.post("/{token}/allege", name="allege_inspection", summary="举报服务变味为检查(直送区督查)", status_code=202)
async def allege(token: Token, command: AllegeInspection, request: Request, key: Key = None) -> dict[str, Any]:
    """To the inspectorate alone. The answer is the same however often it is said: nobody else with this link can find out
    whether somebody spoke. Only who sent an ``Idempotency-Key`` of their own gets a key to follow it by.
    """
    service: Service = request.app.state.service
    access = await opened(request, token)
    enterprise = await Directory(service.pool).enterprise(access.enterprise, local_date(service.clock()))
    visit, units = command.visit or access.visit, ()
    if access.visit is not None and visit != access.visit:
        raise Unknown(what="visit")
    if visit is not None:
        _, state = await recorded(service, visit)
        if state.details.told.enterprise.id != access.enterprise:
            raise Unknown(what="visit")
        units = tuple(sorted(state.details.units))
    command = AllegeInspection(visit=visit, words=command.words)
    id_ = await _said(service, token, "allege", command, key)
    context = await service.context(ITSELF, id_, enterprise=enterprise, units=units)
    await service.desk.handle(FEEDBACK, id_, command, context, command_id=derived_id("visits", "allege", str(id_)))
    return {"received": True, "to": await _inspectorate(service), "key": ticket_of(id_) if key else None}


@router.post("/{token}/demand", name="raise_demand", summary="企业提出诉求", status_code=201)
async def demand(token: Token, command: RaiseDemand, request: Request, response: Response, key: Key = None) -> dict[str, Any]:
    """Becomes one ticket at the unit that answers for the enterprise; ``key`` finds it under the link's tickets."""
    service: Service = request.app.state.service
    access = await opened(request, token)
    if "demand" not in access.actions:
        raise ForThatVisit
    directory = Directory(service.pool)
    today = local_date(service.clock())
    enterprise = await directory.enterprise(access.enterprise, today)
    id_ = await _said(service, token, "demand", command, key)
    context = await service.context(ITSELF, id_, enterprise=enterprise)
    unit = (await directory.unit(responsible(enterprise), today)).name
    try:
        done = await service.desk.handle(
            FEEDBACK, id_, command, context, command_id=derived_id("visits", "demand", str(id_)),
            prepare=partial(_said_just_now, service, enterprise.id, command),
        )  # fmt: skip
    except SaidToday as before:
        if before.facts["otherwise"]:
            raise
        response.status_code = 200
        return {"received": True, "replayed": True, "key": before.facts["key"], "unit": unit}
    response.status_code = 200 if done.replayed else 201
    return {"received": True, "replayed": done.replayed, "key": ticket_of(id_), "unit": unit}


async def _said_just_now(
    service: Service, enterprise: UUID, command: RaiseDemand, connection: Any, _state: Any, context: Context
) -> Context:
    """A second click, however it came by another key: the same words of the same enterprise on one day are one demand."""
    await connection.execute("select pg_advisory_xact_lock(hashtextextended($1, 52050204))", f"demand {enterprise}")
    rows = await connection.fetch(
        "select id, fact from view.feedback where kind = 'demand' and enterprise = $1 and on_date = $2 and id <> $3 order by id",
        enterprise, context.today, context.subject,
    )  # fmt: skip
    facts = await freetext.opened(service.vault, [DemandRaised.model_validate_json(row["fact"]) for row in rows], Opening.HANDLE)
    for row, told in zip(rows, facts, strict=True):
        if writing.key(told.content) == writing.key(command.content):
            more = (command.reporter is not None and told.reporter is None) or (command.phone is not None and told.phone is None)
            otherwise = more or (told.category, told.nature) != (command.category, command.nature)
            raise SaidToday(key=str(ticket_of(row["id"])), otherwise=otherwise)
    return context


@router.put("/{token}/answers", name="answer_questionnaire", summary="企业填答问卷")
async def answers(token: Token, body: answering.AnswerQuestions, request: Request, response: Response) -> dict[str, Any]:
    """The answer is a visit by questionnaire. The same answers again are answered again; others are kindly refused."""
    service: Service = request.app.state.service
    access = await opened(request, token)
    if "answer" not in access.actions or access.poll is None or access.link is None:
        raise NotThroughThisLink(action="answer")
    if access.state and access.state.opened and access.state.opened.staff:
        raise UsedByStaff
    visit, fresh = await answering.given(service, ITSELF, access.poll, access.link, access.enterprise, access.visitors, body)
    response.status_code = 201 if fresh else 200
    return {"received": True, "replayed": not fresh, "visit": visit}


async def _inspectorate(service: Service) -> str:
    row = await service.pool.fetchval(
        f"select name from {units_on('$2')} u where kind = $1 and started_on <= $2 and (ended_on is null or ended_on > $2) "
        "order by code limit 1",
        str(UnitKind.INSPECTORATE),
        local_date(service.clock()),
    )
    return row or UnitKind.INSPECTORATE.label


async def _said(service: Service, token: str, action: str, said: Command, key: str | None, *more: str) -> UUID:
    """The id of what is said: from the caller's key, else from the words, so that a second click says nothing new today."""
    if key:
        return derived_id("public", action, digest(token), "key", key, *more)
    content = orjson.dumps(said.model_dump(), default=_clear, option=orjson.OPT_SORT_KEYS)
    today = local_date(service.clock()).isoformat()
    return derived_id("public", action, digest(token), today, (await service.vault.fingerprint(content)).hex(), *more)


def _clear(value: Any) -> str:
    """Personal data go in clear into the keyed digest, never out."""
    return value.text if hasattr(value, "text") else str(value)
