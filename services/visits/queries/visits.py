"""Visits in lists: those that are asked for, and those that wait for a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from pydantic import Field

from services.visits.domain.access import TOLD_BY, sees_district
from services.visits.domain.visit.permissions import CALLING
from services.visits.domain.visit.refusals import NotYourCall
from services.visits.domain.visit.states import Recorded
from services.visits.domain.visit.wording import smells_of
from services.visits.projections import STATES
from services.visits.queries import lookups
from services.visits.queries.reading import EnterpriseId, EnterpriseName, MonthText, Version, filters
from services.visits.queries.visit import RaisedFlag, SmellFound
from shared.http.answer import Answer, Page, label_of
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.freetext import opened
from shared.language.months import local_date
from shared.language.problems import Forbidden
from shared.language.reach import reads, unit_of
from shared.language.terms import Line, LinkWay, Mode, Review, Role, VisitFlag

REVIEWING = (Role.DEPUTY, Role.HEAD)
_COLUMNS = (
    'id, ver as version, enterprise, enterprise_name, on_date as "on", month, mode, review, counted, proved, disputed, flags, '
    "words, (select array_agg(u.unit order by u.unit) from visit_unit u where u.visit = visit.id) as units"
)


class VisitRow(Answer):
    """A visit in a list."""

    id: UUID = Field(description="走访编号")
    version: Version
    enterprise: EnterpriseId
    enterprise_name: EnterpriseName
    code: str = Field(description="统一社会信用代码")
    on: date = Field(description="走访日期")
    month: MonthText
    mode: Mode = Field(description="走访方式")
    mode_label: str = label_of("mode")
    review: Review = Field(description="审核状态")
    review_label: str = label_of("review")
    counted: bool = Field(description="是否计数")
    joint: bool = Field(description="是否两条线联合走访")
    late_entry: bool = Field(description="是否补录(走访次日以后登记)")
    demands: int = Field(description="诉求,件")
    files: int = Field(description="印证资料,份")
    flags: list[VisitFlag] = Field(description="需人工查看的提示")
    disputed: bool = Field(description="企业反映无人来访,尚未裁定")
    lines: list[Line | None] = Field(description="走访所属的网格线;两条线以外的为空")
    units: list[str] = Field(description="走访人员的单位编码")


class WaitingVisit(Answer):
    """A visit that waits for a person."""

    id: UUID = Field(description="走访编号")
    version: Version
    enterprise: EnterpriseId
    enterprise_name: EnterpriseName
    on: date = Field(description="走访日期")
    month: MonthText
    mode: Mode = Field(description="走访方式")
    mode_label: str = label_of("mode")
    review: Review = Field(description="审核状态")
    review_label: str = label_of("review")
    counted: bool = Field(description="是否计数")
    proved: bool = Field(description="是否已补证")
    disputed: bool = Field(description="企业反映无人来访,尚未裁定")
    flags: list[RaisedFlag] = Field(description="需人工查看的提示")
    words: str = Field(description="审核意见、退回或作废的理由、待裁定的原因")
    units: list[str] = Field(description="走访人员的单位编码")


class FieldSmell(SmellFound):
    """A word of enforcement with the field it stands in."""

    field: str = Field(description="所在栏目")


class FlaggedVisit(WaitingVisit):
    """A visit that a person should look at, with what was found."""

    smells: list[FieldSmell] = Field(description="疑似检查用语")
    skew_hours: int | None = Field(description="设备时间与收到时间相差,小时;不超过一天的为空")


class HowItCame(Answer):
    """How a word of the enterprise came about."""

    way: LinkWay | None = Field(description="链接如何交给企业;早年未记的为空")
    minutes: int | None = Field(description="交给企业后多久确认的,分钟;不知的为空")
    unit: str | None = Field(description="交出链接者的单位编码;早年未记的为空")
    staff: bool | None = Field(description="所用设备是否登录过工作账号;早年未记的为空")


class UnheardVisit(Answer):
    """A confirmation of which nobody has called yet. No rating."""

    id: UUID = Field(description="走访编号")
    version: Version
    enterprise: EnterpriseId
    enterprise_name: EnterpriseName
    on: date = Field(description="走访日期")
    mode: Mode = Field(description="走访方式")
    mode_label: str = label_of("mode")
    came: HowItCame = Field(description="确认是如何来的")
    units: list[str] = Field(description="走访人员的单位编码")


async def visits(
    service: Service,
    caller: Actor,
    *,
    enterprise: UUID | None,
    unit: str | None,
    month: str | None,
    review: Review | None,
    mode: Mode | None,
    line: Line | None,
    cursor: str | None,
    limit: int,
) -> Page[VisitRow]:
    """Of an enterprise, a unit, a month, a review, a line (a joint visit stands on both); in the order of the day of the
    visit. A unit sees its own.
    """
    may, unit = await lookups.reach(service, caller), unit_of(caller, unit)
    where, args = filters(enterprise=enterprise, month=month, review=review and str(review), mode=mode and str(mode))
    may.narrowed(where, args, unit="id in (select visit from visit_unit where unit = {})", mine=TOLD_BY)
    if unit is not None and may.own is None:
        args.append(unit)
        where.append(f"id in (select visit from visit_unit where unit = ${len(args)})")
    if line is not None:
        args.append(str(line))
        where.append(f"id in (select visit from visit_unit where line = ${len(args)})")
    page = await listing(
        service.pool,
        table="visit",
        columns='id, ver as version, enterprise, enterprise_name, code, on_date as "on", month, mode, review, counted, joint, '
        "late_entry, demands, files, array(select jsonb_array_elements_text(flags)) as flags, disputed, "
        "(select array_agg(distinct u.line order by u.line) from visit_unit u where u.visit = visit.id) as lines, "
        "(select array_agg(u.unit order by u.unit) from visit_unit u where u.visit = visit.id) as units",
        where=where,
        args=args,
        order=["on_date", "id"],
        cursor=cursor,
        limit=limit,
    )
    return Page[VisitRow].of(page, (VisitRow(**row) for row in page["items"]))


async def unheard(service: Service, caller: Actor, cursor: str | None, limit: int) -> Page[UnheardVisit]:
    """For those who call, of units other than their own: which visit, and how its confirmation came about."""
    if not caller.holds(*CALLING):
        raise NotYourCall
    page = await listing(
        service.pool,
        table="visit",
        columns='id, ver as version, enterprise, enterprise_name, on_date as "on", mode, state, '
        "(select array_agg(u.unit order by u.unit) from visit_unit u where u.visit = visit.id) as units",
        where=["flags ? $1", "review <> 'voided'", "id not in (select visit from visit_unit where unit = $2)"],
        args=[str(VisitFlag.UNHEARD), caller.unit],
        order=["on_date", "id"],
        cursor=cursor,
        limit=limit,
    )
    return Page[UnheardVisit].of(page, (UnheardVisit(came=_came(STATES.read(row.pop("state"))), **row) for row in page["items"]))


def _came(state: Recorded) -> HowItCame:
    confirmed = state.details.confirmed
    came = confirmed and confirmed.came
    if came is None:
        return HowItCame(way=None, minutes=None, unit=None, staff=None)
    return HowItCame(way=came.way, minutes=came.minutes, unit=came.unit, staff=came.staff)


async def rulings(service: Service, caller: Actor, cursor: str | None, limit: int) -> Page[WaitingVisit]:
    """Head and deputy see those of enterprises their unit answers for now; the office and the district's readers all."""
    where, args = ["review = 'held'"], list[Any]()
    if not _reviews_district(caller):
        args = [caller.unit, local_date(service.clock())]
        where.append(
            "enterprise in (select enterprise from (select distinct on (enterprise, line) enterprise, unit from known_assignment "
            "where started_on <= $2 and enterprise in (select enterprise from visit where review = 'held') "
            "order by enterprise, line, started_on desc) as now where now.unit = $1)"
        )
    return await _waiting(service, where, args, cursor, limit)


async def flagged(
    service: Service, caller: Actor, flag: VisitFlag | None, review: Review | None, cursor: str | None, limit: int
) -> Page[FlaggedVisit]:
    """With the words that were found and what stands around them. Nothing follows from a flag by itself."""
    where, args = ["flags <> '[]'", "review <> 'voided'"], list[Any]()
    if flag is not None:
        args.append(str(flag))
        where.append(f"flags ? ${len(args)}")
    if review is not None:
        args.append(str(review))
        where.append(f"review = ${len(args)}")
    if not _reviews_district(caller):
        args.append(caller.unit)
        where.append(f"id in (select visit from visit_unit where unit = ${len(args)})")
    page = await _page(service, where, args, cursor, limit)
    states = await service.pool.fetch("select id, state from visit where id = any($1)", [item["id"] for item in page["items"]])
    told = await opened(service.vault, {row["id"]: STATES.read(row["state"]).details.told for row in states})
    items = [
        FlaggedVisit(
            **item,
            skew_hours=told[item["id"]].skew_hours,
            smells=[
                FieldSmell(field=name, **vars(smell)) for name, found in smells_of(told[item["id"]]).items() for smell in found
            ],
        )
        for item in page["items"]
    ]
    return Page[FlaggedVisit].of(page, items)


async def returned(service: Service, caller: Actor, cursor: str | None, limit: int) -> Page[WaitingVisit]:
    """What the caller told and a reviewer sent back, or the enterprise denied; ``words`` says why."""
    reads(caller)
    where = [
        "(review = 'returned' or disputed)",
        "review <> 'voided'",
        "id in (select visit from visit_member where member = $1 and teller)",
    ]
    return await _waiting(service, where, [caller.id], cursor, limit)


async def _waiting(
    service: Service, where: Sequence[str], args: Sequence[Any], cursor: str | None, limit: int
) -> Page[WaitingVisit]:
    page = await _page(service, where, args, cursor, limit)
    return Page[WaitingVisit].of(page, (WaitingVisit(**row) for row in page["items"]))


async def _page(service: Service, where: Sequence[str], args: Sequence[Any], cursor: str | None, limit: int) -> dict[str, Any]:
    page = await listing(
        service.pool, table="visit", columns=_COLUMNS, where=where, args=args, order=["on_date", "id"], cursor=cursor, limit=limit
    )
    for item in page["items"]:
        item["flags"] = [RaisedFlag(flag=flag, label=VisitFlag(flag).label) for flag in orjson.loads(item["flags"])]
    return page


def _reviews_district(caller: Actor) -> bool:
    """Whether the queues of every unit are seen; refuses those who review nothing."""
    if sees_district(caller):
        return True
    if not caller.holds(*REVIEWING):
        raise Forbidden
    return False
