"""Facts of tickets: what enterprises need and what became of it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from shared.events.unmasking import Unmasked
from shared.events.visits import Visited
from shared.language.facts import Fact, Part
from shared.language.freetext import Code, FreeText, Name, Reference, Said
from shared.language.months import WrittenDate
from shared.language.personal import Personal
from shared.language.terms import (
    Alarm,
    CallOutcome,
    Category,
    Cause,
    Colour,
    DeclineReason,
    IssueStage,
    Level,
    Measure,
    Mode,
    Nature,
    Outcome,
    Rating,
    RecheckKind,
    Source,
    Urgency,
)


class IssueReported(Fact, type="issues.issue-reported.v1", title="登记"):
    """T1 登记. ``no`` is QXG-YYYYMM-unit-nnnn; ``visit`` and ``demand`` name the demand it came from."""

    no: Code
    enterprise: Visited
    unit: Code
    source: Source
    visit: UUID | None = None
    demand: int | None = None
    content: FreeText
    category: Category
    nature: Nature
    urgency: Urgency
    reporter: Personal | None = None
    phone: Personal | None = None
    external_no: Reference = ""
    external_due: date | None = None
    on: date
    at: datetime | None = None
    """The instant, where a term counts in hours."""
    by: UUID | None = None
    """Who reported it by hand, or at the visit it came from; nobody where the enterprise did so itself."""


class IssueAccepted(Fact, type="issues.issue-accepted.v1", title="受理"):
    """T2 受理."""

    category: Category
    nature: Nature
    urgency: Urgency
    on: date | None = None
    difficult: bool = False
    """多部门疑难: several departments, and a longer term."""


class Due(Part):
    """A deadline as a fact: the day, and how it was derived (rule and calendar version named).

    ``start`` and ``workdays`` are there where it was counted, and not where somebody named the day.
    """

    on: date
    derivation: Said
    calendar: Code
    rule: Code
    start: date | None = None
    workdays: int | None = None


class CoDue(Part):
    """A co-handler's own deadline."""

    unit: Code
    due: Due


class IssueDispatched(Fact, type="issues.issue-dispatched.v1", title="交办"):
    """T5 交办: impossible without unit, leader, measures and due date (R30). The clock starts here."""

    unit: Code
    co_units: tuple[Code, ...] = ()
    leader: UUID
    measures: FreeText
    due: Due
    level: Level = Level.GRID
    on: date
    at: datetime | None = None
    co_dues: tuple[CoDue, ...] = ()


class IssueSigned(Fact, type="issues.issue-signed.v1", title="签收"):
    """T6 签收."""

    handler: UUID
    on: date
    auto: bool = False
    """Nobody signed in time: the responsible leader has it, and it counts as signed late."""


class IssueProgressed(Fact, type="issues.issue-progressed.v1", title="进展"):
    """T8 首次联系 / 进展."""

    note: FreeText
    contacted: bool = False
    next_on: date | None = None
    on: date


class IssueResolved(Fact, type="issues.issue-resolved.v1", title="报结"):
    """T15 报结: what came of it, and the answer the enterprise gets, in words."""

    outcome: Outcome
    result: FreeText
    reply: FreeText
    on: date


class ResolutionApproved(Fact, type="issues.resolution-approved.v1", title="审核通过"):
    """T16 审核通过, by somebody who did not handle it."""

    note: FreeText = ""
    by: UUID | None = None
    on: date


class ResolutionRejected(Fact, type="issues.resolution-rejected.v1", title="审核退回"):
    """T17 审核退回: the deadline stays as it was."""

    reason: FreeText
    by: UUID | None = None
    on: date


class CallBackRecorded(Fact, type="issues.call-back-recorded.v1", title="回访"):
    """One call-back by somebody outside the handling unit (R51)."""

    outcome: CallOutcome
    rating: Rating | None = None
    reason: FreeText = ""
    note: FreeText = ""
    by: UUID | None = None
    on: date


class IssueClosed(Fact, type="issues.issue-closed.v1", title="办结"):
    """T18 办结. Without a rating only after three tries on two days or more."""

    rating: Rating | None = None
    on: date
    ruling: FreeText = ""
    """The office's words where it closes although the enterprise was dissatisfied: the reason was not substantiated."""


class IssueReopened(Fact, type="issues.issue-reopened.v1", title="重办"):
    """T19 重办: handled again within five working days."""

    reason: FreeText
    due: Due
    on: date
    by_enterprise: bool = False


class IssueArchived(Fact, type="issues.issue-archived.v1", title="归档"):
    """T20 归档."""

    file_no: Reference = ""
    on: date
    retention_years: int | None = None


class IssueDeclined(Fact, type="issues.issue-declined.v1", title="不予受理"):
    """T3 不予受理: a legal reason, and the text the enterprise gets. ``final`` once its objection was heard."""

    reason: DeclineReason
    text: FreeText
    on: date
    final: bool = False


class DeclineContested(Fact, type="issues.decline-contested.v1", title="异议"):
    """The enterprise objects to the refusal, once: it is looked at anew."""

    words: FreeText
    on: date


class IssueMerged(Fact, type="issues.issue-merged.v1", title="合并"):
    """T4 合并 into another ticket. The enterprise keeps its own answer and its own call-back."""

    master: UUID
    master_no: Code
    reason: FreeText = ""
    on: date


class SiblingAnswered(Fact, type="issues.sibling-answered.v1", title="答复合并件"):
    """The answer to the enterprise whose ticket was merged into another one."""

    reply: FreeText
    on: date
    by: UUID | None = None


class IssueReturned(Fact, type="issues.issue-returned.v1", title="退回"):
    """T7 退回 by the unit it was dispatched to, once, with the rule it rests on. The clock keeps running."""

    reason: FreeText
    by: UUID
    on: date


class IssueReassigned(Fact, type="issues.issue-reassigned.v1", title="改派"):
    """Another handler within the unit; no clock moves."""

    handler: UUID
    reason: FreeText
    on: date


class ExtensionRequested(Fact, type="issues.extension-requested.v1", title="延期申请"):
    """T9 延期申请: so many working days more, why, by which plan, and that the enterprise was told."""

    workdays: int
    reason: FreeText
    plan: FreeText
    by: UUID
    on: date


class ExtensionEndorsed(Fact, type="issues.extension-endorsed.v1", title="延期会签"):
    """One of the two signatures a second extension needs."""

    by: UUID
    role: Code
    note: FreeText = ""
    on: date


class ExtensionApproved(Fact, type="issues.extension-approved.v1", title="批准延期"):
    """T9 延期批准: a deadline is added, the first one stays known."""

    due: Due
    workdays: int
    note: FreeText = ""
    by: UUID
    on: date


class ExtensionRejected(Fact, type="issues.extension-rejected.v1", title="驳回延期"):
    """T9 延期驳回: the deadline stays."""

    reason: FreeText
    by: UUID
    on: date


class IssueTracked(Fact, type="issues.issue-tracked.v1", title="转跟踪"):
    """T10 转跟踪: can't be solved now, stays unsolved, and is looked at again by the milestone (R31)."""

    cause: Cause
    analysis: FreeText
    measures: FreeText
    milestone: date
    on: date


class TrackingRenewed(Fact, type="issues.tracking-renewed.v1", title="跟踪续期"):
    """T11 续期 with what was done since and the next milestone."""

    progress: FreeText
    measures: FreeText
    milestone: date
    on: date


class IssueResumed(Fact, type="issues.issue-resumed.v1", title="恢复办理"):
    """T11 恢复办理. The deadline is the one it had: tracking stops no clock for good."""

    note: FreeText
    on: date


class EscalationRequested(Fact, type="issues.escalation-requested.v1", title="提级申请"):
    """T12 提级申请 with the number of its 报请单, what was tried and what is asked for, signed by the head."""

    no: Code
    to: Level
    tried: FreeText
    request: FreeText
    by: UUID
    on: date


class EscalationApproved(Fact, type="issues.escalation-approved.v1", title="批准提级"):
    """T13: the level above has it, with a clock of its own; the unit below stays as co-handler."""

    level: Level
    unit: Code
    leader: UUID
    handler: UUID
    due: Due
    document: Reference = ""
    by: UUID
    on: date


class EscalationRejected(Fact, type="issues.escalation-rejected.v1", title="退回提级"):
    """T14 退回提级 with directions; the old clock has run on."""

    directions: FreeText
    by: UUID
    on: date


class CityReplied(Fact, type="issues.city-replied.v1", title="市级答复"):
    """The city's reply: its document number, its words, and the deadline it sets if it does."""

    document: Reference
    reply: FreeText
    due: date | None = None
    on: date


class StageAnswered(Fact, type="issues.stage-answered.v1", title="阶段答复"):
    """阶段答复: what the enterprise was told while it waits."""

    reply: FreeText
    on: date


class CoHandlingAnswered(Fact, type="issues.co-handling-answered.v1", title="协办反馈"):
    """A co-handler's part is done, or what it has to say."""

    unit: Code
    result: FreeText
    by: UUID
    on: date


class IssueWithdrawn(Fact, type="issues.issue-withdrawn.v1", title="撤回"):
    """T21 撤回 by the enterprise, confirmed in a recorded call by somebody who does not handle it."""

    reason: FreeText
    call: Reference
    by: UUID
    on: date


class IssueUrged(Fact, type="issues.issue-urged.v1", title="催办"):
    """T22 催办: ``kind`` is who urges (auto, office, head, enterprise), ``to`` whom."""

    kind: Code
    to: Code = ""
    words: FreeText = ""
    on: date


class IssueSupervised(Fact, type="issues.issue-supervised.v1", title="督办"):
    """T23 督办: a numbered slip that has to be answered within three working days."""

    no: Reference
    colour: Colour
    words: FreeText
    reply_due: Due
    by: UUID | None = None
    on: date


class SupervisionAnswered(Fact, type="issues.supervision-answered.v1", title="督办回复"):
    """The unit's answer to a slip."""

    no: Reference
    reply: FreeText
    by: UUID
    on: date


class IssueSupplemented(Fact, type="issues.issue-supplemented.v1", title="补充"):
    """The enterprise, or whoever took its call, adds something. No clock moves."""

    words: FreeText
    on: date


class Ring(Part):
    """One alarm to come: its kind, the deadline it guards, and the instant it rings at (in working hours)."""

    kind: Alarm
    deadline: date
    at: datetime


class AlarmsSet(Fact, type="issues.alarms-set.v1", title="提醒计划"):
    """All alarms to come from now on, with the calendar they were derived by."""

    rings: tuple[Ring, ...]
    calendar: Code


class AlarmRaised(Fact, type="issues.alarm-raised.v1", title="提醒"):
    """An alarm rang, once. ``late_minutes``: how long after its instant, when the platform had been down."""

    kind: Alarm
    deadline: date
    at: datetime
    late_minutes: int = 0
    unit: Code = ""
    """Which unit had the ticket then; a later one is not to blame."""


class MeasureProposed(Fact, type="issues.measure-proposed.v1", title="系统建议"):
    """The platform proposes; nothing follows until a person has ruled."""

    measure: Measure
    unit: Code
    reason: Said
    on: date


class MeasureRuled(Fact, type="issues.measure-ruled.v1", title="裁定建议"):
    """A person takes a proposal up, or does not, with words."""

    measure: Measure
    taken: bool
    words: FreeText
    by: UUID
    on: date


class DeadlineRederived(Fact, type="issues.deadline-rederived.v1", title="重新推算时限"):
    """A newly published calendar moves the deadline of an open ticket; what was before stays known."""

    due: Due
    was: date
    on: date


class Clue(Part):
    """What in a visit's words points at a demand: the field, and where a word of asking stands in it."""

    field: Code
    word: Said = ""
    at: int = 0
    why: Said = ""


class OmissionSuspected(Fact, type="issues.omission-suspected.v1", title="疑似遗漏"):
    """疑似遗漏: a visit speaks of difficulties and brought no demand (R29). ``told`` is the version of the visit."""

    enterprise: Visited
    unit: Code
    visited_on: date
    mode: Mode
    difficulties: FreeText = ""
    suggestions: FreeText = ""
    clues: tuple[Clue, ...] = ()
    reporter: Personal | None = None
    phone: Personal | None = None
    told: int
    on: date


class OmissionDismissed(Fact, type="issues.omission-dismissed.v1", title="疑似遗漏排除"):
    """A person found no demand in it."""

    reason: FreeText
    by: UUID
    on: date


class OmissionOpened(Fact, type="issues.omission-opened.v1", title="疑似遗漏转为诉求"):
    """A person found a demand; ``ticket`` is the one it became."""

    ticket: UUID
    content: FreeText
    category: Category
    nature: Nature
    urgency: Urgency
    by: UUID
    on: date


class OmissionCleared(Fact, type="issues.omission-cleared.v1", title="疑似遗漏消除"):
    """The corrected visit brings its demands, or speaks of nothing any more."""

    why: Said
    told: int
    on: date


class PersonalUnmasked(Unmasked, type="issues.personal-unmasked.v1", title="查看个人信息明文(诉求)"):
    """Somebody read personal data in clear: what of whom, why, and never the data themselves (个人信息保护法 第五十一条)."""


class DutyDay(Part):
    """Who sits at the desk on a day."""

    on: WrittenDate
    members: tuple[UUID, ...]


class DutyPublished(Fact, type="issues.duty-published.v1", title="值班表发布"):
    """The desk's roster of a month, day by day (R53)."""

    days: tuple[DutyDay, ...]
    by: UUID
    on: date


class DutyRevised(Fact, type="issues.duty-revised.v1", title="值班表调整"):
    """Another roster for the month, and why."""

    days: tuple[DutyDay, ...]
    reason: FreeText
    by: UUID
    on: date


class CallTaken(Fact, type="issues.call-taken.v1", title="来电登记"):
    """A call the desk answered. ``ticket`` is what it became, if the caller asked for something."""

    caller: Personal | None = None
    phone: Personal | None = None
    enterprise: Visited | None = None
    content: FreeText
    ticket: UUID | None = None
    by: UUID
    at: datetime
    on: date


class CallMissed(Fact, type="issues.call-missed.v1", title="未接来电"):
    """A call nobody took; somebody calls back by ``due``."""

    phone: Personal | None = None
    enterprise: Visited | None = None
    note: FreeText = ""
    due: Due
    by: UUID
    at: datetime
    on: date


class CallFollowed(Fact, type="issues.call-followed.v1", title="未接来电回拨"):
    """One attempt to call back who was missed."""

    outcome: CallOutcome
    note: FreeText
    caller: Personal | None = None
    enterprise: Visited | None = None
    ticket: UUID | None = None
    by: UUID
    on: date


class OrderHeld(Fact, type="issues.order-held.v1", title="转办工单待认领"):
    """A transferred order that could not become a ticket by itself: it waits for a person, whole (``row`` as it came)."""

    external_no: Reference
    enterprise_name: FreeText = ""
    enterprise_code: FreeText = ""
    content: FreeText
    category: Category
    nature: Nature
    urgency: Urgency
    external_due: date | None = None
    called: FreeText = ""
    reporter: Personal | None = None
    phone: Personal | None = None
    row: Personal | None = None
    reasons: tuple[FreeText, ...]
    on: date


class OrderMatched(Fact, type="issues.order-matched.v1", title="转办工单认领"):
    """A person found whose it is; ``ticket`` is what it became."""

    enterprise: Visited
    ticket: UUID
    by: UUID
    on: date


class OrderDismissed(Fact, type="issues.order-dismissed.v1", title="转办工单退回来源"):
    """It is no enterprise's here; the words go back to where it came from."""

    reason: FreeText
    by: UUID
    on: date


class HistoryRecorded(Fact, type="issues.history-recorded.v1", title="外部历史补录"):
    """补录: one row of another system's log, as it was said there; ``refused`` is the rule of ours it would have broken."""

    source: Reference
    no: Reference
    line: int
    at: datetime
    status: Reference
    stage: IssueStage
    final: bool
    level: Level
    owner: Personal | None = None
    member: UUID | None = None
    refused: Said = ""
    by: UUID
    on: date

    @property
    def happened(self) -> datetime:
        """Its own instant, not the one at which it was told."""
        return self.at


class RecheckDrawn(Fact, type="issues.recheck-drawn.v1", title="抽查样本抽取"):
    """Tickets drawn by lot to be asked about again: seed and digest of the population make the draw repeatable."""

    kind: RecheckKind
    month: Code
    method: Code
    seed: Code
    population: int
    digest: Code
    sample: tuple[Code, ...]
    by: UUID
    unit: Code
    on: date


class RecheckRecorded(Fact, type="issues.recheck-recorded.v1", title="抽查结果"):
    """What the enterprise said when it was asked again. ``confirmed``: whether the ticket told the truth."""

    no: Reference
    outcome: CallOutcome
    confirmed: bool | None = None
    note: FreeText
    by: UUID
    on: date


class GreenCaseOpened(Fact, type="issues.green-case-opened.v1", title="绿色通道事项受理"):
    """绿色通道: a matter accepted at a window, with the working days promised (R52)."""

    enterprise: Visited
    unit: Code
    matter: Name
    window: Name
    promised: int
    accepted_on: date
    due: Due
    by: UUID
    on: date


class GreenCaseFinished(Fact, type="issues.green-case-finished.v1", title="绿色通道事项办结"):
    """It is done: the working days it took, and those it saved (fewer than none if it took longer than promised)."""

    done_on: date
    result: FreeText = ""
    used: int
    saved: int
    calendar: Code
    by: UUID
    on: date


class GreenCaseDropped(Fact, type="issues.green-case-dropped.v1", title="绿色通道事项撤销"):
    """It was entered by mistake, or the enterprise gave it up."""

    reason: FreeText
    by: UUID
    on: date


class ParkedSkipped(Fact, type="issues.parked-skipped.v1", title="搁置事件跳过"):
    """A person decided that a fact of another service, which a reaction could not act on, will not be acted on."""

    follower: Code
    position: int
    told: Code
    """The type of the fact that was passed over."""
    stream: Code
    reason: FreeText
    """Why, in the words of who decided it; no place for people's data."""
    by: UUID
    on: date
