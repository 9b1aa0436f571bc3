"""Where a visit can be, one class each, and what is known of it from its telling on."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from shared.events.visits import ConfirmationHeard, EvidenceAttached, VisitConfirmed, VisitDenied, VisitRecorded
from shared.language.states import Gathered
from shared.language.terms import Review

MOST_FILES = 50


@dataclass(frozen=True)
class VisitDetails:
    """What every recorded visit has: its latest telling, its evidence, what it lacks to count (``None``: not judged yet),
    everybody who ever told it, what the enterprise said of it, and what a reviewer said to a denial.
    """

    told: VisitRecorded
    evidence: tuple[EvidenceAttached, ...] = ()
    missing: tuple[str, ...] | None = None
    tellers: Gathered[UUID] = frozenset()
    confirmed: VisitConfirmed | None = None
    denied: VisitDenied | None = None
    upheld: str | None = None
    admitted: str | None = None
    """Why a held telling was let in."""
    heard: ConfirmationHeard | None = None

    @property
    def proved(self) -> VisitConfirmed | None:
        """The enterprise's confirmation, if it may be believed: nobody doubts it, or a call has settled it."""
        believed = self.confirmed and (not self.confirmed.doubtful or (self.heard is not None and self.heard.stands))
        return self.confirmed if believed else None

    @property
    def unheard(self) -> bool:
        """A doubtful confirmation of which nobody has called yet."""
        return self.confirmed is not None and self.confirmed.doubtful and self.heard is None

    @property
    def units(self) -> frozenset[str]:
        """The reporting units of the visitors."""
        return frozenset(visitor.unit for visitor in self.told.visitors)

    @property
    def disputed(self) -> bool:
        """Denied by the enterprise, and nobody has ruled yet."""
        return self.denied is not None and self.upheld is None


@dataclass(frozen=True)
class Unrecorded:
    """Nothing was told yet."""


@dataclass(frozen=True)
class Pending:
    """Told, and waiting for its reviewer."""

    details: VisitDetails
    words: str = ""
    review = Review.PENDING


@dataclass(frozen=True)
class Accepted:
    """Found in order; ``words`` is the reviewer's note."""

    details: VisitDetails
    words: str
    review = Review.ACCEPTED


@dataclass(frozen=True)
class Returned:
    """Sent back; ``words`` is the reason."""

    details: VisitDetails
    words: str
    review = Review.RETURNED


@dataclass(frozen=True)
class Voided:
    """Void for ever; ``words`` is the reason."""

    details: VisitDetails
    words: str
    review = Review.VOIDED


@dataclass(frozen=True)
class Held:
    """Told offline by somebody who did not answer for the enterprise; ``why`` it waits for a ruling."""

    details: VisitDetails
    why: tuple[str, ...]
    review = Review.HELD

    @property
    def words(self) -> str:
        """The reasons, as people read them."""
        return ";".join(self.why)


Standing = Pending | Accepted | Returned
Recorded = Standing | Voided | Held
State = Unrecorded | Recorded


def counts(state: Recorded) -> bool:
    """Whether it counts now: evidence rule met, neither returned nor voided (kpi §2), not denied by the enterprise."""
    return state.details.missing == () and isinstance(state, (Pending, Accepted)) and not state.details.disputed
