"""Rows of the policy library, of the switches, and of what was said about files used again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson

from services.visits.domain import policy, reuse
from services.visits.domain.switches import Switches
from shared.language import writing
from shared.log.views import View


def _policy(key: str, version: int, state: policy.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, policy.Unpublished):
        return
    fact = state.fact
    yield (
        UUID(key),
        version,
        fact.unit,
        fact.title,
        writing.found_by(fact.title),
        fact.document,
        fact.since,
        fact.until,
        isinstance(state, policy.Retired),
        orjson.dumps(fact.model_dump(mode="json")).decode(),
        state.reason if isinstance(state, policy.Retired) else "",
    )


POLICIES = View[policy.State](
    "policy",
    {
        "id": "uuid",
        "ver": "int",
        "unit": "text",
        "title": "text",
        "found_by": "text",
        "document": "text",
        "since": "date",
        "until": "date",
        "retired": "bool",
        "content": "jsonb",
        "reason": "text",
    },
    ("id",),
    _policy,
    "id",
    indexes=("(unit)", "(since)"),
    rule=writing.FORM,
)


def _switches(key: str, version: int, state: Switches) -> Iterable[tuple[Any, ...]]:
    yield key, version, state.photos_since, state.necessity, state.most_contacts


SWITCHES = View[Switches](
    "switches",
    {"id": "text", "ver": "int", "photos_since": "date", "necessity": "text", "most_contacts": "int"},
    ("id",),
    _switches,
    "id",
)


def _reuse(key: str, _version: int, state: reuse.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, reuse.Unruled):
        return
    fact = state.fact
    yield UUID(key), fact.first_visit, fact.first, fact.second_visit, fact.second, fact.distance, fact.reused, fact.reason


REUSES = View[reuse.State](
    "evidence_ruling",
    {
        "id": "uuid",
        "first_visit": "uuid",
        "first": "text",
        "second_visit": "uuid",
        "second": "text",
        "distance": "int",
        "reused": "bool",
        "reason": "text",
    },
    ("id",),
    _reuse,
    "id",
)
