"""One step of the demo's past: who asked for what of which stream, and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from hashlib import sha256
from itertools import count, groupby
from random import Random
from typing import Any
from uuid import UUID

from shared.language.decider import Actor, AnyDecider, Context
from shared.language.facts import Command
from shared.language.months import SHANGHAI, Calendar, Month, local_date
from shared.language.terms import Role, derived_id
from shared.log.handle import Ask

SEED = 520502
SYSTEM = Actor(UUID(int=0), "demo", frozenset({Role.SYSTEM}))
_LARGEST = 400


@dataclass(frozen=True)
class Step:
    """A command with everything its decision must know. The id follows from what it is, so a second run adds nothing."""

    at: datetime
    decider: AnyDecider
    key: str
    command: Command
    actor: Actor
    id: UUID
    subject: UUID
    known: Any = None

    def ask(self, calendar: Calendar) -> Ask[Any]:
        """The command as the desk takes it."""
        context = Context(self.actor, self.at, local_date(self.at), calendar, self.subject, self.known)
        return Ask(self.decider, self.key, self.command, context, self.id)


@dataclass(frozen=True)
class Span:
    """The days the demo tells of: two whole months and the current one up to yesterday."""

    today: date
    calendar: Calendar

    @cached_property
    def months(self) -> tuple[Month, Month, Month]:
        """The two past months and the current one."""
        now = Month.of(self.today)
        return now.previous.previous, now.previous, now

    @property
    def founded(self) -> date:
        """The day everything was set up: far enough back that nothing counts as newly entered."""
        return self.months[0].previous.previous.first_day

    def workdays(self, month: Month) -> list[date]:
        """The working days of a month."""
        days = (month.first_day + timedelta(days=n) for n in range(month.last_day.day))
        return [day for day in days if self.calendar.is_workday(day)]

    def day(self, month: int, place: int) -> date:
        """A working day of one of the two whole months."""
        days = self.workdays(self.months[month])
        return days[place % len(days)]

    def past(self, day: date) -> bool:
        """Whether a day is over; today is left to whoever tries the platform."""
        return day < self.today

    def instant(self, day: date, rng: Random, first: int = 9, last: int = 18) -> datetime:
        """Some moment of the working day. Few distinct ones: what happens at one moment is written in one transaction."""
        hour = rng.choice([hour for hour in (9, 10, 11, 15, 16, 17) if first <= hour < last] or [first])
        return moment(day, hour, 24)

    def later(self, day: date, workdays: int) -> date:
        """So many working days on."""
        return _later(self.calendar, day, workdays)


def token(*what: str) -> str:
    """What a QR code or a link carries. In a real district it is random; here everybody gets the same, of enterprises that are
    none.
    """
    return sha256("/".join(("demo", *what)).encode()).hexdigest()[:32]


@lru_cache(maxsize=4_000)
def _later(calendar: Calendar, day: date, workdays: int) -> date:
    return calendar.add_workdays(day, workdays)


class Making:
    """Makes steps whose ids follow from the part of the demo they are of, and from their place in it."""

    def __init__(self, part: str) -> None:
        self._part, self._places = part, count(1)

    def step(
        self,
        at: datetime,
        decider: AnyDecider,
        key: str | UUID,
        command: Command,
        by: Actor,
        known: Any = None,
    ) -> Step:
        """One."""
        id_ = derived_id("demo", self._part, str(next(self._places)), str(key))
        about = key if isinstance(key, UUID) else derived_id("demo", self._part, key)
        return Step(at, decider, str(key), command, by, id_, about, known)


def moment(day: date, hour: int, minute: int = 0) -> datetime:
    """A moment on the wall in Asia/Shanghai."""
    return datetime.combine(day, time(hour, minute), SHANGHAI)


def batches(steps: Iterable[Step]) -> Iterator[list[Step]]:
    """In the order of time; a batch has one moment, no stream twice, and fits a transaction."""
    for _, same in groupby(sorted(steps, key=lambda step: step.at), key=lambda step: step.at):
        layers: list[list[Step]] = []
        depth: dict[str, int] = {}
        for step in same:  # What happens to one stream at one moment goes into one layer after the other.
            stream = step.decider.stream(step.key)
            level = depth[stream] = depth.get(stream, -1) + 1
            if level == len(layers):
                layers.append([])
            layers[level].append(step)
        for layer in layers:
            yield from (layer[start : start + _LARGEST] for start in range(0, len(layer), _LARGEST))
