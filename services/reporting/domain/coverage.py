"""K1 走访覆盖率: who owed a visit in a month and who got one (方案 四(一)3, 四(二)3; kpi §2).

    coverage(period, histories) -> Coverage          pure; no clock, no float

The figure of a month is taken at two cut-offs: 报送口径 T, the end of the day the ledger is due, and 全月口径 T', the end of
the month. Both ask what was so on that day according to everything the cut of the logs knows: a file attached on the 29th
to a visit of the 26th makes that visit count at T for whoever asks later, while the filed ledger keeps its own cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from services.reporting.domain import rules as versions
from services.reporting.domain.histories import (
    Assignment,
    Change,
    ContactLoss,
    EnterpriseHistory,
    Histories,
    UnitHistory,
    VisitHistory,
    standing_value,
)
from shared.language.months import Calendar, DueShift, Month
from shared.language.percent import percentage
from shared.language.terms import EnterpriseKind, Line, Review, Standing, Term


class Basis(Term):
    """The two cut-offs of every figure."""

    FILING = "filing", "报送口径"
    MONTH = "month", "全月口径"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the office may set (choices 1, 4, 6; kpi §2), and by which version of the rules. The defaults are the plan's reading."""

    due_shift: DueShift = DueShift.NONE
    grace_workdays: int = 10
    freeze_workdays: int = 5
    branches_in_scope: bool = True
    cross_line_credit: Literal["none", "joint_only", "adopt"] = "joint_only"
    rules: int = versions.CURRENT


@dataclass(frozen=True, slots=True)
class Period:
    """A month up to a cut-off, its rules worked out into days (ISO texts, both ends included)."""

    month: str
    basis: Basis
    first: str
    until: str
    due: str
    """The last day of filing, whichever the basis."""
    grace_since: str
    frozen_since: str
    filing_frozen_since: str
    """Where the freeze began at the day of filing: a giving unit that answered then may have visited then."""
    settings: Settings


@dataclass(frozen=True, slots=True)
class Figure:
    """Never a percentage alone (kpi §1)."""

    n: int
    d: int

    @property
    def pct(self) -> str | None:
        """Half-up with two decimals; below 100 unless all are covered, above 0 if one is; ``None`` of nothing."""
        return percentage(self.n, self.d)


@dataclass(frozen=True, slots=True)
class Missing:
    """An enterprise not yet visited on a line, and why it may be so."""

    enterprise: str
    code: str
    name: str
    sub_unit: str | None
    worker: str | None
    notes: tuple[str, ...]
    """Chinese: 失联已核实 · 移交冻结 · 另一线已走访 · 走访待补证 · 走访被退回 · 走访已作废."""


@dataclass(frozen=True, slots=True)
class UnitCoverage:
    """One unit on one line."""

    unit: str
    line: Line
    strict: Figure
    diligent: Figure
    """尽责覆盖率: with the verified 失联 added to n."""
    lost: int
    grace: int
    """New entries left out of d."""
    missing: tuple[Missing, ...]
    before_handover: frozenset[str]
    """Ids of visits the giving unit made, that count for this one (移交前)."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The month's coverage at one cut-off."""

    period: Period
    units: Mapping[tuple[str, Line], UnitCoverage]
    """By unit code and line; sorted by code. Units that owe nothing are not among them: ``unit()`` answers for them."""
    horizontal: Figure
    vertical: Figure
    either: Figure
    """任一线."""
    both: Figure
    """双线: covered on every line that owes the enterprise a visit."""

    def unit(self, code: str, line: Line) -> UnitCoverage:
        """The unit's figures; of nothing if it owes nothing."""
        found = self.units.get((code, line))
        nothing = Figure(0, 0)
        return found or UnitCoverage(code, line, nothing, nothing, 0, 0, (), frozenset())


def period(month: str, basis: Basis, calendar: Calendar, settings: Settings | None = None) -> Period:
    """The days of a month (``2026-09``) at a cut-off."""
    rules = settings or Settings()
    this = Month.parse(month)
    # A due day that shifts into the next month still files a month that ended before it.
    due = this.due_day(rules.due_shift, calendar)
    filed, last = min(due, this.last_day), this.last_day
    until = last if basis is Basis.MONTH else filed
    return Period(
        month=month,
        basis=basis,
        first=this.first_day.isoformat(),
        until=until.isoformat(),
        due=due.isoformat(),
        grace_since=_window(until, rules.grace_workdays, calendar),
        frozen_since=_window(until, rules.freeze_workdays, calendar),
        filing_frozen_since=_window(filed, rules.freeze_workdays, calendar),
        settings=rules,
    )


def _window(until: date, workdays: int, calendar: Calendar) -> str:
    """The first of the last so many working days up to a day; days off between them belong to the window."""
    if workdays < 1:
        return (until + timedelta(days=1)).isoformat()
    return calendar.workdays_back(until, workdays).isoformat()


@dataclass(slots=True)
class _Tally:
    """Counts of one unit on one line, while they grow."""

    n: int = 0
    diligent: int = 0
    d: int = 0
    lost: int = 0
    grace: int = 0
    missing: list[Missing] = field(default_factory=list[Missing])
    handed: set[str] = field(default_factory=set[str])


class CreditRuleMissing(ValueError):
    """``cross_line_credit = adopt`` needs adoptions as facts, and there are none yet."""


def coverage(at: Period, histories: Histories) -> Coverage:
    """Coverage of every unit that occurs in the histories, and of the district they make up."""
    tallies: dict[tuple[str, Line], _Tally] = {}
    either_n = either_d = both_n = 0
    for enterprise, found, made in owed(at, histories):
        counted = [_count(tallies, line, seen) for line, seen in found]
        if any(counted):
            owing = [seen for _, seen in found if not seen.grace]
            covered = sum(1 for seen in owing if seen.visits)
            either_d += 1
            either_n += covered > 0
            both_n += covered == len(owing)
        if any(seen.misses for _, seen in found):
            _list_missing(tallies, histories, at, enterprise, found, made)
    units = {key: _unit(key, tallies[key]) for key in sorted(tallies)}
    return Coverage(
        period=at,
        units=units,
        horizontal=_total(units, Line.HORIZONTAL),
        vertical=_total(units, Line.VERTICAL),
        either=Figure(either_n, either_d),
        both=Figure(both_n, either_d),
    )


_LINES = (Line.HORIZONTAL, Line.VERTICAL)


def owed(
    at: Period, histories: Histories
) -> Iterator[tuple[EnterpriseHistory, Sequence[tuple[Line, Owed]], Sequence[VisitHistory]]]:
    """What every enterprise is owed, by line, and the visits made to it: what ``coverage`` counts, one by one."""
    if at.settings.cross_line_credit == "adopt":
        message = "cross_line_credit=adopt: 尚无“采认”事实,不能启用"
        raise CreditRuleMissing(message)
    visits = visits_by_enterprise(histories, at.first, at.until)
    units_known = histories.units if at.settings.rules >= _DEBTS else {}
    for key, enterprise in histories.enterprises.items():
        made = visits.get(key, ())
        found = [(line, seen) for line in _LINES if (seen := _judge(at, units_known, enterprise, line, made)) is not None]
        if found:
            yield enterprise, found, made


def visits_by_enterprise(histories: Histories, first: str, until: str) -> dict[str, list[VisitHistory]]:
    """The visits made from one day to another, by enterprise."""
    found: dict[str, list[VisitHistory]] = {}
    for visit in histories.visits.values():
        details = visit.details
        if details and first <= details["on"] <= until:
            found.setdefault(details["enterprise"]["id"], []).append(visit)
    return found


@dataclass(slots=True)
class Owed:
    """What one line owes one enterprise in the month."""

    unit: str
    visits: tuple[str, ...]
    """Counted visits, by id."""
    handed: tuple[str, ...]
    """Those of them that another unit made."""
    lost: bool
    grace: bool
    frozen: str
    """The unit that would hold the enterprise but for the freeze."""
    assignment: Assignment

    @property
    def misses(self) -> bool:
        """Whether it should have been visited and was not."""
        return not self.visits and not self.grace


_DEBTS = 4
"""Since these rules a unit that ended leaves its debts to its successor, and 代管 since ever is never counted."""


def _judge(
    at: Period, units: Mapping[str, UnitHistory], enterprise: EnterpriseHistory, line: Line, made: Sequence[VisitHistory]
) -> Owed | None:
    """Who owes this enterprise a visit on this line, and whether it was made; ``None`` if nobody does."""
    timeline = enterprise.assignments(line)
    if not timeline or timeline[0].on > at.until or not _may_be_served(enterprise, at):
        return None
    until = at.until
    ended = standing_value(_standings(enterprise, at), until, "") not in _SURVIVING
    if ended:
        until = _left_on(enterprise, at)
        if not until or timeline[0].on > until or not _was_in_scope(enterprise, at, until):
            return None
    elif standing_value(enterprise.custody, until, False):
        return None
    counted = [visit for visit in made if visit.valid and visit.on <= until and _credited(at, units, timeline, visit)]
    if ended and not counted:
        return None
    segments = _segments(timeline, until)
    current = segments[-1]
    holder = current
    if not counted and not ended:
        # No dumping: who gave the enterprise away unvisited in the last working days still answers for it.
        holder = _before_freeze(segments, at.frozen_since)
    owing = heir(units, holder.unit, at.until, _receivers(segments, holder))
    return Owed(
        unit=owing,
        visits=tuple(visit.id for visit in counted),
        handed=tuple(visit.id for visit in counted if owing not in credited_units(visit, at.settings)),
        lost=any(_lost_on(at, loss, line) for loss in enterprise.lost),
        grace=not counted and timeline[0].on >= at.grace_since,
        frozen=current.unit if holder is not current and owing != current.unit else "",
        assignment=_last_of(timeline, owing, until),
    )


_SURVIVING = frozenset(standing.value for standing in Standing if standing.survives)


def in_scope(at: Period, enterprise: EnterpriseHistory) -> bool:
    """Whether it is to be served at the end of the last day (kpi §1)."""
    return (
        _may_be_served(enterprise, at)
        and standing_value(_standings(enterprise, at), at.until, "") in _SURVIVING
        and not standing_value(enterprise.custody, at.until, False)
    )


def _may_be_served(enterprise: EnterpriseHistory, at: Period) -> bool:
    """企业 by its code (91…), never an individual business or a co-operative; branches by a switch (kpi §1)."""
    if not enterprise.code.startswith("91"):
        return False
    branch = enterprise.branch or enterprise.kind == EnterpriseKind.BRANCH
    return at.settings.branches_in_scope or not branch


_EARLY = 6
"""Since these rules a standing from before the registration, told later, overrides the one the registration came with."""


def _standings(enterprise: EnterpriseHistory, at: Period) -> Sequence[Change]:
    """What the register says from which day. What it came with, if it names no day, was so since ever: what is told later of a day
    before the registration is so on the day of the registration.
    """
    said = enterprise.standings
    if at.settings.rules < _EARLY or len(said) == 1 or enterprise.dated:  # As most have.
        return said
    first = min(said, key=lambda change: change.pos)
    early = [change for change in said if change.on < first.on]
    if not early:
        return said
    since = [change for change in said if change.on >= first.on and change is not first]
    return [Change(first.on, early[-1].pos, early[-1].value), *since]


def _left_on(enterprise: EnterpriseHistory, at: Period) -> str:
    """The day in the month on which the enterprise last left the surviving standings; empty if it wasn't in the month."""
    left, survived = "", False
    for change in _standings(enterprise, at):
        if change.on > at.until:
            break
        survives = change.value in _SURVIVING
        if survived and not survives:
            left = change.on
        survived = survives
    return left if left >= at.first else ""


def _was_in_scope(enterprise: EnterpriseHistory, at: Period, left: str) -> bool:
    """Whether it was in scope, not 代管, on a day of the month before it left (kpi §2)."""
    if at.settings.rules < _DEBTS:
        return True
    standings = _standings(enterprise, at)
    changes = [change.on for change in (*standings, *enterprise.custody) if at.first < change.on < left]
    return any(
        standing_value(standings, on, "") in _SURVIVING and not standing_value(enterprise.custody, on, False)
        for on in (at.first, *changes)
        if on < left
    )


def heir(units: Mapping[str, UnitHistory], unit: str, on: str, receivers: Sequence[str] = ()) -> str:
    """Who answers on a day for what a unit owes: itself, or, once it has ended, its successor, and so on.

    Of several successors it is the one that was given the enterprise, else the first named. Of none it is whoever was given
    the enterprise: somebody has to answer.
    """
    passed: set[str] = set()
    while (known := units.get(unit)) is not None and known.ended_on and known.ended_on <= on and unit not in passed:
        passed.add(unit)
        given = [code for code in receivers if code in known.successors] or known.successors or tuple(receivers)
        unit = given[0] if given else unit
    return unit


def _receivers(segments: Sequence[Assignment], giver: Assignment) -> list[str]:
    """The units that were given the enterprise after this one, the latest first."""
    return [item.unit for item in reversed(segments) if item.on > giver.on]


def _segments(timeline: Sequence[Assignment], until: str) -> Sequence[Assignment]:
    """The assignments up to a day, those that changed the unit only: another worker is no move."""
    if len(timeline) == 1:  # As most are.
        return timeline if timeline[0].on <= until else ()
    found: list[Assignment] = []
    for item in timeline:
        if item.on > until:
            break
        if not found or found[-1].unit != item.unit:
            found.append(item)
    return found


def _before_freeze(segments: Sequence[Assignment], since: str) -> Assignment:
    """Who held the enterprise before the moves of the freeze; the first holder was given it by nobody."""
    index = len(segments) - 1
    while index > 0 and segments[index].on >= since:
        index -= 1
    return segments[index]


def _last_of(timeline: Sequence[Assignment], unit: str, until: str) -> Assignment:
    """The unit's latest assignment; an heir that never had one has neither village nor worker for the enterprise."""
    mine = (item for item in reversed(timeline) if item.unit == unit and item.on <= until)
    return next(mine, Assignment(until, 0, unit, None, None))


def credited_units(visit: VisitHistory, settings: Settings) -> frozenset[str]:
    """The units whose visit it was: the first visitor's, and of a joint visit everybody's unless the office says ``none``."""
    visitors = visit.details["visitors"]
    if visit.details.get("joint") and settings.cross_line_credit != "none":
        return frozenset(visitor["unit"] for visitor in visitors)
    return frozenset((visitors[0]["unit"],)) if visitors else frozenset()


def _credited(at: Period, known: Mapping[str, UnitHistory], timeline: Sequence[Assignment], visit: VisitHistory) -> bool:
    """Whether a unit that answered for the enterprise on the day of the visit made it, or the heir of one."""
    segments = _segments(timeline, visit.on)
    if not segments:
        return False
    units = credited_units(visit, at.settings)
    if segments[-1].unit in units or heir(known, segments[-1].unit, visit.on) in units:
        return True
    # Who must still answer after giving an enterprise away must be able to; what counted at T counts at T' too.
    since = min(at.frozen_since, at.filing_frozen_since)
    giver = _before_freeze(segments, since)
    return giver.unit in units or heir(known, giver.unit, visit.on, _receivers(segments, giver)) in units


def _lost_on(at: Period, loss: ContactLoss, line: Line) -> bool:
    """Verified this month by two tries or more, on different days, by different modes (kpi §2)."""
    tries = [item for item in loss.tries if item[0] <= loss.on]
    return (
        loss.line == line
        and at.first <= loss.on <= at.until
        and len({on for on, _ in tries}) > 1
        and len({mode for _, mode in tries}) > 1
    )


def _count(tallies: dict[tuple[str, Line], _Tally], line: Line, owed: Owed) -> bool:
    """Add one enterprise to its unit; answers whether it is in d."""
    tally = tallies.setdefault((owed.unit, line), _Tally())
    if owed.grace:
        tally.grace += 1
        return False
    tally.d += 1
    tally.n += bool(owed.visits)
    tally.diligent += bool(owed.visits) or owed.lost
    tally.lost += owed.lost
    tally.handed.update(owed.handed)
    return True


def _list_missing(
    tallies: dict[tuple[str, Line], _Tally],
    histories: Histories,
    at: Period,
    enterprise: EnterpriseHistory,
    found: Sequence[tuple[Line, Owed]],
    made: Sequence[VisitHistory],
) -> None:
    """Put an enterprise on the lists of those that owe it a visit."""
    name = standing_value(enterprise.names, at.until, enterprise.name)
    for line, owed in found:
        if not owed.misses:
            continue
        notes = ["失联已核实"] if owed.lost else []
        if owed.frozen:
            notes.append(f"移交冻结:拟由{histories.unit_name(owed.frozen, at.until)}接收")
        if any(other.visits for _, other in found):
            notes.append("另一线已走访")
        notes += why_not(at, owed, made)
        tallies[owed.unit, line].missing.append(
            Missing(enterprise.id, enterprise.code, name, owed.assignment.sub_unit, owed.assignment.worker, tuple(notes))
        )


def why_not(at: Period, owed: Owed, made: Sequence[VisitHistory]) -> list[str]:
    """Why visits of the unit that owes one don't count, in Chinese."""
    return sorted({_uncounted(visit) for visit in made if owed.unit in credited_units(visit, at.settings)} - {""})


def _uncounted(visit: VisitHistory) -> str:
    if visit.review == Review.VOIDED:
        return "走访已作废"
    if visit.review == Review.RETURNED:
        return "走访被退回"
    if visit.denied:
        return "企业否认该走访,待裁定"
    return "" if visit.qualified else "走访待补证"


def _unit(key: tuple[str, Line], tally: _Tally) -> UnitCoverage:
    return UnitCoverage(
        unit=key[0],
        line=key[1],
        strict=Figure(tally.n, tally.d),
        diligent=Figure(tally.diligent, tally.d),
        lost=tally.lost,
        grace=tally.grace,
        missing=tuple(sorted(tally.missing, key=lambda item: (item.code, item.enterprise))),
        before_handover=frozenset(tally.handed),
    )


def _total(units: Mapping[tuple[str, Line], UnitCoverage], line: Line) -> Figure:
    """Percentages are never averaged: Σn/Σd."""
    mine = [item.strict for item in units.values() if item.line is line]
    return Figure(sum(item.n for item in mine), sum(item.d for item in mine))
