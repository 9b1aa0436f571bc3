"""Views: how they are written with the facts, how they follow another service's log, how they are made anew.

A ``View`` of a service's own streams is a table whose row is a pure function of a stream's state; it is written in the
transaction of the fact. A ``Follower`` applies the facts of another service in order, moving its cursor in the same
transaction: delivered twice, late, out of order or by two consumers, the tables are the same.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Generic, TypeVar

import asyncpg
import structlog

from shared.language.decider import AnyDecider
from shared.language.freetext import opened
from shared.language.openings import Opening
from shared.log.eventlog import Entry, load, whole
from shared.log.outages import in_words
from shared.log.vault import Vault

log = structlog.get_logger()

StateT = TypeVar("StateT")
Row = tuple[Any, ...]
_LOCK = 52050201


@dataclass(frozen=True)
class View(Generic[StateT]):
    """A table with a row (or several) a stream. ``columns`` maps a name to its SQL type; the first are the key.

    ``rows`` answers the rows of a stream, without ``stream`` and ``ver`` if they are not among the columns.
    ``unique`` names sets of columns that may exist once: the cross-stream rules.
    """

    table: str
    columns: Mapping[str, str]
    key: tuple[str, ...]
    rows: Callable[[str, int, StateT], Iterable[tuple[Any, ...]]]
    owner: str
    """The column that holds the stream's key: all rows of a stream are replaced together."""
    indexes: tuple[str, ...] = ()
    """What stands after ``on <table>``: ``"(unit, month)"``, ``"using gin (words)"``."""
    unique: tuple[str, ...] = ()
    rule: str = ""
    """The version of what rows are computed by beside the facts, if that may change: then the table is made anew."""
    exclude: tuple[str, ...] = ()
    """What may not overlap: ``"using gist (enterprise with =, daterange(since, until) with &&)"``."""
    blind: tuple[str, ...] = ()
    """Columns of words, parted by a blank, that are kept blinded. Such a view is made of the state with its free text opened,
    and nothing else of that text may stand in it."""

    def ddl(self, schema: str) -> str:
        """The statements that make the table."""
        columns = ", ".join(f"{name} {type_}" for name, type_ in self.columns.items())
        table = f"{schema}.{self.table}"
        rules = "".join(f", exclude {text}" for text in self.exclude)
        made = [f"create table if not exists {table} ({columns}, primary key ({', '.join(self.key)}){rules})"]
        if self.rule:
            made.append(f"comment on table {table} is '{self.rule}'")
        if self.key != (self.owner,):
            made.append(f"create index if not exists {self.table}_owner on {table} ({self.owner})")
        made += [f"create index if not exists {self.table}_{n} on {table} {text}" for n, text in enumerate(self.indexes)]
        made += [f"create unique index if not exists {self.table}_u{n} on {table} {text}" for n, text in enumerate(self.unique)]
        return ";\n".join(made)

    async def write(
        self,
        connection: Any,
        items: Sequence[tuple[str, int, StateT]],
        vault: Vault,
        schema: str = "view",
        before: Mapping[str, tuple[int, StateT]] | None = None,
    ) -> None:
        """Put the rows of these streams in the place of those they had. Where it is known what a stream was ``before``, its rows
        follow from that and only what differs is written; of any other all rows are replaced.

        Sealed text is the same where its tokens are, so nothing has to be opened to see that a blind view stays as it is.
        """
        was = {key: self._once(key, version, state) if version else [] for key, (version, state) in (before or {}).items()}
        now = {key: self._once(key, version, state) for key, version, state in items}
        changed = [item for item in items if was.get(item[0]) != now[item[0]]]
        if self.blind and changed:
            was = {key: rows for key, rows in was.items() if not rows}  # How what was there was blinded is not known.
            clear = await opened(vault, changed, Opening.SEARCH)
            now = {key: await self._blinded(vault, self._once(key, version, state)) for key, version, state in clear}
        table = f"{schema}.{self.table}"
        if (unknown := [key for key, _, _ in changed if key not in was]) and self.key != (self.owner,):
            await connection.execute(f"delete from {table} where {self.owner} = any($1)", unknown)
        fresh = [row for key, _, _ in changed for row in now[key] if row not in was.get(key, ())]
        stay = {self._name(row) for key, _, _ in changed for row in now[key] if not self._crowded or row in was.get(key, ())}
        gone = [name for key, _, _ in changed for row in was.get(key, ()) if (name := self._name(row)) not in stay]
        await self._put(connection, table, gone, fresh)

    async def _blinded(self, vault: Vault, rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        dark = [name in self.blind for name in self.columns]
        return [
            tuple([" ".join(await vault.blind(cell.split())) if each else cell for each, cell in zip(dark, row, strict=True)])
            for row in rows
        ]

    def _once(self, key: str, version: int, state: StateT) -> list[Row]:
        """Its rows, one for each primary key: what a state names twice stands as it is named last."""
        return list({self._name(row): row for row in self.rows(key, version, state)}.values())

    def _name(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """Its primary key."""
        return tuple(cell for name, cell in zip(self.columns, row, strict=True) if name in self.key)

    @property
    def _crowded(self) -> bool:
        """Whether two rows of one stream may not stand there together, so that one has to go before the other comes."""
        return self.key != (self.owner,) and bool(self.unique or self.exclude)

    async def _put(self, connection: Any, table: str, gone: Sequence[Row], rows: Sequence[Row]) -> None:
        """Take these out by their names and put those in, in one statement unless one has to be gone before the other comes."""
        names = [name for name in self.columns if name in self.key]
        kept = ", ".join(f"{name} = excluded.{name}" for name in self.columns if name not in self.key)
        action = f"update set {kept}" if kept else "nothing"
        arrays = [f"${n}::{type_}[]" for n, type_ in enumerate(self.columns.values(), 1)]
        insert = (
            f"insert into {table} ({', '.join(self.columns)}) select * from unnest({', '.join(arrays)}) "
            f"on conflict ({', '.join(self.key)}) do {action}"
        )
        apart = not rows or self._crowded
        first = 1 if apart else len(arrays) + 1
        named = ", ".join(f"${n}::{self.columns[name]}[]" for n, name in enumerate(names, first))
        delete = f"delete from {table} where ({', '.join(names)}) in (select * from unnest({named}))"
        if gone and not apart:
            await connection.execute(f"with gone as ({delete}) {insert}", *_turned(rows), *_turned(gone))
            return
        if gone:
            await connection.execute(delete, *_turned(gone))
        if rows:
            await connection.execute(insert, *_turned(rows))


def _turned(rows: Sequence[Row]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


async def prepare(connection: Any, views: Mapping[str, tuple[View[Any], ...]], schema: str = "view") -> None:
    """Make the tables of these views where they are missing."""
    await connection.execute(f"create schema if not exists {schema}")
    for group in views.values():
        for view in group:
            await connection.execute(view.ddl(schema))


@asynccontextmanager
async def alone(connection: Any) -> AsyncGenerator[None]:
    """Nobody else makes this service's views meanwhile. A connection that broke gives the lock back by itself, and what broke it
    is what is told.
    """
    await connection.execute("select pg_advisory_lock($1)", _LOCK)
    try:
        yield
    finally:
        with suppress(asyncpg.InterfaceError, asyncpg.PostgresError, OSError):
            await connection.execute("select pg_advisory_unlock($1)", _LOCK)


async def make_anew(
    connection: Any, deciders: Iterable[AnyDecider], views: Mapping[str, tuple[View[Any], ...]], vault: Vault
) -> None:
    """A service's own views from its log, put in the place of those there are. A stream that can't be shown, because a fact can't
    be applied or its row is taken, is left out and told of.
    """
    stopped: dict[str, tuple[int, str]] = {}
    await rebuild(connection, deciders, views, "view_next", vault, stopped=stopped)
    async with connection.transaction():
        for view in (view for group in views.values() for view in group):
            await connection.execute(f"drop table if exists view.{view.table}")
            await connection.execute(f"alter table view_next.{view.table} set schema view")
        await connection.execute("delete from view.stopped")
        await connection.executemany(
            "insert into view.stopped values ($1, $2, $3)", [(stream, *why) for stream, why in stopped.items()]
        )
    for stream, (position, error) in stopped.items():
        log.error("stream left out of the views", stream=stream, position=position, error=error)


async def rebuild(
    connection: Any,
    deciders: Iterable[AnyDecider],
    views: Mapping[str, tuple[View[Any], ...]],
    schema: str,
    vault: Vault,
    *,
    twice: bool = False,
    stopped: dict[str, tuple[int, str]] | None = None,
) -> int:
    """Make the views of a service anew from its log, in another schema. Answers the number of facts.

    ``twice`` delivers every entry a second time, as a test of the guard on versions. A stream with a fact that can't be applied
    is left out and told in ``stopped``, with the position and the reason; without it, that raises.
    """
    await connection.execute(f"drop schema if exists {schema} cascade")
    await prepare(connection, views, schema)
    by_kind = {decider.kind: decider for decider in deciders}
    states: dict[str, tuple[int, Any]] = {}
    count = 0
    async for page in whole(connection):
        for item in page + page if twice else page:
            decider = by_kind.get(item.stream.partition("/")[0])
            if decider is None:
                continue
            version, state = states.get(item.stream, (0, decider.initial))
            if item.version != version + 1 or (stopped and item.stream in stopped):
                continue
            try:
                states[item.stream] = (item.version, decider.after(state, item.fact))
            except Exception as error:
                if stopped is None:
                    raise
                log.exception("fact can't be applied", stream=item.stream, position=item.pos)
                stopped[item.stream] = (item.pos, in_words(error))
                states.pop(item.stream, None)
            count += 1
    grouped: dict[str, list[tuple[str, int, Any]]] = {}
    for stream, (version, state) in states.items():
        kind, _, key = stream.partition("/")
        grouped.setdefault(kind, []).append((key, version, state))
    for kind, items in grouped.items():
        for start in range(0, len(items), 1_000):
            page = items[start : start + 1_000]
            await _write_page(connection, kind, views.get(kind, ()), page, vault, schema, stopped)
    return count


async def _write_page(
    connection: Any,
    kind: str,
    views: Sequence[View[Any]],
    page: Sequence[tuple[str, int, Any]],
    vault: Vault,
    schema: str,
    stopped: dict[str, tuple[int, str]] | None,
) -> None:
    """The rows of these streams. Where a rule of the tables forbids some, all but those: the first in the page keep theirs."""
    try:
        async with connection.transaction():
            for view in views:
                await view.write(connection, page, vault, schema)
    except asyncpg.IntegrityConstraintViolationError as error:
        if stopped is None:
            raise
        if len(page) > 1:
            for item in page:
                await _write_page(connection, kind, views, [item], vault, schema, stopped)
            return
        stream = f"{kind}/{page[0][0]}"
        position = await connection.fetchval("select max(pos) from log.entry where stream = $1", stream)
        log.exception("stream can't be shown", stream=stream, position=position)
        stopped[stream] = (position, in_words(error))


async def resume(
    connection: Any, deciders: Iterable[AnyDecider], views: Mapping[str, tuple[View[Any], ...]], vault: Vault
) -> None:
    """Try the streams once more that could not be shown: this version may know the fact."""
    by_kind = {decider.kind: decider for decider in deciders}
    for row in await connection.fetch("select stream from view.stopped order by pos"):
        kind, _, key = row["stream"].partition("/")
        entries = await load(connection, row["stream"])
        try:
            state = by_kind[kind].fold(entry.fact for entry in entries)
        except Exception as error:  # whatever it is, readiness goes on telling of it.
            log.exception("stream still can't be shown", stream=row["stream"])
            await connection.execute("update view.stopped set error = $2 where stream = $1", row["stream"], in_words(error))
            continue
        left: dict[str, tuple[int, str]] = {}
        await _write_page(connection, kind, views.get(kind, ()), [(key, len(entries), state)], vault, "view", left)
        if not left:
            await connection.execute("delete from view.stopped where stream = $1", row["stream"])


async def digest(
    connection: Any, views: Mapping[str, tuple[View[Any], ...]], schema: str = "view", without: Iterable[str] = ()
) -> dict[str, str]:
    """A digest of each table's content, in the order of its key; rows of the streams in ``without`` are left out."""
    digests: dict[str, str] = {}
    for kind, group in views.items():
        left = [stream.partition("/")[2] for stream in without if stream.startswith(f"{kind}/")]
        for view in group:
            order = ", ".join(f'{name}::text collate "C"' for name in view.key)
            rows = await connection.fetch(
                f"select t::text as line from {schema}.{view.table} t where t.{view.owner}::text <> all($1) order by {order}",
                left,
            )
            digests[view.table] = sha256("\n".join(row["line"] for row in rows).encode()).hexdigest()
    return digests


CURSORS = """
create table if not exists {schema}.cursor (name text primary key, log text not null, pos bigint not null default 0);
alter table {schema}.cursor add column if not exists began bigint not null default 0;
alter table {schema}.cursor add column if not exists leaf bytea;
create table if not exists {schema}.follower (name text primary key, shape text not null);
create table if not exists {schema}.parked (
    follower text, pos bigint, rec_us bigint not null, stream text not null, ver int not null, type text not null,
    body bytea not null, error text not null, at timestamptz not null default now(), primary key (follower, pos)
);
create table if not exists {schema}.stopped (stream text primary key, pos bigint not null, error text not null);
create table if not exists {schema}.audit (
    one bool primary key default true check (one), at timestamptz not null, heads jsonb not null);
alter table {schema}.audit add column if not exists keys jsonb;
create table if not exists {schema}.finding (
    service text, kind text, said text not null, since timestamptz not null, primary key (service, kind, said))"""
"""``parked`` is what a reaction could not act on, ``stopped`` the streams that the service's own views do not show. ``audit`` is
when the last audit was (``deploy.fsck``), up to where log, stream and mirror were compared and by which public keys; ``finding`` what it found, of
all services, the same in each of their databases."""


@dataclass(frozen=True)
class Follower:
    """A projection of another service's facts: ``apply`` gets entries in order inside the transaction that moves the
    cursor. It never skips: a fact it can't apply stops it, and it keeps serving what it has.
    """

    name: str
    log: str
    """The service whose log is followed."""
    apply: Callable[[Any, Sequence[Entry]], Awaitable[None]]
    ddl: str = ""
    """Its tables, with ``{schema}`` where the schema's name goes."""
    applied: Callable[[int], None] = lambda _position: None
    """Called after a commit with the new cursor."""


@dataclass(frozen=True)
class Reaction:
    """What a service does because of another service's fact. It acts by commands whose ids follow from the fact, so a
    redelivery adds nothing. What keeps failing is parked with its error and can be replayed.
    """

    name: str
    log: str
    types: tuple[str, ...]
    react: Callable[[Entry], Awaitable[None]]


BEGUN = """
insert into view.cursor (name, log, pos, began) select n, l, p, p from unnest($1::text[], $2::text[], $3::bigint[]) u(n, l, p)
on conflict do nothing
"""


async def enlist(connection: Any, followers: Sequence[Follower], reactions: Sequence[Reaction]) -> dict[str, int]:
    """Give those who have none a place in their log, all at once. Answers the reactions that begin later than at the start.

    Where nobody has a place the home is new, or its database was lost (what was done then is known by the ids of its commands):
    all begin at the beginning. Where others have one, this is an upgrade, and nothing acts on the past by itself: a new
    reaction begins where the others of its log stand, or, if nobody knows that log yet, at its end (``listen.begin``). A
    follower only copies, so it begins at the beginning always.
    """
    rows = await connection.fetch("select name, log, pos from view.cursor")
    known = {row["name"] for row in rows}
    stands: dict[str, int] = {}
    for row in rows:
        stands[row["log"]] = max(row["pos"], stands.get(row["log"], 0))
    places: dict[Follower | Reaction, int] = {each: 0 for each in followers if each.name not in known}
    late: dict[str, int] = {}
    for each in reactions:
        if each.name not in known and (not rows or each.log in stands):
            places[each] = stands.get(each.log, 0)
            if places[each]:
                late[each.name] = places[each]
    listed = [each.name for each in places], [each.log for each in places], list(places.values())
    await connection.execute(BEGUN, *listed)
    return late


async def remake(connection: Any, follower: Follower, schema: str = "view") -> None:
    """Make a follower's tables; where their shape has changed, anew and empty, with the cursor back at the beginning.

    Tables, or a cursor that has moved, without a recorded shape are of a version that recorded none: their shape has changed.
    """
    if "{schema}" not in follower.ddl:
        if follower.ddl:  # Tables of a schema of their own, as reporting's mirror: never thrown away.
            await connection.execute(follower.ddl)
        return
    shape = sha256(follower.ddl.encode()).hexdigest()
    tables = re.findall(r"create table if not exists \{schema\}\.(\w+)", follower.ddl)
    made = await connection.fetchval(f"select shape from {schema}.follower where name = $1", follower.name)
    if made is None:
        old = await connection.fetchval(
            f"select bool_or(to_regclass('{schema}.' || t) is not null) from unnest($1::text[]) t", tables
        )
        moved = await connection.fetchval(f"select pos > 0 from {schema}.cursor where name = $1", follower.name)
        made = "unknown" if old or moved else shape
    async with connection.transaction():
        if made != shape:
            for table in tables:
                await connection.execute(f"drop table if exists {schema}.{table} cascade")
            await connection.execute(f"update {schema}.cursor set pos = 0 where name = $1", follower.name)
        await connection.execute(follower.ddl.replace("{schema}", schema))
        await connection.execute(
            f"insert into {schema}.follower values ($1, $2) on conflict (name) do update set shape = excluded.shape",
            follower.name,
            shape,
        )


async def advance(connection: Any, name: str, before: int, last: Entry, schema: str = "view") -> bool:
    """Move a cursor to an entry, if it still stands where the caller read it. The other half of exactly once.

    The entry's leaf is kept beside its position, so that another history at the same place is told from this one.
    """
    moved = await connection.fetchval(
        f"update {schema}.cursor set pos = $3, leaf = $4 where name = $1 and pos = $2 returning pos",
        name,
        before,
        last.pos,
        last.leaf,
    )
    return moved is not None


async def cursor(connection: Any, name: str, log: str, schema: str = "view") -> int:
    """Where a follower stands; its row is made if it has none."""
    await connection.execute(f"insert into {schema}.cursor (name, log) values ($1, $2) on conflict do nothing", name, log)
    return await connection.fetchval(f"select pos from {schema}.cursor where name = $1", name)


async def bookmark(connection: Any, name: str, log: str, schema: str = "view") -> tuple[int, bytes | None]:
    """A cursor with the leaf of the entry it stands at; none for a beginning, and for one from before leaves were kept."""
    position = await cursor(connection, name, log, schema)
    return position, await connection.fetchval(f"select leaf from {schema}.cursor where name = $1 and pos = $2", name, position)


async def apply(pool: asyncpg.Pool, follower: Follower, entries: Sequence[Entry]) -> int:
    """Apply entries from wherever they came: known ones are passed over, a gap raises. Answers the new cursor."""
    async with pool.acquire() as connection, connection.transaction():
        before = await connection.fetchval("select pos from view.cursor where name = $1", follower.name)
        if before is None:
            before = await cursor(connection, follower.name, follower.log)
        fresh = [entry for entry in sorted(entries, key=lambda entry: entry.pos) if entry.pos > before]
        unique = list({entry.pos: entry for entry in fresh}.values())
        if not unique:
            return before
        if unique[0].pos != before + 1 or unique[-1].pos != before + len(unique):
            raise Gap(follower.name, before, unique[0].pos)
        await follower.apply(connection, unique)
        if not await advance(connection, follower.name, before, unique[-1]):
            raise Gap(follower.name, before, unique[0].pos)
    follower.applied(unique[-1].pos)
    return unique[-1].pos


class Gap(Exception):
    """Entries are missing between the cursor and what was delivered, or another consumer moved the cursor."""
