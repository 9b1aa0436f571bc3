"""Tasks as tables, and who has them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from services.roster.domain import task
from shared.log.views import View


def _task(key: str, version: int, state: task.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, task.Task):
        told = state.setting
        yield (
            UUID(key),
            version,
            told.unit,
            told.title,
            told.content,
            told.due,
            told.on,
            str(state.stage),
            state.words,
            state.ended_on,
        )


def _member(key: str, _version: int, state: task.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, task.Task):
        yield from ((UUID(key), member) for member in dict.fromkeys(state.setting.members))


TASKS = View[task.State](
    "task",
    {
        "id": "uuid",
        "ver": "int",
        "unit": "text",
        "title": "text",
        "content": "text",
        "due": "date",
        "set_on": "date",
        "stage": "text",
        "words": "text",
        "ended_on": "date",
    },
    ("id",),
    _task,
    "id",
    indexes=("(unit, due)",),
)
MEMBERS = View[task.State](
    "task_member", {"task": "uuid", "member": "uuid"}, ("task", "member"), _member, "task", indexes=("(member)",)
)

VIEWS = (TASKS, MEMBERS)
