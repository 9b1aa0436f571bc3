"""Publicity: plans, the launch ceremony, the log of channels with its counts, and links that somebody looked at (R33, R34, R43)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from services.visits.api.publicity import BODY, FILE, Kept, download, keep
from services.visits.domain.campaign import (
    CAMPAIGN,
    AddCampaignFile,
    ApproveCampaign,
    CampaignAlreadyPlanned,
    CampaignCommand,
    CampaignNotApproved,
    CheckLink,
    KnownCampaign,
    LaunchCampaign,
    PlanCampaign,
    ReviseCampaign,
    Running,
    State,
    Unplanned,
    UseChannel,
    may_plan,
)
from services.visits.queries import campaigns as asked
from services.visits.queries.campaigns import (
    Campaign,
    CampaignFileReceipt,
    CampaignReceipt,
    CampaignRow,
    ChannelCounts,
    ChannelUse,
)
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Expected, ExpectedNeeded, Limit, receipt
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.problems import KeyReused, Unknown
from shared.language.terms import CampaignStage, Channel, derived_id
from shared.log.directory import Directory
from shared.log.handle import Done

router = APIRouter(tags=["宣传"], route_class=Entrance)

CampaignId = Annotated[UUID, Path(description="宣传方案编号(UUIDv7,由客户端生成)")]
Digest = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="文件内容的 SHA-256(小写十六进制)")]
UnitQuery = Annotated[str | None, Query(pattern=r"^[0-9A-Za-z-]{1,20}$", description="单位编码")]
MonthQuery = Annotated[str | None, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="月份 YYYY-MM")]


def _answer(service: Service, response: Response, id_: UUID, done: Done[State], caller: Actor) -> CampaignReceipt:
    if isinstance(done.state, Unplanned):
        raise Unknown(what="campaign", id=str(id_))
    return CampaignReceipt.of(receipt(service, response, done), asked.campaign(id_, done.version, done.state, caller))


@router.put("/campaigns/{id_}", name="plan_campaign", summary="登记宣传方案", status_code=201)
async def plan(id_: CampaignId, command: PlanCampaign, caller: Caller, request: Request, response: Response) -> CampaignReceipt:
    service: Service = request.app.state.service
    may_plan(command.unit, caller)
    unit = await Directory(service.pool).unit(command.unit, local_date(service.clock()))
    try:
        done = await service.desk.handle(
            CAMPAIGN,
            id_,
            command,
            await service.context(caller, id_, KnownCampaign(unit)),
            command_id=derived_id("visits", "plan-campaign", str(id_)),
        )
    except KeyReused:
        raise CampaignAlreadyPlanned(campaign=str(id_)) from None
    response.status_code = 200 if done.replayed else 201
    return _answer(service, response, id_, done, caller)


async def _receipt(
    id_: UUID,
    command: CampaignCommand,
    caller: Actor,
    command_id: UUID,
    expected: int | None,
    request: Request,
    response: Response,
) -> CampaignReceipt:
    service: Service = request.app.state.service
    _, state = await asked.found(service, id_, caller)
    unit = await Directory(service.pool).unit(state.told.unit, local_date(service.clock()))
    invited = await asked.registered(service, command.invited) if isinstance(command, LaunchCampaign) else None
    done = await service.desk.handle(
        CAMPAIGN,
        id_,
        command,
        await service.context(caller, id_, KnownCampaign(unit, invited)),
        command_id=command_id,
        expected=expected,
    )
    return _answer(service, response, id_, done, caller)


@router.post("/campaigns/{id_}/revise", name="revise_campaign", summary="修改宣传方案")
async def revise(
    id_: CampaignId,
    command: ReviseCampaign,
    caller: Caller,
    command_id: CommandId,
    expected: ExpectedNeeded,
    request: Request,
    response: Response,
) -> CampaignReceipt:
    return await _receipt(id_, command, caller, command_id, expected, request, response)


@router.post("/campaigns/{id_}/approve", name="approve_campaign", summary="批准宣传方案")
async def approve(
    id_: CampaignId,
    command: ApproveCampaign,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> CampaignReceipt:
    return await _receipt(id_, command, caller, command_id, expected, request, response)


@router.put(
    "/campaigns/{id_}/files/{sha256}",
    name="add_campaign_file",
    summary="上传宣传图片或附件",
    status_code=201,
    openapi_extra=BODY,
)
async def keep_file(id_: CampaignId, sha256: Digest, caller: Caller, request: Request, response: Response) -> CampaignFileReceipt:
    """The file itself is the body; a photo loses its position. What a ceremony or a publication shows is uploaded here first."""
    service: Service = request.app.state.service
    _, state = await asked.found(service, id_, caller)
    may_plan(state.told.unit, caller)  # Before twenty megabytes are read and stored for nothing.
    if not isinstance(state, Running):
        raise CampaignNotApproved(campaign=str(id_))
    context = await service.context(caller, id_, KnownCampaign())

    def adding(file: Kept) -> AddCampaignFile:
        return AddCampaignFile(sha256=file.sha256, original=sha256, media_type=file.media_type, size=file.size)

    stored = await keep(service, request, sha256, lambda file: CAMPAIGN.decide(state, adding(file), context))
    command_id = derived_id("visits", "file", str(id_), stored.sha256)
    done = await service.desk.handle(CAMPAIGN, id_, adding(stored), context, command_id=command_id)
    response.status_code = 200 if done.replayed else 201
    return CampaignFileReceipt(**dict(_answer(service, response, id_, done, caller)), sha256=stored.sha256, original=sha256)


@router.get(
    "/campaigns/{id_}/files/{sha256}",
    name="get_campaign_file",
    summary="查看宣传图片或附件",
    response_class=Response,
    responses=FILE,
)
async def get_file(id_: CampaignId, sha256: Digest, caller: Caller, request: Request) -> Response:
    service: Service = request.app.state.service
    _, state = await asked.found(service, id_, caller)
    files = state.files if isinstance(state, Running) else ()
    item = next((item for item in files if sha256 in (item.sha256, item.original)), None)
    if item is None:
        raise Unknown(what="file", id=sha256)
    return await download(service, item.sha256, item.media_type)


@router.post("/campaigns/{id_}/launch", name="launch_campaign", summary="登记启动仪式(行业主管部门)")
async def launch(
    id_: CampaignId,
    command: LaunchCampaign,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> CampaignReceipt:
    """A department's alone: for townships the plan has none, and says so."""
    return await _receipt(id_, command, caller, command_id, expected, request, response)


@router.post("/campaigns/{id_}/publish", name="use_channel", summary="登记宣传发布")
async def publish(
    id_: CampaignId,
    command: UseChannel,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> CampaignReceipt:
    """A link (checked by its form) or a photo shows it."""
    return await _receipt(id_, command, caller, command_id, expected, request, response)


@router.post("/campaigns/{id_}/check-link", name="check_link", summary="登记链接核查结果")
async def check_link(
    id_: CampaignId,
    command: CheckLink,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> CampaignReceipt:
    """Somebody opened the link: the service has no way out to the internet and never tries."""
    return await _receipt(id_, command, caller, command_id, expected, request, response)


@router.get("/campaigns/{id_}", name="get_campaign", summary="宣传方案详情")
async def get(id_: CampaignId, caller: Caller, request: Request, response: Response) -> Campaign:
    version, state = await asked.found(request.app.state.service, id_, caller)
    response.headers["ETag"] = f'"{version}"'
    return asked.campaign(id_, version, state, caller)


@router.get("/campaigns", name="list_campaigns", summary="宣传方案查询")
async def campaigns(
    caller: Caller,
    request: Request,
    unit: UnitQuery = None,
    stage: CampaignStage | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[CampaignRow]:
    return await asked.campaigns(request.app.state.service, caller, unit, stage, cursor, limit)


@router.get("/channels", name="list_channel_uses", summary="宣传发布记录")
async def channels(
    caller: Caller,
    request: Request,
    unit: UnitQuery = None,
    month: MonthQuery = None,
    channel: Channel | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[ChannelUse]:
    """Who published what where, with the latest check of its link."""
    return await asked.channel_uses(request.app.state.service, caller, unit, month, channel, cursor, limit)


@router.get("/channels/counts", name="count_channels", summary="各渠道宣传次数")
async def counts(caller: Caller, request: Request, unit: UnitQuery = None, month: MonthQuery = None) -> ChannelCounts:
    """By channel, every one of them, also those that were not used; links nobody has looked at are counted apart."""
    return await asked.channel_counts(request.app.state.service, caller, unit, month)
