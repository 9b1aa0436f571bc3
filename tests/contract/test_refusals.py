"""What an operation can refuse with stands in its document: read from the code, approved as a file of its service.

``GUIREN_APPROVE=1 pytest tests/contract/test_refusals.py`` writes the files anew. That nothing else is ever refused is looked at
in every test that asks an application (``support.world``).
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path

import orjson
import pytest
from fastapi.routing import APIRoute
from support.refusing import refusals_of, told

from shared.http import labels, watching

SERVICES = ("roster", "visits", "issues", "reporting")
ROOT = Path(__file__).parents[2] / "services"


def routes(service: str) -> list[APIRoute]:
    importlib.import_module(f"services.{service}.app")
    routers = (*importlib.import_module(f"services.{service}.api").ROUTERS, watching.router, labels.router)
    return [route for router in routers for route in router.routes if isinstance(route, APIRoute)]


@pytest.mark.parametrize("service", SERVICES)
def test_refusals_are_the_approved_ones(service: str) -> None:
    found = {route.name: told(refusals_of(route)) for route in sorted(routes(service), key=lambda route: route.name)}
    raw = orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n"
    path = ROOT / service / "api" / "refusals.json"
    if os.environ.get("GUIREN_APPROVE"):
        path.write_bytes(raw)
    assert path.read_bytes() == raw


def test_the_reader_follows_commands_dependencies_and_arms() -> None:
    """Known ones: of the decision itself, of the arm of this command alone, of who may, of what the machine can refuse."""
    found = {route.name: refusals_of(route) for route in routes("issues") if route.name in ("dispatch_issue", "close_issue")}
    assert {"due-too-late", "forbidden", "stale", "key-reused", "not-in-this-stage"} <= found["dispatch_issue"].keys()
    assert {"derivation", "due", "limit"} <= found["dispatch_issue"]["due-too-late"]
    assert "enterprise-dissatisfied" in found["close_issue"]
    assert "enterprise-dissatisfied" not in found["dispatch_issue"]
    assert "due-too-late" not in found["close_issue"]
