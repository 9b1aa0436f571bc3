"""The views of consultations: the meetings, the tasks they decided, and what they talked over."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args
from uuid import UUID

from services.visits.domain.consultation import State, There, Unheld
from shared.language.states import States
from shared.log.views import View

STATES = States[There](get_args(There))


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
            STATES.written(state),
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
    rule=STATES.shape,
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
