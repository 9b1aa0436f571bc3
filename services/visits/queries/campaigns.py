"""Publicity: plans with what came of them, and the log of channels with its counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from services.visits.domain.access import may_see
from services.visits.domain.campaign import Running, There, allowed_actions
from services.visits.projections.campaigns import STATES
from services.visits.queries.reading import Actions, Bytes, Digest, MediaType, Original, UnitCode, Version, filters, kept
from shared.http.answer import Answer, Page, Receipt, label_of
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.reach import unit_of
from shared.language.terms import CampaignStage, Channel, Line

_CHECKING = "本系统不访问互联网:链接只作格式校验,是否可以打开由人工打开后登记"


class CampaignLaunch(Answer):
    """The launch ceremony."""

    on: date = Field(description="启动仪式日期")
    place: str = Field(description="地点")
    invited: list[UUID] = Field(description="受邀企业编号")
    evidence: list[str] = Field(description="印证资料所存内容的 SHA-256")
    note: str = Field(description="说明")


class CheckedLink(Answer):
    """The latest check of a link."""

    on: date = Field(description="核查日期")
    alive: bool = Field(description="链接是否可以打开")
    words: str = Field(description="核查说明")


class CampaignEntry(Answer):
    """Something that was published."""

    no: int = Field(description="在本方案中的序号,从 1 起")
    channel: Channel = Field(description="渠道")
    channel_label: str = label_of("channel")
    on: date = Field(description="发布日期")
    title: str = Field(description="标题")
    link: str = Field(description="链接;没有的为空文")
    photo: str = Field(description="图片所存内容的 SHA-256;没有的为空文")
    reach: int | None = Field(description="渠道上读到的阅读或播放数,人次;未填的为空")
    check: CheckedLink | None = Field(description="最近一次链接核查;未核查的为空")


class CampaignFile(Answer):
    """A picture or document of a plan."""

    sha256: Digest
    original: Original
    media_type: MediaType
    size: Bytes


class Campaign(Answer):
    """A plan, whole."""

    id: UUID = Field(description="宣传方案编号")
    version: Version
    unit: UnitCode
    line: Line | None = Field(description="单位的网格线;两条线以外的为空")
    title: str = Field(description="标题")
    content: str = Field(description="方案内容")
    starts: date = Field(description="开始日期")
    ends: date = Field(description="结束日期")
    targets: list[str] = Field(description="宣传对象")
    stage: CampaignStage = Field(description="环节")
    stage_label: str = label_of("stage")
    launch: CampaignLaunch | None = Field(description="启动仪式;未举行的为空")
    channels: list[CampaignEntry] = Field(description="各渠道发布记录")
    files: list[CampaignFile] = Field(description="图片与附件")
    link_check: str = Field(description="链接如何核查")
    allowed_actions: Actions


class CampaignReceipt(Receipt, Campaign):
    """A plan after a command."""


class CampaignFileReceipt(CampaignReceipt):
    """A plan after a file came to it."""

    sha256: Digest
    original: Original


class CampaignRow(Answer):
    """A plan in a list."""

    id: UUID = Field(description="宣传方案编号")
    version: Version
    unit: UnitCode
    line: Line | None = Field(description="单位的网格线;两条线以外的为空")
    title: str = Field(description="标题")
    starts: date = Field(description="开始日期")
    ends: date = Field(description="结束日期")
    stage: CampaignStage = Field(description="环节")
    stage_label: str = label_of("stage")
    launched_on: date | None = Field(description="启动仪式日期;未举行的为空")


class ChannelUse(Answer):
    """Something that was published, in a list."""

    campaign: UUID = Field(description="宣传方案编号")
    no: int = Field(description="在该方案中的序号")
    unit: UnitCode
    channel: Channel = Field(description="渠道")
    channel_label: str = label_of("channel")
    on: date = Field(description="发布日期")
    title: str = Field(description="标题")
    link: str = Field(description="链接;没有的为空文")
    photo: str = Field(description="图片所存内容的 SHA-256;没有的为空文")
    reach: int | None = Field(description="渠道上读到的阅读或播放数,人次;未填的为空")
    alive: bool | None = Field(description="链接最近一次核查是否可以打开;未核查的为空")


class ChannelCount(Answer):
    """How often a channel was used."""

    channel: Channel = Field(description="渠道")
    label: str = Field(description="渠道的中文名称")
    n: int = Field(description="发布次数")
    reach: int | None = Field(description="阅读或播放数合计,人次;无人填写的为空")
    links: int = Field(description="有链接的次数")
    alive: int = Field(description="链接核查为可以打开的次数")
    dead: int = Field(description="链接核查为不能打开的次数")
    unchecked: int = Field(description="链接尚未核查的次数")


class ChannelCounts(Page[ChannelCount]):
    """Every channel, also those that were not used; ``total`` is how often all of them were."""

    total: int = Field(description="发布次数合计")
    unit: str | None = Field(description="所问单位编码;未指明的为空")
    month: str | None = Field(description="所问月份;未指明的为空")
    link_check: str = Field(description="链接如何核查")


async def found(service: Service, id_: UUID, caller: Actor) -> tuple[int, There]:
    """Version and state of a plan, if the caller may see it."""
    version, text = await kept(service, "campaign", id_)
    state = STATES.read(text)
    may_see(caller, state.told.unit)
    return version, state


def campaign(id_: UUID, version: int, state: There, caller: Actor) -> Campaign:
    """A plan as it stands, with what the caller may do next."""
    running = isinstance(state, Running)
    checks = {item.no: item.model_dump(exclude={"no"}) for item in state.checks} if running else {}
    return Campaign(
        id=id_,
        version=version,
        **state.told.model_dump(),
        stage=state.stage,
        launch=CampaignLaunch(**state.launch.model_dump()) if running and state.launch else None,
        channels=[
            CampaignEntry(**item.model_dump(), check=CheckedLink(**checks[item.no]) if item.no in checks else None)
            for item in (state.log if running else ())
        ],
        files=[CampaignFile(**item.model_dump()) for item in (state.files if running else ())],
        link_check=_CHECKING,
        allowed_actions=allowed_actions(state, caller),
    )


async def registered(service: Service, enterprises: Sequence[UUID]) -> frozenset[UUID]:
    """Those of these enterprises that the register has."""
    rows = await service.pool.fetch("select id from known_enterprise where id = any($1::uuid[])", list(enterprises))
    return frozenset(row["id"] for row in rows)


async def campaigns(
    service: Service, caller: Actor, unit: str | None, stage: CampaignStage | None, cursor: str | None, limit: int
) -> Page[CampaignRow]:
    """By unit and stage; a unit sees its own."""
    where, args = filters(unit=unit_of(caller, unit), stage=stage and str(stage))
    page = await listing(
        service.pool,
        table="campaign",
        columns="id, ver as version, unit, line, title, starts, ends, stage, launched_on",
        where=where,
        args=args,
        order=["starts", "id"],
        cursor=cursor,
        limit=limit,
    )
    return Page[CampaignRow].of(page, (CampaignRow(**row) for row in page["items"]))


async def channel_uses(
    service: Service, caller: Actor, unit: str | None, month: str | None, channel: Channel | None, cursor: str | None, limit: int
) -> Page[ChannelUse]:
    """Who published what where, with the latest check of its link."""
    where, args = filters(unit=unit_of(caller, unit), month=month, channel=channel and str(channel))
    page = await listing(
        service.pool,
        table="channel_use",
        columns='campaign, no, unit, channel, on_date as "on", title, link, photo, reach, alive',
        where=where,
        args=args,
        order=["on_date", "campaign", "no"],
        cursor=cursor,
        limit=limit,
    )
    return Page[ChannelUse].of(page, (ChannelUse(**row) for row in page["items"]))


async def channel_counts(service: Service, caller: Actor, unit: str | None, month: str | None) -> ChannelCounts:
    """By channel; links nobody has looked at are counted apart."""
    where, args = filters(unit=unit_of(caller, unit), month=month)
    rows = await service.pool.fetch(
        "select channel, count(*) as n, sum(reach) as reach, count(*) filter (where link <> '') as links, "
        "count(*) filter (where link <> '' and alive) as alive, count(*) filter (where link <> '' and not alive) as dead "
        f"from channel_use where {' and '.join(where) or 'true'} group by channel",
        *args,
    )
    counted = {row["channel"]: row for row in rows}
    items = [_count(channel, counted.get(channel.value)) for channel in Channel]
    return ChannelCounts(
        items=items, next_cursor=None, total=sum(item.n for item in items), unit=unit, month=month, link_check=_CHECKING
    )


def _count(channel: Channel, row: Any) -> ChannelCount:
    if row is None:
        return ChannelCount(channel=channel, label=channel.label, n=0, reach=None, links=0, alive=0, dead=0, unchecked=0)
    return ChannelCount(
        channel=channel,
        label=channel.label,
        n=row["n"],
        reach=None if row["reach"] is None else int(row["reach"]),
        links=row["links"],
        alive=row["alive"],
        dead=row["dead"],
        unchecked=row["links"] - row["alive"] - row["dead"],
    )
