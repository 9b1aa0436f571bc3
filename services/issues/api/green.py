"""绿色通道 (R52): cases, days saved by unit and month, and the sheet."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from services.issues.api.saving import workbook
from services.issues.domain.green import (
    GREEN,
    Case,
    DropGreenCase,
    FinishGreenCase,
    KnownWindow,
    OpenGreenCase,
    Unopened,
    allowed_actions,
)
from services.issues.queries import lookups, opening
from shared.asking import Caller, CommandId, Cursor, ExpectedNeeded, Limit, listing, receipt
from shared.decider import Actor
from shared.directory import units_on
from shared.entrance import Entrance
from shared.eventlog import load
from shared.freetext import opened
from shared.handle import Done
from shared.months import Month, local_date
from shared.problems import Unknown
from shared.reach import Reach, reach_of, unit_of
from shared.service import Service
from shared.sheets import sheet
from shared.terms import derived_id

router = APIRouter(tags=["绿色通道"], route_class=Entrance)

CaseId = Annotated[UUID, Path(description="绿色通道事项的标识(UUIDv7)")]
MonthQuery = Annotated[str | None, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="受理月份")]
UnitQuery = Annotated[str | None, Query(max_length=20, description="单位编码")]
_HEADS = (
    "单位",
    "企业名称",
    "统一社会信用代码",
    "事项",
    "窗口",
    "受理日期",
    "承诺工作日",
    "承诺办结日",
    "办结日期",
    "实际工作日",
    "节省工作日",
    "状态",
    "结果",
)
_STAGES = {"open": "办理中", "finished": "已办结", "dropped": "已撤销"}


@router.put("/green-cases/{id_}", name="open_green_case", summary="受理绿色通道事项", status_code=201)
async def open_(id_: CaseId, command: OpenGreenCase, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    service: Service = request.app.state.service
    unit = command.unit or caller.unit
    units = await lookups.units(service, [unit], local_date(service.clock()))
    known = KnownWindow(await opening.called(service, command.enterprise), unit, units)
    context = await service.context(caller, id_, known)
    done = await service.desk.handle(GREEN, id_, command, context, command_id=derived_id("issues", "open-green", str(id_)))
    response.status_code = 200 if done.replayed else 201
    return await _answer(service, id_, done, caller, response)


@router.post("/green-cases/{id_}/finish", name="finish_green_case", summary="办结绿色通道事项(计算节省工作日)")
async def finish(
    id_: CaseId, command: FinishGreenCase, caller: Caller, command_id: CommandId, expected: ExpectedNeeded, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    service: Service = request.app.state.service
    context = await service.context(caller, id_, None)
    done = await service.desk.handle(GREEN, id_, command, context, command_id=command_id, expected=expected)
    return await _answer(service, id_, done, caller, response)


@router.post("/green-cases/{id_}/drop", name="drop_green_case", summary="撤销绿色通道事项(须说明理由)")
async def drop(
    id_: CaseId, command: DropGreenCase, caller: Caller, command_id: CommandId, expected: ExpectedNeeded, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    service: Service = request.app.state.service
    context = await service.context(caller, id_, None)
    done = await service.desk.handle(GREEN, id_, command, context, command_id=command_id, expected=expected)
    return await _answer(service, id_, done, caller, response)


async def _answer(service: Service, id_: UUID, done: Done[Any], caller: Actor, response: Response) -> dict[str, Any]:
    return {**receipt(service, response, done), **await _shown(service, id_, done.state, caller)}


async def _shown(service: Service, id_: UUID, state: Case, caller: Actor) -> dict[str, Any]:
    end = getattr(state, "end", None)
    return {
        "id": id_, "stage": state.STAGE[0], "stage_label": state.STAGE[1], **state.case.model_dump(mode="json", exclude={"by"}),
        "end": end and end.model_dump(mode="json"), "allowed_actions": allowed_actions(state, await service.context(caller, id_)),
    }  # fmt: skip


async def _reach(service: Service, caller: Actor) -> Reach:
    """How far the caller reads: the district's readers all, a unit its own, a worker those of his enterprises and those he opened."""
    return await reach_of(service.pool, caller, local_date(service.clock()))


async def _asked(service: Service, caller: Actor, unit: str | None, month: str | None) -> tuple[list[str], list[Any]]:
    may, unit = await _reach(service, caller), unit_of(caller, unit)
    where, args = ["true"], list[Any]()
    may.narrowed(where, args, unit="unit = {}", mine="opened_by::text = {}")
    if unit is not None and may.own is None:
        args.append(unit)
        where.append(f"unit = ${len(args)}")
    if month is not None:
        at = Month.parse(month)
        args += [at.first_day, at.last_day]
        where.append(f"accepted_on between ${len(args) - 1} and ${len(args)}")
    return where, args


@router.get("/green-cases", name="list_green_cases", summary="绿色通道事项一览")
async def cases(
    caller: Caller, request: Request, unit: UnitQuery = None, month: MonthQuery = None, enterprise: UUID | None = None,
    stage: Literal["open", "finished", "dropped"] | None = None, cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    service: Service = request.app.state.service
    where, args = await _asked(service, caller, unit, month)
    for column, value in (("enterprise", enterprise), ("stage", stage)):
        if value is not None:
            args.append(value)
            where.append(f"{column} = ${len(args)}")
    page = await listing(
        service.pool, table="green_case", columns="*", where=where, args=args, order=["accepted_on", "id"], cursor=cursor,
        limit=limit,
    )  # fmt: skip
    for item in page["items"]:
        item.update(stage_label=_STAGES[item["stage"]], window=item.pop("service_window"), version=item.pop("ver"))
    return page


@router.get("/green-cases/sums", name="sum_green_cases", summary="绿色通道汇总:按单位和月份的件数、节省工作日")
async def sums(caller: Caller, request: Request, unit: UnitQuery = None, month: MonthQuery = None) -> dict[str, Any]:
    """By the month of acceptance. Those that took longer than promised count against the days saved, and are named."""
    service: Service = request.app.state.service
    where, args = await _asked(service, caller, unit, month)
    rows = await service.pool.fetch(
        "select unit, to_char(accepted_on, 'YYYY-MM') as month, count(*) as cases, count(*) filter (where stage = 'finished') "
        "as finished, coalesce(sum(promised) filter (where stage = 'finished'), 0) as promised, coalesce(sum(used), 0) as used, "
        "coalesce(sum(saved), 0) as saved, count(*) filter (where saved < 0) as longer "
        f"from green_case where stage <> 'dropped' and {' and '.join(where)} group by 1, 2 order by 2, 1",
        *args,
    )
    items = [dict(row) for row in rows]
    names = ("cases", "finished", "promised", "used", "saved", "longer")
    return {"items": items, "total": {name: sum(item[name] for item in items) for name in names}}


@router.get("/green-cases/sheet", name="print_green_cases", summary="绿色通道台账(XLSX)", response_class=Response)
async def printed(caller: Caller, request: Request, unit: UnitQuery = None, month: MonthQuery = None) -> Response:
    service: Service = request.app.state.service
    where, args = await _asked(service, caller, unit, month)
    args.append(local_date(service.clock()))
    day = f"${len(args)}"
    rows = await service.pool.fetch(
        f"select g.*, coalesce(u.name, g.unit) as unit_name from (select * from green_case where {' and '.join(where)}) g "
        f"left join {units_on(day)} u on u.code = g.unit order by g.accepted_on, g.id limit 20000",
        *args,
    )
    saved = sum(row["saved"] or 0 for row in rows)
    table = [
        (row["unit_name"], row["enterprise_name"], row["enterprise_code"], row["matter"], row["service_window"],
         row["accepted_on"], row["promised"], row["due"], row["done_on"], row["used"], row["saved"], _STAGES[row["stage"]],
         row["result"])
        for row in rows
    ]  # fmt: skip
    notes = [f"受理月份:{month or '全部'};共{len(table)}件,累计节省{saved}个工作日"]
    table = await opened(service.vault, table)
    return workbook(sheet("绿色通道台账", _HEADS, table, notes=notes), f"green-{month or 'all'}")


@router.get("/green-cases/{id_}", name="get_green_case", summary="一件绿色通道事项")
async def case(id_: CaseId, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    service: Service = request.app.state.service
    entries = await load(service.pool, GREEN.stream(id_))
    state = GREEN.fold(entry.fact for entry in entries)
    if isinstance(state, Unopened):
        raise Unknown(what="green_case", id=str(id_))
    (await _reach(service, caller)).must_cover([state.case.unit], state.case.enterprise.id, [state.case.by])
    response.headers["ETag"] = f'"{len(entries)}"'
    return {"version": len(entries), **await _shown(service, id_, state, caller)}
