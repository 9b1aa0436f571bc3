"""Another system's log beside our rules: a ticket that exists only while a history is read, and only in memory.

A row says where the other system's ticket stood. From where the shadow stands, the shortest way of our own commands leads
there (``_WAYS``, the table of ``tickets.md``); they are put to the decider of tickets one by one, at the row's instant, by
stand-ins who hold whatever post is needed and are never the same person twice (承办≠审核≠回访). What a system does not tell
(that somebody reviewed, that somebody called back) is taken as done on the way: only what it does tell is judged. A
refusal leaves the shadow where it was. Nothing of this is written but the code of the refusal.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

from services.issues.domain.ticket.commands import (
    AcceptIssue,
    ApproveEscalation,
    ApproveResolution,
    ArchiveIssue,
    CloseIssue,
    ContestDecline,
    DeclineIssue,
    DispatchIssue,
    MergeIssue,
    ProgressIssue,
    RecordCallBack,
    RejectEscalation,
    RejectResolution,
    ReopenIssue,
    ReportIssue,
    RequestEscalation,
    ResolveIssue,
    ResumeIssue,
    ReturnIssue,
    SignIssue,
    TicketCommand,
    TrackIssue,
    WithdrawIssue,
)
from services.issues.domain.ticket.decide import ISSUE
from services.issues.domain.ticket.known import KnownReport, KnownTicket
from services.issues.domain.ticket.states import State, Ticket, Unreported
from shared.events.visits import Visited
from shared.language.decider import Actor, Context
from shared.language.months import Calendar, local_date
from shared.language.problems import Problem, Refused
from shared.language.terms import CallOutcome, Cause, DeclineReason, IssueStage, Level, Outcome, Rating, Role, Source, derived_id

_UNIT = "SHADOW"
_WORD = "补录"


class NoWayThere(Refused):
    """Our table of transitions leads from the one stage to the other by no way (``tickets.md``)."""

    title = "现行规则没有这样的环节变化"


class LevelNeverFalls(Refused):
    """What was escalated stays there; the lower level goes on as co-handler (T13)."""

    title = "提级后不再下移,下级继续协办"


def _stand_in(name: str, *roles: Role, unit: str = _UNIT) -> Actor:
    return Actor(derived_id("shadow", name), name, frozenset(roles), unit)


_HANDLER = _stand_in("handler", Role.WORKER, Role.LIAISON)
_HEAD = _stand_in("head", Role.HEAD)
_REVIEWER = _stand_in("reviewer", Role.DEPUTY, Role.OFFICE)
_OFFICE = _stand_in("office", Role.OFFICE, unit="")
_CHIEF = _stand_in("chief", Role.CHIEF, unit="")
_CALLER = _stand_in("caller", Role.CALLER_BACK, unit="")
_ITSELF = _stand_in("itself", Role.SYSTEM, unit="")
_ENTERPRISE = Visited(id=derived_id("shadow", "enterprise"), code="", name=_WORD)
_SUBJECT = UUID("00000000-0000-7000-8000-000000000000")
_KNOWN = KnownTicket(
    report=KnownReport(_ENTERPRISE, _UNIT),
    no="QXG-200001-SHADOW-0001",
    units=frozenset({_UNIT}),
    posts={_HEAD.id: {_UNIT: frozenset({Role.HEAD})}, _HANDLER.id: {_UNIT: frozenset({Role.WORKER})}},
    master=_WORD,
    siblings=0,
    document_no="贵服请〔2000〕1号",
)

Asked = tuple[Actor, TicketCommand]
_REPORT: Asked = (_OFFICE, ReportIssue.model_construct(enterprise=_ENTERPRISE.id, source=Source.OTHER, content=_WORD))
_S = IssueStage
_CALLED = RecordCallBack(outcome=CallOutcome.ANSWERED, rating=Rating.SATISFIED, reason="", note="")
_COMPLAINED = RecordCallBack(outcome=CallOutcome.ANSWERED, rating=Rating.DISSATISFIED, reason=_WORD, note="")
_WAYS: dict[IssueStage, dict[IssueStage, tuple[Asked, ...]]] = {
    _S.REPORTED: {
        _S.ACCEPTED: ((_OFFICE, AcceptIssue()),),
        _S.DECLINED: ((_OFFICE, DeclineIssue(reason=DeclineReason.NOT_OURS, text=_WORD)),),
    },
    _S.ACCEPTED: {
        _S.DISPATCHED: ((_OFFICE, DispatchIssue(unit=_UNIT, co_units=(), leader=_HEAD.id, measures=_WORD, due="standard")),),
    },
    _S.DISPATCHED: {_S.SIGNED: ((_HANDLER, SignIssue()),), _S.ACCEPTED: ((_HEAD, ReturnIssue(reason=_WORD)),)},
    _S.SIGNED: {
        _S.RESOLVED: ((_HANDLER, ResolveIssue(outcome=Outcome.SOLVED, result=_WORD, reply=_WORD)),),
        _S.ESCALATING: ((_HEAD, RequestEscalation(tried=_WORD, request=_WORD)),),
    },
    _S.ESCALATING: {_S.SIGNED: ((_OFFICE, RejectEscalation(directions=_WORD)),)},
    _S.TRACKED: {_S.SIGNED: ((_HANDLER, ResumeIssue(note=_WORD)),)},
    _S.RESOLVED: {
        _S.REVIEWED: ((_REVIEWER, ApproveResolution(note="")),),
        _S.SIGNED: ((_REVIEWER, RejectResolution(reason=_WORD)),),
    },
    _S.REVIEWED: {
        _S.CLOSED: ((_CALLER, _CALLED), (_CALLER, CloseIssue())),
        _S.SIGNED: ((_CALLER, _COMPLAINED), (_CALLER, ReopenIssue(reason=_WORD))),
    },
    _S.CLOSED: {
        _S.ARCHIVED: ((_ITSELF, ArchiveIssue(file_no="", retention_years=10)),),
        _S.SIGNED: ((_ITSELF, ReopenIssue(reason=_WORD)),),
    },
    _S.DECLINED: {_S.REPORTED: ((_ITSELF, ContestDecline(words=_WORD)),)},
}
"""From a stage to the next, by which commands. Tracking, merging and withdrawing are added below: they need a day."""
_OPEN = tuple(stage for stage in _S if stage not in (_S.CLOSED, _S.ARCHIVED, _S.DECLINED, _S.MERGED, _S.WITHDRAWN))


def _next(stage: IssueStage) -> list[IssueStage]:
    found = list(_WAYS.get(stage, {}))
    if stage is _S.SIGNED:
        found.append(_S.TRACKED)
    if stage in (_S.REPORTED, _S.ACCEPTED):
        found.append(_S.MERGED)
    if stage in _OPEN:
        found.append(_S.WITHDRAWN)
    return found


@cache
def _route(start: IssueStage, end: IssueStage) -> tuple[IssueStage, ...] | None:
    """The shortest way, without its start; ``None`` where there is none."""
    waiting: deque[tuple[IssueStage, tuple[IssueStage, ...]]] = deque([(start, ())])
    seen = {start}
    while waiting:
        stage, way = waiting.popleft()
        if stage is end:
            return way
        for following in _next(stage):
            if following not in seen:
                seen.add(following)
                waiting.append((following, (*way, following)))
    return None


def _asked(start: IssueStage, end: IssueStage, at: datetime, level: Level) -> tuple[Asked, ...]:
    """The commands of one step of a way."""
    if end is _S.TRACKED:
        near = local_date(at) + timedelta(days=20)
        return ((_HEAD, TrackIssue(cause=Cause.OTHER, analysis=_WORD, measures=_WORD, milestone=near)),)
    if end is _S.MERGED:
        return ((_OFFICE, MergeIssue(master=_HEAD.id)),)
    if end is _S.WITHDRAWN:
        return ((_CALLER, WithdrawIssue(reason=_WORD, call=_WORD)),)
    if end is _S.ESCALATING and level is Level.DISTRICT:
        return ((_OFFICE, RequestEscalation(tried=_WORD, request=_WORD)),)
    return _WAYS[start][end]


_LIFT = ApproveEscalation(unit=_UNIT, leader=_HEAD.id, handler=_HANDLER.id, document=_WORD)
_RANK = (Level.GRID, Level.DISTRICT, Level.CITY)


@dataclass
class Shadow:
    """The ticket as our rules would have it, row after row."""

    calendar: Calendar
    state: State = field(default_factory=Unreported)
    level: Level = Level.GRID
    """The level of the ticket here; a fall of the other system never lowers it."""
    told: Level = Level.GRID
    """The level the row before told."""

    def put(self, at: datetime, stage: IssueStage, level: Level) -> str:
        """Carry out a row. Answers the code of the refusal, or nothing."""
        before, then, self.told = (self.state, self.level), self.told, level
        try:
            if isinstance(self.state, Unreported):
                self._ask(at, _REPORT)
            elif _RANK.index(level) < _RANK.index(then):
                raise LevelNeverFalls
            self._climb(at, level, stage)
            self._walk(at, stage)
        except Problem as problem:
            self.state, self.level = before
            if isinstance(self.state, Unreported):
                self._ask(at, _REPORT)  # It was at least reported: the next row is judged from there.
            return problem.code()
        return ""

    def _climb(self, at: datetime, level: Level, stage: IssueStage) -> None:
        """Level by level, from somebody's desk."""
        if _RANK.index(level) <= _RANK.index(self.level):
            return
        if self._ticket.STAGE is not _S.TRACKED:
            self._walk(at, _S.SIGNED)
        while self.level is not level:
            above = _RANK[_RANK.index(self.level) + 1]
            if stage is _S.ESCALATING and above is level:
                return  # It asks for the level and has not got it.
            self._ask(at, (_HEAD if self.level is Level.GRID else _OFFICE, RequestEscalation(tried=_WORD, request=_WORD)))
            self._ask(at, (_CHIEF if above is Level.CITY else _REVIEWER, _LIFT))
            self.level = above

    def _walk(self, at: datetime, stage: IssueStage) -> None:
        if self._ticket.STAGE is stage:
            if stage in (_S.SIGNED, _S.TRACKED):
                self._ask(at, (_HANDLER, ProgressIssue(note=_WORD, contacted=True)))
            return
        way = _route(self._ticket.STAGE, stage)
        if way is None:
            raise NoWayThere(stage=self._ticket.STAGE.label, to=stage.label)
        for following in way:
            for asked in _asked(self._ticket.STAGE, following, at, self.level):
                self._ask(at, asked)

    @property
    def _ticket(self) -> Ticket:
        assert not isinstance(self.state, Unreported)  # noqa: S101  the first row has reported it.
        return self.state

    def _ask(self, at: datetime, asked: Asked) -> None:
        actor, command = asked
        context = Context(actor, at, local_date(at), self.calendar, _SUBJECT, _KNOWN)
        self.state = ISSUE.fold(ISSUE.decide(self.state, command, context), self.state)
