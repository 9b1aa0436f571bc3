"""Every row of a list stands on exactly one of its pages, and what is called the newest is one."""

from __future__ import annotations

import ast
import base64
import gc
import json
import random
import re
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.world import District

from shared.http.paging import listing
from shared.language.problems import Malformed

ROOT = Path(__file__).parents[2]
TELLS_APART = {
    "account",
    "code",
    "size",  # A seal of a log: its primary key.
    "deadline",
    "document",
    "enterprise",
    "id",
    "issue",
    "month",
    "no",
    "number",
    "pos",
    "sha256",
    "started_on",
    "stream",
    "subject",
    "version",
}
"""Columns that end a key of their table: with those before them in the order, or fixed by the condition, they name one row."""


async def walked(pool: Any, order: list[str], limit: int, table: str = "view.tied") -> tuple[list[int], list[dict[str, Any]]]:
    """All pages of a list: the ids in the order they came in, and the pages."""
    seen: list[int] = []
    pages: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = await listing(
            pool,
            table=table,
            columns="id, day as on, upper(word) as word",
            where=["id >= $1"],
            args=[0],
            order=order,
            cursor=cursor,
            limit=limit,
        )
        assert page["items"] or not cursor, "no page is empty but that of an empty list"
        seen += [item["id"] for item in page["items"]]
        pages.append(page)
        cursor = page["next_cursor"]
        if cursor is None:
            return seen, pages


def sorted_by(rows: list[tuple[Any, ...]], order: list[str]) -> list[tuple[Any, ...]]:
    """As PostgreSQL sorts: null last, and first where it goes down. Whatever the order does not tell apart is left."""
    names = ("id", "day", "word", "at", "on_day")
    for key in reversed(order):
        name, _, down = key.partition(" ")
        rows = sorted(
            rows, key=lambda row: ((v := row[names.index(name)]) is None, v if v is not None else 0), reverse=bool(down)
        )
    return rows


ORDERS = (
    ["day", "word"],
    ["day desc", "word desc"],
    ["day", "word desc"],
    ["word", "day desc", "id"],
    ["id"],
    ["id desc"],
    ["at", "id"],
    ["on_day desc", "at desc", "id desc"],
    ["word", "on_day", "day", "id desc"],
)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("table", ["view.tied", "(select * from view.tied) as within"])
async def test_rows_that_the_order_does_not_tell_apart_are_each_seen_once(district: District, seed: int, table: str) -> None:
    """Whatever the keys are, whichever way they run, and wherever one is null."""
    pool, chance = await district.pool(), random.Random(seed)
    size, days = chance.randint(0, 120), chance.randint(1, 12)
    await pool.execute("create schema if not exists view")
    await pool.execute("create table view.tied (id int, day int, word text, at timestamptz, on_day date)")
    began = datetime(2026, 9, 1, tzinfo=UTC)
    rows = [
        (
            number,
            chance.choice([None, *range(1, days)]),
            chance.choice([None, "甲", "乙", "é", "Z"]),
            chance.choice([None, began + timedelta(microseconds=chance.randint(0, 3))]),
            chance.choice([None, date(2026, 9, chance.randint(1, 3)), date.max]),
        )
        for number in range(size)
    ]
    await pool.executemany("insert into view.tied values ($1, $2, $3, $4, $5)", rows)
    for order in ORDERS:
        wanted = sorted_by(rows, order)
        for limit in (1, 7, 50, 500):
            seen, pages = await walked(pool, order, limit, table)
            assert sorted(seen) == list(range(size)), f"{order}, {limit} a page, {len(pages)} pages"
            keys = [[rows[id_][("id", "day", "word", "at", "on_day").index(key.split()[0])] for key in order] for id_ in seen]
            told = [[row[("id", "day", "word", "at", "on_day").index(key.split()[0])] for key in order] for row in wanted]
            assert keys == told, order
            assert {(page["total"], page["total_exact"]) for page in pages} == {(size, True)}
    await pool.close()


async def test_numbers_come_in_the_order_of_numbers(district: District) -> None:
    pool = await district.pool()
    await pool.execute("create schema if not exists view; create table view.tied (id int, day int, word text)")
    await pool.execute("insert into view.tied select n, n, 'x' from generate_series(1, 120) n")
    assert (await walked(pool, ["day"], 7))[0] == list(range(1, 121))
    await pool.close()


async def test_a_thousand_are_counted_and_more_are_called_more(district: District) -> None:
    pool = await district.pool()
    await pool.execute("create schema if not exists view; create table view.tied (id int, day int, word text)")
    for upto, said in ((1000, (1000, True)), (1001, (1000, False)), (2500, (1000, False))):
        await pool.execute(
            "insert into view.tied select n, n, 'x' from generate_series((select count(*) from view.tied), $1) n", upto - 1
        )
        seen, pages = await walked(pool, ["id"], 400)
        assert seen == list(range(upto))
        assert {(page["total"], page["total_exact"]) for page in pages} == {said}
    await pool.close()


def cursors(draw: random.Random) -> Iterator[str]:
    """What was never a cursor of this list, or is one of another."""
    values: list[Any] = [
        None,
        True,
        1,
        "1",
        [],
        {},
        ["i", 1],
        ["i", 10**30],
        ["i", "x"],
        ["s", "\x00"],
        ["s", 1],
        ["d", "2026-09-01"],
        ["d", "x"],
        ["t", "2026-09-01T00:00:00"],
        ["t", 5],
        ["u", "x"],
        ["m", "x"],
        ["m", "NaN"],
        ["z", 1],
        ["b", True],
        ["i"],
        [[], []],
    ]
    for one in values:
        for other in draw.sample(values, 6):
            yield base64.urlsafe_b64encode(json.dumps([one, other]).encode()).decode()
        yield base64.urlsafe_b64encode(json.dumps([one]).encode()).decode()
    yield from ("x", "é", "=", "W10=", "MQ==", "e30=")


async def test_what_is_no_cursor_of_a_list_is_refused(district: District) -> None:
    """Or it is one by chance, and then there is a page after it."""
    pool = await district.pool()
    await pool.execute("create schema if not exists view; create table view.tied (id int, day int, word text)")
    await pool.execute("insert into view.tied values (1, 1, 'x')")
    refused = 0
    for cursor in cursors(random.Random(1)):
        try:
            await listing(pool, table="view.tied", columns="id", where=[], args=[], order=["day", "word"], cursor=cursor, limit=5)
        except Malformed as problem:
            assert problem.facts["errors"][0]["pointer"] == "/query/cursor"
            refused += 1
    assert refused > 150
    await pool.close()


async def plan(pool: Any, asked: Callable[[Any], Awaitable[Any]]) -> list[str]:
    """How PostgreSQL goes about the rows of a page: the plans of what was asked, without the counting."""
    found: list[str] = []

    class Explained:
        async def fetch(self, sql: str, *args: Any) -> Any:
            found.append("\n".join(row[0] for row in await pool.fetch(f"explain analyze {sql}", *args)))
            return await pool.fetch(sql, *args)

        async def fetchval(self, sql: str, *args: Any) -> Any:
            return await pool.fetchval(sql, *args)

    await asked(Explained())
    return found


async def test_an_index_leads_to_every_page(district: District) -> None:
    """100,000 rows: no page is found by reading them all, neither the first nor one in the midst of them, up nor down."""
    pool = await district.pool()
    await pool.execute("create schema if not exists view; create table view.tied (id int, day int, word text)")
    await pool.execute("insert into view.tied select n, n / 10, 'x' from generate_series(1, 100000) n")
    await pool.execute("create index on view.tied (day, id); analyze view.tied")
    for order, at in ((["day", "id"], [["i", 5000], ["i", 50005]]), (["day desc", "id desc"], [["i", 5000], ["i", 50005]])):
        for cursor in (None, base64.urlsafe_b64encode(json.dumps(at).encode()).decode()):
            plans = await plan(
                pool,
                lambda explained, order=order, cursor=cursor: listing(
                    explained,
                    table="view.tied",
                    columns="id, word",
                    where=["word = $1"],
                    args=["x"],
                    order=order,
                    cursor=cursor,
                    limit=50,
                ),
            )
            assert len(plans) == 1
            assert "Seq Scan" not in plans[0], plans[0]
            read = [int(hit) for hit in re.findall(r"actual time=\S+ rows=(\d+)", plans[0])]
            assert max(read) < 200, plans[0]
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
