"""Where a ticket can be: S1…S10 and SX1…SX3 of ``tickets.md``, one class each, holding the facts that led there.

A state has what its stage can't be without, and nothing else: no ticket is dispatched without an order, none is resolved
without a reply. What is laid over every stage (urging, slips, alarms, proposals) are its ``notes``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.events.issues import (
    CallBackRecorded,
    CityReplied,
    Due,
    EscalationRequested,
    ExtensionRequested,
    IssueArchived,
    IssueClosed,
    IssueDeclined,
    IssueDispatched,
    IssueMerged,
    IssueProgressed,
    IssueReassigned,
    IssueReopened,
    IssueReported,
    IssueResolved,
    IssueResumed,
    IssueSigned,
    IssueSupervised,
    IssueTracked,
    IssueWithdrawn,
    MeasureProposed,
    ResolutionApproved,
    ResolutionRejected,
    Ring,
    SiblingAnswered,
    TrackingRenewed,
)
from shared.language.terms import Alarm, Category, Colour, IssueStage, Nature, Urgency

Last = IssueSigned | IssueProgressed | ResolutionRejected | IssueReopened | IssueReassigned | IssueResumed


@dataclass(frozen=True)
class Kind:
    """What it is about; the deadline follows from it."""

    category: Category
    nature: Nature
    urgency: Urgency
    difficult: bool = False


@dataclass(frozen=True)
class Notes:
    """What lies over every stage."""

    contested: date | None = None
    """When the one objection to a refusal was made."""
    accepted_on: date | None = None
    documents: tuple[str, ...] = ()
    """The numbers of slips and request forms, in their order."""
    urged: frozenset[tuple[date, str]] = frozenset()
    slips: tuple[IssueSupervised, ...] = ()
    unanswered: frozenset[str] = frozenset()
    """Slips that wait for their reply, by number."""
    rings: tuple[Ring, ...] = ()
    rung: frozenset[tuple[Alarm, date]] = frozenset()
    reds: tuple[tuple[str, date], ...] = ()
    """Which unit had it when it turned red, and for which deadline."""
    proposals: tuple[MeasureProposed, ...] = ()
    """Those nobody has ruled on."""


@dataclass(frozen=True)
class Work:
    """Who handles it, and what happened on their desk. ``last`` is what made or kept it theirs."""

    signed: IssueSigned
    last: Last
    handler: UUID
    """承办人."""
    handlers: frozenset[UUID] = frozenset()
    """Everybody who ever handled it: nobody gets clean hands by handing it on."""
    reviewers: frozenset[UUID] = frozenset()
    contacted: bool = False
    since: date | None = None
    """The last day on which something was told: the next progress is counted from it."""
    next_on: date | None = None
    reopened: int = 0
    again: date | None = None
    """The day of the last reopening: first contact and the colours of its own term are counted from it."""
    tracked: bool = False
    """It was put on tracking before: to do so again is to renew."""
    renewals: int = 0
    extended: int = 0
    """Working days granted so far."""
    extensions: int = 0
    asking: ExtensionRequested | None = None
    endorsed: frozenset[str] = frozenset()
    city: tuple[CityReplied, ...] = ()
    stage_answered: date | None = None
    co_answered: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Known:
    report: IssueReported
    kind: Kind
    notes: Notes = field(default=Notes(), kw_only=True)


@dataclass(frozen=True)
class _Ordered(_Known):
    order: IssueDispatched
    """As it stands: after an escalation the unit, the level and the leader are the new ones."""
    due: Due
    """The deadline in force."""
    first: Due
    """The first deadline: nothing ever changes it."""
    returned: bool = field(default=False, kw_only=True)
    """It was sent back once; a second time there is none."""


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
    """S2 待交办. ``before`` is what it was when a unit sent it back: its clock runs on."""

    before: Dispatched | None = None
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

    tracking: IssueTracked | TrackingRenewed
    STAGE: ClassVar[IssueStage] = IssueStage.TRACKED


@dataclass(frozen=True)
class Escalating(_Worked):
    """S10 提级审批中. ``tracking`` is there when it came from S9."""

    request: EscalationRequested
    STAGE: ClassVar[IssueStage] = IssueStage.ESCALATING


@dataclass(frozen=True)
class Declined(_Known):
    """SX1 不予受理."""

    refusal: IssueDeclined
    STAGE: ClassVar[IssueStage] = IssueStage.DECLINED


@dataclass(frozen=True)
class Merged(_Known):
    """SX2 已合并: its enterprise still gets an answer and a call of its own."""

    merging: IssueMerged
    answer: SiblingAnswered | None = None
    calls: tuple[CallBackRecorded, ...] = ()
    ruled: bool = False
    """Its enterprise was dissatisfied, and the office has answered it once more."""
    STAGE: ClassVar[IssueStage] = IssueStage.MERGED


@dataclass(frozen=True)
class Withdrawn(_Known):
    """SX3 已撤回. ``before`` is the order it was under, if any."""

    withdrawal: IssueWithdrawn
    before: IssueDispatched | None = None
    STAGE: ClassVar[IssueStage] = IssueStage.WITHDRAWN


Ticket = (
    Reported
    | Accepted
    | Dispatched
    | Signed
    | Resolved
    | Reviewed
    | Closed
    | Archived
    | Tracked
    | Escalating
    | Declined
    | Merged
    | Withdrawn
)
Ordered = Dispatched | Signed | Resolved | Reviewed | Closed | Archived | Tracked | Escalating
Worked = Signed | Resolved | Reviewed | Closed | Archived | Tracked | Escalating
Approved = Reviewed | Closed | Archived
State = Unreported | Ticket

OPEN = (Reported, Accepted, Dispatched, Signed, Resolved, Reviewed, Tracked, Escalating)
"""The stages in which something is still owed (任意未办结)."""


def order_of(state: Ticket) -> Ordered | None:
    """The ticket as one that was dispatched, if it was."""
    return state if isinstance(state, _Ordered) else None


def clocked(state: Ticket) -> Ordered | None:
    """The ticket as one whose clock runs or ran: what a unit sent back runs on as it was dispatched."""
    return state.before if isinstance(state, Accepted) else order_of(state)


def work_of(state: Ticket) -> Worked | None:
    """The ticket as one that somebody has signed for, if so."""
    return state if isinstance(state, _Worked) else None


def under_of(state: Ticket) -> IssueDispatched | None:
    """The order it is or was under: a returned and a withdrawn ticket remember theirs."""
    if isinstance(state, _Ordered):
        return state.order
    if isinstance(state, Accepted) and state.before is not None:
        return state.before.order
    return state.before if isinstance(state, Withdrawn) else None


def units_of(state: Ticket) -> list[tuple[str, str]]:
    """Every unit that has a part in it, and which: reported, handling, co."""
    found = [(state.report.unit, "reported")]
    if order := under_of(state):
        found += [(order.unit, "handling"), *((unit, "co") for unit in order.co_units)]
    return found


def colour(state: Ticket) -> Colour:
    """The overlay: what has rung for the deadline in force."""
    if not isinstance(state, OPEN):
        return Colour.NONE
    ordered = clocked(state)
    if ordered is None:
        return Colour.YELLOW if state.notes.rung else Colour.NONE
    due = ordered.due.on
    rung = {kind for kind, deadline in state.notes.rung if deadline == due}
    late = {kind for kind, deadline in state.notes.rung if deadline <= due}
    if Alarm.RED in rung:
        return Colour.RED
    if Alarm.YELLOW in rung or late & {Alarm.SIGN, Alarm.CONTACT} or _missed(state):
        return Colour.YELLOW
    return Colour.BLUE if Alarm.BLUE in rung else Colour.NONE


def _missed(state: Ticket) -> bool:
    """A tracked ticket whose milestone went by."""
    return isinstance(state, Tracked) and (Alarm.MILESTONE, state.tracking.milestone) in state.notes.rung
