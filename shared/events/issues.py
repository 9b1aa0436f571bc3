"""Facts of tickets: what enterprises need and what became of it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.events import Fact, Part
from shared.events.visits import Visited
from shared.terms import CallOutcome, Category, Level, Nature, Outcome, Rating, Source, Urgency
from shared.vault import Personal


class IssueReported(Fact, type="issues.issue-reported.v1"):
    """T1 登记. ``no`` is QXG-YYYYMM-unit-nnnn; ``visit`` and ``demand`` name the demand it came from."""

    no: str
    enterprise: Visited
    unit: str
    source: Source
    visit: UUID | None = None
    demand: int | None = None
    content: str
    category: Category
    nature: Nature
    urgency: Urgency
    reporter: Personal | None = None
    phone: Personal | None = None
    external_no: str = ""
    external_due: date | None = None
    on: date


class IssueAccepted(Fact, type="issues.issue-accepted.v1"):
    """T2 受理."""

    category: Category
    nature: Nature
    urgency: Urgency


class Due(Part):
    """A deadline as a fact: the day, and how it was derived (rule and calendar version named)."""

    on: date
    derivation: str
    calendar: str
    rule: str


class IssueDispatched(Fact, type="issues.issue-dispatched.v1"):
    """T5 交办: impossible without unit, leader, measures and due date (R30). The clock starts here."""

    unit: str
    co_units: tuple[str, ...] = ()
    leader: UUID
    measures: str
    due: Due
    level: Level = Level.GRID
    on: date


class IssueSigned(Fact, type="issues.issue-signed.v1"):
    """T6 签收."""

    handler: UUID
    on: date


class IssueProgressed(Fact, type="issues.issue-progressed.v1"):
    """T8 首次联系 / 进展."""

    note: str
    contacted: bool = False
    next_on: date | None = None
    on: date


class IssueResolved(Fact, type="issues.issue-resolved.v1"):
    """T15 报结: what came of it, and the answer the enterprise gets, in words."""

    outcome: Outcome
    result: str
    reply: str
    on: date


class ResolutionApproved(Fact, type="issues.resolution-approved.v1"):
    """T16 审核通过, by somebody who did not handle it."""

    note: str = ""
    by: UUID | None = None
    on: date


class ResolutionRejected(Fact, type="issues.resolution-rejected.v1"):
    """T17 审核退回: the deadline stays as it was."""

    reason: str
    by: UUID | None = None
    on: date


class CallBackRecorded(Fact, type="issues.call-back-recorded.v1"):
    """One call-back by somebody outside the handling unit (R51)."""

    outcome: CallOutcome
    rating: Rating | None = None
    reason: str = ""
    note: str = ""
    by: UUID | None = None
    on: date


class IssueClosed(Fact, type="issues.issue-closed.v1"):
    """T18 办结. Without a rating only after three tries on two days or more."""

    rating: Rating | None = None
    on: date


class IssueReopened(Fact, type="issues.issue-reopened.v1"):
    """T19 重办: handled again within five working days."""

    reason: str
    due: Due
    on: date


class IssueArchived(Fact, type="issues.issue-archived.v1"):
    """T20 归档."""

    file_no: str = ""
    on: date
