"""The official working-day calendar, year by year, and its versions."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import orjson
from pydantic import Field

from services.roster.queries.parts import OutOfJson
from shared.http.answer import Answer, Receipt
from shared.http.service import Service
from shared.language.months import Calendar, Year
from shared.language.problems import Malformed, Unknown


class DayOff(Answer):
    """One exception of a calendar."""

    date_: date = Field(alias="date", description="日期")
    off: bool = Field(description="true 为放假,false 为调休上班")
    name: str = Field(description="节日名称")


class CalendarYear(Answer):
    """The list of a year in one version."""

    year: int = Field(description="年度")
    version: int = Field(description="版本号,从 1 起;尚未发布的为 0")
    days: Annotated[list[DayOff], OutOfJson] = Field(description="放假和调休的日期")
    source: str = Field(description="来源文件")
    provisional: bool = Field(description="是否暂按周一至周五推算:该年度尚未发布,或缺少法定节日")
    missing: list[str] = Field(description="名单中缺少的法定节日")


class YearReceipt(Receipt):
    """A list that was published."""

    year: int = Field(description="年度")
    days: int = Field(description="放假和调休的日期,个")
    remarks: list[str] = Field([], description="对文件的提示:被隐藏或筛选掉而一并读取的行、纵向合并的单元格")


class YearVersion(Answer):
    """A version, and what it changed against the one before."""

    version: int = Field(description="版本号,从 1 起")
    source: str = Field(description="来源文件")
    days: int = Field(description="放假和调休的日期,个")
    changed: list[str] = Field(description="与上一版本不同的日期")


class YearVersions(Answer):
    """Every version of a year."""

    year: int = Field(description="年度")
    items: list[YearVersion] = Field(description="历次版本,从早到晚")


class Workdays(Answer):
    """A day so many working days after another."""

    on: date = Field(description="推算得到的日期")
    derivation: str = Field(description="推算过程")
    calendar: str = Field(description="所用日历的版本")
    provisional: bool = Field(description="所用日历是否为暂定")
    last_workday_on_or_before: date = Field(description="起始日期当日或之前的最后一个工作日")


async def year_of(service: Service, year: int, version: int | None) -> CalendarYear:
    """The list of a year, as last published or in an older version."""
    if version is None:
        row = await service.pool.fetchrow("select year, version, days, source from calendar_year where year = $1", year)
    else:
        row = await service.pool.fetchrow(
            "select year, version, days, source from calendar_version where year = $1 and version = $2", str(year), version
        )
        if row is None:
            raise Unknown(what="calendar", year=year, version=version)
    if row is None:
        lacking = list(Year(year, "0", {}).missing)
        return CalendarYear(year=year, version=0, days=[], source="", provisional=True, missing=lacking)
    days = orjson.loads(row["days"])
    lacking = list(Year.read(year, row["version"], days).missing)
    told: Any = {**row, "year": year, "days": days, "provisional": bool(lacking), "missing": lacking}
    return CalendarYear(**told)


async def versions(service: Service, year: int) -> YearVersions:
    """Every version, with what it changed against the one before."""
    rows = await service.pool.fetch(
        "select version, days, source from calendar_version where year = $1 order by version", str(year)
    )
    items: list[YearVersion] = []
    before: dict[str, bool] = {}
    for row in rows:
        now = {day["date"]: bool(day["off"]) for day in orjson.loads(row["days"])}
        changed = sorted(day for day in now.keys() | before.keys() if now.get(day) != before.get(day))
        items.append(YearVersion(version=row["version"], source=row["source"], days=len(now), changed=changed))
        before = now
    return YearVersions(year=year, items=items)


async def workdays(service: Service, year: int, start: date, count: int) -> Workdays:
    """The day so many working days after ``start``, with its derivation in words."""
    if start.year != year:
        raise Malformed(errors=[{"pointer": "/query/start", "code": "year", "title": "日期不属于该年度"}])
    calendar: Calendar = await service.calendar()
    on = calendar.add_workdays(start, count)
    return Workdays(
        on=on,
        derivation=calendar.explain(start, count),
        calendar=calendar.version,
        provisional=calendar.is_provisional(start) or calendar.is_provisional(on),
        last_workday_on_or_before=calendar.last_workday_on_or_before(start),
    )
