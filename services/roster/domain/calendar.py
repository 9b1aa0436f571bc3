"""The official working-day calendar of a year.

    (nothing) --publish--> published --publish--> published, a version on

国务院办公厅 publishes a year's holidays and make-up days in November of the year before. A year that is not published
yet, or whose list lacks a festival of the law (``shared/language/holidays``), counts Monday to Friday where its list says nothing, and
says that it is provisional. Every version stays readable: what was due under an older one
can be explained.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

from services.roster.domain.access import the_office
from shared.events.roster import Day, YearPublished
from shared.language.decider import Context, Decider
from shared.language.facts import Command
from shared.language.problems import Refused
from shared.language.traces import PUBLIC, without_numbers


def _public(days: tuple[Day, ...]) -> tuple[Day, ...]:
    """The days with names that carry nobody's number: a list is a file from outside like any other."""
    return tuple(day.model_copy(update={"name": without_numbers(day.name)}) for day in days)


class PublishYear(Command):
    """Publish a year's official list of holidays and make-up days."""

    days: Annotated[tuple[Day, ...], Field(max_length=200), AfterValidator(_public)]
    source: Annotated[str, Field(max_length=500), PUBLIC] = ""


class DayOutsideYear(Refused):
    """A year's list holds that year's days, and days beside New Year, each once (the announcement of a year may give off the
    last days of December before it). ``outside`` and ``twice`` name the days.
    """

    title = "放假安排中有日期不属于该年度(上年12月、次年1月除外)或重复"


@dataclass(frozen=True)
class Year:
    """The list in force, and all that were before it in their order; the last of ``versions`` is the one in force."""

    days: tuple[Day, ...] | None = None
    source: str = ""
    versions: tuple[YearPublished, ...] = ()


@dataclass(frozen=True)
class KnownYear:
    """Which year the stream is of."""

    year: int


def decide_year(state: Year, command: PublishYear, context: Context[KnownYear]) -> list[YearPublished]:
    """Facts, or a refusal."""
    the_office(context)
    year = context.known.year
    dates = [day.date for day in command.days]
    outside = [day for day in dates if not _of(year, day)]
    if dates and not outside and all(day.year != year for day in dates):
        outside = dates
    twice = sorted({day for day in dates if dates.count(day) > 1})
    if outside or twice:
        raise DayOutsideYear(year=year, outside=outside, twice=twice)
    days = tuple(sorted(command.days, key=lambda day: day.date))
    if (state.days, state.source) == (days, command.source):
        return []
    return [YearPublished(year=year, days=days, source=command.source)]


def _of(year: int, day: date) -> bool:
    return day.year == year or (day.year, day.month) in ((year - 1, 12), (year + 1, 1))


def evolve_year(state: Year, fact: YearPublished) -> Year:
    """The state after a fact."""
    match fact:
        case YearPublished():
            return Year(fact.days, fact.source, (*state.versions, fact))


CALENDAR: Decider[Year, PublishYear, YearPublished, KnownYear] = Decider("calendar", Year(), decide_year, evolve_year)
