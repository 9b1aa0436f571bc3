"""K1 to K9 and their like (``kpi.md``) of one month, as one list: each figure with what it is made of.

    Figures(known, basis).value(kpi) -> Value        .parts(kpi) -> the enterprises, tickets, visits, units behind it

No figure is computed here: each has one function (``coverage``, ``demands``, ``awareness``, ``satisfaction``, ``due``, ``grid``)
that whoever tells it asks. How many photos somebody took, how often he signed in and how long he was online are in none of
them (kpi §8): nothing of that is folded, and there is nowhere to name it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from services.reporting.domain import awareness, coverage, demands, due, grid, satisfaction
from services.reporting.domain.coverage import Basis, Coverage, Figure, Owed, Period, visits_by_enterprise
from services.reporting.domain.demands import Demands, Rate
from services.reporting.domain.histories import EnterpriseHistory, Histories, IssueHistory, VisitHistory, standing_value
from services.reporting.domain.satisfaction import Satisfaction
from shared.language.months import Calendar
from shared.language.terms import IssueStage, Line, Punctuality, Review, Term


class Kpi(Term):
    """An indicator. Its label is how it is called."""

    COVERED = "K1", "走访覆盖率"
    DILIGENT = "K1-diligent", "尽责覆盖率(计入经核实失联企业)"
    HORIZONTAL = "K1-horizontal", "横向走访覆盖率"
    VERTICAL = "K1-vertical", "纵向走访覆盖率"
    BOTH = "K1-both", "双线走访覆盖率"
    DISPATCHED = "K2", "交办率"
    DISPATCHED_PROMPTLY = "K2b", "及时交办率"
    CLOSED = "K3", "办结率"
    CLOSED_EVER = "K3c", "累计办结率"
    ON_TIME = "K4", "按期办结率"
    ON_TIME_INITIALLY = "K4b", "按期办结率(按最初时限)"
    ANSWERED = "K5", "回应率"
    SATISFIED = "K6", "问题满意率"
    SATISFIED_STRICTLY = "K6-strict", "问题满意率(不含“基本满意”)"
    SATISFIED_AT_ONCE = "K6-first", "问题一次满意率"
    SATISFACTION = "K6-index", "问题满意度指数"
    TOOK_PART = "K6-took-part", "问题参评率"
    CALLED_BACK = "K6-called-back", "回访率"
    RATED_GOOD = "K7", "企业满意度(走访)"
    RATED_BEST = "K7-strict", "企业满意度(走访,不含“基本满意”)"
    RATED = "K7-index", "企业满意度指数(走访)"
    RATED_AT_ALL = "K7-took-part", "走访参评率"
    AWARE = "K8", "知晓率(自报)"
    UNDERSTOOD = "K8-strict", "知晓率(自报,仅知晓内涵)"
    SAMPLE_AWARE = "K8-sample", "知晓率(独立抽样)"
    SAMPLE_UNDERSTOOD = "K8-sample-strict", "知晓率(独立抽样,仅知晓内涵)"
    FILED_ON_TIME = "K9", "报送及时率"
    FILED = "K9-filed", "报送率"
    RETURNED = "returned", "退回率"
    ESCALATED = "escalated", "提级率"
    EXTENDED = "extended", "延期率"
    REWORKED = "reworked", "返工率"
    OVERDUE = "overdue", "逾期未结"
    PLACED = "grid", "网格覆盖率"
    PROVED = "evidence", "证据合格率(内部掌握,不排名)"


OF_TICKETS: Mapping[Kpi, str] = {
    Kpi.DISPATCHED: "dispatched",
    Kpi.DISPATCHED_PROMPTLY: "dispatched_promptly",
    Kpi.CLOSED: "closed",
    Kpi.CLOSED_EVER: "closed_ever",
    Kpi.ON_TIME: "on_time",
    Kpi.ON_TIME_INITIALLY: "on_time_initially",
    Kpi.ANSWERED: "answered",
    Kpi.SATISFIED: "satisfied",
    Kpi.SATISFIED_STRICTLY: "satisfied_strictly",
    Kpi.SATISFIED_AT_ONCE: "satisfied_at_once",
    Kpi.SATISFACTION: "satisfied",
    Kpi.TOOK_PART: "took_part",
    Kpi.CALLED_BACK: "called_back",
    Kpi.RETURNED: "returned",
    Kpi.ESCALATED: "escalated",
    Kpi.EXTENDED: "extended",
    Kpi.REWORKED: "reworked",
    Kpi.OVERDUE: "overdue",
}
"""By name of ``demands``."""
_RATINGS = (Kpi.SATISFIED, Kpi.SATISFIED_STRICTLY, Kpi.SATISFIED_AT_ONCE, Kpi.SATISFACTION)
_COLLECTED = (Kpi.DISPATCHED, Kpi.DISPATCHED_PROMPTLY, Kpi.ANSWERED, Kpi.RETURNED, Kpi.ESCALATED)
OF_COVERAGE = (Kpi.COVERED, Kpi.DILIGENT, Kpi.HORIZONTAL, Kpi.VERTICAL, Kpi.BOTH)
OF_RATINGS = (Kpi.RATED_GOOD, Kpi.RATED_BEST, Kpi.RATED, Kpi.RATED_AT_ALL)
OF_ANSWERS = (Kpi.AWARE, Kpi.UNDERSTOOD)
OF_SAMPLE = (Kpi.SAMPLE_AWARE, Kpi.SAMPLE_UNDERSTOOD)
OF_FILINGS = (Kpi.FILED_ON_TIME, Kpi.FILED)
_OF_DISTRICT = (Kpi.HORIZONTAL, Kpi.VERTICAL, Kpi.BOTH, *OF_SAMPLE)
_OF_UNIT = (Kpi.DILIGENT,)


def told_of(unit: str | None) -> tuple[Kpi, ...]:
    """The indicators that there are of a unit, or of the district. Of the district K1 is 任一线."""
    return tuple(kpi for kpi in Kpi if kpi not in (_OF_UNIT if unit is None else _OF_DISTRICT))


@dataclass(frozen=True)
class Value:
    """A figure. ``d`` is ``None`` of a count; everything is, of what the asking unit may not know."""

    n: int | None
    d: int | None = None
    pct: str | None = None
    interval: tuple[str, str] | None = None
    """95 %."""
    enough: bool | None = None
    """Whether there are enough answers to rank anybody; ``None`` where nobody is asked."""
    hidden: bool = False


HIDDEN = Value(None, hidden=True)


@dataclass(frozen=True)
class Part:
    """Something that a figure counts, or should have."""

    kind: str
    """``enterprise``, ``ticket``, ``visit``, ``unit`` or ``stratum``."""
    id: str
    number: str
    """What it is called by: a code, the number of a ticket, a day."""
    name: str
    counted: bool | None
    """In the numerator; ``None`` of a stratum, which is weighted."""
    units: tuple[str, ...] = ()
    line: Line | None = None
    workers: tuple[str, ...] = ()
    visits: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    streams: tuple[tuple[str, str], ...] = ()
    """The streams that hold its events, by log."""

    @property
    def key(self) -> tuple[str, str, str]:
        """Where it stands in the list."""
        return (self.number, self.id, self.line or "")


@dataclass(frozen=True)
class Known:
    """What the indicators of one month are computed from."""

    month: str
    histories: Histories
    calendar: Calendar
    unit: str | None
    """One unit's, or (``None``) the district's."""
    line: Line | None
    today: str
    anonymous: bool
    """Asked by the visited unit: what only a few can have said stays hidden."""
    filed: Mapping[str, Punctuality]
    """How each unit that owes a ledger stands with it."""


class Figures:
    """The indicators of one month at one cut-off; each is computed when it is asked for, once."""

    def __init__(self, known: Known, basis: Basis) -> None:
        self.known, self.unit, self.histories = known, known.unit, known.histories
        self.at: Period = coverage.period(known.month, basis, known.calendar)
        self._last = coverage.period(known.month, Basis.MONTH, known.calendar).until

    @cached_property
    def coverage(self) -> Coverage:
        """K1."""
        return coverage.coverage(self.at, self.histories)

    @cached_property
    def demands(self) -> Demands:
        """K2 to K6. Reports of 变味 are no demands: whoever asks learns nothing of them, not even how many there are."""
        tickets = [issue for issue in self.histories.issues.values() if not issue.alleged]
        at, known = self.at, self.known
        return demands.demands(tickets, at.first, at.until, self._last, known.calendar, unit=self.unit, today=known.today)

    @cached_property
    def visits(self) -> list[VisitHistory]:
        """The visits of the month up to T that somebody of the unit took part in, or of everybody."""
        made = visits_by_enterprise(self.histories, self.at.first, self.at.until).values()
        return [
            visit
            for visits in made
            for visit in visits
            if visit.review != Review.VOIDED and self.unit in (None, *_units_of(visit))
        ]

    @cached_property
    def satisfaction(self) -> Satisfaction:
        """K7."""
        found = satisfaction.satisfaction(self.visits, self.at.until)
        return satisfaction.of_few(found) if self.known.anonymous else found

    @cached_property
    def answers(self) -> list[tuple[VisitHistory, awareness.Awareness]]:
        """What K8 (自报) is computed from."""
        return awareness.latest_answers(self.visits, self.at.until)

    @cached_property
    def sampled(self) -> awareness.Sampled | None:
        """The survey of K8 (独立抽样)."""
        return awareness.sampled(self.histories.surveys.values(), self.at.until)

    @cached_property
    def placed(self) -> list[grid.Placed]:
        """What 网格覆盖率 is computed from."""
        return grid.placed(self.at, self.histories, self.unit)

    def value(self, kpi: Kpi) -> Value:
        """One indicator."""
        if kpi in OF_COVERAGE:
            return _plain(self._covered(kpi))
        if kpi in OF_TICKETS:
            return self._of_tickets(kpi)
        if kpi in OF_RATINGS:
            return self._of_ratings(kpi)
        if kpi in OF_ANSWERS:
            figure = awareness.awareness(self.answers)[OF_ANSWERS.index(kpi)]
            return _asked(figure, demands.enough(figure.d, figure.d))
        if kpi in OF_SAMPLE:
            return self._of_sample(kpi)
        if kpi in OF_FILINGS:
            rates = due.punctuality(self.known.filed.values())
            return _plain(rates["on_time" if kpi is Kpi.FILED_ON_TIME else "submitted"])
        if kpi is Kpi.PLACED:
            return _plain(Figure(sum(item.whole for item in self.placed), len(self.placed)))
        return _plain(Figure(sum(visit.qualified for visit in self.visits), len(self.visits)))

    def _covered(self, kpi: Kpi) -> Figure:
        found, known = self.coverage, self.known
        if known.unit is not None and known.line is not None:
            item = found.unit(known.unit, known.line)
            return item.diligent if kpi is Kpi.DILIGENT else item.strict
        return {Kpi.HORIZONTAL: found.horizontal, Kpi.VERTICAL: found.vertical, Kpi.BOTH: found.both}.get(kpi, found.either)

    def _of_tickets(self, kpi: Kpi) -> Value:
        found = self.demands
        if kpi is Kpi.OVERDUE:
            return Value(len(found.overdue))
        if kpi is Kpi.SATISFACTION:
            ratings = [int(issue.rating or 0) for issue, _ in found.behind["satisfied"]]
            return Value(sum(ratings), 5 * len(ratings), found.index, enough=found.enough)
        rate = found.rates[OF_TICKETS[kpi]]
        return _asked(rate, found.enough) if kpi in _RATINGS else _plain(rate)

    def _of_ratings(self, kpi: Kpi) -> Value:
        found = self.satisfaction
        figure = {Kpi.RATED_GOOD: found.satisfied, Kpi.RATED_BEST: found.strictly, Kpi.RATED: found.index}.get(
            kpi, found.took_part
        )
        if figure is None or found.took_part is None:
            return HIDDEN
        enough = demands.enough(found.took_part.n, found.took_part.d)
        if kpi is Kpi.RATED:
            return Value(figure.n, figure.d, figure.pct, enough=enough)
        return _plain(figure) if kpi is Kpi.RATED_AT_ALL else _asked(figure, enough)

    def _of_sample(self, kpi: Kpi) -> Value:
        if self.sampled is None:
            return Value(0, 0)
        found = self.sampled.found
        strict = kpi is Kpi.SAMPLE_UNDERSTOOD
        share, strata = (found.understood, found.strict) if strict else (found.aware, found.strata)
        valid = sum(item.valid for item in strata)
        return Value(
            sum(item.yes for item in strata),
            valid,
            share and share.pct,
            share and (share.low, share.high),
            demands.enough(valid, sum(len(stratum["sample"]) for stratum in self.sampled.drawn["strata"])),
        )

    def parts(self, kpi: Kpi) -> list[Part]:
        """What the figure counts, and what it lacks; in the order of a list."""
        if kpi in OF_COVERAGE:
            found = self._enterprises(kpi)
        elif kpi in OF_TICKETS:
            found = [self._ticket(kpi, issue, holds) for issue, holds in self.demands.behind[OF_TICKETS[kpi]]]
        elif kpi in OF_RATINGS:
            found = [self._rated(kpi, visit) for visit, rating in self.satisfaction.visits if rating or kpi is Kpi.RATED_AT_ALL]
        elif kpi in OF_ANSWERS:
            found = [self._answered(kpi, visit, said) for visit, said in self.answers]
        elif kpi in OF_SAMPLE:
            found = self._strata(kpi)
        elif kpi in OF_FILINGS:
            found = [self._filed(kpi, code, state) for code, state in self.known.filed.items()]
        elif kpi is Kpi.PLACED:
            found = [_placed(item) for item in self.placed]
        else:
            found = [self._visit(visit, visit.qualified, visit.missing) for visit in self.visits]
        return sorted(found, key=lambda part: part.key)

    def _enterprises(self, kpi: Kpi) -> list[Part]:
        found: list[Part] = []
        known = self.known
        for enterprise, lines, made in coverage.owed(self.at, self.histories):
            owing = [(line, seen) for line, seen in lines if not seen.grace]
            if known.unit is not None or kpi in (Kpi.HORIZONTAL, Kpi.VERTICAL):
                wanted = Line.HORIZONTAL if kpi is Kpi.HORIZONTAL else Line.VERTICAL if kpi is Kpi.VERTICAL else known.line
                for line, seen in owing:
                    if line is wanted and known.unit in (None, seen.unit):
                        counted = bool(seen.visits) or (kpi is Kpi.DILIGENT and seen.lost)
                        found.append(self._enterprise(enterprise, [(line, seen)], made, counted=counted))
            elif owing:
                covered = [bool(seen.visits) for _, seen in owing]
                counted = all(covered) if kpi is Kpi.BOTH else any(covered)
                found.append(self._enterprise(enterprise, owing, made, counted=counted))
        return found

    def _enterprise(
        self, enterprise: EnterpriseHistory, owing: list[tuple[Line, Owed]], made: Iterable[VisitHistory], *, counted: bool
    ) -> Part:
        counting = {id_ for _, seen in owing for id_ in seen.visits}
        shown = [visit for visit in made if visit.id in counting or self.unit in (None, *_units_of(visit))]
        notes = [
            note for _, seen in owing if seen.misses for note in (*(["失联已核实"] if seen.lost else []), *self._why(seen, shown))
        ]
        if any(seen.handed for _, seen in owing):
            notes.append("移交前已走访")
        return Part(
            "enterprise",
            enterprise.id,
            enterprise.code,
            standing_value(enterprise.names, self.at.until, enterprise.name),
            counted,
            units=tuple(seen.unit for _, seen in owing),
            line=owing[0][0] if len(owing) == 1 else None,
            workers=tuple(seen.assignment.worker for _, seen in owing if seen.assignment.worker),
            visits=tuple(sorted(counting)),
            notes=tuple(dict.fromkeys(notes)),
            streams=(("roster", f"enterprise/{enterprise.id}"), *(("visits", f"visit/{visit.id}") for visit in shown)),
        )

    def _why(self, seen: Owed, made: list[VisitHistory]) -> list[str]:
        frozen = [f"移交冻结:拟由{self.histories.unit_name(seen.frozen, self.at.until)}接收"] if seen.frozen else []
        return [*frozen, *coverage.why_not(self.at, seen, made)]

    def _ticket(self, kpi: Kpi, issue: IssueHistory, counted: bool) -> Part:
        days = (
            ("收集", issue.reported_on),
            ("交办", issue.dispatched_on),
            ("时限", issue.initial_due if kpi is Kpi.ON_TIME_INITIALLY else issue.judged_by),
            ("报结", issue.resolved_on),
            ("答复", issue.replied_on),
            ("办结", issue.closed_on),
        )
        return Part(
            "ticket",
            issue.id,
            issue.no,
            IssueStage(issue.stage).label,
            counted,
            units=(issue.unit if kpi in _COLLECTED else issue.done_by,),
            notes=tuple(f"{word}{on}" for word, on in days if on),
            streams=(("issues", f"issue/{issue.id}"),),
        )

    def _visit(self, visit: VisitHistory, counted: bool, notes: Iterable[str]) -> Part:
        return Part(
            "visit",
            visit.id,
            visit.on,
            str(visit.details["enterprise"]["name"]),
            counted,
            units=tuple(sorted(set(_units_of(visit)))),
            workers=tuple(visitor["member"] for visitor in visit.details["visitors"]),
            visits=(visit.id,),
            notes=tuple(notes),
            streams=(("visits", f"visit/{visit.id}"),),
        )

    def _rated(self, kpi: Kpi, visit: VisitHistory) -> Part:
        rating = visit.rating
        least = {Kpi.RATED_BEST: 4, Kpi.RATED_GOOD: 3}.get(kpi, 0)
        return self._visit(visit, rating is not None and int(rating) >= least, [rating.label] if rating else ["未评价"])

    def _answered(self, kpi: Kpi, visit: VisitHistory, said: awareness.Awareness) -> Part:
        holds = awareness.awareness([(visit, said)])[OF_ANSWERS.index(kpi)]
        return self._visit(visit, bool(holds.n), [said.label])

    def _strata(self, kpi: Kpi) -> list[Part]:
        survey = self.sampled
        if survey is None:
            return []
        told = survey.found.strict if kpi is Kpi.SAMPLE_UNDERSTOOD else survey.found.strata
        return [
            Part(
                "stratum",
                survey.id,
                f"{stratum['township']}|{stratum.get('size', '')}",
                self.histories.unit_name(stratum["township"], self.at.until),
                None,
                units=(stratum["township"],),
                notes=(
                    f"总体{counted.population}家",
                    f"样本{len(stratum['sample'])}家",
                    f"有效回答{counted.valid}家",
                    f"知晓{counted.yes}家",
                ),
                streams=(("visits", f"survey/{survey.id}"),),
            )
            for stratum, counted in zip(survey.drawn["strata"], told, strict=True)
        ]

    def _filed(self, kpi: Kpi, code: str, state: Punctuality) -> Part:
        counted = state is Punctuality.ON_TIME or (kpi is Kpi.FILED and state is Punctuality.LATE)
        return Part(
            "unit",
            code,
            code,
            self.histories.unit_name(code, self.at.until),
            counted,
            units=(code,),
            notes=(state.label,),
            streams=(("reporting", f"month/{code}-{self.known.month}"),),
        )


def _placed(item: grid.Placed) -> Part:
    lacking = [f"{line.label}未落实单位" for line in Line if line not in item.held]
    lacking += [f"{line.label}没有在岗网格员" for line in Line if line in item.held and line not in item.staffed]
    return Part(
        "enterprise",
        item.enterprise.id,
        item.enterprise.code,
        item.enterprise.name,
        item.whole,
        units=tuple(held.unit for held in item.held.values()),
        workers=tuple(held.worker for held in item.held.values() if held.worker),
        notes=tuple(lacking),
        streams=(("roster", f"enterprise/{item.enterprise.id}"),),
    )


def _units_of(visit: VisitHistory) -> tuple[str, ...]:
    return tuple(visitor["unit"] for visitor in visit.details["visitors"])


def _plain(figure: Figure | Rate) -> Value:
    return Value(figure.n, figure.d, figure.pct)


def _asked(figure: Figure | Rate, enough: bool) -> Value:
    return Value(figure.n, figure.d, figure.pct, demands.wilson(figure.n, figure.d), enough)
