"""The one way in which a share becomes a percentage (kpi §1).

Always told beside its numerator and denominator, and never averaged: a sum of shares is Σn/Σd. No floats, so that no
machine rounds otherwise.
"""

from __future__ import annotations

from fractions import Fraction


def percentage(n: int, d: int) -> str | None:
    """N of d, half-up with two decimals: 2 of 3 are 66.67. Below 100 unless all are, above 0 if one is, none of nothing."""
    if d == 0:
        return None
    found = _hundredths(Fraction(n, d))
    if n < d:
        found = min(found, 9_999)
    if n > 0:
        found = max(found, 1)
    return _written(found)


def estimated(share: Fraction) -> str:
    """An estimate (a weighted share, the end of an interval), half-up with two decimals. It counts nobody, so it may be
    0.00 or 100.00.
    """
    return _written(_hundredths(share))


def _hundredths(share: Fraction) -> int:
    """Of a per cent, half-up."""
    return (20_000 * share.numerator + share.denominator) // (2 * share.denominator)


def _written(hundredths: int) -> str:
    return f"{hundredths // 100}.{hundredths % 100:02d}"
