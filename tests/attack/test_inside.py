"""What is inside stays inside: the gateway serves documented routes, and nobody outside counts what enterprises do."""

from __future__ import annotations

import re

import httpx
import prometheus_client as metrics
from support.applications import SERVICES, application, operations, served
from support.gateway import gateway
from support.world import District

from shared.log.health import Health

INNER = ("livez", "readyz", "metrics")
PAPERS = ("docs", "openapi.json", "problems")
"""Documentation: the same for everybody, and tells of nobody."""


def filled(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "00000000-0000-0000-0000-000000000001", path)


async def test_the_gateway_serves_documented_routes_and_no_health_or_figures(district: District) -> None:
    """Every route of every application that no document names is 404 from outside, however its address is spelled."""
    apps = {name: application(name) for name in SERVICES}
    async with gateway(district.world.home, apps) as at, httpx.AsyncClient(base_url=at, timeout=20, trust_env=False) as client:
        for name, app in apps.items():
            documented = {path for _, path, _ in operations(name)}
            hidden = {getattr(route, "path", "") for route in served(app.routes)} - documented
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
            for method, path, _ in operations(name):
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
