"""Facts of all logs, folded into histories.

``fold`` is a pure function of mirror entries. It reads raw JSON rather than fact models: a rebuild folds a whole year, and
the bodies were checked when they were written. The logs may arrive in any interleaving as long as each log keeps its own
order; a timeline that may be written out of order (an assignment entered late for an earlier day) is put in order by day,
then by position.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable
from typing import Protocol

import orjson

from services.reporting.domain import of_filings, of_issues, of_roster, of_visits
from services.reporting.domain.histories import Histories
from shared.events import CATALOGUE, UnknownFact

_HANDLERS = {**of_roster.HANDLERS, **of_visits.HANDLERS, **of_issues.HANDLERS, **of_filings.HANDLERS}


class Mirrored(Protocol):
    """An entry of a mirrored log, as far as folding reads it; ``shared.eventlog.Entry`` is one."""

    @property
    def pos(self) -> int:
        """Position in its log."""
        ...

    @property
    def rec_us(self) -> int:
        """When the log took it in, microseconds since 1970."""
        ...

    @property
    def stream(self) -> str:
        """``kind/key``."""
        ...

    @property
    def type(self) -> str:
        """The type of the fact."""
        ...

    @property
    def body(self) -> bytes:
        """The envelope as JSON."""
        ...


def fold(entries: Iterable[Mirrored], into: Histories | None = None) -> Histories:
    """Fold mirror entries, each log in its own order, in any interleaving of the logs."""
    histories = Histories() if into is None else into
    loads = orjson.loads
    handlers = _HANDLERS
    count = 0
    collecting = gc.isenabled()
    gc.disable()  # Nothing made here refers back to its owner; looking for cycles among millions of objects costs two thirds.
    try:
        for entry in entries:
            type_ = entry.type
            handler = handlers.get(type_)
            count += 1
            if handler is not None:
                handler(histories, entry.stream.partition("/")[2], loads(entry.body)["data"], entry.pos, entry.rec_us)
            elif type_ not in CATALOGUE:
                raise UnknownFact(type_)
    finally:
        if collecting:
            gc.enable()
    histories.count += count
    return histories
