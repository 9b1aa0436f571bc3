"""Rows that an import set aside, as a table. Nothing of a cell stands in it in clear."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson

from services.roster.domain import row
from services.roster.projections.sealed import token
from shared.log.views import View


def _row(key: str, _version: int, state: row.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, row.Nothing):
        return
    fact = state.fact
    match state:
        case row.Waiting():
            ruling = None
        case row.Dismissed(reason=ruling):
            pass
        case row.Repaired():
            ruling = "后来的登记数据已更正"
    doubts = [doubt.model_dump() for doubt in fact.doubts]
    yield (
        UUID(key),
        fact.batch,
        fact.row,
        orjson.dumps(doubts).decode(),
        orjson.dumps(list(fact.columns)).decode(),
        fact.code,
        token(fact.raw),
        ruling,
    )


ROWS = View[row.State](
    "row",
    {
        "id": "uuid",
        "batch": "text",
        "line": "int",
        "doubts": "jsonb",
        "columns": "jsonb",
        "code": "text",
        "raw": "jsonb",
        "ruling": "text",
    },
    ("id",),
    _row,
    "id",
    indexes=("(batch, line)", "(code)"),
)

VIEWS = (ROWS,)
