"""What facts of this service add to the histories: who filed what, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services.reporting.domain.histories import FilingHistory, Histories
from shared.events import reporting


def _submitted(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = histories.filings.setdefault(key, FilingHistory(key))
    if not item.received:  # The first filing decides about punctuality (kpi §7).
        item.received, item.on_time = data["received"], data["on_time"]
    item.unit, item.month = data["unit"], data["month"]
    item.revision, item.digest = data["revision"], data["filing"]["digest"]
    item.returned = None


def _signed_off(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    histories.filings.setdefault(key, FilingHistory(key)).signed_on = data["on"]


def _sent_back(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    histories.filings.setdefault(key, FilingHistory(key)).returned = data["reason"]


HANDLERS: dict[str, Callable[[Histories, str, dict[str, Any], int, int], None]] = {
    reporting.LedgerSubmitted.TYPE: _submitted,
    reporting.LedgerSigned.TYPE: _signed_off,
    reporting.LedgerReturned.TYPE: _sent_back,
}
