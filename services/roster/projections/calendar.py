"""The calendar and the mapping tables as tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from services.roster.domain import calendar
from shared.projector import View


def _year(key: str, version: int, state: calendar.Year) -> Iterable[tuple[Any, ...]]:
    if state.days is not None:
        days = orjson.dumps([day.model_dump(mode="json") for day in state.days]).decode()
        yield int(key), version, days, state.source


def _mapping(key: str, version: int, state: calendar.Mapping) -> Iterable[tuple[Any, ...]]:
    yield key, version, orjson.dumps(dict(state.entries)).decode(), state.on


YEARS = View[calendar.Year](
    "calendar_year", {"year": "int", "version": "int", "days": "jsonb", "source": "text"}, ("year",), _year, "year"
)
MAPPINGS = View[calendar.Mapping](
    "mapping", {"name": "text", "ver": "int", "entries": "jsonb", "since": "date"}, ("name",), _mapping, "name"
)
