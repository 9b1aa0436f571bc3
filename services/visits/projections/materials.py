"""The views of materials and of the one-map sheets handed out beside visits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from services.visits.domain import distribution
from services.visits.domain.material import Shelved, State
from shared.language.states import States
from shared.log.views import View

STATES = States[Shelved]((Shelved,))


def _material(key: str, version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, Shelved):
        told = state.told
        yield (
            UUID(key),
            version,
            told.unit,
            str(told.kind),
            told.title,
            len(state.versions),
            state.current,
            len(state.uses),
            STATES.written(state),
        )


def _given(key: str, version: int, state: distribution.State) -> Iterable[tuple[Any, ...]]:
    if not isinstance(state, distribution.Untold):
        told = state.told
        yield (
            UUID(key),
            version,
            told.unit,
            told.on,
            f"{told.on:%Y-%m}",
            str(told.occasion),
            told.event,
            told.copies,
            told.material,
            told.edition,
            state.valid,
        )


MATERIALS = View[State](
    "material",
    {
        "id": "uuid",
        "ver": "int",
        "unit": "text",
        "kind": "text",
        "title": "text",
        "versions": "int",
        "current": "int",
        "uses": "int",
        "state": "jsonb",
    },
    ("id",),
    _material,
    "id",
    indexes=("(kind, unit)",),
    rule=STATES.shape,
)
DISTRIBUTIONS = View[distribution.State](
    "distribution",
    {
        "id": "uuid",
        "ver": "int",
        "unit": "text",
        "on_date": "date",
        "month": "text",
        "occasion": "text",
        "event": "text",
        "copies": "int",
        "material": "uuid",
        "edition": "int",
        "valid": "bool",
    },
    ("id",),
    _given,
    "id",
    indexes=("(month, unit)",),
)
