"""The mapping tables: as last published, and every version with the days it is in force."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from services.roster.domain import mapping
from shared.projector import View


def _written(entries: Sequence[tuple[str, str]]) -> str:
    return orjson.dumps(dict(entries)).decode()


def _mapping(key: str, version: int, state: mapping.Mapping) -> Iterable[tuple[Any, ...]]:
    yield key, version, _written(state.entries), state.on


def _versions(key: str, _version: int, state: mapping.Mapping) -> Iterable[tuple[Any, ...]]:
    for item in state.versions:
        yield key, item.number, item.on, _written(item.entries), item.note


MAPPINGS = View[mapping.Mapping](
    "mapping", {"name": "text", "ver": "int", "entries": "jsonb", "since": "date"}, ("name",), _mapping, "name"
)
VERSIONS = View[mapping.Mapping](
    "mapping_version", {"name": "text", "version": "int", "since": "date", "entries": "jsonb", "note": "text"},
    ("name", "version"), _versions, "name",
)  # fmt: skip

VIEWS = (MAPPINGS, VERSIONS)
