"""Rows that an import set aside, as a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson

from services.roster.domain import row
from services.roster.projections.sealed import token
from shared.projector import View


def _row(key: str, _version: int, state: row.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, row.Nothing):
        return
    fact = state.fact
    ruling = state.reason if isinstance(state, row.Dismissed) else None
    yield (
        UUID(key), fact.batch, fact.row, orjson.dumps(list(fact.reasons)).decode(), orjson.dumps(list(fact.columns)).decode(),
        fact.code, fact.name, token(fact.raw), ruling,
    )  # fmt: skip


ROWS = View[row.State](
    "row",
    {"id": "uuid", "batch": "text", "line": "int", "reasons": "jsonb", "columns": "jsonb", "code": "text", "name": "text",
     "raw": "jsonb", "ruling": "text"},
    ("id",), _row, "id", indexes=("(batch, line)",),
)  # fmt: skip

VIEWS = (ROWS,)
