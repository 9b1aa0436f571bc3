"""Sealed data in tables: the token as JSON, never the clear text."""

from __future__ import annotations

import orjson

from shared.language.personal import Personal


def token(datum: Personal | None) -> str | None:
    """The token of a sealed datum, for a ``jsonb`` column."""
    return orjson.dumps(datum.token).decode() if datum and datum.token else None


def sealed(text: str | None) -> Personal | None:
    """The datum of such a column."""
    return Personal.read(found) if text and (found := orjson.loads(text)) else None
