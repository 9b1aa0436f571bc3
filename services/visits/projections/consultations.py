"""The views of consultations: the meetings, the tasks they decided, and what they talked over."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson

from services.visits.domain.consultation import Confirmed, Held, State, There, Unheld
from shared.events.visits import ConsultationHeld, Decided
from shared.log.views import View


def written(state: There) -> str:
    """A state as JSON."""
    return orjson.dumps(
        {
            "told": state.told.model_dump(mode="json"),
            "decisions": [item.model_dump(mode="json") for item in state.decisions],
            "done": {str(no): words for no, words in sorted(state.done.items())},
            "confirmed": state.confirmed,
        }
    ).decode()


def read(text: str) -> There:
    """The state that ``written`` wrote."""
    kept: dict[str, Any] = orjson.loads(text)
    told = ConsultationHeld.model_validate(kept["told"])
    decisions = tuple(Decided.model_validate(item) for item in kept["decisions"])
    done = {int(no): str(words) for no, words in kept["done"].items()}
    return Confirmed(told, decisions, done) if kept["confirmed"] else Held(told, decisions, done)


def _meeting(key: str, version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if not isinstance(state, Unheld):
        told = state.told
        yield (
            UUID(key),
            version,
            told.unit,
            told.on,
            told.title,
            state.confirmed,
            len(state.decisions),
            len(state.done),
            written(state),
        )


def _tasks(key: str, _version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if not isinstance(state, Unheld):
        for item in state.decisions:
            done = item.no in state.done
            yield (
                UUID(key),
                item.no,
                state.told.unit,
                item.unit,
                item.member,
                item.due,
                done,
                item.content,
                state.done.get(item.no),
            )


def _subjects(key: str, _version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if not isinstance(state, Unheld):
        for kind, ids in (("visit", state.told.visits), ("ticket", state.told.tickets)):
            for id_ in dict.fromkeys(ids):
                yield UUID(key), kind, id_


CONSULTATIONS = View[State](
    "consultation",
    {
        "id": "uuid",
        "ver": "int",
        "unit": "text",
        "on_date": "date",
        "title": "text",
        "confirmed": "bool",
        "tasks": "int",
        "done": "int",
        "state": "jsonb",
    },
    ("id",),
    _meeting,
    "id",
    indexes=("(unit, on_date)",),
)
TASKS = View[State](
    "consultation_task",
    {
        "consultation": "uuid",
        "no": "int",
        "held_by": "text",
        "unit": "text",
        "member": "uuid",
        "due": "date",
        "done": "bool",
        "content": "text",
        "words": "text",
    },
    ("consultation", "no"),
    _tasks,
    "consultation",
    indexes=("(unit, due)",),
)
SUBJECTS = View[State](
    "consultation_subject",
    {"consultation": "uuid", "kind": "text", "subject": "uuid"},
    ("consultation", "kind", "subject"),
    _subjects,
    "consultation",
    indexes=("(subject)",),
)
