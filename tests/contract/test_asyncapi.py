"""The document of the facts is the catalogue's, whole, approved as a file, and true: every golden fact is what it says.

``GUIREN_APPROVE=1 pytest tests/contract/test_asyncapi.py`` writes it anew; the difference is read before it is committed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest

from shared.language.facts import CATALOGUE
from shared.log import asyncapi, bus

TYPES = sorted(CATALOGUE)
APPROVED = Path(__file__).parents[2] / "docs" / "facts.asyncapi.json"
EXAMPLES = {type_: orjson.loads((Path(__file__).parent / "golden" / f"{type_}.json").read_bytes()) for type_ in TYPES}
MADE = asyncapi.document(EXAMPLES)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def refs(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "$ref":
                yield value
            else:
                yield from refs(value)
    elif isinstance(part, list):
        for item in part:
            yield from refs(item)


def resolved(ref: str) -> Any:
    found: Any = MADE
    for step in ref.removeprefix("#/").split("/"):
        found = found[step]
    return found


def validator(type_: str) -> jsonschema_rs.Validator:
    payload = MADE["components"]["messages"][type_]["payload"]
    return jsonschema_rs.validator_for({**payload, "components": MADE["components"]}, validate_formats=True)


def test_it_is_the_approved_one() -> None:
    raw = orjson.dumps(MADE, option=orjson.OPT_INDENT_2) + b"\n"
    if os.environ.get("GUIREN_APPROVE"):
        APPROVED.write_bytes(raw)
    assert APPROVED.read_bytes() == raw


def test_every_reference_leads_somewhere() -> None:
    for ref in set(refs({key: value for key, value in MADE.items() if key != "examples"})):
        assert resolved(ref)


@pytest.mark.parametrize("type_", TYPES)
def test_a_fact_is_said_with_title_subject_and_example(type_: str) -> None:
    service, name, version = type_.split(".")
    channel = MADE["channels"][f"{service}.{name}"]
    assert channel["address"].format(district="520502") == bus.subject("520502", service, type_)
    assert resolved(channel["messages"][version]["$ref"])["title"] == CATALOGUE[type_].TITLE
    assert CHINESE.search(CATALOGUE[type_].TITLE)
    assert resolved(MADE["operations"][f"{service}-{name}"]["channel"]["$ref"]) is channel


@pytest.mark.parametrize("type_", TYPES)
def test_what_stands_in_a_log_is_what_it_says(type_: str) -> None:
    checked = validator(type_)
    checked.validate(EXAMPLES[type_])
    for field, schema in resolved(MADE["components"]["messages"][type_]["payload"]["allOf"][1]["properties"]["data"]["$ref"])[
        "properties"
    ].items():
        value = EXAMPLES[type_]["data"].get(field)
        if value is not None and "$ref" not in schema:
            wrong = {**EXAMPLES[type_], "data": {**EXAMPLES[type_]["data"], field: {"of another": ["shape"]}}}
            assert not checked.is_valid(wrong), f"{field} may be anything"


def test_no_two_facts_of_a_service_have_one_title() -> None:
    titles = [(type_.split(".")[0], fact.TITLE) for type_, fact in CATALOGUE.items()]
    assert len(titles) == len(set(titles))
