"""疑似遗漏: visits that speak of difficulties and brought no demand, and what somebody ruled (R29)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from pydantic import Field

from services.issues.domain.omission import OMISSION, Cleared, Dismissed, Opened, Seen, State, Unsuspected, allowed_actions
from services.issues.queries.heard import HeardSums, OmissionWords, sums
from services.issues.queries.parts import NamedEnterprise
from services.issues.queries.reading import Actions, EnterpriseCode, EnterpriseId, EnterpriseName, UnitCode, Version
from shared.http.answer import Answer, Page, Receipt, label_of
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import Month, local_date
from shared.language.problems import Unknown
from shared.language.reach import Reach, reach_of, unit_of
from shared.language.terms import Category, Mode, Nature, OmissionStage, Urgency
from shared.log.eventlog import load


class OmissionClue(Answer):
    """What in a visit's words points at a demand."""

    field: str = Field(description="所在栏目:difficulties 为困难,suggestions 为建议")
    word: str = Field(description="提示诉求的字词;没有的为空文")
    at: int = Field(description="字词在该栏目中的位置,从 0 起,字")
    why: str = Field(description="判断依据;没有的为空文")


class OmissionRow(Answer):
    """A visit that was pointed at, in a list."""

    visit: UUID = Field(description="走访编号")
    ver: int = Field(description="版本号,从 1 起每办理一次加一;同 ETag")
    unit: UnitCode
    enterprise: EnterpriseId
    enterprise_code: EnterpriseCode
    enterprise_name: EnterpriseName
    visited_on: date = Field(description="走访日期")
    mode: Mode = Field(description="走访方式")
    mode_label: str = label_of("mode")
    stage: OmissionStage = Field(description="裁定状态")
    stage_label: str = label_of("stage")
    clues: list[OmissionClue] = Field(description="疑似有诉求的依据")
    heard: OmissionWords = Field(description="走访所听到的")
    since: date = Field(description="提示日期")
    ticket: UUID | None = Field(description="登记为问题的编号;没有的为空")
    reason: str | None = Field(description="裁定无诉求的理由;其余为空")
    ruled_by: UUID | None = Field(description="裁定人的人员编号;未裁定的为空")


class OmissionCounts(Answer):
    """Of the same unit and month, by state."""

    suspected: int = Field(description="待裁定,次")
    dismissed: int = Field(description="无诉求,次")
    opened: int = Field(description="已转诉求,次")
    cleared: int = Field(description="更正后消除,次")


class Omissions(Page[OmissionRow]):
    """What visits seem to have left out."""

    counts: OmissionCounts = Field(description="各状态的次数")
    heard: HeardSums = Field(description="同一单位、月份走访所听到的合计")


class OmissionRuling(Answer):
    """What somebody found: no demand, or one."""

    reason: str | None = Field(None, description="裁定无诉求的理由;有诉求的为空")
    ticket: UUID | None = Field(None, description="登记为问题的编号;无诉求的为空")
    content: str | None = Field(None, description="诉求内容;无诉求的为空")
    category: Category | None = Field(None, description="类别;无诉求的为空")
    category_label: str | None = label_of("category")
    nature: Nature | None = Field(None, description="性质;无诉求的为空")
    nature_label: str | None = label_of("nature")
    urgency: Urgency | None = Field(None, description="紧急程度;无诉求的为空")
    urgency_label: str | None = label_of("urgency")
    by: UUID = Field(description="裁定人的人员编号")
    on: date = Field(description="裁定日期")


class OmissionClearing(Answer):
    """The corrected visit cleared it."""

    why: str = Field(description="消除的原因")
    told: int = Field(description="据以消除的走访记录版本号")
    on: date = Field(description="消除日期")


class Omission(Answer):
    """One visit, why it was pointed at and what somebody ruled."""

    visit: UUID = Field(description="走访编号")
    version: Version
    href: str = Field(description="走访记录的地址")
    stage: OmissionStage = Field(description="裁定状态")
    stage_label: str = label_of("stage")
    unit: UnitCode
    enterprise: NamedEnterprise = Field(description="企业,走访当日的名称")
    visited_on: date = Field(description="走访日期")
    mode: Mode = Field(description="走访方式")
    mode_label: str = label_of("mode")
    clues: list[OmissionClue] = Field(description="疑似有诉求的依据")
    since: date = Field(description="提示日期")
    heard: OmissionWords = Field(description="走访所听到的")
    ticket: UUID | None = Field(description="登记为问题的编号;没有的为空")
    ruling: OmissionRuling | None = Field(description="裁定;未裁定的为空")
    clearing: OmissionClearing | None = Field(description="更正后消除;其余为空")
    allowed_actions: Actions


class OmissionReceipt(Receipt, Omission):
    """One after a ruling."""


async def _reach(service: Service, caller: Actor) -> Reach:
    """Whose visits the caller may read; neither the hotline nor a caller-back has anything to do with visits."""
    return await reach_of(service.pool, caller, local_date(service.clock()))


async def omissions(
    service: Service,
    caller: Actor,
    *,
    unit: str | None,
    month: str | None,
    stage: OmissionStage,
    cursor: str | None,
    limit: int,
) -> Omissions:
    """The oldest visit first, with what was heard beside."""
    may, unit = await _reach(service, caller), unit_of(caller, unit)
    where, args = ["true"], list[Any]()
    if month is not None:
        at = Month.parse(month)
        args += [at.first_day, at.last_day]
        where.append("visited_on between $1 and $2")
    if unit is not None and may.own is None:
        args.append(unit)
        where.append(f"unit = ${len(args)}")
    may.narrowed(where, args, unit="unit = {}")
    stages = await service.pool.fetch(f"select stage, count(*) as n from omission where {' and '.join(where)} group by 1", *args)
    page = await listing(
        service.pool,
        table="omission",
        columns="*",
        where=[*where, f"stage = ${len(args) + 1}"],
        args=[*args, str(stage)],
        order=["visited_on", "visit"],
        cursor=cursor,
        limit=limit,
    )
    counts = {str(each): 0 for each in OmissionStage} | {row["stage"]: row["n"] for row in stages}
    return Omissions.of(
        page,
        await _rows(service, page["items"]),
        counts=OmissionCounts(**counts),
        heard=await sums(service, may, unit, month),
    )


async def _rows(service: Service, found: Sequence[dict[str, Any]]) -> list[OmissionRow]:
    told = await service.pool.fetch(
        "select visit, content from known_demand where visit = any($1) order by no", [row["visit"] for row in found]
    )
    rows: list[OmissionRow] = []
    for row in found:
        demands = [demand["content"] for demand in told if demand["visit"] == row["visit"]]
        heard = OmissionWords.heard(row.pop("difficulties"), row.pop("suggestions"), demands)
        rows.append(OmissionRow(**{**row, "clues": orjson.loads(row["clues"])}, heard=heard))
    return rows


async def found(service: Service, visit: UUID) -> tuple[int, Seen]:
    """Version and state of one."""
    entries = await load(service.pool, OMISSION.stream(visit))
    state: State = OMISSION.fold(entry.fact for entry in entries)
    if isinstance(state, Unsuspected):
        raise Unknown(what="omission", id=str(visit))
    return len(entries), state


async def readable(service: Service, caller: Actor, visit: UUID) -> Seen:
    """The state of one whose visit the caller may read."""
    _, state = await found(service, visit)
    (await _reach(service, caller)).must_cover([state.found.unit], state.found.enterprise.id)
    return state


async def omission(service: Service, caller: Actor, visit: UUID) -> Omission:
    """One as it stands."""
    return await shown(service, caller, visit, *await found(service, visit))


async def shown(service: Service, caller: Actor, visit: UUID, version: int, state: State) -> Omission:
    """The same, of a state."""
    may = await _reach(service, caller)
    if isinstance(state, Unsuspected):
        raise Unknown(what="omission", id=str(visit))
    told = state.found
    may.must_cover([told.unit], told.enterprise.id)
    return Omission(
        visit=visit,
        version=version,
        href=f"/api/visits/visits/{visit}",
        stage=state.STAGE,
        unit=told.unit,
        enterprise=NamedEnterprise(**told.enterprise.model_dump()),
        visited_on=told.visited_on,
        mode=told.mode,
        clues=[OmissionClue(**clue.model_dump()) for clue in told.clues],
        since=told.on,
        heard=OmissionWords.heard(told.difficulties, told.suggestions),
        ticket=state.ruling.ticket if isinstance(state, Opened) else None,
        ruling=OmissionRuling(**state.ruling.model_dump()) if isinstance(state, Dismissed | Opened) else None,
        clearing=OmissionClearing(**state.clearing.model_dump()) if isinstance(state, Cleared) else None,
        allowed_actions=allowed_actions(state, await service.context(caller, visit)),
    )
