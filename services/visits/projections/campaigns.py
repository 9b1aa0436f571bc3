"""The views of publicity: plans, and what appeared where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args
from uuid import UUID

from services.visits.domain.campaign import Running, State, There, Unplanned
from shared.language.states import States
from shared.log.views import View

STATES = States[There](get_args(There))


def _campaign(key: str, version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if not isinstance(state, Unplanned):
        told = state.told
        launched = state.launch.on if isinstance(state, Running) and state.launch else None
        yield (
            UUID(key),
            version,
            told.unit,
            told.line and str(told.line),
            told.title,
            told.starts,
            told.ends,
            str(state.stage),
            launched,
            STATES.written(state),
        )


def _uses(key: str, _version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, Running):
        alive = {item.no: item.alive for item in state.checks}
        for item in state.log:
            yield (
                UUID(key),
                item.no,
                state.told.unit,
                str(item.channel),
                item.on,
                f"{item.on:%Y-%m}",
                item.title,
                item.link,
                item.photo,
                item.reach,
                alive.get(item.no),
            )


CAMPAIGNS = View[State](
    "campaign",
    {
        "id": "uuid",
        "ver": "int",
        "unit": "text",
        "line": "text",
        "title": "text",
        "starts": "date",
        "ends": "date",
        "stage": "text",
        "launched_on": "date",
        "state": "jsonb",
    },
    ("id",),
    _campaign,
    "id",
    indexes=("(unit, starts)",),
    rule=STATES.shape,
)
CHANNELS = View[State](
    "channel_use",
    {
        "campaign": "uuid",
        "no": "int",
        "unit": "text",
        "channel": "text",
        "on_date": "date",
        "month": "text",
        "title": "text",
        "link": "text",
        "photo": "text",
        "reach": "bigint",
        "alive": "bool",
    },
    ("campaign", "no"),
    _uses,
    "campaign",
    indexes=("(month, unit)",),
)
