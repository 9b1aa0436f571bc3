"""Files that no fact names: stored a moment before the decision met another state, or before the machine fell. Swept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog
from anyio.to_thread import run_sync

from services.visits.evidence.store import store_at
from services.visits.queries.files import named
from shared.http.service import Service

log = structlog.get_logger()

KEPT = timedelta(days=30)
"""Longer than a log is put back from its copies: what a restored log names again is still there."""
EVERY_SECONDS = 86_400.0


async def sweep(service: Service) -> int:
    """Throw away what no fact has named for a month; while the log is shut nothing is thrown away. Answers how many."""
    service.desk.gate.enter()
    store = store_at(service.settings.evidence_url)
    before = datetime.now(UTC) - KEPT
    old = await run_sync(lambda: set(store.older(before)))
    if not old:
        return 0
    orphans = sorted(old - await named(service))
    for digest in orphans:
        await run_sync(store.forget, digest)
    if orphans:
        log.info("orphaned files thrown away", files=len(orphans))
    return len(orphans)
