"""Stratified sampling that an auditor repeats in any language (K8 知晓率, kpi §6; 方案 三, R07).

    population, seed --draw--> strata with their samples            pure: no generator of any library takes part

The lot of an enterprise is the SHA-256 of ``seed | township | size | code`` (UTF-8, a vertical bar between); of each stratum
those with the smallest lots are drawn, compared as lower-case hexadecimal. Nothing else decides. The size of the whole
sample is that of ±5 points at 95 % with the finite population correction; it is shared out by the largest remainder. What is
estimated from the answers: ``shared.language.estimate``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.language import draw as draws
from shared.language.estimate import LEAST

METHOD = "sha256(seed|township|size|code), smallest first; n0=384.16, largest remainder, at least 2 a stratum; 2026.1"


@dataclass(frozen=True, order=True)
class Member:
    """An enterprise of the population: its stratum is township × size (kpi §6)."""

    township: str
    size: str
    code: str


@dataclass(frozen=True)
class Drawn:
    """A stratum: how many it has, and the codes drawn, in the order of their lots."""

    township: str
    size: str
    population: int
    sample: tuple[str, ...]


def lot(seed: str, member: Member) -> str:
    """The lot of an enterprise."""
    return draws.lot(seed, f"{member.township}|{member.size}|{member.code}")


def digest(population: Iterable[Member]) -> str:
    """The digest of a population: its members sorted, one a line, ``township|size|code``."""
    return draws.digest(f"{item.township}|{item.size}|{item.code}" for item in sorted(population))


def needed(population: int) -> int:
    """The sample of ±5 percentage points at 95 %: 385 of infinitely many, 80 of a hundred (kpi §6)."""
    return -(-38_416 * population // (100 * population + 38_316)) if population else 0


def draw(population: Iterable[Member], seed: str, wanted: int | None = None) -> tuple[Drawn, ...]:
    """The sample. ``wanted`` is its size where the office asks for another one than ``needed``."""
    strata: dict[tuple[str, str], list[Member]] = {}
    for member in sorted(set(population)):
        strata.setdefault((member.township, member.size), []).append(member)
    sizes = {key: len(members) for key, members in strata.items()}
    shares = allocate(sizes, needed(sum(sizes.values())) if wanted is None else wanted)
    return tuple(
        Drawn(
            *key, len(members), tuple(item.code for item in sorted(members, key=lambda m: (lot(seed, m), m.code))[: shares[key]])
        )
        for key, members in strata.items()
    )


def allocate(sizes: Mapping[tuple[str, str], int], wanted: int) -> dict[tuple[str, str], int]:
    """How many of each stratum: in proportion, by the largest remainder, and never fewer than two if there are two."""
    total = sum(sizes.values())
    wanted = min(wanted, total)
    shares = {key: wanted * size // total for key, size in sizes.items()}
    by_remainder = sorted(sizes, key=lambda key: (-(wanted * sizes[key] % total), key))
    for key in by_remainder[: wanted - sum(shares.values())]:
        shares[key] += 1
    return {key: min(max(share, LEAST), sizes[key]) for key, share in shares.items()}
