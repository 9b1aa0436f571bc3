"""What can be asked of a ticket. ``LABEL`` is the action as people call it (``tickets.md``, column 动作)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from annotated_types import Ge, Le
from pydantic import AfterValidator, Field, StringConstraints, model_validator

from shared.events.issues import ExtensionApproved, ExtensionEndorsed, IssueClosed, IssueReopened, ResolutionRejected
from shared.language.facts import Command, Fact
from shared.language.months import WrittenDate
from shared.language.personal import Personal
from shared.language.phones import Phone
from shared.language.terms import (
    Alarm,
    CallOutcome,
    Category,
    Cause,
    Colour,
    DeclineReason,
    Measure,
    Nature,
    Outcome,
    Rating,
    Source,
    Urgency,
)

_DISSATISFIED = (Rating.DISSATISFIED, Rating.VERY_DISSATISFIED)


def _says_something(text: str) -> str:
    """A full stop or a zero-width space is no answer to anybody."""
    if not any(char.isalnum() for char in text):
        message = "须有文字内容"
        raise ValueError(message)
    return text


Words = Annotated[str, StringConstraints(min_length=1, max_length=2000), AfterValidator(_says_something)]
Note = Annotated[str, Field(max_length=2000)]
Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,20}$")]
Day = Annotated[WrittenDate, Ge(date(2000, 1, 1)), Le(date(2199, 12, 31))]


def dissatisfied(rating: Rating | None) -> bool:
    """不满意 or 非常不满意: handled again rather than closed."""
    return rating in _DISSATISFIED


class Step(Command):
    """A command to a ticket. Every stage decides those of its row; all others are refused there by name."""

    LABEL: ClassVar[str] = ""


class ReportIssue(Step):
    """T1. ``visit`` and ``demand`` are set by the platform alone. Without ``unit`` it is the one that answers for it."""

    LABEL: ClassVar[str] = "登记"
    enterprise: UUID
    unit: Code | None = None
    source: Source
    content: Words
    category: Category = Category.OTHER
    nature: Nature = Nature.HELP
    urgency: Urgency = Urgency.ORDINARY
    reporter: Personal | None = None
    phone: Phone | None = None
    external_no: str = Field("", max_length=64)
    external_due: Day | None = None
    visit: UUID | None = None
    demand: int | None = Field(None, ge=0, le=10_000)


class AcceptIssue(Step):
    """T2. What is left out stays as it was reported. ``difficult``: several departments, a longer term (多部门疑难)."""

    LABEL: ClassVar[str] = "受理"
    category: Category | None = None
    nature: Nature | None = None
    urgency: Urgency | None = None
    difficult: bool = False


class DeclineIssue(Step):
    """T3: a legal reason and the text the enterprise gets."""

    LABEL: ClassVar[str] = "不予受理"
    reason: DeclineReason
    text: Words


class ContestDecline(Step):
    """The enterprise objects to the refusal, once."""

    LABEL: ClassVar[str] = "异议"
    words: Words


class MergeIssue(Step):
    """T4 into another ticket that is open."""

    LABEL: ClassVar[str] = "合并"
    master: UUID
    reason: Note = ""


class AnswerSibling(Step):
    """The merged ticket's own answer to its own enterprise."""

    LABEL: ClassVar[str] = "答复合并件"
    reply: Words


class DispatchIssue(Step):
    """T5: impossible without unit, leader, measures and due date (R30). ``"standard"`` is the day the rule gives.

    ``co_due`` is the co-handlers' own day; without it theirs is the main one.
    """

    LABEL: ClassVar[str] = "交办"
    unit: Code
    co_units: tuple[Code, ...] = Field((), max_length=20)
    leader: UUID
    measures: Words
    due: Day | Literal["standard"]
    co_due: Day | None = None

    @model_validator(mode="after")
    def _theirs(self) -> DispatchIssue:
        if self.co_due is not None and not self.co_units:
            message = "没有协办单位时不填协办时限"
            raise ValueError(message)
        return self


class SignIssue(Step):
    """T6. The handler is whoever signs, unless another member of the unit is named."""

    LABEL: ClassVar[str] = "签收"
    handler: UUID | None = None


class ReturnIssue(Step):
    """T7: not ours, and by which rule. Once; the office then decides for good."""

    LABEL: ClassVar[str] = "退回"
    reason: Words


class ReassignIssue(Step):
    """Another handler of the same unit."""

    LABEL: ClassVar[str] = "改派"
    handler: UUID
    reason: Words


class ProgressIssue(Step):
    """T8: first contact, and what was done since."""

    LABEL: ClassVar[str] = "进展"
    note: Words
    contacted: bool = False
    next_on: Day | None = None


class RequestExtension(Step):
    """T9: so many working days more, why, by which plan; the enterprise was told."""

    LABEL: ClassVar[str] = "延期申请"
    workdays: int = Field(ge=1, le=30)
    reason: Words
    plan: Words
    told: Literal[True]


class ApproveExtension(Step):
    """T9: the office for the first, the inspectorate and the chief together for the second."""

    SIGNS: ClassVar[tuple[type[Fact], ...]] = (ExtensionApproved, ExtensionEndorsed)
    LABEL: ClassVar[str] = "批准延期"
    note: Note = ""


class RejectExtension(Step):
    """T9: the deadline stays."""

    LABEL: ClassVar[str] = "驳回延期"
    reason: Words


class TrackIssue(Step):
    """T10: why it can't be solved now, what is done meanwhile, and when it is looked at again (R31)."""

    LABEL: ClassVar[str] = "转跟踪"
    cause: Cause
    analysis: Words
    measures: Words
    milestone: Day


class RenewTracking(Step):
    """T11: what was done, what comes, and the next milestone."""

    LABEL: ClassVar[str] = "跟踪续期"
    progress: Words
    measures: Words
    milestone: Day


class ResumeIssue(Step):
    """T11: it can be solved now."""

    LABEL: ClassVar[str] = "恢复办理"
    note: Words


class RequestEscalation(Step):
    """T12: what was tried, and what the level above is asked for (报请单)."""

    LABEL: ClassVar[str] = "提级申请"
    tried: Words
    request: Words


class ApproveEscalation(Step):
    """T13: who has it now. To the city it goes with the number of the outgoing document."""

    LABEL: ClassVar[str] = "批准提级"
    unit: Code
    leader: UUID
    handler: UUID
    document: str = Field("", max_length=100)


class RejectEscalation(Step):
    """T14: back, with directions."""

    LABEL: ClassVar[str] = "退回提级"
    directions: Words


class RecordCityReply(Step):
    """What the city replied."""

    LABEL: ClassVar[str] = "市级答复"
    document: str = Field(min_length=1, max_length=100)
    reply: Words
    due: Day | None = None


class AnswerStage(Step):
    """阶段答复 to the enterprise while it waits."""

    LABEL: ClassVar[str] = "阶段答复"
    reply: Words


class AnswerCoHandling(Step):
    """A co-handler tells what came of its part."""

    LABEL: ClassVar[str] = "协办反馈"
    unit: Code
    result: Words


class ResolveIssue(Step):
    """T15: what came of it, and the answer to the enterprise in words."""

    LABEL: ClassVar[str] = "报结"
    outcome: Outcome
    result: Words
    reply: Words


class ApproveResolution(Step):
    """T16."""

    LABEL: ClassVar[str] = "审核通过"
    note: str = Field("", max_length=2000)


class RejectResolution(Step):
    """T17: back to the handler; the deadline stays."""

    SIGNS: ClassVar[tuple[type[Fact], ...]] = (ResolutionRejected,)
    LABEL: ClassVar[str] = "审核退回"
    reason: Words


class RecordCallBack(Step):
    """One call to the enterprise. A rating only from somebody who answered; dissatisfaction comes with its reason."""

    LABEL: ClassVar[str] = "回访"
    outcome: CallOutcome
    rating: Rating | None = None
    reason: str = Field("", max_length=2000)
    note: str = Field("", max_length=2000)

    @model_validator(mode="after")
    def _rated_by_somebody(self) -> RecordCallBack:
        if self.rating is not None and self.outcome is not CallOutcome.ANSWERED:
            message = "未接通或拒绝评价的回访不能有满意度"
            raise ValueError(message)
        if dissatisfied(self.rating) and not self.reason.strip():
            message = "不满意须记录原因"
            raise ValueError(message)
        return self


class CloseIssue(Step):
    """T18: with the rating of the call-backs, never one of its own. ``ruling``: why dissatisfaction was not substantiated."""

    SIGNS: ClassVar[tuple[type[Fact], ...]] = (IssueClosed,)
    LABEL: ClassVar[str] = "办结"
    ruling: Note = ""


class ReopenIssue(Step):
    """T19."""

    SIGNS: ClassVar[tuple[type[Fact], ...]] = (IssueReopened,)
    LABEL: ClassVar[str] = "重办"
    reason: Words


class ArchiveIssue(Step):
    """T20. Documents of enterprises' demands are kept ten years unless somebody says longer (档案局令第8号)."""

    LABEL: ClassVar[str] = "归档"
    file_no: str = Field("", max_length=64)
    retention_years: int = Field(10, ge=10, le=100)


class WithdrawIssue(Step):
    """T21: the enterprise takes it back, and a call that asked it was recorded."""

    LABEL: ClassVar[str] = "撤回"
    reason: Words
    call: Words


class UrgeIssue(Step):
    """T22."""

    LABEL: ClassVar[str] = "催办"
    words: Note = ""


class SuperviseIssue(Step):
    """T23: a numbered slip."""

    LABEL: ClassVar[str] = "督办"
    colour: Colour
    words: Words


class AnswerSupervision(Step):
    """The unit answers a slip."""

    LABEL: ClassVar[str] = "督办回复"
    no: str = Field(min_length=1, max_length=64)
    reply: Words


class SupplementIssue(Step):
    """Something is added. No clock moves."""

    LABEL: ClassVar[str] = "补充"
    words: Words


class RaiseAlarm(Step):
    """The platform's own: an alarm whose instant has come."""

    IF_NOT_SO: ClassVar[bool] = True
    LABEL: ClassVar[str] = "提醒"
    kind: Alarm
    deadline: date
    at: datetime


class RederiveDeadline(Step):
    """The platform's own: a calendar was published."""

    IF_NOT_SO: ClassVar[bool] = True
    LABEL: ClassVar[str] = "重新推算时限"


class RuleMeasure(Step):
    """A person takes a proposal up, or does not."""

    LABEL: ClassVar[str] = "裁定建议"
    measure: Measure
    taken: bool
    words: Words


Beginning = AcceptIssue | DeclineIssue | ContestDecline | MergeIssue | AnswerSibling | DispatchIssue
Meanwhile = RecordCityReply | AnswerStage | AnswerCoHandling
Handling = (
    SignIssue
    | ReturnIssue
    | ReassignIssue
    | ProgressIssue
    | RequestExtension
    | ApproveExtension
    | RejectExtension
    | TrackIssue
    | RenewTracking
    | ResumeIssue
    | RequestEscalation
    | ApproveEscalation
    | RejectEscalation
    | Meanwhile
    | ResolveIssue
)
Finishing = ApproveResolution | RejectResolution | RecordCallBack | CloseIssue | ReopenIssue | ArchiveIssue
Anytime = (
    WithdrawIssue | UrgeIssue | SuperviseIssue | AnswerSupervision | SupplementIssue | RaiseAlarm | RederiveDeadline | RuleMeasure
)
Staged = Beginning | Handling | Finishing
"""Those that belong to stages. A stage goes through the commands of its own part of the table one by one and refuses the other
parts whole, so that a new command is a type error in every stage it might belong to until each has said what it does with it.
"""
TicketCommand = ReportIssue | Staged | Anytime
