"""A rebuild: the index made anew from the mirror, and every ledger computed on the old and on the new one."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Literal, Self
from uuid import UUID

import structlog
from pydantic import Field

from services.reporting.archive import rebuild, swap
from services.reporting.domain.ledger import digest
from services.reporting.domain.month import filed_of
from services.reporting.projections import FilingDiffers, Reader, Rebuild, Reporting
from shared.http.answer import Answer
from shared.language.problems import Problem, Refused, Unavailable

log = structlog.get_logger()

_TOLD = 20
"""How many of the ledgers that differ a refusal names."""


class RebuildDiffers(Refused):
    """A rebuilt index serves only when every ledger has the same digest at the same cut (D4)."""

    title = "重建结果与现有台账不一致,未切换"


class ComparedLedger(Answer):
    """A ledger on the old and on the new index."""

    unit: str = Field(description="单位编码")
    month: str = Field(description="月份 YYYY-MM")
    before: str = Field(description="重建前的摘要(SHA-256,十六进制)")
    after: str = Field(description="重建后的摘要(SHA-256,十六进制)")


class ComparedFilings(Answer):
    """The filed ledgers, computed again at their cuts."""

    checked: int = Field(description="核对的份数")
    different: list[str] = Field(description="与报送时摘要不一致的台账,单位编码-月份")


class RebuildResult(Answer):
    """What a rebuild came to."""

    events: int = Field(description="重放的事件数")
    seconds: float = Field(description="重放所用的秒数")
    cut: dict[str, int] = Field(description="比较时各日志(roster、visits、issues)读到的位置")
    ledgers: list[ComparedLedger] = Field(description="逐份比较的结果")
    filed: ComparedFilings = Field(description="已报送台账的核对结果")


class RebuildProblem(Answer):
    """Why a rebuild failed."""

    type: str = Field(description="问题类型,urn:guiren:problem: 后接代码")
    title: str = Field(description="失败原因")
    status: int = Field(description="相当的 HTTP 状态码")
    reason: str | None = Field(description="技术原因;没有的为空")
    ledgers: list[ComparedLedger] = Field(description="重建前后不一致的台账,最多 20 份")

    @classmethod
    def of(cls, problem: Problem) -> Self:
        """What is told of a problem."""
        told = problem.document()
        return cls(
            type=told["type"],
            title=told["title"],
            status=told["status"],
            reason=told.get("reason"),
            ledgers=told.get("ledgers", []),
        )


class RebuildProgress(Answer):
    """A rebuild under way or over."""

    id: UUID = Field(description="重建编号")
    state: Literal["running", "done", "failed"] = Field(description="running 进行中,done 已完成并切换,failed 失败、未切换")
    step: str = Field(description="正在进行的步骤")
    done: int = Field(description="已核对的台账份数")
    total: int = Field(description="要核对的台账份数;尚不知道的为 0")
    result: RebuildResult | None = Field(description="完成后的结果")
    problem: RebuildProblem | None = Field(description="失败的原因")

    @classmethod
    def of(cls, task: Rebuild) -> Self:
        """How far it is."""
        return cls.model_validate(vars(task))


async def run(service: Reporting, task: Rebuild) -> None:
    """Rebuild, and keep what came of it in ``task``."""
    try:
        task.result = await _rebuilt(service, task)
        task.state = "done"
    except Exception as error:
        log.exception("rebuild failed", id=str(task.id))
        task.problem = RebuildProblem.of(error if isinstance(error, Problem) else Unavailable(reason=type(error).__name__))
        task.state = "failed"


async def _rebuilt(service: Reporting, task: Rebuild) -> RebuildResult:
    """Rebuild beside, compare at one cut, swap if all are equal."""
    serving = service.reader
    cut = await serving.archive.cut()
    began = time.perf_counter()
    events = await rebuild(service.pool, "index_next")
    seconds = time.perf_counter() - began
    beside = Reader(replace(serving.archive, schema="index_next"))
    filings = await service.pool.fetch("select id from ledger_month order by id")
    compared = await _compared(serving, beside, cut, task, len(filings))
    if different := [item for item in compared if item.before != item.after]:
        raise RebuildDiffers(ledgers=[dict(item) for item in different[:_TOLD]])
    task.step = "核对已报送台账"
    otherwise = await _otherwise(service, beside, task, [row["id"] for row in filings])
    await swap(service.pool, "index_next", cut)
    filed = ComparedFilings(checked=len(filings), different=otherwise)
    return RebuildResult(events=events, seconds=round(seconds, 3), cut=cut, ledgers=compared, filed=filed)


async def _compared(serving: Reader, beside: Reader, cut: dict[str, int], task: Rebuild, filings: int) -> list[ComparedLedger]:
    pairs = sorted(set(await serving.archive.unit_months()) | set(await beside.archive.unit_months()))
    task.step, task.total = "核对台账", len(pairs) + filings
    compared: list[ComparedLedger] = []
    for month in sorted({month for _, month in pairs}):
        units = [unit for unit, when in pairs if when == month]
        before = await serving.ledgers(month, units, cut)
        after = await beside.ledgers(month, units, cut)
        compared += [
            ComparedLedger(unit=unit, month=month, before=digest(before[unit]), after=digest(after[unit])) for unit in units
        ]
        task.done = len(compared)
    return compared


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
