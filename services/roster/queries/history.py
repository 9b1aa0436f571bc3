"""The history of responsibility: who answered for what, from when to when, by which document (R04)."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from services.roster.projections.sealed import sealed
from services.roster.queries.reading import answering, reach
from shared.http.answer import Answer, Page, label_of
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.openings import Opening
from shared.language.problems import Malformed
from shared.language.reach import unit_of
from shared.language.terms import Line
from shared.paper.sheets import sheet

_HISTORY = """(
select a.enterprise, e.code, coalesce(en.name, e.name) as enterprise_name, a.line, a.unit, coalesce(un.name, u.first_name) as unit_name,
    a.sub_unit, coalesce(sn.name, s.first_name) as sub_unit_name, a.worker, w.account, w.name as worker_name, a.since, a.until, a.reason, a.document,
    a.confidence
from assignment a join enterprise e on e.id = a.enterprise join unit u on u.code = a.unit
left join unit s on s.code = a.sub_unit
left join unit_name sn on sn.code = a.sub_unit and sn.since <= a.since and (sn.until is null or sn.until > a.since)
left join unit_name un on un.code = a.unit and un.since <= a.since and (un.until is null or un.until > a.since)
left join enterprise_name en on en.enterprise = e.id and en.since <= a.since and (en.until is null or en.until > a.since)
left join lateral (select p.account, p.name from post p where p.member = a.worker order by p.number desc limit 1) w on true
) history"""
_COLUMNS = (
    "统一社会信用代码",
    "企业名称",
    "网格线",
    "单位",
    "分支机构/村(社区)",
    "责任人",
    "起",
    "止",
    "依据文号",
    "事由",
)
_MOST = 20_000


class AssignmentThen(Answer):
    """An assignment, under the names of its first day."""

    enterprise: UUID = Field(description="企业编号")
    code: str = Field(description="统一社会信用代码")
    enterprise_name: str = Field(description="企业当时的名称")
    line: Line = Field(description="网格线")
    line_label: str = label_of("line")
    unit: str = Field(description="负责单位编码")
    unit_name: str = Field(description="负责单位当时的名称")
    sub_unit: str | None = Field(description="分支机构或村(社区)编码;没有的为空")
    sub_unit_name: str | None = Field(description="分支机构或村(社区)当时的名称;没有的为空")
    worker: UUID | None = Field(description="责任人的人员编号;未落实的为空")
    account: str | None = Field(description="责任人的账号;未落实的为空")
    worker_name: str = Field(description="责任人姓名;未落实的为空文本")
    since: date = Field(description="起始日期")
    until: date | None = Field(description="截止日期(不含当日);仍在负责的为空")
    reason: str = Field(description="事由")
    document: str = Field(description="依据文号")
    confidence: int | None = Field(description="按建议自动落实时的把握程度,0 至 100;人工落实的为空")


async def _asked(service: Service, caller: Actor, unit: str | None, enterprise: UUID | None) -> tuple[list[str], list[Any]]:
    """Of one enterprise that is the caller's to see; else of a unit, or of all for who sees the district."""
    where: list[str] = ["true"]
    args: list[Any] = []
    may = await reach(service, caller)
    if enterprise is not None:
        may.must_cover(await answering(service, enterprise), enterprise)
        args.append(enterprise)
        where.append("enterprise = $1")
    else:
        may.narrowed(where, args, unit="unit = {}")
    if unit is not None:
        args.append(unit_of(caller, unit))
        where.append(f"unit = ${len(args)}")
    return where, args


async def history(
    service: Service, caller: Actor, unit: str | None, enterprise: UUID | None, cursor: str | None, limit: int
) -> Page[AssignmentThen]:
    """Each assignment with the person, the days and the document it rests on."""
    where, args = await _asked(service, caller, unit, enterprise)
    page = await listing(
        service.pool,
        table=_HISTORY,
        columns="*",
        where=where,
        args=args,
        order=["code", "line", "since"],
        cursor=cursor,
        limit=limit,
    )
    names = await service.vault.open([sealed(item["worker_name"]) for item in page["items"]], Opening.NAMES)
    rows = (AssignmentThen.model_validate({**item, "worker_name": name}) for item, name in zip(page["items"], names, strict=True))
    return Page[AssignmentThen].of(page, rows)


async def workbook(service: Service, caller: Actor, unit: str | None, enterprise: UUID | None) -> bytes:
    """The same to print."""
    where, args = await _asked(service, caller, unit, enterprise)
    rows = await service.pool.fetch(
        f"select * from {_HISTORY} where {' and '.join(where)} order by code, line, since limit {_MOST + 1}", *args
    )
    if len(rows) > _MOST:
        raise Malformed(errors=[{"pointer": "/query/unit", "code": "too_many", "title": "记录过多,请按单位或企业导出"}])
    names = await service.vault.open([sealed(row["worker_name"]) for row in rows], Opening.NAMES)
    lines = [
        (
            row["code"],
            row["enterprise_name"],
            Line(row["line"]),
            row["unit_name"],
            row["sub_unit_name"],
            name or "未落实",
            row["since"],
            row["until"],
            row["document"],
            row["reason"],
        )
        for row, name in zip(rows, names, strict=True)
    ]
    return sheet("责任沿革表", _COLUMNS, lines, notes=[f"共 {len(lines)} 条"], widths=(20, 26, 6, 18, 16, 10, 11, 11, 18, 24))
