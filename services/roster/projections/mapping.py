"""The mapping tables: every version with the day it begins on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from services.roster.domain import mapping
from shared.log.views import View


def _written(entries: Sequence[tuple[str, str]]) -> str:
    return orjson.dumps(dict(entries)).decode()


def _versions(key: str, _version: int, state: mapping.Mapping) -> Iterable[tuple[Any, ...]]:
    for item in state.versions:
        yield key, item.number, item.on, _written(item.entries), item.note, item.by


VERSIONS = View[mapping.Mapping](
    "mapping_version",
    {"name": "text", "version": "int", "since": "date", "entries": "jsonb", "note": "text", "published_by": "uuid"},
    ("name", "version"),
    _versions,
    "name",
)

VIEWS = (VERSIONS,)
