"""The only file that imports nats: streams, publishing, reading in order from a position.

A stream carries a copy of one log; its sequence is the log's position. What is published is the entry's body, with the
position and the recorded time in headers (the stored leaf can be computed from the three), and what shows that the log's
service wrote it. What comes without that is not handed on: ``Forged``.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import ssl
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

import nats
import structlog
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, DiscardPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, NotFoundError

from shared.log.eventlog import Entry
from shared.log.signatures import Forged, Signatures

log = structlog.get_logger()

_WRONG_LAST_SEQUENCE = 10071
_TIMEOUT = 5
INSTALL = "install"
"""The user in whose account the streams are."""
_IMPORTED = "LOGS"
"""How everybody else's account calls that account's interface (nats.conf)."""


class WrongSequence(Exception):
    """The stream is not where the publisher thought: ask again and go on from there."""

    title = "消息流不在预期的位置"


class BusUnavailable(Exception):
    """NATS does not answer now."""

    title = "消息流(NATS)暂时没有应答"


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
        first_seq=1,
    )


def values_config(district: str, table: str) -> StreamConfig:
    """How the stream of a table of values is made: the last value of each name is kept, and nobody may delete from it."""
    return StreamConfig(
        name=stream_name(district, table),
        subjects=[f"guiren-{table}.{district}.*"],
        storage=StorageType.FILE,
        discard=DiscardPolicy.OLD,
        max_msgs_per_subject=1,
        allow_direct=True,
        deny_delete=True,
        deny_purge=True,
    )


class Bus:
    """One connection to NATS, as one of its users: a service, or ``install``."""

    def __init__(
        self,
        url: str,
        user: str,
        password: str,
        district: str,
        signatures: Signatures | None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Without ``signatures`` nothing is published, and what is read is not checked: for who compares it with the log itself."""
        self.url = url
        self.signatures = signatures
        self._user = user
        self._password = password
        self.district = district
        self._tls = tls
        self._nc: Any = None
        self._js: Any = None
        self._lock = asyncio.Lock()
        self.connection = 0
        """Counts connections: who has compared a copy over one compares again over the next."""

    def unchecking(self) -> Bus:
        """Another connection of the same user that reads what nobody signed."""
        return Bus(self.url, self._user, self._password, self.district, None, self._tls)

    async def connect(self) -> None:
        """Connect once, or say that it can't be done now; what is connected reconnects by itself. Called lazily by everything else."""
        async with self._lock:
            if self._nc is not None and not self._nc.is_closed:
                return

            async def told(error: Exception) -> None:
                forbidden = "permissions violation" in str(error)
                log.log(40 if forbidden else 10, "nats", user=self._user, error=str(error))

            async def again() -> None:
                self.connection += 1

            try:
                # By itself it would try for ever, and whoever waits for the answer with it.
                async with asyncio.timeout(_TIMEOUT):
                    self._nc = await nats.connect(
                        self.url,
                        user=self._user,
                        password=self._password,
                        inbox_prefix=f"_INBOX.{self._user}",
                        tls=self._tls,
                        tls_handshake_first=self._tls is not None,  # Nobody on the way can talk us out of it.
                        max_reconnect_attempts=-1,
                        reconnect_time_wait=0.5,
                        connect_timeout=3,
                        allow_reconnect=True,
                        error_cb=told,
                        disconnected_cb=again,
                        reconnected_cb=again,
                        pending_size=16 * 1024 * 1024,
                    )
            except (TimeoutError, NatsError, OSError) as error:  # A certificate that doesn't hold is an OSError too.
                self._nc = None
                raise BusUnavailable from error
            self._js = self._nc.jetstream(timeout=_TIMEOUT, prefix="$JS.API" if self._user == INSTALL else _IMPORTED)
            self.connection += 1

    async def close(self) -> None:
        """Close without waiting for anything: nothing here is the only copy."""
        if self._nc is not None:
            with contextlib.suppress(NatsError, TimeoutError):
                async with asyncio.timeout(2):
                    await self._nc.close()

    @property
    def connected(self) -> bool:
        """Whether the connection stands right now."""
        return self._nc is not None and self._nc.is_connected

    async def bounds(self, service: str) -> tuple[int, int]:
        """The first and the last position the stream holds; the first is one more than the last while it holds nothing."""
        with _unavailable():
            await self.connect()
            info = await self._js.stream_info(stream_name(self.district, service))
        last = info.state.last_seq
        return (info.state.first_seq if info.state.messages else last + 1), last

    async def make_streams(self, logs: Sequence[str], tables: Sequence[str] = ()) -> None:
        """Make the streams of these logs and tables of values that are not there (first use, or a wiped disk). Only ``install`` may."""
        configs = [stream_config(self.district, each) for each in logs] + [values_config(self.district, each) for each in tables]
        with _unavailable():
            await self.connect()
            for config in configs:
                try:
                    await self._js.stream_info(config.name)
                except NotFoundError:
                    await self._js.add_stream(config)

    async def drop_stream(self, name: str) -> None:
        """Delete the stream of a log or a table, if it is there, for it to be made and filled anew. Only ``install`` may."""
        with _unavailable():
            await self.connect()
            with contextlib.suppress(NotFoundError):
                await self._js.delete_stream(stream_name(self.district, name))

    async def last_sequence(self, service: str) -> int:
        """The stream's last sequence."""
        return (await self.bounds(service))[1]

    async def entry_at(self, service: str, position: int) -> Entry | None:
        """What the stream holds at a position; nothing if it holds nothing there any more."""
        with _unavailable():
            await self.connect()
            try:
                message = await self._js.get_msg(stream_name(self.district, service), position)
            except NotFoundError:
                return None
        return _entry(self.signatures, service, position, message.headers, message.data)

    async def publish(self, service: str, entries: Sequence[Entry]) -> int:
        """Publish entries after the position before the first, without waiting in between. Answers up to where the stream took
        them: mostly all.

        Each says which sequence must stand before it, so what follows a refused one is refused as well, and there is never a
        hole; only the last is answered. Where it is refused, the first that the stream lacks is said again alone: what
        the stream answers to that is the reason.
        """
        if self.signatures is None:
            message = "what is not signed is not published"
            raise RuntimeError(message)
        proofs = self.signatures.proofs(service, entries)
        with _unavailable():
            await self.connect()
            for item, proof in zip(entries, proofs, strict=True):
                headers = {
                    "Guiren-Pos": str(item.pos),
                    "Guiren-Rec": str(item.rec_us),
                    "Guiren-Stream": item.stream,
                    "Guiren-Version": str(item.version),
                    "Guiren-Type": item.type,
                    "Guiren-Rest": str(item.rest),
                    "Guiren-Proof": base64.b64encode(proof).decode(),
                    "Nats-Expected-Last-Sequence": str(item.pos - 1),
                }
                where = subject(self.district, service, item.type)
                if item is not entries[-1]:
                    await self._nc.publish(where, item.body, headers=headers)
                    continue
                try:
                    return (await self._js.publish(where, item.body, headers=headers, timeout=_TIMEOUT)).seq
                except APIError as error:
                    if error.err_code != _WRONG_LAST_SEQUENCE or len(entries) == 1:
                        raise
        lacking = await self.last_sequence(service) + 1
        if alone := [item for item in entries if item.pos == lacking]:
            return await self.publish(service, alone)
        message = f"the stream waits for {lacking}"
        raise WrongSequence(message)

    async def reader(self, service: str, position: int) -> Reader:
        """Read the stream in order, from the entry after ``position``."""
        name = stream_name(self.district, service)
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
        return Reader(self.signatures, service, subscription, position)

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
        where = f"guiren-{table}.{self.district}.{name}"
        headers = {"Nats-Expected-Last-Subject-Sequence": str(after)}
        with _unavailable():
            await self.connect()
            return (await self._js.publish(where, value, headers=headers, timeout=_TIMEOUT)).seq

    async def value_of(self, table: str, name: str) -> tuple[int, bytes] | None:
        """The value kept by a name, with its sequence."""
        with _unavailable():
            await self.connect()
            try:
                found = await self._js.get_last_msg(stream_name(self.district, table), f"guiren-{table}.{self.district}.{name}")
            except NotFoundError:
                return None
        return found.seq, found.data or b""

    async def extent(self, table: str) -> tuple[int, int]:
        """How many names have a value, and the sequence of the last that was put there."""
        with _unavailable():
            await self.connect()
            state = (await self._js.stream_info(stream_name(self.district, table))).state
        return state.messages, state.last_seq

    async def values(self, table: str) -> list[tuple[str, int, bytes]]:
        """All names with the sequences of their values and the values."""
        (left, _), found = await self.extent(table), list[tuple[str, int, bytes]]()
        with _unavailable():
            config = ConsumerConfig(ack_policy=AckPolicy.NONE, mem_storage=True, num_replicas=1, inactive_threshold=30)
            subscription = await self._js.pull_subscribe(subject="", stream=stream_name(self.district, table), config=config)
            try:
                while left:
                    messages = await subscription.fetch(min(left, 500), timeout=_TIMEOUT)
                    found += [(item.subject.rpartition(".")[2], item.metadata.sequence.stream, item.data) for item in messages]
                    left = messages[-1].metadata.num_pending or 0
            finally:
                with contextlib.suppress(NatsError, APIError, asyncio.TimeoutError):
                    await subscription.unsubscribe()
        return found


class Reader:
    """An ephemeral pull consumer. Anything odd ends it; the caller makes another from its cursor."""

    def __init__(self, signatures: Signatures | None, service: str, subscription: Any, position: int) -> None:
        self._signatures, self._service = signatures, service
        self._subscription = subscription
        self._forged: Forged | None = None
        self._position = position
        self.head = position
        """Where the stream ended at the last look."""

    async def fetch(self, limit: int, wait: float) -> list[Entry]:
        """The next entries, in order, without a gap; ``[]`` when none came. Raises ``WrongSequence`` on a gap, and ``Forged``
        once all before it has been handed on.
        """
        if self._forged:
            raise self._forged
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
            try:
                entry = _entry(self._signatures, self._service, message.metadata.sequence.stream, message.headers, message.data)
            except Forged as forged:
                if not entries:
                    raise
                self._forged = forged
                break
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


def _entry(signatures: Signatures | None, service: str, sequence: int, told: Mapping[str, str] | None, body: bytes) -> Entry:
    """A message as an entry. One that can't be read as one was not written by a relay."""
    headers = told or {}
    try:
        found = Entry(
            int(headers["Guiren-Pos"]),
            int(headers["Guiren-Rec"]),
            headers["Guiren-Stream"],
            int(headers["Guiren-Version"]),
            headers["Guiren-Type"],
            body or b"",
            int(headers.get("Guiren-Rest", 0)),
            base64.b64decode(headers.get("Guiren-Proof", ""), validate=True),
        )
        if signatures is not None:
            signatures.check(service, found)
    except (KeyError, ValueError, OverflowError, binascii.Error) as error:
        raise Forged(service, sequence) from error
    return found


@contextlib.contextmanager
def _unavailable() -> Any:
    try:
        yield
    except APIError as error:
        if error.err_code == _WRONG_LAST_SEQUENCE:
            raise WrongSequence from error
        raise BusUnavailable from error
    except (TimeoutError, NatsError, OSError) as error:
        raise BusUnavailable from error
