"""What enterprises said themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from services.visits.domain.feedback import Alleged, State, Unsaid
from shared.log.views import View


def _feedback(key: str, version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, Unsaid):
        return
    fact = state.fact
    alleged = isinstance(state, Alleged)
    yield (
        UUID(key),
        version,
        "allegation" if alleged else "demand",
        fact.enterprise.id,
        fact.enterprise.name,
        fact.on,
        state.fact.visit if alleged else None,
        None if alleged else state.fact.unit,
        fact.model_dump_json(),
    )


FEEDBACK = View[State](
    "feedback",
    {
        "id": "uuid",
        "ver": "int",
        "kind": "text",
        "enterprise": "uuid",
        "enterprise_name": "text",
        "on_date": "date",
        "visit": "uuid",
        "unit": "text",
        "fact": "jsonb",
    },
    ("id",),
    _feedback,
    "id",
    indexes=("(kind, on_date, id)",),
)
