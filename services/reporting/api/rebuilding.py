"""The rebuild: the index made anew from the mirror, and every ledger computed on the old and on the new one."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request

from services.reporting.archive import rebuild, swap
from services.reporting.domain.ledger import digest
from services.reporting.projections import Reader, Reporting
from shared.asking import Caller
from shared.problems import Forbidden, Refused
from shared.terms import Role

router = APIRouter(tags=["重建与审计"])


class RebuildDiffers(Refused):
    """A rebuilt index serves only when every ledger has the same digest at the same cut (D4)."""

    title = "重建结果与现有台账不一致,未切换"


@router.post("/rebuild", name="rebuild", summary="由事件重建台账并核对")
async def rebuild_all(caller: Caller, request: Request) -> dict[str, Any]:
    """Rebuild beside, compare at one cut, swap if all are equal. Events, seconds, and the digests before and after."""
    if not caller.holds(Role.OFFICE, Role.OFFICE_HEAD, Role.AUDITOR, Role.ADMIN, Role.SYSTEM):
        raise Forbidden(needs=[Role.OFFICE.label])
    service: Reporting = request.app.state.service
    serving = service.reader
    cut = await serving.archive.cut()
    began = time.perf_counter()
    events = await rebuild(service.pool, "index_next")
    seconds = time.perf_counter() - began
    beside = Reader(replace(serving.archive, schema="index_next"))
    pairs = sorted(set(await serving.archive.unit_months()) | set(await beside.archive.unit_months()))
    compared: list[dict[str, str]] = []
    for month in sorted({month for _, month in pairs}):
        units = [unit for unit, when in pairs if when == month]
        before = await serving.ledgers(month, units, cut)
        after = await beside.ledgers(month, units, cut)
        compared += [
            {"unit": unit, "month": month, "before": digest(before[unit]), "after": digest(after[unit])} for unit in units
        ]
    if different := [item for item in compared if item["before"] != item["after"]]:
        raise RebuildDiffers(ledgers=different[:20])
    await swap(service.pool, "index_next", cut)
    return {"events": events, "seconds": round(seconds, 3), "cut": cut, "ledgers": compared}
