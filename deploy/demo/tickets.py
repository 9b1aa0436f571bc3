"""What became of the demands: each ticket goes as far along the straight path as its days allow; a few get stuck."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from random import Random
from typing import Any
from uuid import UUID

from deploy.demo.district import OFFICE, District
from deploy.demo.life import Visit
from deploy.demo.steps import SEED, Span, Step
from deploy.demo.words import MEASURES, PROGRESS, REPLY, RESULTS, UNHAPPY
from services.issues.domain.commands import (
    AcceptIssue,
    ApproveResolution,
    ArchiveIssue,
    Asked,
    CloseIssue,
    DispatchIssue,
    ProgressIssue,
    RecordCallBack,
    RejectResolution,
    ReopenIssue,
    ReportIssue,
    ResolveIssue,
    SignIssue,
)
from services.issues.domain.deadlines import workdays
from services.issues.domain.issue import ISSUE
from services.issues.domain.numbers import number
from services.issues.reactions import ITSELF, issue_id
from services.visits.domain.commands import Wanted
from shared.decider import Actor
from shared.events.visits import Visited
from shared.months import Month
from shared.terms import CallOutcome, Mode, Outcome, Rating, Source, Urgency, derived_id

_SOURCES = {Mode.PHONE: Source.CALL, Mode.QUESTIONNAIRE: Source.QUESTIONNAIRE}
_RATINGS = (Rating.VERY_SATISFIED, Rating.SATISFIED, Rating.FAIRLY_SATISFIED, Rating.DISSATISFIED, None)
_SHARES = (52, 30, 10, 4, 4)


def reporting(where: District, span: Span, planned: Sequence[Visit]) -> Iterator[Step]:
    """The tickets of all visits, numbered in the order they came in."""
    rng = Random(SEED + 5)  # noqa: S311
    counts: dict[tuple[str, Month], int] = {}
    for visit in sorted(planned, key=lambda visit: visit.entered):
        for wanted in visit.command.demands:
            month = Month.of(visit.entered.date())
            counts[visit.held.unit, month] = counts.get((visit.held.unit, month), 0) + 1
            no = number(month, visit.held.unit, counts[visit.held.unit, month])
            for step in _Path(where, span, rng, visit, wanted, no).steps():
                if not span.past(step.at.date()):
                    break
                yield step


class _Path:
    """One ticket on its way."""

    def __init__(self, where: District, span: Span, rng: Random, visit: Visit, wanted: Wanted, no: str) -> None:
        self._where, self._span, self._rng = where, span, rng
        self._visit, self._wanted, self._no = visit, wanted, no
        self._id = issue_id(visit.id, wanted.no)
        self._at: datetime = visit.entered
        self._count = 0

    def steps(self) -> Iterator[Step]:
        """From the report as far as it goes; the caller stops at today."""
        rng, who, unit = self._rng, self._where.who, self._visit.held.unit
        yield self._report(unit)
        stuck = rng.choice(("accept", "dispatch", "sign", "work", "review", "call")) if rng.random() < 0.05 else ""  # noqa: PLR2004
        if stuck == "accept":
            return
        yield self._next(0, 1, AcceptIssue(), who[f"{unit}-liaison"].actor)
        if stuck == "dispatch":
            return
        across = rng.random() < 0.12  # noqa: PLR2004
        to = rng.choice([other.code for other in self._where.filing if other.code != unit]) if across else unit
        leader = who[f"{to}-{rng.choice(('head', 'deputy'))}"]
        order = DispatchIssue(unit=to, co_units=(), leader=leader.id, measures=rng.choice(MEASURES), due="standard")
        by = who["office"].actor if across else who[f"{unit}-head"].actor
        yield self._next(
            0, 2, order, by, {"units": {other.code for other in self._where.filing} | {OFFICE}, "posts": self._where.posts}
        )
        if stuck == "sign":
            return
        handler = who[f"{to}-worker{rng.randint(1, 3)}"].actor
        yield self._next(0, 1, SignIssue(), handler, {"posts": self._where.posts})
        yield self._next(0, 1, ProgressIssue(note=rng.choice(PROGRESS), contacted=True), handler)
        if stuck == "work":
            return
        yield from self._finish(to, handler, stuck)

    def _finish(self, to: str, handler: Actor, stuck: str) -> Iterator[Step]:
        rng, who = self._rng, self._where.who
        deputy, caller = who[f"{to}-deputy"].actor, who["caller"].actor
        term = workdays(self._wanted.nature, Urgency.ORDINARY)
        yield self._resolve(handler, max(0, term - 3) if rng.random() < 0.9 else term + 2)  # noqa: PLR2004
        if stuck == "review":
            return
        if rng.random() < 0.05:  # noqa: PLR2004
            yield self._next(0, 1, RejectResolution(reason="办理结果未写明企业是否认可,请补充"), deputy)
            yield self._resolve(handler, 1)
        yield self._next(0, 1, ApproveResolution(note=""), deputy)
        if stuck == "call":
            return
        rating: Rating | None = rng.choices(_RATINGS, _SHARES)[0]
        if rating is None:
            for _ in range(3):
                yield self._next(1, 1, RecordCallBack(outcome=CallOutcome.UNREACHED, reason="", note=""), caller)
        else:
            yield self._next(1, 3, self._answer(rating), caller)
        if rating is Rating.DISSATISFIED:
            yield self._next(0, 0, ReopenIssue(reason=rng.choice(UNHAPPY)), caller)
            yield self._next(0, 1, ProgressIssue(note="已再次上门,重新商定办理措施。", contacted=True), handler)
            yield self._resolve(handler, 2)
            yield self._next(0, 1, ApproveResolution(note="复核通过"), deputy)
            yield self._next(1, 2, self._answer(Rating.SATISFIED), caller)
        yield self._next(0, 0, CloseIssue(), caller)
        yield self._next(6, 8, ArchiveIssue(file_no=""), who[f"{to}-liaison"].actor)

    def _answer(self, rating: Rating) -> RecordCallBack:
        unhappy = self._rng.choice(UNHAPPY) if rating is Rating.DISSATISFIED else ""
        return RecordCallBack(outcome=CallOutcome.ANSWERED, rating=rating, reason=unhappy, note="")

    def _resolve(self, handler: Actor, days: int) -> Step:
        outcome = self._rng.choices((Outcome.SOLVED, Outcome.PARTLY, Outcome.EXPLAINED), (75, 10, 15))[0]
        result = ResolveIssue(outcome=outcome, result=self._rng.choice(RESULTS), reply=REPLY)
        return self._next(days // 2, days, result, handler)

    def _report(self, unit: str) -> Step:
        visit, wanted = self._visit, self._wanted
        enterprise = visit.enterprise
        command = ReportIssue(
            enterprise=enterprise.id, unit=unit, source=_SOURCES.get(visit.mode, Source.VISIT), content=wanted.content,
            category=wanted.category, nature=wanted.nature, urgency=wanted.urgency, reporter=visit.command.interviewee,
            phone=visit.command.phone, visit=visit.id, demand=wanted.no, external_no="",
        )  # fmt: skip
        known = {
            "no": self._no, "unit": unit, "units": frozenset({unit}),
            "enterprise": Visited(id=enterprise.id, code=enterprise.code, name=enterprise.name),
        }  # fmt: skip
        return self._step(command, ITSELF, derived_id("issues", "report", str(self._id)), known)

    def _next(self, first: int, last: int, command: Asked, by: Actor, known: Mapping[str, Any] | None = None) -> Step:
        """A step so many working days on, and never before the one before it."""
        day: date = self._span.later(self._at.date(), self._rng.randint(first, last))
        at = self._span.instant(day, self._rng)
        if at <= self._at:
            day = self._span.later(self._at.date(), 1) if self._at.hour >= 17 else self._at.date()  # noqa: PLR2004
            at = (
                self._span.instant(day, self._rng, self._at.hour + 1, 18)
                if day == self._at.date()
                else self._span.instant(day, self._rng)
            )
        self._at = max(at, self._at)
        self._count += 1
        return self._step(command, by, derived_id("demo", "issue", str(self._id), str(self._count)), known)

    def _step(self, command: Asked, by: Actor, id_: UUID, known: Mapping[str, Any] | None) -> Step:
        return Step(self._at, ISSUE, str(self._id), command, by, id_, self._id, known or {})
