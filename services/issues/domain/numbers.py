"""问题编号: QXG-YYYYMM-unit-nnnn, gapless per unit and month (``ledgers.md`` §2)."""

from __future__ import annotations

from shared.months import Month

DISTRICT = "QXG"
"""七星关; the one place where the abbreviation stands."""


def number(month: Month, unit: str, seq: int) -> str:
    """The number as it is printed. After 9999 it grows by a digit rather than starting anew."""
    return f"{DISTRICT}-{month.year:04d}{month.month:02d}-{unit}-{seq:04d}"


def parts(no: str) -> tuple[Month, int]:
    """Month and running number. A unit's code may hold a hyphen, so only the ends are read."""
    digits = no.split("-", 2)[1]
    return Month(int(digits[:4]), int(digits[4:])), int(no.rpartition("-")[2])
