"""The history of responsibility: who answered for what, from when to when, by which document (R04)."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.roster.api.reading import answering, reach
from services.roster.api.team import XLSX
from services.roster.projections.sealed import sealed
from shared.asking import Caller, Cursor, Limit, listing
from shared.entrance import Entrance
from shared.openings import Opening
from shared.problems import Malformed
from shared.reach import unit_of
from shared.service import Service
from shared.sheets import sheet
from shared.terms import Line

router = APIRouter(tags=["责任与全覆盖"], route_class=Entrance)

UnitQuery = Annotated[str | None, Query(max_length=20, description="单位编码")]
EnterpriseQuery = Annotated[UUID | None, Query(description="企业编号")]
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
    "统一社会信用代码", "企业名称", "网格线", "单位", "分支机构/村(社区)", "责任人", "起", "止", "依据文号", "事由",
)  # fmt: skip
_MOST = 20_000


async def _asked(service: Service, caller: Caller, unit: str | None, enterprise: UUID | None) -> tuple[list[str], list[Any]]:
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


@router.get("/responsibility/history", name="list_responsibility_history", summary="责任沿革")
async def history(
    caller: Caller, request: Request, unit: UnitQuery = None, enterprise: EnterpriseQuery = None, cursor: Cursor = None,
    limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """Each assignment with the person, the days and the document it rests on; ``until`` is the first day without it."""
    service: Service = request.app.state.service
    where, args = await _asked(service, caller, unit, enterprise)
    page = await listing(
        service.pool, table=_HISTORY, columns="*", where=where, args=args, order=["code", "line", "since"], cursor=cursor,
        limit=limit,
    )  # fmt: skip
    names = await service.vault.open([sealed(item["worker_name"]) for item in page["items"]], Opening.NAMES)
    for item, name in zip(page["items"], names, strict=True):
        item.update(worker_name=name, line_label=Line(item["line"]).label)
    return page


@router.get(
    "/responsibility/history.xlsx", name="export_responsibility_history", summary="责任沿革表", response_class=Response,
    responses={200: {"content": {XLSX: {}}}},
)  # fmt: skip
async def export(caller: Caller, request: Request, unit: UnitQuery = None, enterprise: EnterpriseQuery = None) -> Response:
    """The same to print: of an enterprise, or of a unit."""
    service: Service = request.app.state.service
    where, args = await _asked(service, caller, unit, enterprise)
    rows = await service.pool.fetch(
        f"select * from {_HISTORY} where {' and '.join(where)} order by code, line, since limit {_MOST + 1}", *args
    )
    if len(rows) > _MOST:
        raise Malformed(errors=[{"pointer": "/query/unit", "code": "too_many", "title": "记录过多,请按单位或企业导出"}])
    names = await service.vault.open([sealed(row["worker_name"]) for row in rows], Opening.NAMES)
    lines = [
        (row["code"], row["enterprise_name"], Line(row["line"]), row["unit_name"], row["sub_unit_name"], name or "未落实",
         row["since"], row["until"], row["document"], row["reason"])
        for row, name in zip(rows, names, strict=True)
    ]  # fmt: skip
    content = sheet("责任沿革表", _COLUMNS, lines, notes=[f"共 {len(lines)} 条"], widths=(20, 26, 6, 18, 16, 10, 11, 11, 18, 24))
    return Response(content, media_type=XLSX, headers={"Content-Disposition": 'attachment; filename="responsibility.xlsx"'})
