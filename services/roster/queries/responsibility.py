"""Who is responsible: for any enterprise, on each line, on any day that was or will be (R01)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Literal
from uuid import UUID

import orjson
from pydantic import Field

from services.roster.projections.sealed import sealed
from services.roster.queries import dated
from shared.http.answer import Answer, Receipt, label_of
from shared.http.service import Service
from shared.language.openings import Opening
from shared.language.personal import Personal
from shared.language.problems import Unknown
from shared.language.terms import Line, Role, Standing

_QUESTION = f"""
select e.id, e.code, e.standing, e.name, m.line as main,
    exists (select from scope s where s.enterprise = e.id and s.since <= $2 and (s.until is null or s.until > $2)) as in_scope,
    l.line, a.unit, u.name as unit_name, u.ended <= $2 as ended, a.sub_unit,
    s.name as sub_unit_name, a.worker, w.account, w.name as worker_name, coalesce(w.there, false) as there,
    a.since, a.until, a.document, a.reason, a.confidence, h.heads, f.phone
from {dated.register("$2")} e
cross join (values ('vertical'), ('horizontal')) l(line)
left join main_contact m on m.enterprise = e.id and m.since <= $2 and (m.until is null or m.until > $2)
left join assignment a on a.enterprise = e.id and a.line = l.line and a.since <= $2 and (a.until is null or a.until > $2)
left join {dated.units("$2")} u on u.code = a.unit
left join {dated.units("$2")} s on s.code = a.sub_unit
left join lateral (
    select p.account, p.name, bool_or(p.unit = a.unit and p.since <= $2 and (p.until is null or p.until > $2)) as there
    from post p where p.member = a.worker group by p.account, p.name) w on true
left join lateral (
    select jsonb_agg(jsonb_build_object('id', p.member, 'account', p.account, 'name', p.name, 'role', p.role, 'post', p.post,
        'acting_for', p.acting_for) order by p.role, p.acting_for nulls first, p.since, p.account) as heads
    from post p where p.unit = a.unit and p.role in ('head', 'deputy')
        and p.since <= $2 and (p.until is null or p.until > $2)) h on true
left join lateral (select v.entries ->> a.unit as phone from {dated.table("'phones'", "$2")} v) f on true
where {{which}} = $1
"""
_BY_ID, _BY_CODE = _QUESTION.format(which="e.id"), _QUESTION.format(which="e.code")


class Named(Answer):
    """The worker who is named."""

    id: UUID = Field(description="人员编号")
    account: str | None = Field(description="账号;从未任职的为空")
    name: str = Field(description="姓名")
    left: bool = Field(description="该日是否已不在该单位任职")


class Leader(Answer):
    """A head or a deputy of the unit."""

    id: UUID = Field(description="人员编号")
    account: str = Field(description="账号")
    name: str = Field(description="姓名")
    role: Role = Field(description="角色")
    post: str = Field(description="岗位名称")
    acting_for: str | None = Field(description="临时代理谁(账号);不是代理的为空")


class Held(Answer):
    """Who answers on a line."""

    unit: str = Field(description="单位编码")
    unit_name: str = Field(description="单位该日的名称")
    unit_ended: bool = Field(description="单位该日是否已经撤销")
    office_phone: str = Field(description="单位办公电话;没有的为空文本")
    sub_unit: str | None = Field(description="分支机构或村(社区)编码;没有的为空")
    sub_unit_name: str | None = Field(description="分支机构或村(社区)该日的名称;没有的为空")
    worker: Named | None = Field(description="网格员;未落实的为空")
    head: Leader | None = Field(description="网格长;空缺的为空")
    deputies: list[Leader] = Field(description="副网格长")
    standing_in: list[Leader] = Field(description="临时代理网格长、副网格长的人")
    since: date = Field(description="自哪一天起由其负责")
    until: date | None = Field(description="到哪一天为止(不含当日);未定的为空")
    document: str = Field(description="依据文号")
    reason: str = Field(description="事由")
    confidence: int | None = Field(description="按建议自动落实时的把握程度,0 至 100;人工落实的为空")


class MainContact(Answer):
    """Whom the enterprise turns to first."""

    line: Line = Field(description="所在网格线")
    chosen: bool = Field(description="是否已指定;未指定的按顺序取第一个有人负责的网格线")
    unit: str = Field(description="单位编码")
    unit_name: str = Field(description="单位名称")
    worker: Named = Field(description="网格员")
    office_phone: str = Field(description="单位办公电话;没有的为空文本")


class Fault(Answer):
    """Why nobody answers on a line."""

    line: Line = Field(description="网格线")
    line_label: str = label_of("line")
    what: Literal["no_unit", "unit_ended", "no_worker", "worker_left"] = Field(
        description="no_unit 未落实单位,unit_ended 单位已撤销,no_worker 未落实网格员,worker_left 网格员已离任"
    )


class Responsibility(Answer):
    """Who answers for an enterprise on a day."""

    enterprise: UUID = Field(description="企业编号")
    code: str = Field(description="统一社会信用代码")
    name: str = Field(description="企业该日的名称")
    standing: Standing = Field(description="该日的登记状态")
    in_scope: bool = Field(description="该日是否在服务范围")
    on: date = Field(description="查询的是哪一天")
    vertical: Held | None = Field(description="纵向网格(部门)由谁负责;无人的为空")
    horizontal: Held | None = Field(description="横向网格(乡镇、街道)由谁负责;无人的为空")
    main_contact: MainContact | None = Field(description="主联系人;无人的为空")
    missing: list[str] = Field(description="无人负责的网格线,中文名称")
    faults: list[Fault] = Field(description="无人负责的网格线及原因")


class ResponsibilityReceipt(Receipt, Responsibility):
    """A main contact that was chosen, and who answers then."""


async def by_id(service: Service, id_: UUID, day: date) -> Responsibility:
    """By the enterprise's id."""
    return await _answer(service, _BY_ID, id_, day)


async def by_code(service: Service, code: str, day: date) -> Responsibility:
    """By its credit code."""
    return await _answer(service, _BY_CODE, code, day)


async def _answer(service: Service, sql: str, key: UUID | str, day: date) -> Responsibility:
    """One question to the database; names are opened with keys that are mostly remembered."""
    rows = await service.pool.fetch(sql, key, day)
    if not rows:
        raise Unknown(what="enterprise", id=str(key))
    tokens = [token for row in rows for token in _tokens(row)]
    names = iter(await service.vault.open(tokens, Opening.NAMES))
    lines = {Line(row["line"]): _line(row, names) for row in rows}
    row = rows[0]
    faults = [Fault(line=line, what=what) for line, held in lines.items() if (what := _fault(held))]
    return Responsibility(
        enterprise=row["id"],
        code=row["code"],
        name=row["name"],
        standing=row["standing"],
        in_scope=row["in_scope"],
        on=day,
        vertical=lines[Line.VERTICAL],
        horizontal=lines[Line.HORIZONTAL],
        main_contact=_main(lines, row["main"]),
        missing=[fault.line.label for fault in faults],
        faults=faults,
    )


def _tokens(row: Mapping[str, Any]) -> Iterator[Personal | None]:
    yield sealed(row["worker_name"])
    for head in orjson.loads(row["heads"] or "[]"):
        yield Personal.read(head["name"]) if head["name"] else None


def _line(row: Mapping[str, Any], names: Iterator[str]) -> Held | None:
    worker = next(names)
    heads = [Leader.model_validate({**head, "name": next(names)}) for head in orjson.loads(row["heads"] or "[]")]
    if row["unit"] is None:
        return None
    named = Named(id=row["worker"], account=row["account"], name=worker, left=not row["there"]) if row["worker"] else None
    return Held(
        unit=row["unit"],
        unit_name=row["unit_name"],
        unit_ended=bool(row["ended"]),
        office_phone=row["phone"] or "",
        sub_unit=row["sub_unit"],
        sub_unit_name=row["sub_unit_name"],
        worker=named,
        head=next((head for head in heads if head.role is Role.HEAD), None),
        deputies=[head for head in heads if head.role is Role.DEPUTY],
        standing_in=[head for head in heads if head.acting_for],
        since=row["since"],
        until=row["until"],
        document=row["document"],
        reason=row["reason"],
        confidence=row["confidence"],
    )


def _fault(held: Held | None) -> Literal["no_unit", "unit_ended", "no_worker", "worker_left"] | None:
    if held is None:
        return "no_unit"
    if held.unit_ended:
        return "unit_ended"
    if held.worker is None:
        return "no_worker"
    return "worker_left" if held.worker.left else None


def _main(lines: Mapping[Line, Held | None], chosen: str | None) -> MainContact | None:
    """The worker of the line chosen; while nobody chose, of the first line on which somebody is named: never two, never none."""
    for line in (*([Line(chosen)] if chosen else []), *Line):
        held = lines[line]
        if held is not None and held.worker is not None:
            return MainContact(
                line=line,
                chosen=line == chosen,
                unit=held.unit,
                unit_name=held.unit_name,
                worker=held.worker,
                office_phone=held.office_phone,
            )
    return None
