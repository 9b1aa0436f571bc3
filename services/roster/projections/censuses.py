"""Censuses and corrections as tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson

from services.roster.domain import census, correction
from shared.language.personal import Personal
from shared.language.terms import CorrectionStage
from shared.log.views import View


def _census(key: str, version: int, state: census.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, census.Unopened):
        return
    fact = state.fact
    closed = state if isinstance(state, census.Closed) else None
    yield (
        UUID(key),
        version,
        fact.title,
        str(fact.line),
        fact.unit,
        fact.since,
        fact.until,
        fact.document,
        closed and closed.on,
        closed.note if closed else "",
    )


def _correction(key: str, version: int, state: correction.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, correction.Unproposed):
        return
    fact = state.fact
    named = {name: value for name in correction.FIELDS if (value := getattr(fact, name)) is not None}
    plain = {name: value for name, value in named.items() if not isinstance(value, Personal)}
    sealed = {name: value.token for name, value in named.items() if isinstance(value, Personal)}
    stage, note, on = CorrectionStage.PROPOSED, "", None
    if isinstance(state, correction.Approved):
        stage, note, on = CorrectionStage.APPROVED, state.ruling.note, state.ruling.on
    elif isinstance(state, correction.Rejected):
        stage, note, on = CorrectionStage.REJECTED, state.ruling.reason, state.ruling.on
    yield (
        UUID(key),
        version,
        fact.enterprise,
        fact.unit,
        fact.proposer,
        fact.reason,
        fact.on,
        str(stage),
        note,
        on,
        orjson.dumps(plain, default=str).decode(),
        orjson.dumps(sealed).decode(),
        fact.line and str(fact.line),
        fact.to_unit,
        fact.to_sub_unit,
    )


CENSUSES = View[census.State](
    "census",
    {
        "id": "uuid",
        "ver": "int",
        "title": "text",
        "line": "text",
        "unit": "text",
        "since": "date",
        "until": "date",
        "document": "text",
        "closed_on": "date",
        "note": "text",
    },
    ("id",),
    _census,
    "id",
    indexes=("(since)",),
)
CORRECTIONS = View[correction.State](
    "correction",
    {
        "id": "uuid",
        "ver": "int",
        "enterprise": "uuid",
        "unit": "text",
        "proposer": "uuid",
        "reason": "text",
        "on_date": "date",
        "stage": "text",
        "note": "text",
        "ruled_on": "date",
        "changes": "jsonb",
        "sealed": "jsonb",
        "line": "text",
        "to_unit": "text",
        "to_sub_unit": "text",
    },
    ("id",),
    _correction,
    "id",
    indexes=("(stage, unit)", "(enterprise)"),
)
