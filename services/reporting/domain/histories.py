"""The histories that ledgers and figures are computed from: what became of each enterprise, visit, ticket, unit and member.

Days stay the ISO texts they are in the log (``2026-09-27``): they compare as days do, and nothing has to be parsed. Histories
are written by ``folding`` alone; everybody else only reads them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from shared.language.dated import Said, terms
from shared.language.terms import IssueStage, Level, Line, Rating, Review

BEGINNING = "0001-01-01"


class Mirrored(Protocol):
    """An entry of a mirrored log, as far as folding reads it; ``shared.log.eventlog.Entry`` is one."""

    @property
    def pos(self) -> int:
        """Position in its log."""
        ...

    @property
    def rec_us(self) -> int:
        """When the log took it in, microseconds since 1970."""
        ...

    @property
    def stream(self) -> str:
        """``kind/key``."""
        ...

    @property
    def type(self) -> str:
        """The type of the fact."""
        ...

    @property
    def body(self) -> bytes:
        """The envelope as JSON."""
        ...


@dataclass(slots=True)
class Assignment:
    """From a day on this unit answers for the enterprise on one line."""

    on: str
    pos: int
    unit: str
    sub_unit: str | None
    worker: str | None


@dataclass(slots=True)
class Change:
    """A value that holds from a day on."""

    on: str
    pos: int
    value: Any


@dataclass(slots=True)
class ContactLoss:
    """A verified 失联: on which line, which day, and the tries as (day, mode)."""

    on: str
    line: str
    tries: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class EnterpriseHistory:
    """What happened to one enterprise in the roster. Timelines are in order of day, then position."""

    id: str
    code: str = ""
    name: str = ""
    """The latest name; former ones are in ``names``."""
    kind: str = ""
    branch: bool = False
    registered_on: str = BEGINNING
    names: list[Change] = field(default_factory=list[Change])
    industries: list[Change] = field(default_factory=list[Change])
    sizes: list[Change] = field(default_factory=list[Change])
    """The size class (划型), from the day of what it was derived from."""
    described_on: str = BEGINNING
    """The day of the latest particulars."""
    standings: list[Change] = field(default_factory=list[Change])
    dated: bool = False
    """The standing it was registered with names its own day."""
    custody: list[Change] = field(default_factory=list[Change])
    horizontal: list[Assignment] = field(default_factory=list[Assignment])
    vertical: list[Assignment] = field(default_factory=list[Assignment])
    lost: list[ContactLoss] = field(default_factory=list[ContactLoss])
    personal: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    """Sealed ``contact``, ``phone`` and ``legal_person``."""

    def assignments(self, line: str) -> list[Assignment]:
        """The assignments on this line, in order; the later one of a day has replaced the earlier."""
        return self.horizontal if line == Line.HORIZONTAL else self.vertical

    def assigned(self, line: str, on: str) -> Assignment | None:
        """Who answers for the enterprise on this line at the end of that day."""
        found = None
        for item in self.assignments(line):
            if item.on > on:
                break
            found = item
        return found


@dataclass(slots=True)
class Evidence:
    """A file that proves a visit."""

    sha256: str
    kind: str
    size: int


@dataclass(slots=True)
class VisitHistory:
    """One visit: what its latest version says, what the reviewer said, whether it may count."""

    id: str
    details: dict[str, Any] = field(default_factory=dict[str, Any])
    """The data of the latest ``visit-recorded`` or ``visit-corrected``."""
    pos: int = 0
    """Position of the fact the details come from."""
    review: str = Review.PENDING
    reason: str = ""
    qualified: bool = False
    missing: tuple[str, ...] = ()
    denied: bool = False
    """The enterprise says nobody came, and no reviewer has upheld the visit."""
    evidence: list[Evidence] = field(default_factory=list[Evidence])
    confirmed: dict[str, Any] | None = None
    """What the enterprise itself said of it through its link: the data of ``visit-confirmed``."""
    stands: bool | None = None
    """Of a doubtful confirmation: what a call to the enterprise found; ``None`` while nobody called."""
    first_us: int = 0
    last_us: int = 0
    corrections: int = 0

    @property
    def rating(self) -> Rating | None:
        """The enterprise's own rating, once it may be believed (decision 0051)."""
        said = self.confirmed
        if said is None or said.get("rating") is None or (said.get("doubtful", False) and not self.stands):
            return None
        return Rating(said["rating"])

    @property
    def enterprise(self) -> str:
        """The id of the visited enterprise."""
        return self.details["enterprise"]["id"] if self.details else ""

    @property
    def on(self) -> str:
        """The day of the visit."""
        return self.details["on"] if self.details else ""

    @property
    def valid(self) -> bool:
        """Qualified by its evidence and neither returned nor voided (kpi §2), nor denied by the enterprise without a ruling.
        Awaiting review is no reason not to count. A held telling has no details: once admitted it is recorded like any other.
        """
        return self.qualified and self.review not in _SET_ASIDE and not self.denied


_SET_ASIDE = (Review.RETURNED, Review.VOIDED)


@dataclass(slots=True)
class IssueHistory:
    """One ticket, as the ledgers print it."""

    id: str
    no: str = ""
    enterprise: str = ""
    unit: str = ""
    """The unit that collected it."""
    handler: str = ""
    """The unit it was dispatched to."""
    visit: str | None = None
    demand: int | None = None
    alleged: bool = False
    """It says that a visit became an inspection: no demand, and for the inspectorate alone to read."""
    reported_on: str = ""
    accepted_on: str | None = None
    dispatched_on: str | None = None
    leader: str | None = None
    measures: str = ""
    initial_due: str | None = None
    due: str | None = None
    """The deadline in force, as it is printed: after a reopening the one of the reopening."""
    owed: str | None = None
    """The deadline at the first reopening, or the one in force: what rules 2026.1 judge by."""
    promised: str | None = None
    """The deadline in force at the 报结 that the first reopening undid; ``judged_by`` reads it."""
    level: str = Level.GRID
    extensions: int = 0
    returned: int = 0
    replied_on: str | None = None
    """The first day on which the enterprise got an answer in words."""
    withdrawn_on: str | None = None
    stage: str = IssueStage.REPORTED
    outcome: str | None = None
    result: str = ""
    resolved_on: str | None = None
    """Day of the resolution that counts: the last one not rejected nor followed by a reopening."""
    resolved_under: str | None = None
    """The deadline in force at the last 报结."""
    closed_on: str | None = None
    rating: str | None = None
    """The rating of the last call-back that gave one, since the last reopening."""
    first_rating: str | None = None
    let_out_on: str | None = None
    """The day on which the answer that stands was let out: from then on its enterprise is to be called back."""
    calls: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Day and outcome of each call about the answer that stands."""
    reopened: int = 0
    parties: set[str] = field(default_factory=set[str])
    """The units that collected it or ever handled it."""
    told: list[Mirrored] = field(default_factory=list[Mirrored])
    """The entries it was folded from, so that it can be folded again as it stood on an earlier day."""
    last_on: str = ""
    """The latest day on which anything of it happened."""

    @property
    def judged_by(self) -> str | None:
        """The deadline K3 and K4 judge by (kpi §3): extensions and higher levels move it; a reopening never does, so that
        more time for a second handling makes nobody punctual who was late the first time.
        """
        return (self.promised or self.owed) if self.reopened else self.due

    @property
    def done_by(self) -> str:
        """The unit it is counted for in K3, K4 and K6: the one that handles it, after the last dispatch."""
        return self.handler or self.unit

    @property
    def closed(self) -> bool:
        """Closed, archived or not (S7, S8)."""
        return self.stage in (IssueStage.CLOSED, IssueStage.ARCHIVED)


@dataclass(slots=True)
class UnitHistory:
    """A unit of either tree."""

    code: str
    name: str = ""
    kind: str = ""
    since: str = ""
    ended_on: str | None = None
    names: list[Change] = field(default_factory=list[Change])
    successors: tuple[str, ...] = ()

    def called(self, on: str) -> str:
        """What the unit was called on a day."""
        return standing_value(self.names, on, self.name)


@dataclass(slots=True)
class Post:
    """A role held in a unit, from a day until the day before another."""

    unit: str
    sub_unit: str | None
    role: str
    since: str
    until: str | None
    post: str
    acting_for: str | None = None
    freed: bool = False
    """It was said that the role is not held any more from ``since`` on, however it was."""


@dataclass(slots=True)
class MemberHistory:
    """Somebody of the teams. The name is sealed."""

    id: str
    account: str = ""
    name: dict[str, str] | None = None
    phone: dict[str, str] | None = None
    posts: list[Post] = field(default_factory=list[Post])
    """As rules 1 to 5 read what was said: by the order of saying (``former``)."""
    said: list[Post] = field(default_factory=list[Post])
    """All that was said of posts, in the order of saying."""

    def held(self) -> list[Post]:
        """The posts held on any day, each until the first day without it (decision 0043)."""
        told = [Said((post.unit, post.role), post.acting_for, post.since, post.until, free=post.freed) for post in self.said]
        return [replace(self.said[number], until=until) for number, _, until in terms(told)]


@dataclass(slots=True)
class FilingHistory:
    """A unit's ledger of a month as it was filed."""

    id: str
    unit: str = ""
    month: str = ""
    received: str = ""
    on_time: bool = False
    revision: int = 0
    digest: str = ""
    signed_on: str | None = None
    returned: str | None = None


@dataclass(slots=True)
class SurveyHistory:
    """An independent survey of 知晓率."""

    id: str
    drawn: dict[str, Any] = field(default_factory=dict[str, Any])
    """The data of ``survey-drawn``."""
    pos: int = 0
    answers: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """In the order they came in."""


@dataclass(slots=True)
class Histories:
    """Everything folded so far, by the key of its stream."""

    enterprises: dict[str, EnterpriseHistory] = field(default_factory=dict[str, EnterpriseHistory])
    visits: dict[str, VisitHistory] = field(default_factory=dict[str, VisitHistory])
    issues: dict[str, IssueHistory] = field(default_factory=dict[str, IssueHistory])
    units: dict[str, UnitHistory] = field(default_factory=dict[str, UnitHistory])
    members: dict[str, MemberHistory] = field(default_factory=dict[str, MemberHistory])
    filings: dict[str, FilingHistory] = field(default_factory=dict[str, FilingHistory])
    surveys: dict[str, SurveyHistory] = field(default_factory=dict[str, SurveyHistory])
    years: dict[int, dict[str, Any]] = field(default_factory=dict[int, dict[str, Any]])
    """The latest ``year-published`` of each year, as data: the official calendar arrives as facts."""
    count: int = 0

    def unit_name(self, code: str | None, on: str) -> str:
        """What the unit was called on a day; its code if nobody established it; empty for none."""
        if not code:
            return ""
        unit = self.units.get(code)
        return unit.called(on) if unit else code


def standing_value(timeline: Sequence[Change], on: str, default: Any) -> Any:
    """The value of a timeline at the end of a day."""
    value = default
    for change in timeline:
        if change.on > on:
            break
        value = change.value
    return value


def insert(timeline: list[Any], item: Any) -> None:
    """Put an item in order of day, then position. Nearly always it belongs at the end."""
    index = len(timeline)
    while index and (timeline[index - 1].on, timeline[index - 1].pos) > (item.on, item.pos):
        index -= 1
    timeline.insert(index, item)
