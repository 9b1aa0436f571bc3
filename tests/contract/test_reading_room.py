"""Routes have no SQL: what is asked of the tables stands in the room ``queries``, beside the model that answers it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROUTES = sorted(path for path in ROOT.glob("services/*/api/*.py"))
SQL = re.compile(r"\s*(select|with|insert into|update|delete from|truncate|create|alter|drop|lock)\s")
ASKED = {"fetch", "fetchval", "fetchrow", "execute", "executemany", "cursor", "listing"}
"""What asks a table: the driver's own words, and the page of a table."""


def texts(module: ast.Module) -> Iterator[ast.expr]:
    """Every text that is not a docstring; of one in pieces the first piece."""
    said = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node


def sql_of(source: str) -> Iterator[str]:
    """Where a module speaks to the tables."""
    module = ast.parse(source)
    for node in texts(module):
        if SQL.match(node.value):
            yield f"line {node.lineno}: {node.value.strip()[:40]!r}"
    for node in ast.walk(module):
        called = node.func if isinstance(node, ast.Call) else None
        name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
        if name in ASKED:
            yield f"line {node.lineno}: {name}()"


@pytest.mark.parametrize("path", ROUTES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_route_asks_no_table(path: Path) -> None:
    assert not list(sql_of(path.read_text("utf-8")))


def test_sql_is_seen() -> None:
    """Whatever way it is written."""
    for line in (
        'x = "select 1"',
        "x = f'select {y} from z'",
        'x = """\nwith a as (select 1)"""',
        'x = "update a set b = 1"',
        "await pool.fetchval(Q)",
        "await listing(pool, table='a')",
        "await self.pool.execute(Q)",
    ):
        assert list(sql_of(line)), line
    assert not list(sql_of('"""select what you like"""\nx = "Selected"\nx = "withdrawn"'))
