"""Publicity: plans, the launch ceremony, the log of channels with its counts, and links that somebody looked at (R33, R34, R43)."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from services.visits.api.publicity import BODY, Kept, download, keep
from services.visits.api.reading import filters, kept
from services.visits.domain.access import may_see
from services.visits.domain.campaign import (
    CAMPAIGN,
    AddCampaignFile,
    ApproveCampaign,
    Asked,
    CampaignAlreadyPlanned,
    CampaignNotApproved,
    CheckLink,
    LaunchCampaign,
    PlanCampaign,
    ReviseCampaign,
    Running,
    State,
    There,
    Unplanned,
    UseChannel,
    allowed_actions,
    may_plan,
)
from services.visits.projections.campaigns import read
from shared.asking import Caller, CommandId, Cursor, Expected, ExpectedNeeded, Limit, listing, receipt
from shared.decider import Actor
from shared.directory import Directory
from shared.entrance import Entrance
from shared.handle import Done
from shared.months import local_date
from shared.problems import KeyReused, Unknown
from shared.reach import unit_of
from shared.service import Service
from shared.terms import CampaignStage, Channel, derived_id, new_id

router = APIRouter(tags=["宣传"], route_class=Entrance)

CampaignId = Annotated[UUID, Path(description="宣传方案编号(UUIDv7,由客户端生成)")]
Digest = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="文件内容的 SHA-256(小写十六进制)")]
UnitQuery = Annotated[str | None, Query(pattern=r"^[0-9A-Za-z-]{1,20}$", description="单位编码")]
MonthQuery = Annotated[str | None, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="月份 YYYY-MM")]

_CHECKING = "本系统不访问互联网:链接只作格式校验,是否可以打开由人工打开后登记"


def _shown(id_: UUID, version: int, state: There, caller: Actor) -> dict[str, Any]:
    running = isinstance(state, Running)
    checks = {item.no: item for item in state.checks} if running else {}
    log = [
        {
            **item.model_dump(mode="json"), "channel_label": item.channel.label,
            "check": checks[item.no].model_dump(mode="json", exclude={"no"}) if item.no in checks else None,
        }
        for item in (state.log if running else ())
    ]  # fmt: skip
    return {
        "id": id_, "version": version, **state.told.model_dump(mode="json"), "stage": state.stage, "stage_label": state.stage.label,
        "launch": state.launch.model_dump(mode="json") if running and state.launch else None, "channels": log,
        "files": [item.model_dump(mode="json") for item in (state.files if running else ())], "link_check": _CHECKING,
        "allowed_actions": allowed_actions(state, caller),
    }  # fmt: skip


def _answer(service: Service, response: Response, id_: UUID, done: Done[State], caller: Actor) -> dict[str, Any]:
    if isinstance(done.state, Unplanned):
        raise Unknown(what="campaign", id=str(id_))
    return {**receipt(service, response, done), **_shown(id_, done.version, done.state, caller)}


@router.put("/campaigns/{id_}", name="plan_campaign", summary="登记宣传方案", status_code=201)
async def plan(id_: CampaignId, command: PlanCampaign, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    service: Service = request.app.state.service
    may_plan(command.unit, caller)
    unit = await Directory(service.pool).unit(command.unit, local_date(service.clock()))
    try:
        done = await service.desk.handle(
            CAMPAIGN, id_, command, await service.context(caller, id_, unit=unit),
            command_id=derived_id("visits", "plan-campaign", str(id_)),
        )  # fmt: skip
    except KeyReused:
        raise CampaignAlreadyPlanned(campaign=str(id_)) from None
    response.status_code = 200 if done.replayed else 201
    return _answer(service, response, id_, done, caller)


async def _told(
    id_: UUID, command: Asked, caller: Actor, command_id: UUID, expected: int | None, request: Request, response: Response
) -> dict[str, Any]:
    service: Service = request.app.state.service
    state = await _found(service, id_, caller)
    known: dict[str, Any] = {"unit": await Directory(service.pool).unit(state.told.unit, local_date(service.clock()))}
    if isinstance(command, LaunchCampaign):
        rows = await service.pool.fetch("select id from known_enterprise where id = any($1::uuid[])", list(command.invited))
        known["enterprises"] = {row["id"] for row in rows}
    done = await service.desk.handle(
        CAMPAIGN, id_, command, await service.context(caller, id_, **known), command_id=command_id, expected=expected
    )
    return _answer(service, response, id_, done, caller)


async def _found(service: Service, id_: UUID, caller: Actor) -> There:
    _, text = await kept(service, "campaign", id_)
    state = read(text)
    may_see(caller, state.told.unit)
    return state


@router.post("/campaigns/{id_}/revise", name="revise_campaign", summary="修改宣传方案")
async def revise(
    id_: CampaignId, command: ReviseCampaign, caller: Caller, command_id: CommandId, expected: ExpectedNeeded,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _told(id_, command, caller, command_id, expected, request, response)


@router.post("/campaigns/{id_}/approve", name="approve_campaign", summary="批准宣传方案")
async def approve(
    id_: CampaignId, command: ApproveCampaign, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _told(id_, command, caller, command_id, expected, request, response)


@router.put(
    "/campaigns/{id_}/files/{sha256}",
    name="add_campaign_file",
    summary="上传宣传图片或附件",
    status_code=201,
    openapi_extra=BODY,
)
async def keep_file(id_: CampaignId, sha256: Digest, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    """The file itself is the body; a photo loses its position. What a ceremony or a publication shows is uploaded here first."""
    service: Service = request.app.state.service
    state = await _found(service, id_, caller)
    may_plan(state.told.unit, caller)  # Before twenty megabytes are read and stored for nothing.
    if not isinstance(state, Running):
        raise CampaignNotApproved(campaign=str(id_))
    context = await service.context(caller, id_)

    def adding(file: Kept) -> AddCampaignFile:
        return AddCampaignFile(sha256=file.sha256, original=sha256, media_type=file.media_type, size=file.size)

    stored = await keep(service, request, sha256, lambda file: CAMPAIGN.decide(state, adding(file), context))
    done = await service.desk.handle(CAMPAIGN, id_, adding(stored), context, command_id=new_id())
    response.status_code = 200 if done.replayed else 201
    return {**_answer(service, response, id_, done, caller), "sha256": stored.sha256, "original": sha256}


@router.get("/campaigns/{id_}/files/{sha256}", name="get_campaign_file", summary="查看宣传图片或附件", response_class=Response)
async def get_file(id_: CampaignId, sha256: Digest, caller: Caller, request: Request) -> Response:
    service: Service = request.app.state.service
    state = await _found(service, id_, caller)
    files = state.files if isinstance(state, Running) else ()
    item = next((item for item in files if sha256 in (item.sha256, item.original)), None)
    if item is None:
        raise Unknown(what="file", id=sha256)
    return await download(service, item.sha256, item.media_type)


@router.post("/campaigns/{id_}/launch", name="launch_campaign", summary="登记启动仪式(行业主管部门)")
async def launch(
    id_: CampaignId, command: LaunchCampaign, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    """A department's alone: for townships the plan has none, and says so."""
    return await _told(id_, command, caller, command_id, expected, request, response)


@router.post("/campaigns/{id_}/publish", name="use_channel", summary="登记宣传发布")
async def publish(
    id_: CampaignId, command: UseChannel, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    """A link (checked by its form) or a photo shows it."""
    return await _told(id_, command, caller, command_id, expected, request, response)


@router.post("/campaigns/{id_}/check-link", name="check_link", summary="登记链接核查结果")
async def check_link(
    id_: CampaignId, command: CheckLink, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    """Somebody opened the link: the service has no way out to the internet and never tries."""
    return await _told(id_, command, caller, command_id, expected, request, response)


@router.get("/campaigns/{id_}", name="get_campaign", summary="宣传方案详情")
async def get(id_: CampaignId, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    service: Service = request.app.state.service
    version, text = await kept(service, "campaign", id_)
    state = read(text)
    may_see(caller, state.told.unit)
    response.headers["ETag"] = f'"{version}"'
    return _shown(id_, version, state, caller)


@router.get("/campaigns", name="list_campaigns", summary="宣传方案查询")
async def campaigns(
    caller: Caller, request: Request, unit: UnitQuery = None, stage: CampaignStage | None = None, cursor: Cursor = None,
    limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    service: Service = request.app.state.service
    where, args = filters(unit=unit_of(caller, unit), stage=stage and str(stage))
    return await listing(
        service.pool, table="campaign", columns="id, ver as version, unit, line, title, starts, ends, stage, launched_on",
        where=where, args=args, order=["starts", "id"], cursor=cursor, limit=limit,
    )  # fmt: skip


@router.get("/channels", name="list_channel_uses", summary="宣传发布记录")
async def channels(
    caller: Caller, request: Request, unit: UnitQuery = None, month: MonthQuery = None, channel: Channel | None = None,
    cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """Who published what where, with the latest check of its link."""
    service: Service = request.app.state.service
    where, args = filters(unit=unit_of(caller, unit), month=month, channel=channel and str(channel))
    return await listing(
        service.pool, table="channel_use",
        columns='campaign, no, unit, channel, on_date as "on", title, link, photo, reach, alive',
        where=where, args=args, order=["on_date", "campaign", "no"], cursor=cursor, limit=limit,
    )  # fmt: skip


@router.get("/channels/counts", name="count_channels", summary="各渠道宣传次数")
async def counts(caller: Caller, request: Request, unit: UnitQuery = None, month: MonthQuery = None) -> dict[str, Any]:
    """By channel, every one of them, also those that were not used; links nobody has looked at are counted apart."""
    service: Service = request.app.state.service
    where, args = filters(unit=unit_of(caller, unit), month=month)
    rows = await service.pool.fetch(
        "select channel, count(*) as n, sum(reach) as reach, count(*) filter (where link <> '') as links, "
        "count(*) filter (where link <> '' and alive) as alive, count(*) filter (where link <> '' and not alive) as dead "
        f"from channel_use where {' and '.join(where) or 'true'} group by channel",
        *args,
    )
    found = {row["channel"]: row for row in rows}
    items: list[dict[str, Any]] = [
        {
            "channel": channel, "label": channel.label, "n": row["n"] if row else 0,
            "reach": int(row["reach"]) if row and row["reach"] is not None else None, "links": row["links"] if row else 0,
            "alive": row["alive"] if row else 0, "dead": row["dead"] if row else 0,
            "unchecked": row["links"] - row["alive"] - row["dead"] if row else 0,
        }
        for channel in Channel
        for row in (found.get(channel.value),)
    ]  # fmt: skip
    return {
        "unit": unit, "month": month, "items": items, "next_cursor": None, "total": sum(item["n"] for item in items),
        "link_check": _CHECKING,
    }  # fmt: skip
