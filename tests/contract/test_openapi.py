"""The OpenAPI documents are good for whoever writes a client: every operation says what it is, who may, what comes and what not."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from shared.paper import MISSING
from shared.settings import Settings

SERVICES = ("roster", "visits", "issues", "reporting")
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
    """A bearer token everywhere, but nowhere under ``/public``."""
    if path.startswith("/public/"):
        assert "security" not in operation and "401" not in operation["responses"] and "429" in operation["responses"]
    else:
        assert operation["security"] == [{"HTTPBearer": []}]
        assert {"401", "403"} <= operation["responses"].keys()


def test_refusals_are_problem_documents(name: str, path: str, method: str, operation: dict[str, Any]) -> None:
    refused = {code: answer for code, answer in operation["responses"].items() if code >= "4"}
    assert {"404", "409", "422", "503"} <= refused.keys()
    for code, answer in refused.items():
        assert CHINESE.search(answer["description"]), code
        assert answer["content"] == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}, code


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


def test_operation_ids_are_unique(name: str, path: str, method: str, operation: dict[str, Any]) -> None:
    same = [item for item in operations() if item[0] == name and item[3]["operationId"] == operation["operationId"]]
    assert len(same) == 1


def test_what_prints_says_which_characters_it_lacks(name: str, path: str, method: str, operation: dict[str, Any]) -> None:
    """Every route that answers with pages made here (R17, R46), and no other; each is printed with 𠮷 in its own test."""
    prints = operation["operationId"] in ("print_plaque", "print_form", "print_dispatch", "get_package")
    told = operation["responses"].get("200", {})
    assert (MISSING in told.get("headers", {})) == prints
    assert not (path.endswith(".pdf") or "application/pdf" in told.get("content", {})) or prints
