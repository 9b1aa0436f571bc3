"""What an enterprise sees through a link of its own or through the plaque at its project; no account, no credit code."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from pydantic import Field

from services.visits.queries.questionnaires import QuestionnaireShown
from services.visits.queries.reading import UnitCode
from shared.events.visits import DemandRaised
from shared.http.answer import Answer, label_of
from shared.http.service import Service
from shared.language.months import local_date
from shared.language.openings import Opening
from shared.language.terms import Line, LinkPurpose, Mode, UnitKind
from shared.log.directory import Directory, units_on

_RECENT = 31
_VISITS = f"""
select id, on_date as "on", mode, confirmed, denied,
    (select array_agg(coalesce(k.name, u.unit) order by u.unit) from visit_unit u
     left join {units_on("visit.on_date")} k on k.code = u.unit where u.visit = visit.id) as units
from visit where enterprise = $1 and review not in ('voided', 'held')
and case when $2::uuid is null then on_date >= $3 else id = $2 end order by on_date desc, id limit 10
"""


class Specialist(Answer):
    """Who serves the enterprise on a line, the main contact marked (方案 五(一), R47)."""

    line: Line = Field(description="网格线")
    line_label: str = label_of("line")
    unit: UnitCode
    unit_name: str = Field(description="单位名称")
    name: str | None = Field(description="服务专员姓名;未落实的为空")
    office_phone: str = Field(description="办公电话;没有的为空文")
    main: bool = Field(description="是否主要联系人")


class RecentVisit(Answer):
    """A visit that waits for the enterprise's word."""

    id: UUID = Field(description="走访编号")
    on: date = Field(description="走访日期")
    mode: Mode = Field(description="走访方式")
    mode_label: str = label_of("mode")
    units: list[str] | None = Field(description="走访单位名称")
    confirmed: bool = Field(description="企业是否已确认")
    denied: bool = Field(description="企业是否已反映无人来访")


class OpenedLink(Answer):
    """What a link opens. Before a device has opened it: only what it is."""

    brand: str = Field(description="服务品牌")
    district: str = Field(description="区名")
    office: str = Field(description="主办单位")
    purpose: LinkPurpose = Field(description="用途")
    purpose_label: str = label_of("purpose")
    plaque: bool = Field(description="是否为项目铭牌")
    expires_on: date | None = Field(description="有效至(含当日);铭牌为空")
    enterprise: str | None = Field(description="企业名称;尚未打开的为空")
    specialists: list[Specialist] = Field(description="服务专员;尚未打开的为空表")
    visits: list[RecentVisit] = Field(description="近期走访,供确认;不能确认的为空表")
    questionnaire: QuestionnaireShown | None = Field(description="问卷;不能答卷的为空")
    allowed_actions: list[str] = Field(description="通过此链接可以办理的操作")


class VisitWord(Answer):
    """The enterprise's word on a visit was taken in."""

    received: bool = Field(description="已收到")
    replayed: bool = Field(description="是否为重复提交")
    visit: UUID = Field(description="走访编号")


class AllegationReceived(Answer):
    """The same however often it is said."""

    received: bool = Field(description="已收到")
    to: str = Field(description="送交的单位名称")
    key: UUID | None = Field(description="查询编号;未自带请求编号(Idempotency-Key)的为空")


class DemandReceived(Answer):
    """A demand becomes one ticket."""

    received: bool = Field(description="已收到")
    replayed: bool = Field(description="是否为重复提交")
    key: UUID = Field(description="查询编号")
    unit: str = Field(description="承接单位名称")


async def of_token(service: Service, token_sha256: str, today: date) -> Any:
    """The link that this token opens today."""
    return await service.pool.fetchrow(
        "select id, enterprise, purpose, visit, poll, visitors, expires_on from link "
        "where token_sha256 = $1 and not revoked and expires_on >= $2",
        token_sha256,
        today,
    )


async def specialists(service: Service, enterprise: UUID, today: date) -> list[Specialist]:
    """Who serves it on each line by name and office telephone."""
    found = await Directory(service.pool).specialists(enterprise, today)
    names = await service.vault.open([item.name for item in found], Opening.NAMES)
    return [
        Specialist(
            line=item.line, unit=item.unit, unit_name=item.unit_name, name=name, office_phone=item.office_phone, main=item.main
        )
        for item, name in zip(found, names, strict=True)
    ]


async def recent_visits(service: Service, enterprise: UUID, visit: UUID | None, today: date) -> list[RecentVisit]:
    """Those of the last month, or the one that the link is for."""
    rows = await service.pool.fetch(_VISITS, enterprise, visit, today - timedelta(days=_RECENT))
    return [RecentVisit(**row) for row in rows]


async def demands_of_today(connection: Any, enterprise: UUID, today: date, besides: UUID) -> dict[UUID, DemandRaised]:
    """Other demands of the enterprise on this day; whoever asks is the only one until his transaction ends."""
    await connection.execute("select pg_advisory_xact_lock(hashtextextended($1, 52050204))", f"demand {enterprise}")
    rows = await connection.fetch(
        "select id, fact from view.feedback where kind = 'demand' and enterprise = $1 and on_date = $2 and id <> $3 order by id",
        enterprise,
        today,
        besides,
    )
    return {row["id"]: DemandRaised.model_validate_json(row["fact"]) for row in rows}


async def inspectorate(service: Service) -> str:
    """What the inspectorate is called today."""
    name = await service.pool.fetchval(
        f"select name from {units_on('$2')} u where kind = $1 and started_on <= $2 and (ended_on is null or ended_on > $2) "
        "order by code limit 1",
        str(UnitKind.INSPECTORATE),
        local_date(service.clock()),
    )
    return name or UnitKind.INSPECTORATE.label


async def carried_out(service: Service, command: UUID) -> bool:
    """Whether this command was carried out before."""
    return bool(await service.pool.fetchval("select true from log.command where id = $1", command))
