"""The rebuild: the index made anew from the mirror, and every ledger computed on the old and on the new one.

It takes a minute or more, so it is a task: begun by the administrator, followed by its id, one at a time. It lives as long as
its process; nothing is lost with it, since the old index serves until the new one has proved itself.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

import structlog
from fastapi import APIRouter, Path, Request, Response

from services.reporting.archive import rebuild, swap
from services.reporting.domain.ledger import digest
from services.reporting.domain.month import filed_of
from services.reporting.projections import FilingDiffers, Reader, Rebuild, Reporting
from shared.asking import Caller
from shared.decider import Actor
from shared.entrance import Entrance
from shared.problems import Forbidden, Problem, Refused, Unavailable, Unknown
from shared.terms import Role, new_id

router = APIRouter(tags=["重建与审计"], route_class=Entrance)
log = structlog.get_logger()


class RebuildDiffers(Refused):
    """A rebuilt index serves only when every ledger has the same digest at the same cut (D4)."""

    title = "重建结果与现有台账不一致,未切换"


@router.post("/rebuild", name="rebuild", summary="由事件重建台账并核对(后台进行)", status_code=202)
async def begin(caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    """Begin, or answer the one that runs: its id, to be followed under ``/rebuilds/{id}``."""
    _only(caller, Role.ADMIN)
    service: Reporting = request.app.state.service
    task = service.rebuild
    if task is None or task.state != "running":
        task = service.rebuild = Rebuild(new_id())
        service.begin(_run(service, task))
    response.headers["Location"] = f"/api/reporting/rebuilds/{task.id}"
    return task.facts()


@router.get("/rebuilds/{id_}", name="get_rebuild", summary="重建的进度与结果")
async def followed(id_: Annotated[UUID, Path(description="重建编号")], caller: Caller, request: Request) -> dict[str, Any]:
    """How far it is; at its end events, seconds, the digests before and after, and the filings that differ from their digest."""
    _only(caller, Role.ADMIN, Role.AUDITOR)
    task = request.app.state.service.rebuild
    if task is None or task.id != id_:
        raise Unknown(what="rebuild", id=str(id_))
    return task.facts()


def _only(caller: Actor, *roles: Role) -> None:
    if not caller.holds(*roles):
        raise Forbidden(needs=[role.label for role in roles])


async def _run(service: Reporting, task: Rebuild) -> None:
    try:
        task.result = await _rebuilt(service, task)
        task.state = "done"
    except Exception as error:
        log.exception("rebuild failed", id=str(task.id))
        task.problem = error.document() if isinstance(error, Problem) else Unavailable(reason=type(error).__name__).document()
        task.state = "failed"


async def _rebuilt(service: Reporting, task: Rebuild) -> dict[str, Any]:
    """Rebuild beside, compare at one cut, swap if all are equal."""
    serving = service.reader
    cut = await serving.archive.cut()
    began = time.perf_counter()
    events = await rebuild(service.pool, "index_next")
    seconds = time.perf_counter() - began
    beside = Reader(replace(serving.archive, schema="index_next"))
    pairs = sorted(set(await serving.archive.unit_months()) | set(await beside.archive.unit_months()))
    filings = await service.pool.fetch("select id from ledger_month order by id")
    task.step, task.total = "核对台账", len(pairs) + len(filings)
    compared: list[dict[str, str]] = []
    for month in sorted({month for _, month in pairs}):
        units = [unit for unit, when in pairs if when == month]
        before = await serving.ledgers(month, units, cut)
        after = await beside.ledgers(month, units, cut)
        compared += [
            {"unit": unit, "month": month, "before": digest(before[unit]), "after": digest(after[unit])} for unit in units
        ]
        task.done = len(compared)
    if different := [item for item in compared if item["before"] != item["after"]]:
        raise RebuildDiffers(ledgers=different[:20])
    task.step = "核对已报送台账"
    otherwise = await _otherwise(service, beside, task, [row["id"] for row in filings])
    await swap(service.pool, "index_next", cut)
    filed = {"checked": len(filings), "different": otherwise}
    return {"events": events, "seconds": round(seconds, 3), "cut": cut, "ledgers": compared, "filed": filed}


async def _otherwise(service: Reporting, beside: Reader, task: Rebuild, keys: list[str]) -> list[str]:
    """The filed ledgers that do not give their digest at their cut, by their rules."""
    found: list[str] = []
    for key, told in (await service.months(keys)).items():
        filed = filed_of(told.state)
        try:
            if filed is not None:
                await beside.filed(filed.unit, filed.month, filed.filing)
        except FilingDiffers:
            found.append(key)
        task.done += 1
    return found
