"""What happens to every command: load, fold, decide, append, project, in one transaction.

The command's id is a primary key in that transaction, so a repeat, however late, gets the original answer and changes
nothing; the same id with another content is refused. A version conflict is decided again on the newer state.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import asyncpg
import orjson

from shared.decider import Context, Decider
from shared.eventlog import Entry, VersionConflict, Write, append, load, load_many
from shared.events import Command, Fact, encode
from shared.problems import KeyReused, Stale, Unavailable
from shared.projector import View
from shared.terms import new_id
from shared.vault import Personal, Vault, personals

StateT = TypeVar("StateT")
Row = tuple[Any, ...]

_IN_FLIGHT = 6
"""Appends at once per log: more only wait for the head row, and the slowest wait gets long (design §6)."""
_TRIES = 12

links: ContextVar[dict[str, str]] = ContextVar("links", default={})  # noqa: B039  never mutated, only replaced.
"""Correlation, causation, traceparent and deps of whatever is being handled, for the envelope."""


@dataclass(frozen=True)
class Done(Generic[StateT]):
    """What became of a command: the stream's state and version, and where its facts stand in the log."""

    state: StateT
    version: int
    position: int
    facts: tuple[Fact, ...]
    replayed: bool = False


@dataclass(frozen=True)
class Ask(Generic[StateT]):
    """One command for one stream, for ``Desk.handle_all``."""

    decider: Decider[StateT]
    key: str
    command: Command
    context: Context
    id: UUID
    happened: datetime | None = None


@dataclass
class Desk:
    """Where commands are handled. One a service; it holds the pool, the vault and the views written with the facts."""

    pool: asyncpg.Pool
    source: str
    vault: Vault
    views: dict[str, tuple[View[Any], ...]]
    """By kind of stream."""
    written: Callable[[int], None] = lambda _position: None
    """Called after a commit with the log's position: the relay's wake-up."""
    recorded_us: Callable[[], int] | None = None
    """The demo loader's clock; ``None`` everywhere else."""
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_IN_FLIGHT))

    async def handle(
        self,
        decider: Decider[StateT],
        key: str | UUID,
        command: Command,
        context: Context,
        *,
        command_id: UUID,
        expected: int | None = None,
        happened: datetime | None = None,
        prepare: Callable[[Any, StateT, Context], Awaitable[Context]] | None = None,
    ) -> Done[StateT]:
        """Carry out one command. ``expected`` is the version the caller saw (If-Match); ``prepare`` may look up, in
        the same transaction, what the decision must know and only the database can tell.
        """
        stream = decider.stream(key)
        fingerprint = self._fingerprint(stream, command)
        async with self._gate:
            for attempt in range(_TRIES):
                try:
                    async with self._transaction() as connection:
                        entries = await load(connection, stream)
                        state = decider.fold(item.fact for item in entries)
                        if entries and (done := await self._seen(connection, decider, entries, command_id, fingerprint)):
                            return done
                        if expected is not None and expected != len(entries):
                            raise Stale(expected=expected, actual=len(entries))
                        if prepare is not None:
                            context = await prepare(connection, state, context)
                        facts = tuple(decider.decide(state, command, context))
                        if not facts:
                            return Done(state, len(entries), entries[-1].pos if entries else 0, (), replayed=True)
                        write = await self._write(stream, len(entries), facts, context, command_id, fingerprint, happened)
                        appended = await append(connection, [write], self.recorded_us() if self.recorded_us else None)
                        if not appended.same:
                            raise KeyReused  # The key belongs to a command on another stream.
                        if appended.replayed:
                            raise VersionConflict  # Written by a twin meanwhile: load it and answer as it did.
                        state = decider.fold(facts, state)
                        version = len(entries) + len(facts)
                        for view in self.views.get(decider.kind, ()):
                            await view.write(connection, [(str(key), version, state)])
                    position = appended.first + len(facts) - 1
                    self.written(position)
                    return Done(state, version, position, facts)
                except VersionConflict:
                    await asyncio.sleep(random.random() * 0.005 * (attempt + 1))  # noqa: S311  spreading, not secrecy.
        raise Unavailable(reason="too many writers on one stream")

    async def handle_all(self, asks: Sequence[Ask[Any]]) -> int:
        """Carry out many commands on different streams in one transaction; those known already are passed over.

        Answers the log's position after it. A refusal stops the whole batch.
        """
        fingerprints = [self._fingerprint(ask.decider.stream(ask.key), ask.command) for ask in asks]
        async with self._gate:
            for attempt in range(_TRIES):
                try:
                    return await self._handle_all(asks, fingerprints)
                except VersionConflict:
                    await asyncio.sleep(random.random() * 0.01 * (attempt + 1))  # noqa: S311
        raise Unavailable(reason="too many writers on these streams")

    async def _handle_all(self, asks: Sequence[Ask[Any]], fingerprints: list[bytes]) -> int:
        async with self._transaction() as connection:
            known = {
                row["id"]
                for row in await connection.fetch(
                    "select id from log.command where id = any($1::uuid[])", [ask.id for ask in asks]
                )
            }
            fresh = [(ask, mark) for ask, mark in zip(asks, fingerprints, strict=True) if ask.id not in known]
            histories = await load_many(connection, [ask.decider.stream(ask.key) for ask, _ in fresh])
            decided: list[tuple[Ask[Any], bytes, int, Any, tuple[Fact, ...]]] = []
            for ask, mark in fresh:
                entries = histories.get(ask.decider.stream(ask.key), [])
                state = ask.decider.fold(item.fact for item in entries)
                facts = tuple(ask.decider.decide(state, ask.command, ask.context))
                if facts:
                    decided.append((ask, mark, len(entries), ask.decider.fold(facts, state), facts))
            if not decided:
                return await connection.fetchval("select pos from log.head")
            await self.vault.seal([datum for *_, facts in decided for fact in facts for datum in personals(fact)])
            writes = [
                self._encoded(ask.decider.stream(ask.key), version, facts, ask.context, ask.id, mark, ask.happened)
                for ask, mark, version, _, facts in decided
            ]
            appended = await append(connection, writes, self.recorded_us() if self.recorded_us else None)
            rows: dict[str, list[tuple[str, int, Any]]] = {}
            for ask, _, version, state, facts in decided:
                rows.setdefault(ask.decider.kind, []).append((ask.key, version + len(facts), state))
            for kind, items in rows.items():
                for view in self.views.get(kind, ()):
                    await view.write(connection, items)
        position = appended.first + sum(len(facts) for *_, facts in decided) - 1
        self.written(position)
        return position

    async def _seen(
        self, connection: Any, decider: Decider[StateT], entries: list[Entry], command_id: UUID, fingerprint: bytes
    ) -> Done[StateT] | None:
        """The original answer to a command that was carried out before, or nothing."""
        row = await connection.fetchrow("select fingerprint, first_pos, n from log.command where id = $1", command_id)
        if row is None:
            return None
        if row["fingerprint"] not in (fingerprint, b""):  # A restored log knows the command but not its content.
            raise KeyReused
        last = row["first_pos"] + row["n"] - 1
        then = [item for item in entries if item.pos <= last]
        facts = tuple(item.fact for item in then if item.pos >= row["first_pos"])
        return Done(decider.fold(item.fact for item in then), len(then), last, facts, replayed=True)

    async def _write(
        self,
        stream: str,
        version: int,
        facts: tuple[Fact, ...],
        context: Context,
        command_id: UUID,
        fingerprint: bytes,
        happened: datetime | None,
    ) -> Write:
        await self.vault.seal([datum for fact in facts for datum in personals(fact)])
        return self._encoded(stream, version, facts, context, command_id, fingerprint, happened)

    def _encoded(
        self,
        stream: str,
        version: int,
        facts: tuple[Fact, ...],
        context: Context,
        command_id: UUID,
        fingerprint: bytes,
        happened: datetime | None,
    ) -> Write:
        bodies = [
            encode(
                fact,
                event_id=new_id(),
                source=self.source,
                subject=stream,
                happened=happened or context.now,
                actor=context.actor.facts(),
                links={"causationid": str(command_id), **links.get()},
            )
            for fact in facts
        ]
        return Write(command_id, fingerprint, stream, version, [fact.TYPE for fact in facts], bodies)

    def _fingerprint(self, stream: str, command: Command) -> bytes:
        """What tells a repeat from another content. Personal data go in clear into a keyed digest, never out."""
        content = {name: getattr(command, name) for name in type(command).model_fields}
        raw = orjson.dumps([stream, type(command).__name__, content], default=_plain, option=orjson.OPT_SORT_KEYS)
        return self.vault.fingerprint(raw)

    @contextlib.asynccontextmanager
    async def _transaction(self) -> AsyncGenerator[Any, None]:
        try:
            async with self.pool.acquire(timeout=10) as connection, connection.transaction():
                yield connection
        except (asyncpg.SerializationError, asyncpg.DeadlockDetectedError) as error:
            raise VersionConflict from error
        except (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError) as error:
            raise Unavailable(reason="database") from error
        except (asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError) as error:
            raise Unavailable(reason="database busy") from error


def _plain(value: object) -> object:
    if isinstance(value, Personal):
        return value.token or value.text
    if hasattr(type(value), "model_fields"):
        return {name: getattr(value, name) for name in type(value).model_fields}  # type: ignore[attr-defined]
    if isinstance(value, (frozenset, set)):
        return sorted(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return str(value)
