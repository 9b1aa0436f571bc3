"""What reporting does because of what others told: filed ledgers of past months are supplemented by themselves (choices 2).

A supplement tells what *happened* or was corrected since. So a month is compared by the rules it was filed by: a rule that
was mended meanwhile is no happening and supplements nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

import structlog

from services.reporting.archive import Cut
from services.reporting.domain.changes import changes
from services.reporting.domain.ledger import Ledger, digest
from services.reporting.domain.month import MONTH, Filed, KnownMonth, SupplementLedger, filed_of, filing_of, latest
from services.reporting.domain.rules import candidates
from services.reporting.projections import ArchiveBehind, Reporting
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.terms import Role, derived_id
from shared.log.sweeping import Unfinished, for_each

log = structlog.get_logger()

ITSELF = Actor(UUID(int=0), "reporting", frozenset({Role.SYSTEM}))


@dataclass
class _Sweep:
    """One round over all filed ledgers of past months, at one cut."""

    service: Reporting
    cut: Cut
    units: dict[str, list[str]]
    """The units that filed, by month."""
    _now: dict[tuple[str, int], dict[str, Ledger]] = field(default_factory=dict[tuple[str, int], dict[str, Ledger]])

    async def now(self, filed: Filed, rules: int) -> Ledger:
        """The ledger as it would be now; all of a month are worked out together."""
        key = (filed.month, rules)
        if key not in self._now:
            self._now = {at: found for at, found in self._now.items() if at[0] == filed.month}  # Months come in order.
            try:
                self._now[key] = await self.service.reader.ledgers(filed.month, self.units[filed.month], self.cut, rules)
            except Exception:  # One of them can't be worked out: each by itself, so that it stops no other.
                log.exception("month not worked out together", month=filed.month)
                self._now[key] = {}
        found = self._now[key].get(filed.unit)
        return found or await self.service.reader.ledger(filed.unit, filed.month, self.cut, rules)

    async def supplement(self, filed: Filed) -> bool:
        """Supplement this ledger if its content has changed since it was last told; answers whether."""
        told = latest(filed)
        rules = candidates(filed.filing.rules)
        for version in rules:
            if digest(await self.now(filed, version)) == told.digest:
                return False
        then = await self.service.reader.filed(filed.unit, filed.month, filed.filing)
        now = await self.now(filed, then.rules)
        filing, found = filing_of(now, self.cut, "month"), changes(then, now)
        command = SupplementLedger(filing=filing, added=len(found.added), changed=len(found.changed), removed=len(found.removed))
        key = f"{filed.unit}-{filed.month}"
        context = await self.service.context(ITSELF, key, KnownMonth(filed.unit, filed.month))
        number = str(len(filed.supplements) + 1)  # What changed back and forth is told each time.
        await self.service.desk.handle(
            MONTH, key, command, context, command_id=derived_id("supplement", key, number, filing.digest)
        )
        return True


async def supplement(service: Reporting) -> int:
    """Supplement every filed ledger of a past month that has changed since. Answers how many; one that fails stops no other,
    and is named at the end.

    Only a mirror that holds everything may judge: one that is still being filled would take rows away.
    """
    try:
        cut = await service.settled()
    except ArchiveBehind as behind:  # The mirror's own health says so; this waits for its next turn.
        log.info("supplements wait", **behind.facts)
        return 0
    rows = await service.pool.fetch(
        "select id, unit, month from ledger_month where month < $1 order by month, unit", f"{local_date(service.clock()):%Y-%m}"
    )
    units: dict[str, list[str]] = {}
    for row in rows:
        units.setdefault(row["month"], []).append(row["unit"])
    told = await service.months(row["id"] for row in rows)
    sweep = _Sweep(service, cut, units)

    async def look(key: str) -> bool:
        filed = filed_of(told[key].state)
        return filed is not None and await sweep.supplement(filed)

    done, failed = await for_each("supplement", [row["id"] for row in rows], look)
    if failed:
        raise Unfinished(failed)
    return sum(done)
