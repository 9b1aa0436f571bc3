"""The only file that imports nats: streams, atomic batches, reading in order from a position.

A stream carries a copy of one log; its sequence is the log's position. What is published is the entry's body, with the
position and the recorded time in headers (the stored leaf can be computed from the three).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import nats
import structlog
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, DiscardPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, NotFoundError

from shared.eventlog import Entry
from shared.terms import new_id

log = structlog.get_logger()

_WRONG_LAST_SEQUENCE = 10071
_TIMEOUT = 5


class WrongSequence(Exception):
    """The stream is not where the publisher thought: ask again and go on from there."""


class BusUnavailable(Exception):
    """NATS does not answer now."""


def stream_name(district: str, service: str) -> str:
    """``GUIREN_520502_VISITS``."""
    return f"GUIREN_{district}_{service.upper()}"


def subject(district: str, service: str, type_: str) -> str:
    """``guiren.520502.visits.visit-recorded``: never an id, never people's data."""
    return f"guiren.{district}.{service}.{type_.split('.')[1]}"


class Bus:
    """One connection to NATS."""

    def __init__(self, url: str, password: str, district: str) -> None:
        self._url = url
        self._password = password
        self._district = district
        self._nc: Any = None
        self._js: Any = None
        self._lock = asyncio.Lock()

    async def connect(self) -> None:
        """Connect, and keep trying for ever if NATS is not there yet. Called lazily by everything else."""
        async with self._lock:
            if self._nc is not None and not self._nc.is_closed:
                return

            async def quiet(error: Exception) -> None:
                log.debug("nats", error=str(error))

            try:
                self._nc = await nats.connect(
                    self._url,
                    user="guiren",
                    password=self._password,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=0.5,
                    connect_timeout=3,
                    allow_reconnect=True,
                    error_cb=quiet,
                    pending_size=16 * 1024 * 1024,
                )
            except (TimeoutError, NatsError, OSError) as error:
                self._nc = None
                raise BusUnavailable from error
            self._js = self._nc.jetstream(timeout=_TIMEOUT)

    async def close(self) -> None:
        """Close without waiting for anything: nothing here is the only copy."""
        if self._nc is not None:
            with contextlib.suppress(NatsError, asyncio.TimeoutError):
                await asyncio.wait_for(self._nc.close(), 2)

    @property
    def connected(self) -> bool:
        """Whether the connection stands right now."""
        return self._nc is not None and self._nc.is_connected

    async def last_sequence(self, service: str, first_position: int = 1) -> int:
        """The stream's last sequence; the stream is made if it is not there (first use, or a wiped disk)."""
        name = stream_name(self._district, service)
        with _unavailable():
            await self.connect()
            try:
                info = await self._js.stream_info(name)
            except NotFoundError:
                info = await self._js.add_stream(
                    StreamConfig(
                        name=name,
                        subjects=[f"guiren.{self._district}.{service}.>"],
                        storage=StorageType.FILE,
                        discard=DiscardPolicy.OLD,
                        allow_direct=True,
                        deny_delete=True,
                        deny_purge=True,
                        allow_atomic=True,
                        first_seq=first_position,
                    )
                )
        return max(info.state.last_seq, first_position - 1)

    async def entry_at(self, service: str, position: int) -> Entry | None:
        """What the stream holds at a position; nothing if it holds nothing there any more."""
        with _unavailable():
            await self.connect()
            try:
                message = await self._js.get_msg(stream_name(self._district, service), position)
            except NotFoundError:
                return None
        return _entry(message.headers or {}, message.data)

    async def publish(self, service: str, entries: Sequence[Entry]) -> int:
        """Publish entries as one atomic batch after the position before the first. Answers the last sequence."""
        batch = new_id().hex
        with _unavailable():
            await self.connect()
            for number, item in enumerate(entries, 1):
                headers = {"Guiren-Pos": str(item.pos), "Guiren-Rec": str(item.rec_us), "Guiren-Stream": item.stream,
                           "Guiren-Version": str(item.version), "Guiren-Type": item.type, "Guiren-Rest": str(item.rest),
                           "Nats-Batch-Id": batch, "Nats-Batch-Sequence": str(number)}  # fmt: skip
                if number == 1:
                    headers["Nats-Expected-Last-Sequence"] = str(item.pos - 1)
                if number == len(entries):
                    headers["Nats-Batch-Commit"] = "1"
                where = subject(self._district, service, item.type)
                if number == len(entries):
                    ack = await self._js.publish(where, item.body, headers=headers, timeout=_TIMEOUT)
                    return ack.seq
                if number == 1:
                    reply = await self._nc.request(where, item.body, headers=headers, timeout=_TIMEOUT)
                    if reply.data:  # A first message that is taken is answered with nothing.
                        raise WrongSequence(reply.data.decode(errors="replace"))
                else:
                    await self._nc.publish(where, item.body, headers=headers)
        return 0

    async def reader(self, service: str, position: int) -> Reader:
        """Read the stream in order, from the entry after ``position``."""
        name = stream_name(self._district, service)
        with _unavailable():
            await self.connect()
            subscription = await self._js.pull_subscribe(
                subject="",
                stream=name,
                config=ConsumerConfig(
                    deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
                    opt_start_seq=position + 1,
                    ack_policy=AckPolicy.NONE,
                    mem_storage=True,
                    num_replicas=1,
                    inactive_threshold=30,
                ),
            )
        return Reader(subscription, position)

    async def poke(self, service: str) -> None:
        """Tell whoever listens that there is something new. Losing it costs a poll interval, nothing else."""
        if self.connected:
            with contextlib.suppress(NatsError):
                await self._nc.publish(f"poke.{self._district}.{service}", b"")

    async def on_poke(self, service: str, wake: Callable[[], None]) -> None:
        """Call ``wake`` when somebody pokes."""

        async def heard(_message: object) -> None:
            wake()

        with _unavailable():
            await self.connect()
            await self._nc.subscribe(f"poke.{self._district}.{service}", cb=heard)


class Reader:
    """An ephemeral pull consumer. Anything odd ends it; the caller makes another from its cursor."""

    def __init__(self, subscription: Any, position: int) -> None:
        self._subscription = subscription
        self._position = position
        self.head = position
        """Where the stream ended at the last look."""

    async def fetch(self, limit: int, wait: float) -> list[Entry]:
        """The next entries, in order, without a gap; ``[]`` when none came. Raises ``WrongSequence`` on a gap."""
        try:
            messages = await self._subscription.fetch(limit, timeout=wait)
        except TimeoutError:
            try:  # Nothing new, or the consumer is gone: only the server knows.
                told = await self._subscription.consumer_info()
            except (NatsError, APIError, TimeoutError) as error:
                raise WrongSequence from error
            self.head = self._position + (told.num_pending or 0)
            return []
        except (NatsError, APIError, OSError) as error:
            raise BusUnavailable from error
        entries: list[Entry] = []
        for message in messages:
            headers = message.headers or {}
            entry = _entry(headers, message.data)
            if entry.pos <= self._position:
                continue
            if entry.pos != self._position + 1 or message.metadata.sequence.stream != entry.pos:
                raise WrongSequence(f"expected {self._position + 1}, got {entry.pos}")
            self._position = entry.pos
            entries.append(entry)
        self.head = self._position + (messages[-1].metadata.num_pending if messages else 0)
        return entries

    async def close(self) -> None:
        """Let the consumer go."""
        with contextlib.suppress(NatsError, APIError, asyncio.TimeoutError):
            await self._subscription.unsubscribe()


def _entry(headers: dict[str, str], body: bytes) -> Entry:
    return Entry(
        int(headers["Guiren-Pos"]), int(headers["Guiren-Rec"]), headers["Guiren-Stream"], int(headers["Guiren-Version"]),
        headers["Guiren-Type"], body, int(headers.get("Guiren-Rest", 0)),
    )  # fmt: skip


@contextlib.contextmanager
def _unavailable() -> Any:
    try:
        yield
    except APIError as error:
        if error.err_code == _WRONG_LAST_SEQUENCE:
            raise WrongSequence(error.description) from error
        raise BusUnavailable(str(error)) from error
    except (TimeoutError, NatsError, OSError) as error:
        raise BusUnavailable(str(error)) from error
