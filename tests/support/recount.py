"""The figures counted a second time, straight from kpi.md and the facts: days one by one, sets, nothing of the product's rules.

Only the working-day calendar and the facts themselves are shared with the product.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from shared.events import issues as i
from shared.events import roster as r
from shared.events import visits
from shared.language.facts import Fact
from shared.language.months import Calendar
from shared.language.terms import Awareness, CallOutcome, Level, Line, Rating, Source
from shared.log.eventlog import Entry

Pair = tuple[int, int]
LINES = (Line.HORIZONTAL, Line.VERTICAL)
GOOD = {Rating.FAIRLY_SATISFIED, Rating.SATISFIED, Rating.VERY_SATISFIED}


def streams(entries: Iterable[Entry], kind: str) -> dict[str, list[Fact]]:
    found: dict[str, list[Fact]] = {}
    for entry in entries:
        if entry.stream.startswith(f"{kind}/"):
            found.setdefault(entry.key, []).append(entry.fact)
    return found


def count(of: Sequence[Any], holds: Iterable[bool]) -> Pair:
    return sum(holds), len(of)


class Ticket:
    """A ticket by what happened to it up to a day."""

    def __init__(self, facts: Sequence[Fact], until: date) -> None:
        self.facts = [fact for fact in facts if (getattr(fact, "on", None) or date.min) <= until]
        reports = self.all(i.IssueReported)
        self.there = bool(reports)
        if self.there:
            self.no, self.unit, self.reported = reports[0].no, reports[0].unit, reports[0].on
            self.source = reports[0].source

    def all(self, *kinds: type[Fact]) -> list[Any]:
        return [fact for fact in self.facts if isinstance(fact, kinds)]

    def last(self, *kinds: type[Fact]) -> Any:
        return next((fact for fact in reversed(self.facts) if isinstance(fact, kinds)), None)

    def after(self, *kinds: type[Fact]) -> list[Fact]:
        """What came after the last of these; everything if there was none."""
        places = [n for n, fact in enumerate(self.facts) if isinstance(fact, kinds)]
        return self.facts[places[-1] + 1 :] if places else self.facts

    @property
    def refused(self) -> bool:
        """不予受理, unless contested, or 合并."""
        declined = isinstance(self.last(i.IssueDeclined, i.DeclineContested), i.IssueDeclined)
        return declined or bool(self.all(i.IssueMerged))

    @property
    def withdrawn(self) -> date | None:
        return getattr(self.last(i.IssueWithdrawn), "on", None)

    @property
    def dispatched(self) -> date | None:
        return min((fact.on for fact in self.all(i.IssueDispatched)), default=None)

    @property
    def handler(self) -> str:
        return getattr(self.last(i.IssueDispatched, i.EscalationApproved), "unit", self.unit)

    @property
    def closed(self) -> date | None:
        last = self.last(i.IssueClosed, i.IssueReopened)
        return last.on if isinstance(last, i.IssueClosed) else None

    @property
    def resolved(self) -> date | None:
        """The 报结 that counts: nothing later overturned it."""
        last = self.last(i.IssueResolved, i.ResolutionRejected, i.IssueReopened)
        return last.on if isinstance(last, i.IssueResolved) else None

    def due(self, facts: Sequence[Fact]) -> date | None:
        found = None
        for fact in facts:
            match fact:
                case (
                    i.IssueDispatched()
                    | i.ExtensionApproved()
                    | i.EscalationApproved()
                    | i.DeadlineRederived()
                    | i.IssueReopened()
                ):
                    found = fact.due.on
                case i.CityReplied() if fact.due:
                    found = fact.due
                case _:
                    continue
        return found

    @property
    def in_force(self) -> date | None:
        return self.due(self.facts)

    @property
    def first_due(self) -> date | None:
        return next((fact.due.on for fact in self.all(i.IssueDispatched)), None)

    @property
    def judged(self) -> date | None:
        """A reopening moves nothing: the deadline in force at the 报结 that led to the first one."""
        reopened = next((n for n, fact in enumerate(self.facts) if isinstance(fact, i.IssueReopened)), None)
        if reopened is None:
            return self.in_force
        done = max(n for n, fact in enumerate(self.facts[:reopened]) if isinstance(fact, i.IssueResolved))
        return self.due(self.facts[: done + 1])

    @property
    def let_out(self) -> int | None:
        """Where the answer that stands was let out among the facts; a reopening takes it back."""
        kinds = (i.ResolutionApproved, i.SiblingAnswered, i.IssueReopened)
        places = [n for n, fact in enumerate(self.facts) if isinstance(fact, kinds)]
        return places[-1] if places and not isinstance(self.facts[places[-1]], i.IssueReopened) else None

    @property
    def answered(self) -> bool:
        return bool(self.all(i.ResolutionApproved, i.SiblingAnswered, i.IssueDeclined))

    @property
    def rating(self) -> Rating | None:
        """Of the final call-back."""
        said = [f.rating for f in self.after(i.IssueReopened) if isinstance(f, i.CallBackRecorded | i.IssueClosed) and f.rating]
        return said[-1] if said else None

    @property
    def first_rating(self) -> Rating | None:
        return next((fact.rating for fact in self.all(i.CallBackRecorded) if fact.rating), None)

    @property
    def level(self) -> Level:
        return getattr(self.last(i.IssueDispatched, i.EscalationApproved), "level", Level.GRID)

    @property
    def tracked(self) -> bool:
        moves = (i.IssueTracked, i.IssueResumed, i.EscalationRequested, i.IssueWithdrawn, i.IssueMerged)
        return isinstance(self.last(*moves), i.IssueTracked)

    @property
    def open(self) -> bool:
        return self.closed is None and not self.refused and self.withdrawn is None


class Demands:
    """K2 to K6 and what belongs to them, of one unit or of all (kpi §3, §4)."""

    def __init__(self, entries: Sequence[Entry], calendar: Calendar, until: date, first: date, last: date) -> None:
        self.calendar, self.until, self.first, self.last = calendar, until, first, last
        every = (Ticket(facts, until) for facts in streams(entries, "issue").values())
        self.tickets = [ticket for ticket in every if ticket.there]

    def within(self, day: date | None) -> bool:
        return day is not None and self.first <= day <= self.last

    def valid(self, ticket: Ticket) -> bool:
        if ticket.refused:
            return False
        if ticket.withdrawn is None or ticket.dispatched:
            return True
        return ticket.withdrawn > self.calendar.add_workdays(ticket.reported, 1)

    def figures(self, unit: str | None = None) -> dict[str, Pair]:
        valid = [t for t in self.tickets if unit in (None, t.unit) and self.within(t.reported) and self.valid(t)]
        mine = [t for t in self.tickets if unit in (None, t.handler)]
        due = [t for t in mine if self.within(t.judged) and not t.refused and t.withdrawn is None]
        done = [t for t in mine if self.within(t.closed) and not t.refused]
        rated = [t for t in done if t.rating]
        ever = [t for t in mine if t.reported <= self.until and self.valid(t)]
        limited = [t for t in valid if (t.judged or self.calendar.add_workdays(t.reported, 2)) <= self.until]
        prompt = [self.calendar.add_workdays(t.reported, 2) for t in valid]
        return {
            "dispatched": count(valid, (t.dispatched is not None for t in valid)),
            "dispatched_promptly": count(
                valid, (bool(t.dispatched and t.dispatched <= by) for t, by in zip(valid, prompt, strict=True))
            ),
            "closed": count(due, (t.closed is not None for t in due)),
            "on_time": count(due, (bool(t.closed and t.resolved and t.judged and t.resolved <= t.judged) for t in due)),
            "on_time_initially": count(
                due, (bool(t.closed and t.resolved and t.first_due and t.resolved <= t.first_due) for t in due)
            ),
            "extended": count(due, (bool(t.all(i.ExtensionApproved)) for t in due)),
            "closed_ever": count(ever, (t.closed is not None for t in ever)),
            "answered": count(limited, (t.answered for t in limited)),
            "returned": count(valid, (bool(t.all(i.IssueReturned)) for t in valid)),
            "escalated": count(valid, (t.level is not Level.GRID for t in valid)),
            "satisfied": count(rated, (t.rating in GOOD for t in rated)),
            "satisfied_strictly": count(rated, (t.rating in GOOD - {Rating.FAIRLY_SATISFIED} for t in rated)),
            "satisfied_at_once": count(rated, (t.first_rating in GOOD for t in rated)),
            "took_part": count(done, (t.rating is not None for t in done)),
            "called_back": self.called_back(unit),
            "reworked": count(done, (bool(t.all(i.IssueReopened)) for t in done)),
        }

    def called_back(self, unit: str | None) -> Pair:
        """Of the answers let out in the month that still stand: somebody spoke, or three tries on two days."""
        rounds = [(t, t.let_out) for t in self.tickets if unit in (None, t.unit if t.all(i.IssueMerged) else t.handler)]
        asked = [
            [fact for fact in t.facts[place:] if isinstance(fact, i.CallBackRecorded)]
            for t, place in rounds
            if place is not None and self.within(t.facts[place].on) and t.source is not Source.ALLEGATION
        ]
        spoken = [any(call.outcome is not CallOutcome.UNREACHED for call in calls) for calls in asked]
        return count(
            asked,
            (yes or (len(calls) >= 3 and len({c.on for c in calls}) >= 2) for yes, calls in zip(spoken, asked, strict=True)),
        )

    def counts(self, unit: str | None = None) -> dict[str, int]:
        valid = [t for t in self.tickets if unit in (None, t.unit) and self.within(t.reported) and self.valid(t)]
        return {
            "collected": len(valid),
            "district": sum(t.level is Level.DISTRICT for t in valid),
            "city": sum(t.level is Level.CITY for t in valid),
            "tracked": sum(t.tracked for t in self.tickets if unit in (None, t.unit)),
        }

    def overdue(self, unit: str | None = None) -> tuple[str, ...]:
        late = (t for t in self.tickets if t.open and t.in_force and t.in_force < self.until)
        return tuple(sorted(t.no for t in late if unit in (None, t.handler)))


class Visit:
    """A visit as the log knows it now: corrections, reviews and rulings say what was so at the time."""

    def __init__(self, id_: str, facts: Sequence[Fact]) -> None:
        told = [fact for fact in facts if isinstance(fact, visits.VisitRecorded)]
        self.id, self.told = id_, told[-1]
        self.on, self.enterprise = self.told.on, str(self.told.enterprise.id)
        qualified = [fact for fact in facts if isinstance(fact, visits.VisitQualified | visits.VisitDisqualified)]
        reviews = (visits.VisitAccepted, visits.VisitReturned, visits.VisitCorrected)
        review = next((fact for fact in reversed(facts) if isinstance(fact, reviews)), None)
        denied = next((fact for fact in reversed(facts) if isinstance(fact, visits.VisitDenied | visits.VisitUpheld)), None)
        self.counts = (
            bool(qualified)
            and isinstance(qualified[-1], visits.VisitQualified)
            and not any(isinstance(fact, visits.VisitVoided) for fact in facts)
            and not isinstance(review, visits.VisitReturned)
            and not isinstance(denied, visits.VisitDenied)
        )
        everybody = [visitor.unit for visitor in self.told.visitors]
        self.units = set(everybody) if self.told.joint else {everybody[0]}
        self.present = set(everybody)


class Coverage:
    """K1 of kpi §2, by sets."""

    def __init__(self, entries: Sequence[Entry], calendar: Calendar, until: date, filed: date, first: date) -> None:
        self.until, self.first = until, first
        self.enterprises = streams(entries, "enterprise")
        self.visits = [Visit(id_, facts) for id_, facts in streams(entries, "visit").items()]
        self.ends: dict[str, r.UnitEnded] = {}
        for code, facts in streams(entries, "unit").items():
            self.ends.update((code, fact) for fact in facts if isinstance(fact, r.UnitEnded))
        self.freeze, self.grace = back(calendar, until, 5), back(calendar, until, 10)
        self.giving = min(self.freeze, back(calendar, filed, 5))

    def held(self, e: str, line: Line) -> list[tuple[date, str]]:
        """Who was given it when: the later word on a day holds."""
        said = {f.on: f.unit for f in self.enterprises[e] if isinstance(f, r.EnterpriseAssigned) and f.line is line}
        return sorted(said.items())

    def holder(self, e: str, line: Line, on: date) -> str | None:
        given = [unit for since, unit in self.held(e, line) if since <= on]
        return given[-1] if given else None

    def giver(self, e: str, line: Line, on: date, since: date) -> str | None:
        """Who held it on the eve of the freeze; the first holder, if nobody did."""
        eve = min(on, since - timedelta(days=1))
        return self.holder(e, line, eve) or next((unit for when, unit in self.held(e, line) if when <= on), None)

    def heir(self, e: str, line: Line, unit: str | None, on: date) -> str | None:
        """A unit that ended leaves what it owed to its successor: the one that holds the enterprise, else the first."""
        end = self.ends.get(unit or "")
        if end is None or end.on > on:
            return unit
        history = [given for since, given in self.held(e, line) if since <= on]
        later = history[len(history) - history[::-1].index(unit) :][::-1] if unit in history else []
        named = [code for code in later if code in end.successors] or list(end.successors) or later
        return named[0] if named else unit

    def survives(self, e: str, on: date) -> bool:
        facts = self.enterprises[e]
        first = next(f for f in facts if isinstance(f, r.EnterpriseRegistered))
        said = [(date.min, first.standing), *((f.on, f.standing) for f in facts if isinstance(f, r.StandingChanged))]
        now = [standing for since, standing in sorted(said, key=lambda item: item[0]) if since <= on]
        return first.on <= on and now[-1].survives

    def elsewhere(self, e: str, on: date) -> bool:
        facts = self.enterprises[e]
        first = next(f for f in facts if isinstance(f, r.EnterpriseRegistered))
        said = [
            (date.min, first.managed_elsewhere),
            *((f.on, f.managed_elsewhere) for f in facts if isinstance(f, r.CustodyChanged)),
        ]
        return [value for since, value in sorted(said, key=lambda item: item[0]) if since <= on][-1]

    def left(self, e: str) -> date | None:
        """The last day in the month up to T on which it left the surviving ones."""
        days = (self.first + timedelta(days=n) for n in range((self.until - self.first).days + 1))
        return max((on for on in days if not self.survives(e, on) and self.survives(e, on - timedelta(days=1))), default=None)

    def seen(self, e: str, line: Line, upto: date) -> list[Visit]:
        """The counted visits of a unit that answered on the day, or its heir."""
        found: list[Visit] = []
        for visit in self.visits:
            on = visit.on
            if visit.enterprise != e or not visit.counts or not self.first <= on <= upto:
                continue
            answering = {self.holder(e, line, on), self.giver(e, line, on, self.giving)}
            answering |= {self.heir(e, line, unit, on) for unit in answering}
            if visit.units & (answering - {None}):
                found.append(visit)
        return found

    def owed(self, e: str, line: Line) -> tuple[str, bool] | None:
        """(unit, visited) if the enterprise is in D of a unit on this line."""
        code = next(f.code for f in self.enterprises[e] if isinstance(f, r.EnterpriseRegistered))
        given = self.held(e, line)
        if not code.startswith("91") or not given or given[0][0] > self.until:
            return None
        if self.survives(e, self.until):
            visited = bool(self.seen(e, line, self.until))
            if self.elsewhere(e, self.until) or (given[0][0] >= self.grace and not visited):
                return None
            unit = self.holder(e, line, self.until) if visited else self.giver(e, line, self.until, self.freeze)
            unit = self.heir(e, line, unit, self.until)
            return (unit, visited) if unit else None
        gone = self.left(e)
        if gone is None or not self.seen(e, line, gone):
            return None
        before = (self.first + timedelta(days=n) for n in range((gone - self.first).days))
        if not any(self.survives(e, on) and not self.elsewhere(e, on) for on in before):
            return None
        unit = self.heir(e, line, self.holder(e, line, gone), self.until)
        return (unit, True) if unit else None

    def lost(self, e: str, line: Line) -> bool:
        for fact in self.enterprises[e]:
            if isinstance(fact, r.ContactLossVerified) and fact.line is line and self.first <= fact.on <= self.until:
                tries = [item for item in fact.tries if item.on <= fact.on]
                if len({item.on for item in tries}) > 1 and len({item.mode for item in tries}) > 1:
                    return True
        return False

    def figures(self) -> dict[str, Pair]:
        """By ``<unit> strict``, ``<unit> diligent``, and the four of the district."""
        lists: dict[str, list[bool]] = {"either": [], "both": [], "horizontal": [], "vertical": []}
        for e in self.enterprises:
            owed = {line: owing for line in LINES if (owing := self.owed(e, line))}
            for line, (unit, visited) in owed.items():
                lists.setdefault(f"{unit} strict", []).append(visited)
                lists.setdefault(f"{unit} diligent", []).append(visited or self.lost(e, line))
                lists[str(line)].append(visited)
            if owed:
                lists["either"].append(any(visited for _, visited in owed.values()))
                lists["both"].append(all(visited for _, visited in owed.values()))
        return {name: count(hits, hits) for name, hits in lists.items()}

    def aware(self, unit: str) -> tuple[Pair, Pair]:
        """知晓率(自报), and strictly: of the unit's counted visits the latest answer of each enterprise (kpi §6)."""
        mine = [v for v in self.visits if v.counts and unit in v.present and self.first <= v.on <= self.until]
        asked = [v for v in mine if v.told.aware is not Awareness.NOT_ASKED]
        latest = {v.enterprise: v for v in sorted(asked, key=lambda v: (v.on, v.id))}
        said = [v.told.aware for v in latest.values()]
        return (
            count(said, (answer in (Awareness.UNDERSTOOD, Awareness.HEARD) for answer in said)),
            count(said, (answer is Awareness.UNDERSTOOD for answer in said)),
        )


def back(calendar: Calendar, until: date, workdays: int) -> date:
    """The first of the last so many working days."""
    worked = [on for n in range(60) if calendar.is_workday(on := until - timedelta(days=n))]
    return worked[workdays - 1]


def percent(n: int, d: int) -> str | None:
    """By long division: half up, below 100 unless all, above 0 if any."""
    if not d:
        return None
    whole, rest = divmod(n * 10_000, d)
    whole += rest * 2 >= d
    whole = min(whole, 9_999) if n < d else whole
    whole = max(whole, 1) if n else whole
    return f"{whole // 100}.{whole % 100:02d}"
