"""Enterprises, and who answers for them, as tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson

from services.roster.domain import enterprise
from shared.projector import View
from shared.vault import Personal


def _enterprise(key: str, version: int, state: enterprise.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, enterprise.Unregistered):
        return
    plain = {name: value for name, value in state.particulars.items() if not isinstance(value, Personal)}
    sealed = {name: value.token for name, value in state.particulars.items() if isinstance(value, Personal)}
    yield (
        UUID(key), version, state.code, state.name, str(state.standing), state.standing_on, state.managed_elsewhere,
        bool(plain["branch"]), plain["industry"], plain["address"], orjson.dumps(list(state.former_names)).decode(),
        orjson.dumps(plain, default=str).decode(), orjson.dumps(sealed).decode(),
    )  # fmt: skip


def _assignment(key: str, _version: int, state: enterprise.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, enterprise.Unregistered):
        return
    by_line: dict[str, list[Any]] = {}
    for item in sorted(state.assigned, key=lambda a: a.on):
        by_line.setdefault(str(item.line), []).append(item)
    for line, items in by_line.items():
        for item, following in zip(items, [*items[1:], None], strict=True):
            until = following.on if following else None
            yield (
                UUID(key),
                line,
                item.on,
                until,
                item.unit,
                item.sub_unit,
                item.worker,
                item.reason,
                item.document,
                item.confidence,
            )


ENTERPRISES = View[enterprise.State](
    "enterprise",
    {
        "id": "uuid", "ver": "int", "code": "text", "name": "text", "standing": "text", "standing_on": "date",
        "managed_elsewhere": "bool", "branch": "bool", "industry": "text", "address": "text", "former_names": "jsonb",
        "particulars": "jsonb", "sealed": "jsonb",
    },
    ("id",), _enterprise, "id", indexes=("(name)",), unique=("(code)",),
)  # fmt: skip
ASSIGNMENTS = View[enterprise.State](
    "assignment",
    {
        "enterprise": "uuid", "line": "text", "since": "date", "until": "date", "unit": "text", "sub_unit": "text",
        "worker": "uuid", "reason": "text", "document": "text", "confidence": "int",
    },
    ("enterprise", "line", "since"), _assignment, "enterprise",
    indexes=("(unit)", "(worker)"),
    exclude=("using gist (enterprise with =, line with =, daterange(since, until) with &&)",),
)  # fmt: skip

VIEWS = (ENTERPRISES, ASSIGNMENTS)
