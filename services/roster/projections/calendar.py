"""The calendar as tables: the list in force of each year, and every version of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from services.roster.domain import calendar
from shared.events.roster import Day
from shared.log.views import View


def _written(days: Iterable[Day]) -> str:
    return orjson.dumps([day.model_dump(mode="json") for day in days]).decode()


def _year(key: str, version: int, state: calendar.Year) -> Iterable[tuple[Any, ...]]:
    if state.days is not None:
        yield int(key), version, _written(state.days), state.source


def _versions(key: str, _version: int, state: calendar.Year) -> Iterable[tuple[Any, ...]]:
    for number, fact in enumerate(state.versions, 1):
        yield key, number, _written(fact.days), fact.source


YEARS = View[calendar.Year](
    "calendar_year", {"year": "int", "version": "int", "days": "jsonb", "source": "text"}, ("year",), _year, "year"
)
VERSIONS = View[calendar.Year](
    "calendar_version",
    {"year": "text", "version": "int", "days": "jsonb", "source": "text"},
    ("year", "version"),
    _versions,
    "year",
)

VIEWS = (YEARS, VERSIONS)
