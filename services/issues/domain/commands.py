"""What can be asked of a ticket. ``LABEL`` is the action as people call it (``tickets.md``, column 动作)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from annotated_types import Ge, Le
from pydantic import AfterValidator, Field, StringConstraints, model_validator

from shared.events import Command
from shared.terms import CallOutcome, Category, Nature, Outcome, Rating, Source, Urgency
from shared.vault import Personal

_DISSATISFIED = (Rating.DISSATISFIED, Rating.VERY_DISSATISFIED)


def _says_something(text: str) -> str:
    """A full stop or a zero-width space is no answer to anybody."""
    if not any(char.isalnum() for char in text):
        message = "须有文字内容"
        raise ValueError(message)
    return text


Words = Annotated[str, StringConstraints(min_length=1, max_length=2000), AfterValidator(_says_something)]
Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,20}$")]
Day = Annotated[date, Ge(date(2000, 1, 1)), Le(date(2199, 12, 31))]


def dissatisfied(rating: Rating | None) -> bool:
    """不满意 or 非常不满意: handled again rather than closed."""
    return rating in _DISSATISFIED


class ReportIssue(Command):
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
    phone: Personal | None = None
    external_no: str = Field("", max_length=64)
    external_due: Day | None = None
    visit: UUID | None = None
    demand: int | None = Field(None, ge=0, le=10_000)


class AcceptIssue(Command):
    """T2. What is left out stays as it was reported."""

    LABEL: ClassVar[str] = "受理"
    category: Category | None = None
    nature: Nature | None = None
    urgency: Urgency | None = None


class DispatchIssue(Command):
    """T5: impossible without unit, leader, measures and due date (R30). ``"standard"`` is the day the rule gives."""

    LABEL: ClassVar[str] = "交办"
    unit: Code
    co_units: tuple[Code, ...] = Field((), max_length=20)
    leader: UUID
    measures: Words
    due: Day | Literal["standard"]


class SignIssue(Command):
    """T6. The handler is whoever signs, unless another member of the unit is named."""

    LABEL: ClassVar[str] = "签收"
    handler: UUID | None = None


class ProgressIssue(Command):
    """T8: first contact, and what was done since."""

    LABEL: ClassVar[str] = "进展"
    note: Words
    contacted: bool = False
    next_on: Day | None = None


class ResolveIssue(Command):
    """T15: what came of it, and the answer to the enterprise in words."""

    LABEL: ClassVar[str] = "报结"
    outcome: Outcome
    result: Words
    reply: Words


class ApproveResolution(Command):
    """T16."""

    LABEL: ClassVar[str] = "审核通过"
    note: str = Field("", max_length=2000)


class RejectResolution(Command):
    """T17: back to the handler; the deadline stays."""

    LABEL: ClassVar[str] = "审核退回"
    reason: Words


class RecordCallBack(Command):
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


class CloseIssue(Command):
    """T18: with the rating of the call-backs, never one of its own."""

    LABEL: ClassVar[str] = "办结"


class ReopenIssue(Command):
    """T19."""

    LABEL: ClassVar[str] = "重办"
    reason: Words


class ArchiveIssue(Command):
    """T20."""

    LABEL: ClassVar[str] = "归档"
    file_no: str = Field("", max_length=64)


Asked = (
    ReportIssue | AcceptIssue | DispatchIssue | SignIssue | ProgressIssue | ResolveIssue | ApproveResolution
    | RejectResolution | RecordCallBack | CloseIssue | ReopenIssue | ArchiveIssue
)  # fmt: skip
