"""The view of surveys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args
from uuid import UUID

from services.visits.domain.survey import Drawn, State, Undrawn
from shared.language.states import States
from shared.log.views import View

STATES = States[Drawn](get_args(Drawn))


def _survey(key: str, version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if not isinstance(state, Undrawn):
        drawn = state.drawn
        sampled = sum(len(stratum.sample) for stratum in drawn.strata)
        yield (
            UUID(key),
            version,
            drawn.title,
            str(drawn.conductor),
            drawn.agency,
            drawn.on,
            drawn.population,
            sampled,
            len(state.answers),
            state.closed,
            STATES.written(state),
        )


SURVEYS = View[State](
    "survey",
    {
        "id": "uuid",
        "ver": "int",
        "title": "text",
        "conductor": "text",
        "agency": "text",
        "on_date": "date",
        "population": "int",
        "sampled": "int",
        "answered": "int",
        "closed": "bool",
        "state": "jsonb",
    },
    ("id",),
    _survey,
    "id",
    indexes=("(on_date)",),
    rule=STATES.shape,
)
