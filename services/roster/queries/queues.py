"""Work queues of the register: what a person must look at, with a suggestion where there is one (R10, R27)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from services.roster.intake.places import Suggestion, suggest_for
from services.roster.queries import dated
from services.roster.queries.parts import OutOfJson
from services.roster.queries.placing import Grid
from shared.http.answer import Answer, Page, Receipt, label_of
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.months import local_date
from shared.language.terms import Line, Standing, SurveyResult, Term


class Queue(Term):
    """The queues of enterprises that ``GET /queues/{name}`` lists."""

    UNPLACED = "unplaced", "地址未匹配乡镇(街道)"
    UNCLASSIFIED = "unclassified", "行业未匹配主管部门"
    DUPLICATES = "duplicates", "疑似重复(名称相同代码不同)"
    LOST = "lost", "失联待核实"
    MOVED = "moved", "迁移待重新划分"
    MISSING = "missing", "失联/疑似注销(不在最近一次完整名单中)"


class OtherQueue(Term):
    """Queues that have an address of their own."""

    ROWS = "rows", "存疑导入行"
    CORRECTIONS = "corrections", "更正待审批"


_SERVED = "exists (select from scope s where s.enterprise = e.id and s.since <= $1 and (s.until is null or s.until > $1))"
_HELD = (
    "(select a.unit from assignment a where a.enterprise = e.id and a.line = '{line}' and a.since <= $1 "
    "and (a.until is null or a.until > $1))"
)
_VERTICAL, _HORIZONTAL = _HELD.format(line="vertical"), _HELD.format(line="horizontal")
_SINCE = "coalesce((select max(a.since) from assignment a where a.enterprise = e.id and a.line = '{line}' and a.since <= $1), '-infinity')"
_TWIN = (
    "(select jsonb_agg(jsonb_build_object('id', t.id, 'code', t.code, 'name', t.name) order by t.code) from enterprise t "
    "where t.name_key = e.name_key and t.id <> e.id)"
)
_STANDING = dated.standing("e", "$1")
_LOST = (
    f"(select max(s.on_date) from survey s where s.enterprise = e.id and s.result = '{SurveyResult.LOST}' and not exists "
    "(select from survey n where n.enterprise = e.id and (n.on_date, n.census) > (s.on_date, s.census)) and not exists "
    "(select from loss l where l.enterprise = e.id and l.on_date >= s.on_date and l.on_date <= $1))"
)
_SURVIVING = ", ".join(f"'{standing}'" for standing in Standing if standing.survives)
_WHERE: dict[Queue, str] = {
    Queue.UNPLACED: f"{_SERVED} and {_HORIZONTAL} is null",
    Queue.UNCLASSIFIED: f"{_SERVED} and {_VERTICAL} is null",
    Queue.DUPLICATES: f"{_SERVED} and exists (select from enterprise t where t.name_key = e.name_key and t.id <> e.id)",
    Queue.LOST: f"{_SERVED} and {_LOST} is not null",
    Queue.MISSING: f"e.missed_on <= $1 and {_STANDING} in ({_SURVIVING})",
    Queue.MOVED: f"{_SERVED} and (e.address_on > {_SINCE.format(line='horizontal')} or e.industry_on > {_SINCE.format(line='vertical')})",
}
_WHERE_IT_IS = (
    "address, particulars ->> 'business_address' as business_address, particulars ->> 'registrar' as registrar, "
    "coalesce(particulars ->> 'elsewhere', '') as elsewhere"
)
_COLUMNS = f"e.id, e.code, e.name, {_STANDING} as standing, e.industry, {_WHERE_IT_IS}"
_MORE: dict[Queue, str] = {
    Queue.DUPLICATES: f", {_TWIN} as twins",
    Queue.LOST: f", {_LOST} as lost_on",
    Queue.MISSING: ", e.missed_on, e.missed_batch",
    Queue.MOVED: f", {_VERTICAL} as vertical, {_HORIZONTAL} as horizontal, e.address_on, e.industry_on",
}


class QueueCount(Answer):
    """How much waits in a queue."""

    queue: Queue | OtherQueue = Field(description="队列")
    label: str = Field(description="队列的中文名称")
    count: int = Field(description="待办数量,件")


class QueueCounts(Answer):
    """How much waits in each queue."""

    on: date = Field(description="按哪一天统计")
    items: list[QueueCount] = Field(description="各队列")


class UnassignedRow(Answer):
    """An enterprise that no unit answers for on a line."""

    id: UUID = Field(description="企业编号")
    code: str = Field(description="统一社会信用代码")
    name: str = Field(description="企业名称")
    standing: Standing = Field(description="登记状态")
    standing_label: str = label_of("standing")
    industry: str = Field(description="行业代码;未登记的为空文本")
    address: str = Field(description="住所;未登记的为空文本")


class SuggestedPlace(Answer):
    """Where an address leads to."""

    unit: str | None = Field(description="建议的乡镇(街道)编码;没有建议的为空")
    sub_unit: str | None = Field(description="建议的村(社区)编码;没有的为空")
    confidence: int = Field(description="把握程度,0 至 100")
    because: str = Field(description="理由")
    sure: bool = Field(description="是否无须人工核对")


class Twin(Answer):
    """Another enterprise of the same name."""

    id: UUID = Field(description="企业编号")
    code: str = Field(description="统一社会信用代码")
    name: str = Field(description="企业名称")


class WaitingEnterprise(UnassignedRow):
    """An enterprise in a queue; what is no matter of this queue is empty."""

    business_address: str | None = Field(description="经营场所;未登记的为空")
    registrar: str | None = Field(description="登记机关;未登记的为空")
    elsewhere: str = Field(description="登记数据所称的外地地点;没有的为空文本")
    suggestion: SuggestedPlace | None = Field(None, description="按地址的建议(地址未匹配、迁移)")
    department: str | None = Field(None, description="按行业对应的主管部门编码(行业未匹配、迁移);没有对应的为空")
    twins: Annotated[list[Twin] | None, OutOfJson] = Field(None, description="同名的其他企业(疑似重复)")
    lost_on: date | None = Field(None, description="哪一天调查失联(失联待核实)")
    missed_on: date | None = Field(None, description="自哪一天起不在完整名单中(失联/疑似注销)")
    missed_batch: str | None = Field(None, description="不在哪一批完整名单中(失联/疑似注销)")
    vertical: str | None = Field(None, description="纵向网格现负责单位(迁移);没有的为空")
    horizontal: str | None = Field(None, description="横向网格现负责单位(迁移);没有的为空")
    address_on: date | None = Field(None, description="地址变更日期(迁移);没有变更的为空")
    industry_on: date | None = Field(None, description="行业变更日期(迁移);没有变更的为空")


class QueuePage(Page[WaitingEnterprise]):
    """A page of a queue."""

    queue: Queue = Field(description="队列")
    label: str = Field(description="队列的中文名称")


class PlaceReceipt(Receipt):
    """Where an enterprise was placed; or, with ``proposal``, where somebody proposes to place it."""

    id: UUID = Field(description="企业编号")
    unit: str = Field(description="乡镇(街道)编码")
    sub_unit: str | None = Field(description="村(社区)编码;没有的为空")
    reason: str = Field(description="所记的事由")
    proposal: UUID | None = Field(description="待另一人确认的调整编号;已经生效的为空")


class FoundReceipt(Receipt):
    """A person said that the enterprise is there."""

    id: UUID = Field(description="企业编号")


async def counts(service: Service) -> QueueCounts:
    """How much waits in each queue today."""
    day = local_date(service.clock())
    found: dict[Queue | OtherQueue, int] = {
        name: await service.pool.fetchval(f"select count(*) from enterprise e where {where}", day)
        for name, where in _WHERE.items()
    }
    found[OtherQueue.ROWS] = await service.pool.fetchval("select count(*) from row where ruling is null")
    found[OtherQueue.CORRECTIONS] = await service.pool.fetchval("select count(*) from correction where stage = 'proposed'")
    items = [QueueCount(queue=name, label=name.label, count=count) for name, count in found.items()]
    return QueueCounts(on=day, items=items)


async def unassigned(service: Service, line: Line, cursor: str | None, limit: int) -> Page[UnassignedRow]:
    """Surviving enterprises that no unit answers for on this line: addresses or industries that could not be matched."""
    page = await listing(
        service.pool,
        table=f"{dated.register('$1')} enterprise",
        columns="id, code, name, standing, industry, address",
        where=[
            f"standing in ({_SURVIVING})",
            "not managed_elsewhere",
            "registered_on <= $1",
            "not exists (select from assignment a where a.enterprise = id and a.line = $2 and a.since <= $1 "
            "and (a.until is null or a.until > $1))",
        ],
        args=[local_date(service.clock()), str(line)],
        order=["code"],
        cursor=cursor,
        limit=limit,
    )
    return Page[UnassignedRow].of(page, (UnassignedRow(**item) for item in page["items"]))


async def queue(service: Service, name: Queue, cursor: str | None, limit: int) -> QueuePage:
    """Enterprises that wait, by code, each with what this queue has to say of it."""
    page = await listing(
        service.pool,
        table="enterprise e",
        columns=_COLUMNS + _MORE.get(name, ""),
        where=[_WHERE[name]],
        args=[local_date(service.clock())],
        order=["e.code"],
        cursor=cursor,
        limit=limit,
    )
    grid = await Grid.of(service)
    return QueuePage.of(page, (_waiting(name, item, grid) for item in page["items"]), queue=name, label=name.label)


def _waiting(name: Queue, item: dict[str, Any], grid: Grid) -> WaitingEnterprise:
    more: dict[str, Any] = {}
    if name in (Queue.UNPLACED, Queue.MOVED):
        found = _place(item, grid)
        more["suggestion"] = SuggestedPlace(
            unit=found.township, sub_unit=found.village, confidence=found.confidence, because=found.because, sure=found.sure
        )
    if name in (Queue.UNCLASSIFIED, Queue.MOVED):
        more["department"] = grid.departments.get(item["industry"])
    return WaitingEnterprise(**item, **more)


def _place(item: Any, grid: Grid) -> Suggestion:
    return suggest_for(
        item["business_address"], item["address"], grid.names, elsewhere=item["elsewhere"], registrar=item["registrar"] or ""
    )


async def suggested(service: Service, enterprise: UUID) -> Suggestion | None:
    """Where the address of an enterprise leads to; ``None`` if there is no such enterprise."""
    item = await service.pool.fetchrow(f"select {_WHERE_IT_IS} from enterprise where id = $1", enterprise)
    return None if item is None else _place(item, await Grid.of(service))
