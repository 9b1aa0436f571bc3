"""Requests no reasonable client sends, and many that one would: made by Schemathesis from a service's OpenAPI document.

Schemathesis makes the cases (the same ones every time); they are sent here, on the loop the services live on. About half
of the ids, codes and accounts in them are then exchanged for those of a real district, so that more is tried than 404.
"""

from __future__ import annotations

import importlib
import io
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import UUID

import httpx
import hypothesis
import schemathesis
from fastapi import FastAPI
from PIL import Image
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi import checks

from shared.http.public import Limiter, Turnstile
from shared.http.service import Service

CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
_ENDLESS = 10**9
_REAL = 0.6
_ENDING = re.compile(r"/(end|release|void|revoke|retire|close|take-down|withdraw|dismiss|custody|change-standing)\b")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_UNITS = ("unit", "sub_unit", "department", "township", "to_unit")
_HELD = ("assignee", "leader", "member", "worker", "by", "handler", "reviewer", "specialist", "host", "attendees", "members")


def application(service: Service) -> FastAPI:
    """The service's application, whose public routes count nobody's requests."""
    app = service.app(*importlib.import_module(f"services.{service.name}.api").ROUTERS)
    app.state.turnstile = Turnstile(*(Limiter(_ENDLESS, _ENDLESS) for _ in range(5)))
    return app


def a_photo() -> bytes:
    """A small one, which is taken as evidence."""
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (20, 90, 160)).save(out, "JPEG")
    return out.getvalue()


@dataclass
class Known:
    """What really is there, by what a parameter or field may be called."""

    members: list[str] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)
    enterprises: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    collections: dict[str, list[str]] = field(default_factory=dict)
    """Ids by the first part of a path: a few that are there, a few that a ``PUT`` may bring about."""
    tokens: list[str] = field(default_factory=list)
    months: tuple[str, ...] = ("2026-09", "2026-08")
    photo: bytes = field(default_factory=a_photo)

    @property
    def digests(self) -> tuple[str, ...]:
        """Of the photo, and of nothing."""
        return sha256(self.photo).hexdigest(), "ab" * 32

    def of(self, name: str, collection: str) -> list[str]:
        """Values for a name as it stands in a path, in a query or in a body, on a path of this collection."""
        name = name.rstrip("_")
        match name:
            case "id":
                return self.collections.get(collection) or self.enterprises
            case "code":
                return self.codes if collection == "enterprises" else self.units
            case "account":
                return self.accounts
            case "unit" | "township" | "department" | "sub_unit" | "parent" | "to_unit" | "units" | "invited_units":
                return self.units
            case "enterprise" | "enterprises" | "invited":
                return self.enterprises
            case "year":
                return ["2026", "2027"]
            case "no":
                return ["1"]
            case "name":
                return ["industries", "places", "phones", "limits"] if collection == "mapping" else []
            case "key":
                return self.enterprises
            case "first" | "second":
                return list(self.digests)
            case "month":
                return list(self.months)
            case "token":
                return self.tokens
            case "sha256" | "photo":
                return list(self.digests)
            case _ if name in _HELD or name.endswith(("_by", "_worker", "_member")):
                return self.members
            case _:
                return self.collections.get(f"{name}s", [])


def operations(app: FastAPI) -> list[Any]:
    """All operations; those that bring something about first, those that end it last."""
    every = [result.ok() for result in schemathesis.openapi.from_dict(app.openapi()).get_all_operations()]
    # A stream of events never ends: it has tests of its own.
    found = [o for o in every if "text/event-stream" not in o.definition.raw["responses"].get("200", {}).get("content", {})]
    return sorted(found, key=lambda o: (_ENDING.search(o.path) is not None, o.method.upper() != "PUT", o.method.upper() == "GET"))


def cases(app: FastAPI, known: Known, each: int) -> Iterator[tuple[str, list[Case], list[Case]]]:
    """Every operation with the examples of the document, then ``each`` cases that fit it and half as many that don't."""
    for operation in operations(app):
        label = operation.label
        dice = random.Random(label)
        made = [
            *_drawn(operation, GenerationMode.POSITIVE, each),
            *_drawn(operation, GenerationMode.NEGATIVE, max(1, each // 2)),
        ]
        for case in made:
            _make_real(case, known, dice)
        yield label, examples(operation, known, dice), made


def _drawn(operation: Any, mode: GenerationMode, count: int) -> list[Case]:
    drawn: list[Case] = []

    @hypothesis.settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(operation.as_strategy(generation_mode=mode))
    def draw(case: Case) -> None:
        drawn.append(case)

    try:
        draw()
    except (hypothesis.errors.Unsatisfiable, hypothesis.errors.InvalidArgument):
        return []  # Nothing about this operation can be wrong.
    return drawn


def examples(operation: Any, known: Known, dice: random.Random) -> list[Case]:
    """The examples of the document, with real ids: they make what the other cases are about."""
    body = operation.definition.raw.get("requestBody", {}).get("content", {}).get("application/json", {})
    found: list[Case] = []
    if "application/octet-stream" in operation.definition.raw.get("requestBody", {}).get("content", {}):
        at = {
            p["name"]: (known.of(p["name"], _collection(operation.path)) or ["1"])[-1 if p["name"] == "id_" else 0]
            for p in operation.definition.raw.get("parameters", [])
            if p["in"] == "path"
        }
        made = operation.Case(path_parameters=at, body=known.photo, media_type="application/octet-stream")
        taken = {p["name"] for p in operation.definition.raw.get("parameters", []) if p["in"] == "query"}
        said = {"kind": "photo", "caption": "照片", "title": "照片", "size": str(len(known.photo))}
        made.query, made.headers = {name: text for name, text in said.items() if name in taken}, {"Upload-Offset": "0"}
        return [made]
    for example in body.get("examples", {}).values():
        path = {
            p["name"]: (known.of(p["name"], _collection(operation.path)) or ["1"])[0]
            for p in operation.definition.raw.get("parameters", [])
            if p["in"] == "path"
        }
        if "code" in path and "code" in example["value"]:
            path["code"] = example["value"]["code"]
        value = _replaced(json.loads(json.dumps(example["value"])), known, _collection(operation.path), dice, 1.0, "")
        found.append(operation.Case(path_parameters=path, body=value, media_type="application/json"))
    return found


def _collection(path: str) -> str:
    return path.strip("/").split("/", maxsplit=1)[0]


def _make_real(case: Case, known: Known, dice: random.Random) -> None:
    collection = _collection(case.operation.path)
    for part in (case.path_parameters, case.query):
        for name in list(part or {}):
            values = known.of(name, collection)
            if values and dice.random() < _REAL:
                part[name] = dice.choice(values)
    if case.media_type == "application/octet-stream" and dice.random() < _REAL:
        case.body = known.photo
    if isinstance(case.body, (dict, list)):
        case.body = _replaced(case.body, known, collection, dice, _REAL, "")


def _replaced(value: Any, known: Known, collection: str, dice: random.Random, chance: float, name: str) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(item, known, collection, dice, chance, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, known, collection, dice, chance, name) for item in value]
    if isinstance(value, str) and dice.random() < chance and (_is_id(value) or name in _UNITS):
        values = known.of(name, collection) or (known.enterprises if _is_id(value) else [])
        if name == "unit" and value in values and chance == 1.0:
            return value  # The example says a unit that is there.
        return dice.choice(values) if values else value
    return value


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


async def send(client: httpx.AsyncClient, case: Case) -> httpx.Response | None:
    """The case as a request. What no HTTP client can send is not sent."""
    wire = case.as_transport_kwargs(base_url=str(client.base_url))
    headers = {name: value for name, value in dict(wire.get("headers") or {}).items() if name.lower() != "authorization"}
    body = {name: wire[name] for name in ("json", "files") if wire.get(name) is not None}
    if wire.get("data") is not None:
        body["content" if isinstance(wire["data"], (bytes, str)) else "data"] = wire["data"]
    try:
        request = client.build_request(wire["method"], wire["url"], params=wire.get("params"), headers=headers, **body)
    except (httpx.InvalidURL, UnicodeError, ValueError, TypeError):
        return None
    return await client.send(request)


def wrong(case: Case, answer: httpx.Response) -> str | None:
    """What is wrong with an answer, as one line; nothing if it is as the document says."""
    try:
        case.validate_response(answer, checks=CHECKS)
    except BaseExceptionGroup as group:
        return " · ".join(_short(error) for error in group.exceptions)
    except Exception as error:  # noqa: BLE001  every failure of a check is one.
        return _short(error)
    if answer.headers.get("content-type") == "application/x-ndjson":
        last = answer.text.strip().rsplit("\n", 1)[-1]
        if '{"result"' not in last and '{"problem"' not in last:
            return f"lines of JSON that break off: {last[-200:]!r}"
    return refusal_wrong(answer)


def refusal_wrong(answer: httpx.Response) -> str | None:
    """A refusal is a problem document with a code, and a sentence people understand."""
    if answer.status_code < 400:
        return None
    if answer.headers.get("content-type") != "application/problem+json":
        return f"{answer.status_code} is no problem document: {answer.headers.get('content-type')}"
    if answer.request.method == "HEAD":
        return None
    said = answer.json()
    if said.get("status") != answer.status_code or not _CHINESE.search(said.get("title", "")):
        return f"a problem without a Chinese title or with another status: {answer.text[:200]}"
    if not str(said.get("type", "")).startswith("urn:guiren:problem:") and said.get("type") != "about:blank":
        return f"a problem without a code: {answer.text[:200]}"
    titles = [error.get("title", "") for error in said.get("errors", [])]
    if answer.status_code == 422 and [title for title in titles if not _CHINESE.search(title)]:
        return f"422 with errors that are not said in Chinese: {answer.text[:300]}"
    return None


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:400]


def like(case: Any, **other: Any) -> Any:
    """The same request with something in it exchanged."""
    parts = {"path_parameters": case.path_parameters, "body": case.body, "headers": case.headers, **other}
    return case.operation.Case(media_type=case.media_type, query=dict(case.query or {}), **parts)


def anywhere(case: Case, known: Known) -> Iterator[Any]:
    """The same request, and it again to everything else of its kind that is there: one of them may be at that stage."""
    yield case
    collection = case.operation.path.strip("/").split("/", maxsplit=1)[0]
    if "id_" in (parts := case.path_parameters or {}):
        for other in known.of("id", collection):
            if other != parts["id_"]:
                yield like(case, path_parameters={**parts, "id_": other})
