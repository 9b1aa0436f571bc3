"""The OpenAPI document as a client's developer needs it: refusals as problem documents, and only those a route can give.

FastAPI writes what routes declare; this adds what all of them have in common, and an example of every request.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from shared import problems
from shared.examples import example
from shared.problems import Problem

_PLACE = "#/components/schemas/"
_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
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
_ALWAYS: tuple[type[Problem], ...] = (problems.Malformed, problems.Unavailable)
_OF_CALLERS: tuple[type[Problem], ...] = (problems.Unauthenticated, problems.Forbidden)
_OF_CHANGES: tuple[type[Problem], ...] = (problems.Refused, problems.Stale, problems.VersionMissing)
_OF_BODIES: tuple[type[Problem], ...] = (problems.TooLarge, problems.TooSlow)
_OF_EVERYBODY: tuple[type[Problem], ...] = (problems.Forbidden, problems.TooMany)
_READING = ("get", "head")
_PARAMETRIZED = re.compile(rb'(?<=["/])([A-Za-z]+)_([A-Za-z]+)_"')


def document(app: FastAPI, examples: Mapping[str, Any]) -> dict[str, Any]:
    """The document of an application. ``examples`` are bodies by operation id."""
    made = get_openapi(title=app.title, version=app.version, routes=app.routes, servers=app.servers)
    made = _readable_names(made)
    schemas: dict[str, Any] = made.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = _PROBLEM
    for operations in made["paths"].values():
        for method, operation in operations.items():
            _refusals(operation, method, public=not operation.get("security"))
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if body is not None:
                value = examples[name] if (name := operation["operationId"]) in examples else example(body["schema"], schemas)
                body["examples"] = {"例": {"summary": operation["summary"], "value": value}}
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return _plainly_named(made)


_GENERIC = re.compile(r"([A-Z][A-Za-z0-9]*)_([A-Z][A-Za-z0-9]*)_")


def _plainly_named(made: dict[str, Any]) -> dict[str, Any]:
    """The document with ``PageOfVisitRow`` where pydantic says ``Page_VisitRow_``: a name that is one in every language."""
    schemas: dict[str, Any] = made["components"]["schemas"]
    renamed = {old: f"{hit[1]}Of{hit[2]}" for old in schemas if (hit := _GENERIC.fullmatch(old))}
    made["components"]["schemas"] = {renamed.get(name, name): schema for name, schema in schemas.items()}
    references = {f"{_PLACE}{old}": f"{_PLACE}{new}" for old, new in renamed.items()}
    return _with(made, references)


def _with(part: Any, references: Mapping[str, str]) -> Any:
    if isinstance(part, dict):
        whole: dict[str, Any] = part
        return {
            name: references.get(value, value) if name == "$ref" else _with(value, references) for name, value in whole.items()
        }
    return [_with(item, references) for item in part] if isinstance(part, list) else part  # pyright: ignore[reportUnknownVariableType]


def _readable_names(made: dict[str, Any]) -> dict[str, Any]:
    """The document with ``PageOfVisitRow`` for ``Page_VisitRow_``, as models with a parameter are called by default."""
    return orjson.loads(_PARAMETRIZED.sub(rb'\1Of\2"', orjson.dumps(made)))


def _refusals(operation: dict[str, Any], method: str, *, public: bool) -> None:
    """What this route can refuse with. Reading can be refused by the rules too, and name what is not there in a query."""
    kinds = [*_ALWAYS, *(_OF_EVERYBODY if public else _OF_CALLERS), problems.Refused, problems.Unknown]
    kinds += [] if method in _READING else [*_OF_CHANGES]
    kinds += _OF_BODIES if "requestBody" in operation else ()
    declared = {code: answer for code, answer in operation["responses"].items() if code < "4"}
    if "201" in declared and "200" not in declared:  # What was said before is answered again, and makes nothing new.
        declared = {"200": {**declared["201"], "description": "此前已办理,再次答复"}, **declared}
    if "202" in declared and "content" not in declared["202"]:  # What waits for a second person has the same shape.
        declared["202"] = {**declared["200"], "description": declared["202"]["description"]}
    if method == "head":
        declared = {code: {"description": answer["description"]} for code, answer in declared.items()}
    refused = {str(kind.status): {"description": kind.title, "content": _CONTENT} for kind in kinds}
    operation["responses"] = {**declared, **dict(sorted(refused.items()))}
