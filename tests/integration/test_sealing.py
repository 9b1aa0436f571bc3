"""A log is sealed as it grows: whatever the sealer's life was like, its tiles and signed roots are those of the leaves."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import asyncpg
import pymerkle
import pytest
from support.logs import a_write, entire, leaf
from support.world import District, until

from shared.log.eventlog import append
from shared.log.gate import Gate, LogFork
from shared.log.sealing import Sealer, Unsealable, origin, sealed, tiles
from shared.tlog import tree
from shared.tlog.checkpoints import Checkpoint
from shared.tlog.notes import opened
from shared.tlog.tiles import hashes_of, tiles_of


async def grow(pool: Any, stream: str, count: int) -> None:
    for at in range(0, count, 500):
        await append(pool, [a_write(f"{stream}-{at}", facts=min(500, count - at))])


def sealer(district: District, pool: Any) -> Sealer:
    signatures = district.bus(service="roster").signatures
    assert signatures
    name = origin(district.code, "roster")
    return Sealer(pool, name, [signatures.signer(name)])


async def honest(district: District, pool: Any) -> int:
    """Every seal is signed, and is what another library makes of the entries; every proof from the tiles is good."""
    entries = await entire(pool)
    signatures = district.bus(service="roster").signatures
    assert signatures
    keys = signatures.keys("roster", origin(district.code, "roster"))
    theirs = pymerkle.InmemoryTree.init_from_entries(
        [e.pos.to_bytes(8, "big") + e.rec_us.to_bytes(8, "big") + e.body for e in entries], algorithm="sha256"
    )
    for row in await pool.fetch("select * from log.seal order by size"):
        said = Checkpoint.parse(opened(row["note"], keys).text)
        assert (said.size, said.root) == (row["size"], row["root"])
        assert said.root == theirs.get_root(said.size)
    size, root = await sealed(pool)
    for index in {0, size // 3, size - 1}:
        spans = tree.inclusion(index, size)
        proof = hashes_of(await tiles(pool, [*tiles_of(spans)]), spans)
        assert tree.included(index, size, leaf(entries[index]), proof, root)
    return size


async def test_a_log_is_sealed_as_it_grows_by_whomever(district: District) -> None:
    pool = await district.pool()
    assert await sealer(district, pool).turn() == 0
    one = sealer(district, pool)
    for number, count in enumerate((1, 254, 1, 1, 700)):
        await grow(pool, f"s{number}", count)
        await (one if number % 2 else sealer(district, pool)).turn()  # Another, that begins at what is stored.
    assert await honest(district, pool) == 957
    await grow(pool, "last", 3)
    turns = await asyncio.gather(*(sealer(district, pool).turn() for _ in range(4)), return_exceptions=True)
    assert 960 in turns
    assert all(turn == 960 or isinstance(turn, asyncpg.SerializationError) for turn in turns), "the others try again"
    assert await honest(district, pool) == 960
    await pool.close()


async def test_a_service_seals_its_log_by_itself(district: District) -> None:
    service = await district.open("roster", relay=True)
    await grow(service.pool, "x", 300)

    async def done() -> bool:
        return (await sealed(service.pool))[0] == 300

    await until(done)
    assert await honest(district, service.pool) == 300


@pytest.mark.parametrize(
    "tampering",
    [
        "update log.tile set hashes = set_byte(hashes, 5, 1 - get_byte(hashes, 5) % 2) where level = 0 and number = 1",
        "delete from log.tile where level = 1",
        "update log.seal set root = sha256('x')",
    ],
)
async def test_what_was_tampered_with_is_not_sealed_any_further(district: District, tampering: str) -> None:
    pool, admin = await district.pool(), await district.connect("roster", user="postgres")
    await grow(pool, "x", 300)
    await sealer(district, pool).turn()
    await admin.execute(tampering)
    await grow(pool, "y", 1)
    with pytest.raises(Unsealable):
        await sealer(district, pool).turn()
    assert (await sealed(pool))[0] == 300
    await admin.close()
    await pool.close()


async def test_a_hole_is_not_sealed_and_a_shut_gate_neither(district: District) -> None:
    pool, admin = await district.pool(), await district.connect("roster", user="postgres")
    await grow(pool, "x", 9)
    gate = Gate()
    gate.shut("asked to")
    assert await replace(sealer(district, pool), gate=gate).turn() == 0
    with pytest.raises(LogFork):
        gate.enter()
    await admin.execute("set session_replication_role = replica; delete from log.entry where pos = 4")
    with pytest.raises(Unsealable, match="第 4 条"):
        await sealer(district, pool).turn()
    await admin.execute("delete from log.stream; update log.head set pos = 0; delete from log.entry; delete from log.command")
    await admin.close()
    await pool.close()


async def test_a_service_can_add_a_seal_and_change_none(district: District) -> None:
    pool = await district.pool()
    await grow(pool, "x", 9)
    await sealer(district, pool).turn()
    for said in (
        "update log.seal set size = 1",
        "delete from log.seal",
        "delete from log.tile",
        "insert into log.tile values (0, 9, '')",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(said)
    for size in (9, 10):
        with pytest.raises((asyncpg.SerializationError, asyncpg.CheckViolationError)):
            await pool.execute("select log.add_seal(9, $1, '', '', '{}', '{}', '{}')", size)
    await grow(pool, "y", 1)
    with pytest.raises(asyncpg.CheckViolationError):
        await pool.execute("select log.add_seal(9, 10, '', '', '{0}', '{0}', $1)", [b"x" * 320])
    await pool.close()
