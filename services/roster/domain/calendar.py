"""The official working-day calendar of a year, and the table that gives each industry its department.

    (nothing) --publish--> published --publish--> published, a version on

国务院办公厅 publishes a year's holidays and make-up days in November of the year before. A year that is not published
yet counts Monday to Friday and says that it is provisional. 方案 三(一): industries belong to departments (GB/T 4754).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pydantic import Field

from services.roster.domain.permissions import the_office
from services.roster.domain.unit import Code
from shared.decider import Context, Decider
from shared.events import Command, Fact
from shared.events.roster import Day, IndustriesMapped, YearPublished
from shared.problems import Refused
from shared.terms import Line


class PublishYear(Command):
    """Publish a year's official list of holidays and make-up days."""

    days: tuple[Day, ...] = Field(max_length=200)
    source: str = Field("", max_length=500)


class MapIndustries(Command):
    """Publish a whole new version of the table division → department."""

    entries: dict[str, Code] = Field(max_length=200)
    on: date
    note: str = Field("", max_length=200)


class DayOutsideYear(Refused):
    """A year's list holds that year's days, each once."""

    title = "日期不属于该年度或重复"


class NotADepartment(Refused):
    """An industry belongs to a department (方案 三(一))."""

    title = "行业只能归口到区直行业主管部门"


@dataclass(frozen=True)
class Year:
    """The list in force."""

    days: tuple[Day, ...] | None = None
    source: str = ""


def decide_year(state: Year, command: PublishYear, context: Context) -> list[Fact]:
    """Facts, or a refusal. ``context.known`` brings the ``year``."""
    the_office(context)
    year = context.known["year"]
    dates = [day.date for day in command.days]
    if any(day.year != year for day in dates) or len(set(dates)) != len(dates):
        raise DayOutsideYear(year=year)
    days = tuple(sorted(command.days, key=lambda day: day.date))
    if (state.days, state.source) == (days, command.source):
        return []
    return [YearPublished(year=year, days=days, source=command.source)]


def evolve_year(state: Year, fact: Fact) -> Year:
    """The state after a fact."""
    return Year(fact.days, fact.source) if isinstance(fact, YearPublished) else state


@dataclass(frozen=True)
class Mapping:
    """The table in force."""

    entries: tuple[tuple[str, str], ...] = ()
    on: date | None = None


def decide_mapping(state: Mapping, command: MapIndustries, context: Context) -> list[Fact]:
    """Facts, or a refusal. ``context.known`` brings the ``lines`` of the units named."""
    the_office(context)
    lines = context.known["lines"]
    if wrong := sorted({unit for unit in command.entries.values() if lines.get(unit) != (Line.VERTICAL, True)}):
        raise NotADepartment(units=wrong)
    if dict(state.entries) == command.entries:
        return []
    return [IndustriesMapped(**command.model_dump())]


def evolve_mapping(state: Mapping, fact: Fact) -> Mapping:
    """The state after a fact."""
    return Mapping(tuple(sorted(fact.entries.items())), fact.on) if isinstance(fact, IndustriesMapped) else state


CALENDAR: Decider[Year] = Decider("calendar", Year(), decide_year, evolve_year)
MAPPING: Decider[Mapping] = Decider("mapping", Mapping(), decide_mapping, evolve_mapping)
