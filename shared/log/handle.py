"""What happens to every command: load, fold, decide, append, project, in one transaction.

The command's id is a primary key in that transaction, so a repeat, however late, gets the original answer and changes
nothing; the same id with another content, or sent to another address, is refused. What somebody else repeats is no repeat:
it is decided as if it were said for the first time, so that only who may say it hears that it was said. A version conflict
is decided again on the newer state.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar, overload
from uuid import UUID

import asyncpg
import orjson

from shared.language.decider import AnyDecider, Context, Decider, said_before
from shared.language.facts import Command, Fact, encode
from shared.language.freetext import hints, opened, sealed, texts, to_seal, without_numbers
from shared.language.ids import new_id
from shared.language.instants import Instants
from shared.language.openings import Asker, Opening
from shared.language.personal import Personal, personals
from shared.language.persons import also_found, settle
from shared.language.problems import (
    DoneByAnother,
    KeyReused,
    Malformed,
    Problem,
    Refused,
    SaidOtherwise,
    Stale,
    Unavailable,
    WordsErased,
)
from shared.language.terms import Role
from shared.log.eventlog import Entry, Loading, VersionConflict, Write, append, load, load_many
from shared.log.gate import Gate, LogFork, LogLoading, torn
from shared.log.outages import OUTAGES, passes, unavailable
from shared.log.vault import Vault
from shared.log.views import View

StateT = TypeVar("StateT")
CommandT = TypeVar("CommandT", bound=Command)
FactT = TypeVar("FactT", bound=Fact)
BeforeT = TypeVar("BeforeT")
KnownT = TypeVar("KnownT")
AnswerT = TypeVar("AnswerT")
Row = tuple[Any, ...]

_WRITERS = 2
"""Transactions at once per log: while one waits for its flush the next one decides; more only wait for the head row."""
_BATCH = 64
"""Commands in one transaction at the most."""
_TRIES = 12

_TORN = """
select s.stream, s.ver, count(e.pos) as there from log.stream s left join log.entry e on e.stream = s.stream
where s.stream = any($1::text[]) group by s.stream, s.ver having count(e.pos) <> s.ver order by s.stream limit 1
"""

links: ContextVar[dict[str, str]] = ContextVar("links", default={})  # noqa: B039  never mutated, only replaced.
"""Correlation, causation, traceparent and deps of whatever is being handled, for the envelope."""


keyed: ContextVar[tuple[UUID, str] | None] = ContextVar("keyed", default=None)
"""The command's id that a request brought (``Idempotency-Key``), and where the request was sent: method, path, query."""


@dataclass(frozen=True)
class Done(Generic[StateT]):
    """What became of a command: the stream's state and version, and where its facts stand in the log."""

    state: StateT
    version: int
    position: int
    facts: tuple[Fact, ...]
    replayed: bool = False
    hints: tuple[str, ...] = ()
    """What to tell whoever typed it: a number that stands inside a text."""


Prepare = Callable[[Any, StateT, Context[BeforeT]], Awaitable[Context[KnownT]]]
"""Looks up in the transaction what a decision must know: the connection, the state, the context so far."""


@dataclass(init=False)
class Ask(Generic[StateT]):
    """One command for one stream, for ``Desk.handle_all``. What the decider doesn't take is a type error here."""

    decider: Decider[StateT, Any, Any, Any]
    key: str
    command: Command
    context: Context[Any]
    id: UUID
    happened: datetime | None
    prepare: Prepare[Any, Any, Any] | None

    @overload
    def __init__(
        self,
        decider: Decider[StateT, CommandT, FactT, KnownT],
        key: str,
        command: CommandT,
        context: Context[KnownT],
        id: UUID,
        happened: datetime | None = None,
        prepare: None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        decider: Decider[StateT, CommandT, FactT, KnownT],
        key: str,
        command: CommandT,
        context: Context[BeforeT],
        id: UUID,
        happened: datetime | None = None,
        *,
        prepare: Prepare[StateT, BeforeT, KnownT],
    ) -> None: ...
    def __init__(
        self,
        decider: Decider[StateT, Any, Any, Any],
        key: str,
        command: Command,
        context: Context[Any],
        id: UUID,  # noqa: A002  as everywhere in the log.
        happened: datetime | None = None,
        prepare: Prepare[Any, Any, Any] | None = None,
    ) -> None:
        self.decider = decider
        self.key = key
        self.command = command
        self.context = context
        self.id = id
        self.happened = happened
        self.prepare = prepare


@dataclass
class _Waiting:
    """A command on its way, and where its answer goes."""

    decider: AnyDecider
    key: str
    stream: str
    command: Command
    context: Context[Any]
    id: UUID
    fingerprint: bytes
    expected: int | None
    happened: datetime | None
    prepare: Prepare[Any, Any, Any] | None
    links: dict[str, str]
    answer: asyncio.Future[Done[Any]]


@dataclass(frozen=True)
class _Decided:
    """What a command comes to, before it is written: the facts in clear, and the state they follow, its free text sealed."""

    item: _Waiting
    version: int
    facts: tuple[Fact, ...]
    kept: Any


@dataclass(frozen=True)
class _Written:
    """The same, sealed: the facts, and the state they lead to."""

    told: _Decided
    facts: tuple[Fact, ...]
    state: Any


class StreamUnreadable(Problem):
    """An entry of the stream can't be read or applied: nothing is decided on a history that is not understood. ``position`` says
    which. No outage, so that a reaction parks what it can't do: only another version of the program, or a mended log, helps.
    """

    status = 503
    title = "该事项的历史记录中有一条无法读取,暂不能办理,请联系系统管理员"


def _asker(items: Sequence[_Waiting]) -> Asker:
    """For whom the texts of a batch are opened: those whose commands are in it, nobody else."""
    by = tuple(dict.fromkeys(item.context.actor.id for item in items))
    via = ",".join(dict.fromkeys(type(item.command).__name__ for item in items))
    return Asker(by, via, ",".join(str(item.id) for item in items))


def _fold(decider: Decider[StateT, Any, Any, Any], entries: Sequence[Entry]) -> StateT:
    """The state these entries lead to; refuses with the position of the first that can't be read or applied."""
    state = decider.initial
    for entry in entries:
        try:
            state = decider.after(state, entry.fact)
        except Exception as error:
            raise StreamUnreadable(stream=entry.stream, position=entry.pos, reason=type(error).__name__) from error
    return state


_KNOWN = """
select h.loading, c.id, c.fingerprint, c.stream, c.first_pos, c.n
from log.head h left join log.command c on c.id = any($1::uuid[])
"""


_SAID = "select first_pos, first_pos + n - 1 as last from log.command where id = $1 and stream = $2"


async def _known(connection: Any, items: Sequence[_Waiting]) -> tuple[dict[UUID, Any], bool]:
    """Which of these commands were carried out before, and whether the demo is being loaded: what its past lacks would look like
    a reason to refuse.
    """
    rows = await connection.fetch(_KNOWN, [item.id for item in items])
    return {row["id"]: row for row in rows if row["id"] is not None}, any(row["loading"] for row in rows)


async def _answer(
    connection: Any, vault: Vault, item: _Waiting, entries: list[Entry], clear: Sequence[Fact], known: Any
) -> Done[Any] | _Decided:
    """What a command comes to on this history, whose facts are ``clear``. ``known`` is its row if it was carried out before:
    the original answer.
    """
    decider = item.decider
    if known is not None:
        if known["stream"] != item.stream or known["fingerprint"] not in (item.fingerprint, b""):
            with contextlib.suppress(Refused, Malformed):  # Who may not do it at all hears that, and not that it was done.
                await _decide(connection, item, entries, clear)
            raise KeyReused  # An empty fingerprint: a restored log knows the command but not its content.
        last = known["first_pos"] + known["n"] - 1
        then = [entry for entry in entries if entry.pos <= last]
        said = [entry for entry in then if entry.pos >= known["first_pos"]]
        if said[0].envelope.get("actorid") == str(item.context.actor.id):
            return Done(_fold(decider, then), len(then), last, tuple(e.fact for e in said), replayed=True)
    if item.expected is not None and item.expected != len(entries):
        with contextlib.suppress(Refused, Malformed):  # Who may not do it at all hears that, and no version.
            await _decide(connection, item, entries, clear)
        raise Stale(expected=item.expected, actual=len(entries))
    decided = await _decide(connection, item, entries, clear)
    if not decided.facts:
        await _only_a_repeat(vault, item.command, _repeatable(item, entries, clear))
        return Done(decided.kept, len(entries), entries[-1].pos if entries else 0, (), replayed=True)
    if known is not None:
        raise KeyReused  # Somebody else's command, and the state has moved on: it can't be carried out a second time.
    return decided


async def _decide(connection: Any, item: _Waiting, entries: Sequence[Entry], clear: Sequence[Fact]) -> _Decided:
    kept = _fold(item.decider, entries)
    state = kept if all(entry.fact is fact for entry, fact in zip(entries, clear, strict=True)) else item.decider.fold(clear)
    context = item.context if item.prepare is None else await item.prepare(connection, state, item.context)
    decided = tuple(map(without_numbers, item.decider.decide(state, item.command, context)))
    return _Decided(item, len(entries), decided, kept)


def _repeatable(item: _Waiting, entries: Sequence[Entry], clear: Sequence[Fact]) -> Sequence[Fact]:
    """What a repeat may repeat: anything that was said, but of words that are signed only one's own."""
    signs = item.command.SIGNS
    if not signs:
        return clear
    by = str(item.context.actor.id)
    pairs = zip(entries, clear, strict=True)
    own = [fact for entry, fact in pairs if isinstance(fact, signs) and entry.envelope.get("actorid") == by]
    if not own:
        raise DoneByAnother
    return own


async def _only_a_repeat(vault: Vault, command: Command, facts: Sequence[Fact]) -> None:
    """What adds nothing was said before, all of it, or asks only that something be so."""
    if command.IF_NOT_SO:
        return
    data = [datum for fact in facts for datum in personals(fact) if datum.token] if any(personals(command)) else []
    if not said_before(command, facts, dict(zip(data, await vault.open(data, Opening.HANDLE), strict=True))):
        raise SaidOtherwise


def _receipts(answers: Sequence[AnswerT | _Decided], written: Sequence[_Written], first: int) -> list[AnswerT | Done[Any]]:
    """The answers with what was decided become done. ``written`` are those in their order, from this position on."""
    done: list[AnswerT | Done[Any]] = []
    position, following = first, iter(written)
    for answer in answers:
        if isinstance(answer, _Decided):
            one = next(following)
            position += len(one.facts)
            told = hints(text for fact in answer.facts for text in texts(fact))
            done.append(Done(one.state, answer.version + len(one.facts), position - 1, one.facts, hints=told))
        else:
            done.append(answer)
    return done


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
    gate: Gate = field(default_factory=Gate)
    """Whether the log may be written to."""
    instants: Instants = field(default_factory=Instants)
    """Which instants may be recorded."""
    recorded_us: Callable[[], int] | None = None
    """The demo loader's clock; ``None`` everywhere else."""
    unshown: frozenset[str] = frozenset()
    """The streams whose rows the views lack (``view.stopped``): of all others the rows follow from the state."""
    _waiting: list[_Waiting] = field(default_factory=list["_Waiting"])
    _busy: set[str] = field(default_factory=set[str])
    _writers: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    @overload
    async def handle(
        self,
        decider: Decider[StateT, CommandT, FactT, KnownT],
        key: str | UUID,
        command: CommandT,
        context: Context[KnownT],
        *,
        command_id: UUID,
        expected: int | None = None,
        happened: datetime | None = None,
        prepare: None = None,
    ) -> Done[StateT]: ...
    @overload
    async def handle(
        self,
        decider: Decider[StateT, CommandT, FactT, KnownT],
        key: str | UUID,
        command: CommandT,
        context: Context[BeforeT],
        *,
        command_id: UUID,
        expected: int | None = None,
        happened: datetime | None = None,
        prepare: Prepare[StateT, BeforeT, KnownT],
    ) -> Done[StateT]: ...
    async def handle(
        self,
        decider: Decider[StateT, Any, Any, Any],
        key: str | UUID,
        command: Command,
        context: Context[Any],
        *,
        command_id: UUID,
        expected: int | None = None,
        happened: datetime | None = None,
        prepare: Any = None,
    ) -> Done[StateT]:
        """Carry out one command. ``expected`` is the version the caller saw (If-Match); ``prepare`` may look up, in
        the same transaction, what the decision must know and only the database can tell.

        Commands that wait at the same time on different streams share a transaction and its flush (group commit); each
        is decided, refused and answered by itself. One with ``prepare`` goes alone: it may look at what others write.
        """
        self.gate.enter()
        item = await self._waiting_for(Ask(decider, str(key), command, context, command_id, happened, prepare), expected)
        item.answer.add_done_callback(lambda answer: answer.cancelled() or answer.exception())
        self._waiting.append(item)
        if len(self._writers) < _WRITERS:
            writer = asyncio.create_task(self._serve())
            self._writers.add(writer)
            writer.add_done_callback(self._writers.discard)
        return await asyncio.shield(item.answer)

    async def said(self, decider: Decider[StateT, Any, Any, Any], key: str | UUID, command_id: UUID) -> Done[StateT] | None:
        """What a command came to that was carried out before, as it was answered then."""
        stream = decider.stream(key)
        async with self._transaction() as connection:
            row = await connection.fetchrow(_SAID, command_id, stream)
            if row is None:
                return None
            entries = await load(connection, stream, row["last"])
        facts = tuple(entry.fact for entry in entries if entry.pos >= row["first_pos"])
        return Done(_fold(decider, entries), len(entries), row["last"], facts, replayed=True)

    async def _serve(self) -> None:
        """Carry out what waits, until nothing does that another writer is not busy with."""
        while batch := self._next():
            try:
                await self._carry_out(batch)
            except BaseException as error:
                for item in batch:
                    if not item.answer.done():
                        item.answer.set_exception(
                            Unavailable(reason="stopping") if isinstance(error, asyncio.CancelledError) else error
                        )
                raise
            finally:
                self._busy.difference_update(item.stream for item in batch)

    def _next(self) -> list[_Waiting]:
        """The next commands in their order: one a stream, one alone if it has to look something up itself."""
        batch: list[_Waiting] = []
        streams: set[str] = set()
        left: list[_Waiting] = []
        for item in self._waiting:
            alone = item.prepare is not None
            if (
                item.stream in self._busy
                or item.stream in streams
                or len(batch) == _BATCH
                or (batch and (alone or batch[0].prepare))
            ):
                left.append(item)
                streams.add(item.stream)  # What comes later on this stream waits too.
                continue
            batch.append(item)
            streams.add(item.stream)
        self._waiting = left
        self._busy.update(item.stream for item in batch)
        return batch

    async def _carry_out(self, batch: list[_Waiting]) -> None:
        """One transaction for the batch; answers every command in it. What breaks a batch is found one by one."""
        for attempt in range(_TRIES):
            try:
                answers = await self._together(batch)
            except VersionConflict:
                await asyncio.sleep(random.random() * 0.005 * (attempt + 1))  # noqa: S311  spreading, not secrecy.
            except Exception as error:  # noqa: BLE001  whatever it is, the caller gets it.
                if len(batch) == 1 or isinstance(error, Unavailable):
                    for item in batch:
                        item.answer.set_exception(error)
                    return
                for item in batch:
                    await self._carry_out([item])
                return
            else:
                for item, answer in zip(batch, answers, strict=True):
                    if isinstance(answer, Problem):
                        item.answer.set_exception(answer)
                    else:
                        item.answer.set_result(answer)
                return
        unlucky = await self._unlucky([item.stream for item in batch])
        for item in batch:
            item.answer.set_exception(unlucky)

    async def _together(
        self, items: Sequence[_Waiting], *, whole: bool = False, first_last: bool = False
    ) -> list[Done[Any] | Problem]:
        """One transaction for these commands. ``whole``: a refusal stops all of them, else each is answered by itself."""
        position = 0
        async with self._transaction() as connection:
            known, loading = await _known(connection, items)
            if len(items) == 1:
                histories = {items[0].stream: await load(connection, items[0].stream)}
            else:
                histories = await load_many(connection, [item.stream for item in items])
            self._unbroken(histories)
            clear = await self._opened(histories, items)
            answers: list[Done[Any] | Problem | _Decided] = []
            for item in items:
                entries, facts = histories.get(item.stream, []), clear.get(item.stream, ())
                try:
                    answer = await _answer(connection, self.vault, item, entries, facts, known.get(item.id))
                except Problem as problem:
                    answer = problem
                if loading and self.recorded_us is None and not isinstance(answer, Done):
                    answer = LogLoading()
                if whole and isinstance(answer, Problem):
                    raise answer
                answers.append(answer)
            if first_last:
                answers = [*answers[1:], answers[0]]
            written = await self._sealed([answer for answer in answers if isinstance(answer, _Decided)])
            if written:
                position = await self._append(connection, written)
        if written:
            last = position + sum(len(one.facts) for one in written) - 1
            self.gate.wrote(last)
            self.written(last)
        return _receipts(answers, written, position)

    def _unbroken(self, histories: Mapping[str, Sequence[Entry]]) -> None:
        """A stream from whose middle an entry was taken is not decided on: the gate is shut."""
        for stream, entries in histories.items():
            if entries and entries[-1].version != len(entries):
                self.gate.shut(torn(stream, entries[-1].version, len(entries)))
                self.gate.enter()

    async def _opened(self, histories: Mapping[str, Sequence[Entry]], items: Sequence[_Waiting]) -> dict[str, list[Fact]]:
        """The facts of these histories with their free text in clear: a decision may compare what was said. A history that can't
        be read is left out; whoever folds it says so.
        """
        told: dict[str, list[Fact]] = {}
        for stream, entries in histories.items():
            with contextlib.suppress(Exception):
                told[stream] = [entry.fact for entry in entries]
        return await opened(self.vault, told, Opening.HANDLE, who=_asker(items))

    async def _sealed(self, decided: Sequence[_Decided]) -> list[_Written]:
        """The facts as they are kept, with one question to the vault for all of them; and what they lead to."""
        data = [to_seal(answer.facts, answer.item.key) for answer in decided]
        own = [datum for answer in decided for fact in answer.facts for datum in personals(fact)]
        await settle(self.vault, own)
        whole = [*own, *(datum for found in data for datum in found.values())]
        await self.vault.seal([*whole, *also_found(whole)])
        written: list[_Written] = []
        for answer, found in zip(decided, data, strict=True):
            gone = any(datum.token and not datum.token["ct"] for datum in found.values())
            if gone and not answer.item.context.actor.holds(Role.SYSTEM):  # The platform's own words may be lost, people's not.
                raise WordsErased
            facts = tuple(sealed(fact, answer.item.key, found) for fact in answer.facts)
            written.append(_Written(answer, facts, answer.item.decider.fold(facts, answer.kept)))
        return written

    async def _append(self, connection: Any, written: Sequence[_Written]) -> int:
        """Append the facts and write the views. Answers the first position."""
        writes = [self._encoded(one) for one in written]
        try:
            appended = await append(connection, writes, self.recorded_us() if self.recorded_us else None)
        except Loading as error:
            raise LogLoading from error
        if appended.replayed:
            raise VersionConflict  # Written by a twin meanwhile: load it and answer as it did.
        self.gate.writing(appended.first)
        if self.recorded_us is None:
            self.instants.admit(appended.rec_us)
        await self._write_views(connection, written)
        return appended.first

    async def _write_views(self, connection: Any, written: Sequence[_Written]) -> None:
        rows: dict[str, list[_Written]] = {}
        for one in written:
            rows.setdefault(one.told.item.decider.kind, []).append(one)
        for kind, items in rows.items():
            states = [(one.told.item.key, one.told.version + len(one.facts), one.state) for one in items]
            before = {
                one.told.item.key: (one.told.version, one.told.kept) for one in items if one.told.item.stream not in self.unshown
            }
            for view in self.views.get(kind, ()):
                await view.write(connection, states, self.vault, before=before)

    async def handle_all(self, asks: Sequence[Ask[Any]]) -> list[Done[Any]]:
        """Carry out many commands on different streams in one transaction; those known already, with the same content, are
        passed over. Each is answered as if it had been alone. A refusal stops the whole batch.
        """
        return await self._all([await self._waiting_for(ask) for ask in asks])

    async def handle_with(self, ask: Ask[StateT], others: Sequence[Ask[Any]]) -> Done[StateT]:
        """Carry out a command and what goes with it, in one transaction. It is decided first and written last, so that its
        position is the one at which all of it is done, whenever it is said again.
        """
        return (await self._all([await self._waiting_for(each) for each in (ask, *others)], first_last=True))[-1]

    async def _all(self, items: Sequence[_Waiting], *, first_last: bool = False) -> list[Done[Any]]:
        self.gate.enter()
        for attempt in range(_TRIES):
            try:
                answers = await self._together(items, whole=True, first_last=first_last)
                return [answer for answer in answers if isinstance(answer, Done)]  # A refusal was raised.
            except VersionConflict:
                await asyncio.sleep(random.random() * 0.01 * (attempt + 1))  # noqa: S311
        raise await self._unlucky([item.stream for item in items])

    async def _unlucky(self, streams: Sequence[str]) -> Unavailable:
        """Why a command met another version at every try: many writers, or a stream that lacks its last entries."""
        with contextlib.suppress(VersionConflict, Unavailable):
            async with self._transaction() as connection:
                if row := await connection.fetchrow(_TORN, list(streams)):
                    self.gate.shut(torn(row["stream"], row["ver"], row["there"]))
                    return LogFork(reason=self.gate.fork)
        return Unavailable(reason="too many writers on one stream")

    async def _waiting_for(self, ask: Ask[Any], expected: int | None = None) -> _Waiting:
        stream = ask.decider.stream(ask.key)
        fingerprint = await self._fingerprint(stream, ask.command, ask.id)
        return _Waiting(
            ask.decider,
            ask.key,
            stream,
            ask.command,
            ask.context,
            ask.id,
            fingerprint,
            expected,
            ask.happened,
            ask.prepare,
            links.get(),
            asyncio.get_running_loop().create_future(),
        )

    def _encoded(self, one: _Written) -> Write:
        item = one.told.item
        bodies = [
            encode(
                fact,
                event_id=new_id(),
                source=self.source,
                subject=item.stream,
                happened=item.happened or fact.happened or item.context.now,
                actor=item.context.actor.facts(),
                links={"causationid": str(item.id), **item.links},
            )
            for fact in one.facts
        ]
        return Write(item.id, item.fingerprint, item.stream, one.told.version, [fact.TYPE for fact in one.facts], bodies)

    async def _fingerprint(self, stream: str, command: Command, id_: UUID) -> bytes:
        """What tells a repeat from another content: the stream, the command, and where a request with a key of its own was
        sent. Personal data go in clear into a keyed digest, never out.
        """
        content = {name: getattr(command, name) for name in type(command).model_fields if name not in command.MADE}
        brought = keyed.get()
        sent = [brought[1]] if brought and brought[0] == id_ else []
        raw = orjson.dumps([stream, type(command).__name__, content, *sent], default=_plain, option=orjson.OPT_SORT_KEYS)
        return await self.vault.fingerprint(raw)

    @contextlib.asynccontextmanager
    async def _transaction(self) -> AsyncGenerator[Any, None]:
        try:
            async with self.pool.acquire(timeout=10) as connection, connection.transaction():
                yield connection
        except (asyncpg.SerializationError, asyncpg.DeadlockDetectedError) as error:
            raise VersionConflict from error
        except (asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError) as error:
            raise Unavailable(reason="database busy") from error
        except OUTAGES as error:
            if not passes(error):
                raise  # What the driver can't encode is the command's fault, and no other's that shares its transaction.
            raise unavailable(error, "database") from error


def _plain(value: object) -> object:
    if isinstance(value, Personal):
        return value.token or value.text
    if hasattr(type(value), "model_fields"):
        return {name: getattr(value, name) for name in type(value).model_fields}  # type: ignore[attr-defined]
    if isinstance(value, (frozenset, set)):
        return sorted(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return str(value)
