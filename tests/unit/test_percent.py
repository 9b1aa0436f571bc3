"""One function makes percentages (kpi §1), and nothing else in the product does."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.language.percent import estimated, percentage

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for top in ("shared", "services", "deploy") for path in (ROOT / top).rglob("*.py"))
ALLOWED = "shared/language/percent.py"


@pytest.mark.parametrize(
    ("n", "d", "said"),
    [
        (0, 0, None),
        (0, 7, "0.00"),
        (1, 8, "12.50"),
        (1, 3, "33.33"),
        (2, 3, "66.67"),
        (1, 800, "0.13"),
        (7, 7, "100.00"),
        (29_999, 30_000, "99.99"),
        (99_999, 100_000, "99.99"),
        (1, 100_000, "0.01"),
    ],
)
def test_a_percentage_is_rounded_half_up_and_never_to_all_or_nothing(n: int, d: int, said: str | None) -> None:
    assert percentage(n, d) == said


@given(st.integers(1, 10_000), st.integers(0, 10_000))
def test_a_percentage_is_what_decimals_say_between_its_bounds(d: int, n: int) -> None:
    n = min(n, d)
    exact = (Decimal(n * 100) / Decimal(d)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    expected = Decimal(100) if n == d else Decimal(0) if n == 0 else min(max(exact, Decimal("0.01")), Decimal("99.99"))
    assert Decimal(percentage(n, d) or "") == expected


def test_an_estimate_counts_nobody_and_has_no_bounds() -> None:
    assert [estimated(Fraction(*share)) for share in ((2, 3), (1, 800), (1, 100_000), (99_999, 100_000))] == [
        "66.67",
        "0.13",
        "0.00",
        "100.00",
    ]


HUNDRED = frozenset({100, 10_000, 20_000})


def constants(node: ast.AST) -> set[object]:
    return {item.value for item in ast.walk(node) if isinstance(item, ast.Constant) and isinstance(item.value, int | float)}


def percents(module: ast.Module) -> Iterator[int]:
    """Lines that make a per cent by themselves: a quotient with a hundred in it, a rounding to cents, a per-cent format."""
    for node in ast.walk(module):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.FloorDiv):
            yield from (node.lineno,) if constants(node.left) & HUNDRED and not _whole(node.right) else ()
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) and _divided(node) and constants(node) & HUNDRED:
            yield node.lineno
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "quantize":
            yield node.lineno
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "round" and len(node.args) > 1:
            yield from (node.lineno,) if _divided(node.args[0]) else ()
        if isinstance(node, ast.FormattedValue) and isinstance(node.format_spec, ast.JoinedStr):
            last = node.format_spec.values[-1]
            yield from (node.lineno,) if isinstance(last, ast.Constant) and str(last.value).endswith("%") else ()


def _whole(node: ast.AST) -> bool:
    """Division by a number that stands there is a unit (分, 万元) or a limit, no share of anything."""
    return isinstance(node, ast.Constant)


def _divided(node: ast.AST) -> bool:
    return any(isinstance(item, ast.BinOp) and isinstance(item.op, ast.Div) and not _whole(item.right) for item in ast.walk(node))


@pytest.mark.parametrize(
    "source",
    [
        "n * 100 / d",
        "100 * n // d",
        "n * 10_000 // d / 100",
        "n / d * 100",
        "(n * 20_000 + d) // (2 * d)",
        "value.quantize(cent)",
        "round(n / d, 2)",
        "f'{n / d:.2%}'",
    ],
)
def test_the_search_sees_a_percentage_made_by_hand(source: str) -> None:
    assert list(percents(ast.parse(source)))


def test_nothing_but_the_one_function_makes_percentages() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for path in SOURCES
        if str(path.relative_to(ROOT)) != ALLOWED
        for line in percents(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == set()
