"""Drawing by lot so that anybody repeats it in any language: no generator of any library takes part.

The lot of a thing is the SHA-256 of ``seed | thing`` (UTF-8, a vertical bar between), as lower-case hexadecimal; those with
the smallest lots are drawn. The digest of a population is the SHA-256 of its lines, each ended by a line feed.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256


def lot(seed: str, thing: str) -> str:
    """The lot of a thing."""
    return sha256(f"{seed}|{thing}".encode()).hexdigest()


def digest(lines: Iterable[str]) -> str:
    """The digest of a population, in the order it comes in."""
    return sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def drawn(things: Iterable[str], seed: str, wanted: int) -> tuple[str, ...]:
    """So many of them, in the order of their lots; all of them where there are no more."""
    return tuple(sorted(set(things), key=lambda thing: (lot(seed, thing), thing))[:wanted])
