"""Working days of the official calendar, months, and the instant at which a month's ledger is due.

国务院办公厅 announces holidays and make-up working days of a year in November of the year before. A year that is not
announced yet counts Monday to Friday and says that it is provisional; it never fails. A ledger is due on the 27th, to 24:00
(方案 五(五); choices 1). All rules are pure: days are dates in Asia/Shanghai, instants carry a zone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator
from pydantic_core import PydanticCustomError

from shared.language.holidays import missing

# A fixed offset and not ZoneInfo: China has had no summer time since 1991, and a bare Debian may lack the zone data.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")

DUE_DAY = 27
_DAY = timedelta(days=1)
_FRIDAY = 4
_DECEMBER = 12
_FIRST, _LAST = datetime(1, 1, 3, tzinfo=SHANGHAI), datetime(9999, 12, 29, tzinfo=SHANGHAI)

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}.*", re.ASCII)


def _as_a_date(said: object) -> object:
    if isinstance(said, (int, float, datetime)) or (isinstance(said, str) and not _DATE.fullmatch(said)):
        raise PydanticCustomError("date_parsing", "not a date as it is written: YYYY-MM-DD")
    return said


def _as_an_instant(said: object) -> object:
    if isinstance(said, (int, float)) or (isinstance(said, str) and not _INSTANT.fullmatch(said)):
        raise PydanticCustomError("datetime_parsing", "not an instant as it is written: YYYY-MM-DDThh:mm:ss+08:00")
    return said


def _within_the_calendar(instant: datetime) -> datetime:
    """In no zone does it fall out of the years 1 to 9999: whatever is asked of it later, its day in Shanghai first, has an answer."""
    if not _FIRST <= instant <= _LAST:
        raise PydanticCustomError("datetime_parsing", "not an instant in the years 1 to 9999")
    return instant


WrittenDate = Annotated[date, BeforeValidator(_as_a_date)]
"""A date as people write it (2026-09-27). Seconds since 1970, which the type alone would take, are a telephone number as often."""
WrittenInstant = Annotated[AwareDatetime, BeforeValidator(_as_an_instant), AfterValidator(_within_the_calendar)]
"""An instant as people write it, with its zone."""


def local_date(instant: datetime) -> date:
    """The date on the wall in Asia/Shanghai at an instant; an instant without a zone is refused."""
    if instant.tzinfo is None:
        msg = "an instant needs a zone"
        raise ValueError(msg)
    return instant.astimezone(SHANGHAI).date()


def start_of_day(day: date) -> datetime:
    """00:00 of a day in Asia/Shanghai."""
    return datetime.combine(day, time(), SHANGHAI)


@dataclass(frozen=True)
class Year:
    """A year's announced exceptions: date → whether it is off. None announced means not published yet."""

    year: int
    version: str
    days: Mapping[date, bool] = field(hash=False)
    beside: Mapping[date, bool] = field(default_factory=dict[date, bool], hash=False)
    """Days of December before and January after it, which its list names because a festival crosses New Year."""

    @property
    def missing(self) -> tuple[str, ...]:
        """The festivals the list has no days for; with any, the announcement is not complete."""
        return missing(self.year, self.days)

    @staticmethod
    def read(year: int, version: int | str, days: Iterable[Mapping[str, Any]]) -> Year:
        """From the stored form: ``[{"date": "2026-01-01", "off": true, "name": "元旦"}, …]``."""
        told = {_as_date(item["date"]): bool(item["off"]) for item in days}
        own = {day: off for day, off in told.items() if day.year == year}
        return Year(year, str(version), own, {day: off for day, off in told.items() if day.year != year})


def _as_date(value: date | str) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


@dataclass(frozen=True)
class Calendar:
    """The working-day calendar: pure, immutable, with a version that names every year's version."""

    years: Mapping[int, Year] = field(hash=False)
    version: str

    @staticmethod
    def of(years: Mapping[int, Year]) -> Calendar:
        """A calendar of these years. A year whose list is empty counts as not published (provisional)."""
        known = {number: years[number] for number in sorted(years) if years[number].days}
        return Calendar(known, " ".join(f"{number}.{year.version}" for number, year in known.items()) or "provisional")

    def is_provisional(self, day: date) -> bool:
        """Whether the year of the day has not been announced, or not whole: days its list does not name count as Monday to
        Friday.
        """
        year = self.years.get(day.year)
        return year is None or bool(year.missing)

    def is_workday(self, day: date) -> bool:
        """Whether people work on that day."""
        off = self._told(day)
        return day.weekday() <= _FRIDAY if off is None else not off

    def _told(self, day: date) -> bool | None:
        """What the lists say of a day: of one in January its own year's before the year's before it, of one in December the
        list of the year that follows, which is announced last.
        """
        lists = [self.years.get(day.year + 1)] if day.month == _DECEMBER else []
        lists += [self.years.get(day.year)]
        if day.month == 1:
            lists.append(self.years.get(day.year - 1))
        for year in lists:
            if year is not None and (off := (year.days if year.year == day.year else year.beside).get(day)) is not None:
                return off
        return None

    def is_makeup(self, day: date) -> bool:
        """Whether it is a weekend day on which people work (调休上班)."""
        return day.weekday() > _FRIDAY and self.is_workday(day)

    def add_workdays(self, day: date, n: int) -> date:
        """The n-th working day after ``day``; the day itself is not counted; n = 0 is the day itself."""
        if n < 0:
            msg = "n must not be negative"
            raise ValueError(msg)
        for on in self._walk(day, 1):
            if n == 0:
                return day
            day = on
            n -= self.is_workday(on)
        raise OverflowError

    def workdays_back(self, day: date, n: int) -> date:
        """The first of the last n working days up to and including ``day``.

        "Moved within the last 5wd ≤ T" is ``moved_on >= calendar.workdays_back(T, 5)`` (``kpi.md`` §2).
        """
        if n < 1:
            msg = "n must be positive"
            raise ValueError(msg)
        on = day
        while True:
            n -= self.is_workday(on)
            if n == 0:
                return on
            on -= _DAY

    def workdays_between(self, start: date, end: date) -> int:
        """Working days after ``start`` up to and including ``end``; negative when ``end`` is the earlier one."""
        if end < start:
            return -self.workdays_between(end, start)
        return sum(self.is_workday(start + timedelta(days=i)) for i in range(1, (end - start).days + 1))

    def last_workday_on_or_before(self, day: date) -> date:
        """The last working day that is not after ``day``."""
        return self.workdays_back(day, 1)

    def next_workday_on_or_after(self, day: date) -> date:
        """The first working day that is not before ``day``."""
        return next(on for on in self._walk(day, 0) if self.is_workday(on))

    def explain(self, day: date, n: int) -> str:
        """How ``add_workdays`` came to its day: "09-24 + 5 工作日,跳过 09-25…27、10-01…07 → 10-09"."""
        end = self.add_workdays(day, n)
        passed = [day + timedelta(days=i) for i in range(1, (end - day).days + 1)]
        said = f"{_short(day, None)} + {n} 工作日"
        if skipped := "、".join(_run(run, day) for run in _runs(on for on in passed if not self.is_workday(on))):
            said += f",跳过 {skipped}"
        if makeup := "、".join(_short(on, day) for on in passed if self.is_makeup(on)):
            said += f",含调休上班 {makeup}"
        said += f" → {_short(end, day)}"
        if years := sorted({on.year for on in (day, *passed) if self.is_provisional(on)}):
            said += f"({'、'.join(map(str, years))} 年放假安排尚未公布或不完整,未列日期暂按周一至周五计)"
        return said

    @staticmethod
    def _walk(day: date, first: int) -> Iterator[date]:
        while True:
            yield day + first * _DAY
            first += 1


def _runs(days: Iterable[date]) -> list[tuple[date, date]]:
    runs: list[tuple[date, date]] = []
    for day in days:
        if runs and day - runs[-1][1] == _DAY:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def _run(run: tuple[date, date], base: date) -> str:
    first, last = run
    if first == last:
        return _short(first, base)
    return f"{_short(first, base)}…{last:%d}" if first.month == last.month else f"{_short(first, base)}…{_short(last, base)}"


def _short(day: date, base: date | None) -> str:
    return f"{day:%m-%d}" if base is None or base.year == day.year else day.isoformat()


class DueShift(StrEnum):
    """What becomes of the due day when nobody works on it (choices 1); the plan says nothing, so ``NONE``."""

    NONE = "none"
    PREVIOUS_WORKDAY = "previous_workday"
    NEXT_WORKDAY = "next_workday"


_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month in Asia/Shanghai, written "2026-09"."""

    year: int
    month: int

    def __post_init__(self) -> None:
        """Only months that exist."""
        if not (1 <= self.year <= 9999 and 1 <= self.month <= _DECEMBER):  # noqa: PLR2004  # what datetime.date can hold
            msg = f"no such month: {self.year}-{self.month}"
            raise ValueError(msg)

    @staticmethod
    def parse(text: str) -> Month:
        """Read "YYYY-MM"; anything else is a ValueError."""
        found = _MONTH.fullmatch(text)
        if found is None:
            msg = f"not a month (YYYY-MM): {text[:20]!r}"
            raise ValueError(msg)
        return Month(int(found[1]), int(found[2]))

    @staticmethod
    def of(day: date) -> Month:
        """The month a day is in; an instant is asked by ``Month.of(local_date(instant))``."""
        return Month(day.year, day.month)

    def __str__(self) -> str:
        """Written as it is read."""
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def first_day(self) -> date:
        """The 1st."""
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        """The 28th to 31st."""
        return self.next.first_day - _DAY

    @property
    def next(self) -> Month:
        """The month after."""
        return Month(self.year + 1, 1) if self.month == _DECEMBER else Month(self.year, self.month + 1)

    @property
    def previous(self) -> Month:
        """The month before."""
        return Month(self.year - 1, _DECEMBER) if self.month == 1 else Month(self.year, self.month - 1)

    @property
    def start(self) -> datetime:
        """The first instant of the month."""
        return start_of_day(self.first_day)

    @property
    def end(self) -> datetime:
        """T': the first instant that is no longer in it."""
        return start_of_day(self.next.first_day)

    def contains(self, day: date) -> bool:
        """Whether a day (or an instant, by its date in Asia/Shanghai) is in the month."""
        if isinstance(day, datetime):
            day = local_date(day)
        return (day.year, day.month) == (self.year, self.month)

    def due_day(self, shift: DueShift | str = DueShift.NONE, calendar: Calendar | None = None) -> date:
        """The last day on which the ledger is on time: the 27th (方案 五(五)), shifted only where the setting says so."""
        day = date(self.year, self.month, DUE_DAY)
        match DueShift(shift):
            case DueShift.NONE:
                return day
            case DueShift.PREVIOUS_WORKDAY:
                return (calendar or Calendar.of({})).last_workday_on_or_before(day)
            case DueShift.NEXT_WORKDAY:
                return (calendar or Calendar.of({})).next_workday_on_or_after(day)

    def due(self, shift: DueShift | str = DueShift.NONE, calendar: Calendar | None = None) -> datetime:
        """T: 24:00 of the due day, the first instant that is too late."""
        return start_of_day(self.due_day(shift, calendar) + _DAY)

    def reminder_day(self, calendar: Calendar) -> date:
        """Reminders aim at the last working day on or before the 27th (choices 1)."""
        return calendar.last_workday_on_or_before(self.due_day())
