"""The policy library, what it suggests for an enterprise, and the switches of visits."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Query, Request, Response

from services.visits.api import lookups
from services.visits.domain import policy
from services.visits.domain.commands import Day
from services.visits.domain.counting import ANSWERED_PERCENT, CONNECTED_SECONDS, NOTE_CHARACTERS, RULE
from services.visits.domain.policy import POLICY, PublishPolicy, RetirePolicy, may_publish, reasons
from services.visits.domain.switches import KEY, SWITCHES, CapContacts, RequirePhotos, Switches, WaivePhotos
from shared import writing
from shared.asking import Caller, CommandId, Cursor, Expected, Limit, listing, receipt
from shared.decider import Actor
from shared.directory import Directory, KnownEnterprise
from shared.entrance import Entrance
from shared.events.visits import PolicyPublished
from shared.handle import Done
from shared.months import local_date
from shared.problems import Problem, Unknown
from shared.reach import reads
from shared.service import Service
from shared.terms import Mode, derived_id

router = APIRouter(tags=["政策库"], route_class=Entrance)

PolicyId = Annotated[UUID, Path(description="政策编号(UUIDv7,由客户端生成)")]
On = Annotated[Day | None, Query(description="日期,默认今天")]
_COLUMNS = "id, ver as version, unit, title, document, since, until, retired"


async def suggested(service: Service, enterprise: KnownEnterprise, on: date) -> list[dict[str, Any]]:
    """The policies for this enterprise on that day with their reasons, the most particular first."""
    rows = await service.pool.fetch(
        "select id, content from policy where not retired and since <= $1 and (until is null or until >= $1) order by id", on
    )
    found = [(row["id"], PolicyPublished.model_validate(orjson.loads(row["content"]))) for row in rows]
    matched = [(id_, fact, why) for id_, fact in found if (why := reasons(fact, enterprise, on))]
    matched.sort(key=_particular, reverse=True)
    return [
        {"id": id_, "title": fact.title, "document": fact.document, "url": fact.url, "reasons": why} for id_, fact, why in matched
    ][:30]


def _particular(item: tuple[UUID, PolicyPublished, tuple[str, ...]]) -> int:
    fact = item[1]
    return sum(map(bool, (fact.industries, fact.sizes, fact.tags)))


@router.put("/policies/{id_}", name="publish_policy", summary="发布(修订)政策", status_code=201)
async def publish(
    id_: PolicyId, command: PublishPolicy, caller: Caller, command_id: CommandId, expected: Expected, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    """The same content again changes nothing; other content replaces what stood there."""
    service: Service = request.app.state.service
    await Directory(service.pool).unit(command.unit, local_date(service.clock()))
    context = await service.context(caller, id_)
    done = await service.desk.handle(POLICY, id_, command, context, command_id=command_id, expected=expected)
    response.status_code = 201 if done.version == 1 and not done.replayed else 200
    return _answer(service, response, id_, done, caller)


@router.post("/policies/{id_}/retire", name="retire_policy", summary="停用政策")
async def retire(
    id_: PolicyId, command: RetirePolicy, caller: Caller, command_id: CommandId, expected: Expected, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    service: Service = request.app.state.service
    context = await service.context(caller, id_)
    done = await service.desk.handle(POLICY, id_, command, context, command_id=command_id, expected=expected)
    return _answer(service, response, id_, done, caller)


@router.get("/policies/{id_}", name="get_policy", summary="政策详情")
async def get(id_: PolicyId, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    service: Service = request.app.state.service
    reads(caller)
    row = await service.pool.fetchrow("select ver, content, retired, reason from policy where id = $1", id_)
    if row is None:
        raise Unknown(what="policy", id=str(id_))
    response.headers["ETag"] = f'"{row["ver"]}"'
    fact = PolicyPublished.model_validate(orjson.loads(row["content"]))
    return {"version": row["ver"], **_shown(id_, fact, row["reason"] if row["retired"] else None, caller)}


@router.get("/policies", name="list_policies", summary="政策库")
async def policies(
    caller: Caller, request: Request, q: Annotated[str | None, Query(max_length=50, description="标题包含")] = None,
    retired: bool | None = None, on: On = None, cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """Everybody who visits sees the whole library; ``on`` asks for those in force that day."""
    service: Service = request.app.state.service
    reads(caller)
    where: list[str] = []
    args: list[Any] = []
    for condition, value in (
        ("retired = ${n}", retired),
        ("since <= ${n}::date and (until is null or until >= ${n}::date)", on),
    ):
        if value is not None:
            args.append(value)
            where.append(condition.replace("{n}", str(len(args))))
    if q:
        where.append(writing.matching("found_by", q, args))
    return await listing(
        service.pool, table="policy", columns=_COLUMNS, where=where, args=args, order=["since", "id"], cursor=cursor, limit=limit
    )


@router.get("/enterprises/{id_}/policies", name="suggest_policies", summary="适合该企业的政策")
async def suggest(
    id_: Annotated[UUID, Path(description="企业编号")], caller: Caller, request: Request, on: On = None
) -> dict[str, Any]:
    """A proposal by industry, size and tag, with the reasons; whoever visits chooses."""
    service: Service = request.app.state.service
    day = on or local_date(service.clock())
    enterprise = await lookups.served(service, id_, day, caller)
    return {"on": day, "items": await suggested(service, enterprise, day)}


@router.get("/rules/visiting", name="get_visiting_rules", summary="走访方式、必填项与印证资料规则")
async def rules(_caller: Caller, request: Request) -> dict[str, Any]:
    """What each mode needs to count (``ledgers.md`` §5), the switches, and who set them."""
    service: Service = request.app.state.service
    row = await service.pool.fetchrow("select ver, photos_since, necessity, most_contacts from switches where id = $1", KEY)
    state = Switches(row["photos_since"], row["necessity"], row["most_contacts"]) if row else Switches()
    note = f"生产经营情况说明不少于{NOTE_CHARACTERS}字"
    talk = [f"接通不少于{CONNECTED_SECONDS}秒,或有说明", note]
    asked = {
        Mode.ON_SITE: (["已会面", note], ["现场图片", "企业扫码或短信确认", "签字表扫描件"]),
        Mode.PHONE: (talk, ["通话记录(号码、起始时间、时长)", "短信确认", "企业扫码"]),
        Mode.QUESTIONNAIRE: ([f"必答题完成不少于{ANSWERED_PERCENT}%", "每企业每月一份"], ["问卷答卷"]),
        Mode.VIDEO: (talk, ["视频截图", "企业确认"]),
    }
    return {
        "rule": RULE, "version": row["ver"] if row else 0,
        "modes": [
            {"mode": mode, "label": mode.label, "needs": needs, "any_of": proofs} for mode, (needs, proofs) in asked.items()
        ],
        "onsite_photo_required": state.photos_since is not None, "photos_since": state.photos_since,
        "necessity": state.necessity, "most_contacts": state.most_contacts,
    }  # fmt: skip


@router.post("/rules/visiting/require-photos", name="require_photos", summary="要求实地走访提供现场图片(须说明必要性)")
async def require(
    command: RequirePhotos, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    return await _switch(command, caller, command_id, request, response)


@router.post("/rules/visiting/waive-photos", name="waive_photos", summary="取消现场图片要求")
async def waive(
    command: WaivePhotos, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    return await _switch(command, caller, command_id, request, response)


@router.post("/rules/visiting/cap-contacts", name="cap_contacts", summary="设定企业每月联系次数上限")
async def cap(
    command: CapContacts, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    return await _switch(command, caller, command_id, request, response)


async def _switch(
    command: RequirePhotos | WaivePhotos | CapContacts, caller: Actor, command_id: UUID, request: Request, response: Response
) -> dict[str, Any]:
    service: Service = request.app.state.service
    context = await service.context(caller, derived_id("visits", "switches"))
    done = await service.desk.handle(SWITCHES, KEY, command, context, command_id=command_id)
    return {**receipt(service, response, done), **vars(done.state)}


def _answer(service: Service, response: Response, id_: UUID, done: Done[policy.State], caller: Actor) -> dict[str, Any]:
    if isinstance(done.state, policy.Unpublished):
        raise Unknown(what="policy", id=str(id_))
    reason = done.state.reason if isinstance(done.state, policy.Retired) else None
    return {**receipt(service, response, done), **_shown(id_, done.state.fact, reason, caller)}


def _shown(id_: UUID, fact: PolicyPublished, reason: str | None, caller: Actor) -> dict[str, Any]:
    may = reason is None
    try:
        may_publish(fact.unit, caller)
    except Problem:
        may = False
    return {
        "id": id_, **fact.model_dump(mode="json"), "retired": reason is not None, "reason": reason or "",
        "allowed_actions": ["publish", "retire"] if may else [],
    }  # fmt: skip
