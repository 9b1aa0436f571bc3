"""The tables an office keeps: in force on a day, version by version; and whom a table of industries would move."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import orjson
from pydantic import Field

from services.roster.domain.access import the_district
from services.roster.domain.mapping import LOAD_LIMIT, KnownMapping, MapIndustries, NotADepartment, TableUnpublished
from services.roster.queries import lookups
from services.roster.queries.parts import OutOfJson
from shared.http.answer import Answer, Page, Receipt
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.problems import Unknown
from shared.language.terms import Line, Term

_WOULD = """(
select e.id as enterprise, e.code, e.name, e.industry, a.unit as "from", m.unit as "to",
    case when m.unit is null then 'unmapped' when a.unit is null then 'moved' when a.unit = m.unit then 'unchanged'
        when p.confidence is null then 'kept' else 'moved' end as what
from scope s join enterprise e on e.id = s.enterprise
left join lateral (
    select coalesce($1::jsonb ->> e.industry, $1::jsonb ->> left(e.industry, 2)) as unit) m on true
left join assignment a on a.enterprise = e.id and a.line = 'vertical' and a.since <= $2 and (a.until is null or a.until > $2)
left join lateral (
    select b.confidence from assignment b where b.enterprise = e.id and b.line = 'vertical' and b.since <= $2
        and b.since > coalesce((select max(c.since) from assignment c where c.enterprise = e.id and c.line = 'vertical'
            and c.since <= $2 and c.unit <> a.unit), '-infinity'::date)
    order by b.since, b.enterprise limit 1) p on true
where s.since <= $2 and (s.until is null or s.until > $2)
) would"""


class Table(Term):
    """The tables, as addresses name them."""

    INDUSTRIES = "industries", "行业归口"
    PLACES = "places", "地址词"
    PHONES = "phones", "办公电话"
    LIMITS = "limits", "包保上限"


class TableReceipt(Receipt):
    """A version that was published."""

    entries: int = Field(description="该版本的条目数")


class TableVersion(Answer):
    """A version of a table."""

    version: int = Field(description="版本号,从 1 起;尚未发布的为 0")
    entries: Annotated[dict[str, str], OutOfJson] = Field(
        description="行业归口:行业代码→部门编码;地址词:词→单位编码;办公电话:单位编码→电话;包保上限:limit→户数"
    )
    since: date | None = Field(description="生效日期;尚未发布的为空")
    note: str = Field(description="备注")


class TableChange(Answer):
    """A version, and what it changed against the one before."""

    version: int = Field(description="版本号,从 1 起")
    since: date = Field(description="生效日期")
    note: str = Field(description="备注")
    entries: int = Field(description="该版本的条目数")
    changed: dict[str, list[str | None]] = Field(description="增加、修改、删除的条目:由什么改为什么,没有的为空")


class TableVersions(Answer):
    """Every version of a table."""

    name: Table = Field(description="对照表:industries 行业归口,places 地址词,phones 办公电话,limits 包保上限")
    items: list[TableChange] = Field(description="历次版本,从早到晚")


class WouldCounts(Answer):
    """How many a table of industries would move."""

    moved: int = Field(description="将调整的企业,户")
    unchanged: int = Field(description="不变的企业,户")
    kept: int = Field(description="由人工指定、保持不变的企业,户")
    unmapped: int = Field(description="行业不在表中的企业,户")


class Flow(Answer):
    """From one department to another."""

    from_: str | None = Field(alias="from", description="原部门编码;未落实的为空")
    to: str = Field(description="调整后的部门编码")
    enterprises: int = Field(description="企业,户")


class WouldMove(Answer):
    """An enterprise that would be moved."""

    enterprise: UUID = Field(description="企业编号")
    code: str = Field(description="统一社会信用代码")
    name: str = Field(description="企业名称")
    industry: str = Field(description="行业代码(GB/T 4754)")
    from_: str | None = Field(alias="from", description="原部门编码;未落实的为空")
    to: str = Field(description="调整后的部门编码")


class WouldPage(Page[WouldMove]):
    """Whom a table would move from its day on."""

    on: date = Field(description="自哪一天起")
    counts: WouldCounts = Field(description="各有多少户")
    flows: list[Flow] = Field(description="部门之间的流向")


async def known(service: Service, codes: Iterable[str]) -> KnownMapping:
    """Of the units that a table names: which there are, and what those are that answer on a line."""
    wanted = list(codes)
    lines = await lookups.lines(service.pool, wanted)
    there = await service.pool.fetch("select code from unit where code = any($1::text[])", wanted)
    return KnownMapping(lines, {row["code"] for row in there})


async def table(service: Service, name: Table, version: int | None, on: date | None) -> TableVersion:
    """The version in force on a day, today when none is named; or the version asked for, whenever it begins."""
    row = await service.pool.fetchrow(
        "select version, entries, since, note from mapping_version where name = $1 and ($2::int is null or version = $2) "
        "and ($2::int is not null or since <= $3) order by since desc, version desc limit 1",
        str(name),
        version,
        on or local_date(service.clock()),
    )
    if row is not None:
        return TableVersion(**row)
    if version is not None:
        raise Unknown(what="mapping", name=str(name), version=version)
    return TableVersion(version=0, entries={"limit": str(LOAD_LIMIT)} if name is Table.LIMITS else {}, since=None, note="")


async def versions(service: Service, name: Table) -> TableVersions:
    """Every version, with the entries it added, changed or dropped against the one before."""
    rows = await service.pool.fetch(
        "select version, since, note, entries from mapping_version where name = $1 order by version", str(name)
    )
    items: list[TableChange] = []
    before: dict[str, str] = {}
    for row in rows:
        now: dict[str, str] = orjson.loads(row["entries"])
        changed = {
            key: [before.get(key), now.get(key)] for key in sorted(now.keys() | before.keys()) if now.get(key) != before.get(key)
        }
        items.append(TableChange(version=row["version"], since=row["since"], note=row["note"], entries=len(now), changed=changed))
        before = now
    return TableVersions(name=name, items=items)


async def in_force(service: Service, version: int | None) -> tuple[int, dict[str, str], date, UUID | None]:
    """The table of industries in force today, or this version if its day has come: its number, its entries, its day, and who published it."""
    row = await service.pool.fetchrow(
        "select version, entries, since, published_by from mapping_version where name = 'industries' and since <= $1 "
        "and ($2::int is null or version = $2) order by since desc, version desc limit 1",
        local_date(service.clock()),
        version,
    )
    if row is None:
        raise TableUnpublished(version=version)
    return row["version"], orjson.loads(row["entries"]), row["since"], row["published_by"]


async def preview(service: Service, caller: Actor, command: MapIndustries, cursor: str | None, limit: int) -> WouldPage:
    """The counts, the flows between departments, and whom it would move, by page."""
    the_district(caller)
    lines = await lookups.lines(service.pool, command.entries.values())
    if wrong := sorted({unit for unit in command.entries.values() if lines.get(unit) != (Line.VERTICAL, None)}):
        raise NotADepartment(units=wrong)
    flows = await service.pool.fetch(
        f'select "from", "to", count(*) as enterprises from {_WOULD} where what = \'moved\' group by 1, 2 order by 3 desc, 1, 2',
        _json(command.entries),
        command.on,
    )
    page = await listing(
        service.pool,
        table=_WOULD,
        columns='enterprise, code, name, industry, "from", "to"',
        where=["what = $3"],
        args=[_json(command.entries), command.on, "moved"],
        order=["code"],
        cursor=cursor,
        limit=limit,
    )
    counts = WouldCounts(**await moves(service, command.entries, command.on))
    rows = (WouldMove(**item) for item in page["items"])
    return WouldPage.of(page, rows, on=command.on, counts=counts, flows=[Flow(**row) for row in flows])


async def next_moved(service: Service, entries: Mapping[str, str], day: date, after: str, most: int) -> list[Any]:
    """The next of those whom a table moves on a day, by code."""
    return await service.pool.fetch(
        f"select enterprise, code, industry, \"to\" from {_WOULD} where what = 'moved' and code > $3 order by code limit $4",
        _json(entries),
        day,
        after,
        most,
    )


async def moves(service: Service, entries: Mapping[str, str], day: date) -> dict[str, int]:
    """How many would move, stay, be kept where a person put them, or stand in no row of the table."""
    rows = await service.pool.fetch(f"select what, count(*) as n from {_WOULD} group by what", _json(entries), day)
    found = {row["what"]: row["n"] for row in rows}
    return {what: found.get(what, 0) for what in ("moved", "unchanged", "kept", "unmapped")}


def _json(entries: Mapping[str, str]) -> str:
    return orjson.dumps(entries).decode()
