"""Every string of every fact says what it is: free text that is sealed, or why it may stand in clear."""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel
from support.samples import sample
from test_events import TYPES, body

from shared import freetext
from shared.events import CATALOGUE
from shared.freetext import Clear, mapped, texts


def strings(annotation: Any, marks: tuple[Any, ...] = (), at: str = "") -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Every string a type is made of, with its marks."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from strings(parts[0], parts[1:], at)
    elif annotation is str:
        yield at, marks
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            yield from strings(field.annotation, tuple(field.metadata), f"{at}.{name}")
    elif origin in (Union, UnionType, tuple, dict):
        for part in parts:
            yield from strings(part, (), at)


def says(marks: tuple[Any, ...]) -> bool:
    return sum(isinstance(mark, (Clear, freetext._Sealed)) for mark in marks) == 1  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize("type_", TYPES)
def test_no_string_of_a_fact_is_bare(type_: str) -> None:
    assert not [at for at, marks in strings(CATALOGUE[type_]) if not says(marks)], "free text, or clear for which reason?"


@pytest.mark.parametrize("type_", TYPES)
def test_all_free_text_of_a_fact_is_found_and_nothing_else(type_: str) -> None:
    """The walker that seals sees each of them, however deep it lies."""
    fact = sample(CATALOGUE[type_])
    free = {at for at, marks in strings(CATALOGUE[type_]) if any(isinstance(m, freetext._Sealed) for m in marks)}  # pyright: ignore[reportPrivateUsage]
    assert len(list(texts(fact))) == len(free)
    marked = mapped(fact, lambda _text: "〇")
    assert body(marked).decode().count("〇") == len(free)
    assert mapped(fact, lambda text: text) is fact


def test_the_reasons_are_told() -> None:
    assert all(len(kind.value) > 8 for kind in Clear)


def test_what_carries_most_about_people_is_sealed() -> None:
    """By name, so that no table can say otherwise in passing."""
    for type_, names in {
        "visits.visit-recorded.v1": {"note", "difficulties", "suggestions", "remark", "title", "demands.content"},
        "visits.demand-raised.v1": {"content"}, "issues.issue-reported.v1": {"content"}, "issues.call-taken.v1": {"content"},
        "issues.issue-resolved.v1": {"result", "reply"}, "issues.order-held.v1": {"content", "called", "reasons"},
        "issues.omission-suspected.v1": {"difficulties", "suggestions"}, "visits.visit-returned.v1": {"reason"},
        "roster.task-done.v1": {"result"}, "roster.correction-proposed.v1": {"reason"},
    }.items():  # fmt: skip
        free = {at.lstrip(".") for at, marks in strings(CATALOGUE[type_]) if any(isinstance(m, freetext._Sealed) for m in marks)}  # pyright: ignore[reportPrivateUsage]
        assert names <= free, type_
