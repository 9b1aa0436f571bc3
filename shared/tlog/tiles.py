"""The tree in tiles of 256 hashes, as C2SP's tlog-tiles lays them out, and a tree that grows by them.

Tile ``(level, number)`` holds the hashes of complete subtrees of 256**level leaves, from the one with the index ``256 * number``
on. What makes a tree grow is its last tile of every level (its frontier): nothing else must be read to go on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from shared.tlog.tree import EMPTY, HASH_BYTES, Node, Span, complete, folded, span

WIDTH = 256
_HEIGHT = 8
_LEVELS = 6
"""Beyond lie more leaves than anybody has."""
_LONGEST = 40
_NUMBER = re.compile(r"(?:x[0-9]{3}/)*[0-9]{3}")


class Tile(NamedTuple):
    """Which tile."""

    level: int
    number: int


class NoTile(ValueError):
    """A path that names no tile."""


def tile_path(tile: Tile, width: int = WIDTH) -> str:
    """``tile/1/x001/234.p/5``: a tile that is not full says how many hashes it has."""
    return f"tile/{tile.level}/{_number(tile.number)}{_part(width)}"


def bundle_path(number: int, width: int = WIDTH) -> str:
    """Likewise, of leaves themselves."""
    return f"tile/entries/{_number(number)}{_part(width)}"


def read_path(path: str) -> tuple[int | None, int, int]:
    """Level (none: leaves themselves), number and width of what stands after ``tile/``."""
    level, _, rest = path.partition("/")
    named, partial, width = rest.partition(".p/")
    number = int(named.replace("x", "").replace("/", "")) if _NUMBER.fullmatch(named) and len(named) <= _LONGEST else 0
    wide = int(width) if width.isascii() and width.isdigit() and len(width) <= 3 else 0  # noqa: PLR2004  three digits are enough for 255.
    deep = None if level == "entries" else int(level) if level.isascii() and level.isdigit() and len(level) < 3 else 0  # noqa: PLR2004
    told = tile_path(Tile(deep, number), wide or WIDTH) if deep is not None else bundle_path(number, wide or WIDTH)
    if told != f"tile/{path}" or (partial and not 0 < wide < WIDTH) or (deep or 0) >= _LEVELS:
        raise NoTile(path)
    return deep, number, wide or WIDTH


def bundle(leaves: Iterable[bytes]) -> bytes:
    """Leaves themselves, each with its length before it."""
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)


def unbundled(data: bytes) -> list[bytes]:
    """The leaves of a bundle."""
    found: list[bytes] = []
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if end > len(data):
            raise NoTile("a bundle that ends within a leaf")
        found.append(data[at + 2 : end])
        at = end
    return found


def hashes_in(data: bytes) -> list[bytes]:
    """The hashes of a tile."""
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def width_at(tile: Tile, size: int) -> int:
    """How many hashes a tile has in the tree of this size."""
    return max(0, min(WIDTH, (size >> _HEIGHT * tile.level) - tile.number * WIDTH))


def frontier(size: int) -> list[Tile]:
    """The last tile of each level that a tree of this size goes on from; those that are full are behind it."""
    return [tile for level in range(_LEVELS) if width_at(tile := Tile(level, (size >> _HEIGHT * level) // WIDTH), size)]


def tile_of(node: Node) -> Tile:
    """The tile a node's hash is computed from."""
    level, within = divmod(node.height, _HEIGHT)
    return Tile(level, (node.number << within) // WIDTH)


def tiles_of(spans: Iterable[Span]) -> set[Tile]:
    """All that must be fetched."""
    return {tile_of(node) for each in spans for node in each}


def hash_in(tiles: Mapping[Tile, Sequence[bytes]], node: Node) -> bytes:
    """A node's hash, from the tiles that were fetched."""
    within = node.height % _HEIGHT
    start = (node.number << within) % WIDTH
    found = tiles[tile_of(node)][start : start + (1 << within)]
    if len(found) != 1 << within:
        raise NoTile(f"{tile_of(node)} is too short")
    return complete(found)


def hashes_of(tiles: Mapping[Tile, Sequence[bytes]], spans: Iterable[Span]) -> list[bytes]:
    """The elements of a proof, from the tiles that were fetched."""
    return [folded(hash_in(tiles, node) for node in each) for each in spans]


def root_in(tiles: Mapping[Tile, Sequence[bytes]], size: int) -> bytes:
    """The root of the tree of this size, from the tiles that were fetched."""
    return folded(hash_in(tiles, node) for node in span(0, size)) if size else EMPTY


@dataclass
class Growing:
    """A tree that leaves are added to: its size, and of each level the hashes of its last tile."""

    size: int = 0
    levels: list[list[bytes]] = field(default_factory=lambda: [[] for _ in range(_LEVELS)])

    @classmethod
    def read(cls, size: int, tiles: Mapping[Tile, Sequence[bytes]]) -> Growing:
        """From its frontier. Raises ``NoTile`` where it lacks something."""
        found = cls(size)
        for tile in frontier(size):
            hashes = tiles.get(tile, ())[: width_at(tile, size)]
            if len(hashes) != width_at(tile, size):
                raise NoTile(f"{tile} is too short")
            found.levels[tile.level] = list(hashes)
        return found

    def extend(self, leaves: Sequence[bytes]) -> dict[Tile, bytes]:
        """Add leaves, by their hashes; answers the tiles that are other than before."""
        changed: dict[Tile, bytes] = {}
        added: Sequence[bytes] = leaves
        for level, last in enumerate(self.levels):
            if not added:
                break
            number = (self.size >> _HEIGHT * level) // WIDTH
            hashes = [*last, *added]
            parts = [hashes[at : at + WIDTH] for at in range(0, len(hashes), WIDTH)]
            changed |= {Tile(level, number + more): b"".join(part) for more, part in enumerate(parts)}
            self.levels[level] = parts.pop() if len(parts[-1]) < WIDTH else []
            added = [complete(part) for part in parts]
        self.size += len(leaves)
        return changed

    def root(self) -> bytes:
        """The root as it stands."""
        peaks: list[bytes] = []
        for last in reversed(self.levels):
            at = 0
            for height in reversed(range(_HEIGHT)):
                if len(last) >> height & 1:
                    peaks.append(complete(last[at : at + (1 << height)]))
                    at += 1 << height
        return folded(peaks) if peaks else EMPTY


def _number(number: int) -> str:
    groups = [f"{number % 1000:03}"]
    while number := number // 1000:
        groups.append(f"x{number % 1000:03}")
    return "/".join(reversed(groups))


def _part(width: int) -> str:
    return "" if width == WIDTH else f".p/{width}"
