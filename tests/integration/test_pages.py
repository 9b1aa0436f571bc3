"""Every row of a list stands on exactly one of its pages, and what is called the newest is one."""

from __future__ import annotations

import ast
import gc
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.world import District

from shared.asking import listing

ROOT = Path(__file__).parents[2]
TELLS_APART = {
    "account", "code", "deadline", "document", "enterprise", "id", "issue", "month", "no", "number", "pos", "sha256", "started_on",
    "stream", "subject", "version",
}  # fmt: skip
"""Columns that end a key of their table: with those before them in the order, or fixed by the condition, they name one row."""


@pytest.mark.parametrize("seed", range(6))
async def test_rows_that_the_order_does_not_tell_apart_are_each_seen_once(district: District, seed: int) -> None:
    pool, chance = await district.pool(), random.Random(seed)
    size, days = chance.randint(0, 120), chance.randint(1, 12)
    await pool.execute("create schema if not exists view; create table view.tied (id int, day int, word text)")
    rows = [(number, chance.choice([None, *range(1, days)]), chance.choice("甲乙")) for number in range(size)]
    await pool.executemany("insert into view.tied values ($1, $2, $3)", rows)
    for limit in (1, 2, 7, 50, 500):
        seen: list[int] = []
        cursor, pages = None, 0
        while True:
            page = await listing(
                pool, table="view.tied", columns="id, day, word", where=["word <> $1"], args=["丙"],
                order=["lpad(day::text, 9, '0')", "word"], cursor=cursor, limit=limit,
            )  # fmt: skip
            assert page["total"] == size
            assert page["items"] or not cursor, "no page is empty but that of an empty list"
            seen += [item["id"] for item in page["items"]]
            cursor, pages = page["next_cursor"], pages + 1
            if cursor is None:
                break
        assert sorted(seen) == list(range(size)), f"{limit} a page, {pages} pages"
    await pool.close()


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Every text of a module, those in pieces as a whole, with ``{}`` for what is put in."""
    gc.disable()  # CPython 3.11 miscounts its depth where the collector runs in the midst of this, and says SystemError.
    try:
        tree = ast.parse(path.read_text("utf-8"))
    finally:
        gc.enable()
    joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    pieces = {id(piece) for node in joined for piece in ast.walk(node) if piece is not node}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and id(node) not in pieces:
            yield node.lineno, "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)  # type: ignore[misc]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in pieces:
            yield node.lineno, node.value


def cut_orders(text: str) -> Iterator[str]:
    """The orders that ``limit`` or ``distinct on`` cuts; an empty one for a limit without an order."""
    plain = " ".join(text.lower().split())
    nested = r"(?:[^()]|\((?:[^()]|\([^()]*\))*\))*?"
    for found in re.finditer(rf"(?:order by ({nested}) ?)?\blimit (?:\d+|\$\d+|{{}})", plain):
        yield found[1] or ""
    for found in re.finditer(r"distinct on \(", plain):
        order = re.search(rf"order by ({nested})(?:\)|$| limit)", plain[found.end() :])
        yield order[1] if order else ""


def test_where_only_some_rows_of_an_order_are_taken_the_order_tells_them_apart() -> None:
    asked = 0
    for service in ("services", "shared", "deploy"):
        for path in (ROOT / service).rglob("*.py"):
            for line, text in texts(path):
                if not re.search(r"\b(select|with)\b", text, re.IGNORECASE):
                    continue
                for order in cut_orders(text):
                    plain = re.sub(r" (desc|asc|nulls (first|last)|collate \S+)|\b\w+\.(?=\w)", "", order).strip()
                    asked += 1
                    assert plain.endswith("line, since") or plain.rpartition(", ")[2] in TELLS_APART, (
                        f"{path.relative_to(ROOT)}:{line}: order by {order!r}"
                    )
    assert asked > 40
