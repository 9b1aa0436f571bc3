"""News of tickets out of the log: each with what its reach is judged by, and a frame of the event stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from services.issues.domain.access import Reach, Seen
from services.issues.queries.timeline import title_of
from shared.events.issues import AlarmsSet
from shared.http.service import Service
from shared.language.terms import IssueStage, Source

_PAGE = 500
_UNSAID = (AlarmsSet.TYPE,)
"""Plans change with nearly everything; they are no news."""


@dataclass(frozen=True)
class News:
    """One entry about a ticket, with what its reach is judged by. The ticket is as it stands when the entry is read."""

    position: int
    issue: UUID
    type: str
    stage: IssueStage
    seen: Seen

    def for_(self, may: Reach) -> bool:
        """Whether somebody with this reach may hear of it."""
        return may.sees(self.seen)

    def frame(self, place: bytes) -> bytes:
        """As it goes over the wire, with the place it stands at."""
        data = {
            "issue": str(self.issue),
            "type": self.type,
            "title": title_of(self.type),
            "stage": str(self.stage),
            "stage_label": self.stage.label,
        }
        return b"id: %s\nevent: issue\ndata: %s\n\n" % (place, orjson.dumps(data))


def _seen(row: Any) -> Seen:
    units = [tuple(item.rsplit(" ", 1)) for item in row["units"]]
    return Seen(Source(row["source"]), IssueStage(row["stage"]), units, row["enterprise"], row["handler"], row["reported_by"])


async def after(service: Service, position: int) -> tuple[int, list[News]]:
    """The next page of the log as news, and where it ends; streams that are no tickets are passed over."""
    rows = await service.pool.fetch(
        "select e.pos, e.stream, e.type, i.id, i.stage, i.source, i.enterprise, i.handler, i.reported_by, "
        "array(select u.unit || ' ' || u.part from issue_unit u where u.issue = i.id) as units from "
        "(select pos, stream, type, case when stream like 'issue/%' then substr(stream, 7)::uuid end as key "
        "from log.entry where pos > $1 order by pos limit $2) e left join issue i on i.id = e.key order by e.pos",
        position,
        _PAGE,
    )
    news = [
        News(row["pos"], row["id"], row["type"], IssueStage(row["stage"]), _seen(row))
        for row in rows
        if row["id"] is not None and row["type"] not in _UNSAID
    ]
    return (rows[-1]["pos"] if rows else position), news
