"""绿色通道 (R52): cases, days saved by unit and month, and the sheet."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from services.issues.domain.green import GREEN, Case, Opened, Unopened, allowed_actions
from services.issues.queries.parts import Deadline, NamedEnterprise
from services.issues.queries.reading import Actions, EnterpriseCode, EnterpriseId, EnterpriseName, MemberId, UnitCode, Version
from shared.http.answer import Answer, Page, Receipt, label_of
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.freetext import opened
from shared.language.months import Month, local_date
from shared.language.problems import Unknown
from shared.language.reach import Reach, reach_of, unit_of
from shared.language.terms import GreenStage
from shared.log.directory import units_on
from shared.log.eventlog import load
from shared.paper.sheets import sheet

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
_MOST = 20_000
_SUMS = """
select unit, to_char(accepted_on, 'YYYY-MM') as month, count(*) as cases, count(*) filter (where stage = 'finished') as finished,
    coalesce(sum(promised) filter (where stage = 'finished'), 0) as promised, coalesce(sum(used), 0) as used,
    coalesce(sum(saved), 0) as saved, count(*) filter (where saved < 0) as longer
from green_case where stage <> 'dropped' and {} group by 1, 2 order by 2, 1
"""


class CaseEnd(Answer):
    """How it ended."""

    done_on: date | None = Field(None, description="办结日期;撤销的为空")
    result: str | None = Field(None, description="办理结果;没有的为空文,撤销的为空")
    used: int | None = Field(None, description="实际工作日,天;撤销的为空")
    saved: int | None = Field(None, description="节省工作日,天,超过承诺的为负数;撤销的为空")
    calendar: str | None = Field(None, description="工作日历的版本;撤销的为空")
    reason: str | None = Field(None, description="撤销的理由;办结的为空")
    by: MemberId
    on: date = Field(description="登记日期")


class GreenCase(Answer):
    """A matter of an enterprise, taken at a window."""

    id: UUID = Field(description="事项编号")
    version: Version
    stage: GreenStage = Field(description="事项状态")
    stage_label: str = label_of("stage")
    enterprise: NamedEnterprise = Field(description="企业")
    unit: UnitCode
    matter: str = Field(description="事项")
    window: str = Field(description="窗口")
    promised: int = Field(description="承诺办结工作日,天")
    accepted_on: date = Field(description="受理日期")
    due: Deadline = Field(description="承诺办结日及推算")
    on: date = Field(description="登记日期")
    end: CaseEnd | None = Field(description="办结或撤销;办理中的为空")
    allowed_actions: Actions


class GreenCaseReceipt(Receipt, GreenCase):
    """A matter after a command."""


class GreenCaseRow(Answer):
    """A matter in a list."""

    id: UUID = Field(description="事项编号")
    version: Version
    stage: GreenStage = Field(description="事项状态")
    stage_label: str = label_of("stage")
    unit: UnitCode
    enterprise: EnterpriseId
    enterprise_code: EnterpriseCode
    enterprise_name: EnterpriseName
    matter: str = Field(description="事项")
    window: str = Field(description="窗口")
    promised: int = Field(description="承诺办结工作日,天")
    accepted_on: date = Field(description="受理日期")
    due: date = Field(description="承诺办结日")
    done_on: date | None = Field(description="办结日期;未办结的为空")
    result: str | None = Field(description="办理结果;未办结的为空")
    used: int | None = Field(description="实际工作日,天;未办结的为空")
    saved: int | None = Field(description="节省工作日,天,超过承诺的为负数;未办结的为空")
    opened_by: MemberId


class GreenFigures(Answer):
    """What the green channel came to."""

    cases: int = Field(description="受理,件(不含撤销)")
    finished: int = Field(description="已办结,件")
    promised: int = Field(description="已办结各件的承诺工作日合计,天")
    used: int = Field(description="已办结各件的实际工作日合计,天")
    saved: int = Field(description="节省工作日合计,天;超过承诺的以负数计入")
    longer: int = Field(description="超过承诺工作日的,件")


class GreenSum(GreenFigures):
    """Of a unit in a month of acceptance."""

    unit: UnitCode
    month: str = Field(description="受理月份 YYYY-MM")


class GreenSums(Answer):
    """By unit and month."""

    items: list[GreenSum] = Field(description="各单位各月份,按月份、单位编码")
    total: GreenFigures = Field(description="合计")


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


async def cases(
    service: Service,
    caller: Actor,
    *,
    unit: str | None,
    month: str | None,
    enterprise: UUID | None,
    stage: GreenStage | None,
    cursor: str | None,
    limit: int,
) -> Page[GreenCaseRow]:
    """In the order of their acceptance."""
    where, args = await _asked(service, caller, unit, month)
    for column, value in (("enterprise", enterprise), ("stage", stage and str(stage))):
        if value is not None:
            args.append(value)
            where.append(f"{column} = ${len(args)}")
    page = await listing(
        service.pool,
        table="green_case",
        columns="id, ver as version, stage, unit, enterprise, enterprise_code, enterprise_name, matter, "
        'service_window as "window", promised, accepted_on, due, done_on, result, used, saved, opened_by',
        where=where,
        args=args,
        order=["accepted_on", "id"],
        cursor=cursor,
        limit=limit,
    )
    return Page[GreenCaseRow].of(page, (GreenCaseRow(**row) for row in page["items"]))


async def sums(service: Service, caller: Actor, unit: str | None, month: str | None) -> GreenSums:
    """By the month of acceptance. Those that took longer than promised count against the days saved, and are named."""
    where, args = await _asked(service, caller, unit, month)
    rows = await service.pool.fetch(_SUMS.format(" and ".join(where)), *args)
    items = [GreenSum(**dict(row)) for row in rows]
    total = {name: sum(getattr(item, name) for item in items) for name in GreenFigures.model_fields}
    return GreenSums(items=items, total=GreenFigures(**total))


async def workbook(service: Service, caller: Actor, unit: str | None, month: str | None) -> bytes:
    """The sheet, under the names of today."""
    where, args = await _asked(service, caller, unit, month)
    args.append(local_date(service.clock()))
    rows = await service.pool.fetch(
        f"select g.*, coalesce(u.name, g.unit) as unit_name from (select * from green_case where {' and '.join(where)}) g "
        f"left join {units_on(f'${len(args)}')} u on u.code = g.unit order by g.accepted_on, g.id limit {_MOST}",
        *args,
    )
    saved = sum(row["saved"] or 0 for row in rows)
    table = [
        (
            row["unit_name"],
            row["enterprise_name"],
            row["enterprise_code"],
            row["matter"],
            row["service_window"],
            row["accepted_on"],
            row["promised"],
            row["due"],
            row["done_on"],
            row["used"],
            row["saved"],
            GreenStage(row["stage"]).label,
            row["result"],
        )
        for row in rows
    ]
    notes = [f"受理月份:{month or '全部'};共{len(table)}件,累计节省{saved}个工作日"]
    return sheet("绿色通道台账", _HEADS, await opened(service.vault, table), notes=notes)


async def case(service: Service, caller: Actor, id_: UUID) -> GreenCase:
    """One as it stands."""
    entries = await load(service.pool, GREEN.stream(id_))
    state = GREEN.fold(entry.fact for entry in entries)
    if isinstance(state, Unopened):
        raise Unknown(what="green_case", id=str(id_))
    (await _reach(service, caller)).must_cover([state.case.unit], state.case.enterprise.id, [state.case.by])
    return await shown(service, id_, len(entries), state, caller)


async def shown(service: Service, id_: UUID, version: int, state: Case, caller: Actor) -> GreenCase:
    """The same, of a state."""
    end = None if isinstance(state, Opened) else CaseEnd(**state.end.model_dump())
    return GreenCase(
        id=id_,
        version=version,
        stage=state.STAGE,
        **state.case.model_dump(exclude={"by"}),
        end=end,
        allowed_actions=allowed_actions(state, await service.context(caller, id_)),
    )
