"""The log: dense, idempotent, append-only, hashed (design: the event log)."""

from __future__ import annotations

import asyncio
import random
import time
from itertools import pairwise
from uuid import uuid4

import asyncpg
import pytest
from support.logs import a_write, entire, leaf
from support.world import District

from shared.log.eventlog import VersionConflict, after, append, head


class _Undone(Exception):
    pass


async def _write_some(district: District, writer: int, times: int, undone: float) -> int:
    chance = random.Random(writer)
    connection = await district.connect()
    written = 0
    try:
        for turn in range(times):
            facts = chance.randint(1, 3)
            try:
                async with connection.transaction():
                    await append(connection, [a_write(f"{writer}-{turn}", facts=facts)])
                    if chance.random() < undone:
                        raise _Undone
            except _Undone:
                continue
            written += facts
    finally:
        await connection.close()
    return written


async def test_positions_are_dense_under_twenty_writers_with_rollbacks_in_between(district: District) -> None:
    await district.database("roster")
    written = sum(await asyncio.gather(*(_write_some(district, n, 20, 0.3) for n in range(20))))
    connection = await district.connect()
    entries = await entire(connection)
    assert [entry.pos for entry in entries] == list(range(1, written + 1))
    assert await head(connection) == written
    assert all(earlier.rec_us <= later.rec_us for earlier, later in pairwise(entries))
    recorded = await connection.fetch("select distinct rec_us from log.command")
    assert len(recorded) == await connection.fetchval("select count(*) from log.command")
    await connection.close()


async def test_a_reader_behind_its_cursor_never_misses_an_entry(district: District) -> None:
    reader = await district.connect()
    seen: list[int] = []
    writers = asyncio.gather(*(_write_some(district, n, 40, 0.2) for n in range(8)))
    while not writers.done():
        page = await after(reader, seen[-1] if seen else 0, 7)
        seen += [entry.pos for entry in page]
        await asyncio.sleep(0)
    while page := await after(reader, seen[-1] if seen else 0, 100):
        seen += [entry.pos for entry in page]
    assert seen == list(range(1, sum(await writers) + 1))
    await reader.close()


async def test_a_later_position_never_becomes_visible_before_an_earlier_one(district: District) -> None:
    first, second, reader = [await district.connect() for _ in range(3)]
    slow = first.transaction()
    await slow.start()
    assert (await append(first, [a_write("slow")])).first == 1
    waiting = asyncio.create_task(append(second, [a_write("quick")]))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    assert await after(reader, 0, 10) == []
    await slow.commit()
    assert (await waiting).first == 2
    assert [entry.stream for entry in await after(reader, 0, 10)] == ["probe/slow", "probe/quick"]
    for connection in (first, second, reader):
        await connection.close()


async def test_the_same_command_twenty_times_at_once_is_one_entry(district: District) -> None:
    command = uuid4()
    await district.database("roster")

    async def once() -> int | None:
        connection = await district.connect()
        try:
            for _ in range(3):
                try:
                    return (await append(connection, [a_write("same", command=command)])).first
                except VersionConflict:
                    continue
            return None
        finally:
            await connection.close()

    answers = await asyncio.gather(*(once() for _ in range(20)))
    connection = await district.connect()
    assert set(answers) == {1}
    assert len(await entire(connection)) == 1
    await connection.close()


async def test_a_repeat_gets_its_positions_again_and_says_whether_the_content_is_the_same(district: District) -> None:
    connection = await district.connect()
    command = uuid4()
    await append(connection, [a_write("other")])
    original = await append(connection, [a_write("it", facts=2, command=command, mark=b"a")])
    repeat = await append(connection, [a_write("it", expected=7, command=command, mark=b"a")])
    changed = await append(connection, [a_write("it", command=command, mark=b"b")])
    assert (original.first, original.replayed) == (2, False)
    assert (repeat.first, repeat.rec_us, repeat.replayed, repeat.same) == (2, original.rec_us, True, True)
    assert (changed.replayed, changed.same) == (True, False)
    assert await head(connection) == 3
    await connection.close()


async def test_a_batch_that_is_known_in_part_or_meets_another_version_writes_nothing(district: District) -> None:
    connection = await district.connect()
    command = uuid4()
    await append(connection, [a_write("a", command=command)])
    for batch in (
        [a_write("a", command=command), a_write("b")],
        [a_write("b"), a_write("a", expected=5)],
        [a_write("b"), a_write("a")],
        [a_write("a", expected=2)],
        [a_write("a")],
        [a_write("nothing", expected=1)],
    ):
        with pytest.raises(VersionConflict):
            await append(connection, batch)
    assert await head(connection) == 1
    assert (await append(connection, [a_write("b", facts=2), a_write("a", expected=1)])).first == 2
    assert [(e.pos, e.stream, e.version) for e in await entire(connection)] == [
        (1, "probe/a", 1),
        (2, "probe/b", 1),
        (3, "probe/b", 2),
        (4, "probe/a", 2),
    ]
    await connection.close()


@pytest.mark.parametrize("table", ["entry", "command", "stream", "head"])
async def test_the_service_role_can_only_append_and_select(district: District, table: str) -> None:
    connection = await district.connect()
    await append(connection, [a_write("a")])
    column = {"entry": "pos", "command": "n", "stream": "ver", "head": "pos"}[table]
    assert await connection.fetch(f"select * from log.{table}")
    for statement in (
        f"update log.{table} set {column} = {column}",
        f"delete from log.{table}",
        f"truncate log.{table}",
        f"insert into log.{table} select * from log.{table} limit 0"
        if table != "entry"
        else "insert into log.entry (pos, rec_us, stream, ver, type, body) values (9, 9, 'a', 9, 't', 'b')",
        f"alter table log.{table} disable trigger all",
        f"drop table log.{table}",
        "set role roster_owner",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    await connection.close()


@pytest.mark.parametrize("who", ["roster_owner", "postgres"])
async def test_the_fences_stop_the_owner_and_the_administrator_as_well(district: District, who: str) -> None:
    service = await district.connect()
    await append(service, [a_write("a")])
    connection = await district.connect(user="postgres")
    await connection.execute(f"set role {who}")
    for statement in (
        "update log.entry set body = 'x'",
        "delete from log.entry",
        "truncate log.entry",
        "update log.command set n = 2",
        "delete from log.command",
        "truncate log.command",
        "delete from log.stream",
        "truncate log.stream",
        "delete from log.head",
        "truncate log.head",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="事件日志只能追加"):
            await connection.execute(statement)
    assert len(await entire(service)) == 1
    await connection.close()
    await service.close()


async def test_a_leaf_hash_is_that_of_rfc_6962_over_position_time_and_body(district: District) -> None:
    connection = await district.connect()
    for number in range(20):
        await append(connection, [a_write(str(number), facts=1 + number % 3)])
    stored = {row["pos"]: row["leaf_hash"] for row in await connection.fetch("select pos, leaf_hash from log.entry")}
    assert {entry.pos: leaf(entry) for entry in await entire(connection)} == stored
    await connection.close()


async def test_a_body_of_65000_bytes_is_kept_and_one_more_is_refused(district: District) -> None:
    connection = await district.connect()
    fits = a_write("fits")
    await append(connection, [type(fits)(fits.command, b"", fits.stream, 0, fits.types, [b"x" * 65_000])])
    large = a_write("large")
    with pytest.raises(asyncpg.CheckViolationError):
        await append(connection, [type(large)(large.command, b"", large.stream, 0, large.types, [b"x" * 65_001])])
    assert await head(connection) == 1
    await connection.close()


async def test_the_recorded_time_is_monotone_even_when_the_clock_steps_back(district: District) -> None:
    demo = await district.connect(user="guiren_demo")
    year = 365 * 86_400 * 1_000_000
    now = int(time.time() * 1_000_000)
    recorded = [(await append(demo, [a_write(f"{n}")], now - ago * year)).rec_us for n, ago in enumerate((2, 3, 1, 2))]
    assert recorded == [now - 2 * year, now - 2 * year + 1, now - year, now - year + 1]
    await demo.execute("select log.load_demo(false)")
    service = await district.connect()
    assert (await append(service, [a_write("today")])).rec_us >= now
    assert [entry.pos for entry in await entire(service)] == [1, 2, 3, 4, 5]
    await demo.close()
    await service.close()


async def test_only_the_demo_loader_may_say_when_and_never_in_the_future(district: District) -> None:
    service = await district.connect()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await append(service, [a_write("a")], 1)
    demo = await district.connect(user="guiren_demo")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await append(demo, [a_write("a")])
    for connection in (service, demo):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch(
                "select log._append(array[]::uuid[],array[]::bytea[],array[]::text[],array[]::int[],array[]::int[],"
                "array[]::text[],array[]::int[],array[]::text[],array[]::bytea[],1::bigint)"
            )
    far = int(time.time() * 1_000_000) + 10**12
    assert (await append(demo, [a_write("a")], far)).rec_us < far - 10**11
    await demo.close()
    await service.close()


async def test_a_page_reads_as_much_as_it_answers_however_large_the_appends_are(district: District) -> None:
    connection = await district.connect()
    for number in range(10):
        await append(connection, [a_write(f"large-{number}", facts=1_000)])
    admin = await district.connect(user="postgres")
    await admin.execute("analyze log.entry")
    await admin.close()
    before = await _rows_read(connection)
    page = await after(connection, 4_500, 300)
    assert await _rows_read(connection) - before < 1_000
    assert [entry.rest for entry in page] == [(-entry.pos) % 1_000 for entry in page]
    across = await after(connection, 4_900, 300)
    assert [entry.rest for entry in across] == [(-entry.pos) % 1_000 for entry in across]
    await connection.close()


async def _rows_read(connection: asyncpg.Connection) -> int:
    await connection.execute("select pg_stat_force_next_flush()")
    return await connection.fetchval(
        "select t.seq_tup_read + (select sum(i.idx_tup_read)::bigint from pg_stat_user_indexes i where i.relid = t.relid) "
        "from pg_stat_user_tables t where t.relid = 'log.entry'::regclass"
    )
