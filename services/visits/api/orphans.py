"""Files that no fact names: stored a moment before the decision met another state, or before the machine fell. Swept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog
from anyio.to_thread import run_sync

from services.visits.evidence.store import store_at
from shared.service import Service

log = structlog.get_logger()

KEPT = timedelta(days=30)
"""Longer than a log is put back from its copies: what a restored log names again is still there."""
EVERY_SECONDS = 86_400.0
_NAMED = """
select distinct (regexp_matches(convert_from(body, 'UTF8'), '"sha256":"([0-9a-f]{64})"', 'g'))[1] as digest from log.entry
where type = any($1::text[])
"""


def naming() -> list[str]:
    """The types of the facts that name a file: found in the catalogue, so that a new one is never forgotten."""
    from shared.events import visits

    kinds = [kind for kind in vars(visits).values() if isinstance(kind, type) and "sha256" in getattr(kind, "model_fields", {})]
    return sorted({kind.TYPE for kind in kinds if hasattr(kind, "TYPE")})


async def sweep(service: Service) -> int:
    """Throw away what no fact has named for a month; while the log is shut nothing is thrown away. Answers how many."""
    service.desk.gate.enter()
    store = store_at(service.settings.evidence_url)
    before = datetime.now(UTC) - KEPT
    old = await run_sync(lambda: set(store.older(before)))
    if not old:
        return 0
    named = {row["digest"] for row in await service.pool.fetch(_NAMED, naming())}
    orphans = sorted(old - named)
    for digest in orphans:
        await run_sync(store.forget, digest)
    if orphans:
        log.info("orphaned files thrown away", files=len(orphans))
    return len(orphans)
