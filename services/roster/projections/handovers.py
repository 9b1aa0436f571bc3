"""Hand-overs as a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from services.roster.domain import handover
from shared.log.views import View


def _handover(key: str, version: int, state: handover.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, handover.Handover):
        told, signed = state.told, dict(state.signed)
        yield (
            UUID(key),
            version,
            told.unit,
            str(told.line),
            told.giver,
            told.taker,
            len(told.enterprises),
            told.on,
            told.document,
            told.note,
            str(state.stage),
            signed.get(told.giver),
            signed.get(told.taker),
            state.withdrawn.reason if state.withdrawn else "",
        )


HANDOVERS = View[handover.State](
    "handover",
    {
        "id": "uuid",
        "ver": "int",
        "unit": "text",
        "line": "text",
        "giver": "uuid",
        "taker": "uuid",
        "enterprises": "int",
        "on_date": "date",
        "document": "text",
        "note": "text",
        "stage": "text",
        "giver_signed": "date",
        "taker_signed": "date",
        "withdrawn_for": "text",
    },
    ("id",),
    _handover,
    "id",
    indexes=("(unit)", "(giver)", "(taker)"),
)

VIEWS = (HANDOVERS,)
