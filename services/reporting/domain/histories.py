"""Facts of all logs, folded into the histories that ledgers and figures are computed from.

``fold`` is a pure function of mirror entries. It reads raw JSON rather than fact models: a rebuild folds a whole year, and
the bodies were checked when they were written. Days stay the ISO texts they are in the log (``2026-09-27``): they compare
as days do, and nothing has to be parsed. Histories are written by ``fold`` alone; everybody else only reads them.

The logs may arrive in any interleaving as long as each log keeps its own order; a timeline that may be written out of order
(an assignment entered late for an earlier day) is put in order by day, then by position.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson

from shared.events import CATALOGUE, UnknownFact, issues, reporting, roster, visits
from shared.terms import IssueStage, Level, Line, Review

BEGINNING = "0001-01-01"


class Mirrored(Protocol):
    """An entry of a mirrored log, as far as folding reads it; ``shared.eventlog.Entry`` is one."""

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
    standings: list[Change] = field(default_factory=list[Change])
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
    first_us: int = 0
    last_us: int = 0
    corrections: int = 0

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
    reported_on: str = ""
    accepted_on: str | None = None
    dispatched_on: str | None = None
    leader: str | None = None
    measures: str = ""
    initial_due: str | None = None
    due: str | None = None
    """The deadline in force, as it is printed: after a reopening the one of the reopening."""
    owed: str | None = None
    """The deadline it is judged by (kpi §3): extensions and higher levels move it, a reopening never does."""
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
    closed_on: str | None = None
    rating: str | None = None
    """The rating of the last call-back that gave one, since the last reopening."""
    first_rating: str | None = None
    calls: int = 0
    reopened: int = 0

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
    parent: str | None = None
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


@dataclass(slots=True)
class MemberHistory:
    """Somebody of the teams. The name is sealed."""

    id: str
    account: str = ""
    name: dict[str, str] | None = None
    phone: dict[str, str] | None = None
    posts: list[Post] = field(default_factory=list[Post])


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
class Histories:
    """Everything folded so far, by the key of its stream."""

    enterprises: dict[str, EnterpriseHistory] = field(default_factory=dict[str, EnterpriseHistory])
    visits: dict[str, VisitHistory] = field(default_factory=dict[str, VisitHistory])
    issues: dict[str, IssueHistory] = field(default_factory=dict[str, IssueHistory])
    units: dict[str, UnitHistory] = field(default_factory=dict[str, UnitHistory])
    members: dict[str, MemberHistory] = field(default_factory=dict[str, MemberHistory])
    filings: dict[str, FilingHistory] = field(default_factory=dict[str, FilingHistory])
    industries: dict[str, str] = field(default_factory=dict[str, str])
    years: dict[int, dict[str, Any]] = field(default_factory=dict[int, dict[str, Any]])
    """The latest ``year-published`` of each year, as data: the official calendar arrives as facts."""
    count: int = 0

    def apply(self, type_: str, key: str, data: dict[str, Any], pos: int, rec_us: int) -> None:
        """One fact. A type that no version of the catalogue knows stops the reader; it is never skipped."""
        handler = _HANDLERS.get(type_)
        if handler is not None:
            handler(self, key, data, pos, rec_us)
        elif type_ not in CATALOGUE:
            raise UnknownFact(type_)
        self.count += 1

    def unit_name(self, code: str | None, on: str) -> str:
        """What the unit was called on a day; its code if nobody established it; empty for none."""
        if not code:
            return ""
        unit = self.units.get(code)
        return unit.called(on) if unit else code


def fold(entries: Iterable[Mirrored], into: Histories | None = None) -> Histories:
    """Fold mirror entries, each log in its own order, in any interleaving of the logs."""
    histories = Histories() if into is None else into
    loads = orjson.loads
    handlers = _HANDLERS
    count = 0
    collecting = gc.isenabled()
    gc.disable()  # Nothing made here refers back to its owner; looking for cycles among millions of objects costs two thirds.
    try:
        for entry in entries:
            type_ = entry.type
            handler = handlers.get(type_)
            count += 1
            if handler is not None:
                handler(histories, entry.stream.partition("/")[2], loads(entry.body)["data"], entry.pos, entry.rec_us)
            elif type_ not in CATALOGUE:
                raise UnknownFact(type_)
    finally:
        if collecting:
            gc.enable()
    histories.count += count
    return histories


def standing_value(timeline: list[Change], on: str, default: Any) -> Any:
    """The value of a timeline at the end of a day."""
    value = default
    for change in timeline:
        if change.on > on:
            break
        value = change.value
    return value


def _insert(timeline: list[Any], item: Any) -> None:
    """Put an item in order of day, then position. Nearly always it belongs at the end."""
    index = len(timeline)
    while index and (timeline[index - 1].on, timeline[index - 1].pos) > (item.on, item.pos):
        index -= 1
    timeline.insert(index, item)


def _enterprise(histories: Histories, key: str) -> EnterpriseHistory:
    found = histories.enterprises.get(key)
    if found is None:
        found = histories.enterprises[key] = EnterpriseHistory(key)
    return found


_SEALED = ("contact", "phone", "legal_person")


def _registered(histories: Histories, key: str, data: dict[str, Any], pos: int, _rec_us: int) -> None:
    item = _enterprise(histories, key)
    on = data["on"]
    item.code, item.name, item.kind = data["code"], data["name"], data["kind"]
    item.branch = data.get("branch", False)
    item.registered_on = on
    item.names.append(Change(BEGINNING, pos, item.name))
    item.industries.append(Change(BEGINNING, pos, data.get("industry", "")))
    # The extract may be younger than the standing it tells of: 注销 on the 12th, imported on the 20th.
    since = min(data.get("standing_on") or on, on)
    _insert(item.standings, Change(since, pos, data["standing"]))
    if data.get("managed_elsewhere"):
        _insert(item.custody, Change(BEGINNING, pos, True))
    for name in _SEALED:
        if name in data:
            item.personal[name] = data[name]


def _amended(histories: Histories, key: str, data: dict[str, Any], pos: int, _rec_us: int) -> None:
    item = _enterprise(histories, key)
    if (name := data.get("name")) is not None:
        _insert(item.names, Change(data["on"], pos, name))
        item.name = item.names[-1].value
    if (industry := data.get("industry")) is not None:
        _insert(item.industries, Change(data["on"], pos, industry))
    item.kind = data.get("kind", item.kind)
    item.branch = data.get("branch", item.branch)
    for sealed in _SEALED:
        if sealed in data:
            item.personal[sealed] = data[sealed]


def _standing(histories: Histories, key: str, data: dict[str, Any], pos: int, _rec_us: int) -> None:
    _insert(_enterprise(histories, key).standings, Change(data["on"], pos, data["standing"]))


def _custody(histories: Histories, key: str, data: dict[str, Any], pos: int, _rec_us: int) -> None:
    _insert(_enterprise(histories, key).custody, Change(data["on"], pos, data["managed_elsewhere"]))


def _assigned(histories: Histories, key: str, data: dict[str, Any], pos: int, _rec_us: int) -> None:
    item = _enterprise(histories, key)
    timeline = item.horizontal if data["line"] == "horizontal" else item.vertical
    new = Assignment(data["on"], pos, data["unit"], data.get("sub_unit"), data.get("worker"))
    for index, old in enumerate(timeline):
        if old.on == new.on:
            timeline[index] = new  # The later word on the same day holds.
            return
    _insert(timeline, new)


def _lost(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    tries = tuple((item["on"], item["mode"]) for item in data["tries"])
    _enterprise(histories, key).lost.append(ContactLoss(data["on"], data["line"], tries))


def _visit(histories: Histories, key: str) -> VisitHistory:
    found = histories.visits.get(key)
    if found is None:
        found = histories.visits[key] = VisitHistory(key)
    return found


def _recorded(histories: Histories, key: str, data: dict[str, Any], pos: int, rec_us: int) -> None:
    item = _visit(histories, key)
    item.details, item.pos, item.last_us = data, pos, rec_us
    item.first_us = item.first_us or rec_us


def _corrected(histories: Histories, key: str, data: dict[str, Any], pos: int, rec_us: int) -> None:
    item = _visit(histories, key)
    item.details, item.pos, item.last_us = data, pos, rec_us
    item.corrections += 1
    if item.review != Review.VOIDED:
        item.review, item.reason = Review.PENDING, ""


def _evidenced(histories: Histories, key: str, data: dict[str, Any], _pos: int, rec_us: int) -> None:
    item = _visit(histories, key)
    item.evidence.append(Evidence(data["sha256"], data["kind"], data["size"]))
    item.last_us = rec_us


def _qualified(histories: Histories, key: str, _data: dict[str, Any], _pos: int, rec_us: int) -> None:
    item = _visit(histories, key)
    item.qualified, item.missing, item.last_us = True, (), rec_us


def _disqualified(histories: Histories, key: str, data: dict[str, Any], _pos: int, rec_us: int) -> None:
    item = _visit(histories, key)
    item.qualified, item.missing, item.last_us = False, tuple(data["missing"]), rec_us


def _reviewed_as(review: Review) -> Callable[[Histories, str, dict[str, Any], int, int], None]:
    def handler(histories: Histories, key: str, data: dict[str, Any], _pos: int, rec_us: int) -> None:
        item = _visit(histories, key)
        if item.review != Review.VOIDED:  # A voided visit stays voided, whatever comes after.
            item.review, item.reason = review, data.get("reason", "")
        item.last_us = rec_us

    return handler


def _denied(histories: Histories, key: str, _data: dict[str, Any], _pos: int, rec_us: int) -> None:
    item = _visit(histories, key)
    item.denied, item.last_us = True, rec_us


def _upheld(histories: Histories, key: str, _data: dict[str, Any], _pos: int, rec_us: int) -> None:
    item = _visit(histories, key)
    item.denied, item.last_us = False, rec_us


def _issue(histories: Histories, key: str) -> IssueHistory:
    found = histories.issues.get(key)
    if found is None:
        found = histories.issues[key] = IssueHistory(key)
    return found


def _reported(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = _issue(histories, key)
    item.no, item.unit, item.reported_on = data["no"], data["unit"], data["on"]
    item.enterprise = data["enterprise"]["id"]
    item.visit, item.demand = data.get("visit"), data.get("demand")


def _accepted(histories: Histories, key: str, _data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    _issue(histories, key).stage = IssueStage.ACCEPTED


def _dispatched(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = _issue(histories, key)
    item.stage, item.dispatched_on = IssueStage.DISPATCHED, item.dispatched_on or data["on"]
    item.handler, item.leader, item.measures = data["unit"], data["leader"], data["measures"]
    item.due = item.owed = data["due"]["on"]
    item.initial_due = item.initial_due or item.due
    item.level = data.get("level", Level.GRID)


def _signed(histories: Histories, key: str, _data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    _issue(histories, key).stage = IssueStage.SIGNED


def _resolved(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = _issue(histories, key)
    item.stage, item.resolved_on = IssueStage.RESOLVED, data["on"]
    item.outcome, item.result = data["outcome"], data["result"]


def _approved(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    """An answer reaches the enterprise when a reviewer lets it out (K5)."""
    item = _issue(histories, key)
    item.stage, item.replied_on = IssueStage.REVIEWED, data["on"]


def _rejected(histories: Histories, key: str, _data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = _issue(histories, key)
    item.stage, item.resolved_on = IssueStage.SIGNED, None


def _called_back(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = _issue(histories, key)
    item.calls += 1
    if (rating := data.get("rating")) is not None:
        item.rating = rating
        item.first_rating = item.first_rating or rating


def _closed(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = _issue(histories, key)
    item.stage, item.closed_on = IssueStage.CLOSED, data["on"]
    item.rating = data.get("rating", item.rating)


def _reopened(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = _issue(histories, key)
    item.stage, item.resolved_on, item.replied_on = IssueStage.SIGNED, None, None
    item.closed_on, item.rating = None, None
    item.due = data["due"]["on"]
    item.reopened += 1


def _archived(histories: Histories, key: str, _data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    _issue(histories, key).stage = IssueStage.ARCHIVED


def _staged(stage: IssueStage) -> Callable[[Histories, str, dict[str, Any], int, int], None]:
    def handler(histories: Histories, key: str, _data: dict[str, Any], _pos: int, _rec_us: int) -> None:
        _issue(histories, key).stage = stage

    return handler


def _declined(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = _issue(histories, key)
    item.stage, item.replied_on = IssueStage.DECLINED, item.replied_on or data["on"]


def _answered(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = _issue(histories, key)
    item.replied_on = item.replied_on or data["on"]


def _sent_on(histories: Histories, key: str, _data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = _issue(histories, key)
    item.stage, item.returned = IssueStage.ACCEPTED, item.returned + 1


def _extended(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = _issue(histories, key)
    item.due = item.owed = data["due"]["on"]
    item.extensions += 1


def _rederived(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = _issue(histories, key)
    item.owed = data["due"]["on"] if item.owed == item.due else item.owed
    item.due = data["due"]["on"]


def _lifted(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = _issue(histories, key)
    item.stage, item.level = IssueStage.SIGNED, data["level"]
    item.handler, item.leader = data["unit"], data["leader"]
    item.due = item.owed = data["due"]["on"]


def _city_replied(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = _issue(histories, key)
    if due := data.get("due"):
        item.due = item.owed = due


def _withdrawn(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = _issue(histories, key)
    item.stage, item.withdrawn_on = IssueStage.WITHDRAWN, data["on"]


def _established(histories: Histories, key: str, data: dict[str, Any], pos: int, _rec_us: int) -> None:
    code = data["code"]
    unit = histories.units.get(code) or UnitHistory(code)
    unit.name, unit.kind, unit.parent = data["name"], data["kind"], data.get("parent")
    unit.since, unit.ended_on = data["on"], None
    _insert(unit.names, Change(BEGINNING if not unit.names else data["on"], pos, data["name"]))
    histories.units[code] = unit
    if key != code:
        histories.units[key] = unit


def _renamed(histories: Histories, key: str, data: dict[str, Any], pos: int, _rec_us: int) -> None:
    unit = histories.units.setdefault(key, UnitHistory(key))
    _insert(unit.names, Change(data["on"], pos, data["name"]))
    unit.name = unit.names[-1].value


def _moved(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    histories.units.setdefault(key, UnitHistory(key)).parent = data["parent"]


def _ended(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    unit = histories.units.setdefault(key, UnitHistory(key))
    unit.ended_on, unit.successors = data["on"], tuple(data.get("successors", ()))


def _mapped(histories: Histories, _key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    histories.industries = data["entries"]


def _appointed(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    member = histories.members.get(key)
    if member is None:
        member = histories.members[key] = MemberHistory(key)
    member.account, member.name = data["account"], data["name"]
    member.phone = data.get("phone", member.phone)
    acting, until = data.get("acting_for"), data.get("until")
    _give_way(member, data, [p for p in member.posts if p.acting_for == acting and (until is None or p.since < until)])
    member.posts.append(Post(data["unit"], data.get("sub_unit"), data["role"], data["on"], until, data.get("post", ""), acting))


def _released(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    if member := histories.members.get(key):
        _give_way(member, data, member.posts)


def _give_way(member: MemberHistory, data: dict[str, Any], posts: list[Post]) -> None:
    """Of these posts, the role in the unit ends on the day; one that would have begun later never was."""
    for post in list(posts):
        if (post.unit, post.role) == (data["unit"], data["role"]) and (post.until is None or post.until > data["on"]):
            if post.since < data["on"]:
                post.until = data["on"]
            else:
                member.posts.remove(post)


def _published(histories: Histories, _key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    histories.years[data["year"]] = data


def _submitted(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = histories.filings.setdefault(key, FilingHistory(key))
    if not item.received:  # The first filing decides about punctuality (kpi §7).
        item.received, item.on_time = data["received"], data["on_time"]
    item.unit, item.month = data["unit"], data["month"]
    item.revision, item.digest = data["revision"], data["filing"]["digest"]
    item.returned = None


def _signed_off(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    histories.filings.setdefault(key, FilingHistory(key)).signed_on = data["on"]


def _sent_back(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    histories.filings.setdefault(key, FilingHistory(key)).returned = data["reason"]


_HANDLERS: dict[str, Callable[[Histories, str, dict[str, Any], int, int], None]] = {
    roster.EnterpriseRegistered.TYPE: _registered,
    roster.EnterpriseAmended.TYPE: _amended,
    roster.StandingChanged.TYPE: _standing,
    roster.CustodyChanged.TYPE: _custody,
    roster.EnterpriseAssigned.TYPE: _assigned,
    roster.ContactLossVerified.TYPE: _lost,
    roster.UnitEstablished.TYPE: _established,
    roster.UnitRenamed.TYPE: _renamed,
    roster.UnitEnded.TYPE: _ended,
    roster.UnitMoved.TYPE: _moved,
    roster.IndustriesMapped.TYPE: _mapped,
    roster.MemberAppointed.TYPE: _appointed,
    roster.MemberReleased.TYPE: _released,
    roster.YearPublished.TYPE: _published,
    visits.VisitRecorded.TYPE: _recorded,
    visits.VisitCorrected.TYPE: _corrected,
    visits.EvidenceAttached.TYPE: _evidenced,
    visits.VisitQualified.TYPE: _qualified,
    visits.VisitDisqualified.TYPE: _disqualified,
    visits.VisitAccepted.TYPE: _reviewed_as(Review.ACCEPTED),
    visits.VisitReturned.TYPE: _reviewed_as(Review.RETURNED),
    visits.VisitVoided.TYPE: _reviewed_as(Review.VOIDED),
    visits.VisitDenied.TYPE: _denied,
    visits.VisitUpheld.TYPE: _upheld,
    issues.IssueReported.TYPE: _reported,
    issues.IssueAccepted.TYPE: _accepted,
    issues.IssueDispatched.TYPE: _dispatched,
    issues.IssueSigned.TYPE: _signed,
    issues.IssueResolved.TYPE: _resolved,
    issues.ResolutionApproved.TYPE: _approved,
    issues.ResolutionRejected.TYPE: _rejected,
    issues.CallBackRecorded.TYPE: _called_back,
    issues.IssueClosed.TYPE: _closed,
    issues.IssueReopened.TYPE: _reopened,
    issues.IssueArchived.TYPE: _archived,
    issues.IssueDeclined.TYPE: _declined,
    issues.DeclineContested.TYPE: _staged(IssueStage.REPORTED),
    issues.IssueMerged.TYPE: _staged(IssueStage.MERGED),
    issues.SiblingAnswered.TYPE: _answered,
    issues.IssueReturned.TYPE: _sent_on,
    issues.ExtensionApproved.TYPE: _extended,
    issues.DeadlineRederived.TYPE: _rederived,
    issues.IssueTracked.TYPE: _staged(IssueStage.TRACKED),
    issues.IssueResumed.TYPE: _staged(IssueStage.SIGNED),
    issues.EscalationRequested.TYPE: _staged(IssueStage.ESCALATING),
    issues.EscalationRejected.TYPE: _staged(IssueStage.SIGNED),
    issues.EscalationApproved.TYPE: _lifted,
    issues.CityReplied.TYPE: _city_replied,
    issues.IssueWithdrawn.TYPE: _withdrawn,
    reporting.LedgerSubmitted.TYPE: _submitted,
    reporting.LedgerSigned.TYPE: _signed_off,
    reporting.LedgerReturned.TYPE: _sent_back,
}
