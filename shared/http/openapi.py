"""The OpenAPI document as a client's developer needs it: refusals as problem documents, and only those a route can give.

FastAPI writes what routes declare; this adds what all of them have in common, and an example of every request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from shared.http import people
from shared.http.examples import example
from shared.language import problems
from shared.language.problems import Problem

_PLACE = "#/components/schemas/"
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457。code 在 type 的末段,title 是给人看的中文句子;其余成员是事实。",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:guiren:problem:malformed"]},
        "title": {"type": "string", "minLength": 1, "examples": ["填写有误"]},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "title"],
                "properties": {"pointer": {"type": "string"}, "code": {"type": "string"}, "title": {"type": "string"}},
            },
        },
    },
    "additionalProperties": True,
}
_ALWAYS: tuple[type[Problem], ...] = (problems.Malformed, problems.Unavailable, problems.Unknown)
_OF_CALLERS: tuple[type[Problem], ...] = (
    problems.Unauthenticated,
    people.NobodyKnown,
    people.TokenIsRevoked,
    people.NoPostToday,
    problems.Forbidden,
)
_OF_VERSIONS: tuple[type[Problem], ...] = (problems.Stale, problems.VersionMissing)
_OF_BODIES: tuple[type[Problem], ...] = (problems.TooLarge, problems.TooSlow)
_OF_EVERYBODY: tuple[type[Problem], ...] = (problems.TooMany,)
_TEXT, _BYTES = {"type": "string"}, {"type": "string", "format": "binary"}
_READABLE = ("application/x-ndjson", "image/svg+xml")
"""Text that isn't called text."""
_PARAMETRIZED = re.compile(rb'(?<=["/])([A-Za-z]+)_([A-Za-z]+)_"')


Told = Mapping[str, Mapping[str, Sequence[str]]]
"""Refusals by operation id: each code with the facts it comes with."""


def refusals(package: str | None) -> Told:
    """What the operations of a service can refuse with: a file made from its code and approved (``tests/contract/test_refusals.py``)."""
    return json.loads(files(f"{package}.api").joinpath("refusals.json").read_text("utf-8"))


def document(app: FastAPI, examples: Mapping[str, Any], told: Told) -> dict[str, Any]:
    """The document of an application. ``examples`` are bodies by operation id."""
    made = get_openapi(title=app.title, version=app.version, routes=app.routes, servers=app.servers)
    made = _readable_names(made)
    schemas: dict[str, Any] = made.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = _PROBLEM
    for operations in made["paths"].values():
        for method, operation in operations.items():
            _files(operation)
            _refusals(operation, method, told.get(operation["operationId"], {}))
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if body is not None:
                value = examples[name] if (name := operation["operationId"]) in examples else example(body["schema"], schemas)
                body["examples"] = {"例": {"summary": operation["summary"], "value": value}}
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return made


def _readable_names(made: dict[str, Any]) -> dict[str, Any]:
    """The document with ``PageOfVisitRow`` for ``Page_VisitRow_``, as models with a parameter are called by default."""
    return orjson.loads(_PARAMETRIZED.sub(rb'\1Of\2"', orjson.dumps(made)))


def _files(operation: dict[str, Any]) -> None:
    """What is no JSON is text or bytes: without a word of it a generated client leaves the answer out."""
    for answer in operation["responses"].values():
        for kind, told in answer.get("content", {}).items():
            if "schema" not in told:
                told["schema"] = _TEXT if kind.startswith("text/") or kind in _READABLE else _BYTES


def _refusals(operation: dict[str, Any], method: str, told: Mapping[str, Sequence[str]]) -> None:
    """What this route can refuse with: what its code says, and what stands before every route of its kind."""
    kinds = [*_ALWAYS, *(_OF_CALLERS if operation.get("security") else _OF_EVERYBODY)]
    kinds += _OF_BODIES if "requestBody" in operation else ()
    if any(parameter["name"] == "If-Match" for parameter in operation.get("parameters", ())):
        kinds += _OF_VERSIONS
    by_status: dict[str, dict[str, Any]] = {}
    for kind in {**dict.fromkeys(kinds), **{problems.PROBLEMS[code]: None for code in told}}:
        by_status.setdefault(str(kind.status), {})[kind.code()] = _example(kind, told.get(kind.code(), ()))
    declared = {code: answer for code, answer in operation["responses"].items() if code < "4"}
    if "201" in declared and "200" not in declared:  # What was said before is answered again, and makes nothing new.
        declared = {"200": {**declared["201"], "description": "此前已办理,再次答复"}, **declared}
    if "202" in declared and "content" not in declared["202"]:  # What waits for a second person has the same shape.
        declared["202"] = {**declared["200"], "description": declared["202"]["description"]}
    if method == "head":
        declared = {code: {"description": answer["description"]} for code, answer in declared.items()}
    operation["responses"] = {**declared, **{status: _refused(kinds) for status, kinds in sorted(by_status.items())}}


def _refused(kinds: dict[str, Any]) -> dict[str, Any]:
    described = ";".join(dict.fromkeys(kind["summary"] for _, kind in sorted(kinds.items())))
    schema = {"schema": {"$ref": f"{_PLACE}Problem"}, "examples": dict(sorted(kinds.items()))}
    return {"description": described, "content": {"application/problem+json": schema}}


def _example(kind: type[Problem], facts: Sequence[str]) -> dict[str, Any]:
    """One refusal as a client meets it: its rule, its sentence, and which facts come with it."""
    rule = " ".join((kind.__doc__ or "").split())
    named = f"随附事实:{'、'.join(facts)}" if facts else ""
    value = {"type": f"urn:guiren:problem:{kind.code()}", "title": kind.title, "status": kind.status}
    return {"summary": kind.title, "description": "\n".join(filter(None, (named, rule))), "value": value}
