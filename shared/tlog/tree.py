"""The Merkle tree of RFC 6962: hashes, and the proofs that a leaf is in a tree and that one tree goes on another.

A proof is worked out in two steps, since the hashes lie in tiles that somebody must fetch: ``inclusion`` and ``consistency`` say
which complete subtrees go into each element, ``Node`` by ``Node``; ``folded`` makes the element once their hashes are there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

HASH_BYTES = 32
EMPTY = sha256(b"").digest()
"""The root of a tree without leaves."""


class Node(NamedTuple):
    """A complete subtree: 2**height leaves, of which the first is number ``number * 2**height``."""

    height: int
    number: int


Span = Sequence[Node]
"""The complete subtrees, from left to right, that one hash stands for."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees."""
    return sha256(b"\x01" + left + right).digest()


def half(count: int) -> int:
    """How many leaves of a tree are on its left: the largest power of two that is less."""
    return 1 << (count - 1).bit_length() - 1


def level_above(hashes: Sequence[bytes]) -> list[bytes]:
    """Of an even number of neighbours, what stands above each pair."""
    return [sha256(b"\x01" + left + right).digest() for left, right in zip(hashes[::2], hashes[1::2], strict=True)]


def complete(hashes: Sequence[bytes]) -> bytes:
    """What stands above a power of two of neighbours."""
    while len(hashes) > 1:
        hashes = level_above(hashes)
    return hashes[0]


def folded(peaks: Iterable[bytes]) -> bytes:
    """One hash for complete subtrees that stand beside each other, the larger ones on the left."""
    *rest, found = peaks
    for left in reversed(rest):
        found = node_hash(left, found)
    return found


def span(start: int, end: int) -> list[Node]:
    """The complete subtrees of these leaves."""
    found: list[Node] = []
    while start < end:
        height = (end - start).bit_length() - 1
        found.append(Node(height, start >> height))
        start += 1 << height
    return found


def root_of(size: int, hash_of: Callable[[Node], bytes]) -> bytes:
    """The root of the tree of this size."""
    return folded(map(hash_of, span(0, size))) if size else EMPTY


def inclusion(index: int, size: int) -> list[Span]:
    """What proves that leaf number ``index`` is in the tree of this size, from the leaf to the root."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    low, high, found = 0, size, list[Span]()
    while high - low > 1:
        middle = low + half(high - low)
        if index < middle:
            found.append(span(middle, high))
            high = middle
        else:
            found.append(span(low, middle))
            low = middle
    return found[::-1]


def consistency(old: int, size: int) -> list[Span]:
    """What proves that the tree of this size goes on the tree of the size ``old``."""
    if not 0 < old <= size:
        raise ValueError(f"a tree of {size} does not go on one of {old}")
    low, high, found, known = 0, size, list[Span](), True
    while old != high:
        middle = low + half(high - low)
        if old <= middle:
            found.append(span(middle, high))
            high = middle
        else:
            found.append(span(low, middle))
            low, known = middle, False
    return ([] if known else [span(low, high)]) + found[::-1]


def with_paths(leaves: Sequence[bytes]) -> tuple[bytes, list[list[bytes]]]:
    """Of a few leaves the root, and what proves each of them."""
    if len(leaves) == 1:
        return leaves[0], [[]]
    middle = half(len(leaves))
    (left, on_left), (right, on_right) = with_paths(leaves[:middle]), with_paths(leaves[middle:])
    return node_hash(left, right), [[*path, right] for path in on_left] + [[*path, left] for path in on_right]


def root_from(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes | None:
    """The root this proof leads to; none if a proof of this leaf can't have its length."""
    if not 0 <= index < size or not _hashes(leaf, *proof):
        return None
    place, last, found = index, size - 1, leaf
    for each in proof:
        if last == 0:
            return None
        if place & 1 or place == last:
            found = node_hash(each, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, each)
        place, last = place >> 1, last >> 1
    return None if last else found


def included(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof shows that this leaf is in the tree with this root."""
    return root_from(index, size, leaf, proof) == root


def consistent(old: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the second tree holds the first, leaf for leaf, and only goes on. Of nothing, nothing goes on."""
    if not 0 < old <= size or not _hashes(old_root, root, *proof):
        return False
    if old == size:
        return not proof and old_root == root
    steps = list(proof)
    if old & (old - 1) == 0:
        steps.insert(0, old_root)
    if not steps:
        return False
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    then = now = steps[0]
    for each in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            then, now = node_hash(each, then), node_hash(each, now)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            now = node_hash(now, each)
        place, last = place >> 1, last >> 1
    return last == 0 and then == old_root and now == root


def _hashes(*those: bytes) -> bool:
    return all(len(each) == HASH_BYTES for each in those)
