"""Histories of other systems as a table: one row a ticket, with where it stands and what was counted (补录)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from services.issues.domain.history import State, Told
from shared.language import writing
from shared.log.views import View


def _rows(key: str, version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, Told):
        first, last = state.rows[0], state.last
        yield (
            UUID(key),
            version,
            last.source,
            last.no,
            writing.key(last.source),
            writing.key(last.no),
            last.status,
            str(last.stage),
            last.final,
            str(last.level),
            len(state.rows),
            state.escalations,
            state.hand_downs,
            state.reopenings,
            state.refused,
            first.at,
            last.at,
        )


HISTORIES = View[State](
    "history",
    {
        "id": "uuid",
        "ver": "int",
        "source": "text",
        "no": "text",
        "source_key": "text",
        "no_key": "text",
        "status": "text",
        "stage": "text",
        "final": "bool",
        "level": "text",
        "rows": "int",
        "escalations": "int",
        "hand_downs": "int",
        "reopenings": "int",
        "refused": "int",
        "first_at": "timestamptz",
        "last_at": "timestamptz",
    },
    ("id",),
    _rows,
    "id",
    unique=("(source, no)",),
    rule=writing.FORM,
)
