"""``guiren audit fsck``, or ``python -m deploy.fsck``: everything there is two of is compared, and everything that follows from the logs is made again beside.

The logs leaf by leaf with their streams and with reporting's mirror, and in themselves (positions, versions, recorded times);
each service's views, and its copies of other services' facts, made anew in a schema beside and compared; cursors with the
entries they say they stand at; sealed data with the keys. It only reads: what it makes is rolled back. A service's tables are
read in one snapshot, so that it may run while people work. As administrator, who alone sees all databases. ``audit`` is what
runs every night: it looks a second time before it says that something differs, and leaves what it found with every service.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import os
import re
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import asyncpg
import orjson
import structlog

from deploy.install import SERVICES, Place, secrets_folder
from deploy.restore import Copy, Mirror, differences, no_pages, unreadable
from deploy.streams import bus_from_environment
from shared.http.service import Service
from shared.language.months import SHANGHAI
from shared.log import views
from shared.log.bus import Bus, BusUnavailable, WrongSequence
from shared.log.checkpoint import Checkpoint, CheckpointUnreadable
from shared.log.eventlog import Entry, after, head
from shared.log.outages import in_words
from shared.log.sealing import origin, tiles
from shared.log.signatures import Forged, Signatures
from shared.log.vault import Vault
from shared.settings import Settings
from shared.tlog.checkpoints import Checkpoint as Sealed
from shared.tlog.notes import BadNote, opened
from shared.tlog.tiles import Growing

lines = structlog.get_logger()

_BESIDE = "view_fsck"
_LEAVES = 16_384
_NAMED = 20
"""So many positions are named; all are counted."""
_NIGHT = 3
"""The hour (北京时间) from which the night's audit is due."""
_HEAD = """
select case
    when (select pos from log.head) <> (select coalesce(max(pos), 0) from log.entry) then '日志的末尾与其记数不符'
    when (select count(*) from log.entry) <> (select coalesce(max(pos), 0) from log.entry) then '日志中缺少事件,第一处在第 ' || (
        select min(pos) from (select pos, row_number() over (order by pos) as n from log.entry) e where pos <> n) - 1 || ' 条之后或之前'
end
"""
_TIMES = """
select min(pos) from (select pos, rec_us, lag(rec_us) over (order by pos) as before from log.entry) e where rec_us < before
"""
_VERSIONS = """
select stream from log.stream s full join (
    select stream, count(*) as n, max(ver) as top from log.entry group by stream) e using (stream)
where s.ver is distinct from e.n or e.n is distinct from e.top order by stream limit 1
"""


@dataclass(frozen=True)
class Finding:
    """Something that does not fit, in words for people. ``kind`` says what was compared, for programs."""

    service: str
    kind: str
    said: str


@dataclass
class Noting:
    """A copy all of whose entries are handed on; those that the service has not signed are noted, so that none hides the next."""

    copy: Copy
    signatures: Signatures | None
    forged: list[int] = field(default_factory=list[int])

    async def bounds(self, service: str) -> tuple[int, int]:
        """As the copy says."""
        return await self.copy.bounds(service)

    async def pages(self, service: str, position: int, upto: int, size: int = 500) -> AsyncIterator[list[Entry]]:
        """Likewise, each looked at in passing."""
        async for page in self.copy.pages(service, position, upto, size):
            if self.signatures is not None:
                self.forged += [item.pos for item in page if not self.signatures.holds(service, item)]
            yield page


async def fsck(place: Place, bus: Bus, settings: Settings, prefix: str = "") -> list[Finding]:
    """All that does not fit; nothing if all does."""
    connections = {name: await place.connect(f"{prefix}guiren_{name}") for name in SERVICES}
    vault = Vault(settings.vault_socket, "audit", settings.secret(settings.vault_secret_file))
    found: list[Finding] = []
    try:
        for name, connection in connections.items():
            found += await _log(connection, bus, Mirror(connections["reporting"], None), name)
            if bus.signatures:
                found += await _keys(connection, bus.signatures, name)
                found += await _sealed(connection, bus.signatures, name, origin(settings.district, name))
            if settings.checkpoints and bus.signatures:
                found += await _checkpoint(connection, Checkpoint(settings.checkpoints, name, bus.signatures), name)
            service: Service = importlib.import_module(f"services.{name}.app").build(settings)
            service.vault = vault
            found += await _tables(connection, service, connections)
        lacking = await unreadable(place, prefix)
        found += [Finding("vault", "keys", f"{kind} 有 {len(those)} 个主体的密钥缺失") for kind, those in lacking.items()]
    finally:
        await vault.close()
        for connection in connections.values():
            await connection.close()
    return found


async def audit(place: Place, bus: Bus, settings: Settings, prefix: str = "", *, accept_keys: bool = False) -> list[Finding]:
    """Look, and where something differs look once more: log and copies are read at slightly different moments, and only what
    still differs is said. It is left with every service, with since when; readiness, metrics and signatures ask there.
    ``accept_keys``: the public keys are others than at the last audit because somebody meant it.
    """
    if accept_keys:
        for name in SERVICES:
            connection = await place.connect(f"{prefix}guiren_{name}")
            try:
                await connection.execute("update view.audit set keys = null")
            finally:
                await connection.close()
    heads = await _compared(place, bus, prefix)
    found = await fsck(place, bus, settings, prefix)
    if found:
        before = {(item.service, item.kind) for item in found}
        heads = await _compared(place, bus, prefix)
        found = [item for item in await fsck(place, bus, settings, prefix) if (item.service, item.kind) in before]
    for name in SERVICES:
        connection = await place.connect(f"{prefix}guiren_{name}")
        try:
            await _leave(connection, found, heads, bus.signatures.public(name) if bus.signatures else None)
        finally:
            await connection.close()
    return found


async def _compared(place: Place, bus: Bus, prefix: str) -> dict[str, int]:
    """Of each log up to where it is in the log, the stream and the mirror: all of that will have been compared."""
    reporting = await place.connect(f"{prefix}guiren_reporting")
    heads: dict[str, int] = {}
    try:
        for name in SERVICES:
            connection = await place.connect(f"{prefix}guiren_{name}")
            try:
                copies: tuple[Copy, ...] = (bus,) if name == "reporting" else (bus, Mirror(reporting, bus.signatures))
                ends = [await head(connection), *[(await copy.bounds(name))[1] for copy in copies]]
                heads[name] = min(ends)
            except (BusUnavailable, WrongSequence):
                heads[name] = 0
            finally:
                await connection.close()
    finally:
        await reporting.close()
    return heads


async def _leave(connection: asyncpg.Connection, found: Sequence[Finding], heads: dict[str, int], keys: list[str] | None) -> None:
    """With one service. Public keys are kept the first time: another list is told until somebody accepts it."""
    if not await connection.fetchval("select to_regclass('view.finding') is not null"):
        return  # It has not run since there are audits.
    async with connection.transaction():
        known = {
            (row["service"], row["kind"]): row["since"]
            for row in await connection.fetch("delete from view.finding returning service, kind, since")
        }
        now = datetime.now(UTC)
        await connection.executemany(
            "insert into view.finding values ($1, $2, $3, $4) on conflict do nothing",
            [(item.service, item.kind, item.said, known.get((item.service, item.kind), now)) for item in found],
        )
        await connection.execute(
            "insert into view.audit as a (at, heads, keys) values ($1, $2, $3) "
            "on conflict (one) do update set at = $1, heads = $2, keys = coalesce(a.keys, $3)",
            now,
            orjson.dumps(heads).decode(),
            None if keys is None else orjson.dumps(keys).decode(),
        )


def is_due(last: datetime | None, now: datetime) -> bool:
    """Whether the last audit, if any, was before the latest night."""
    night = now.astimezone(SHANGHAI).replace(hour=_NIGHT, minute=0, second=0, microsecond=0)
    return last is None or last < (night if night <= now else night - timedelta(days=1))


async def _log(connection: asyncpg.Connection, bus: Bus, mirror: Mirror, name: str) -> list[Finding]:
    """A log in itself, and against its copies."""
    found: list[Finding] = []
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        if said := await connection.fetchval(_HEAD):
            found.append(Finding(name, "log", said))
        if position := await connection.fetchval(_TIMES):
            found.append(Finding(name, "log", f"第 {position} 条的记录时间早于前一条"))
        if stream := await connection.fetchval(_VERSIONS):
            found.append(Finding(name, "log", f"{stream} 的事件不连续"))
        plain = bus.unchecking()
        copies = {"stream": Noting(plain, bus.signatures), "mirror": Noting(mirror, bus.signatures)}
        for kind, copy in copies.items():
            label = {"stream": "消息流", "mirror": "镜像"}[kind]
            try:
                first, last = await copy.bounds(name)
                here = await head(connection)
                if kind == "mirror" and name == "reporting":
                    continue
                if last > here:
                    found.append(Finding(name, kind, f"日志只到第 {here} 条,{label}到第 {last} 条(guiren restore)"))
                if positions := [item async for item in differences(connection, copy, name, first - 1, min(here, last))]:
                    found.append(Finding(name, kind, f"{_positions(positions)}与{label}不同"))
                async for _ in copy.pages(name, here, last) if last > here else no_pages():
                    pass  # Whether it is the service's word is asked in passing.
                if copy.forged:
                    said = f"{label}{_positions(copy.forged)}没有该服务的有效签名,不是它写的,或被改动过"
                    found.append(Finding(name, kind, said))
            except Forged as forged:
                found.append(Finding(name, kind, f"{label}:{forged}"))
            except (BusUnavailable, WrongSequence) as error:
                lines.warning("a copy could not be read to its end", service=name, copy=kind, exc_info=error)
                found.append(Finding(name, kind, f"未能读完{label}:{in_words(error)}"))
        await plain.close()
    return found


def _positions(positions: Sequence[int]) -> str:
    named = "、".join(map(str, positions[:_NAMED]))
    return f"第 {named} 条" if len(positions) <= _NAMED else f"第 {named} … 条(共 {len(positions)} 条)"


async def _keys(connection: asyncpg.Connection, signatures: Signatures, name: str) -> list[Finding]:
    """The public keys by which the service's word is known, against those of the first audit: whoever adds his own could sign."""
    if not await connection.fetchval("select to_regclass('view.audit') is not null"):
        return []
    kept = await connection.fetchval("select to_jsonb(a) -> 'keys' from view.audit a")
    known: list[str] = orjson.loads(kept or "null") or []
    now = signatures.public(name)
    if not known or known == now:
        return []
    changes = {"新增": [key for key in now if key not in known], "缺少": [key for key in known if key not in now]}
    said = ",".join(f"{word} {'、'.join(key[:16] for key in keys)}" for word, keys in changes.items() if keys) or "次序不同"
    return [
        Finding(
            name,
            "entry-keys",
            f"签名公钥(entry-keys.json)与此前核对时不同:{said}。若非本单位更换,请停机查明;是有意更换的,执行 guiren audit fsck --accept-keys",
        )
    ]


async def _checkpoint(connection: asyncpg.Connection, checkpoint: Checkpoint, name: str) -> list[Finding]:
    """A log against what is kept of it outside PostgreSQL and NATS."""
    try:
        marked = checkpoint.read()
    except CheckpointUnreadable as error:
        return [Finding(name, "checkpoint", in_words(error))]
    if marked and await connection.fetchval("select leaf_hash from log.entry where pos = $1", marked[0]) != marked[1]:
        return [Finding(name, "checkpoint", f"日志第 {marked[0]} 条与检查点不同,或已不在")]
    return []


async def _sealed(connection: asyncpg.Connection, signatures: Signatures, name: str, called: str) -> list[Finding]:
    """A log against what its service signed of it last, and against every tile: from its first leaf on, made anew."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        row = await connection.fetchrow("select size, root, note from log.seal order by size desc limit 1")
        if row is None:
            return []
        try:
            said = Sealed.parse(opened(row["note"], signatures.keys(name, called)).text)
        except BadNote:
            return [Finding(name, "seal", f"第 {row['size']} 条处的封存没有该服务的有效签名,不是它写的,或被改动过")]
        tree, differs = Growing(), ""
        while tree.size < said.size and not differs:
            upto = min(said.size, tree.size + _LEAVES)
            rows = await connection.fetch(
                "select leaf_hash from log.entry where pos > $1 and pos <= $2 order by pos", tree.size, upto
            )
            if len(rows) != upto - tree.size:
                return [Finding(name, "seal", f"已封存 {said.size} 条,日志在第 {tree.size + 1} 至 {upto} 条中缺少事件")]
            made = tree.extend([row["leaf_hash"] for row in rows])
            kept = await tiles(connection, [*made])
            wrong = [tile for tile, hashes in made.items() if not b"".join(kept.get(tile, ())).startswith(hashes)]
            differs = f"日志第 {upto - len(rows) + 1} 至 {upto} 条与封存树不同" if wrong else ""
        if differs or said != Sealed(called, row["size"], row["root"]) or tree.root() != said.root:
            return [Finding(name, "seal", differs or f"日志前 {said.size} 条与封存时签名的根不同:其中一份被改动过")]
    return []


async def _tables(connection: asyncpg.Connection, service: Service, logs: dict[str, asyncpg.Connection]) -> list[Finding]:
    """What a service has made of the logs, against what comes of them now; and where it says it stands in them."""
    found: list[Finding] = []
    if not await connection.fetchval("select to_regclass('view.made') is not null"):
        return found  # It has never run.
    snapshot = connection.transaction(isolation="repeatable_read")
    await snapshot.start()
    try:
        found += await _views(connection, service)
        found += await _cursors(connection, service, logs)
        for follower in service.followers(service):
            if "{schema}" in follower.ddl:
                found += await _copies(connection, service, follower, logs[follower.log])
    finally:
        await snapshot.rollback()
    return found


async def _views(connection: asyncpg.Connection, service: Service) -> list[Finding]:
    """A stream that can't be made anew is named, and all others are compared without it."""
    stopped: dict[str, tuple[int, str]] = {}
    try:
        async with connection.transaction():
            await views.rebuild(connection, service.deciders, service.views, _BESIDE, service.vault, stopped=stopped)
        made = await views.digest(connection, service.views, _BESIDE, stopped)
        live = await views.digest(connection, service.views, without=stopped)
    except Exception as error:  # noqa: BLE001  a log that was tampered with may break any rule.
        lines.error("views can't be made anew", service=service.name, exc_info=error)
        return [Finding(service.name, "view", f"视图无法由日志重算:{in_words(error)}")]
    await connection.execute(f"drop schema {_BESIDE} cascade")
    found = [
        Finding(service.name, "view", f"{stream} 无法由日志重算:第 {position} 条,{error}")
        for stream, (position, error) in [*stopped.items()][:_NAMED]
    ]
    if len(stopped) > _NAMED:
        found.append(Finding(service.name, "view", f"共 {len(stopped)} 个对象无法由日志重算"))
    return found + [Finding(service.name, "view", f"{table} 与由日志重算的不同") for table in live if live[table] != made[table]]


async def _cursors(connection: asyncpg.Connection, service: Service, logs: dict[str, asyncpg.Connection]) -> list[Finding]:
    found: list[Finding] = []
    for row in await connection.fetch("select name, log, pos, leaf from view.cursor where pos > 0 order by name"):
        leaf = await logs[row["log"]].fetchval("select leaf_hash from log.entry where pos = $1", row["pos"])
        if leaf is None or (row["leaf"] is not None and row["leaf"] != leaf):
            said = f"{row['name']} 的位置(第 {row['pos']} 条)与 {row['log']} 的日志不符"
            found.append(Finding(service.name, "cursor", said))
    return found


async def _copies(
    connection: asyncpg.Connection, service: Service, follower: views.Follower, log: asyncpg.Connection
) -> list[Finding]:
    """What a follower keeps, applied anew to empty tables of the same names beside, up to where it stands."""
    tables: Sequence[str] = re.findall(r"create table if not exists \{schema\}\.(\w+)", follower.ddl)
    upto = await connection.fetchval("select pos from view.cursor where name = $1", follower.name) or 0
    try:
        async with connection.transaction():
            await connection.execute(f"create schema {_BESIDE}")
            await connection.execute(follower.ddl.replace("{schema}", _BESIDE))
            await connection.execute(f"set local search_path = {_BESIDE}, public")
            position = 0
            while entries := [item for item in await after(log, position, 2_000) if item.pos <= upto]:
                await follower.apply(connection, entries)
                position = entries[-1].pos
        differing = [
            table
            for table in tables
            if await _digest(connection, f"view.{table}") != await _digest(connection, f"{_BESIDE}.{table}")
        ]
    except Exception as error:  # noqa: BLE001  a log that was tampered with may break any rule.
        lines.error("a copy can't be made anew", service=service.name, follower=follower.name, exc_info=error)
        return [Finding(service.name, "copy", f"{follower.name} 无法由 {follower.log} 的日志重算:{in_words(error)}")]
    await connection.execute(f"drop schema {_BESIDE} cascade; set local search_path = public")
    return [Finding(service.name, "copy", f"{table} 与由 {follower.log} 的日志重算的不同") for table in differing]


async def _digest(connection: Any, table: str) -> str:
    rows = await connection.fetch(f'select t::text as line from {table} t order by t::text collate "C"')
    return sha256("\n".join(row["line"] for row in rows).encode()).hexdigest()


async def _run(*, if_due: bool, accept_keys: bool) -> list[Finding]:
    place, settings = Place.from_environment(), Settings()
    connection = await place.connect("guiren_roster")
    try:
        there = await connection.fetchval("select to_regclass('view.audit') is not null")
        last = await connection.fetchval("select at from view.audit") if there else None
    finally:
        await connection.close()
    if if_due and not is_due(last, datetime.now(UTC)):
        return []
    bus = bus_from_environment(secrets_folder())
    try:
        return await audit(place, bus, settings, accept_keys=accept_keys)
    finally:
        await bus.close()


def main() -> int:
    """Audit what the environment names, as for ``deploy.install``. The exit code: 0 all fits."""
    parser = argparse.ArgumentParser(prog="python -m deploy.fsck")
    parser.add_argument("--if-due", action="store_true", help="only if there was none since 3:00 of the latest night")
    parser.add_argument("--accept-keys", action="store_true", help="the public keys in entry-keys.json were changed on purpose")
    asked = parser.parse_args()
    found = asyncio.run(_run(if_due=asked.if_due, accept_keys=asked.accept_keys))
    sys.stdout.writelines(f"{item.service}:{item.said}\n" for item in found)
    return 1 if found else 0


if __name__ == "__main__":
    os.nice(10)  # People come first.
    sys.exit(main())
