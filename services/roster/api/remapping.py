"""What a table of industries would change, and changing it: enterprises move in bounded batches, each once.

A person's decision stays. Who brought an enterprise to its unit is told by the first assignment to that unit: with a
confidence it was a table or an address, without one it was somebody.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from services.roster.api import lookups
from services.roster.domain.commands import FollowMapping
from services.roster.domain.enterprise import ENTERPRISE, KnownPlaces
from shared.asking import listing
from shared.decider import Actor, Context
from shared.handle import Ask
from shared.problems import Problem
from shared.service import Service
from shared.terms import Line, derived_id

_CHUNK = 300

_WOULD = """(
select e.id as enterprise, e.code, e.name, e.industry, a.unit as "from", m.unit as "to",
    case when m.unit is null then 'unmapped' when a.unit is null then 'moved' when a.unit = m.unit then 'unchanged'
        when p.confidence is null then 'kept' else 'moved' end as what
from scope s join enterprise e on e.id = s.enterprise
left join lateral (
    select coalesce($1::jsonb ->> e.industry, $1::jsonb ->> left(e.industry, 2)) as unit) m on true
left join assignment a on a.enterprise = e.id and a.line = 'vertical' and a.since <= $2 and (a.until is null or a.until > $2)
left join lateral (
    select b.confidence from assignment b where b.enterprise = e.id and b.line = 'vertical' and b.since <= $2
        and b.since > coalesce((select max(c.since) from assignment c where c.enterprise = e.id and c.line = 'vertical'
            and c.since <= $2 and c.unit <> a.unit), '-infinity'::date)
    order by b.since, b.enterprise limit 1) p on true
where s.since <= $2 and (s.until is null or s.until > $2)
) would"""


async def moves(service: Service, entries: Mapping[str, str], day: date) -> dict[str, int]:
    """How many would move, stay, be kept where a person put them, or stand in no row of the table."""
    rows = await service.pool.fetch(f"select what, count(*) as n from {_WOULD} group by what", _json(entries), day)
    found = {row["what"]: row["n"] for row in rows}
    return {what: found.get(what, 0) for what in ("moved", "unchanged", "kept", "unmapped")}


async def moved(
    service: Service, entries: Mapping[str, str], day: date, cursor: str | None, limit: int, what: str = "moved"
) -> dict[str, Any]:
    """The counts, the flows between departments, and whom it would move, by page."""
    flows = await service.pool.fetch(
        f'select "from", "to", count(*) as enterprises from {_WOULD} where what = \'moved\' group by 1, 2 order by 3 desc, 1, 2',
        _json(entries), day,
    )  # fmt: skip
    page = await listing(
        service.pool, table=_WOULD, columns='enterprise, code, name, industry, "from", "to"', where=["what = $3"],
        args=[_json(entries), day, what], order=["code"], cursor=cursor, limit=limit,
    )  # fmt: skip
    return {"counts": await moves(service, entries, day), "flows": [dict(row) for row in flows], **page}


def _json(entries: Mapping[str, str]) -> str:
    return orjson.dumps(entries).decode()


@dataclass
class Remapping:
    """One application of a published version."""

    service: Service
    caller: Actor
    version: int
    entries: Mapping[str, str]
    since: date

    async def run(self, total: int, today: date) -> AsyncGenerator[dict[str, Any], None]:
        """Progress, and at the end the result. The assignments begin today: what was done under the old table stays under it."""
        done, after = 0, ""
        try:
            while rows := await self.service.pool.fetch(
                f'select enterprise, code, industry, "to" from {_WOULD} where what = \'moved\' and code > $3 order by code limit $4',
                _json(self.entries), today, after, _CHUNK,
            ):  # fmt: skip
                lines = await lookups.lines(self.service.pool, {row["to"] for row in rows})
                context = await self.service.context(self.caller, "industries", KnownPlaces(lines))
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
