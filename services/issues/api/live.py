"""What happens to tickets, as it happens: server-sent events out of the log, within the caller's reach, resumable.

One reader follows the log for everybody and keeps the last entries; a client that is behind those reads the log itself, at
its own pace. Where somebody stands he alone can say, and nobody reads it: how fast a log grows tells of what he may not
hear. So nothing queues up for a slow client, and the writing path knows nothing of anybody who listens. An event
says that something happened, not what: whoever wants to know more asks for the ticket, under the rules that hold there.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter, deque
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse

from services.issues.domain.access import Reach
from services.issues.queries.live import News, after
from services.issues.queries.reading import reach
from shared.http.entrance import Entrance
from shared.http.identity import Holder
from shared.http.parameters import Caller
from shared.http.service import Service
from shared.language.problems import Malformed, Problem, TooMany
from shared.log.eventlog import head
from shared.log.outages import OUTAGES

log = structlog.get_logger()
router = APIRouter(tags=["实时更新"], route_class=Entrance)

_LOOK_SECONDS = 0.25
_HEARTBEAT_SECONDS = 15.0
_RIGHTS_SECONDS = 5.0
"""How long a stream goes on by the rights it began with: then they are asked for anew."""
_LIFE_SECONDS = 900.0
"""Then the client comes again with a token that still holds, from where it was."""
_KEPT = 2_000
_FARTHEST = 20_000
"""Who is farther behind loads its lists anew."""
_MOST_CLIENTS = 500
_MOST_EACH = 6
"""Windows and telephones of one person; nobody takes everybody's seats."""
_PLACE_LETTERS = 48
_NONCE_BYTES = 12


@dataclass
class Live:
    """Follows one service's log while anybody listens."""

    service: Service
    position: int = 0
    clients: Counter[UUID] = field(default_factory=Counter[UUID])
    """How often each person listens."""
    _seal: AESGCM = field(default_factory=lambda: AESGCM(AESGCM.generate_key(128)))
    """For places: of this process alone. Who comes back to another one loads his lists anew."""
    _first: int = 0
    """The position after which nothing is missing from ``_recent``."""
    _recent: deque[News] = field(default_factory=deque[News])
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _reader: asyncio.Task[None] | None = None

    async def join(self) -> None:
        """One more listens."""
        if self._reader is None or self._reader.done():
            position = await head(self.service.pool)
            if self._reader is None or self._reader.done():  # Nobody else came meanwhile.
                self.position = self._first = position
                self._recent.clear()
                self._reader = asyncio.create_task(self._follow())

    def place(self, person: UUID, position: int) -> bytes:
        """A position as this person's client keeps it: said twice it looks different, so that nobody sees it stand still."""
        nonce = os.urandom(_NONCE_BYTES)
        return urlsafe_b64encode(nonce + self._seal.encrypt(nonce, position.to_bytes(8), person.bytes))

    def position_of(self, person: UUID, place: str) -> int | None:
        """The position that was said so to this person; none if it was not, or by a process that is gone."""
        raw = urlsafe_b64decode(place)
        try:
            return int.from_bytes(self._seal.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], person.bytes))
        except InvalidTag:
            return None

    def full(self, person: UUID) -> bool:
        """Whether there is no seat for this person."""
        return self.clients[person] >= _MOST_EACH or self.clients.total() >= _MOST_CLIENTS

    def leave(self, person: UUID) -> None:
        """One less; the last one puts out the light."""
        self.clients -= Counter([person])
        if not self.clients and self._reader is not None:
            self._reader.cancel()
            self._reader = None

    @property
    def follows(self) -> bool:
        """Whether the reader still reads; who listens to one that has ended comes again."""
        return not self.service.stopping.is_set() and self._reader is not None and not self._reader.done()

    async def _follow(self) -> None:
        try:
            while not self.service.stopping.is_set():
                await self._read()
        except Exception:  # A fault that no waiting mends: streams end, and the next client begins a new reader.
            log.exception("live ended")
        finally:
            async with self._news:
                self._news.notify_all()

    async def _read(self) -> None:
        try:
            end, news = await after(self.service, self.position)
        except OUTAGES as error:
            log.warning("live waits", error=repr(error))
            end, news = self.position, []
        if end == self.position:
            await self._pause(_LOOK_SECONDS)
            return
        self._recent.extend(news)
        self.position = end
        while len(self._recent) > _KEPT:
            self._first = self._recent.popleft().position
        async with self._news:
            self._news.notify_all()

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.service.stopping.wait()

    async def after(self, position: int) -> tuple[int, Sequence[News]]:
        """What came after a position, from memory, or from the log for who is farther behind."""
        if position >= self._first:
            return max(position, self.position), [item for item in self._recent if item.position > position]
        return await after(self.service, position)

    async def wait(self, position: int, seconds: float) -> None:
        """Until there is something after this position, or it is over, or nothing happened for so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(lambda: self.position > position or not self.follows)


@router.get(
    "/live",
    name="follow_live",
    summary="实时更新(服务器推送事件)",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "事件流"}},
)
async def live(
    caller: Caller,
    request: Request,
    last: Annotated[
        str | None, Header(alias="Last-Event-ID", max_length=_PLACE_LETTERS, description="最后收到的事件编号")
    ] = None,
) -> StreamingResponse:
    """``issue`` events from now on, or after ``Last-Event-ID``; ``reset`` where that is too long ago: load the lists anew."""
    may = await reach(request.app.state.service, caller)
    place = _place(last)
    hub: Live = _hub(request)
    if hub.full(caller.id):
        raise TooMany(retry_after=30)
    return StreamingResponse(
        _stream(hub, caller.id, may, place, request.scope["holder"]),
        media_type="text/event-stream",
        # ``no-transform``: a gateway that compresses would hold events back.
        headers={"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"},
    )


def _place(last: str | None) -> str:
    if last and not re.fullmatch(rf"[\w-]{{{_PLACE_LETTERS}}}", last, re.ASCII):
        raise Malformed(errors=[{"pointer": "/header/Last-Event-ID", "code": "place", "title": "应为事件编号"}])
    return last or ""


def _hub(request: Request) -> Live:
    state = request.app.state
    if not hasattr(state, "live"):
        state.live = Live(state.service)
    return state.live


async def _stream(hub: Live, person: UUID, may: Reach, place: str, holder: Holder) -> AsyncGenerator[bytes, None]:
    """Frames, until the client goes or has no right to them any more, the service stops or the stream has lived its time."""
    if hub.full(person):  # Others sat down since the door was passed.
        return
    began = said = asked = time.monotonic()
    hub.clients[person] += 1
    try:
        await hub.join()
        since = hub.position_of(person, place) if place else hub.position
        position = hub.position if since is None else min(since, hub.position)
        yield b"retry: 2000\nid: %s\nevent: hello\ndata: {}\n\n" % hub.place(person, position)
        if since is None or hub.position - position > _FARTHEST:
            position = hub.position
            yield b"id: %s\nevent: reset\ndata: {}\n\n" % hub.place(person, position)
        while hub.follows and (now := time.monotonic()) - began < _LIFE_SECONDS:
            if now - asked >= _RIGHTS_SECONDS:
                may, asked = await reach(hub.service, await hub.service.actor(holder)), now
            position, news = await hub.after(position)
            if frames := b"".join(item.frame(hub.place(person, item.position)) for item in news if item.for_(may)):
                said = now
                yield frames
            elif now - said >= _HEARTBEAT_SECONDS:
                said = now
                yield b"id: %s\n: \n\n" % hub.place(person, position)
            if position >= hub.position:
                await hub.wait(position, min(_RIGHTS_SECONDS, _HEARTBEAT_SECONDS, _LIFE_SECONDS - (now - began)))
    except Problem:
        log.info("live stream ends with the post")  # The client comes again, and is told why.
    except OUTAGES as error:
        log.warning("live stream ends", error=repr(error))  # The client comes again, from where it was.
    finally:
        hub.leave(person)
