"""What every operation refuses in a request, whatever else it is about: from the applications' own routes, never a list."""

from __future__ import annotations

import importlib
import json
import tempfile
import time
import typing
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from support.fuzz import application

from deploy.keys import make_secrets
from shared.http.identity import Gatekeeper, Holder, issue
from shared.language.decider import Actor
from shared.language.terms import Role
from shared.settings import Settings

SERVICES = ("roster", "visits", "issues", "reporting")
APPS = {name: application(importlib.import_module(f"services.{name}.app").build(Settings())) for name in SERVICES}
KEYS = Path(tempfile.mkdtemp(prefix="guiren-keys-"))
make_secrets(KEYS)


async def _an_auditor(_pool: Any, holder: Holder, _today: date) -> Actor:
    return Actor(holder.member, "auditor", frozenset({Role.AUDITOR}))


for _app in APPS.values():  # They serve nobody; that somebody is known is all that the entrance asks.
    _app.state.service._gatekeeper = Gatekeeper(str(KEYS / "jwks.json"), "guiren-local", "guiren")
    _app.state.service.pool, _app.state.service.people = None, _an_auditor
WRITES = {"POST", "PUT", "PATCH", "DELETE"}
SECONDS = (0, 1_700_000_000, 1_700_000_000.5, "0", "1700000000", "1700000000.5", "-1", True)
"""What pydantic takes for seconds since 1970 unless it is told otherwise."""


def routes(name: str) -> Iterator[tuple[str, str, APIRoute]]:
    """Every operation of a service as it is served: method, path, route."""
    found: dict[tuple[str, str], APIRoute] = {}

    def walk(these: list[Any]) -> None:
        for route in these:
            if isinstance(route, APIRoute) and route.include_in_schema:
                found.update({(method, route.path): route for method in route.methods})
            else:
                inner = getattr(route, "original_router", None)
                walk(list(getattr(inner, "routes", ())))

    walk(list(APPS[name].routes))
    for (method, path), route in sorted(found.items()):
        yield method, path, route


OPERATIONS = [
    pytest.param(name, method, path, route, id=f"{name} {method} {path}")
    for name in SERVICES
    for method, path, route in routes(name)
]


def test_every_operation_of_the_documents_is_looked_at() -> None:
    told = {(n, m.upper(), p) for n, app in APPS.items() for p, made in app.openapi()["paths"].items() for m in made}
    assert told == {(item.values[0], item.values[1], item.values[2]) for item in OPERATIONS}


async def asked(name: str, method: str, path: str, **query: str) -> httpx.Response:
    transport = httpx.ASGITransport(APPS[name], raise_app_exceptions=False)
    claims = {"iss": "guiren-local", "aud": "guiren", "sub": "somebody"}
    token = issue(json.loads((KEYS / "signing-key").read_text()), claims, int(time.time()), 600)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://guiren", headers=headers) as client:
        return await client.request(method, path.replace("{", "").replace("}", ""), params=query)


@pytest.mark.parametrize(("name", "method", "path", "route"), OPERATIONS)
async def test_a_parameter_it_does_not_know_is_refused_by_name(name: str, method: str, path: str, route: APIRoute) -> None:
    answer = await asked(name, method, path, mounth="2026-09")
    assert answer.status_code == 422, answer.text
    if method != "HEAD":
        assert answer.json()["errors"] == [{"pointer": "/query/mounth", "code": "unknown", "title": "没有这个参数:mounth"}]


@pytest.mark.parametrize(("name", "method", "path", "route"), [item for item in OPERATIONS if item.values[1] in WRITES])
async def test_no_write_takes_an_instant(name: str, method: str, path: str, route: APIRoute) -> None:
    """What is filed, signed, changed is so now: nobody chooses the moment it is judged by."""
    for word in ("as_of", "at", "now", "cut"):
        answer = await asked(name, method, path, **{word: "2026-09-10T00:00:00+08:00"})
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["pointer"] == f"/query/{word}"


def dated(dependant: Dependant) -> Iterator[tuple[str, Any]]:
    """Every parameter and every field of a body in which a date or an instant can stand."""
    for field in (*dependant.query_params, *dependant.path_params, *dependant.header_params):
        yield from inside(field.alias, Annotated[field.field_info.annotation, field.field_info], set())
    for field in dependant.body_params:
        yield from inside(field.name, field.field_info.annotation, set())
    for inner in dependant.dependencies:
        yield from dated(inner)


def inside(name: str, annotation: Any, seen: set[Any]) -> Iterator[tuple[str, Any]]:
    parts = list(pieces(annotation))
    if any(part in (date, datetime) for part in parts):
        yield name, annotation
    for model in (part for part in parts if isinstance(part, type) and issubclass(part, BaseModel) and part not in seen):
        for field, info in model.model_fields.items():
            yield from inside(f"{name}.{field}", Annotated[info.annotation, *(info.metadata or ["-"])], {*seen, model})


def pieces(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in typing.get_args(annotation):
        yield from pieces(part)


DATED = {
    f"{name} {method} {path} {field}": annotation
    for name in SERVICES
    for method, path, route in routes(name)
    for field, annotation in dated(route.dependant)
}


def test_there_are_dates_to_look_at() -> None:
    assert len(DATED) > 50


@pytest.mark.parametrize("annotation", DATED.values(), ids=DATED.keys())
def test_a_date_is_never_read_from_seconds_since_1970(annotation: Any) -> None:
    adapter = TypeAdapter(annotation)
    for number in SECONDS:
        for said in (number, [number]):
            with pytest.raises(ValidationError):
                adapter.validate_python(said)
