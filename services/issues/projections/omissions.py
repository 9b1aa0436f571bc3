"""疑似遗漏 as a table: one row a visit that was pointed at, with what it said and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson

from services.issues.domain.omission import Dismissed, Opened, State, Unsuspected, since
from shared.log.views import View


def _rows(key: str, version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, Unsuspected):
        return
    found = state.found
    yield (
        UUID(key),
        version,
        found.unit,
        found.enterprise.id,
        found.enterprise.code,
        found.enterprise.name,
        found.visited_on,
        str(found.mode),
        str(state.STAGE),
        found.difficulties,
        found.suggestions,
        orjson.dumps([clue.model_dump() for clue in found.clues]).decode(),
        since(state),
        state.ruling.ticket if isinstance(state, Opened) else None,
        state.ruling.reason if isinstance(state, Dismissed) else None,
        state.ruling.by if isinstance(state, Opened | Dismissed) else None,
    )


VIEWS = (
    View[State](
        "omission",
        {
            "visit": "uuid",
            "ver": "int",
            "unit": "text",
            "enterprise": "uuid",
            "enterprise_code": "text",
            "enterprise_name": "text",
            "visited_on": "date",
            "mode": "text",
            "stage": "text",
            "difficulties": "text",
            "suggestions": "text",
            "clues": "jsonb",
            "since": "date",
            "ticket": "uuid",
            "reason": "text",
            "ruled_by": "uuid",
        },
        ("visit",),
        _rows,
        "visit",
        indexes=("(unit, stage)", "(stage, visited_on, visit)"),
    ),
)
