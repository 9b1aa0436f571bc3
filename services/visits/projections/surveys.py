"""The view of surveys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson

from services.visits.domain.survey import Closed, Drawn, Open, State, Undrawn
from shared.events.visits import Answered, SurveyDrawn
from shared.log.views import View


def written(state: Drawn) -> str:
    """A state as JSON."""
    return orjson.dumps(
        {
            "drawn": state.drawn.model_dump(mode="json"),
            "answers": [item.model_dump(mode="json") for _, item in sorted(state.answers.items())],
            "closed": state.note if isinstance(state, Closed) else None,
        }
    ).decode()


def read(text: str) -> Drawn:
    """The state that ``written`` wrote."""
    kept: dict[str, Any] = orjson.loads(text)
    drawn = SurveyDrawn.model_validate(kept["drawn"])
    answers = {item["code"]: Answered.model_validate(item) for item in kept["answers"]}
    return Open(drawn, answers) if kept["closed"] is None else Closed(drawn, answers, kept["closed"])


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
            written(state),
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
)
