"""One request stalls nobody: over every operation of every service, what is sent before one is known, and how much of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from support import applications
from support.world import Application, District

from shared.http import entrance
from shared.http.service import Service
from shared.language.terms import Role

SERVICES = ("roster", "visits", "issues", "reporting")
LARGE = 300 * 1024
BATCHES = {"record_histories"}
"""By which another system hands over its records, many at once: eight megabytes."""


def operations(name: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every documented operation of a service: method, a path with something in each place, and how it is described."""
    for path, methods in applications.application(name).openapi()["paths"].items():
        for method, operation in methods.items():
            places = {
                p["name"]: "0198e7a0-0000-7000-8000-000000000001" for p in operation.get("parameters", ()) if p["in"] == "path"
            }
            yield method.upper(), path.format(**places), operation


def is_model(operation: dict[str, Any]) -> bool:
    """Whether the body becomes a model; a file has no schema but that of its bytes, and a limit of its route's own."""
    return "#/components/schemas/" in json.dumps(operation.get("requestBody", {}).get("content", {}).get("application/json", {}))


class Sender:
    """A client that counts how much of its body was taken."""

    def __init__(self, body: bytes = b"", *, block: int = 16 * 1024, endless: bool = False) -> None:
        self._blocks = [body[at : at + block] for at in range(0, len(body), block)] or [b""]
        self._endless = endless
        self.taken = 0
        self.status = 0
        self.answer = b""

    async def receive(self) -> dict[str, Any]:
        if not self._blocks:
            await asyncio.sleep(3600)
        block = self._blocks.pop(0)
        self.taken += len(block)
        return {"type": "http.request", "body": block, "more_body": bool(self._blocks) or self._endless}

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.answer += message.get("body", b"")

    async def ask(self, app: Any, method: str, path: str, token: str = "", length: int | None = None) -> Sender:
        headers = [(b"content-type", b"application/json"), (b"host", b"guiren")]
        headers += [(b"authorization", f"Bearer {token}".encode())] if token else []
        headers += [(b"content-length", str(length).encode())] if length is not None else []
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": headers,
            "http_version": "1.1",
            "scheme": "http",
            "server": ("guiren", 80),
            "client": ("198.51.100.7", 1),
            "root_path": "",
            "state": {},
            "asgi": {"version": "3.0"},
        }
        async with asyncio.timeout(20):
            await app(scope, self.receive, self.send)
        return self


@pytest_asyncio.fixture(loop_scope="session", params=SERVICES)
async def service(request: pytest.FixtureRequest, district: District) -> AsyncGenerator[Service, None]:
    yield await district.open(request.param)


async def test_nothing_of_a_strangers_body_is_read(service: Service) -> None:
    app = Application(service)
    tried = 0
    for method, path, operation in operations(service.name):
        if not operation.get("security"):
            continue
        sender = await Sender(b"{" * LARGE).ask(app, method, path)
        assert (sender.status, sender.taken) == (401, 0), (method, path, sender.status, sender.taken)
        tried += 1
    assert tried > 5


@pytest.mark.parametrize("announced", [True, False])
async def test_no_model_is_read_beyond_its_limit(district: District, service: Service, announced: bool) -> None:
    app = Application(service)
    token = district.token(Role.OFFICE, account="office")
    tried = 0
    for method, path, operation in operations(service.name):
        if not is_model(operation) or operation["operationId"] in BATCHES:
            continue
        sender = await Sender(b" " * LARGE).ask(app, method, path, token, LARGE if announced else None)
        if operation.get("security"):
            assert sender.status == 413, (method, path, sender.status)
        else:
            assert sender.status in (413, 429), (method, path, sender.status)
        assert sender.taken <= (0 if announced else 273 * 1024), (method, path)
        tried += 1
    assert tried or service.name == "reporting"


async def test_thousands_of_strange_fields_cost_and_tell_little(district: District, service: Service) -> None:
    app = Application(service)
    token = district.token(Role.OFFICE, account="office")
    body = json.dumps({f"k{n}": 1 for n in range(20_000)}).encode()
    for method, path, operation in operations(service.name):
        if not is_model(operation) or not operation.get("security"):
            continue
        sender = await Sender(body, block=len(body)).ask(app, method, path, token)
        assert sender.status in (422, 428), (method, path, sender.status)
        assert len(sender.answer) < 8_000, (method, path, len(sender.answer))


async def test_who_sends_too_slowly_is_let_go(district: District, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entrance, "_WHOLE_SECONDS", 0.05)
    app = Application(service)
    token = district.token(Role.OFFICE, account="office")
    tried = 0
    for method, path, operation in operations(service.name):
        if is_model(operation) and operation.get("security"):
            sender = await Sender(b"{", endless=True).ask(app, method, path, token)
            assert sender.status == 408, (method, path, sender.status)
            tried += 1
            if tried == 10:
                break
    assert tried or service.name == "reporting"
