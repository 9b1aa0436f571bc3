"""The brand in its versions, and what reached the office by other channels, as tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson

from services.roster.domain import brand, delivery
from services.roster.projections.sealed import token
from shared.log.views import View

PLAIN = ("brand", "suffix", "slogan", "logo", "lead_office", "district", "city", "phone", "email", "site", "note")


def _brand(key: str, _version: int, state: brand.Brand) -> Iterable[tuple[Any, ...]]:
    for number, fact in enumerate(state.versions, 1):
        texts = [getattr(fact, name) for name in PLAIN]
        core, channels = orjson.dumps(fact.core).decode(), orjson.dumps(fact.channels).decode()
        yield key, number, fact.on, *texts, core, channels, token(fact.contact)


def _delivery(key: str, _version: int, state: delivery.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, delivery.Recorded):
        fact = state.fact
        yield UUID(key), fact.unit, fact.month, str(fact.channel), fact.file, fact.sha256, fact.received_on, fact.note


BRANDS = View[brand.Brand](
    "brand",
    {
        "name": "text",
        "version": "int",
        "since": "date",
        **dict.fromkeys(PLAIN, "text"),
        "core": "jsonb",
        "channels": "jsonb",
        "contact": "jsonb",
    },
    ("name", "version"),
    _brand,
    "name",
)
DELIVERIES = View[delivery.State](
    "delivery",
    {
        "id": "uuid",
        "unit": "text",
        "month": "text",
        "channel": "text",
        "file": "text",
        "sha256": "text",
        "received_on": "date",
        "note": "text",
    },
    ("id",),
    _delivery,
    "id",
    indexes=("(month, unit)",),
)
