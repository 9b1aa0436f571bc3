"""The door: whatever a service answers in JSON passes it, and what stands sealed in it is opened there, numbers masked.

So no route can forget to open a text, and none shows a number that was typed into the wrong field. Who needs the number asks
for it with a reason (``shared/http/disclosure``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.language.freetext import opened

if TYPE_CHECKING:
    from shared.http.service import Service

_MARK = b"${a1."


class Door:
    """Opens sealed text in the answers of an application."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back: JSON whole, anything else as it comes."""
        start: Message | None = None
        parts: list[bytes] = []

        async def sending(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_json(message):
                start = message
            elif start is not None and message["type"] == "http.response.body":
                parts.append(message.get("body", b""))
                if not message.get("more_body"):
                    body = b"".join(parts)
                    if _MARK in body:
                        body = await self._opened(body)
                        MutableHeaders(scope=start)["content-length"] = str(len(body))
                    await send(start)
                    await send({"type": "http.response.body", "body": body})
            else:
                await send(message)

        await self._app(scope, receive, sending if scope["type"] == "http" else send)

    async def _opened(self, body: bytes) -> bytes:
        return orjson.dumps(await opened(self._service.vault, orjson.loads(body)))


def _is_json(message: Message) -> bool:
    kind = MutableHeaders(scope=message).get("content-type", "").partition(";")[0]
    return kind == "application/json" or kind.endswith("+json")
