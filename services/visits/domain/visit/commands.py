"""What can be asked of a visit, with the lengths of ``ledgers.md`` §1. There is no purpose to choose: a visit inspects nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from shared.events.visits import VisitAccepted, VisitAdmitted, VisitDismissed, VisitReturned, VisitUpheld, VisitVoided
from shared.language.facts import Command, Fact, Part
from shared.language.months import WrittenDate, WrittenInstant
from shared.language.personal import Personal
from shared.language.phones import Phone
from shared.language.terms import Ack, Awareness, Category, EvidenceKind, Mode, Nature, Operation, Rating, Ruling, Trend, Urgency

_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_LAST = datetime(2200, 1, 1, tzinfo=UTC)
_LONGEST_PERSONAL = 50
_LONGEST_SAID = 2_000
_MOST_BYTES = 50_000
"""An entry of the log holds 65,000 bytes: what each field may hold by itself would together be more."""


def _says_something(text: str) -> str:
    """A full stop or a zero-width space is no demand and no reason."""
    if not any(char.isalnum() for char in text):
        message = "须有文字内容"
        raise ValueError(message)
    return text


def _typed(datum: Personal) -> Personal:
    """Clear, short and writable. A sealed token is refused: it would let a caller point at somebody else's datum."""
    if datum.token is not None or datum.text is None:
        message = "应为文字"
        raise ValueError(message)
    if len(datum.text) > _LONGEST_PERSONAL:
        message = "文字过长"
        raise ValueError(message)
    if not datum.text.isprintable():  # Lone surrogates and control characters: they can't be kept or shown.
        message = "含有不能保存的字符"
        raise ValueError(message)
    return datum


def _plausible(instant: datetime) -> datetime:
    if not _FIRST <= instant < _LAST:
        message = "时间不合理"
        raise ValueError(message)
    return instant


def _said(datum: Personal) -> Personal:
    """Words of the enterprise: clear, and of a length somebody types."""
    if datum.token is not None or datum.text is None:
        message = "应为文字"
        raise ValueError(message)
    if len(datum.text) > _LONGEST_SAID:
        message = "文字过长"
        raise ValueError(message)
    return datum


Day = Annotated[WrittenDate, Field(ge=date(2000, 1, 1), le=date(2199, 12, 31))]
Instant = Annotated[WrittenInstant, AfterValidator(_plausible)]
Typed = Annotated[Personal, AfterValidator(_typed)]
Said = Annotated[Personal, AfterValidator(_said)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(_says_something)]
Long = Annotated[str, StringConstraints(max_length=1000)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Seconds = Annotated[int, Field(ge=0, le=86_400)]
Answers = Annotated[int, Field(ge=0, le=1_000)]


class Wanted(Part):
    """One thing the enterprise asks for."""

    no: int = Field(ge=1, le=50)
    content: Annotated[str, StringConstraints(min_length=1, max_length=2000), AfterValidator(_says_something)]
    category: Category = Category.OTHER
    nature: Nature = Nature.HELP
    urgency: Urgency = Urgency.ORDINARY


class Telling(Command):
    """What a visit was like. ``visitors`` are members' ids; nobody named means the caller alone."""

    on: Day
    mode: Mode
    met: bool = True
    connected_seconds: Seconds | None = None
    visitors: tuple[UUID, ...] = Field((), max_length=20)
    interviewee: Typed | None = None
    title: str = Field("", max_length=50)
    phone: Phone | None = None
    operation: Operation = Operation.NORMAL
    note: Annotated[str, StringConstraints(max_length=500)] = ""
    headcount: int | None = Field(None, ge=0, le=10_000_000)
    revenue_trend: Trend = Trend.UNTOLD
    difficulties: Long = ""
    suggestions: Long = ""
    demands: tuple[Wanted, ...] = Field((), max_length=50)
    policies: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = Field((), max_length=30)
    policy_ids: tuple[UUID, ...] = Field((), max_length=30)
    onemap_given: int = Field(0, ge=0, le=10_000)
    aware: Awareness = Awareness.NOT_ASKED
    satisfaction: Rating | None = None
    ack: Ack = Ack.NONE
    answered_required: Answers | None = None
    asked_required: Answers | None = None
    claimed_at: Instant | None = None
    remark: str = Field("", max_length=200)

    @model_validator(mode="after")
    def _consistent(self) -> Telling:
        if [wanted.no for wanted in self.demands] != list(range(1, len(self.demands) + 1)):
            message = "诉求应从1起连续编号"
            raise ValueError(message)
        if (self.answered_required or 0) > (self.asked_required or 0):
            message = "已答题数不能多于必答题数"
            raise ValueError(message)
        if len(self.model_dump_json(exclude={"interviewee", "phone"}).encode()) > _MOST_BYTES:
            message = "内容合计过长,请精简诉求或政策"
            raise ValueError(message)
        return self


class RecordVisit(Telling):
    """A visit was made to this enterprise (方案 四(一)3)."""

    enterprise: UUID


class CorrectVisit(Telling):
    """The whole visit told anew. ``interviewee`` and ``phone`` stay as they are when left out; ``null`` takes them away."""


class AttachEvidence(Command):
    """A stored file proves the visit. ``original`` is the digest of the bytes as they were sent."""

    IF_NOT_SO: ClassVar[bool] = True
    sha256: Digest
    kind: EvidenceKind
    media_type: str = Field(max_length=100)
    size: int = Field(ge=1, le=2**31)
    captured_at: WrittenInstant | None = None
    original: Digest
    phash: str | None = Field(default=None, pattern=r"^[0-9a-f]{16}$")


class AcceptVisit(Command):
    """The reviewer finds the visit in order."""

    SIGNS: ClassVar[tuple[type[Fact], ...]] = (VisitAccepted,)
    note: str = Field("", max_length=500)


class ReturnVisit(Command):
    """The reviewer sends it back to be corrected."""

    SIGNS: ClassVar[tuple[type[Fact], ...]] = (VisitReturned,)
    reason: Words


class VoidVisit(Command):
    """The visit never counts."""

    SIGNS: ClassVar[tuple[type[Fact], ...]] = (VisitVoided,)
    reason: Words


class ConfirmVisit(Command):
    """The enterprise says that the visit took place, and how it was."""

    rating: Rating | None = None
    aware: Awareness | None = None
    words: Said | None = None
    via: Ack = Ack.SCAN


class HearConfirmation(Command):
    """The enterprise was called about its confirmation: it did give it, or it did not."""

    stands: bool
    note: str = Field("", max_length=_LONGEST_SAID)


class DenyVisit(Command):
    """The enterprise says that nobody came."""

    words: Said | None = None


class UpholdVisit(Command):
    """The reviewer finds that a denied visit took place."""

    SIGNS: ClassVar[tuple[type[Fact], ...]] = (VisitUpheld,)
    reason: Words


class RuleVisit(Command):
    """A held telling is let in, or is not."""

    SIGNS: ClassVar[tuple[type[Fact], ...]] = (VisitAdmitted, VisitDismissed)
    ruling: Ruling
    reason: Words
