"""Questionnaires and polls: the office writes, opens and hands out links; units see who of theirs has answered."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from services.visits.api import answering, links, lookups
from services.visits.domain.link import LINK, IssueLink
from services.visits.domain.poll import POLL, Closed, ClosePoll, Open, OpenPoll, PollIsClosed
from services.visits.domain.questionnaire import (
    OFFICE,
    QUESTIONNAIRE,
    DefineQuestionnaire,
    OfficeAsks,
    PublishQuestionnaire,
    RetireQuestionnaire,
    State,
    Undefined,
    may_be_asked,
)
from shared.asking import Caller, CommandId, Cursor, Expected, Limit, listing, receipt
from shared.decider import Actor
from shared.directory import Assigned, KnownEnterprise, enterprises_on, units_on
from shared.entrance import Entrance
from shared.events import Command
from shared.handle import Ask
from shared.months import local_date
from shared.percent import percentage
from shared.problems import Unknown
from shared.reach import figures_of, reads, unit_of
from shared.service import Service
from shared.terms import Line, LinkPurpose, Standing, derived_id

router = APIRouter(tags=["问卷调查"], route_class=Entrance)

QuestionnaireId = Annotated[UUID, Path(description="问卷编号(UUIDv7)")]
PollId = Annotated[UUID, Path(description="问卷调查编号(UUIDv7)")]
UnitCode = Annotated[str | None, Query(pattern=r"^[0-9A-Za-z-]{1,20}$", description="单位编码")]
_BATCH = 500
_SURVIVING = [str(standing) for standing in Standing if standing.survives]


@router.put("/questionnaires/{id_}", name="define_questionnaire", summary="编制问卷(已发布的成为新版本)", status_code=201)
async def define(
    id_: QuestionnaireId, command: DefineQuestionnaire, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    """The whole questionnaire. A draft is replaced; what was published stays, and this becomes the next version's draft."""
    answer = await _change(id_, command, caller, command_id, expected, request, response)
    response.status_code = 200 if answer["version"] > 1 or answer["replayed"] else 201
    return answer


@router.post("/questionnaires/{id_}/publish", name="publish_questionnaire", summary="发布问卷")
async def publish(
    id_: QuestionnaireId, command: PublishQuestionnaire, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.post("/questionnaires/{id_}/retire", name="retire_questionnaire", summary="停用问卷")
async def retire(
    id_: QuestionnaireId, command: RetireQuestionnaire, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _change(id_, command, caller, command_id, expected, request, response)


@router.get("/questionnaires/{id_}", name="get_questionnaire", summary="问卷详情与版本")
async def get(id_: QuestionnaireId, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    reads(caller)
    version, state = await answering.questionnaire(request.app.state.service, id_)
    response.headers["ETag"] = f'"{version}"'
    return {"version": version, **_shown(id_, state, caller)}


@router.get("/questionnaires", name="list_questionnaires", summary="问卷查询")
async def questionnaires(caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100) -> dict[str, Any]:
    service: Service = request.app.state.service
    reads(caller)
    columns = "id, ver as version, title, stage, newest, published, questions"
    return await listing(
        service.pool, table="questionnaire", columns=columns, where=[], args=[], order=["id"], cursor=cursor, limit=limit
    )


async def _change(
    id_: UUID, command: DefineQuestionnaire | PublishQuestionnaire | RetireQuestionnaire, caller: Actor, command_id: UUID,
    expected: int | None, request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    service: Service = request.app.state.service
    context = await service.context(caller, id_)
    done = await service.desk.handle(QUESTIONNAIRE, id_, command, context, command_id=command_id, expected=expected)
    return {**receipt(service, response, done), **_shown(id_, done.state, caller)}


def _shown(id_: UUID, state: State, caller: Actor) -> dict[str, Any]:
    if isinstance(state, Undefined):
        raise Unknown(what="questionnaire", id=str(id_))
    versions, stage = state.versions, type(state).__name__.lower()
    possible = {"draft": ["define", "publish", "retire"], "published": ["define", "retire"], "retired": ["define"]}[stage]
    return {
        "id": id_, "stage": stage, "draft": versions.draft and versions.draft.model_dump(mode="json"),
        "published": [version.model_dump(mode="json") for version in versions.published],
        "allowed_actions": possible if caller.holds(*OFFICE) else [],
    }  # fmt: skip


@router.put("/polls/{id_}", name="open_poll", summary="开展问卷调查", status_code=201)
async def open_(id_: PollId, command: OpenPoll, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    """A published version, the units whose enterprises are asked, the days. Links are handed out by ``POST …/issue``."""
    service: Service = request.app.state.service
    if not caller.holds(*OFFICE):
        raise OfficeAsks
    known = await service.pool.fetch("select code from known_unit where code = any($1::text[])", list(command.units))
    if missing := set(command.units) - {row["code"] for row in known}:
        raise Unknown(what="unit", id=min(missing))
    _, state = await answering.questionnaire(service, command.questionnaire)
    may_be_asked(state, command.no)
    context = await service.context(caller, id_)
    done = await service.desk.handle(POLL, id_, command, context, command_id=derived_id("visits", "open-poll", str(id_)))
    response.status_code = 200 if done.replayed else 201
    return {**receipt(service, response, done), "id": id_, **command.model_dump(mode="json")}


@router.post("/polls/{id_}/close", name="close_poll", summary="结束问卷调查")
async def close(
    id_: PollId, command: ClosePoll, caller: Caller, command_id: CommandId, expected: Expected, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    service: Service = request.app.state.service
    context = await service.context(caller, id_)
    done = await service.desk.handle(POLL, id_, command, context, command_id=command_id, expected=expected)
    return {**receipt(service, response, done), "id": id_, "closed": True}


class IssueLinks(Command):
    """Hand out links to enterprises that have none yet, so many at once."""

    most: int = Field(2_000, ge=1, le=5_000)


@router.post("/polls/{id_}/issue", name="issue_poll_links", summary="批量发放问卷链接")
async def issue(id_: PollId, body: IssueLinks, caller: Caller, request: Request) -> dict[str, Any]:
    """One link an enterprise: said again, it goes on where it stopped. ``without_worker``: nobody's visit could it be."""
    service: Service = request.app.state.service
    if not caller.holds(*OFFICE):
        raise OfficeAsks
    _, state = await answering.poll(service, id_)
    today = local_date(service.clock())
    if isinstance(state, Closed) or state.fact.ends_on < today:
        raise PollIsClosed(until=state.fact.ends_on.isoformat())
    waiting = await _without_link(service, id_, state)
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
            context = await service.context(caller, link, enterprise=enterprise)
            asks.append(Ask(LINK, str(link), command, context, derived_id("visits", "issue-link", str(link))))
        await service.desk.handle_all(asks)
    return {
        "issued": min(len(ready), body.most), "left": max(0, len(ready) - body.most),
        "without_worker": [{"enterprise": item.id, "name": item.name} for item in waiting if item not in ready][:500],
    }  # fmt: skip


async def _without_link(service: Service, poll: UUID, state: Open) -> list[KnownEnterprise]:
    """The enterprises in scope that the poll asks and that have no link of it yet, in one order."""
    rows = await service.pool.fetch(
        "with held as (select distinct on (enterprise, line) enterprise, line, unit, sub_unit, worker from known_assignment "
        "where started_on <= $2 order by enterprise, line, started_on desc) "
        "select e.id, e.code, e.name, e.standing, h.line, h.unit, h.sub_unit, h.worker "
        f"from {enterprises_on('$2')} e "
        "join held h on h.enterprise = e.id where e.standing = any($3::text[]) "
        "and not exists (select 1 from link l where l.poll = $1 and l.enterprise = e.id) "
        "and ($4::text[] = '{}' or exists (select 1 from held u where u.enterprise = e.id and u.unit = any($4::text[]))) "
        "order by e.id, h.line",
        poll, local_date(service.clock()), _SURVIVING, list(state.fact.units),
    )  # fmt: skip
    found: dict[UUID, dict[Line, Assigned]] = {}
    named: dict[UUID, tuple[str, str, Standing]] = {}
    for row in rows:
        found.setdefault(row["id"], {})[Line(row["line"])] = Assigned(row["unit"], row["sub_unit"], row["worker"])
        named[row["id"]] = (row["code"], row["name"], Standing(row["standing"]))
    return [KnownEnterprise(id_, *named[id_], assigned) for id_, assigned in found.items()]


@router.get("/polls/{id_}", name="get_poll", summary="问卷调查与各单位回收率")
async def poll(id_: PollId, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    """Per unit: how many links were handed out and how many enterprises have answered. A unit sees itself."""
    service: Service = request.app.state.service
    district = figures_of(caller) is None
    version, state = await answering.poll(service, id_)
    rows = await service.pool.fetch(
        "select u.unit, coalesce(k.name, u.unit) as name, count(*) as sent, count(r.enterprise) as answered "
        "from link l join link_unit u on u.link = l.id "
        f"left join {units_on('$4')} k on k.code = u.unit "
        "left join (select distinct enterprise from response where poll = $1) r on r.enterprise = l.enterprise "
        "where l.poll = $1 and ($2 or u.unit = $3) group by u.unit, k.name order by u.unit",
        id_, district, caller.unit, local_date(service.clock()),
    )  # fmt: skip
    total = await service.pool.fetchrow(
        "select count(*) as sent, (select count(distinct enterprise) from response where poll = $1) as answered "
        "from link where poll = $1", id_,
    )  # fmt: skip
    response.headers["ETag"] = f'"{version}"'
    closed = isinstance(state, Closed)
    return {
        "id": id_, "version": version, **state.fact.model_dump(mode="json"), "closed": closed,
        "units": [{**row, "rate": percentage(row["answered"], row["sent"])} for row in rows],
        **({**total, "rate": percentage(total["answered"], total["sent"])} if district else {}),
        "allowed_actions": ["issue", "close"] if caller.holds(*OFFICE) and not closed else [],
    }  # fmt: skip


@router.get("/polls/{id_}/unanswered", name="list_unanswered", summary="未答卷企业清单")
async def unanswered(
    id_: PollId, caller: Caller, request: Request, unit: UnitCode = None, cursor: Cursor = None, limit: Limit = 100
) -> dict[str, Any]:
    """Enterprises with a link that have not answered. A unit sees its own."""
    service: Service = request.app.state.service
    may, unit = await lookups.reach(service, caller), unit_of(caller, unit)
    await answering.poll(service, id_)
    where = ["poll = $1", "not exists (select 1 from response r where r.poll = link.poll and r.enterprise = link.enterprise)"]
    args: list[Any] = [id_]
    if unit is not None:
        args.append(unit)
        where.append("id in (select link from link_unit where unit = $2)")
    may.narrowed(where, args, unit="id in (select link from link_unit where unit = {})")
    return await listing(
        service.pool, table="link", columns="id as link, enterprise, enterprise_name, issued_on, expires_on, revoked",
        where=where, args=args, order=["enterprise_name", "id"], cursor=cursor, limit=limit,
    )  # fmt: skip


@router.get("/polls", name="list_polls", summary="问卷调查查询")
async def polls(caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100) -> dict[str, Any]:
    service: Service = request.app.state.service
    reads(caller)
    columns = "id, ver as version, title, questionnaire, no, begins_on, ends_on, closed"
    return await listing(
        service.pool, table="poll", columns=columns, where=[], args=[], order=["begins_on", "id"], cursor=cursor, limit=limit
    )
