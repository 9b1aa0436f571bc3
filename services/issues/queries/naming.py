"""What printed things call units, members and whoever reported: names of the administration open, enterprises' people masked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

import orjson

from services.issues.documents.story import People, Story, members_of, story
from services.issues.domain.ticket.decide import ISSUE
from shared.http.service import Service
from shared.language.freetext import opened
from shared.language.months import local_date
from shared.language.openings import Opening
from shared.language.personal import Personal
from shared.log.directory import units_on
from shared.log.eventlog import load_many

_AT_ONCE = 200


async def stories(service: Service, ids: Sequence[UUID]) -> list[Story]:
    """The histories of these tickets, in the order asked for."""
    found: list[Story] = []
    for start in range(0, len(ids), _AT_ONCE):
        part = ids[start : start + _AT_ONCE]
        histories = await load_many(service.pool, [ISSUE.stream(id_) for id_ in part])
        told = {stream: [entry.fact for entry in entries] for stream, entries in histories.items()}
        told = await opened(service.vault, told)
        for stream, id_ in ((ISSUE.stream(id_), id_) for id_ in part if ISSUE.stream(id_) in told):
            if item := story(id_, histories[stream], told[stream]):
                found.append(item)
    return found


async def people(service: Service, items: Iterable[Story]) -> People:
    """The names these histories need."""
    items = list(items)
    wanted = set[UUID]().union(*(members_of(item) for item in items))
    units = await service.pool.fetch(f"select code, name from {units_on('$1')} u", local_date(service.clock()))
    rows = await service.pool.fetch("select id, name from known_member where id = any($1) and name is not null", list(wanted))
    names = await service.vault.open([Personal.read(orjson.loads(row["name"])) for row in rows], Opening.NAMES)
    sealed = [datum for item in items for datum in (item.state.report.reporter, item.state.report.phone)]
    hidden = await service.vault.masked(sealed)
    return People(
        {row["code"]: row["name"] for row in units},
        {row["id"]: name for row, name in zip(rows, names, strict=True)},
        {item.id: (hidden[2 * n], hidden[2 * n + 1]) for n, item in enumerate(items)},
    )
