"""Reporting, put together: it follows the three other logs into its archive and supplements filed ledgers by itself."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

import orjson
from fastapi import FastAPI

from services.reporting import api
from services.reporting.archive import ORIGINS, follower
from services.reporting.domain.ledger import digest
from services.reporting.domain.month import MONTH, SupplementLedger
from services.reporting.projections import DECIDERS, VIEWS, Reporting
from shared.decider import Actor
from shared.events.reporting import Filing
from shared.months import local_date
from shared.service import Periodic, Service
from shared.settings import Settings
from shared.terms import Role, derived_id

_ITSELF = Actor(UUID(int=0), "reporting", frozenset({Role.SYSTEM}))
_SWEEP_SECONDS = 600


async def supplement(service: Reporting) -> int:
    """Supplement every filed ledger of a past month whose rows have changed since. Answers how many."""
    today = local_date(service.clock())
    rows = await service.pool.fetch(
        "select unit, month, digest, supplement_digest from ledger_month where month < $1 order by month, unit", f"{today:%Y-%m}"
    )
    count = 0
    for row in rows:
        unit, month = row["unit"], row["month"]
        cut = await service.reader.archive.cut()
        item = await service.reader.ledger(unit, month, cut)
        found = digest(item)
        if found in (row["digest"], row["supplement_digest"]):
            continue
        figures = item.summary["whole_month"]
        filing = Filing(cut=cut, rows=len(item.rows), digest=found, visited=figures["visited"], owed=figures["owed"])
        then = await service.reader.ledger(unit, month, await _filed_cut(service, unit, month))
        before, after = ({str(r["visit"]): r for r in ledger.rows} for ledger in (then, item))
        command = SupplementLedger(
            filing=filing, added=len(after.keys() - before.keys()), removed=len(before.keys() - after.keys()),
            changed=sum(1 for key in before.keys() & after.keys() if before[key] != after[key]),
        )  # fmt: skip
        key = f"{unit}-{month}"
        context = await service.context(_ITSELF, key, unit=unit, month=month)
        await service.desk.handle(MONTH, key, command, context, command_id=derived_id("supplement", key, found))
        count += 1
    return count


async def _filed_cut(service: Reporting, unit: str, month: str) -> dict[str, int]:
    return orjson.loads(await service.pool.fetchval("select cut from ledger_month where id = $1", f"{unit}-{month}"))


def _tasks(service: Service) -> Sequence[Periodic]:
    assert isinstance(service, Reporting)  # noqa: S101  it is built right below.
    return (Periodic("supplements", _SWEEP_SECONDS, partial(supplement, service)),)


def build(settings: Settings) -> Reporting:
    """The service: deciders, views, the followers that fill the archive, the sweep for supplements."""
    return Reporting(
        "reporting", settings, DECIDERS, VIEWS, title=f"{settings.brand} · 台账与指标 (reporting)",
        followers=lambda _service: [follower(origin) for origin in ORIGINS], tasks=_tasks,
    )  # fmt: skip


def application(settings: Settings) -> FastAPI:
    """Its HTTP application."""
    return build(settings).app(*api.ROUTERS)
