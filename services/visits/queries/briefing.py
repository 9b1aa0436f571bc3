"""What helps somebody who is about to visit: last time, who came already, what is for the enterprise; and what has changed."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import Field

from services.visits.domain.briefing import Contact, changes, disturbance, disturbed, preferences
from services.visits.projections import STATES
from services.visits.queries import lookups
from services.visits.queries.disturbing import contacts_of
from services.visits.queries.policies import SuggestedPolicy, most_contacts, suggested
from services.visits.queries.reading import EnterpriseId, EnterpriseName, MemberId, UnitCode
from shared.events.visits import VisitRecorded
from shared.http.answer import Answer, label_of
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.known import KnownEnterprise
from shared.language.months import local_date
from shared.language.reach import unit_of
from shared.language.terms import Awareness, Line, Mode, Operation, Size, Trend

_CHANGED = """
select now.id, now.enterprise, now.enterprise_name, now.on_date, now.state, previous.state as before from (
    select distinct on (enterprise) * from visit where month = $1 and review in ('pending', 'accepted') and not disputed
    and met and ($2::text is null or id in (select visit from visit_unit where unit = $2))
    and ($3::uuid[] is null or enterprise = any($3)) order by enterprise, on_date desc, id desc) now
left join lateral (select state, operation, headcount from visit where enterprise = now.enterprise and not disputed
    and (on_date, id) < (now.on_date, now.id) and review in ('pending', 'accepted') and met
    order by on_date desc, id desc limit 1) as previous on true
where now.operation in ('reduced', 'closed', 'expanding')
or now.operation is distinct from previous.operation
or now.headcount < previous.headcount order by now.on_date, now.id
"""


class BriefedEnterprise(Answer):
    """Who is visited."""

    id: UUID = Field(description="企业编号")
    name: str = Field(description="企业名称")
    code: str = Field(description="统一社会信用代码")
    industry: str = Field(description="行业代码(GB/T 4754);不知的为空文")
    size: Size | None = Field(description="企业规模;不知的为空")
    size_label: str | None = label_of("size")
    tags: list[str] = Field(description="企业标签")


class Came(Answer):
    """Who came."""

    unit: UnitCode
    line: Line | None = Field(description="网格线;两条线以外的为空")
    member: MemberId


class LastTime(Answer):
    """Last time's values, for the form: people masked, since what stays as it was need not be typed again."""

    on: date = Field(description="上次走访日期")
    mode: Mode = Field(description="走访方式")
    operation: Operation = Field(description="生产经营状况")
    operation_label: str = label_of("operation")
    headcount: int | None = Field(description="用工人数,人;未填的为空")
    revenue_trend: Trend = Field(description="营业收入趋势")
    interviewee: str | None = Field(description="受访人姓名,已脱敏;未填的为空")
    phone: str | None = Field(description="受访人电话,已脱敏;未填的为空")
    title: str = Field(description="受访人职务")
    note: str = Field(description="生产经营情况说明")
    difficulties: str = Field(description="企业反映的困难")
    suggestions: str = Field(description="企业提出的建议")
    demands: int = Field(description="诉求,件")
    policies: list[str] = Field(description="宣讲的政策")
    aware: Awareness = Field(description="企业知晓程度(走访人员所记)")
    by: list[Came] = Field(description="走访人员")


class VisitedAlready(Answer):
    """A visit of this month."""

    id: UUID = Field(description="走访编号")
    on: date = Field(description="走访日期")
    mode: Mode = Field(description="走访方式")
    mode_label: str = label_of("mode")
    joint: bool = Field(description="是否两条线联合走访")
    by: list[Came] = Field(description="走访人员")


class Disturbance(Answer):
    """How much the enterprise bears."""

    contacts: int = Field(description="本月已联系,次")
    most: int = Field(description="每月联系次数上限,次")
    advice: list[str] = Field(description="建议")
    warnings: list[str] = Field(description="超限的情形;没有的为空表")


class Briefing(Answer):
    """Before a visit."""

    enterprise: BriefedEnterprise = Field(description="企业")
    on: date = Field(description="拟走访日期")
    last: LastTime | None = Field(description="上次走访;从未走访的为空")
    visited_this_month: list[VisitedAlready] = Field(description="本月已有的走访")
    disturbance: Disturbance = Field(description="打扰指数")
    preferences: list[str] = Field(description="企业希望如何联系")
    policies: list[SuggestedPolicy] = Field(description="适合的政策")


class ChangedEnterprise(Answer):
    """An enterprise that fares otherwise than last time."""

    visit: UUID = Field(description="走访编号")
    enterprise: EnterpriseId
    enterprise_name: EnterpriseName
    on: date = Field(description="走访日期")
    changes: list[str] = Field(description="与上次走访相比的变化")


class ChangedEnterprises(Answer):
    """All of a month, as far as the caller sees them."""

    items: list[ChangedEnterprise] = Field(description="有变化的企业")
    total: int = Field(description="有变化的企业总数,家")


async def briefing(service: Service, id_: UUID, on: date | None, caller: Actor) -> Briefing:
    """For those who answer for the enterprise on either line, and the district's readers."""
    day = on or local_date(service.clock())
    enterprise = await lookups.served(service, id_, day, caller)
    last = await lookups.last_visit(service, id_, day)
    month = f"{day:%Y-%m}"
    rows = await service.pool.fetch(
        "select id, state from visit where enterprise = $1 and month = $2 and review not in ('voided', 'held') "
        "order by on_date, id",
        id_,
        month,
    )
    told = {row["id"]: STATES.read(row["state"]).details.told for row in rows}
    most = await most_contacts(service)
    felt = (await contacts_of(service, [id_], month, month)).get(id_, [])
    index, advice = disturbance([Contact(_lines(visit), visit.on) for visit in told.values()], most)
    return Briefing(
        enterprise=_briefed(id_, enterprise),
        on=day,
        last=await _last_time(service, last),
        visited_this_month=[
            VisitedAlready(id=key, on=visit.on, mode=visit.mode, joint=visit.joint, by=_came(visit))
            for key, visit in told.items()
        ],
        disturbance=Disturbance(contacts=index, most=most, advice=list(advice), warnings=list(disturbed(felt, most, month))),
        preferences=list(preferences(enterprise, day)),
        policies=await suggested(service, enterprise, day),
    )


async def changed(service: Service, caller: Actor, month: str, limit: int) -> ChangedEnterprises:
    """Of the last visit of each enterprise in the month, against the one before. A unit sees the enterprises it visited."""
    may, unit = await lookups.reach(service, caller), unit_of(caller)
    rows = await service.pool.fetch(_CHANGED, month, unit, None if may.own is None else list(may.own))
    found: list[ChangedEnterprise] = []
    for row in rows:
        words = changes(row["before"] and _told(row["before"]), _told(row["state"]))
        if words:
            found.append(
                ChangedEnterprise(
                    visit=row["id"],
                    enterprise=row["enterprise"],
                    enterprise_name=row["enterprise_name"],
                    on=row["on_date"],
                    changes=list(words),
                )
            )
    return ChangedEnterprises(items=found[:limit], total=len(found))


def _told(text: str) -> VisitRecorded:
    return STATES.read(text).details.told


def _lines(told: VisitRecorded) -> frozenset[Line]:
    return frozenset(visitor.line for visitor in told.visitors if visitor.line is not None)


def _came(told: VisitRecorded) -> list[Came]:
    return [Came(unit=who.unit, line=who.line, member=who.member) for who in told.visitors]


def _briefed(id_: UUID, enterprise: KnownEnterprise) -> BriefedEnterprise:
    return BriefedEnterprise(
        id=id_,
        name=enterprise.name,
        code=enterprise.code,
        industry=enterprise.industry,
        size=enterprise.size,
        tags=list(enterprise.tags),
    )


async def _last_time(service: Service, last: VisitRecorded | None) -> LastTime | None:
    if last is None:
        return None
    interviewee, phone = await service.vault.masked([last.interviewee, last.phone])
    return LastTime(
        on=last.on,
        mode=last.mode,
        operation=last.operation,
        headcount=last.headcount,
        revenue_trend=last.revenue_trend,
        interviewee=interviewee,
        phone=phone,
        title=last.title,
        note=last.note,
        difficulties=last.difficulties,
        suggestions=last.suggestions,
        demands=len(last.demands),
        policies=list(last.policies),
        aware=last.aware,
        by=_came(last),
    )
