"""What stands in logs is for ever: a golden file for every event version, names in pairs, refusals explained.

A new event version gets its golden file with ``GUIREN_APPROVE=1 pytest tests/contract``; a file that is there is never
written again.
"""

from __future__ import annotations

import ast
import importlib
import os
import pkgutil
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import orjson
import pytest
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError
from support.samples import sample

import services
import shared.events
from shared.language.facts import CATALOGUE, Command, Fact, UnknownFact, decode, encode
from shared.language.personal import Personal
from shared.language.problems import PROBLEMS

for package in (shared.events, services):
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)

GOLDEN = Path(__file__).parent / "golden"
TYPES = sorted(CATALOGUE)
SERVICES = ("roster", "visits", "issues", "reporting")


def body(fact: Fact) -> bytes:
    return encode(
        fact,
        event_id=UUID("5205020a-0000-7000-8000-000000000003"),
        source="/520502/" + fact.TYPE.split(".")[0],
        subject="stream/key",
        happened=datetime(2026, 8, 27, 9, 30, tzinfo=UTC),
        actor={"id": "5205020a-0000-7000-8000-000000000004", "role": "worker", "unit": "T01"},
        links={"correlationid": "c", "causationid": "d", "traceparent": ""},
    )


def annotations(annotation: Any) -> list[Any]:
    """A type and all it is made of."""
    parts = [annotation]
    for part in get_args(annotation):
        parts += annotations(part)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for field in annotation.model_fields.values():
            parts += annotations(field.annotation)
    return parts


@pytest.mark.parametrize("type_", TYPES)
def test_every_event_ever_written_can_still_be_read(type_: str) -> None:
    path = GOLDEN / f"{type_}.json"
    if not path.exists() and os.environ.get("GUIREN_APPROVE"):
        path.write_bytes(body(sample(CATALOGUE[type_])) + b"\n")
    assert path.exists(), f"{type_} has no golden file: look at it and run with GUIREN_APPROVE=1"
    raw = path.read_bytes().rstrip(b"\n")
    envelope = orjson.loads(raw)
    assert orjson.dumps(envelope, option=orjson.OPT_SORT_KEYS) == raw, "canonical"
    assert envelope["type"] == type_
    fact = decode(type_, raw)
    again = orjson.loads(body(fact))
    assert {key: value for key, value in again.items() if key != "data"} == {k: v for k, v in envelope.items() if k != "data"}
    lost = {key for key, value in envelope["data"].items() if again["data"].get(key) != value}
    assert not lost, f"what stood in {lost} reads otherwise now: that is a new version"


def test_no_event_version_is_ever_forgotten() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(TYPES)


@pytest.mark.parametrize("type_", TYPES)
def test_a_fact_goes_into_bytes_and_back(type_: str) -> None:
    fact = sample(CATALOGUE[type_])
    assert decode(type_, body(fact)) == fact
    assert body(decode(type_, body(fact))) == body(fact)


@pytest.mark.parametrize("type_", TYPES)
def test_a_fact_holds_no_float_and_is_frozen(type_: str) -> None:
    model = CATALOGUE[type_]
    assert float not in annotations(model)
    assert Any not in annotations(model)
    fact = sample(model)
    with pytest.raises(ValidationError):
        setattr(fact, next(iter(model.model_fields)), None)


@pytest.mark.parametrize("type_", TYPES)
def test_the_stored_name_is_the_class_in_kebab_case(type_: str) -> None:
    model = CATALOGUE[type_]
    service, name, version = type_.split(".")
    assert service in SERVICES
    assert model.__module__ == f"shared.events.{service}"
    kebab = re.sub(r"(?<!^)(?=[A-Z])", "-", model.__name__).lower()
    assert re.fullmatch(rf"{name}(-?{version})?", kebab)
    assert re.fullmatch(r"v[1-9]\d*", version)


def test_commands_are_verb_and_noun_and_facts_noun_and_verb() -> None:
    """Every fact that a decider makes answers to a command whose verb it carries."""
    commands = {kind.__name__ for kind in _subclasses(Command) if kind.__module__.startswith("services.")}
    assert commands
    words = {name: re.findall(r"[A-Z][a-z]+", name) for name in commands | {model.__name__ for model in CATALOGUE.values()}}
    assert all(len(parts) >= 1 for parts in words.values())
    past = re.compile(
        r"(ed|Set|Sent|Begun|Lost|Put|Given|Told|Chosen|Hung|Taken|Held|Upheld|Drawn|Made|Done|Found|Heard|Shown|Withdrawn)$"
    )
    assert not [m.__name__ for m in CATALOGUE.values() if not any(past.search(word) for word in words[m.__name__])]
    assert not [
        name
        for name in commands - {"Particulars"}
        if past.search(words[name][0]) and words[name][0] not in ("Need", "Set", "Put")
    ]


def _subclasses(kind: type) -> set[type]:
    return {kind, *(below for sub in kind.__subclasses__() for below in _subclasses(sub))} - {Command}


def test_an_unknown_type_stops_whoever_reads_it() -> None:
    with pytest.raises(UnknownFact):
        decode("roster.unit-enchanted.v1", b"{}")
    known = TYPES[0]
    with pytest.raises(UnknownFact):
        decode(known.replace(".v1", ".v999"), body(sample(CATALOGUE[known])))


def test_a_type_is_written_once() -> None:
    with pytest.raises(TypeError, match="two facts"):
        type("Twin", (Fact,), {"__module__": __name__}, type=TYPES[0])


def test_a_field_of_the_future_is_passed_over_by_old_readers() -> None:
    for type_ in TYPES:
        envelope = orjson.loads(body(sample(CATALOGUE[type_])))
        envelope["data"]["a_field_of_the_future"] = 1
        assert decode(type_, orjson.dumps(envelope)) == sample(CATALOGUE[type_])


@pytest.mark.parametrize("type_", [t for t in TYPES if Personal in annotations(CATALOGUE[t])])
def test_a_clear_personal_datum_can_not_be_written_down(type_: str) -> None:
    fact = sample(CATALOGUE[type_])
    name = next(key for key, field in type(fact).model_fields.items() if Personal in annotations(field.annotation))
    clear = fact.model_copy(update={name: Personal("王小明", UUID(int=1))})
    with pytest.raises(PydanticSerializationError):
        body(clear)
    with pytest.raises(PydanticSerializationError):
        clear.model_dump_json()
    assert "王小明" not in repr(clear)
    assert "王小明" not in str(clear)


@pytest.mark.parametrize("code", sorted(PROBLEMS))
def test_every_refusal_has_its_rule_and_a_chinese_title(code: str) -> None:
    kind = PROBLEMS[code]
    assert kind.code() == code
    assert "__doc__" in vars(kind)
    assert (kind.__doc__ or "").strip()
    assert re.search(r"[\u4e00-\u9fff]", kind.title)
    assert kind.status in (401, 403, 404, 408, 409, 412, 413, 415, 422, 428, 429, 503)
    assert kind().document() == {"type": f"urn:guiren:problem:{code}", "title": kind.title, "status": kind.status}


def test_no_two_refusals_share_a_code() -> None:
    """A second class of the same name would hide the first in the catalogue."""
    names: dict[str, list[str]] = {}
    root = Path(__file__).parents[2]
    bases = {kind.__name__ for kind in PROBLEMS.values()} | {"Problem"}
    for path in [p for top in ("shared", "services") for p in sorted((root / top).rglob("*.py"))]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and any(isinstance(b, ast.Name) and b.id in bases for b in node.bases):
                service = path.relative_to(root).parts[1] if "services" in path.parts else "shared"
                names.setdefault(f"{service}/{node.name}", []).append(str(path.relative_to(root)))
    assert not {name: places for name, places in names.items() if len(places) > 1}
