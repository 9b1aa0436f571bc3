"""Questionnaires, polls, and who has answered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from services.visits.domain import poll, questionnaire
from shared.log.views import View


def _questionnaire(key: str, version: int, state: questionnaire.State) -> Iterable[tuple[Any, ...]]:
    if not isinstance(state, questionnaire.Undefined):
        newest, published = state.versions.newest, state.versions.published
        stage = type(state).__name__.lower()
        yield UUID(key), version, newest.title, stage, newest.no, published[-1].no if published else None, len(newest.questions)


def _poll(key: str, version: int, state: poll.State) -> Iterable[tuple[Any, ...]]:
    if not isinstance(state, poll.Unopened):
        fact = state.fact
        yield (
            UUID(key),
            version,
            fact.title,
            fact.questionnaire,
            fact.no,
            fact.begins_on,
            fact.ends_on,
            isinstance(state, poll.Closed),
        )


def _response(key: str, _version: int, state: poll.Response) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, poll.Given):
        fact = state.fact
        yield UUID(key), fact.poll, fact.enterprise.id, fact.link, fact.asked, fact.answered, fact.on


QUESTIONNAIRES = View[questionnaire.State](
    "questionnaire",
    {
        "id": "uuid",
        "ver": "int",
        "title": "text",
        "stage": "text",
        "newest": "int",
        "published": "int",
        "questions": "int",
    },
    ("id",),
    _questionnaire,
    "id",
)
POLLS = View[poll.State](
    "poll",
    {
        "id": "uuid",
        "ver": "int",
        "title": "text",
        "questionnaire": "uuid",
        "no": "int",
        "begins_on": "date",
        "ends_on": "date",
        "closed": "bool",
    },
    ("id",),
    _poll,
    "id",
)
RESPONSES = View[poll.Response](
    "response",
    {
        "visit": "uuid",
        "poll": "uuid",
        "enterprise": "uuid",
        "link": "uuid",
        "asked": "int",
        "answered": "int",
        "on_date": "date",
    },
    ("visit",),
    _response,
    "visit",
    indexes=("(poll, enterprise)",),
)
