"""Tickets without servers: people, a calendar, one command per kind, and how each stage is reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.issues.domain.ticket import commands as c
from services.issues.domain.ticket.decide import ISSUE
from services.issues.domain.ticket.known import KnownReport, KnownTicket
from shared.events.issues import AlarmsSet
from shared.events.visits import Visited
from shared.language.decider import Actor, Context
from shared.language.facts import Fact
from shared.language.months import SHANGHAI, Calendar, Year, local_date
from shared.language.problems import Problem
from shared.language.terms import (
    Alarm,
    CallOutcome,
    Cause,
    Colour,
    DeclineReason,
    Measure,
    Nature,
    Outcome,
    Rating,
    Role,
    Source,
    derived_id,
)

FESTIVALS = ((1, 1), (2, 16), (2, 17), (2, 18), (2, 19), (4, 5), (5, 1), (5, 2), (6, 19))
OFF = (
    {date(2026, *day): True for day in FESTIVALS}
    | {date(2026, 9, day): True for day in (25, 26, 27)}
    | {date(2026, 10, day): True for day in range(1, 8)}
)
WORKED = {date(2026, 9, 20): False, date(2026, 10, 10): False}
CALENDAR = Calendar.of({2026: Year(2026, "1", OFF | WORKED)})
SUBJECT = UUID("01990000-0000-7000-8000-000000000001")
OTHER = UUID("01990000-0000-7000-8000-000000000002")
ENTERPRISE = Visited(id=UUID("01990000-0000-7000-8000-0000000000ee"), code="91520502MA00000001", name="某食品有限公司")
SLIP, FORM = "贵服督〔2026〕1号", "贵服请〔2026〕1号"


def person(account: str, unit: str, *roles: Role) -> Actor:
    """Somebody; the same account is the same person at whatever desk."""
    return Actor(derived_id("member", account), account, frozenset(roles), unit)


PEOPLE = {
    who.account: who
    for who in (
        person("w", "T01", Role.WORKER),
        person("w2", "T01", Role.WORKER),
        person("l", "T01", Role.LIAISON),
        person("d", "T01", Role.DEPUTY),
        person("h", "T01", Role.HEAD),
        person("i", "T01", Role.INFORMANT),
        person("watch", "T01", Role.SUPERVISOR),
        person("own-caller", "T01", Role.CALLER_BACK),
        person("wd", "T01", Role.WORKER, Role.DEPUTY),
        person("w5", "D05", Role.WORKER),
        person("l5", "D05", Role.LIAISON),
        person("d5", "D05", Role.DEPUTY),
        person("h5", "D05", Role.HEAD),
        person("office", "OFFICE", Role.OFFICE),
        person("office2", "OFFICE", Role.OFFICE),
        person("office-head", "OFFICE", Role.OFFICE_HEAD),
        person("hotline", "OFFICE", Role.HOTLINE),
        person("caller", "OFFICE", Role.CALLER_BACK),
        person("chief", "520502", Role.CHIEF),
        person("inspector", "INSPECT", Role.INSPECTOR),
        person("auditor", "INSPECT", Role.AUDITOR),
        person("admin", "", Role.ADMIN),
        person("system", "", Role.SYSTEM),
    )
}
KNOWN = KnownTicket(
    report=KnownReport(ENTERPRISE, "T01"),
    no="QXG-202609-T01-0001",
    units=frozenset({"T01", "T02", "D05", "OFFICE", "INSPECT"}),
    posts={who.id: {who.unit: who.roles} for who in PEOPLE.values()},
    master="QXG-202609-T01-0002",
    siblings=0,
    document_no=SLIP,
    reds=0,
)


def at(text: str) -> datetime:
    """``09-14T10:00`` of 2026, on the wall in Asia/Shanghai."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)


def context(who: str | Actor, when: str | datetime = "09-14T10:00", **known: Any) -> Context:
    """What a decision knows, at an hour; of a ticket unless it is told what else (``known``)."""
    now = at(when) if isinstance(when, str) else when
    actor = PEOPLE[who] if isinstance(who, str) else who
    calendar = known.pop("calendar", CALENDAR)
    told = known["known"] if "known" in known else replace(KNOWN, **known)
    return Context(actor, now, local_date(now), calendar, SUBJECT, told)


REPORT = c.ReportIssue(enterprise=ENTERPRISE.id, source=Source.IN_PERSON, content="厂区门口道路积水", nature=Nature.HELP)
DISPATCH = c.DispatchIssue(unit="T01", leader=PEOPLE["h"].id, measures="现场勘察后清淤", due="standard")
CROSS = c.DispatchIssue(unit="D05", co_units=("T01",), leader=PEOPLE["h5"].id, measures="部门牵头", due="standard")
TRACK = c.TrackIssue(cause=next(iter(Cause)), analysis="土地指标未下达", measures="先行租用", milestone=date(2026, 10, 9))
LIFT = c.ApproveEscalation(unit="D05", leader=PEOPLE["h5"].id, handler=PEOPLE["w5"].id)
RESOLVE = c.ResolveIssue(outcome=Outcome.SOLVED, result="已清淤", reply="贵公司门口积水已排除")
GOOD = c.RecordCallBack(outcome=CallOutcome.ANSWERED, rating=Rating.SATISFIED)
BAD = c.RecordCallBack(outcome=CallOutcome.ANSWERED, rating=Rating.DISSATISFIED, reason="又积水了")
MISSED = c.RecordCallBack(outcome=CallOutcome.UNREACHED)
EXTEND = c.RequestExtension(workdays=3, reason="等材料", plan="到货即修", told=True)

COMMANDS: dict[type[c.Step], c.Step] = {
    type(step): step
    for step in (
        REPORT,
        c.AcceptIssue(),
        c.DeclineIssue(reason=next(iter(DeclineReason)), text="请向法院提出"),
        c.ContestDecline(words="我们不同意"),
        c.MergeIssue(master=OTHER),
        c.AnswerSibling(reply="同一积水已排除"),
        DISPATCH,
        c.SignIssue(),
        c.ReturnIssue(reason="三定规定此项归住建"),
        c.ReassignIssue(handler=PEOPLE["w2"].id, reason="原承办人出差"),
        c.ProgressIssue(note="已到现场", contacted=True),
        EXTEND,
        c.ApproveExtension(),
        c.RejectExtension(reason="材料已到"),
        TRACK,
        c.RenewTracking(progress="指标已报", measures="继续租用", milestone=date(2026, 10, 9)),
        c.ResumeIssue(note="指标已下"),
        c.RequestEscalation(tried="已协调三次", request="请区级牵头"),
        LIFT,
        c.RejectEscalation(directions="先由本级协调"),
        c.RecordCityReply(document="毕府办函〔2026〕3号", reply="已列入计划"),
        c.AnswerStage(reply="正在办理"),
        c.AnswerCoHandling(unit="T01", result="本单位部分已完成"),
        RESOLVE,
        c.ApproveResolution(),
        c.RejectResolution(reason="照片不清"),
        GOOD,
        c.CloseIssue(),
        c.ReopenIssue(reason="又积水了"),
        c.ArchiveIssue(),
        c.WithdrawIssue(reason="已自行解决", call="09-14 电话确认"),
        c.UrgeIssue(),
        c.SuperviseIssue(colour=Colour.RED, words="限期答复"),
        c.AnswerSupervision(no=SLIP, reply="已安排"),
        c.SupplementIssue(words="还有一处积水"),
        c.RaiseAlarm(kind=Alarm.RED, deadline=date(2026, 9, 22), at=at("09-14T09:00")),
        c.RederiveDeadline(),
        c.RuleMeasure(measure=Measure.BULLETIN, taken=False, words="情有可原"),
    )
}
"""One of each kind, with words that could be right."""

Said = tuple[c.Step, str] | tuple[c.Step, str, str]
"""A command, who says it, and the hour if it is another than ten o'clock on 14 September."""


def of(kind: type[c.Step]) -> c.Step:
    """The command of this kind."""
    return COMMANDS[kind]


TO_REPORTED: list[Said] = [(REPORT, "w")]
TO_ACCEPTED: list[Said] = [*TO_REPORTED, (of(c.AcceptIssue), "l")]
TO_DISPATCHED: list[Said] = [*TO_ACCEPTED, (DISPATCH, "h")]
TO_SIGNED: list[Said] = [*TO_DISPATCHED, (of(c.SignIssue), "w")]
TO_RESOLVED: list[Said] = [*TO_SIGNED, (RESOLVE, "w")]
TO_REVIEWED: list[Said] = [*TO_RESOLVED, (of(c.ApproveResolution), "d")]
TO_RATED: list[Said] = [*TO_REVIEWED, (GOOD, "caller")]
TO_CLOSED: list[Said] = [*TO_RATED, (of(c.CloseIssue), "caller")]
TO_ARCHIVED: list[Said] = [*TO_CLOSED, (of(c.ArchiveIssue), "system", "10-30T10:00")]
TO_TRACKED: list[Said] = [*TO_SIGNED, (TRACK, "h")]
TO_ESCALATING: list[Said] = [*TO_SIGNED, (of(c.RequestEscalation), "h")]
TO_LIFTED: list[Said] = [*TO_ESCALATING, (LIFT, "office")]
STAGES: dict[str, list[Said]] = {
    "Unreported": [],
    "Reported": TO_REPORTED,
    "Accepted": TO_ACCEPTED,
    "Dispatched": TO_DISPATCHED,
    "Signed": TO_SIGNED,
    "Resolved": TO_RESOLVED,
    "Reviewed": TO_REVIEWED,
    "Closed": TO_CLOSED,
    "Archived": TO_ARCHIVED,
    "Tracked": TO_TRACKED,
    "Escalating": TO_ESCALATING,
    "Declined": [*TO_REPORTED, (of(c.DeclineIssue), "office")],
    "Merged": [*TO_REPORTED, (of(c.MergeIssue), "office")],
    "Withdrawn": [*TO_SIGNED, (of(c.WithdrawIssue), "caller")],
}


def given(story: Sequence[Said], **known: Any) -> Any:
    """The state a story leads to; every step of it is carried out."""
    state: Any = ISSUE.initial
    for command, who, *when in story:
        facts = ISSUE.decide(state, command, context(who, *when, **known))
        assert facts, f"{command} changed nothing"
        state = ISSUE.fold(facts, state)
    return state


def when(story: Sequence[Said], command: c.Step, who: str | Actor, hour: str = "09-14T10:00", **known: Any) -> list[Fact]:
    """The facts of one more command, without the alarms planned with them."""
    facts = ISSUE.decide(given(story), command, context(who, hour, **known))
    return [fact for fact in facts if not isinstance(fact, AlarmsSet)]


def then(story: Sequence[Said], command: c.Step, who: str, hour: str = "09-14T10:00", **known: Any) -> Any:
    """The state after one more command."""
    state = given(story)
    return ISSUE.fold(ISSUE.decide(state, command, context(who, hour, **known)), state)


def refusal(story: Sequence[Said], command: c.Step, who: str | Actor, hour: str = "09-14T10:00", **known: Any) -> str:
    """The name of the refusal of one more command."""
    try:
        facts = when(story, command, who, hour, **known)
    except Problem as problem:
        assert problem.document()["title"]
        return type(problem).__name__
    raise AssertionError(f"carried out: {facts}")
