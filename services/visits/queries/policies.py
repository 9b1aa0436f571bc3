"""The policy library, what it suggests for an enterprise, and the rules of visiting."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import orjson
from pydantic import Field

from services.visits.domain.policy import may_publish, reasons
from services.visits.domain.switches import KEY, MOST_CONTACTS, Switches
from services.visits.domain.visit.counting import ANSWERED_PERCENT, CONNECTED_SECONDS, NOTE_CHARACTERS, RULE
from services.visits.queries import lookups
from services.visits.queries.reading import Actions, UnitCode, Version
from shared.events.visits import PolicyPublished
from shared.http.answer import Answer, Page, Receipt
from shared.http.paging import listing
from shared.http.service import Service
from shared.language import writing
from shared.language.decider import Actor
from shared.language.known import KnownEnterprise
from shared.language.months import local_date
from shared.language.problems import Problem, Unknown
from shared.language.terms import Mode, Size

_SUGGESTED = 30


class Policy(Answer):
    """A policy, whole."""

    id: UUID = Field(description="政策编号")
    version: Version
    unit: UnitCode
    title: str = Field(description="标题")
    text: str = Field(description="正文;只有网址的为空文")
    url: str = Field(description="网址;没有的为空文")
    document: str = Field(description="文号;没有的为空文")
    industries: list[str] = Field(description="适用行业(GB/T 4754 大类);不限的为空表")
    sizes: list[Size] = Field(description="适用企业规模;不限的为空表")
    tags: list[str] = Field(description="适用企业标签;不限的为空表")
    since: date = Field(description="生效日期")
    until: date | None = Field(description="失效日期;长期有效的为空")
    retired: bool = Field(description="是否已停用")
    reason: str = Field(description="停用原因;未停用的为空文")
    allowed_actions: Actions


class PolicyReceipt(Receipt, Policy):
    """A policy after a command."""


class PolicyRow(Answer):
    """A policy in a list."""

    id: UUID = Field(description="政策编号")
    version: Version
    unit: UnitCode
    title: str = Field(description="标题")
    document: str = Field(description="文号;没有的为空文")
    since: date = Field(description="生效日期")
    until: date | None = Field(description="失效日期;长期有效的为空")
    retired: bool = Field(description="是否已停用")


class SuggestedPolicy(Answer):
    """A policy for an enterprise, and why."""

    id: UUID = Field(description="政策编号")
    title: str = Field(description="标题")
    document: str = Field(description="文号;没有的为空文")
    url: str = Field(description="网址;没有的为空文")
    reasons: list[str] = Field(description="适合的理由")


class Suggestions(Answer):
    """A proposal: whoever visits chooses."""

    on: date = Field(description="按哪一天")
    items: list[SuggestedPolicy] = Field(description="适合的政策,最贴切的在前,最多 30 条")


class ModeRule(Answer):
    """What a mode needs to count."""

    mode: Mode = Field(description="走访方式")
    label: str = Field(description="走访方式的中文名称")
    needs: list[str] = Field(description="必备条件")
    any_of: list[str] = Field(description="印证资料,有其一即可")


class VisitingRules(Answer):
    """What each mode needs to count (``ledgers.md`` §5), the switches, and why they are set."""

    rule: str = Field(description="计数规则的版本")
    version: int = Field(description="开关的版本号;从未调整的为 0")
    modes: list[ModeRule] = Field(description="各走访方式的规则")
    onsite_photo_required: bool = Field(description="实地走访是否须有现场图片")
    photos_since: date | None = Field(description="自哪天起须有现场图片;未要求的为空")
    necessity: str = Field(description="要求现场图片的必要性说明;未要求的为空文")
    most_contacts: int = Field(description="每家企业每月联系次数上限,次")


class SwitchesReceipt(Receipt):
    """The switches after a command."""

    photos_since: date | None = Field(description="自哪天起须有现场图片;未要求的为空")
    necessity: str = Field(description="要求现场图片的必要性说明;未要求的为空文")
    most_contacts: int = Field(description="每家企业每月联系次数上限,次")


def policy(id_: UUID, version: int, fact: PolicyPublished, reason: str | None, caller: Actor) -> Policy:
    """A policy as it stands, with what the caller may do next; ``reason`` is why it was retired."""
    may = reason is None
    try:
        may_publish(fact.unit, caller)
    except Problem:
        may = False
    return Policy(
        id=id_,
        version=version,
        **fact.model_dump(),
        retired=reason is not None,
        reason=reason or "",
        allowed_actions=["publish", "retire"] if may else [],
    )


async def found(service: Service, id_: UUID, caller: Actor) -> Policy:
    """A policy of the library."""
    row = await service.pool.fetchrow("select ver, content, retired, reason from policy where id = $1", id_)
    if row is None:
        raise Unknown(what="policy", id=str(id_))
    fact = PolicyPublished.model_validate(orjson.loads(row["content"]))
    return policy(id_, row["ver"], fact, row["reason"] if row["retired"] else None, caller)


async def policies(
    service: Service, q: str | None, retired: bool | None, on: date | None, cursor: str | None, limit: int
) -> Page[PolicyRow]:
    """The whole library; ``on`` asks for those in force that day."""
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
    page = await listing(
        service.pool,
        table="policy",
        columns="id, ver as version, unit, title, document, since, until, retired",
        where=where,
        args=args,
        order=["since", "id"],
        cursor=cursor,
        limit=limit,
    )
    return Page[PolicyRow].of(page, (PolicyRow(**row) for row in page["items"]))


async def suggestions(service: Service, id_: UUID, on: date | None, caller: Actor) -> Suggestions:
    """For an enterprise that is the caller's to serve."""
    day = on or local_date(service.clock())
    enterprise = await lookups.served(service, id_, day, caller)
    return Suggestions(on=day, items=await suggested(service, enterprise, day))


async def suggested(service: Service, enterprise: KnownEnterprise, on: date) -> list[SuggestedPolicy]:
    """The policies for this enterprise on that day with their reasons, the most particular first."""
    rows = await service.pool.fetch(
        "select id, content from policy where not retired and since <= $1 and (until is null or until >= $1) order by id", on
    )
    told = [(row["id"], PolicyPublished.model_validate(orjson.loads(row["content"]))) for row in rows]
    matched = [(id_, fact, why) for id_, fact in told if (why := reasons(fact, enterprise, on))]
    matched.sort(key=_particular, reverse=True)
    return [
        SuggestedPolicy(id=id_, title=fact.title, document=fact.document, url=fact.url, reasons=list(why))
        for id_, fact, why in matched[:_SUGGESTED]
    ]


def _particular(item: tuple[UUID, PolicyPublished, tuple[str, ...]]) -> int:
    fact = item[1]
    return sum(map(bool, (fact.industries, fact.sizes, fact.tags)))


async def most_contacts(service: Service) -> int:
    """How many contacts a month an enterprise is asked to bear."""
    return await service.pool.fetchval("select most_contacts from switches where id = $1", KEY) or MOST_CONTACTS


async def visiting_rules(service: Service) -> VisitingRules:
    """As they stand now."""
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
    return VisitingRules(
        rule=RULE,
        version=row["ver"] if row else 0,
        modes=[ModeRule(mode=mode, label=mode.label, needs=needs, any_of=proofs) for mode, (needs, proofs) in asked.items()],
        onsite_photo_required=state.photos_since is not None,
        photos_since=state.photos_since,
        necessity=state.necessity,
        most_contacts=state.most_contacts,
    )
