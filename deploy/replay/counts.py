"""The counts of a foreign log from its plain rows alone: the other half of a double count (decision 0021).

Nothing of the service takes part: the levels of a ticket are numbers in a row, and so are its ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from deploy.replay.reader import Row

_NUMBER = {"grid": 1, "district": 2, "city": 3}


def count(tickets: Mapping[str, Sequence[Row]]) -> dict[str, Any]:
    """Tickets, rows, rises, falls, leavings of an end, tickets at an end, and how many tickets stand where."""
    escalations = hand_downs = reopenings = 0
    last: dict[str, int] = {}
    for rows in tickets.values():
        levels = [_NUMBER[row.level] for row in rows]
        steps = [after - before for before, after in pairwise(levels)]
        escalations += sum(step > 0 for step in steps)
        hand_downs += sum(step < 0 for step in steps)
        ends = "".join("e" if row.final else "o" for row in rows)
        reopenings += ends.count("eo")
        last[rows[-1].status] = last.get(rows[-1].status, 0) + 1
    return {
        "tickets": len(tickets),
        "rows": sum(map(len, tickets.values())),
        "escalations": escalations,
        "hand_downs": hand_downs,
        "reopenings": reopenings,
        "final": sum(rows[-1].final for rows in tickets.values()),
        "last": last,
    }
