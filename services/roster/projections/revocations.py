"""Revoked tokens as a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from services.roster.domain import revocation
from shared.log.views import View


def _revoked(key: str, _version: int, state: revocation.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, revocation.Revoked):
        yield UUID(key), state.fact.by, state.fact.on


REVOKED = View[revocation.State]("revoked", {"token": "uuid", "by": "uuid", "on_date": "date"}, ("token",), _revoked, "token")
