"""Units on a day, what waits for a second person, what an ended unit left behind, and the papers they issued."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from services.roster.queries import dated
from services.roster.queries.parts import OutOfJson
from shared.http.answer import Answer, Page, Receipt, label_of
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.problems import Unknown
from shared.language.reach import figures_of, unit_of
from shared.language.terms import Line, PaperKind, UnitKind

_FILING = [str(UnitKind.DEPARTMENT), str(UnitKind.TOWNSHIP)]


class UnitRow(Answer):
    """A unit in a list, as it is on a day."""

    code: str = Field(description="单位编码")
    name: str = Field(description="该日的名称")
    kind: UnitKind = Field(description="单位类型")
    parent: str | None = Field(description="该日的上级单位编码;没有的为空")
    line: Line | None = Field(description="网格线;不在网格线上的为空")
    since: date = Field(description="设立日期")
    ended: date | None = Field(description="撤销日期:自该日起不再存在;没有撤销的为空")
    predecessors: Annotated[list[str], OutOfJson] = Field(description="由哪些单位析出或合并而来(编码)")
    successors: Annotated[list[str], OutOfJson] = Field(description="撤销后由哪些单位承接(编码)")


class ProposedEnd(Answer):
    """An end that waits for a second person."""

    id: UUID = Field(description="提议编号")
    on: date = Field(description="拟撤销日期")
    successors: Annotated[list[str], OutOfJson] = Field(description="拟由哪些单位承接(编码)")
    document: str = Field(description="依据文号")
    by: UUID = Field(description="提议人的人员编号")
    proposed_on: date = Field(description="提议日期")


class Unit(UnitRow):
    """A unit, as it is on a day."""

    duty: str = Field(description="单位职责;尚未写明的为空文本")
    version: int = Field(description="版本号,同 ETag")
    proposal: UUID | None = Field(description="待确认的撤销提议编号;没有的为空")
    proposed_end: ProposedEnd | None = Field(description="待确认的撤销提议;没有的为空")


class UnitReceipt(Receipt, Unit):
    """A command, and the unit after it. With 202 an end was proposed, and ``proposal`` waits for another person."""


class Leftover(Answer):
    """An enterprise whose assignment still names the unit."""

    id: UUID = Field(description="企业编号")
    code: str = Field(description="统一社会信用代码")
    name: str = Field(description="企业名称")
    line: Line = Field(description="网格线")
    unit: str = Field(description="单位编码")
    sub_unit: str | None = Field(description="分支机构或村(社区)编码;没有的为空")
    worker: UUID | None = Field(description="网格员的人员编号;未落实的为空")
    since: date = Field(description="自哪一天起由其负责")


class Leftovers(Page[Leftover]):
    """What an ended unit left behind."""

    posts: int = Field(description="仍在该单位任职的岗位,个")
    ended: date | None = Field(description="撤销日期;没有撤销的为空")
    successors: list[str] = Field(description="承接单位的编码")


class PaperRow(Answer):
    """A paper of a unit."""

    document: UUID = Field(description="文件编号")
    unit: str = Field(description="单位编码")
    kind: PaperKind = Field(description="文件类型")
    kind_label: str = label_of("kind")
    number: str = Field(description="文号")
    title: str = Field(description="标题")
    issued: date = Field(description="印发日期")
    expires: date | None = Field(description="失效日期;长期有效的为空")
    members: Annotated[list[UUID], OutOfJson] = Field(description="文件所列人员的编号")
    expired: bool = Field(description="是否已经失效")


class LackingRow(Answer):
    """A unit that lacks papers."""

    code: str = Field(description="单位编码")
    name: str = Field(description="单位名称")
    kind: UnitKind = Field(description="单位类型")
    missing: list[PaperKind] = Field(description="缺少的文件类型")
    missing_labels: list[str] = Field(description="缺少的文件类型的中文名称")


class LackingPage(Page[LackingRow]):
    """Units that lack papers on a day."""

    on: date = Field(description="按哪一天核查")


async def units(
    service: Service, kind: UnitKind | None, parent: str | None, on: date | None, cursor: str | None, limit: int
) -> Page[UnitRow]:
    """Units standing on a day, as they were called and under which they stood on that day."""
    where = ["since <= $1", "(ended is null or ended > $1)"]
    args: list[Any] = [on or local_date(service.clock())]
    for column, value in (("kind", kind), ("parent", parent)):
        if value is not None:
            args.append(str(value))
            where.append(f"{column} = ${len(args)}")
    page = await listing(
        service.pool,
        table=f"{dated.units('$1')} unit",
        columns="code, name, kind, parent, line, since, ended, predecessors, successors",
        where=where,
        args=args,
        order=["code"],
        cursor=cursor,
        limit=limit,
    )
    return Page[UnitRow].of(page, (UnitRow(**item) for item in page["items"]))


async def unit(service: Service, code: str, on: date | None = None) -> Unit:
    """As it is called, and under which it stands, on a day."""
    row = await service.pool.fetchrow(
        "select code, name, kind, parent, line, since, ended, duty, predecessors, successors, ver as version "
        f"from {dated.units('$1')} unit where code = $2",
        on or local_date(service.clock()),
        code,
    )
    if row is None:
        raise Unknown(what="unit", id=code)
    waits = await service.pool.fetchrow(
        "select id, on_date as on, successors, document, by, proposed_on from unit_ending where code = $1", code
    )
    proposed = ProposedEnd(**waits) if waits else None
    return Unit(**row, proposal=proposed and proposed.id, proposed_end=proposed)


async def leftovers(service: Service, caller: Actor, code: str, cursor: str | None, limit: int) -> Leftovers:
    """The enterprises whose assignment still names the unit; ``posts`` counts the posts still held in it."""
    figures_of(caller, code)
    found = await unit(service, code)
    day = local_date(service.clock())
    page = await listing(
        service.pool,
        table="enterprise e join assignment a on a.enterprise = e.id",
        columns="e.id, e.code, e.name, a.line, a.unit, a.sub_unit, a.worker, a.since",
        where=["(a.unit = $1 or a.sub_unit = $1)", "(a.until is null or a.until > $2)"],
        args=[code, day],
        order=["e.code", "a.line"],
        cursor=cursor,
        limit=limit,
    )
    posts = await service.pool.fetchval(
        "select count(*) from post where (unit = $1 or sub_unit = $1) and since <= $2 and (until is null or until > $2)",
        code,
        day,
    )
    rows = (Leftover(**item) for item in page["items"])
    return Leftovers.of(page, rows, posts=posts, ended=found.ended, successors=found.successors)


async def papers(
    service: Service,
    caller: Actor,
    unit: str | None,
    kind: PaperKind | None,
    expiring: int | None,
    cursor: str | None,
    limit: int,
) -> Page[PaperRow]:
    """Those in force, of a unit, of a kind, or those that expire within so many days."""
    today = local_date(service.clock())
    where: list[str] = ["withdrawn_on is null"]
    args: list[Any] = []
    for column, value in (("unit", unit_of(caller, unit)), ("kind", kind and str(kind))):
        if value is not None:
            args.append(value)
            where.append(f"{column} = ${len(args)}")
    if expiring is not None:
        args += [today, today + timedelta(days=expiring)]
        where.append(f"expires between ${len(args) - 1} and ${len(args)}")
    page = await listing(
        service.pool,
        table="unit_paper",
        columns="document, unit, kind, number, title, issued, expires, members",
        where=where,
        args=args,
        order=["unit", "kind", "issued", "document"],
        cursor=cursor,
        limit=limit,
    )
    rows = (PaperRow(**item, expired=item["expires"] is not None and item["expires"] < today) for item in page["items"])
    return Page[PaperRow].of(page, rows)


async def lacking(service: Service, caller: Actor, on: date | None, cursor: str | None, limit: int) -> LackingPage:
    """Departments and townships that lack one of the three, or whose one has expired."""
    whose = unit_of(caller)
    day = on or local_date(service.clock())
    page = await listing(
        service.pool,
        table="(select u.code, u.name, u.kind, array(select k from unnest($2::text[]) k where not exists (select from unit_paper p "
        "where p.unit = u.code and p.kind = k and p.issued <= $1 and (p.expires is null or p.expires >= $1) "
        "and (p.withdrawn_on is null or p.withdrawn_on > $1))) as missing "
        f"from {dated.units('$1')} u where u.kind = any($3::text[]) and u.since <= $1 and (u.ended is null or u.ended > $1)) lacking",
        columns="code, name, kind, missing",
        where=["missing <> '{}'", "coalesce(code = $4, true)"],
        args=[day, [str(kind) for kind in PaperKind], _FILING, whose],
        order=["code"],
        cursor=cursor,
        limit=limit,
    )
    rows = (LackingRow(**item, missing_labels=[PaperKind(kind).label for kind in item["missing"]]) for item in page["items"])
    return LackingPage.of(page, rows, on=day)
