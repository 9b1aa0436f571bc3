"""What became of the demands: each ticket goes its way as far as its days allow, some by side roads, some get stuck.

Between the steps the clock rings as it would have rung, so that the demo's past looks like a lived one.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from deploy.demo.district import OFFICE, District
from deploy.demo.life import Visit
from deploy.demo.register import Enterprise
from deploy.demo.steps import SEED, Span, Step, moment
from deploy.demo.words import MEASURES, OBSTACLES, PROGRESS, REFUSALS, REPLY, RESULTS, UNHAPPY
from services.issues.domain.ticket import commands as asked
from services.issues.domain.ticket.deadlines import workdays
from services.issues.domain.ticket.decide import ISSUE
from services.issues.domain.ticket.known import NOTHING, KnownReport, KnownTicket
from services.issues.domain.ticket.numbers import DocumentKind, document, number
from services.issues.domain.ticket.states import Signed, State, Unreported, under_of
from services.issues.reactions import ITSELF, issue_id
from services.visits.domain.visit.commands import Wanted
from shared.events.visits import Visited
from shared.language.decider import Actor
from shared.language.months import Month
from shared.language.terms import Alarm, CallOutcome, Cause, Measure, Mode, Outcome, Rating, Source, Urgency, derived_id

SOURCES = {Mode.PHONE: Source.CALL, Mode.QUESTIONNAIRE: Source.QUESTIONNAIRE}
"""Of a ticket by the mode of its visit; all others are visits."""
_RATINGS = (Rating.VERY_SATISFIED, Rating.SATISFIED, Rating.FAIRLY_SATISFIED, Rating.DISSATISFIED, None)
_SHARES = (52, 30, 10, 4, 4)
_ROADS = {
    "straight": 760,
    "accept": 10,
    "dispatch": 12,
    "sign": 12,
    "work": 14,
    "review": 10,
    "call": 12,
    "declined": 14,
    "contested": 6,
    "merged": 12,
    "returned": 16,
    "extended": 40,
    "tracked": 26,
    "tracked-on": 16,
    "district": 22,
    "city": 8,
    "asking": 8,
    "withdrawn": 10,
}
"""How many of a thousand go which way; the short words are where somebody got stuck."""


_DESK_ROADS = ("handled", "endorsed", "sent-back", "overdue")
"""Longer ones, each with a turn of its own; what comes through the desk is given them."""


@dataclass(frozen=True)
class Origin:
    """Where a ticket comes from: what was asked, of whom, when, through whom. Without a road it takes one by lot."""

    at: datetime
    unit: str
    ticket: UUID
    enterprise: Enterprise
    report: asked.ReportIssue
    by: Actor = ITSELF
    road: str = ""


def of_visit(visit: Visit, wanted: Wanted) -> Origin:
    """A demand of a visit."""
    report = asked.ReportIssue(
        enterprise=visit.enterprise.id,
        unit=visit.held.unit,
        source=SOURCES.get(visit.mode, Source.VISIT),
        content=wanted.content,
        category=wanted.category,
        nature=wanted.nature,
        urgency=wanted.urgency,
        reporter=visit.command.interviewee,
        phone=visit.command.phone,
        visit=visit.id,
        demand=wanted.no,
        external_no="",
    )
    return Origin(visit.entered, visit.held.unit, issue_id(visit.id, wanted.no), visit.enterprise, report)


def reporting(
    where: District, span: Span, planned: Sequence[Visit], more: Sequence[Origin] = ()
) -> tuple[list[Step], dict[str, State]]:
    """The tickets of all visits and those of other ``more`` origins, numbered in the order they came in; documents in the order
    they were written. With the steps, by number, what became of each.
    """
    by_lot, by_desk = Random(SEED + 5), Random(SEED + 10)  # noqa: S311  other origins don't change what befalls the visits'.
    counts: dict[tuple[str, Month], int] = {}
    lived: list[Step] = []
    states: dict[str, State] = {}
    others: dict[str, tuple[UUID, str]] = {}
    asking = [of_visit(visit, wanted) for visit in planned for wanted in visit.command.demands]
    seen = {origin.ticket for origin in more}
    for origin in sorted([*asking, *more], key=lambda origin: origin.at):
        unit, month = origin.unit, Month.of(origin.at.date())
        counts[unit, month] = counts.get((unit, month), 0) + 1
        no = number(month, unit, counts[unit, month])
        other = origin.ticket in seen
        path = _Path(where, span, by_desk if other else by_lot, origin, no, None if other else others.get(unit))
        lived += path.lived()
        states[no] = path.state
        if not other:
            others[unit] = (origin.ticket, no)
    return list(_numbered(lived)), states


def _numbered(steps: list[Step]) -> Iterator[Step]:
    """Give documents their numbers: by year, in the order of time, without a gap."""
    counts: dict[tuple[DocumentKind, int], int] = {}
    written: dict[str, str] = {}
    for step in sorted(steps, key=lambda step: step.at):
        if (mark := step.known.document_no) is not None:
            kind = DocumentKind.REQUEST if isinstance(step.command, asked.RequestEscalation) else DocumentKind.SLIP
            counts[kind, step.at.year] = counts.get((kind, step.at.year), 0) + 1
            written[mark] = document(kind, step.at.year, counts[kind, step.at.year])
            yield replace(step, known=replace(step.known, document_no=written[mark]))
        elif isinstance(step.command, asked.AnswerSupervision):
            yield replace(step, command=step.command.model_copy(update={"no": written[step.command.no]}))
        else:
            yield step


class _Path:
    """One ticket on its way."""

    def __init__(self, where: District, span: Span, rng: Random, origin: Origin, no: str, other: tuple[UUID, str] | None) -> None:
        self._where, self._span, self._rng = where, span, rng
        self._origin, self._no, self._other = origin, no, other
        self._id = origin.ticket
        self._at: datetime = origin.at
        """When the next step may be at the earliest."""
        self._last: datetime = origin.at
        """When the last thing happened."""
        self._count = 0
        self._state: State = ISSUE.initial

    @property
    def state(self) -> State:
        """What became of it."""
        return self._state

    def lived(self) -> Iterator[Step]:
        """Its steps and the rings between them, up to yesterday evening."""
        end = moment(self._span.today, 0)
        for step in self._steps():
            if step.at >= end:
                break
            yield from self._rings(step.at)
            self._take(step)
            yield step
        yield from self._rings(end)

    def _take(self, step: Step) -> None:
        self._last = step.at
        asked_for: Any = step.command
        facts = ISSUE.decide(self._state, asked_for, step.ask(self._span.calendar).context)
        self._state = ISSUE.fold(facts, self._state)

    def _rings(self, until: datetime) -> Iterator[Step]:
        """What rings before an instant, and the answer to a slip a day later."""
        while not isinstance(self._state, Unreported) and (due := [r for r in self._state.notes.rings if r.at < until]):
            ring = due[0]
            at = max(ring.at, self._last)
            slip = KnownTicket(document_no=f"{self._id}/{len(self._state.notes.slips)}", reds=0)
            command = asked.RaiseAlarm(kind=ring.kind, deadline=ring.deadline, at=ring.at)
            id_ = derived_id("alarm", str(self._id), ring.kind, str(ring.deadline))
            step = Step(at, ISSUE, str(self._id), command, ITSELF, id_, self._id, slip if ring.kind is Alarm.RED else NOTHING)
            self._take(step)
            yield step
            if ring.kind is Alarm.RED:
                yield from self._answer_slip(until)

    def _answer_slip(self, until: datetime) -> Iterator[Step]:
        assert not isinstance(self._state, Unreported)  # noqa: S101  it has just turned red.
        slip = self._state.notes.slips[-1]
        at = moment(self._span.later(self._last.date(), self._rng.randint(1, 3)), 16, 24)
        unit = _addressee(self._state)
        if at < until and self._rng.random() < 0.8:  # noqa: PLR2004
            reply = "已明确专人,正在加紧办理,将于近日报结。"
            step = self._step(
                asked.AnswerSupervision(no=slip.no, reply=reply), self._where.who[f"{unit}-head"].actor, NOTHING, at
            )
            self._take(step)
            yield step

    def _steps(self) -> Iterator[Step]:
        """From the report as far as its road goes; whoever takes the steps stops at today."""
        rng, who, unit = self._rng, self._where.who, self._origin.unit
        road = self._origin.road or rng.choices(list(_ROADS), list(_ROADS.values()))[0]
        office, liaison = who["office"].actor, who[f"{unit}-liaison"].actor
        yield self._report(unit)
        if road == "accept":
            return
        if road in ("declined", "contested"):
            yield from self._declined(office, contested=road == "contested")
            return
        if road == "merged" and self._other is not None:
            yield self._next(
                0,
                1,
                asked.MergeIssue(master=self._other[0], reason="同一事项"),
                office,
                KnownTicket(master=self._other[1], siblings=0),
            )
            yield self._next(3, 6, asked.AnswerSibling(reply=REPLY), liaison)
            yield self._next(1, 3, self._answer(Rating.SATISFIED), who["caller"].actor)
            return
        yield self._next(0, 1, asked.AcceptIssue(), liaison)
        if road == "dispatch":
            return
        if road in _DESK_ROADS:
            yield from self._turning(road, unit)
            return
        across = road in ("returned", "district") or rng.random() < 0.12  # noqa: PLR2004
        to = rng.choice([other.code for other in self._where.filing if other.code != unit]) if across else unit
        yield self._dispatch(to, unit, across=across)
        if road == "returned":
            yield self._next(0, 1, asked.ReturnIssue(reason="依据部门职责规定,该事项不属本单位职责"), who[f"{to}-deputy"].actor)
            to = unit
            yield self._dispatch(to, unit, across=True)
        if road == "sign":
            return
        handler = who[f"{to}-worker{rng.randint(1, 3)}"].actor
        yield self._next(0, 1, asked.SignIssue(), handler, KnownTicket(posts=self._where.posts))
        yield self._next(0, 1, asked.ProgressIssue(note=rng.choice(PROGRESS), contacted=True), handler)
        if road == "withdrawn":
            call = "已电话核实,企业表示事项已自行解决,要求撤回。"
            yield self._next(1, 2, asked.WithdrawIssue(reason="企业已自行解决", call=call), who["caller"].actor)
            return
        if road == "work":
            return
        if road.startswith("tracked") or road in ("district", "city", "asking", "extended"):
            handler = yield from self._aside(road, to, handler)
            if handler is None:
                return
        yield from self._finish(to, handler, road)

    def _aside(self, road: str, to: str, handler: Actor) -> Any:
        """Longer, later, or higher. Answers who handles it then; ``None`` where it stays."""
        rng, who = self._rng, self._where.who
        head, office, chief = who[f"{to}-head"].actor, who["office"].actor, who["chief"].actor
        if road == "extended":
            days = workdays(self._origin.report.nature, Urgency.ORDINARY)
            request = asked.RequestExtension(
                workdays=min(3, days), reason="需等待第三方出具材料", plan="材料到位后两日内办结", told=True
            )
            step = self._next(0, 0, request, head)
            if self._span.calendar.workdays_between(step.at.date(), self._due()) >= 1:  # Later nobody may ask any more.
                yield step
                yield self._next(0, 1, asked.ApproveExtension(note="同意"), office)
            return handler
        if road.startswith("tracked"):
            cause, analysis, measures = rng.choice(OBSTACLES)
            milestone = self._at.date() + timedelta(days=rng.randint(12, 25))
            track = asked.TrackIssue(cause=Cause(cause), analysis=analysis, measures=measures, milestone=milestone)
            yield self._next(0, 0, track, head)
            if road == "tracked-on":
                yield self._next(10, 15, asked.ResumeIssue(note="条件已具备,恢复办理"), handler)
                return handler
            renewed = self._span.later(self._at.date(), 14) + timedelta(days=20)
            progress = "已对接上级业务部门,政策口径待明确。"
            yield self._next(14, 14, asked.RenewTracking(progress=progress, measures=measures, milestone=renewed), head)
            return None
        mark = KnownTicket(document_no=f"{self._id}/request")
        tried = asked.RequestEscalation(tried="已两次现场协调,涉及权限不在本级", request="请求区级协调相关部门研究解决")
        yield self._next(1, 2, tried, head, mark)
        if road == "asking":
            return None
        office_head = who["office-head"]
        units = frozenset(other.code for other in self._where.filing) | {OFFICE}
        known = KnownTicket(units=units, posts=self._where.posts)
        lift = asked.ApproveEscalation(unit=OFFICE, leader=who["chief"].id, handler=office_head.id, document="")
        yield self._next(0, 2, lift, office, known)
        if road == "city":
            higher = asked.RequestEscalation(tried="区级专题会议研究,权限在市级", request="恳请市级主管部门研究批复")
            yield self._next(2, 4, higher, office, KnownTicket(document_no=f"{self._id}/city"))
            yield self._next(1, 2, lift.model_copy(update={"document": "七星府呈〔2026〕18号"}), chief, known)
            yield self._next(5, 8, asked.RecordCityReply(document="毕优办函〔2026〕6号", reply="原则同意,请按程序办理。"), office)
        return office_head.actor

    def _turning(self, road: str, unit: str) -> Iterator[Step]:
        """The roads of the desk: two units and another handler; twice more time; up and back; too late, and ruled upon."""
        who, office = self._where.who, self._where.who["office"].actor
        head, handler = who[f"{unit}-head"].actor, who[f"{unit}-worker1"].actor
        helping = next(other.code for other in self._where.filing if other.code != unit) if road == "handled" else None
        order = asked.DispatchIssue(
            unit=unit,
            co_units=(helping,) if helping else (),
            leader=who[f"{unit}-deputy"].id,
            measures=MEASURES[0],
            due="standard",
        )
        known = KnownTicket(units=frozenset(other.code for other in self._where.filing), posts=self._where.posts)
        yield self._next(0, 0, order, office, known)
        yield self._next(0, 0, asked.SignIssue(), handler, KnownTicket(posts=self._where.posts))
        yield self._next(0, 1, asked.ProgressIssue(note=PROGRESS[0], contacted=True), handler)
        if helping:
            handler = yield from self._helped(unit, helping)
        elif road == "endorsed":
            request = asked.RequestExtension(workdays=3, reason="需等待检测结果", plan="结果出具后两日内办结", told=True)
            yield self._next(0, 1, request, head)
            yield self._next(0, 1, asked.ApproveExtension(note="同意"), office)
            yield self._next(2, 2, request.model_copy(update={"reason": "检测机构延后出具结果"}), head)
            for account in ("inspector", "chief"):
                yield self._next(0, 1, asked.ApproveExtension(note="同意再延"), who[account].actor)
        elif road == "sent-back":
            tried = asked.RequestEscalation(tried="已现场协调一次", request="请求区级协调")
            yield self._next(0, 1, tried, head, KnownTicket(document_no=f"{self._id}/request"))
            back = asked.RejectEscalation(directions="属本级职权,请会同供电所继续办理,两日内答复企业")
            yield self._next(0, 1, back, office)
        else:
            ruled = asked.RuleMeasure(measure=Measure.BULLETIN, taken=True, words="情况属实,予以通报并限期办结")
            yield self._next(14, 14, ruled, who["office-head"].actor)
        yield from self._finish(unit, handler, "straight")

    def _helped(self, unit: str, helping: str) -> Generator[Step, None, Actor]:
        """Another unit does its part, another handler takes over, and a plea for more time is refused. Answers the handler."""
        who = self._where.who
        head, taker = who[f"{unit}-head"].actor, who[f"{unit}-worker2"]
        yield self._next(0, 0, asked.SupplementIssue(words="企业来电补充:货车进出多在早间。"), who["hotline"].actor)
        taken = asked.ReassignIssue(handler=taker.id, reason="原承办人外出培训")
        yield self._next(0, 1, taken, head, KnownTicket(posts=self._where.posts))
        part = asked.AnswerCoHandling(unit=helping, result="已完成本单位承担的现场勘查。")
        yield self._next(0, 1, part, who[f"{helping}-deputy"].actor)
        request = asked.RequestExtension(workdays=3, reason="等待施工单位进场", plan="进场后三日内完成", told=True)
        yield self._next(0, 0, request, head)
        yield self._next(0, 1, asked.RejectExtension(reason="工程量小,请按原时限办结"), who["office"].actor)
        yield self._next(0, 0, asked.AnswerStage(reply="已完成勘查,正在安排修补。"), taker.actor)
        return taker.actor

    def _due(self) -> date:
        """When it has to be solved."""
        assert isinstance(self._state, Signed)  # noqa: S101  whoever asks is handling it.
        return self._state.due.on

    def _declined(self, office: Actor, *, contested: bool) -> Iterator[Step]:
        reason, text = self._rng.choice(REFUSALS)
        yield self._next(0, 1, asked.DeclineIssue(reason=reason, text=text), office)
        if contested:
            yield self._next(1, 2, asked.ContestDecline(words="企业认为属本区职权,请求复核"), self._where.who["hotline"].actor)

    def _dispatch(self, to: str, unit: str, *, across: bool) -> Step:
        leader = self._where.who[f"{to}-{self._rng.choice(('head', 'deputy'))}"]
        order = asked.DispatchIssue(unit=to, co_units=(), leader=leader.id, measures=self._rng.choice(MEASURES), due="standard")
        by = self._where.who["office" if across else f"{unit}-head"].actor
        units = frozenset(other.code for other in self._where.filing) | {OFFICE}
        known = KnownTicket(units=units, posts=self._where.posts)
        return self._next(0, 1, order, by, known)

    def _finish(self, to: str, handler: Actor, road: str) -> Iterator[Step]:
        rng, who = self._rng, self._where.who
        lifted = road in ("district", "city")
        reviewer = who["office"].actor if lifted else self._leader(to)
        caller = who["inspector-caller" if lifted else "caller"].actor
        term = workdays(self._origin.report.nature, Urgency.ORDINARY)
        yield self._resolve(handler, max(0, term - 3) if rng.random() < 0.9 else term + 2)  # noqa: PLR2004
        if road == "review":
            return
        if rng.random() < 0.05:  # noqa: PLR2004
            yield self._next(0, 1, asked.RejectResolution(reason="办理结果未写明企业是否认可,请补充"), reviewer)
            yield self._resolve(handler, 1)
        yield self._next(0, 1, asked.ApproveResolution(note=""), reviewer)
        if road == "call":
            return
        rating: Rating | None = rng.choices(_RATINGS, _SHARES)[0]
        if rating is None:
            for _ in range(3):
                yield self._next(1, 1, asked.RecordCallBack(outcome=CallOutcome.UNREACHED, reason="", note=""), caller)
        else:
            yield self._next(1, 3, self._answer(rating), caller)
        if rating is Rating.DISSATISFIED:
            yield self._next(0, 0, asked.ReopenIssue(reason=rng.choice(UNHAPPY)), caller)
            yield self._next(0, 1, asked.ProgressIssue(note="已再次上门,重新商定办理措施。", contacted=True), handler)
            yield self._resolve(handler, 2)
            yield self._next(0, 1, asked.ApproveResolution(note="复核通过"), reviewer)
            yield self._next(1, 2, self._answer(Rating.SATISFIED), caller)
        yield self._next(0, 0, asked.CloseIssue(), caller, KnownTicket(siblings=0))

    def _leader(self, unit: str) -> Actor:
        """Who reviews: the deputy, or the head where the deputy had it because nobody signed in time."""
        deputy, head = (self._where.who[f"{unit}-{what}"].actor for what in ("deputy", "head"))
        return head if isinstance(self._state, Signed) and deputy.id in self._state.work.handlers else deputy

    def _answer(self, rating: Rating) -> asked.RecordCallBack:
        unhappy = self._rng.choice(UNHAPPY) if rating is Rating.DISSATISFIED else ""
        return asked.RecordCallBack(outcome=CallOutcome.ANSWERED, rating=rating, reason=unhappy, note="")

    def _resolve(self, handler: Actor, days: int) -> Step:
        outcome = self._rng.choices((Outcome.SOLVED, Outcome.PARTLY, Outcome.EXPLAINED), (75, 10, 15))[0]
        result = asked.ResolveIssue(outcome=outcome, result=self._rng.choice(RESULTS), reply=REPLY)
        return self._next(days // 2, days, result, handler)

    def _report(self, unit: str) -> Step:
        enterprise = self._origin.enterprise
        named = Visited(id=enterprise.id, code=enterprise.code, name=enterprise.name)
        known = KnownTicket(KnownReport(named, unit), self._no, frozenset({unit}))
        id_ = derived_id("issues", "report", str(self._id))
        return Step(self._at, ISSUE, str(self._id), self._origin.report, self._origin.by, id_, self._id, known)

    def _next(self, first: int, last: int, command: asked.TicketCommand, by: Actor, known: KnownTicket = NOTHING) -> Step:
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
        return self._step(command, by, known, self._at)

    def _step(self, command: asked.TicketCommand, by: Actor, known: KnownTicket, at: datetime) -> Step:
        self._count += 1
        id_ = derived_id("demo", "issue", str(self._id), str(self._count))
        return Step(at, ISSUE, str(self._id), command, by, id_, self._id, known)


def _addressee(state: State) -> str:
    """The unit a slip is addressed to."""
    assert not isinstance(state, Unreported)  # noqa: S101
    order = under_of(state)
    return order.unit if order else state.report.unit
