"""The only file that imports nats: streams, atomic batches, reading in order from a position.

A stream carries a copy of one log; its sequence is the log's position. What is published is the entry's body, with the
position and the recorded time in headers (the stored leaf can be computed from the three).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any

import nats
import orjson
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


def stream_config(district: str, service: str) -> StreamConfig:
    """How the stream of a log is made: kept on disk, and nobody may delete from it."""
    return StreamConfig(
        name=stream_name(district, service),
        subjects=[f"guiren.{district}.{service}.>"],
        storage=StorageType.FILE,
        discard=DiscardPolicy.OLD,
        allow_direct=True,
        deny_delete=True,
        deny_purge=True,
        allow_atomic=True,
        first_seq=1,
    )


def values_config(district: str, table: str) -> StreamConfig:
    """How the stream of a table of values is made: the last value of each name is kept, and nobody may delete from it."""
    return StreamConfig(
        name=stream_name(district, table), subjects=[f"guiren-{table}.{district}.*"], storage=StorageType.FILE,
        discard=DiscardPolicy.OLD, max_msgs_per_subject=1, allow_direct=True, deny_delete=True, deny_purge=True,
    )  # fmt: skip


class Bus:
    """One connection to NATS."""

    def __init__(self, url: str, password: str, district: str) -> None:
        self._url = url
        self._password = password
        self._district = district
        self._nc: Any = None
        self._js: Any = None
        self._lock = asyncio.Lock()
        self.connection = 0
        """Counts connections: who has compared a copy over one compares again over the next."""

    async def connect(self) -> None:
        """Connect once, or say that it can't be done now; what is connected reconnects by itself. Called lazily by everything else."""
        async with self._lock:
            if self._nc is not None and not self._nc.is_closed:
                return

            async def quiet(error: Exception) -> None:
                log.debug("nats", error=str(error))

            async def again() -> None:
                self.connection += 1

            try:
                self._nc = await asyncio.wait_for(
                    nats.connect(
                        self._url,
                        user="guiren",
                        password=self._password,
                        max_reconnect_attempts=-1,
                        reconnect_time_wait=0.5,
                        connect_timeout=3,
                        allow_reconnect=True,
                        error_cb=quiet,
                        disconnected_cb=again,
                        reconnected_cb=again,
                        pending_size=16 * 1024 * 1024,
                    ),
                    _TIMEOUT,
                )  # By itself it would try for ever, and whoever waits for the answer with it.
            except (TimeoutError, NatsError, OSError) as error:
                self._nc = None
                raise BusUnavailable from error
            self._js = self._nc.jetstream(timeout=_TIMEOUT)
            self.connection += 1

    async def close(self) -> None:
        """Close without waiting for anything: nothing here is the only copy."""
        if self._nc is not None:
            with contextlib.suppress(NatsError, asyncio.TimeoutError):
                await asyncio.wait_for(self._nc.close(), 2)

    @property
    def connected(self) -> bool:
        """Whether the connection stands right now."""
        return self._nc is not None and self._nc.is_connected

    async def bounds(self, service: str) -> tuple[int, int]:
        """The first and the last position the stream holds; the first is one more than the last while it holds nothing.

        The stream is made if it is not there (first use, or a wiped disk).
        """
        name = stream_name(self._district, service)
        with _unavailable():
            await self.connect()
            try:
                info = await self._js.stream_info(name)
            except NotFoundError:
                info = await self._js.add_stream(stream_config(self._district, service))
        last = info.state.last_seq
        return (info.state.first_seq if info.state.messages else last + 1), last

    async def last_sequence(self, service: str) -> int:
        """The stream's last sequence."""
        return (await self.bounds(service))[1]

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
                        raise _refusal(reply.data)
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

    async def pages(self, service: str, position: int, upto: int, size: int = 500) -> AsyncGenerator[list[Entry]]:
        """What the stream holds after a position, up to and with another, page by page and without a gap."""
        reader = await self.reader(service, position)
        try:
            while position < upto:
                entries = await reader.fetch(min(size, upto - position), _TIMEOUT)
                if not entries:
                    message = f"{service}: nothing came after {position}"
                    raise BusUnavailable(message)
                position = entries[-1].pos
                yield entries
        finally:
            await reader.close()

    async def put_value(self, table: str, name: str, value: bytes, after: int) -> int:
        """Keep a value by its name, if the one before it stands at this sequence (0: there was none). Answers its sequence."""
        where = f"guiren-{table}.{self._district}.{name}"
        headers = {"Nats-Expected-Last-Subject-Sequence": str(after)}
        with _unavailable():
            await self.connect()
            return (await self._js.publish(where, value, headers=headers, timeout=_TIMEOUT)).seq

    async def value_of(self, table: str, name: str) -> tuple[int, bytes] | None:
        """The value kept by a name, with its sequence."""
        with _unavailable():
            await self.connect()
            try:
                found = await self._js.get_last_msg(stream_name(self._district, table), f"guiren-{table}.{self._district}.{name}")
            except NotFoundError:
                return None
        return found.seq, found.data or b""

    async def count_values(self, table: str) -> int:
        """How many names have a value. The stream is made if it is not there."""
        with _unavailable():
            await self.connect()
            try:
                info = await self._js.stream_info(stream_name(self._district, table))
            except NotFoundError:
                info = await self._js.add_stream(values_config(self._district, table))
        return info.state.messages

    async def values(self, table: str) -> list[tuple[str, int, bytes]]:
        """All names with the sequences of their values and the values."""
        left, found = await self.count_values(table), list[tuple[str, int, bytes]]()
        with _unavailable():
            config = ConsumerConfig(ack_policy=AckPolicy.NONE, mem_storage=True, num_replicas=1, inactive_threshold=30)
            subscription = await self._js.pull_subscribe(subject="", stream=stream_name(self._district, table), config=config)
            try:
                while left:
                    messages = await subscription.fetch(min(left, 500), timeout=_TIMEOUT)
                    found += [(item.subject.rpartition(".")[2], item.metadata.sequence.stream, item.data) for item in messages]
                    left = messages[-1].metadata.num_pending or 0
            finally:
                with contextlib.suppress(NatsError, APIError, asyncio.TimeoutError):
                    await subscription.unsubscribe()
        return found

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


def _refusal(answer: bytes) -> Exception:
    """What the answer to the first message of a batch means: only one code is a wrong sequence, all else an outage."""
    try:
        error = orjson.loads(answer)["error"]
    except (ValueError, KeyError, TypeError):
        return BusUnavailable(answer.decode(errors="replace"))
    kind = WrongSequence if error.get("err_code") == _WRONG_LAST_SEQUENCE else BusUnavailable
    return kind(f"{error.get('err_code')} {error.get('description', '')}")


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
