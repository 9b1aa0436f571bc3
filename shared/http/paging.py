"""Pages of a table by keyset: the next page begins after the keys of the last row, so that an index leads straight to it.

Keys are compared as what they are (a number as a number, a day as a day), never as text: only so an index over the same columns
serves a page, and 10 comes after 9. Ascending keys have what is null last, descending ones first, as PostgreSQL's indexes do.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import orjson

from shared.language.problems import Malformed

RowT = TypeVar("RowT")

COUNTED = 1_000
"""How far rows are counted exactly. Whoever has more narrows the question, and counting all of them costs more than the page."""

_PLAIN = re.compile(r"[a-z_]+(\.[a-z_]+)?")

_KINDS: Mapping[str, tuple[type, Callable[[Any], Any]]] = {
    "b": (bool, bool),
    "i": (int, int),
    "t": (datetime, datetime.fromisoformat),
    "d": (date, date.fromisoformat),
    "u": (UUID, UUID),
    "m": (Decimal, Decimal),
    "s": (str, str),
}
"""The types of a cursor's values: what a row has, and how it is read back. A ``bool`` is an ``int`` too, so it comes first."""


def paged(rows: Sequence[RowT], key: Callable[[RowT], tuple[str, ...]], cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of rows that were computed, not read from a table: sorted by their keys, each key of one row."""
    after = tuple(map(str, _read(cursor, key(rows[0])))) if cursor and rows else ()
    found = [row for row in rows if key(row) > after]
    page = found[:limit]
    return {
        "items": page,
        "next_cursor": _written(key(page[-1])) if len(found) > limit else None,
        "total": len(rows),
        "total_exact": True,
    }


@dataclass(frozen=True)
class _Key:
    """A key of the order: an expression, and which way it runs."""

    sql: str
    down: bool

    @classmethod
    def of(cls, text: str) -> _Key:
        plain = text.removesuffix(" desc")
        return cls(plain, down=plain != text)


async def listing(
    pool: Any,
    *,
    table: str,
    columns: str,
    where: Sequence[str],
    args: Sequence[Any],
    order: Sequence[str],
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """A page of a table, with the total as far as ``COUNTED``. ``where`` uses $1… of ``args``; ``order`` are columns or
    expressions, each ascending or ``… desc``.

    Every row stands on exactly one page, even where ``order`` does not tell all rows apart: rows with equal keys are never
    parted, so that a page may be longer than ``limit``.
    """
    keys = [_Key.of(text) for text in order]
    asked = _Asked(table, columns, " and ".join(where) or "true", list(args), keys)
    try:
        rows = await asked.rows(pool, _read(cursor, keys) if cursor else None, limit + 1)
    except (asyncpg.DataError, ValueError):  # As the database says it, and as its driver does.
        if cursor is None:
            raise
        raise _no_cursor() from None
    total = await pool.fetchval(
        f"select count(*) from (select from {table} where {asked.condition} fetch first {COUNTED + 1} rows only) counted", *args
    )
    end = _end(rows, len(keys), limit)
    following = None
    if end and (end < len(rows) or (len(rows) > limit and await asked.rows(pool, _values(rows[-1], len(keys)), 1))):
        following = _written(_values(rows[end - 1], len(keys)))
    items = [{name: value for name, value in row.items() if not name.startswith("_k")} for row in rows[:end]]
    return {"items": items, "next_cursor": following, "total": min(total, COUNTED), "total_exact": total <= COUNTED}


@dataclass(frozen=True)
class _Asked:
    table: str
    columns: str
    condition: str
    args: list[Any]
    keys: list[_Key]

    async def rows(self, pool: Any, after: list[Any] | None, limit: int) -> list[Any]:
        """So many rows after these keys, and those whose keys are the same as the last one's."""
        if after is None:
            return await pool.fetch(self._select(self.condition, limit), *self.args)
        pieces = _beyond(self.keys, after, len(self.args) + 1)
        given = [*self.args, *(value for value in after if value is not None)]
        if len(pieces) == 1 or not _PLAIN.fullmatch(self.table):  # No index leads into a query within the query: read once.
            return await pool.fetch(self._select(f"{self.condition} and ({' or '.join(pieces)})", limit), *given)
        each = " union all ".join(f"({self._select(f'{self.condition} and {piece}', limit)})" for piece in pieces)
        return await pool.fetch(f"select * from ({each}) pieces {self._first(limit)}", *given)

    def _select(self, condition: str, limit: int) -> str:
        marks = ", ".join(f"{key.sql} as _k{n}" for n, key in enumerate(self.keys))
        return f"select {self.columns}, {marks} from {self.table} where {condition} {self._first(limit)}"

    def _first(self, limit: int) -> str:
        """By the keys as they are selected: a column that is selected under the name of a key orders nothing."""
        order = ", ".join(f"_k{n} desc" if key.down else f"_k{n}" for n, key in enumerate(self.keys))
        return f"order by {order} fetch first {limit} rows with ties"


def _beyond(keys: Sequence[_Key], after: Sequence[Any], first: int) -> list[str]:
    """The rows after these keys, in pieces that don't overlap and that an index over the keys serves, each by itself: those
    after the last row's keys, and those that stand after them by being null.
    """
    numbers = iter(range(first, first + len(keys)))
    marks = [None if value is None else f"${next(numbers)}" for value in after]
    same = [f"{key.sql} is null" if mark is None else f"{key.sql} = {mark}" for key, mark in zip(keys, marks, strict=True)]
    pieces: list[list[str]] = []
    at = 0
    while at < len(keys):
        if marks[at] is None:
            pieces += [[*same[:at], f"{keys[at].sql} is not null"]] if keys[at].down else []
            at += 1
            continue
        run = at
        while run < len(keys) and marks[run] is not None and keys[run].down == keys[at].down:
            pieces += [] if keys[run].down else [[*same[:run], f"{keys[run].sql} is null"]]
            run += 1
        columns, values = ", ".join(key.sql for key in keys[at:run]), ", ".join(str(mark) for mark in marks[at:run])
        pieces.append([*same[:at], f"({columns}) {'<' if keys[at].down else '>'} ({values})"])
        at = run
    return [f"({' and '.join(piece)})" for piece in pieces] or ["false"]


def _values(row: Any, count: int) -> list[Any]:
    return [row[f"_k{n}"] for n in range(count)]


def _end(rows: Sequence[Any], count: int, limit: int) -> int:
    """How many of the rows stand on this page: ``limit``, and those with the same keys as the last of them."""
    if len(rows) <= limit:
        return len(rows)
    last, end = _values(rows[limit - 1], count), limit
    while end < len(rows) and _values(rows[end], count) == last:
        end += 1
    return end


def _written(values: Sequence[Any]) -> str:
    """A cursor: each value with its type."""
    pairs = [
        None if value is None else (_kind(value), value if isinstance(value, (bool, int)) else _text(value)) for value in values
    ]
    return base64.urlsafe_b64encode(orjson.dumps(pairs)).decode()


def _kind(value: Any) -> str:
    for kind, (type_, _) in _KINDS.items():
        if isinstance(value, type_):
            return kind
    raise TypeError(f"no key of a page: {type(value).__name__}")


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _read(cursor: str, keys: Sequence[object]) -> list[Any]:
    """The values of a cursor; what is no cursor of this list is refused, here or by the database."""
    try:
        pairs: Any = orjson.loads(base64.urlsafe_b64decode(cursor))
        if len(pairs) != len(keys):
            raise _no_cursor()
        return [None if pair is None else _KINDS[pair[0]][1](pair[1]) for pair in pairs]
    except (ValueError, TypeError, KeyError, IndexError, ArithmeticError):
        raise _no_cursor() from None


def _no_cursor() -> Malformed:
    return Malformed(errors=[{"pointer": "/query/cursor", "code": "cursor", "title": "翻页标记无效"}])
