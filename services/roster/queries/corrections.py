"""Corrections: what was proposed beside what stands in the register now, and what approving one needs."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import orjson
from pydantic import Field

from services.roster.domain.correction import CORRECTION, KnownAnswering, Proposed, may_rule
from services.roster.queries.reading import reach
from shared.events.roster import CorrectionProposed
from shared.http.answer import Answer, Page, Receipt, label_of
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.personal import Personal
from shared.language.problems import Unknown
from shared.language.terms import CorrectionStage, Line
from shared.log.eventlog import load


class CorrectionRow(Answer):
    """A correction in a list."""

    id: UUID = Field(description="更正申请编号")
    version: int = Field(description="版本号,同 ETag")
    enterprise: UUID = Field(description="企业编号")
    unit: str = Field(description="提出的单位编码;由办公室提出的为空文本")
    proposer: UUID = Field(description="提出人的人员编号")
    reason: str = Field(description="更正理由")
    on_date: date = Field(description="提出日期")
    stage: CorrectionStage = Field(description="办理状态")
    stage_label: str = label_of("stage")
    ruled_on: date | None = Field(description="审批日期;尚未审批的为空")
    to_unit: str | None = Field(description="建议改由哪个单位负责(编码);不涉及的为空")


class Compared(Answer):
    """A field: as it stands, and as it is to be. Personal data are masked."""

    register_: str | int | bool | None = Field(alias="register", description="登记库中的内容;没有的为空")
    proposed: str | int | bool | None = Field(description="建议改为的内容")


class Moving(Answer):
    """Another unit that is to answer."""

    line: Line = Field(description="网格线")
    unit: str = Field(description="建议改由哪个单位负责(编码)")
    sub_unit: str | None = Field(description="分支机构或村(社区)编码;没有的为空")


class Correction(Answer):
    """A correction, field by field."""

    id: UUID = Field(description="更正申请编号")
    enterprise: UUID = Field(description="企业编号")
    unit: str = Field(description="提出的单位编码;由办公室提出的为空文本")
    proposer: UUID = Field(description="提出人的人员编号")
    reason: str = Field(description="更正理由")
    on: date = Field(description="提出日期")
    stage: CorrectionStage = Field(description="办理状态")
    stage_label: str = label_of("stage")
    note: str = Field(description="审批意见;尚未审批的为空文本")
    ruled_on: date | None = Field(description="审批日期;尚未审批的为空")
    changes: dict[str, Compared] = Field(description="逐项对照,按项目名称")
    move: Moving | None = Field(description="建议调整的负责单位;不涉及的为空")
    allowed_actions: list[str] = Field(description="当前用户可办理的事项:approve(批准)、reject(不采纳)")
    version: int = Field(description="版本号,同 ETag")


class CorrectionReceipt(Receipt, Correction):
    """A command, and the correction after it."""


async def answering(service: Service, enterprise: UUID) -> KnownAnswering:
    """Who answers for an enterprise today: by unit its branches and villages, and its workers; the enterprise must be there."""
    if not await service.pool.fetchval("select true from enterprise where id = $1", enterprise):
        raise Unknown(what="enterprise", id=str(enterprise))
    held = await service.pool.fetch(
        "select unit, sub_unit, worker from assignment where enterprise = $1 and since <= $2 and (until is null or until > $2)",
        enterprise,
        local_date(service.clock()),
    )
    units: dict[str, set[str | None]] = {}
    workers: dict[str, set[UUID | None]] = {}
    for item in held:
        units.setdefault(item["unit"], set()).add(item["sub_unit"])
        workers.setdefault(item["unit"], set()).add(item["worker"])
    return KnownAnswering(units, workers)


async def proposed(service: Service, id_: UUID) -> CorrectionProposed:
    """What was proposed, as the log has it."""
    for entry in await load(service.pool, CORRECTION.stream(id_)):
        if isinstance(entry.fact, CorrectionProposed):
            return entry.fact
    raise Unknown(what="correction", id=str(id_))


async def corrections(
    service: Service, caller: Actor, stage: CorrectionStage | None, enterprise: UUID | None, cursor: str | None, limit: int
) -> Page[CorrectionRow]:
    """Those of the caller's unit, or his own."""
    where: list[str] = []
    args: list[Any] = []
    (await reach(service, caller)).narrowed(where, args, unit="unit = {}", mine="proposer::text = {}")
    for column, value in (("stage", stage and str(stage)), ("enterprise", enterprise)):
        if value is not None:
            args.append(value)
            where.append(f"{column} = ${len(args)}")
    page = await listing(
        service.pool,
        table="correction",
        columns="id, ver as version, enterprise, unit, proposer, reason, on_date, stage, ruled_on, to_unit",
        where=where,
        args=args,
        order=["on_date", "id"],
        cursor=cursor,
        limit=limit,
    )
    return Page[CorrectionRow].of(page, (CorrectionRow(**item) for item in page["items"]))


async def correction(service: Service, id_: UUID, caller: Actor) -> Correction:
    """What was proposed beside what stands in the register now; personal data masked."""
    may = await reach(service, caller)
    row = await service.pool.fetchrow("select * from correction where id = $1", id_)
    if row is None:
        raise Unknown(what="correction", id=str(id_))
    may.must_cover([row["unit"]], row["enterprise"], [row["proposer"]])
    now = await service.pool.fetchrow("select name, particulars, sealed from enterprise where id = $1", row["enterprise"])
    standing: dict[str, Any] = {**orjson.loads(now["particulars"]), "name": now["name"]}
    wanted: dict[str, Any] = orjson.loads(row["changes"])
    fields = {name: _compared(standing.get(name), value) for name, value in wanted.items()}
    hidden: dict[str, Any] = orjson.loads(row["sealed"])
    before: dict[str, Any] = orjson.loads(now["sealed"])
    tokens = [Personal.read(token) if token else None for name in hidden for token in (before.get(name), hidden[name])]
    texts = iter(await service.vault.masked(tokens))
    fields |= {name: _compared(next(texts), next(texts)) for name in hidden}
    context = await service.context(caller, id_, None)
    ruling = may_rule(Proposed(await proposed(service, id_)), context) and row["stage"] == CorrectionStage.PROPOSED
    move = Moving(line=row["line"], unit=row["to_unit"], sub_unit=row["to_sub_unit"]) if row["to_unit"] else None
    names = ("enterprise", "unit", "proposer", "reason", "stage", "note", "ruled_on")
    told = {name: row[name] for name in names}
    return Correction(
        **told,
        id=id_,
        on=row["on_date"],
        changes=fields,
        move=move,
        allowed_actions=["approve", "reject"] if ruling else [],
        version=row["ver"],
    )


def _compared(before: Any, after: Any) -> Compared:
    return Compared.model_validate({"register": before, "proposed": after})
