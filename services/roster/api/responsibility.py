"""Who is responsible: for any enterprise, on each line, on any day that was or will be; and where nobody is (R01)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Query, Request, Response

from services.roster.api import dated
from services.roster.api import gaps as gaping
from services.roster.api.reading import reach
from services.roster.domain.access import looks_up, the_district
from services.roster.domain.commands import ChooseMainContact
from services.roster.domain.enterprise import ENTERPRISE
from services.roster.projections.sealed import sealed
from shared.asking import Caller, CommandId, Cursor, Expected, Limit, listing, receipt
from shared.entrance import Entrance
from shared.months import WrittenDate, local_date
from shared.openings import Opening
from shared.problems import Malformed, Unknown
from shared.reach import figures_of, sees_district, unit_of
from shared.service import Service
from shared.terms import Line, Role
from shared.vault import Personal

router = APIRouter(tags=["责任与全覆盖"], route_class=Entrance)

EnterpriseId = Annotated[UUID, Path(description="企业编号")]
On = Annotated[WrittenDate | None, Query(description="哪一天;默认今天,可早可晚")]

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


async def _answer(service: Service, sql: str, key: UUID | str, day: date) -> dict[str, Any]:
    """One question to the database; names are opened with keys that are mostly remembered."""
    rows = await service.pool.fetch(sql, key, day)
    if not rows:
        raise Unknown(what="enterprise", id=str(key))
    tokens = [token for row in rows for token in _tokens(row)]
    names = iter(await service.vault.open(tokens, Opening.NAMES))
    lines = {row["line"]: _line(row, names) for row in rows}
    row = rows[0]
    faults = [
        {"line": line, "line_label": Line(line).label, "what": what} for line, held in lines.items() if (what := _fault(held))
    ]
    return {
        "enterprise": row["id"], "code": row["code"], "name": row["name"], "standing": row["standing"], "in_scope": row["in_scope"],
        "on": day, **{str(line): lines[line] for line in Line}, "main_contact": _main(lines, row["main"]),
        "missing": [fault["line_label"] for fault in faults], "faults": faults,
    }  # fmt: skip


def _tokens(row: Mapping[str, Any]) -> Iterator[Personal | None]:
    yield sealed(row["worker_name"])
    for head in orjson.loads(row["heads"] or "[]"):
        yield Personal.read(head["name"]) if head["name"] else None


def _line(row: Mapping[str, Any], names: Iterator[str]) -> dict[str, Any] | None:
    worker = next(names)
    heads = [{**head, "name": next(names)} for head in orjson.loads(row["heads"] or "[]")]
    if row["unit"] is None:
        return None
    named = row["worker"] and {"id": row["worker"], "account": row["account"], "name": worker, "left": not row["there"]}
    return {
        "unit": row["unit"], "unit_name": row["unit_name"], "unit_ended": bool(row["ended"]), "office_phone": row["phone"] or "",
        "sub_unit": row["sub_unit"], "sub_unit_name": row["sub_unit_name"], "worker": named,
        "head": next((head for head in heads if head["role"] == Role.HEAD), None),
        "deputies": [head for head in heads if head["role"] == Role.DEPUTY],
        "standing_in": [head for head in heads if head["acting_for"]],
        "since": row["since"], "until": row["until"], "document": row["document"], "reason": row["reason"],
        "confidence": row["confidence"],
    }  # fmt: skip


def _fault(held: Mapping[str, Any] | None) -> str:
    if held is None:
        return "no_unit"
    if held["unit_ended"]:
        return "unit_ended"
    if held["worker"] is None:
        return "no_worker"
    return "worker_left" if held["worker"]["left"] else ""


def _main(lines: Mapping[str, Any], chosen: str | None) -> dict[str, Any] | None:
    """The worker of the line chosen; while nobody chose, of the first line on which somebody is named: never two, never none."""
    named = [line for line in (*([chosen] if chosen else []), *map(str, Line)) if lines[line] and lines[line]["worker"]]
    if not named:
        return None
    held = lines[named[0]]
    return {
        "line": named[0], "chosen": named[0] == chosen, "unit": held["unit"], "unit_name": held["unit_name"],
        "worker": held["worker"], "office_phone": held["office_phone"],
    }  # fmt: skip


@router.get("/enterprises/{id_}/responsibility", name="get_responsibility", summary="责任查询:任意一天由谁负责")
async def of_enterprise(id_: EnterpriseId, caller: Caller, request: Request, on: On = None) -> dict[str, Any]:
    """Unit, branch or village, worker, head and deputies on each line on the day asked for, under the names of that day.

    ``missing`` names the lines on which nobody answers, ``faults`` says why: no unit, the unit has ended, no worker named,
    or the worker has left. Telephones are those of offices.
    """
    service: Service = request.app.state.service
    looks_up(caller)
    return await _answer(service, _BY_ID, id_, on or local_date(service.clock()))


@router.get("/responsibility", name="find_responsibility", summary="责任查询:按统一社会信用代码")
async def of_code(
    caller: Caller, request: Request, code: Annotated[str, Query(pattern=r"^[0-9A-Za-z]{18}$", description="统一社会信用代码")],
    on: On = None,
) -> dict[str, Any]:  # fmt: skip
    service: Service = request.app.state.service
    looks_up(caller)
    return await _answer(service, _BY_CODE, code.upper(), on or local_date(service.clock()))


@router.post("/enterprises/{id_}/choose-main-contact", name="choose_main_contact", summary="确定主联系人")
async def choose_main_contact(
    id_: EnterpriseId, command: ChooseMainContact, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    service: Service = request.app.state.service
    context = await service.context(caller, id_, None)
    done = await service.desk.handle(ENTERPRISE, id_, command, context, command_id=command_id, expected=expected)
    day = max(command.on, context.today)
    return {
        **await service.shown(ENTERPRISE, id_, done, lambda then: _answer(then, _BY_ID, id_, day)),
        **receipt(service, response, done),
    }


def _window(start: date | None, end: date | None, today: date) -> tuple[date, date]:
    begin, last = start or today, end or max(start or today, today)
    if last < begin:
        raise Malformed(errors=[{"pointer": "/query/to", "code": "order", "title": "截止日期早于起始日期"}])
    return begin, last


From = Annotated[WrittenDate | None, Query(alias="from", description="起始日期,默认今天")]
To = Annotated[WrittenDate | None, Query(description="截止日期(含当日),默认今天")]
UnitQuery = Annotated[str | None, Query(max_length=20, pattern=r"^[0-9A-Za-z-]*$", description="单位编码")]


@router.get("/gaps", name="list_gaps", summary="责任空档:哪些企业在哪段时间无人负责")
async def gaps(
    caller: Caller, request: Request, line: Line | None = None, unit: UnitQuery = None, kind: gaping.Gap | None = None,
    from_: From = None, to: To = None, cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """Intervals in which an enterprise to be served had no unit, a unit that had ended, no worker, or a worker who had left.

    Whole intervals that touch the days asked for; ``until`` is the first day without the gap, ``null`` while it is open.
    """
    service: Service = request.app.state.service
    begin, last = _window(from_, to, local_date(service.clock()))
    unit = unit_of(caller, unit)
    where, args = ["span && daterange($1, $2, '[]')"], [begin, last]
    for column, value in (("line", line), ("unit", unit), ("kind", kind)):
        if value is not None:
            args.append(str(value))  # type: ignore[arg-type]
            where.append(f"{column} = ${len(args)}")
    (await reach(service, caller)).narrowed(where, args, unit="unit = {}")
    page = await listing(
        service.pool, table=gaping.GAPS, columns="enterprise, code, name, line, kind, since, until, unit, worker", where=where,
        args=args, order=["code", "line", "kind", "since"], cursor=cursor, limit=limit,
    )  # fmt: skip
    for item in page["items"]:
        item.update(line_label=Line(item["line"]).label, kind_label=gaping.Gap(item["kind"]).label)
    return {"from": begin, "to": last, **page}


@router.get("/gaps/totals", name="count_gaps", summary="责任空档总数(看板)")
async def totals(caller: Caller, request: Request, unit: UnitQuery = None, on: On = None) -> dict[str, Any]:
    """How many enterprises are to be served on a day, how many have somebody on both lines, and the gaps by line and kind."""
    service: Service = request.app.state.service
    day = on or local_date(service.clock())
    unit = figures_of(caller, unit)
    rows = await service.pool.fetch(
        f"select line, kind, count(*) as n from {gaping.GAPS} where span @> $1::date and ($2::text is null or unit = $2) "
        "group by line, kind order by line, kind",
        day, unit,
    )  # fmt: skip
    whole: dict[str, Any] = {}
    if sees_district(caller) and unit is None:
        found = await service.pool.fetchrow(
            "select count(*) as in_scope, count(*) filter (where exists (select from assignment a where a.enterprise = s.enterprise "
            "and a.line = 'vertical' and a.since <= $1 and (a.until is null or a.until > $1)) and exists (select from assignment a "
            "where a.enterprise = s.enterprise and a.line = 'horizontal' and a.since <= $1 and (a.until is null or a.until > $1))) "
            "as on_both_lines from scope s where s.since <= $1 and (s.until is null or s.until > $1)",
            day,
        )  # fmt: skip
        whole = dict(found)
    counts = [
        {**dict(row), "line_label": Line(row["line"]).label, "kind_label": gaping.Gap(row["kind"]).label} for row in rows
    ]  # fmt: skip
    return {"on": day, "unit": unit, **whole, "gaps": sum(row["n"] for row in rows), "by_kind": counts}


@router.get("/overlaps", name="list_overlaps", summary="责任重叠:同一人同时由两个单位指定")
async def overlaps(
    caller: Caller, request: Request, from_: From = None, to: To = None, cursor: Cursor = None, limit: Limit = 100
) -> dict[str, Any]:
    """People whom two units name at the same time. Two units for one enterprise and line can't be: the database refuses it."""
    service: Service = request.app.state.service
    the_district(caller)
    begin, last = _window(from_, to, local_date(service.clock()))
    return await listing(
        service.pool, table=gaping.OVERLAPS,
        columns="worker, account, unit, line, enterprises, other_unit, other_line, other_enterprises, since, until",
        where=["span && daterange($1, $2, '[]')"], args=[begin, last], order=["account", "unit", "other_unit", "since"],
        cursor=cursor, limit=limit,
    )  # fmt: skip
