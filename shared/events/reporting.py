"""Facts of reporting: what was filed, by whom, and on what it rests."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from shared.language.facts import Fact, Part
from shared.language.freetext import Code, FreeText
from shared.language.terms import Line


class Filing(Part):
    """What a filed ledger rests on: a cut (the position of each log, by service), the count and digest of its rows."""

    cut: dict[Code, int]
    rows: int
    digest: Code
    visited: int
    owed: int
    rules: int | None = None
    """The version of the rules it was computed by; filings older than this field name none."""


class LedgerSubmitted(Fact, type="reporting.ledger-submitted.v1", title="台账报送"):
    """The liaison filed the unit's ledger of the month (方案 五(五)). On time up to the 27th, 24:00."""

    unit: Code
    line: Line
    month: Code
    revision: int
    filing: Filing
    received: datetime
    due: datetime
    on_time: bool
    by: Code = ""
    """The member who filed it: whoever signs is somebody else."""
    note: FreeText = ""


class LedgerExplained(Fact, type="reporting.ledger-explained.v1", title="台账迟报说明"):
    """Why the ledger was filed late (方案 五(五)), said or completed after the filing. What was said before stays in the history."""

    reason: FreeText
    on: date
    by: Code = ""
    """The member who gave it."""


class LedgerSigned(Fact, type="reporting.ledger-signed.v1", title="台账签发"):
    """The head, or a deputy standing in, signed the filed ledger (签发)."""

    revision: int
    digest: Code
    on: date
    by: UUID | None = None
    """The member who signed; facts written before it was kept name them in the envelope only."""


class LedgerReturned(Fact, type="reporting.ledger-returned.v1", title="台账退回"):
    """The office sent the ledger back; the first filing's punctuality stays (kpi §7)."""

    reason: FreeText
    on: date


class LedgerSupplemented(Fact, type="reporting.ledger-supplemented.v1", title="台账补充"):
    """What came after the cut-off, added without paperwork (choices 2). The filed one stays as it was."""

    month: Code
    unit: Code
    revision: int
    filing: Filing
    added: int
    changed: int
    removed: int
    on: date
