"""Projects and their plaques as tables. A number hangs at one project at a time: a unique index sees to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from services.roster.domain import project
from services.roster.projections.sealed import token
from shared.events.roster import PlaqueHung
from shared.log.views import View


def _project(key: str, version: int, state: project.State) -> Iterable[tuple[Any, ...]]:
    if not isinstance(state, project.NoProject):
        yield UUID(key), version, state.fact.name, state.fact.enterprise, state.fact.on


def _plaque(key: str, _version: int, state: project.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, project.NoProject):
        return
    hung: list[tuple[PlaqueHung, Any, str]] = [(fact, end.on, end.reason) for fact, end in state.past]
    if isinstance(state, project.Plaqued):
        hung.append((state.plaque, None, ""))
    for turn, (fact, until, reason) in enumerate(hung, 1):
        yield (
            UUID(key),
            turn,
            fact.number,
            fact.leader,
            fact.contact,
            fact.office_phone,
            token(fact.token),
            fact.token_sha256,
            fact.on,
            until,
            reason,
        )


PROJECTS = View[project.State](
    "project",
    {"id": "uuid", "ver": "int", "name": "text", "enterprise": "uuid", "since": "date"},
    ("id",),
    _project,
    "id",
    indexes=("(enterprise)",),
)
PLAQUES = View[project.State](
    "plaque",
    {
        "project": "uuid",
        "turn": "int",
        "number": "text",
        "leader": "uuid",
        "contact": "uuid",
        "office_phone": "text",
        "token": "jsonb",
        "token_sha256": "text",
        "since": "date",
        "until": "date",
        "reason": "text",
    },
    ("project", "turn"),
    _plaque,
    "project",
    unique=("(number) where until is null", "(token_sha256)"),
)

VIEWS = (PROJECTS, PLAQUES)
