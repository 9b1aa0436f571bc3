"""What an enterprise says and asks through a link of its own or through the plaque at its project; no account, no names.

A link is private to the enterprise; a plaque hangs on a wall for everybody to scan. So a plaque's token tells who serves
the project, takes demands and reports of 变味, and confirms nothing: a confirmation is evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Header, Request, Response

from services.visits.api import responses
from services.visits.domain.feedback import FEEDBACK, AllegeInspection, KnownSpeaker, RaiseDemand, SaidToday, responsible
from services.visits.domain.link import LINK, Issued, OpenLink, came
from services.visits.domain.visit.commands import ConfirmVisit, DenyVisit, Said
from services.visits.domain.visit.decide import VISIT, KnownVisit
from services.visits.queries import public as asked
from services.visits.queries.links import stored
from services.visits.queries.lookups import recorded
from services.visits.queries.public import AllegationReceived, DemandReceived, OpenedLink, VisitWord
from services.visits.queries.questionnaires import shown
from shared.http.public import (
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
from shared.http.service import Service
from shared.language import freetext, writing
from shared.language.decider import Actor, Context
from shared.language.facts import Command
from shared.language.ids import new_id
from shared.language.months import local_date
from shared.language.openings import Opening
from shared.language.problems import Forbidden, Unknown
from shared.language.terms import Awareness, LinkPurpose, Rating, Role, derived_id
from shared.log.directory import Directory

router = APIRouter(prefix="/public", tags=["企业自助(无需登录)"], route_class=PublicRoute)

opening = APIRouter(prefix="/public", tags=router.tags, route_class=OpeningRoute)
alleging = APIRouter(prefix="/public", tags=router.tags, route_class=AllegationRoute)

ITSELF = Actor(NOBODY, "visits", frozenset({Role.SYSTEM}))
"""The platform, writing down what an enterprise says."""
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
    row = await asked.of_token(service, digest(token), today)
    plaque = await Directory(service.pool).plaque(digest(token), today)
    if row is not None:
        _, state = await stored(service, row["id"])
        return Access(
            row["enterprise"],
            LinkPurpose(row["purpose"]),
            row["id"],
            row["visit"],
            row["poll"],
            [UUID(visitor) for visitor in orjson.loads(row["visitors"])],
            row["expires_on"],
            state if isinstance(state, Issued) else None,
        )
    if plaque is None:
        raise Unknown(what="link")
    return Access(plaque[1], LinkPurpose.GENERAL)


@router.get("/{token}", name="open_link", summary="打开企业链接")
async def show(token: Token, request: Request, response: Response) -> OpenedLink:
    """Who serves the enterprise, what waits for its word, what it may do here. No credit code; of persons only the names of those
    who serve it. Before a device has opened the link: only what it is.
    """
    return await _shown(request, response, await opened(request, token, unopened=True))


@opening.post("/{token}/open", name="bind_link", summary="在本设备上打开企业链接(此后仅本设备可用)")
async def bind(token: Token, request: Request, response: Response) -> OpenedLink:
    """The first device that opens a link is the only one. A plaque hangs for everybody: nothing is bound."""
    service: Service = request.app.state.service
    access = await opened(request, token, unopened=True)
    if access.link is not None and access.state is not None and access.state.opened is None:
        command = OpenLink(device=give_device(request, response), staff=of_staff(request))
        context = await service.context(ITSELF, access.link)
        done = await service.desk.handle(LINK, access.link, command, context, command_id=new_id())
        access = replace(access, state=done.state if isinstance(done.state, Issued) else None)
    return await _shown(request, response, access)


async def _shown(request: Request, response: Response, access: Access) -> OpenedLink:
    service: Service = request.app.state.service
    today = local_date(service.clock())
    enterprise = await Directory(service.pool).enterprise(access.enterprise, today)
    response.headers["Cache-Control"] = "private, no-store"
    settings, open_ = service.settings, "open" not in access.actions
    return OpenedLink(
        brand=settings.brand,
        district=settings.district_name,
        office=settings.office_name,
        purpose=access.purpose,
        plaque=access.link is None,
        expires_on=access.expires_on,
        enterprise=enterprise.name if open_ else None,
        specialists=await asked.specialists(service, enterprise.id, today) if open_ else [],
        visits=await asked.recent_visits(service, access.enterprise, access.visit, today) if "confirm" in access.actions else [],
        questionnaire=await shown(service, access.poll, today) if "answer" in access.actions and access.poll else None,
        allowed_actions=list(access.actions),
    )


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
async def confirm(token: Token, body: SayConfirmed, request: Request, key: Key = None) -> VisitWord:
    """Somebody came: proves the visit (扫码). Rating, awareness and words are the enterprise's own."""
    command = ConfirmVisit(rating=body.rating, aware=body.aware, words=body.words)
    return await _on_visit(token, "confirm", body.visit, command, request, key)


@router.post("/{token}/deny", name="deny_visit", summary="企业反映无人来访")
async def deny(token: Token, body: SayDenied, request: Request, key: Key = None) -> VisitWord:
    """Nobody came: the visit counts no more until a reviewer has ruled."""
    return await _on_visit(token, "deny", body.visit, DenyVisit(words=body.words), request, key)


async def _on_visit(
    token: str, action: str, named: UUID | None, command: ConfirmVisit | DenyVisit, request: Request, key: str | None
) -> VisitWord:
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
    before = state.details.confirmed if isinstance(command, ConfirmVisit) else state.details.denied
    [said] = await service.vault.open([before.words if before else None], Opening.HANDLE)
    context = await service.context(ITSELF, visit, KnownVisit(came=how, said=said))
    command_id = await _said(service, token, action, command, key, str(visit))
    done = await service.desk.handle(VISIT, visit, command, context, command_id=command_id)
    return VisitWord(received=True, replayed=done.replayed, visit=visit)


@alleging.post("/{token}/allege", name="allege_inspection", summary="举报服务变味为检查(直送区督查)", status_code=202)
async def allege(token: Token, command: AllegeInspection, request: Request, key: Key = None) -> AllegationReceived:
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
    context = await service.context(ITSELF, id_, KnownSpeaker(enterprise, units))
    await service.desk.handle(FEEDBACK, id_, command, context, command_id=derived_id("visits", "allege", str(id_)))
    return AllegationReceived(received=True, to=await asked.inspectorate(service), key=ticket_of(id_) if key else None)


@router.post("/{token}/demand", name="raise_demand", summary="企业提出诉求", status_code=201)
async def demand(token: Token, command: RaiseDemand, request: Request, response: Response, key: Key = None) -> DemandReceived:
    """Becomes one ticket at the unit that answers for the enterprise; ``key`` finds it under the link's tickets."""
    service: Service = request.app.state.service
    access = await opened(request, token)
    if "demand" not in access.actions:
        raise ForThatVisit
    directory = Directory(service.pool)
    today = local_date(service.clock())
    enterprise = await directory.enterprise(access.enterprise, today)
    id_ = await _said(service, token, "demand", command, key)
    context = await service.context(ITSELF, id_, KnownSpeaker(enterprise))
    unit = (await directory.unit(responsible(enterprise), today)).name
    try:
        done = await service.desk.handle(
            FEEDBACK,
            id_,
            command,
            context,
            command_id=derived_id("visits", "demand", str(id_)),
            prepare=partial(_said_just_now, service, enterprise.id, command),
        )
    except SaidToday as before:
        if before.facts["otherwise"]:
            raise
        response.status_code = 200
        return DemandReceived(received=True, replayed=True, key=UUID(before.facts["key"]), unit=unit)
    response.status_code = 200 if done.replayed else 201
    return DemandReceived(received=True, replayed=done.replayed, key=ticket_of(id_), unit=unit)


async def _said_just_now(
    service: Service, enterprise: UUID, command: RaiseDemand, connection: Any, _state: Any, context: Context[KnownSpeaker]
) -> Context[KnownSpeaker]:
    """A second click, however it came by another key: the same words of the same enterprise on one day are one demand."""
    others = await asked.demands_of_today(connection, enterprise, context.today, context.subject)
    facts = await freetext.opened(service.vault, list(others.values()), Opening.HANDLE)
    for id_, told in zip(others, facts, strict=True):
        if writing.key(told.content) == writing.key(command.content):
            more = (command.reporter is not None and told.reporter is None) or (command.phone is not None and told.phone is None)
            otherwise = more or (told.category, told.nature) != (command.category, command.nature)
            raise SaidToday(key=str(ticket_of(id_)), otherwise=otherwise)
    return context


@router.put("/{token}/answers", name="answer_questionnaire", summary="企业填答问卷")
async def answers(token: Token, body: responses.AnswerQuestions, request: Request, response: Response) -> VisitWord:
    """The answer is a visit by questionnaire. The same answers again are answered again; others are kindly refused."""
    service: Service = request.app.state.service
    access = await opened(request, token)
    if "answer" not in access.actions or access.poll is None or access.link is None:
        raise NotThroughThisLink(action="answer")
    if access.state and access.state.opened and access.state.opened.staff:
        raise UsedByStaff
    visit, fresh = await responses.given(service, ITSELF, access.poll, access.link, access.enterprise, access.visitors, body)
    response.status_code = 201 if fresh else 200
    return VisitWord(received=True, replayed=not fresh, visit=visit)


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
