"""Where a ticket can be: S1…S10 and SX1…SX3 of ``tickets.md``, one class each, holding the facts that led there.

A state has what its stage can't be without, and nothing else: no ticket is dispatched without an order, none is resolved
without a reply.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from shared.events.issues import (
    CallBackRecorded,
    Due,
    IssueArchived,
    IssueClosed,
    IssueDispatched,
    IssueProgressed,
    IssueReopened,
    IssueReported,
    IssueResolved,
    IssueSigned,
    ResolutionApproved,
    ResolutionRejected,
)
from shared.terms import Category, IssueStage, Nature, Urgency


@dataclass(frozen=True)
class Kind:
    """What it is about; the deadline follows from it."""

    category: Category
    nature: Nature
    urgency: Urgency


@dataclass(frozen=True)
class Work:
    """Who handles it, and what happened on their desk. ``last`` is what made or kept it theirs."""

    signed: IssueSigned
    last: IssueSigned | IssueProgressed | ResolutionRejected | IssueReopened
    reviewers: frozenset[UUID] = frozenset()
    contacted: bool = False
    reopened: int = 0

    @property
    def handler(self) -> UUID:
        """承办人."""
        return self.signed.handler


@dataclass(frozen=True)
class _Known:
    report: IssueReported
    kind: Kind


@dataclass(frozen=True)
class _Ordered(_Known):
    order: IssueDispatched
    due: Due
    """The deadline in force; ``order.due`` is the first one."""


@dataclass(frozen=True)
class _Worked(_Ordered):
    work: Work


@dataclass(frozen=True)
class _Answered(_Worked):
    resolution: IssueResolved


@dataclass(frozen=True)
class _Approved(_Answered):
    approval: ResolutionApproved
    calls: tuple[CallBackRecorded, ...]


@dataclass(frozen=True)
class Unreported:
    """Nothing yet."""


@dataclass(frozen=True)
class Reported(_Known):
    """S1 待受理."""

    STAGE: ClassVar[IssueStage] = IssueStage.REPORTED


@dataclass(frozen=True)
class Accepted(_Known):
    """S2 待交办."""

    STAGE: ClassVar[IssueStage] = IssueStage.ACCEPTED


@dataclass(frozen=True)
class Dispatched(_Ordered):
    """S3 待签收: the clock runs, signed or not."""

    STAGE: ClassVar[IssueStage] = IssueStage.DISPATCHED


@dataclass(frozen=True)
class Signed(_Worked):
    """S4 办理中."""

    STAGE: ClassVar[IssueStage] = IssueStage.SIGNED


@dataclass(frozen=True)
class Resolved(_Answered):
    """S5 待审核."""

    STAGE: ClassVar[IssueStage] = IssueStage.RESOLVED


@dataclass(frozen=True)
class Reviewed(_Approved):
    """S6 待回访."""

    STAGE: ClassVar[IssueStage] = IssueStage.REVIEWED


@dataclass(frozen=True)
class Closed(_Approved):
    """S7 已办结."""

    closing: IssueClosed
    STAGE: ClassVar[IssueStage] = IssueStage.CLOSED


@dataclass(frozen=True)
class Archived(_Approved):
    """S8 已归档."""

    closing: IssueClosed
    filing: IssueArchived
    STAGE: ClassVar[IssueStage] = IssueStage.ARCHIVED


@dataclass(frozen=True)
class Tracked(_Worked):
    """S9 跟踪服务中: not solved, and counted so."""

    STAGE: ClassVar[IssueStage] = IssueStage.TRACKED


@dataclass(frozen=True)
class Escalating(_Worked):
    """S10 提级审批中."""

    STAGE: ClassVar[IssueStage] = IssueStage.ESCALATING


@dataclass(frozen=True)
class Declined(_Known):
    """SX1 不予受理."""

    STAGE: ClassVar[IssueStage] = IssueStage.DECLINED


@dataclass(frozen=True)
class Merged(_Known):
    """SX2 已合并."""

    STAGE: ClassVar[IssueStage] = IssueStage.MERGED


@dataclass(frozen=True)
class Withdrawn(_Known):
    """SX3 已撤回."""

    STAGE: ClassVar[IssueStage] = IssueStage.WITHDRAWN


Ticket = (
    Reported | Accepted | Dispatched | Signed | Resolved | Reviewed | Closed | Archived | Tracked | Escalating
    | Declined | Merged | Withdrawn
)  # fmt: skip
Ordered = Dispatched | Signed | Resolved | Reviewed | Closed | Archived | Tracked | Escalating
Worked = Signed | Resolved | Reviewed | Closed | Archived | Tracked | Escalating
State = Unreported | Ticket


def order_of(state: Ticket) -> Ordered | None:
    """The ticket as one that was dispatched, if it was."""
    return state if isinstance(state, _Ordered) else None


def work_of(state: Ticket) -> Worked | None:
    """The ticket as one that somebody has signed for, if so."""
    return state if isinstance(state, _Worked) else None


def units_of(state: Ticket) -> list[tuple[str, str]]:
    """Every unit that has a part in it, and which: reported, handling, co."""
    found = [(state.report.unit, "reported")]
    if ordered := order_of(state):
        found += [(ordered.order.unit, "handling"), *((unit, "co") for unit in ordered.order.co_units)]
    return found
