"""What is inside stays inside: the gateway serves documented routes, and nobody outside counts what enterprises do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module

import httpx
import prometheus_client as metrics
from fastapi import FastAPI
from starlette.routing import BaseRoute
from support.gateway import SERVICES, gateway
from support.world import District

from shared.health import Health
from shared.settings import Settings

INNER = ("livez", "readyz", "metrics")
PAPERS = ("docs", "openapi.json", "problems")
"""Documentation: the same for everybody, and tells of nobody."""


def ways(app: FastAPI) -> Iterator[tuple[str, str]]:
    for path, operations in app.openapi()["paths"].items():
        for method in operations:
            yield method.upper(), path


def served(routes: Iterable[BaseRoute]) -> set[str]:
    """The paths of all routes, of those in routers too."""
    found: set[str] = set()
    for route in routes:
        inner = getattr(route, "original_router", None)
        found |= served(inner.routes) if inner is not None else {getattr(route, "path", "")}
    return found


def filled(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "00000000-0000-0000-0000-000000000001", path)


@cache
def application(name: str) -> FastAPI:
    return import_module(f"services.{name}.app").application(Settings())


async def test_the_gateway_serves_documented_routes_and_no_health_or_figures(district: District) -> None:
    """Every route of every application that no document names is 404 from outside, however its address is spelled."""
    apps = {name: application(name) for name in SERVICES}
    async with gateway(district.world.home, apps) as at, httpx.AsyncClient(base_url=at, timeout=20, trust_env=False) as client:
        for name, app in apps.items():
            documented = {path for _, path in ways(app)}
            hidden = served(app.routes) - documented
            assert {f"/{path}" for path in INNER} <= hidden, name
            for path in sorted(hidden - {f"/{paper}" for paper in PAPERS} - {"/static"}):
                for spelled in (path, f"/{path}", path.replace("e", "%65"), f"{path}?x=1", f"/.{path}", path.upper(), f"{path}/"):
                    answer = await client.get(f"/api/{name}{spelled}")
                    assert answer.status_code == 404, (name, spelled, answer.text[:200])
            for paper in PAPERS:
                assert (await client.get(f"/api/{name}/{paper}")).is_success, (name, paper)


async def test_the_inner_listener_tells_health_and_nothing_else(whole_district: District) -> None:
    for name in ("roster", "vault"):
        await whole_district.database(name)
    process = whole_district.process("roster")
    try:
        process.start()
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            for path in INNER:
                assert (await client.get(f"{process.inside}/{path}")).is_success, path
                assert (await client.get(f"{process.url}/{path}")).status_code == 404, path
            for path in PAPERS:
                assert (await client.get(f"{process.url}/{path}")).is_success, path
                assert (await client.get(f"{process.inside}/{path}")).status_code == 404, path
    finally:
        process.kill()


async def test_no_public_answer_tells_where_the_log_stands_and_all_are_one_figure(district: District) -> None:
    """Every public route of every document: no position, no lag, one label."""
    said = 0
    await district.open("roster")
    for name in ("visits", "issues"):
        service = await district.open(name)
        service.health["directory"] = Health(name, "directory", head=10**6)
        async with district.client(service) as client:
            for method, path in ways(application(name)):
                if path.startswith("/public/"):
                    answer = await client.request(method, filled(path), json={})
                    told = {header.lower() for header in answer.headers} & {"guiren-position", "guiren-behind", "etag"}
                    assert not told, (method, path, told)
                    said += 1
    labels = {
        tuple(sample.labels[name] for name in ("service", "route", "method"))
        for metric in metrics.REGISTRY.collect()
        if metric.name == "guiren_request_seconds"
        for sample in metric.samples
        if "public" in sample.labels["route"]
    }
    assert labels <= {(service, "/public/", "-") for service in SERVICES}
    assert len(labels) == 2
    assert said > 8
