"""Reporting's views, and how a ledger or a coverage figure is read: entries at a cut, folded by the pure domain.

What was read at a cut never changes, so the roster's part is kept for the next question at the same cut.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson

from services.reporting.archive import ORIGINS, Archive, Cut, make_index
from services.reporting.domain import coverage as covering
from services.reporting.domain import demands as asked
from services.reporting.domain import ledger as ledgers
from services.reporting.domain.due import predecessors
from services.reporting.domain.folding import fold
from services.reporting.domain.histories import Histories
from services.reporting.domain.month import MONTH, State, filed_of, stage_of
from services.reporting.domain.rules import CURRENT, candidates
from shared.events.reporting import Filing
from shared.events.roster import BrandPublished
from shared.http.service import Service
from shared.language.months import Calendar, Year
from shared.language.problems import Problem, Refused, Unavailable, Unknown
from shared.language.terms import Line, UnitKind
from shared.log.bus import BusUnavailable, WrongSequence
from shared.log.eventlog import Entry, entry, microseconds
from shared.log.outages import in_words
from shared.log.signatures import Forged
from shared.log.views import View

_LINES = {str(UnitKind.DEPARTMENT): Line.VERTICAL, str(UnitKind.TOWNSHIP): Line.HORIZONTAL}
_KEPT = 4
_AUDIT_HOLDS = timedelta(hours=36)
"""There is one every night; one that was missed is noticed the next day."""
_AGAIN = 0.5
"""Seconds before what differs is looked at a second time."""


def _month(key: str, version: int, state: State) -> Iterable[tuple[Any, ...]]:
    filed = filed_of(state)
    if filed is None:
        return
    filing = filed.filing
    yield (
        key,
        version,
        filed.unit,
        filed.month,
        stage_of(state),
        filed.revision,
        filed.received,
        filed.first_on_time,
        filing.rows,
        filing.digest,
        orjson.dumps(filing.cut).decode(),
        len(filed.supplements),
        filed.supplements[-1].filing.digest if filed.supplements else None,
    )


MONTHS = View[State](
    "ledger_month",
    {
        "id": "text",
        "ver": "int",
        "unit": "text",
        "month": "text",
        "stage": "text",
        "revision": "int",
        "received": "timestamptz",
        "on_time": "bool",
        "rows": "int",
        "digest": "text",
        "cut": "jsonb",
        "supplements": "int",
        "supplement_digest": "text",
    },
    ("id",),
    _month,
    "id",
    indexes=("(month, unit)",),
)

DECIDERS = (MONTH,)
VIEWS: dict[str, tuple[View[Any], ...]] = {"month": (MONTHS,)}


class FilingDiffers(Refused):
    """A filed ledger gives its digest again whenever it is folded at its cut by its rules (D4): if not, somebody changed
    the mirror, the index or a rule.
    """

    title = "已报送台账按原截止点重算与报送时不一致,请立即联系系统管理员核查"


class ArchiveBehind(Problem):
    """Nothing is filed on an archive that does not hold what the other services have told, or that can't know it (R59);
    nothing filed is shown from one that does not hold it yet.
    """

    status = 503
    title = "台账数据尚未收齐,请几分钟后再试;仍不行的,请联系系统管理员"


class CopiesDiffer(Problem):
    """Nothing is signed while the copies of what it rests on say different things: an administrator finds out which is right."""

    status = 503
    title = "台账所依据的记录与其副本不一致,暂不能签发,请联系系统管理员(guiren audit fsck)"


class CopiesUnchecked(Unavailable):
    """What is signed is compared with its copies first, and the stream does not answer."""

    title = "台账所依据的记录暂时无法核对,请稍后再签发"


@dataclass
class Reader:
    """Reads ledgers and coverage at a cut."""

    archive: Archive
    _grids: OrderedDict[int, Histories] = field(default_factory=OrderedDict[int, Histories])
    _enterprises: OrderedDict[int, Histories] = field(default_factory=OrderedDict[int, Histories])

    async def grid(self, cut: Cut) -> tuple[Histories, Calendar]:
        """Units, members, industries and the calendar as known at the cut."""
        position = cut["roster"]
        found = self._grids.get(position)
        if found is None:
            found = fold(await self.archive.kinds("roster", ["unit", "member", "mapping", "calendar"], cut))
            _keep(self._grids, position, found)
        years = {year: Year.read(year, 1, data["days"]) for year, data in found.years.items()}
        return found, Calendar.of(years)

    async def ledger(self, unit: str, month: str, cut: Cut, rules: int = CURRENT) -> ledgers.Ledger:
        """The ledger of a unit (附件3) at the cut, by a version of the rules."""
        grid, calendar = await self.grid(cut)
        line = self.line(grid, unit)
        histories = _over(grid)
        # Whose debts it may have inherited: those of the units it succeeded.
        holdings = [id_ for code in sorted({unit, *predecessors(grid.units, unit)}) for id_ in await self.archive.holdings(code)]
        visits = await self.archive.visits(month, unit, holdings)
        fold(await self.archive.streams("visits", visits, cut), histories)
        ids = {UUID(visit.enterprise) for visit in histories.visits.values() if visit.details} | set(holdings)
        fold(await self.archive.streams("roster", [f"enterprise/{id_}" for id_ in ids], cut), histories)
        tickets = set(await self.archive.issues_of(visits)) | set(await self.archive.issues_touching(unit, month))
        fold(await self.archive.streams("issues", sorted(tickets), cut), histories)
        return ledgers.ledger(unit, line, month, histories, calendar, covering.Settings(rules=rules))

    async def filed(self, unit: str, month: str, filing: Filing) -> ledgers.Ledger:
        """The ledger as it was filed: at the cut it was filed at, by the rules it was filed by, with the digest it was filed with."""
        held = await self.archive.cut()
        if any(held[origin] < position for origin, position in filing.cut.items()):
            raise ArchiveBehind(held=held, filed=filing.cut)
        for rules in candidates(filing.rules):
            item = await self.ledger(unit, month, filing.cut, rules)
            if ledgers.digest(item) == filing.digest:
                return item
        raise FilingDiffers(unit=unit, month=month, filed=filing.digest)

    async def ledgers(self, month: str, units: Iterable[str], cut: Cut, rules: int = CURRENT) -> dict[str, ledgers.Ledger]:
        """The ledgers of many units at the cut, each equal to what ``ledger`` answers; the month is worked out once."""
        grid, calendar = await self.grid(cut)
        histories = _over(grid)
        visits = await self.archive.visits(month)
        fold(await self.archive.streams("visits", visits, cut), histories)
        ids = {UUID(visit.enterprise) for visit in histories.visits.values() if visit.details} | set(await self.archive.holders())
        fold(await self.archive.streams("roster", [f"enterprise/{id_}" for id_ in ids], cut), histories)
        tickets = set(await self.archive.issues_of(visits)) | set(await self.archive.issues_upto(month))
        fold(await self.archive.streams("issues", sorted(tickets), cut), histories)
        prepared = ledgers.prepare(month, histories, calendar, covering.Settings(rules=rules))
        return {unit: ledgers.ledger_of(prepared, unit, self.line(grid, unit)) for unit in units}

    async def coverage(self, month: str, basis: covering.Basis, cut: Cut) -> covering.Coverage:
        """Coverage of all units and of the district (K1) at the cut."""
        _, calendar = await self.grid(cut)
        return covering.coverage(covering.period(month, basis, calendar), await self.visited(month, cut))

    async def visited(self, month: str, cut: Cut) -> Histories:
        """Every enterprise, and the month's visits, at the cut."""
        grid, _ = await self.grid(cut)
        position = cut["roster"]
        found = self._enterprises.get(position)
        if found is None:
            found = fold(await self.archive.kinds("roster", ["enterprise"], cut))
            _keep(self._enterprises, position, found)
        histories = _over(grid)
        histories.enterprises = found.enterprises
        return fold(await self.archive.streams("visits", await self.archive.visits(month), cut), histories)

    async def asked(self, month: str, cut: Cut, unit: str | None, into: Histories) -> Histories:
        """The tickets of all units up to the month, or those a unit collected or handled, added."""
        streams = await self.archive.issues_upto(month) if unit is None else await self.archive.issues_touching(unit, month)
        return fold(await self.archive.streams("issues", sorted(streams), cut), into)

    async def surveys(self, cut: Cut, into: Histories) -> Histories:
        """The independent surveys, added."""
        return fold(await self.archive.kinds("visits", ["survey"], cut), into)

    async def demands(self, month: str, basis: covering.Basis, cut: Cut, today: date, unit: str | None = None) -> asked.Demands:
        """K2 to K6 at the cut, of the district or of what a unit collected and handled. Reports of 变味 are no demands: whoever
        asks for figures learns nothing of them, not even how many there are.
        """
        grid, calendar = await self.grid(cut)
        histories = await self.asked(month, cut, unit, _over(grid))
        at, whole = covering.period(month, basis, calendar), covering.period(month, covering.Basis.MONTH, calendar)
        return asked.demands(
            [issue for issue in histories.issues.values() if not issue.alleged],
            at.first,
            at.until,
            whole.until,
            calendar,
            unit=unit,
            today=today.isoformat(),
        )

    async def brand(self, cut: Cut, on: str) -> BrandPublished | None:
        """What is printed on a day, as the office published it: the version that begins last, of one day the one published last;
        nothing if it has published nothing for that day.
        """
        facts = [entry.fact for entry in await self.archive.streams("roster", ["brand/district"], cut)]
        said = [fact for fact in facts if isinstance(fact, BrandPublished) and fact.on.isoformat() <= on]
        return max(reversed(said), key=lambda fact: fact.on) if said else None

    def line(self, grid: Histories, unit: str) -> Line:
        """The line of a unit that files ledgers."""
        found = grid.units.get(unit)
        if found is None or found.kind not in _LINES:
            raise Unknown(what="unit", id=unit)
        return _LINES[found.kind]


def _over(grid: Histories) -> Histories:
    """New histories over the same grid: what is shared is only read."""
    return Histories(units=grid.units, members=grid.members, years=grid.years)


def _keep(kept: OrderedDict[int, Histories], position: int, found: Histories) -> None:
    kept[position] = found
    while len(kept) > _KEPT:
        kept.popitem(last=False)


_ASKED_EVERY = 1.0
_ANSWER_WITHIN = 0.5
_PATIENCE = 5.0
_NAMES = {"roster": "主体与队伍", "visits": "走访", "issues": "诉求"}


@dataclass(frozen=True)
class Told:
    """What became of a unit's ledger month by an instant."""

    state: State
    entries: tuple[Entry, ...] = ()


@dataclass
class Rebuild:
    """A rebuild under way or over."""

    id: UUID
    state: str = "running"
    """``running``, ``done`` or ``failed``."""
    step: str = "重建索引"
    done: int = 0
    total: int = 0
    """Ledgers to compare; 0 until that is known."""
    result: object = None
    """What it came to, as ``queries.rebuilds`` tells it."""
    problem: object = None
    """Why it failed."""


class Reporting(Service):
    """The service with its reader, and what it knows of the ends of the logs it mirrors."""

    rebuild: Rebuild | None = None
    """The last one begun in this process."""
    _heads: tuple[float, dict[str, int] | None] = (float("-inf"), None)

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something in the background that ends by itself; closing the service ends it too."""
        self._running.append(asyncio.create_task(work))

    @cached_property
    def reader(self) -> Reader:
        """Reads ledgers and coverage from the serving index."""
        return Reader(Archive(self.pool))

    async def make_views(self) -> None:
        """The views, and the index into the mirror."""
        await super().make_views()
        await make_index(self.pool)

    async def months(self, unit_months: Iterable[str], at: datetime | None = None) -> dict[str, Told]:
        """What became of these ledger months (``T01-2026-09``) by an instant, or by now; of none that nothing became of."""
        rows = await self.pool.fetch(
            "select pos, rec_us, stream, ver, type, body from log.entry where stream = any($1::text[]) "
            "and ($2::bigint is null or rec_us <= $2) order by pos",
            [MONTH.stream(key) for key in unit_months],
            None if at is None else microseconds(at),
        )
        found: dict[str, list[Entry]] = {}
        for item in map(entry, rows):
            found.setdefault(item.key, []).append(item)
        return {key: Told(MONTH.fold(item.fact for item in items), tuple(items)) for key, items in found.items()}

    async def heads(self, *, patient: bool = False) -> dict[str, int] | None:
        """Where the logs end, as their streams say; at most a second old. ``None`` if nobody answers: then nobody knows."""
        if time.monotonic() - self._heads[0] < _ASKED_EVERY and not patient:
            return self._heads[1]
        try:
            async with asyncio.timeout(_PATIENCE if patient else _ANSWER_WITHIN):
                found = {origin: await self.bus.last_sequence(origin) for origin in ORIGINS}
        except (TimeoutError, BusUnavailable, WrongSequence):
            found = None
        self._heads = (time.monotonic(), found)
        return found

    def lacking(self, cut: Cut, heads: dict[str, int] | None) -> list[dict[str, Any]]:
        """The logs of which the mirror does not hold all, with where it stands and where they end, and whether it halted."""
        found: list[dict[str, Any]] = []
        for origin in ORIGINS:
            health = self.health.get(f"mirror-{origin}")
            halted = bool(health and health.halted)
            if heads is None or cut[origin] < heads[origin] or halted:
                item = {"log": origin, "name": _NAMES[origin], "at": cut[origin], "head": heads and heads[origin]}
                found.append(item | ({"halted": True} if halted else {}))
        return found

    async def settled(self) -> dict[str, int]:
        """A cut that holds all the logs held when it was asked for; waits a few seconds for it, then refuses by name."""
        heads = await self.heads(patient=True)
        deadline = time.monotonic() + _PATIENCE
        while behind := self.lacking(cut := await self.reader.archive.cut(), heads):
            if heads is None or any("halted" in item for item in behind) or time.monotonic() > deadline:
                raise ArchiveBehind(behind=behind)
            await asyncio.sleep(0.05)
        return cut

    async def vouch(self, cut: Cut) -> None:
        """Refuse unless the last audit found nothing wrong with logs, streams and mirror, and all that came after it, up to the
        cut, is the same in stream and mirror. Without an audit of the last day and a half all up to the cut is compared.
        """
        rows = await self.pool.fetch(
            "select said from view.finding where kind in ('log', 'stream', 'mirror', 'checkpoint', 'entry-keys', 'seal') order by 1"
        )
        if rows:
            raise CopiesDiffer(findings=[row["said"] for row in rows])
        audit = await self.pool.fetchrow("select heads from view.audit where at > now() - $1::interval", _AUDIT_HOLDS)
        known: dict[str, int] = orjson.loads(audit["heads"]) if audit else {}
        for origin, upto in cut.items():
            if await self._differs(origin, known.get(origin, 0), upto):
                await asyncio.sleep(_AGAIN)
                if position := await self._differs(origin, known.get(origin, 0), upto):
                    raise CopiesDiffer(findings=[f"{_NAMES[origin]}第 {position} 条,镜像与消息流不同"])

    async def _differs(self, origin: str, start: int, upto: int) -> int:
        try:
            return await self.reader.archive.difference(self.bus, origin, start, upto)
        except Forged as forged:
            raise CopiesDiffer(findings=[str(forged)]) from forged
        except (BusUnavailable, WrongSequence) as error:
            raise CopiesUnchecked(reason=in_words(error)) from error

    async def calendar(self) -> Calendar:
        """The calendar as the mirror of the roster tells it now."""
        _, calendar = await self.reader.grid(await self.reader.archive.cut())
        return calendar
