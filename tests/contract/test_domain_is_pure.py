"""A decision can be imported and asked without a database, a wire or a web framework: none of them is even loaded.

The import contracts (``pyproject.toml``) follow every import that is written; here the interpreter says what really comes along.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = sorted({path.parts[-3] for path in ROOT.glob("services/*/domain/__init__.py")})
OUTSIDE = {"aiohttp", "asyncpg", "fastapi", "httpx", "nats", "starlette", "structlog", "uvicorn"}
_LOOK = """
import importlib, json, sys
found = {}
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
    found[name] = sorted(set(json.loads(sys.argv[2])) & set(sys.modules))
print(json.dumps(found))
"""


def modules_of(service: str) -> list[str]:
    """Every module of a service's domain."""
    paths = sorted((ROOT / "services" / service / "domain").rglob("*.py"))
    return [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in paths]


@pytest.mark.parametrize("service", SERVICES)
def test_a_domain_loads_nothing_of_the_outside(service: str) -> None:
    modules = modules_of(service)
    command = [sys.executable, "-c", _LOOK, json.dumps(modules), json.dumps(sorted(OUTSIDE))]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, list[str]] = json.loads(answer.stdout)
    assert list(found) == modules
    assert not {name: loaded for name, loaded in found.items() if loaded}


def test_every_service_is_looked_at() -> None:
    assert {"issues", "reporting", "roster", "visits"} <= set(SERVICES)
    assert all(modules_of(service) for service in SERVICES)
