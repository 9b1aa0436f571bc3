"""A read copy of what visits heard, followed from their log: the words, how many demands, which evidence.

It answers three questions tickets can't answer alone: which visit a ticket came from, what proves that visit, and whether
every demand of a visit has its ticket (R29). The files of the evidence stay with visits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from shared.events.visits import EvidenceAttached, VisitCorrected, VisitRecorded
from shared.language.terms import EvidenceKind, Line, Mode
from shared.log.eventlog import Entry
from shared.log.views import Follower

_DDL = """
create table if not exists {schema}.known_visit (
    id uuid primary key, pos bigint not null, unit text not null, visited_on date not null, month text not null,
    mode text not null, enterprise uuid not null, difficulties text not null, suggestions text not null);
create index if not exists known_visit_unit on {schema}.known_visit (unit, month);
create table if not exists {schema}.known_demand (visit uuid, no int, content text not null, primary key (visit, no));
create table if not exists {schema}.known_evidence (
    visit uuid, sha256 text, pos bigint not null, kind text not null, media_type text not null, size bigint not null,
    primary key (visit, sha256))
"""


def follower() -> Follower:
    """The projection that keeps the copy."""
    return Follower("heard", "visits", _apply, _DDL)


def responsible(fact: VisitRecorded) -> str:
    """The unit a visit's tickets begin with: on the horizontal line, else on the vertical one, else the first visitor's."""
    by_line = {visitor.line: visitor.unit for visitor in reversed(fact.visitors)}
    return by_line.get(Line.HORIZONTAL) or by_line.get(Line.VERTICAL) or fact.visitors[0].unit


async def _apply(connection: Any, entries: Sequence[Entry]) -> None:
    for entry in entries:
        if entry.type in (VisitRecorded.TYPE, VisitCorrected.TYPE):
            await _visit(connection, entry)
        elif entry.type == EvidenceAttached.TYPE:
            fact = entry.fact
            assert isinstance(fact, EvidenceAttached)  # noqa: S101
            await connection.execute(
                "insert into known_evidence values ($1, $2, $3, $4, $5, $6) on conflict (visit, sha256) do nothing",
                UUID(entry.key),
                fact.sha256,
                entry.pos,
                str(fact.kind),
                fact.media_type,
                fact.size,
            )


async def _visit(connection: Any, entry: Entry) -> None:
    fact = entry.fact
    assert isinstance(fact, VisitRecorded)  # noqa: S101  a corrected visit is one told anew.
    visit = UUID(entry.key)
    await connection.execute(
        "insert into known_visit values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (id) do update set pos = $2, unit = $3, "
        "visited_on = $4, month = $5, mode = $6, enterprise = $7, difficulties = $8, suggestions = $9",
        visit,
        entry.pos,
        responsible(fact),
        fact.on,
        f"{fact.on:%Y-%m}",
        str(fact.mode),
        fact.enterprise.id,
        fact.difficulties,
        fact.suggestions,
    )
    await connection.execute("delete from known_demand where visit = $1", visit)
    if fact.demands:
        await connection.executemany(
            "insert into known_demand values ($1, $2, $3) on conflict do nothing",
            [(visit, demand.no, demand.content) for demand in fact.demands],
        )


async def visited(pool: Any, visit: UUID) -> dict[str, Any] | None:
    """What is known of a visit, with its evidence in a fixed order; ``None`` while the copy is behind."""
    row = await pool.fetchrow("select * from known_visit where id = $1", visit)
    if row is None:
        return None
    files = await pool.fetch("select * from known_evidence where visit = $1 order by pos, sha256", visit)
    on: date = row["visited_on"]
    return {
        "visit": str(visit),
        "href": f"/api/visits/visits/{visit}",
        "visited_on": on.isoformat(),
        "mode": Mode(row["mode"]).label,
        "unit": row["unit"],
        "cut": max([row["pos"], *(item["pos"] for item in files)]),
        "evidence": [
            {
                "sha256": item["sha256"],
                "kind": EvidenceKind(item["kind"]).label,
                "media_type": item["media_type"],
                "size": item["size"],
                "href": f"/api/visits/visits/{visit}/evidence/{item['sha256']}",
            }
            for item in files
        ],
    }
