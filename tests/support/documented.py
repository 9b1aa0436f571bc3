"""Whether a refusal that an application gives stands in its document: looked at in every test that asks one."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping, MutableMapping
from typing import Any

import orjson
from starlette.types import Scope, Send

from shared.http.openapi import refusals

_ERROR = 400
_FAULT = 500
_OF_THE_MACHINE = frozenset({"malformed", "unknown", "unavailable", "storage-full", "too-large", "too-slow", "too-many"})
"""What stands before every route."""
_OF_CALLERS = frozenset({"unauthenticated", "nobody-known", "token-is-revoked", "no-post-today", "forbidden"})

UNDOCUMENTED: set[tuple[str, str, str]] = set()
"""Service, operation and code of what was refused and is in no document."""


@functools.cache
def _told(service: str) -> Mapping[str, Any]:
    return refusals(importlib.import_module(f"services.{service}").__name__)


def documented(service: str, scope: Scope, send: Send) -> Send:
    """The same way out, with an eye on problem documents."""
    status, body = 0, bytearray()

    async def watched(message: MutableMapping[str, Any]) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        elif message["type"] == "http.response.body" and status >= _ERROR and status != _FAULT:  # A fault is no refusal.
            body.extend(message.get("body", b""))
            if not message.get("more_body"):
                _look(service, scope, bytes(body))
        await send(message)

    return watched


def nothing_undocumented() -> None:
    """At the end of a test."""
    found = sorted(UNDOCUMENTED)
    UNDOCUMENTED.clear()
    assert not found, f"refused and in no document: {found}"


def _look(service: str, scope: Scope, body: bytes) -> None:
    route = scope.get("route")
    name = str(getattr(route, "name", ""))
    if name not in _told(service):
        return  # No operation: nothing there, or what is inside.
    try:
        kind = orjson.loads(body)["type"]
    except (ValueError, KeyError, TypeError):
        return  # No problem document; another test says what that means.
    code = kind.rpartition(":")[2]
    if kind != "about:blank" and code not in _told(service)[name] and code not in _OF_THE_MACHINE | _OF_CALLERS:
        UNDOCUMENTED.add((service, name, code))
