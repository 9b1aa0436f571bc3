"""How a service is doing, told at a listener of its own: health and figures show who writes when, and are nobody's business
outside. What the gateway leads to answers documented routes and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Receive, Scope, Send

from shared.http.problem_documents import INNER, answer
from shared.language.problems import Unknown

if TYPE_CHECKING:
    from shared.http.service import Service


class Inner:
    """By the port a request came to, as the socket tells it: these paths at the inner one, every other at the outer."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or know nothing of what it asks for. Within a process there are no ports, and nobody outside."""
        inner = self._service.inner_port
        if scope["type"] == "http":
            came_to = (scope.get("server") or ("", 0))[1]
            if came_to != inner if scope["path"].rstrip("/") in INNER else came_to == inner is not None:
                await answer(Unknown())(scope, receive, send)
                return
        await self._app(scope, receive, send)
