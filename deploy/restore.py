"""``guiren restore``, or ``python -m deploy.restore``: a log that lost its end gets it back from a copy, byte for byte.

For the case that a database was dropped, or put back from an old backup: the services have stopped handling commands and say
so. The copies are the log's stream in NATS, and reporting's mirror (of every log but its own). Log and copy are compared leaf
by leaf first; only what follows the log's last position is taken, and only if the log is shorter than its checkpoint, which is
kept outside both, says that it was; nothing where the two differ before it, or where its service has not signed it. Without
``--apply`` it only tells how many and which. As administrator, since nobody else may say when a thing was recorded.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import asyncpg

from deploy.install import SERVICES, Place, secrets_folder
from deploy.streams import bus_from_environment
from services.vault.copies import Brought, bring_back
from shared.language.months import SHANGHAI
from shared.log.bus import Bus, BusUnavailable, WrongSequence
from shared.log.checkpoint import Checkpoint, CheckpointUnreadable
from shared.log.eventlog import Entry, after, entry, head, whole
from shared.log.outages import in_words
from shared.log.signatures import Forged, Signatures

_PAGE = 500
_SHOWN = 20
_SEALED_BEYOND = "select coalesce((select max(size) from log.seal), 0) > (select pos from log.head)"
_FORGET = "查明后确须如此,才加 --forget-checkpoint"


class Copy(Protocol):
    """Where a log can be had from beside its own database."""

    async def bounds(self, service: str) -> tuple[int, int]:
        """The first and the last position it holds."""
        ...

    def pages(self, service: str, position: int, upto: int, size: int = _PAGE) -> AsyncIterator[list[Entry]]:
        """What it holds after a position, up to and with another."""
        ...


@dataclass(frozen=True)
class Mirror:
    """Reporting's mirror as a copy. It keeps what shows who wrote an entry: reporting can't make entries up."""

    connection: asyncpg.Connection
    signatures: Signatures | None

    async def bounds(self, service: str) -> tuple[int, int]:
        """The first and the last position it holds; nothing of reporting's own log, and nothing before it was made."""
        if not await self.connection.fetchval("select to_regclass('mirror.entry') is not null"):
            return 1, 0
        bounds = "select array[coalesce(min(pos), 1), coalesce(max(pos), 0)] from mirror.entry where origin = $1"
        first, last = await self.connection.fetchval(bounds, service) or (1, 0)
        return first, last

    async def pages(self, service: str, position: int, upto: int, size: int = _PAGE) -> AsyncIterator[list[Entry]]:
        """What it holds after a position, up to and with another."""
        while rows := await self.connection.fetch(
            "select pos, rec_us, stream, ver, type, body, rest, coalesce(proof, '') from mirror.entry "
            "where origin = $1 and pos > $2 and pos <= $3 order by pos limit $4",
            service,
            position,
            upto,
            size,
        ):
            entries = [entry(row) for row in rows]
            if self.signatures is not None:
                for item in entries:
                    self.signatures.check(service, item)
            yield entries
            position = rows[-1]["pos"]


@dataclass
class Found:
    """What a log is against a copy of it."""

    position: int = 0
    """Where the log ends."""
    copy: int = 0
    """Where the copy ends."""
    differs: int = 0
    """The first position at which the two say different things; 0 if they don't."""
    missing: Counter[str] = field(default_factory=Counter[str])
    """What the log lacks, by type."""
    checkpoint: int = 0
    """How far the log was published, by what is kept outside log and copies; 0 if nothing is."""
    which: list[str] = field(default_factory=list[str])
    """The first of them, each in a line."""
    restored: bool = False
    trouble: str = ""
    """Why nothing can be said or done, in words for people."""

    def facts(self) -> dict[str, Any]:
        """For printing."""
        return {
            "position": self.position,
            "copy": self.copy,
            "checkpoint": self.checkpoint,
            "differs": self.differs,
            "missing": dict(self.missing),
            "which": self.which,
            "restored": self.restored,
            "trouble": self.trouble,
        }


@dataclass(frozen=True)
class Asked:
    """What an administrator asked for."""

    apply: bool
    """Write; otherwise only tell."""
    checkpoints: Path | None
    """The folder of the checkpoints."""
    forget: bool = False
    """What the checkpoints speak of is nowhere any more, or there is none: the administrator knows, and answers for it."""
    prefix: str = ""


async def restore(place: Place, copy: Copy, signatures: Signatures, asked: Asked) -> dict[str, Found]:
    """Compare every log with the copy and, if told to, append what it lacks. Where nothing is left to say against a log, the
    mark is made that lets its service handle commands again.
    """
    found: dict[str, Found] = {}
    for service in SERVICES:
        checkpoint = Checkpoint(asked.checkpoints, service, signatures) if asked.checkpoints else None
        connection = await place.connect(f"{asked.prefix}guiren_{service}")
        try:
            found[service] = await _one(connection, copy, service, checkpoint, asked)
        finally:
            await connection.close()
    return found


async def _one(connection: asyncpg.Connection, copy: Copy, service: str, checkpoint: Checkpoint | None, asked: Asked) -> Found:
    found = Found(position=await head(connection))
    try:
        first, found.copy = await copy.bounds(service)
        found.differs = await difference(connection, copy, service, first - 1, min(found.position, found.copy))
        if found.differs:
            found.trouble = f"第 {found.differs} 条与副本不同,须先查明哪一份被改动(guiren audit fsck)"
        elif found.copy > found.position and first > found.position + 1:
            found.trouble = f"副本从第 {first} 条才有,接不上第 {found.position} 条"
        else:
            found.trouble = "" if asked.forget else await _held_against(connection, copy, service, checkpoint, found)
            await _take(connection, copy, service, found, asked)
            if asked.apply and asked.forget and not found.trouble and checkpoint:
                checkpoint.forget()
    except (Forged, CheckpointUnreadable) as error:
        found.trouble = in_words(error)
    except (BusUnavailable, WrongSequence) as error:
        found.trouble = f"消息服务没有应答:{in_words(error)}"
    return found


async def _held_against(
    connection: asyncpg.Connection, copy: Copy, service: str, checkpoint: Checkpoint | None, found: Found
) -> str:
    """What the checkpoint says against taking anything from the copy; nothing if it says nothing."""
    found.checkpoint, leaf = (checkpoint.read() if checkpoint else None) or (0, b"")
    more = found.copy - found.position
    if found.checkpoint > max(found.position, found.copy):
        return f"曾发布到第 {found.checkpoint} 条,副本只到第 {found.copy} 条:换另一份副本再试。{_FORGET}"
    if more > 0 and not found.checkpoint:
        return f"没有检查点,无从判断日志是否真的丢失了这 {more} 条。{_FORGET}"
    if more > 0 and found.position >= found.checkpoint:
        return f"日志不短于检查点(第 {found.checkpoint} 条),没有丢失:副本多出的 {more} 条请先查明来历。{_FORGET}"
    if found.checkpoint:
        own = await connection.fetchval("select leaf_hash from log.entry where pos = $1", found.checkpoint)
        if own is None:
            async for page in copy.pages(service, found.checkpoint - 1, found.checkpoint):
                own = page[-1].leaf
        if own != leaf:
            return f"第 {found.checkpoint} 条与检查点不同,须先查明哪一份被改动(guiren audit fsck)"
    return ""


async def difference(connection: Any, copy: Copy, service: str, position: int, upto: int) -> int:
    """The first position after one, up to another, at which log and copy differ. 0 if none does."""
    async for differs in differences(connection, copy, service, position, upto):
        return differs
    return 0


async def differences(connection: Any, copy: Copy, service: str, position: int, upto: int) -> AsyncIterator[int]:
    """Every position at which they differ: every leaf is looked at. Where the copy ends too early, its end is one."""
    async for page in copy.pages(service, position, upto) if position < upto else no_pages():
        here = {item.pos: item for item in await after(connection, position, len(page))}
        for item in page:
            position += 1
            own = here.get(position)
            if own is None or item.pos != position or _told(own) != _told(item):
                yield position
    if position < upto:
        yield upto


async def no_pages() -> AsyncIterator[list[Entry]]:
    """Nothing to read."""
    return
    yield []  # What makes it a generator.


def _told(item: Entry) -> tuple[object, ...]:
    return item.leaf, item.stream, item.version, item.type


async def _take(connection: asyncpg.Connection, copy: Copy, service: str, found: Found, asked: Asked) -> None:
    """What the log lacks: counted, and appended if told to and nothing is said against it. All of it or nothing."""
    apply = asked.apply and not found.trouble
    held: list[Entry] = []
    position = found.position
    async with connection.transaction():
        if position < found.copy:
            async for page in copy.pages(service, position, found.copy):
                found.missing.update(item.type for item in page)
                found.which += [_line(item) for item in page[: _SHOWN - len(found.which)]]
                ready, held = _whole_commands(held + page, done=page[-1].pos == found.copy)
                if ready and apply:
                    position = await _write(connection, ready)
        if not apply:
            return
        found.restored = position > found.position
        if found.restored and await connection.fetchval("select to_regclass('view.made') is not null"):
            await connection.execute("delete from view.made")  # The service makes its views anew.
        if asked.forget and await connection.fetchval(_SEALED_BEYOND):
            await connection.execute("delete from log.tile; delete from log.seal")  # The service seals what is left anew.
        if await connection.fetchval("select to_regclass('view.published') is not null"):
            known = await connection.fetchval("select max(pos) from view.published")
            if known is not None and known > position and not asked.forget:
                found.trouble = f"曾发布到第 {known} 条,副本只到第 {position} 条:换另一份副本再试。{_FORGET}"
                return
            if asked.forget:
                await connection.execute("update view.published set pos = 0, leaf = null")
            await connection.execute("update view.published set fork = null, pardon = uuidv7()")


def _line(item: Entry) -> str:
    return f"第 {item.pos} 条  {item.recorded.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}  {item.type}  {item.stream}"


def _whole_commands(entries: list[Entry], *, done: bool) -> tuple[list[Entry], list[Entry]]:
    """Split before the last command, which may go on in the next page."""
    if done or not entries:
        return entries, []
    last = _command(entries[-1])
    cut = len(entries)
    while cut and _command(entries[cut - 1]) == last:
        cut -= 1
    return entries[:cut], entries[cut:]


def _command(item: Entry) -> UUID:
    return UUID(item.envelope["causationid"])


async def _write(connection: asyncpg.Connection, entries: Sequence[Entry]) -> int:
    columns: Iterator[list[object]] = (list(column) for column in zip(*_rows(entries), strict=True))
    await connection.execute(
        "select log.restore($1::bigint[],$2::bigint[],$3::text[],$4::int[],$5::text[],$6::bytea[],$7::uuid[])", *columns
    )
    return entries[-1].pos


def _rows(entries: Sequence[Entry]) -> Iterator[tuple[object, ...]]:
    for item in entries:
        yield item.pos, item.rec_us, item.stream, item.version, item.type, item.body, _command(item)


_SUBJECT = re.compile(rb'"\$enc":"\w+","ct":"[^"]+","n":"[^"]*","sub":"([0-9a-f-]{36})"')


async def unreadable(place: Place, prefix: str = "") -> dict[str, list[UUID]]:
    """By kind of stream, the subjects whose personal data stand in a log while the vault knows neither a key nor an erasure."""
    found: dict[UUID, str] = {}
    for service in SERVICES:
        connection = await place.connect(f"{prefix}guiren_{service}")
        try:
            async for page in whole(connection):
                for item in page:
                    for subject in _SUBJECT.findall(item.body):
                        found.setdefault(UUID(subject.decode()), item.stream.partition("/")[0])
        finally:
            await connection.close()
    vault = await place.connect(f"{prefix}guiren_vault")
    try:
        rows = await vault.fetch("select subject from vault.subject_key where subject = any($1::uuid[])", list(found))
    finally:
        await vault.close()
    lacking: dict[str, list[UUID]] = {}
    for subject in sorted(found.keys() - {row["subject"] for row in rows}):
        lacking.setdefault(found[subject], []).append(subject)
    return lacking


def told_unreadable(lacking: dict[str, list[UUID]]) -> list[str]:
    """What of the personal data can't be opened any more, for a person to know; nothing if all can."""
    return [
        f"{kind}:{len(subjects)} 个主体的个人信息无密钥,显示为〔无法解密〕:"
        + " ".join(map(str, subjects[:20]))
        + (" …" if len(subjects) > 20 else "")  # noqa: PLR2004  enough to begin with; --json has all.
        for kind, subjects in lacking.items()
    ]


async def restore_keys(place: Place, bus: Bus, *, apply: bool, prefix: str = "") -> Brought:
    """The keys and erasures that the stream of keys has and the vault lacks; taken if told to."""
    vault = await place.connect(f"{prefix}guiren_vault")
    try:
        return await bring_back(vault, bus, apply=apply)
    finally:
        await vault.close()


def told_keys(brought: Brought, *, apply: bool) -> list[str]:
    """What became of the keys, in words; nothing if all are there."""
    verb = "已补回" if apply else "缺"
    lines: list[str] = []
    if brought.keys or brought.erasures:
        lines.append(f"密钥:{verb} {brought.keys} 个主体的密钥、{brought.erasures} 项删除记录")
    if brought.differing:
        lines.append(f"密钥:{brought.differing} 个主体在密钥库与副本中的密钥不同,两份都保留,请联系开发单位核查")
    return lines


async def restore_from(place: Place, bus: Bus, asked: Asked, *, mirror: bool) -> dict[str, Found]:
    """Likewise, from the streams or from the mirror of an installation."""
    assert bus.signatures is not None  # noqa: S101  nothing is restored that nobody checked.
    reporting = await place.connect(f"{asked.prefix}guiren_reporting")
    try:
        return await restore(place, Mirror(reporting, bus.signatures) if mirror else bus, bus.signatures, asked)
    finally:
        await reporting.close()


@dataclass(frozen=True)
class Restored:
    """All that a restore tells."""

    keys: Brought
    logs: dict[str, Found]
    unreadable: dict[str, list[UUID]]

    def lines(self, *, apply: bool) -> list[str]:
        """In words."""
        return [*told_keys(self.keys, apply=apply), *told(self.logs, apply=apply), *told_unreadable(self.unreadable)]

    @property
    def failed(self) -> bool:
        """Whether there is a log of which nothing can be said or done."""
        return any(item.trouble for item in self.logs.values())


async def restore_all(place: Place, bus: Bus, asked: Asked, *, mirror: bool) -> Restored:
    """The keys first, since services write once a log is restored; then the logs; then what stays unreadable."""
    try:
        keys = await restore_keys(place, bus, apply=asked.apply)
        logs = await restore_from(place, bus, asked, mirror=mirror)
        return Restored(keys, logs, await unreadable(place))
    finally:
        await bus.close()


def told(found: dict[str, Found], *, apply: bool) -> list[str]:
    """A line for each log."""
    lines: list[str] = []
    for service, item in found.items():
        kinds = "、".join(f"{kind}×{count}" for kind, count in item.missing.most_common())
        if item.trouble:
            said = f"未恢复。{item.trouble}"
        elif not item.missing:
            said = "与副本一致,不缺"
        else:
            said = f"{'已恢复' if apply else '缺'} {item.missing.total()} 条:{kinds}"
        lines.append(f"{service}:日志到第 {item.position} 条,副本到第 {item.copy} 条。{said}")
        if not (apply and item.restored):
            lines += [f"  {each}" for each in item.which]
            if (rest := item.missing.total() - len(item.which)) > 0:
                lines.append(f"  另有 {rest} 条")
    if not apply and any(item.missing and not item.trouble for item in found.values()):
        lines.append("以上只是查看。确认无误后加 --apply 恢复")
    return lines


def main() -> int:
    """Where PostgreSQL and NATS are comes from the environment, as for ``deploy.install``. The exit code: 0 all well."""
    parser = argparse.ArgumentParser(prog="python -m deploy.restore")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--from-stream", action="store_true")
    source.add_argument("--from-mirror", action="store_true")
    parser.add_argument("--apply", action="store_true")
    parser.add_argument("--forget-checkpoint", action="store_true")
    asked = parser.parse_args()
    folder = os.environ.get("GUIREN_CHECKPOINTS")
    what = Asked(asked.apply, Path(folder) if folder else None, asked.forget_checkpoint)
    bus = bus_from_environment(secrets_folder())
    found = asyncio.run(restore_all(Place.from_environment(), bus, what, mirror=asked.from_mirror))
    sys.stdout.write("\n".join(found.lines(apply=asked.apply)) + "\n")
    return 1 if found.failed else 0


if __name__ == "__main__":
    sys.exit(main())
