"""What the gateway adds and what it leaves alone: who asks is what it saw itself, and a stricter word of a service stands."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import yaml
from fastapi import FastAPI, Request, Response
from support.gateway import SERVICES, gateway

from deploy.embedded.home import Home

STRICT = "sandbox; default-src 'none'"
_COMPOSE = Path(__file__).parents[2] / "docker-compose.yml"


def an_echo() -> FastAPI:
    """Answers what it was told of who asks."""
    app = FastAPI()

    @app.get("/who")
    @app.get("/public/x")
    async def who(request: Request) -> dict[str, list[str]]:
        return {name: request.headers.getlist(name) for name in ("x-forwarded-for", "x-real-ip", "forwarded")}

    @app.get("/file")
    async def file() -> Response:
        return Response(b"x", headers={"Content-Security-Policy": STRICT})

    return app


@asynccontextmanager
async def before(tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    async with (
        gateway(Home(tmp_path), dict.fromkeys(SERVICES, an_echo())) as address,
        httpx.AsyncClient(base_url=address) as client,
    ):
        yield client


async def test_nobody_says_himself_from_where_he_comes(tmp_path: Path) -> None:
    claims = [
        {"X-Forwarded-For": "203.0.113.9"},
        {"X-Forwarded-For": "203.0.113.9, 127.0.0.1"},
        {"X-Real-IP": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"},
        {"x-forwarded-for": "203.0.113.9", "X-Forwarded-For ".strip(): "203.0.113.8"},
    ]
    async with before(tmp_path) as client:
        for path in (*(f"/api/{name}/who" for name in SERVICES), "/s/x"):
            for claim in claims:
                told = (await client.get(path, headers=claim)).json()
                assert told["x-forwarded-for"] == ["127.0.0.1"], (path, claim, told)


async def test_a_proxy_that_was_named_is_believed_and_the_last_it_does_not_know_is_who_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUIREN_TRUSTED_PROXIES", "127.0.0.1/32")
    async with before(tmp_path) as client:
        for said, who in (("198.51.100.7", "198.51.100.7"), ("203.0.113.9, 198.51.100.7", "198.51.100.7")):
            told = (await client.get("/api/visits/who", headers={"X-Forwarded-For": said})).json()
            assert told["x-forwarded-for"] == [who], "what stands before it, the client wrote himself"


async def test_a_services_stricter_policy_stays(tmp_path: Path) -> None:
    async with before(tmp_path) as client:
        for name in SERVICES:
            assert (await client.get(f"/api/{name}/file")).headers.get_list("Content-Security-Policy") == [STRICT]
            assert "default-src 'self'" in (await client.get(f"/api/{name}/who")).headers["Content-Security-Policy"]


def test_every_container_that_runs_on_has_a_bound_of_memory() -> None:
    told = yaml.safe_load(_COMPOSE.read_text(encoding="utf-8"))["services"]
    assert {"postgres", "nats", "gateway", "vault", "audit", *SERVICES} <= set(told)
    assert not [name for name, one in told.items() if "mem_limit" not in one]
