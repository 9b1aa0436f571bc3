"""Every capability of the plan that roster, visits and issues own has a test that says, word for word, what it shows.

``tests/data/capabilities.csv`` is copied from ``shared/domain/capabilities.md`` (columns #, Owner, "Works" means).
"""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "tests" / "data" / "capabilities.csv"
OWNERS = ("roster", "visits", "issues")


def rows() -> list[dict[str, str]]:
    with SOURCE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


OWNED = [row for row in rows() if row["owner"] in OWNERS]


def flat(text: str) -> str:
    """However the lines of a docstring are wrapped."""
    return "".join(text.split())


def docstrings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_"):
            yield ast.get_docstring(node) or ""


def test_the_list_is_whole() -> None:
    """61 rows of the plan, 6 of the design, 3 of later rules; none named twice."""
    ids = [row["id"] for row in rows()]
    expected = [f"R{n:02d}" for n in range(1, 62)] + [f"D{n}" for n in range(1, 7)] + ["X1", "X2", "X3"]
    assert ids == expected
    assert all(row["works"] for row in rows())


@pytest.mark.parametrize("row", OWNED, ids=lambda row: row["id"])
def test_a_capability_is_shown(row: dict[str, str]) -> None:
    path = ROOT / "tests" / "capability" / f"test_{row['id'].lower()}.py"
    assert path.exists(), f"{path.relative_to(ROOT)} is missing ({row['owner']}): {row['works']}"
    said = [flat(text) for text in docstrings(path)]
    assert said, f"{path.name} has no test"
    assert any(flat(row["works"]) in text for text in said), f"no test of {path.name} says: {row['works']}"
