"""What a table of industries would change, and changing it: enterprises move in bounded batches, each once.

A person's decision stays. Who brought an enterprise to its unit is told by the first assignment to that unit: with a
confidence it was a table or an address, without one it was somebody.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.roster.domain.enterprise.commands import FollowMapping
from services.roster.domain.enterprise.decide import ENTERPRISE, KnownPlaces
from services.roster.queries import lookups
from services.roster.queries import mapping as asked
from shared.http.service import Service
from shared.language.decider import Actor, Context
from shared.language.problems import Problem
from shared.language.terms import Line, derived_id
from shared.log.handle import Ask

_CHUNK = 300


@dataclass
class Remapping:
    """One application of a published version."""

    service: Service
    caller: Actor
    version: int
    entries: Mapping[str, str]
    since: date
    published_by: UUID | None

    async def run(self, total: int, today: date) -> AsyncGenerator[dict[str, Any], None]:
        """Progress, and at the end the result. The assignments begin today: what was done under the old table stays under it."""
        done, after = 0, ""
        try:
            while rows := await asked.next_moved(self.service, self.entries, today, after, _CHUNK):
                lines = await lookups.lines(self.service.pool, {row["to"] for row in rows})
                context = await self.service.context(
                    self.caller, "industries", KnownPlaces(lines, published_by=self.published_by)
                )
                await self.service.desk.handle_all([self._ask(row, context, today) for row in rows])
                done, after = done + len(rows), rows[-1]["code"]
                yield {"phase": "调整", "done": done, "total": max(total, done)}
        except Problem as problem:
            yield {"problem": problem.title, **problem.document()}
            return
        yield {"result": {"version": self.version, "since": self.since, "on": today, "moved": done}}

    def _ask(self, row: Any, context: Context[KnownPlaces], today: date) -> Ask[Any]:
        id_ = row["enterprise"]
        reason = f"行业 {row['industry']},归口表第 {self.version} 版"
        command = FollowMapping(line=Line.VERTICAL, unit=row["to"], on=today, reason=reason, confidence=100)
        mine = Context(context.actor, context.now, context.today, context.calendar, id_, context.known)
        # The day is part of the id: whom a later standing brought back in scope may be moved by the same version another day.
        key = derived_id("mapping", "industries", str(self.version), str(today), str(id_))
        return Ask(ENTERPRISE, str(id_), command, mine, key)
