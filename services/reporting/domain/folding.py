"""Facts of all logs, folded into histories.

``fold`` is a pure function of mirror entries. It reads raw JSON rather than fact models: a rebuild folds a whole year, and
the bodies were checked when they were written. The logs may arrive in any interleaving as long as each log keeps its own
order; a timeline that may be written out of order (an assignment entered late for an earlier day) is put in order by day,
then by position.
"""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from services.reporting.domain import of_filings, of_issues, of_roster, of_visits
from services.reporting.domain.histories import Histories, Mirrored
from shared.language.facts import CATALOGUE, UnknownFact

_HANDLERS = {**of_roster.HANDLERS, **of_visits.HANDLERS, **of_issues.HANDLERS, **of_filings.HANDLERS}


def fold(entries: Iterable[Mirrored], into: Histories | None = None) -> Histories:
    """Fold mirror entries, each log in its own order, in any interleaving of the logs."""
    histories = Histories() if into is None else into
    loads = orjson.loads
    handlers, of_tickets, remember = _HANDLERS, of_issues.HANDLERS, of_issues.remember
    count = 0
    for entry in entries:
        type_ = entry.type
        handler = handlers.get(type_)
        count += 1
        if handler is not None:
            key, data = entry.stream.partition("/")[2], loads(entry.body)["data"]
            handler(histories, key, data, entry.pos, entry.rec_us)
            if type_ in of_tickets:
                remember(histories, key, entry, data)
        elif type_ not in CATALOGUE:
            raise UnknownFact(type_)
    histories.count += count
    return histories
