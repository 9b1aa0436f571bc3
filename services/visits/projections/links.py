"""Links by the digest of their token, and which units they belong to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson

from services.visits.domain.link import Revoked, State, Unissued
from shared.log.views import View


def _link(key: str, version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, Unissued):
        return
    fact = state.fact
    yield (
        UUID(key),
        version,
        fact.enterprise.id,
        fact.enterprise.name,
        str(fact.purpose),
        fact.visit,
        fact.poll,
        fact.token_sha256,
        fact.on,
        fact.expires_on,
        isinstance(state, Revoked),
        orjson.dumps([str(visitor) for visitor in fact.visitors]).decode(),
    )


def _unit(key: str, _version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if not isinstance(state, Unissued):
        yield from ((UUID(key), unit) for unit in state.fact.units)


LINKS = View[State](
    "link",
    {
        "id": "uuid",
        "ver": "int",
        "enterprise": "uuid",
        "enterprise_name": "text",
        "purpose": "text",
        "visit": "uuid",
        "poll": "uuid",
        "token_sha256": "text",
        "issued_on": "date",
        "expires_on": "date",
        "revoked": "bool",
        "visitors": "jsonb",
    },
    ("id",),
    _link,
    "id",
    indexes=("(enterprise)", "(poll, enterprise)"),
    unique=("(token_sha256)",),
)
UNITS = View[State]("link_unit", {"link": "uuid", "unit": "text"}, ("link", "unit"), _unit, "link", indexes=("(unit, link)",))
