"""问题编号: QXG-YYYYMM-unit-nnnn, gapless per unit and month (``ledgers.md`` §2); and 文号 of documents, gapless per year."""

from __future__ import annotations

import re

from shared.language.months import Month
from shared.language.terms import Term

DISTRICT = "QXG"
"""七星关; the one place where the abbreviation stands."""

_DOCUMENT = re.compile(r"(.+)〔(\d{4})〕(\d+)号")


class DocumentKind(Term):
    """What is written and numbered; the label stands before the year."""

    SLIP = "slip", "贵服督"
    REQUEST = "request", "贵服请"


def number(month: Month, unit: str, seq: int) -> str:
    """The number as it is printed. After 9999 it grows by a digit rather than starting anew."""
    return f"{DISTRICT}-{month.year:04d}{month.month:02d}-{unit}-{seq:04d}"


def parts(no: str) -> tuple[Month, int]:
    """Month and running number. A unit's code may hold a hyphen, so only the ends are read."""
    digits = no.split("-", 2)[1]
    return Month(int(digits[:4]), int(digits[4:])), int(no.rpartition("-")[2])


def document(kind: DocumentKind, year: int, seq: int) -> str:
    """贵服督〔2026〕12号."""
    return f"{kind.label}〔{year}〕{seq}号"


def document_parts(no: str) -> tuple[str, int, int]:
    """Kind, year and running number of such a 文号."""
    found = _DOCUMENT.fullmatch(no)
    if found is None:
        raise ValueError(no)
    kind = next(kind for kind in DocumentKind if kind.label == found[1])
    return str(kind), int(found[2]), int(found[3])
