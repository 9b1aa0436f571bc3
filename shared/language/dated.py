"""What holds on a day, of things said of days (decisions 0037, 0043).

What is said of a day holds from that day until the next day of which something was said, whatever the order of saying; of two
said of one day the later said holds. Days are dates or their ISO texts: both compare as days do.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

ValueT = TypeVar("ValueT")
DayT = TypeVar("DayT", date, str)


def on_day(said: Sequence[tuple[date, ValueT]], day: date) -> ValueT:
    """What holds on a day; before the first day what was said of that one."""
    found = min(said, key=lambda item: item[0])[1]
    for on, value in sorted(said, key=lambda item: item[0]):
        if on <= day:
            found = value
    return found


def said_of(said: Sequence[tuple[date, ValueT]], day: date) -> ValueT | None:
    """What was said last of this very day: only the same again is a repeat."""
    return next((value for on, value in reversed(said) if on == day), None)


def spans(said: Iterable[tuple[date, ValueT]]) -> list[tuple[date, date | None, ValueT]]:
    """Half-open intervals; equal neighbours are one."""
    by_day = dict(sorted(said, key=lambda item: item[0]))
    found: list[tuple[date, ValueT]] = []
    for day, value in by_day.items():
        if not found or found[-1][1] != value:
            found.append((day, value))
    ends: list[date | None] = [*(day for day, _ in found[1:]), None]
    return [(day, until, value) for (day, value), until in zip(found, ends, strict=False)]


@dataclass(frozen=True)
class Said(Generic[DayT]):
    """What is said of a seat and a day: somebody sits there from ``on``, at the latest until ``until``; or nobody does (``free``).

    Several may sit in one seat at once, each in a ``place`` of his own (whoever stands in for one on leave); what frees a seat
    frees every place.
    """

    seat: Hashable
    place: Hashable
    on: DayT
    until: DayT | None = None
    free: bool = False


def terms(said: Sequence[Said[DayT]]) -> list[tuple[int, DayT, DayT | None]]:
    """Who sits when: the number of each saying that holds on any day, and from when to when it does."""
    found: list[tuple[int, DayT, DayT | None]] = []
    for number, one in enumerate(said):
        if one.free:
            continue
        until: Any = one.until
        for later, other in enumerate(said):
            if other.seat == one.seat and (other.free or other.place == one.place) and (other.on, later) > (one.on, number):
                until = other.on if until is None or other.on < until else until
        if until is None or until > one.on:
            found.append((number, one.on, until))
    return found
