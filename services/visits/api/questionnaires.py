"""Questionnaires and polls: the office writes, opens and hands out links; units see who of theirs has answered."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from services.visits.api import links
from services.visits.domain.link import LINK, IssueLink, KnownIssuing
from services.visits.domain.poll import POLL, Closed, ClosePoll, OpenPoll, PollIsClosed
from services.visits.domain.questionnaire import (
    OFFICE,
    QUESTIONNAIRE,
    DefineQuestionnaire,
    OfficeAsks,
    PublishQuestionnaire,
    RetireQuestionnaire,
    may_be_asked,
)
from services.visits.queries import questionnaires as asked
from services.visits.queries.questionnaires import (
    ClosedReceipt,
    IssuedLinks,
    Poll,
    PollReceipt,
    PollRow,
    Questionnaire,
    QuestionnaireReceipt,
    QuestionnaireRow,
    UnansweredLink,
    WithoutWorker,
)
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Expected, Limit, receipt
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.facts import Command
from shared.language.months import local_date
from shared.language.reach import reads
from shared.language.terms import LinkPurpose, Standing, derived_id
from shared.log.handle import Ask

router = APIRouter(tags=["问卷调查"], route_class=Entrance)

QuestionnaireId = Annotated[UUID, Path(description="问卷编号(UUIDv7)")]
PollId = Annotated[UUID, Path(description="问卷调查编号(UUIDv7)")]
UnitCode = Annotated[str | None, Query(pattern=r"^[0-9A-Za-z-]{1,20}$", description="单位编码")]
_BATCH = 500
_SURVIVING = [str(standing) for standing in Standing if standing.survives]


@router.put("/questionnaires/{id_}", name="define_questionnaire", summary="编制问卷(已发布的成为新版本)", status_code=201)
async def define(
    id_: QuestionnaireId,
    command: DefineQuestionnaire,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> QuestionnaireReceipt:
    """The whole questionnaire. A draft is replaced; what was published stays, and this becomes the next version's draft."""
    answer = await _change(id_, command, caller, command_id, expected, request, response)
    response.status_code = 200 if answer.version > 1 or answer.replayed else 201
    return answer


@router.post("/questionnaires/{id_}/publish", name="publish_questionnaire", summary="发布问卷")
async def publish(
    id_: QuestionnaireId,
    command: PublishQuestionnaire,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> QuestionnaireReceipt:
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post("/questionnaires/{id_}/retire", name="retire_questionnaire", summary="停用问卷")
async def retire(
    id_: QuestionnaireId,
    command: RetireQuestionnaire,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> QuestionnaireReceipt:
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.get("/questionnaires/{id_}", name="get_questionnaire", summary="问卷详情与版本")
async def get(id_: QuestionnaireId, caller: Caller, request: Request, response: Response) -> Questionnaire:
    reads(caller)
    version, state = await asked.questionnaire_state(request.app.state.service, id_)
    response.headers["ETag"] = f'"{version}"'
    return asked.questionnaire(id_, version, state, caller)


@router.get("/questionnaires", name="list_questionnaires", summary="问卷查询")
async def questionnaires(caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100) -> Page[QuestionnaireRow]:
    reads(caller)
    return await asked.questionnaires(request.app.state.service, cursor, limit)


async def _change(
    id_: UUID,
    command: DefineQuestionnaire | PublishQuestionnaire | RetireQuestionnaire,
    caller: Actor,
    command_id: UUID,
    expected: int | None,
    request: Request,
    response: Response,
) -> QuestionnaireReceipt:
    service: Service = request.app.state.service
    context = await service.context(caller, id_)
    done = await service.desk.handle(QUESTIONNAIRE, id_, command, context, command_id=command_id, expected=expected)
    shown = asked.questionnaire(id_, done.version, done.state, caller)
    return QuestionnaireReceipt.of(receipt(service, response, done), shown)


@router.put("/polls/{id_}", name="open_poll", summary="开展问卷调查", status_code=201)
async def open_(id_: PollId, command: OpenPoll, caller: Caller, request: Request, response: Response) -> PollReceipt:
    """A published version, the units whose enterprises are asked, the days. Links are handed out by ``POST …/issue``."""
    service: Service = request.app.state.service
    if not caller.holds(*OFFICE):
        raise OfficeAsks
    await asked.units_exist(service, command.units)
    _, state = await asked.questionnaire_state(service, command.questionnaire)
    may_be_asked(state, command.no)
    context = await service.context(caller, id_)
    done = await service.desk.handle(POLL, id_, command, context, command_id=derived_id("visits", "open-poll", str(id_)))
    response.status_code = 200 if done.replayed else 201
    return PollReceipt.of(receipt(service, response, done), id=id_, **command.model_dump())


@router.post("/polls/{id_}/close", name="close_poll", summary="结束问卷调查")
async def close(
    id_: PollId,
    command: ClosePoll,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> ClosedReceipt:
    service: Service = request.app.state.service
    context = await service.context(caller, id_)
    done = await service.desk.handle(POLL, id_, command, context, command_id=command_id, expected=expected)
    return ClosedReceipt.of(receipt(service, response, done), id=id_, closed=True)


class IssueLinks(Command):
    """Hand out links to enterprises that have none yet, so many at once."""

    most: int = Field(2_000, ge=1, le=5_000)


@router.post("/polls/{id_}/issue", name="issue_poll_links", summary="批量发放问卷链接")
async def issue(id_: PollId, body: IssueLinks, caller: Caller, request: Request) -> IssuedLinks:
    """One link an enterprise: said again, it goes on where it stopped. ``without_worker``: nobody's visit could it be."""
    service: Service = request.app.state.service
    if not caller.holds(*OFFICE):
        raise OfficeAsks
    _, state = await asked.poll_state(service, id_)
    today = local_date(service.clock())
    if isinstance(state, Closed) or state.fact.ends_on < today:
        raise PollIsClosed(until=state.fact.ends_on.isoformat())
    waiting = await asked.without_link(service, id_, state)
    ready = [enterprise for enterprise in waiting if any(held.worker for held in enterprise.assigned.values())]
    days = max(1, (state.fact.ends_on - today).days)
    for start in range(0, min(len(ready), body.most), _BATCH):
        asks: list[Ask[Any]] = []
        for enterprise in ready[start : min(start + _BATCH, body.most)]:
            link = derived_id("link", str(id_), str(enterprise.id))
            token, found_by = links.a_token()
            command = IssueLink(
                enterprise=enterprise.id,
                purpose=LinkPurpose.QUESTIONNAIRE,
                days=days,
                poll=id_,
                token=token,
                token_sha256=found_by,
            )
            context = await service.context(caller, link, KnownIssuing(enterprise))
            asks.append(Ask(LINK, str(link), command, context, derived_id("visits", "issue-link", str(link))))
        await service.desk.handle_all(asks)
    return IssuedLinks(
        issued=min(len(ready), body.most),
        left=max(0, len(ready) - body.most),
        without_worker=[WithoutWorker(enterprise=item.id, name=item.name) for item in waiting if item not in ready][:500],
    )


@router.get("/polls/{id_}", name="get_poll", summary="问卷调查与各单位回收率", response_model_exclude_unset=True)
async def poll(id_: PollId, caller: Caller, request: Request, response: Response) -> Poll:
    """Per unit: how many links were handed out and how many enterprises have answered. A unit sees itself."""
    found = await asked.poll(request.app.state.service, id_, caller)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.get("/polls/{id_}/unanswered", name="list_unanswered", summary="未答卷企业清单")
async def unanswered(
    id_: PollId, caller: Caller, request: Request, unit: UnitCode = None, cursor: Cursor = None, limit: Limit = 100
) -> Page[UnansweredLink]:
    """Enterprises with a link that have not answered. A unit sees its own."""
    return await asked.unanswered(request.app.state.service, id_, caller, unit, cursor, limit)


@router.get("/polls", name="list_polls", summary="问卷调查查询")
async def polls(caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100) -> Page[PollRow]:
    reads(caller)
    return await asked.polls(request.app.state.service, cursor, limit)
