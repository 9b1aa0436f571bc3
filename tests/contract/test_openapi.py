"""The OpenAPI documents are good for whoever writes a client: every operation says what it is, who may, what comes and what not."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from shared.http import labels
from shared.paper.prints import MISSING
from shared.settings import Settings

SERVICES = ("roster", "visits", "issues", "reporting")
"""The services all of whose answers have a name. Of another those have it whose module of ``api`` uses its room ``queries``."""
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def document(name: str) -> dict[str, Any]:
    service = importlib.import_module(f"services.{name}.app").build(Settings())
    return service.app(*importlib.import_module(f"services.{name}.api").ROUTERS).openapi()


DOCUMENTS = {name: document(name) for name in SERVICES}


def operations() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    for name, made in DOCUMENTS.items():
        for path, methods in made["paths"].items():
            for method, operation in methods.items():
                yield name, path, method, operation


OPERATIONS = [pytest.param(*item, id=f"{item[0]} {item[2].upper()} {item[1]}") for item in operations()]
pytestmark = pytest.mark.parametrize(("name", "path", "method", "operation"), OPERATIONS)


def test_it_says_what_it_is(name: str, path: str, method: str, operation: dict[str, Any]) -> None:
    assert CHINESE.search(operation["summary"]), "no Chinese summary"
    assert re.fullmatch(r"[a-z][a-z0-9_]+", operation["operationId"])
    assert len(operation["tags"]) == 1 and CHINESE.search(operation["tags"][0])
    assert operation.get("description") or len(operation["summary"]) <= 30


def test_who_may_is_said(name: str, path: str, method: str, operation: dict[str, Any]) -> None:
    """A bearer token everywhere, but nowhere under ``/public``, and for the table of labels."""
    if path.startswith("/public/") or path == "/terms":
        assert "security" not in operation and "401" not in operation["responses"] and "429" in operation["responses"]
    else:
        assert operation["security"] == [{"HTTPBearer": []}]
        assert {"401", "403"} <= operation["responses"].keys()


def test_refusals_are_problem_documents(name: str, path: str, method: str, operation: dict[str, Any]) -> None:
    """Each with its sentence; which ones they are is looked at in test_refusals."""
    refused = {code: answer for code, answer in operation["responses"].items() if code >= "4"}
    assert {"422", "503"} <= refused.keys()
    problem = jsonschema_rs.Draft202012Validator(DOCUMENTS[name]["components"]["schemas"]["Problem"])
    for code, answer in refused.items():
        assert CHINESE.search(answer["description"]), code
        assert answer["content"].keys() == {"application/problem+json"}, code
        content = answer["content"]["application/problem+json"]
        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}, code
        for example in content["examples"].values():
            problem.validate(example["value"])
            assert str(example["value"]["status"]) == code and CHINESE.search(example["summary"])


def test_every_request_has_an_example_that_fits(name: str, path: str, method: str, operation: dict[str, Any]) -> None:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is None or path == "/calendar/{year}/import":
        return  # Its body is a file.
    schema = {**body["schema"], "components": DOCUMENTS[name]["components"]}
    assert body["examples"]
    for example in body["examples"].values():
        jsonschema_rs.Draft202012Validator(schema).validate(example["value"])


def test_parameters_are_bounded(name: str, path: str, method: str, operation: dict[str, Any]) -> None:
    """No text of any length, no number of any size in a path, a query or a header."""
    for parameter in operation.get("parameters", ()):
        schema = parameter["schema"]
        for part in schema.get("anyOf", [schema]):
            if part.get("type") == "string":
                assert {"maxLength", "pattern", "format", "enum", "const"} & part.keys(), parameter["name"]
            elif part.get("type") == "integer":
                assert {"maximum", "exclusiveMaximum"} & part.keys(), parameter["name"]
            elif part.get("type") == "array":
                assert "maxItems" in part, parameter["name"]


def answered(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What comes with each 2xx, by media type."""
    for code, answer in operation["responses"].items():
        if code < "3":
            yield from ((code, {kind: told}) for kind, told in answer.get("content", {None: {}}).items())


def check_names(name: str, method: str, operation: dict[str, Any]) -> None:
    """What an operation answers is a model with a name, down to its last field."""
    for code, content in answered(operation):
        for kind, told in content.items():
            if kind == "application/json":
                assert told["schema"].keys() == {"$ref"}, f"{code}: {told['schema']}"
                closed(DOCUMENTS[name], told["schema"]["$ref"], set())
            else:
                assert kind or code == "204" or method == "head", f"{code} does not say what it is"


def test_every_answer_has_a_name(name: str, path: str, method: str, operation: dict[str, Any]) -> None:
    """And nothing in it is open: a client that is generated from the document knows every field, its unit and its type."""
    check_names(name, method, operation)


def closed(whole: dict[str, Any], reference: str, seen: set[str]) -> None:
    """Every field of a component, and of those it is made of, has a type and says in Chinese what it holds."""
    if reference in seen:
        return
    seen.add(reference)
    component = reference.rpartition("/")[2]
    assert re.fullmatch(r"[A-Z][A-Za-z0-9]*", component), f"two models are called {component}"
    schema = whole["components"]["schemas"][component]
    for field, told in schema.get("properties", {}).items():
        assert CHINESE.search(told.get("description", "")), f"{component}.{field} does not say what it is"
        typed(whole, told, f"{component}.{field}", seen)
    if "properties" not in schema:
        typed(whole, schema, component, seen)


def typed(whole: dict[str, Any], schema: dict[str, Any], where: str, seen: set[str]) -> None:
    """A schema that leaves nothing open."""
    if "$ref" in schema:
        closed(whole, schema["$ref"], seen)
        return
    for part in (parts := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf") or ()):
        typed(whole, part, where, seen)
    if parts or "const" in schema or "enum" in schema:
        return
    assert schema.get("type"), f"{where} may be anything"
    if schema["type"] == "array":
        assert schema.get("items"), f"{where} is a list of anything"
        typed(whole, schema["items"], where, seen)
    elif schema["type"] == "object":
        inner = schema.get("additionalProperties")
        assert isinstance(inner, dict), f"{where} is an open object"
        assert inner, f"{where} is a map of anything"
        typed(whole, inner, where, seen)


def test_every_enumeration_has_its_labels_in_the_table(name: str, path: str, method: str, operation: dict[str, Any]) -> None:
    """Every labelled enumeration of the document stands in ``GET /terms``, under the same name and with the same values."""
    if path != "/terms":
        return
    table, kinds = labels.known_to(name).terms, labels.kinds_of(name)
    assert len(table) == len(kinds) > 20, "two enumerations have one name"
    assert all(CHINESE.search(label) or label.isupper() for values in table.values() for label in values.values())
    written = {c: schema["enum"] for c, schema in DOCUMENTS[name]["components"]["schemas"].items() if "enum" in schema}
    for component, values in written.items():
        assert component in table, f"{component} has no labels"
        assert values == list(table[component]), component


def test_operation_ids_are_unique(name: str, path: str, method: str, operation: dict[str, Any]) -> None:
    same = [item for item in operations() if item[0] == name and item[3]["operationId"] == operation["operationId"]]
    assert len(same) == 1


def test_what_prints_says_which_characters_it_lacks(name: str, path: str, method: str, operation: dict[str, Any]) -> None:
    """Every route that answers with pages made here (R17, R46), and no other; each is printed with 𠮷 in its own test."""
    prints = operation["operationId"] in ("print_plaque", "print_form", "print_dispatch", "get_package")
    told = operation["responses"].get("200", {})
    assert (MISSING in told.get("headers", {})) == prints
    only_pdf = list(told.get("content", {})) == ["application/pdf"]  # A stored file may be one too, beside other kinds.
    assert not (path.endswith(".pdf") or only_pdf) or prints
