"""Facts of visits: what was done for the enterprises."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from shared.events import Fact, Part
from shared.terms import (
    Ack,
    Awareness,
    Category,
    EvidenceKind,
    Line,
    Mode,
    Nature,
    Operation,
    Rating,
    Role,
    Trend,
    Urgency,
)
from shared.vault import Personal


class Visited(Part):
    """The enterprise as it was called on the day of the visit."""

    id: UUID
    code: str
    name: str


class Visitor(Part):
    """Who came, for which reporting unit and on which line."""

    member: UUID
    unit: str
    sub_unit: str | None = None
    line: Line | None = None
    role: Role


class Demand(Part):
    """One thing the enterprise asks for; it becomes exactly one ticket."""

    no: int
    content: str
    category: Category = Category.OTHER
    nature: Nature = Nature.HELP
    urgency: Urgency = Urgency.ORDINARY


class VisitRecorded(Fact, type="visits.visit-recorded.v1"):
    """A visit as told by those who made it. ``late_entry`` (补录): entered after the day it was made."""

    enterprise: Visited
    on: date
    mode: Mode
    met: bool = True
    connected_seconds: int | None = None
    visitors: tuple[Visitor, ...]
    joint: bool = False
    interviewee: Personal | None = None
    title: str = ""
    phone: Personal | None = None
    operation: Operation = Operation.NORMAL
    note: str = ""
    headcount: int | None = None
    revenue_trend: Trend = Trend.UNTOLD
    difficulties: str = ""
    suggestions: str = ""
    demands: tuple[Demand, ...] = ()
    policies: tuple[str, ...] = ()
    onemap_given: int = 0
    aware: Awareness = Awareness.NOT_ASKED
    satisfaction: Rating | None = None
    ack: Ack = Ack.NONE
    answered_required: int | None = None
    asked_required: int | None = None
    late_entry: bool = False
    claimed_at: datetime | None = None
    remark: str = ""
    entered_by: UUID | None = None
    """Who typed it, if it was none of the visitors: a person acting for another is recorded as both (``roles.md``)."""


class VisitCorrected(VisitRecorded, type="visits.visit-corrected.v1"):
    """The visitor's corrected version, whole; a review begins anew."""


class EvidenceAttached(Fact, type="visits.evidence-attached.v1"):
    """A file that proves the visit, by the digest of the bytes as they are stored."""

    sha256: str
    kind: EvidenceKind
    media_type: str
    size: int
    captured_at: datetime | None = None
    original: str = ""


class VisitQualified(Fact, type="visits.visit-qualified.v1"):
    """The evidence rule of its mode is met: from here on the visit counts (``ledgers.md`` §5)."""

    rule: str


class VisitDisqualified(Fact, type="visits.visit-disqualified.v1"):
    """The evidence rule is no longer met (待补证): what is missing, in Chinese."""

    rule: str
    missing: tuple[str, ...]


class VisitAccepted(Fact, type="visits.visit-accepted.v1"):
    """A reviewer found the visit in order."""

    note: str = ""


class VisitReturned(Fact, type="visits.visit-returned.v1"):
    """A reviewer sent the visit back to be corrected."""

    reason: str


class VisitVoided(Fact, type="visits.visit-voided.v1"):
    """The visit never counts, whatever comes after."""

    reason: str
