"""Who filed the two past months when: most on time, some late, a few not at all; what was filed is what was known then."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from deploy.demo.district import District, Unit
from deploy.demo.loader import Loader
from deploy.demo.steps import SEED, Span, Step, moment
from services.reporting.archive import ORIGINS, Archive
from services.reporting.domain.month import MONTH, KnownFiling, KnownMonth, SignLedger, SubmitLedger, filing_of
from services.reporting.projections import Reader
from shared.language.months import Month
from shared.language.terms import derived_id

_PATIENCE_SECONDS = 120
_LATE, _MISSING = 5, 2


@dataclass(frozen=True)
class Plan:
    """When a unit files, and when its head signs if at all."""

    unit: Unit
    month: Month
    at: datetime
    signed: datetime | None

    @property
    def key(self) -> str:
        """Of the ledger month's stream."""
        return f"{self.unit.code}-{self.month}"


def plans(where: District, span: Span) -> list[Plan]:
    """All filings of the two past months, by time."""
    rng = Random(SEED + 7)  # noqa: S311
    found: list[Plan] = []
    for month in span.months[:2]:
        order = list(where.filing)
        rng.shuffle(order)
        late, missing = order[:_LATE], order[_LATE : _LATE + _MISSING]
        for unit in where.filing:
            if unit in missing:
                continue
            day = rng.choice((28, 28, 29)) if unit in late else min(month.last_day.day, rng.choice((25, 26, 26, 27, 27)))
            at = moment(month.first_day.replace(day=min(day, month.last_day.day)), rng.randint(9, 20), rng.randint(0, 59))
            if day > month.last_day.day:  # Of a short February: the next day is the first of March.
                at += timedelta(days=1)
            signed = at + timedelta(hours=rng.randint(1, 20)) if rng.random() < 0.93 else None  # noqa: PLR2004
            if span.past(at.date()):
                found.append(Plan(unit, month, at, signed if signed and span.past(signed.date()) else None))
    return sorted(found, key=lambda plan: plan.at)


async def mirrored(loader: Loader) -> None:
    """Wait until reporting has seen all of the other logs; as long as it comes forward."""
    heads = await loader.heads(ORIGINS)
    seen: dict[str, int] = {}
    last: Exception | None = None
    async with loader.pool("reporting") as pool:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                rows = await pool.fetch("select log, pos from view.cursor where name like 'mirror-%'")
            except Exception as error:  # noqa: BLE001  its tables come with its first start
                last = error
            else:
                before, seen = seen, {row["log"]: row["pos"] for row in rows}
                if seen != before:
                    deadline = time.monotonic() + _PATIENCE_SECONDS
            if all(seen.get(service, 0) >= head for service, head in heads.items()):
                return
            await asyncio.sleep(0.2)
    message = f"reporting has not seen all of the logs: {seen} of {heads} ({last!r})"
    raise TimeoutError(message)


async def filing(loader: Loader, where: District, span: Span) -> AsyncIterator[Step]:
    """The filings, each with the ledger as it was known at that instant."""
    async with loader.pool("reporting") as pool:
        reader = Reader(Archive(pool))
        for plan in plans(where, span):
            code, month = plan.unit.code, str(plan.month)
            cut = await reader.archive.cut(plan.at)
            item = await reader.ledger(code, month, cut)
            grid, calendar = await reader.grid(cut)
            filed = filing_of(item, cut)
            key = plan.key
            subject = derived_id("reporting", key)
            due = plan.month.due(calendar=calendar)
            known = KnownMonth(code, month, KnownFiling(reader.line(grid, code), due, begun=True, filing=filed))
            yield Step(
                plan.at,
                MONTH,
                key,
                SubmitLedger(note=""),
                where.who[f"{code}-liaison"].actor,
                derived_id("demo", "submit", key),
                subject,
                known,
            )
            if plan.signed:
                yield Step(
                    plan.signed,
                    MONTH,
                    key,
                    SignLedger(digest=filed.digest),
                    where.who[f"{code}-head"].actor,
                    derived_id("demo", "sign", key),
                    subject,
                    KnownMonth(code, month),
                )
