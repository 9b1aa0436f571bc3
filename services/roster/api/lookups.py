"""What the deciders must know beside the stream: what units are, where members hold posts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from shared.terms import Line, UnitKind

_FILES = (UnitKind.DEPARTMENT, UnitKind.TOWNSHIP)


async def unit_kind(pool: Any, code: str | None) -> UnitKind | None:
    """The kind of a unit that has not ended."""
    if code is None:
        return None
    kind = await pool.fetchval("select kind from unit where code = $1 and ended is null", code)
    return UnitKind(kind) if kind else None


async def lines(pool: Any, codes: Iterable[str | None]) -> dict[str, tuple[Line, bool]]:
    """By unit code: its line, and whether it files ledgers itself (or is a branch or village under one that does)."""
    rows = await pool.fetch(
        "select code, kind, line from unit where code = any($1::text[]) and line is not null",
        [code for code in codes if code],
    )
    return {row["code"]: (Line(row["line"]), UnitKind(row["kind"]) in _FILES) for row in rows}


async def workers(pool: Any, members: Iterable[UUID | None]) -> dict[UUID, set[str]]:
    """By member: the units in which a post is held."""
    rows = await pool.fetch(
        "select member, unit from post where member = any($1::uuid[]) and until is null", [item for item in members if item]
    )
    found: dict[UUID, set[str]] = {}
    for row in rows:
        found.setdefault(row["member"], set()).add(row["unit"])
    return found
