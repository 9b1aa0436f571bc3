"""Stratified sampling that an auditor repeats in any language, and the estimate of K8 知晓率 (kpi §6; 方案 三, R07).

    population, seed --draw--> strata with their samples            pure: no generator of any library takes part
    strata, answers --estimate--> p, 95 % interval, response        exact fractions; one square root, to 40 digits

The lot of an enterprise is the SHA-256 of ``seed | township | size | code`` (UTF-8, a vertical bar between); of each stratum
those with the smallest lots are drawn, compared as lower-case hexadecimal. Nothing else decides. The size of the whole
sample is that of ±5 points at 95 % with the finite population correction; it is shared out by the largest remainder.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

from shared.language import draw as draws
from shared.language.percent import estimated

METHOD = "sha256(seed|township|size|code), smallest first; n0=384.16, largest remainder, at least 2 a stratum; 2026.1"
LEAST = 2
"""Of a single answer no variance can be told."""
_Z = Fraction(196, 100)


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


@dataclass(frozen=True)
class Counted:
    """A stratum with its answers: ``yes`` of ``valid``."""

    population: int
    valid: int
    yes: int


@dataclass(frozen=True)
class Estimate:
    """A weighted share with its 95 % interval, as percentages with two decimals."""

    pct: str
    low: str
    high: str


def estimate(strata: Sequence[Counted]) -> Estimate | None:
    """p̂ = Σ(N_h/N)(a_h/n_h), Var = Σ(N_h/N)²(1 − n_h/N_h) p_h(1 − p_h)/(n_h − 1); ``None`` without any answer."""
    total = sum(item.population for item in strata)
    if not total or any(item.valid == 0 for item in strata):
        return None
    share = Fraction(0)
    variance = Fraction(0)
    for item in strata:
        weight, p = Fraction(item.population, total), Fraction(item.yes, item.valid)
        share += weight * p
        if item.valid < item.population and item.valid > 1:
            unseen = 1 - Fraction(item.valid, item.population)
            variance += weight * weight * unseen * p * (1 - p) / (item.valid - 1)
    half = _Z * _root(variance)
    return Estimate(estimated(share), estimated(max(share - half, Fraction(0))), estimated(min(share + half, Fraction(1))))


def merged(strata: Sequence[Counted]) -> tuple[list[Counted], int]:
    """Strata of which too few answered join the next one (the last one the one before): a weight needs an answer.

    Answers how many strata were joined. The strata come in the order of township and size.
    """
    found: list[Counted] = []
    joined = 0
    for item in strata:
        last = found[-1] if found else None
        if last is not None and _too_few(last):
            found[-1] = _sum(last, item)
            joined += 1
        else:
            found.append(item)
    if len(found) > 1 and _too_few(found[-1]):
        last = found.pop()
        found[-1] = _sum(found[-1], last)
        joined += 1
    return found, joined


def _too_few(item: Counted) -> bool:
    return item.valid < min(LEAST, item.population)


def _sum(one: Counted, other: Counted) -> Counted:
    return Counted(one.population + other.population, one.valid + other.valid, one.yes + other.yes)


def _root(value: Fraction) -> Fraction:
    with localcontext() as context:
        context.prec = 40
        return Fraction((Decimal(value.numerator) / Decimal(value.denominator)).sqrt())
