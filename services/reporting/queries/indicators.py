"""K1 to K9 of a month (kpi.md) with the way down: which enterprises, tickets, visits, units and events a figure is made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Self
from urllib.parse import urlencode
from uuid import UUID

from pydantic import Field

from services.reporting.archive import Cut
from services.reporting.domain.coverage import Basis, Settings
from services.reporting.domain.histories import Histories
from services.reporting.domain.indicators import (
    HIDDEN,
    OF_FILINGS,
    OF_RATINGS,
    OF_SAMPLE,
    OF_TICKETS,
    Figures,
    Known,
    Kpi,
    Part,
    Value,
    told_of,
)
from services.reporting.queries.filings import owed
from services.reporting.queries.question import Asked, AtCut, CutFields
from shared.http.answer import Answer, Page, label_of
from shared.http.paging import paged
from shared.language.facts import CATALOGUE
from shared.language.months import Month, start_of_day
from shared.language.problems import Malformed
from shared.language.reach import sees_district
from shared.language.terms import Line, Punctuality
from shared.log.eventlog import Entry

_FIRST = Month.parse("2021-08")
"""The plan's first month: before it nobody owed a visit."""
_TREND = 12
_BASES = (Basis.FILING, Basis.MONTH)


class IndicatorValue(Answer):
    """A figure at one cut-off: never a percentage alone."""

    until: date = Field(description="截至哪一天(含)")
    n: int | None = Field(description="分子;不显示的为空")
    d: int | None = Field(description="分母;只是件数的、不显示的为空")
    pct: str | None = Field(description="百分比,两位小数,不含百分号;分母为零的、只是件数的、不显示的为空。独立抽样的为加权估计")
    interval: list[str] | None = Field(
        min_length=2, max_length=2, description="95% 置信区间(下限、上限,百分比);不是由回答推算的或没有回答的为空"
    )
    enough: bool | None = Field(description="回答是否足够多,可以用来排名;否则为样本不足。不是由回答推算的为空")
    hidden: bool = Field(description="是否因企业评价对被走访单位匿名而不显示")

    @classmethod
    def of(cls, until: str, value: Value) -> Self:
        """As the domain has it."""
        return cls(
            until=date.fromisoformat(until),
            n=value.n,
            d=value.d,
            pct=value.pct,
            interval=list(value.interval) if value.interval else None,
            enough=value.enough,
            hidden=value.hidden,
        )


class Indicator(Answer):
    """An indicator at both cut-offs."""

    kpi: Kpi = Field(description="指标代码,如 K1")
    kpi_label: str = label_of("kpi")
    filing: IndicatorValue = Field(description="报送口径:截至 27 日 24 时")
    whole_month: IndicatorValue = Field(description="全月口径:截至月末。报送率只有一个口径,按查询的时刻,两处相同")
    href: str = Field(description="由哪些企业、问题、走访、单位与事件构成:按此地址查询")


class MonthFields(CutFields):
    """What ``_of_month`` gives to an ``OfMonth``."""

    month: str
    unit: str | None
    unit_name: str | None
    instant: datetime
    rules: int


class OfMonth(AtCut):
    """What a question of indicators was about."""

    month: str = Field(description="月份 YYYY-MM")
    unit: str | None = Field(description="单位编码;全区的为空")
    unit_name: str | None = Field(description="单位当月的名称;全区的为空")
    instant: datetime = Field(description="计算的时刻")
    rules: int = Field(description="按第几版规则计算")


class IndicatorReport(OfMonth):
    """All indicators of a month."""

    indicators: list[Indicator] = Field(description="各项指标")


class IndicatorEvent(Answer):
    """An event that a part of a figure rests on."""

    log: str = Field(description="哪个服务的日志")
    position: int = Field(description="在该日志中的位置")
    type: str = Field(description="事实类型,如 visits.visit-recorded.v1")
    title: str = Field(description="事实的中文名称")
    recorded: datetime = Field(description="记录的时间")


class IndicatorPart(Answer):
    """Something that a figure counts, or should have."""

    kind: str = Field(description="种类:enterprise 企业,ticket 问题,visit 走访,unit 单位,stratum 抽样层")
    id: str = Field(description="编号")
    number: str = Field(description="信用代码、问题编号、走访日期、单位编码,或乡镇与规模")
    name: str = Field(description="名称;问题为办理环节")
    counted: bool | None = Field(description="是否计入分子;抽样层按权重计,为空")
    units: list[str] = Field(description="计入哪个单位(单位编码);跨两条线的为两个")
    line: Line | None = Field(description="网格线;不分线的为空")
    line_label: str | None = label_of("line")
    workers: list[str] = Field(description="网格员或走访人的成员编号")
    visits: list[UUID] = Field(description="计入的走访编号")
    notes: list[str] = Field(description="说明:时限、原因等")
    events: list[IndicatorEvent] = Field(description="所依据的事件,按日志与位置")


class IndicatorWhy(Page[IndicatorPart], OfMonth):
    """What a figure is made of, a page of it, with the figure."""

    kpi: Kpi = Field(description="指标代码")
    kpi_label: str = label_of("kpi")
    basis: Basis = Field(description="口径:filing 报送口径,month 全月口径")
    value: IndicatorValue = Field(description="指标")


class TrendMonth(Answer):
    """One month of a trend."""

    month: str = Field(description="月份 YYYY-MM")
    filing: IndicatorValue = Field(description="报送口径")
    whole_month: IndicatorValue = Field(description="全月口径")


class IndicatorTrend(OfMonth):
    """An indicator over twelve months, the last being the one asked for."""

    kpi: Kpi = Field(description="指标代码")
    kpi_label: str = label_of("kpi")
    months: list[TrendMonth] = Field(description="各月,由远及近;2021 年 8 月以前的没有")


async def indicators(question: Asked, month: str, unit: str | None) -> IndicatorReport:
    """Of the district, or of one unit."""
    unit = _asked_of(question, month, unit)
    kpis = told_of(unit)
    told = await _values(question, month, unit, kpis)
    asked = {
        "month": month,
        **({"unit": unit} if unit else {}),
        **({"as_of": question.as_of.isoformat()} if question.as_of else {}),
    }
    found = [
        Indicator(
            kpi=kpi,
            filing=told[kpi][0],
            whole_month=told[kpi][1],
            href=f"/api/reporting/indicators/{kpi}/why?{urlencode(asked | {'basis': Basis.FILING})}",
        )
        for kpi in kpis
    ]
    return IndicatorReport(**await _of_month(question, month, unit), indicators=found)


async def trend(question: Asked, kpi: Kpi, month: str, unit: str | None) -> IndicatorTrend:
    """Twelve months up to this one, each by all that is known at the cut."""
    unit = _asked_of(question, month, unit)
    _there(kpi, unit)
    found: list[TrendMonth] = []
    this = Month.parse(month)
    for _ in range(_TREND):
        filing, whole = (await _values(question, str(this), unit, (kpi,)))[kpi]
        found.insert(0, TrendMonth(month=str(this), filing=filing, whole_month=whole))
        if this == _FIRST:
            break
        this = this.previous
    return IndicatorTrend(**await _of_month(question, month, unit), kpi=kpi, months=found)


async def why(
    question: Asked,
    kpi: Kpi,
    month: str,
    unit: str | None,
    basis: Basis,
    *,
    line: Line | None,
    worker: UUID | None,
    counted: bool | None,
    cursor: str | None,
    limit: int,
) -> IndicatorWhy:
    """What makes a figure up, what it counts and what it lacks; a person's own list by ``worker``."""
    unit = _asked_of(question, month, unit)
    _there(kpi, unit)
    known, cut = await _known(question, month, unit, (kpi,))
    figures = Figures(known, basis)
    if _kept_back(question, kpi, month, unit, basis):
        value, parts = HIDDEN, list[Part]()
    else:
        value, parts = figures.value(kpi), figures.parts(kpi)
    wanted = [
        part
        for part in parts
        if (line is None or part.line is line)
        and (worker is None or str(worker) in part.workers)
        and (counted is None or part.counted is counted)
    ]
    page = paged(wanted, lambda part: part.key, cursor, limit)
    rows = [await _part(question, cut, part) for part in page["items"]]
    return IndicatorWhy.of(
        page,
        rows,
        **await _of_month(question, month, unit),
        kpi=kpi,
        basis=basis,
        value=IndicatorValue.of(figures.at.until, value),
    )


def _asked_of(question: Asked, month: str, unit: str | None) -> str | None:
    """The unit asked about; a month that is none of the plan's, or has not begun, is refused."""
    if not _FIRST.first_day <= Month.parse(month).first_day <= question.today:
        title = "只有2021年8月以来、已经开始的月份才有指标"
        raise Malformed(errors=[{"pointer": "/query/month", "code": "month", "title": title}])
    return question.narrowed(unit)


def _there(kpi: Kpi, unit: str | None) -> None:
    if kpi not in told_of(unit):
        title = "这项指标只有全区的,请不要指明单位" if unit else "这项指标只有各单位的,请指明单位编码"
        raise Malformed(errors=[{"pointer": "/query/unit", "code": "unit", "title": title}])


async def _of_month(question: Asked, month: str, unit: str | None) -> MonthFields:
    grid, _ = await question.reader.grid(question.cut)
    name = grid.unit_name(unit, Month.parse(month).last_day.isoformat()) if unit else None
    return {
        **question.at_cut,
        "month": month,
        "unit": unit,
        "unit_name": name,
        "instant": question.now,
        "rules": Settings().rules,
    }


async def _values(
    question: Asked, month: str, unit: str | None, kpis: Collection[Kpi]
) -> dict[Kpi, tuple[IndicatorValue, IndicatorValue]]:
    found: dict[Kpi, list[IndicatorValue]] = {kpi: [] for kpi in kpis}
    ratings = [kpi for kpi in kpis if kpi in OF_RATINGS]
    others = [kpi for kpi in kpis if kpi not in OF_RATINGS]
    for some in filter(None, (ratings, others)):  # Ratings may have to be read at another cut.
        known, _ = await _known(question, month, unit, some)
        for basis in _BASES:
            figures = Figures(known, basis)
            for kpi in some:
                value = HIDDEN if _kept_back(question, kpi, month, unit, basis) else figures.value(kpi)
                found[kpi].append(IndicatorValue.of(figures.at.until, value))
    return {kpi: (filing, whole) for kpi, (filing, whole) in found.items()}


def _kept_back(question: Asked, kpi: Kpi, month: str, unit: str | None, basis: Basis) -> bool:
    """A visited unit learns how it was rated once, of a whole month, as it was known at the month's end (decision 0068): from two
    looks at it, hours or cut-offs apart, it would learn what one enterprise said.
    """
    if kpi not in OF_RATINGS or unit is None or sees_district(question.caller):
        return False
    return basis is Basis.FILING or question.now < _end_of(month)


def _end_of(month: str) -> datetime:
    return start_of_day(Month.parse(month).next.first_day)


async def _known(question: Asked, month: str, unit: str | None, kpis: Collection[Kpi]) -> tuple[Known, Cut]:
    """What these indicators are computed from, and the cut it was read at; what none of them asks is not read."""
    reader, cut, kinds = question.reader, question.cut, set(kpis)
    line = reader.line((await reader.grid(cut))[0], unit) if unit else None
    anonymous = unit is not None and not question.sees_district and bool(kinds & {*OF_RATINGS})
    if anonymous:
        cut = await reader.archive.cut(min(_end_of(month), question.now))
    grid, calendar = await reader.grid(cut)
    histories = Histories(units=grid.units, members=grid.members, years=grid.years)
    if kinds - {*OF_TICKETS, *OF_FILINGS, *OF_SAMPLE}:
        histories = await reader.visited(month, cut)
    if kinds & {*OF_TICKETS}:
        await reader.asked(month, cut, unit, histories)
    if kinds & {*OF_SAMPLE}:
        await reader.surveys(cut, histories)
    filed: dict[str, Punctuality] = {}
    if kinds & {*OF_FILINGS}:
        filed = {row.unit: row.state for row in await owed(question, month, unit)}
    return Known(month, histories, calendar, unit, line, question.today.isoformat(), anonymous, filed), cut


async def _part(question: Asked, cut: Cut, part: Part) -> IndicatorPart:
    events: list[IndicatorEvent] = []
    for log in dict.fromkeys(log for log, _ in part.streams):
        streams = [stream for origin, stream in part.streams if origin == log]
        events += _events(log, await _entries(question, cut, log, streams))
    return IndicatorPart(
        kind=part.kind,
        id=part.id,
        number=part.number,
        name=part.name,
        counted=part.counted,
        units=list(part.units),
        line=part.line,
        workers=list(part.workers),
        visits=[UUID(visit) for visit in part.visits],
        notes=list(part.notes),
        events=events,
    )


async def _entries(question: Asked, cut: Cut, log: str, streams: list[str]) -> Iterable[Entry]:
    """Of the mirror up to the cut; of this service's own log up to the instant."""
    if log != "reporting":
        return await question.reader.archive.streams(log, streams, cut)
    told = await question.service.months([stream.partition("/")[2] for stream in streams], question.as_of)
    return [entry for item in told.values() for entry in item.entries]


def _events(log: str, entries: Iterable[Entry]) -> list[IndicatorEvent]:
    return [
        IndicatorEvent(log=log, position=entry.pos, type=entry.type, title=CATALOGUE[entry.type].TITLE, recorded=entry.recorded)
        for entry in entries
    ]
