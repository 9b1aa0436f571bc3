"""Identifiers made of the clock and of chance; those that follow from words are pure (``shared/language/terms``)."""

from __future__ import annotations

import secrets
import time
import uuid


def new_id(now_ms: int | None = None) -> uuid.UUID:
    """A UUIDv7 (RFC 9562): sorts by the millisecond it was made in. Called at the edge, never inside ``domain``."""
    ms = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    rand = secrets.randbits(74)
    value = (ms & ((1 << 48) - 1)) << 80 | 0x7 << 76 | (rand >> 62) << 64 | 0b10 << 62 | rand & ((1 << 62) - 1)
    return uuid.UUID(int=value)
