"""What enterprises said themselves, for those who may know it. Nobody of a visited unit finds an allegation here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal
from uuid import UUID

import orjson
from pydantic import Field

from services.visits.domain.access import ALLEGATIONS, sees_district
from services.visits.queries import lookups
from services.visits.queries.reading import EnterpriseId, EnterpriseName, MonthText
from shared.http.answer import Answer, Page, label_of
from shared.http.paging import listing
from shared.http.public import ticket_of
from shared.http.service import Service
from shared.language import months
from shared.language.anonymity import FEWEST, cells
from shared.language.decider import Actor
from shared.language.openings import Opening
from shared.language.personal import Personal
from shared.language.problems import Forbidden
from shared.language.reach import figures_of
from shared.language.terms import Awareness, Mode, Rating

FeedbackKind = Literal["allegation", "demand"]


class Feedback(Answer):
    """An allegation, or a demand."""

    id: UUID = Field(description="反馈编号")
    kind: FeedbackKind = Field(description="种类:allegation 变味举报,demand 自报诉求")
    enterprise: EnterpriseId
    enterprise_name: EnterpriseName
    on: date = Field(description="反馈日期")
    visit: UUID | None = Field(description="所指走访编号;没有指明的为空")
    unit: str | None = Field(description="承接诉求的单位编码;举报没有,为空")
    ticket: UUID = Field(description="由此而成的问题编号")
    units: list[str] | None = Field(description="所举报走访的单位编码;诉求没有,为空")
    words: str | None = Field(description="举报内容;没有内容的为空文,诉求没有,为空")
    content: str | None = Field(description="诉求内容;举报没有,为空")


class RatingCount(Answer):
    """How often a rating was given."""

    rating: Rating = Field(description="评价")
    label: str = Field(description="评价的中文名称")
    n: int | None = Field(description="次数;被走访单位看不到少于五次的,为空")


class RatedVisit(Answer):
    """A visit with what the enterprise said of it."""

    visit: UUID = Field(description="走访编号")
    on_date: date = Field(description="走访日期")
    month: MonthText
    mode: Mode = Field(description="走访方式")
    mode_label: str = label_of("mode")
    rating: Rating = Field(description="评价")
    rating_label: str = label_of("rating")
    aware: Awareness | None = Field(description="企业自答的知晓程度;未答的为空")


class Ratings(Page[RatedVisit]):
    """What enterprises said of visits. The visited unit sees no single rating and no cell under five (K7)."""

    total: int | None = Field(description="评价总数;由此可推知少于五次的,为空")  # pyright: ignore[reportIncompatibleVariableOverride]  hidden where it would tell.
    counts: list[RatingCount] = Field(description="各评价的次数")
    fewest: int | None = Field(description="少于几次的不向被走访单位显示;看得到全部的为空")
    month: str | None = Field(description="所问月份;未指明的为空")
    note: str | None = Field(description="说明;看得到全部的为空")


async def feedback(service: Service, caller: Actor, kind: FeedbackKind | None, cursor: str | None, limit: int) -> Page[Feedback]:
    """Allegations: the inspectorate alone. Demands: the district's readers, and a unit its own."""
    may = await lookups.reach(service, caller)
    alleging = caller.holds(*ALLEGATIONS)
    if kind == "allegation" and not alleging:
        raise Forbidden(needs=[role.label for role in ALLEGATIONS])
    where: list[str] = []
    args: list[Any] = []
    if kind is not None:
        args.append(kind)
        where.append(f"kind = ${len(args)}")
    if not alleging:
        where.append("kind <> 'allegation'")
    may.narrowed(where, args, unit="unit = {}")
    page = await listing(
        service.pool,
        table="feedback",
        columns='id, kind, enterprise, enterprise_name, on_date as "on", visit, unit, fact',
        where=where,
        args=args,
        order=["on_date", "id"],
        cursor=cursor,
        limit=limit,
    )
    return Page[Feedback].of(page, [await _shown(service, row, alleging=alleging) for row in page["items"]])


async def _shown(service: Service, row: dict[str, Any], *, alleging: bool) -> Feedback:
    fact: dict[str, Any] = orjson.loads(row.pop("fact"))
    if row["kind"] == "demand":
        return Feedback(**row, ticket=ticket_of(row["id"]), units=None, words=None, content=fact["content"])
    sealed = fact.get("words")
    [words] = await service.vault.open([Personal.read(sealed)], Opening.READ) if sealed and alleging else [""]
    return Feedback(**row, ticket=ticket_of(row["id"]), units=fact["units"], words=words, content=None)


async def ratings(
    service: Service, caller: Actor, unit: str | None, month: str | None, cursor: str | None, limit: int
) -> Ratings:
    """How often each was given; no words, nobody's name. ``items`` are the district's readers' alone. A unit asks month by
    month, by default this one: what all months hold less what all others do would be a hidden cell.
    """
    unit, district = figures_of(caller, unit), sees_district(caller)
    if not district:
        month = month or str(months.Month.of(months.local_date(service.clock())))
    where, args = ["rating is not null", "review <> 'voided'"], list[Any]()
    for condition, value in (("month = ${}", month), ("id in (select visit from visit_unit where unit = ${})", unit)):
        if value is not None:
            args.append(value)
            where.append(condition.format(len(args)))
    counted = await service.pool.fetch(f"select rating, count(*) as n from visit where {' and '.join(where)} group by 1", *args)
    counts = {Rating(row["rating"]): row["n"] for row in counted}
    if not district:
        shown, total = cells(counts)
        return Ratings(
            items=[],
            next_cursor=None,
            total=total,
            counts=_counts(shown),
            fewest=FEWEST,
            month=month,
            note=f"企业评价对被走访单位匿名:不显示单条评价,少于{FEWEST}条的不显示",
        )
    page = await listing(
        service.pool,
        table="visit",
        columns="id as visit, on_date, month, mode, rating, confirmed_aware as aware",
        where=where,
        args=args,
        order=["on_date", "id"],
        cursor=cursor,
        limit=limit,
    )
    rows = (RatedVisit(**row) for row in page["items"])
    return Ratings.of(
        page, rows, counts=_counts({term: counts.get(term, 0) for term in Rating}), fewest=None, month=month, note=None
    )


def _counts(counts: Mapping[Rating, int | None]) -> list[RatingCount]:
    return [RatingCount(rating=term, label=term.label, n=counts[term]) for term in Rating]
