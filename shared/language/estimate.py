"""What a stratified sample tells of everybody: the estimate of K8 知晓率 (kpi §6; 方案 三, R07).

    what was said, by stratum --survey--> both shares with their 95 % intervals, and what they rest on

Exact fractions; one square root, to 40 digits. Who refused or was not reached said nothing: the response rate tells how many.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

from shared.language.percent import estimated
from shared.language.terms import SurveyAnswer

LEAST = 2
"""Of a single answer no variance can be told."""
SAID = (SurveyAnswer.UNDERSTOOD, SurveyAnswer.HEARD, SurveyAnswer.UNKNOWN)
"""The valid answers: 知晓内涵, 听说过, 不知晓."""
_Z = Fraction(196, 100)


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


@dataclass(frozen=True)
class Surveyed:
    """Both shares of a sample, and what they rest on."""

    aware: Estimate | None
    """知晓内涵 + 听说过."""
    understood: Estimate | None
    """知晓内涵 alone (严口径)."""
    strata: tuple[Counted, ...]
    """As they were drawn; ``yes`` are those of ``aware``."""
    strict: tuple[Counted, ...]
    """Likewise; ``yes`` are those of ``understood``."""
    joined: int
    """Strata joined to a neighbour because too few of them answered."""


def survey(strata: Iterable[tuple[int, Sequence[SurveyAnswer]]]) -> Surveyed:
    """From the population of each stratum and what its sample answered; the strata in the order of township and size."""
    told = list(strata)
    loose, strict = _counted(told, SAID[:2]), _counted(told, SAID[:1])
    (whole, joined), (narrow, _) = merged(loose), merged(strict)
    return Surveyed(estimate(whole), estimate(narrow), loose, strict, joined)


def _counted(strata: Iterable[tuple[int, Sequence[SurveyAnswer]]], yes: Sequence[SurveyAnswer]) -> tuple[Counted, ...]:
    valid = [(population, [answer for answer in answers if answer in SAID]) for population, answers in strata]
    return tuple(Counted(population, len(said), sum(answer in yes for answer in said)) for population, said in valid)
