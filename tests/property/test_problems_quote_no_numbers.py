"""A refusal may quote what a record says (why it was voided, skipped, revoked): a number of a person's is masked in it, however it
is written and wherever it stands, and what only looks like one goes out as it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.language import problems
from shared.language.numbers import numbers
from shared.language.problems import PROBLEMS, Problem

NUMBERS = ("13800138000", "１３８００１３８０００", "138-0013-8000", "(0857)8222222", "0857－8222222", "522401199001011234")
SHAPES: tuple[Any, ...] = ("{}", ["{}"], ("{}",), {"words": "{}"}, [{"title": "{}"}])
PLAIN = (
    "2026-11-28T05:18:59.121818+08:00",
    "2026-11-28",
    "91520502MA0001077B",
    "QXG-202611-520502001-0021",
    "520502001-worker1",
    "520502001012",
    "tickets-from-visits-118",
    "a142ef0ac6464a1c96c5db36b139ed4381a87e78a82c5c35215f30ba686224d5",
)


def _filled(shape: Any, text: str) -> Any:
    match shape:
        case str():
            return shape.format(text)
        case Mapping():
            return {name: _filled(part, text) for name, part in shape.items()}
        case _:
            return type(shape)(_filled(part, text) for part in shape)


@pytest.mark.parametrize("kind", PROBLEMS.values(), ids=lambda kind: kind.__name__)
def test_no_refusal_quotes_a_number(kind: type[Problem]) -> None:
    for number in NUMBERS:
        for shape in SHAPES:
            made = kind.__new__(kind)
            made.facts = {"reason": _filled(shape, f"张三{number}已电话告知")}
            told = json.dumps(made.document()["reason"], ensure_ascii=False)
            assert number not in told and not list(numbers(told))
            assert "张三" in told and "已电话告知" in told


@given(st.uuids(version=4) | st.sampled_from(PLAIN) | st.integers() | st.dates() | st.none() | st.booleans())
def test_what_is_no_number_of_a_person_goes_out_as_it_is(fact: object) -> None:
    told = str(fact) if isinstance(fact, UUID) else fact
    assert problems.Refused(fact=told, among=[told]).document()["fact"] == told
