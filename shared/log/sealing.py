"""Seals a log: every few seconds its new leaves go into the log's Merkle tree, and the service signs the root (decision 64).

Nobody waits for it. It falls behind or dies, and the next turn goes on from the last tiles that are stored; two at once are
harmless, since a seal is only taken after the one it follows. A log whose leaves are not all there, or whose tiles don't give the
root that was signed, is not sealed any further, and readiness says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from shared.log.eventlog import head
from shared.log.gate import Gate, holed
from shared.tlog.checkpoints import Checkpoint
from shared.tlog.notes import Signer, signed
from shared.tlog.tiles import Growing, NoTile, Tile, frontier, hashes_in

EVERY_SECONDS = 3
_AT_ONCE = 16_384
_LEAVES = "select pos, leaf_hash from log.entry where pos > $1 and pos <= $2 order by pos"
_LAST = "select size, root from log.seal order by size desc limit 1"
_TILES = (
    "select level, number, hashes from log.tile join unnest($1::smallint[], $2::bigint[]) u(level, number) using (level, number)"
)
_ADD = "select log.add_seal($1, $2, $3, $4, $5::smallint[], $6::bigint[], $7::bytea[])"


class Unsealable(Exception):
    """The log is not what was sealed of it; a person must look."""


def origin(district: str, service: str) -> str:
    """What a log is called in its checkpoints; the key that signs them has the same name."""
    return f"guiren/{district}/{service}"


async def tiles(connection: Any, wanted: Sequence[Tile]) -> dict[Tile, list[bytes]]:
    """These tiles, as far as they are stored."""
    rows = await connection.fetch(_TILES, [each.level for each in wanted], [each.number for each in wanted])
    return {Tile(row["level"], row["number"]): hashes_in(row["hashes"]) for row in rows}


async def sealed(connection: Any) -> tuple[int, bytes]:
    """How many entries are sealed, and the root over them; the first is 0 while none are."""
    row = await connection.fetchrow(_LAST)
    return (row["size"], row["root"]) if row else (0, b"")


@dataclass
class Sealer:
    """That of one log."""

    pool: asyncpg.Pool
    origin: str
    signers: Sequence[Signer]
    gate: Gate = field(default_factory=Gate)
    _tree: Growing | None = None

    async def turn(self) -> int:
        """Seal what is there by now; answers how many entries are sealed. A log whose gate is shut is left as it is."""
        if self.gate.fork or self.gate.unchecked:
            return 0
        async with self.pool.acquire() as connection:
            upto = await head(connection)
            tree = await self._grown(connection)
            self._tree = None  # Until what was added is stored.
            while tree.size < upto:
                await self._seal(connection, tree, min(upto, tree.size + _AT_ONCE))
            self._tree = tree
        return tree.size

    async def _grown(self, connection: Any) -> Growing:
        """The tree as it was sealed last, by whomever."""
        size, root = await sealed(connection)
        if self._tree is not None and self._tree.size == size:
            return self._tree
        try:
            tree = Growing.read(size, await tiles(connection, frontier(size)))
        except NoTile as error:
            raise Unsealable(f"封存树不完整,不能接着第 {size} 条封存") from error
        if size and tree.root() != root:
            raise Unsealable(f"封存树与第 {size} 条处签名的根不符:其中一份被改动过")
        return tree

    async def _seal(self, connection: Any, tree: Growing, upto: int) -> None:
        before = tree.size
        rows = await connection.fetch(_LEAVES, before, upto)
        for number, row in enumerate(rows, before + 1):
            if row["pos"] != number:
                raise Unsealable(holed(number))
        if len(rows) != upto - before:
            raise Unsealable(holed(before + len(rows) + 1))
        changed = await asyncio.to_thread(tree.extend, [row["leaf_hash"] for row in rows])
        note = signed(str(Checkpoint(self.origin, tree.size, tree.root())), self.signers)
        levels, numbers = [tile.level for tile in changed], [tile.number for tile in changed]
        await connection.execute(_ADD, before, tree.size, tree.root(), str(note), levels, numbers, [*changed.values()])
