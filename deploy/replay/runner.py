"""Sends the rows of a foreign log to issues, ticket by ticket, and lays the two counts side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from deploy.replay.counts import count
from deploy.replay.reader import Row

_ROWS = 2_000
"""Rows in a request, but at least one ticket: a few hundred kilobytes, and a second or two."""
_TICKETS = 1_000
LONGEST = 5_000
"""Rows of one ticket, as the service takes them."""

Send = Callable[[dict[str, Any]], dict[str, Any]]


Ahead = Callable[[int], object]
"""Told how many more rows are done."""


@dataclass
class Replay:
    """What came of it. ``plain`` is counted from the rows, ``logged`` from the facts in the log."""

    source: str
    plain: dict[str, Any]
    logged: Counter[str] = field(default_factory=Counter[str])
    last: Counter[str] = field(default_factory=Counter[str])
    added: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    differing: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    @property
    def exact(self) -> bool:
        """Whether both counts are the same, to the last ticket."""
        return not self.differing and self.from_log() == self.plain

    def from_log(self) -> dict[str, Any]:
        """The count of the log in the form of the other."""
        return {**{name: self.logged[name] for name in self.plain if name != "last"}, "last": dict(self.last)}

    def refusals(self) -> dict[str, int]:
        """How many rows each rule of ours would have refused, the most frequent first."""
        return dict(Counter(item["title"] for item in self.refused).most_common())

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "source": self.source,
            "exact": self.exact,
            "added": self.added,
            "counts": self.plain,
            "from_log": self.from_log(),
            "refusals": self.refusals(),
            "refused": self.refused,
            "differing": self.differing,
        }


def replay(source: str, tickets: dict[str, list[Row]], send: Send, ahead: Ahead) -> Replay:
    """Send everything. What is known already adds nothing, so a run that broke off is simply run again."""
    made = Replay(source, count(tickets))
    for batch in _batches(tickets):
        answer = send({"source": source, "tickets": [{"no": no, "rows": [_said(row) for row in tickets[no]]} for no in batch]})
        made.added += answer["added"]
        made.refused += answer["refused"]
        made.differing += answer["differing"]
        made.logged.update({name: value for name, value in answer["counts"].items() if name != "last"})
        made.last.update(answer["counts"]["last"])
        ahead(sum(len(tickets[no]) for no in batch))
    return made


def _batches(tickets: dict[str, list[Row]]) -> Iterator[list[str]]:
    batch: list[str] = []
    rows = 0
    for no, its in tickets.items():
        if batch and (rows + len(its) > _ROWS or len(batch) == _TICKETS):
            yield batch
            batch, rows = [], 0
        batch.append(no)
        rows += len(its)
    if batch:
        yield batch


def _said(row: Row) -> dict[str, Any]:
    said = asdict(row)
    del said["ticket"]
    return {**said, "at": row.at.isoformat(), "owner": row.owner or None}
