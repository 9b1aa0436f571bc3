"""What stands before every route: nobody's body is read before he is known, nor more of it, nor longer, than the route needs.

Whatever a stranger sends costs the price of one look at his headers. FastAPI reads a body first and then asks who it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from shared.http.parameters import the_caller
from shared.language.problems import Malformed, TooLarge, TooSlow
from shared.log.vault import VaultAway, lacks

_WHOLE_SECONDS = 15.0
"""For a body that becomes a model."""
_BLOCK_SECONDS = 30.0
"""For the next block of a file."""
_DIGITS = 9


class Entrance(APIRoute):
    """The route class of every router of ours: for callers with a token."""

    most_bytes: ClassVar[int] = 256 * 1024
    """Of a body that becomes a model. Routes that read files as a stream have limits of their own."""

    def let_in(self, request: Request) -> Coroutine[Any, Any, None]:
        """Refuse, or come back."""
        return _known(request) if _asks(self.dependant, the_caller) else _anybody()

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route behind its entrance."""
        route = super().get_route_handler()

        async def entered(request: Request) -> Response:
            await self.let_in(request)
            lacking: list[str] = []
            lacks.set(lacking)
            answer = await answered(request)
            if lacking and _is_a_paper(answer):
                raise VaultAway(reason="half a paper")
            return answer

        async def answered(request: Request) -> Response:
            if self.body_field is None:
                return await route(Request(request.scope, _paced(request.receive)))
            request._body = await _whole(request, self.most_bytes)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  where Starlette keeps what was read.
            return await route(request)

        return entered


class BatchEntrance(Entrance):
    """For routes by which another system hands over its records, many at once."""

    most_bytes = 8 * 1024 * 1024


def _is_a_paper(answer: Response) -> bool:
    """Whether an answer is a file that is kept and handed on, and not a page or a stream that is asked for again."""
    kind = answer.headers.get("content-type", "")
    return bool(kind) and "json" not in kind and "event-stream" not in kind


def _asks(dependant: Dependant, what: Callable[..., Any]) -> bool:
    return dependant.call is what or any(_asks(each, what) for each in dependant.dependencies)


async def _known(request: Request) -> None:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    service = request.app.state.service
    holder = await service.holder(token.strip() if kind.lower() == "bearer" else "")
    actor = await service.actor(holder)
    request.scope["caller"], request.scope["actor"], request.scope["holder"] = actor, actor.account, holder


async def _anybody() -> None:
    """Routes of the machine: health, documents."""


async def _whole(request: Request, most: int) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and (len(announced) > _DIGITS or int(announced) > most):
        raise TooLarge(most=most)
    body = bytearray()
    try:
        async with asyncio.timeout(_WHOLE_SECONDS):
            async for block in request.stream():
                body += block
                if len(body) > most:
                    raise TooLarge(most=most)
    except TimeoutError:
        raise TooSlow(seconds=int(_WHOLE_SECONDS)) from None
    except ClientDisconnect:
        raise Malformed(errors=[{"pointer": "/", "code": "body", "title": "上传中断"}]) from None
    return bytes(body)


def _paced(receive: Receive) -> Receive:
    """A file, block by block. After its end whoever listens waits for the client to go, as long as that takes."""
    ended = False

    async def receiving() -> Message:
        nonlocal ended
        if ended:
            return await receive()
        try:
            async with asyncio.timeout(_BLOCK_SECONDS):
                message = await receive()
        except TimeoutError:
            raise TooSlow(seconds=int(_BLOCK_SECONDS)) from None
        ended = not message.get("more_body", False)
        return message

    return receiving
