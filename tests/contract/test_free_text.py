"""Every string of every fact says what it is: free text that is sealed, or why it may stand in clear."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel
from support.samples import sample
from test_events import TYPES, body

from shared.language import freetext
from shared.language.facts import CATALOGUE, Command
from shared.language.freetext import Clear, mapped, texts, without_numbers


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


NUMBER = "１３９-0077 0123"
KEPT = {Clear.CODE, Clear.PLATFORM}
"""Made by the platform or checked against a form: a digest may hold any digits."""


@pytest.mark.parametrize("type_", TYPES)
def test_no_number_stays_in_what_is_typed_in_clear(type_: str) -> None:
    """Whatever string of a fact a person can fill in: names, the register, grounds, references, what is published."""
    fact = sample(CATALOGUE[type_])
    typed = frozenset(Clear) - KEPT
    told = mapped(fact, lambda _text: f"某{NUMBER}(0857)8111000乙", typed)
    hidden = without_numbers(told)
    assert (hidden is told) is (told is fact)
    assert "0123" not in body(hidden).decode()
    assert "8111000" not in body(mapped(hidden, lambda _text: "", frozenset({Clear.PUBLISHED}))).decode()
    assert without_numbers(fact) is fact, "what holds none is the same fact"


PLAIN = {
    "account",
    "acting_for",
    "by",
    "calendar",
    "chosen",
    "code",
    "co_units",
    "channels",
    "currency",
    "device",
    "district",
    "email",
    "entries",
    "evidence",
    "field",
    "fields",
    "id",
    "if_answer",
    "if_question",
    "industries",
    "industry",
    "kind",
    "lead_office",
    "media_type",
    "month",
    "parent",
    "phash",
    "phone",
    "office_phone",
    "photo",
    "predecessors",
    "question",
    "role",
    "sha256",
    "sub_unit",
    "successors",
    "targets",
    "digest",
    "first",
    "second",
    "to_sub_unit",
    "to_unit",
    "token_sha256",
    "township",
    "unit",
    "units",
    "what",
    "enterprise_code",
    "size",
}
"""Codes that commands bring, checked against the register, a list, a form; a public office's own telephone."""


def commands(kind: type[Command] = Command) -> Iterator[type[Command]]:
    for one in kind.__subclasses__():
        yield one
        yield from commands(one)


def test_a_code_that_a_command_brings_is_one_that_is_checked() -> None:
    """A string that people type freely is no code, or a telephone number would stand in it."""
    codes: dict[str, set[str]] = {}
    for type_ in TYPES:
        for at, marks in strings(CATALOGUE[type_]):
            if Clear.CODE in marks and at.count(".") == 1:
                codes.setdefault(type_.partition(".")[0], set()).add(at[1:])
    for name in codes:
        for module in Path(f"services/{name}/domain").rglob("*.py"):
            import_module(".".join(module.with_suffix("").parts))
    typed = {
        (name, at[1:])
        for name, known in codes.items()
        for command in commands()
        if command.__module__.startswith(f"services.{name}.domain.")
        for at, _marks in strings(command)
        if at[1:] in known
    }
    generated = {("issues", "no")}
    assert not {(name, field) for name, field in typed if field not in PLAIN} - generated


def test_the_reasons_are_told() -> None:
    assert all(len(kind.value) > 8 for kind in Clear)


def test_what_carries_most_about_people_is_sealed() -> None:
    """By name, so that no table can say otherwise in passing."""
    for type_, names in {
        "visits.visit-recorded.v1": {"note", "difficulties", "suggestions", "remark", "title", "demands.content"},
        "visits.demand-raised.v1": {"content"},
        "issues.issue-reported.v1": {"content"},
        "issues.call-taken.v1": {"content"},
        "issues.issue-resolved.v1": {"result", "reply"},
        "issues.order-held.v1": {"content", "called", "reasons"},
        "issues.omission-suspected.v1": {"difficulties", "suggestions"},
        "visits.visit-returned.v1": {"reason"},
        "roster.task-done.v1": {"result"},
        "roster.correction-proposed.v1": {"reason"},
    }.items():
        free = {at.lstrip(".") for at, marks in strings(CATALOGUE[type_]) if any(isinstance(m, freetext._Sealed) for m in marks)}  # pyright: ignore[reportPrivateUsage]
        assert names <= free, type_
