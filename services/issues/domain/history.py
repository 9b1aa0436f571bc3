r"""The history of a ticket in another system, told later (补录): every row a fact, word for word, with its own instant.

    Untold --record--> Told --record (later rows)--> Told

It is a stream of its own kind and no ticket: it takes no number, plans no alarm and stands in no indicator, for none of
our people took it on, dispatched it or called back (方案 四(一)4, 六(一)). Each row is also put to our rules
(``shadow``), and the fact says which rule would have refused it; it is kept nonetheless. Level rises, level falls and
leavings of a final state are counted as the facts come in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from services.issues.domain.shadow import Shadow
from shared.events.issues import HistoryRecorded
from shared.language.decider import Context, Decider
from shared.language.facts import Command, Part
from shared.language.months import WrittenInstant, local_date
from shared.language.personal import Personal
from shared.language.problems import Forbidden, Refused
from shared.language.reach import OFFICE
from shared.language.terms import IssueStage, Level, Term, derived_id

RANK = {Level.GRID: 1, Level.DISTRICT: 2, Level.CITY: 3}
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


class Move(Term):
    """What a row did beside the row before it."""

    ESCALATED = "escalated", "提级"
    HANDED_DOWN = "handed_down", "下移"
    REOPENED = "reopened", "重办"


def _of_our_time(at: datetime) -> datetime:
    if at < _EARLIEST:
        message = "时刻过早"
        raise ValueError(message)
    return at


Text = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class HistoryRow(Part):
    """One row of the other system's log: its words, and what the mapping makes of them."""

    line: int = Field(ge=1, le=100_000_000)
    at: Annotated[WrittenInstant, AfterValidator(_of_our_time)]
    status: Text
    stage: IssueStage
    final: bool
    level: Level
    owner: Personal | None = None
    member: UUID | None = None


class RecordHistory(Command):
    """Rows of one ticket of another system, in their order. Those known already are passed over."""

    IF_NOT_SO: ClassVar[bool] = True
    source: Text
    no: Text
    rows: tuple[HistoryRow, ...] = Field(min_length=1, max_length=5_000)


class HistoryOutOfOrder(Refused):
    """What is recorded is never rewritten: rows that came before known ones can't be put between them any more (补录)."""

    title = "该历史记录早于已补录的记录,不能插入"


class HistorySaidOtherwise(Refused):
    """What is recorded is never rewritten: a known row that now is another stage, or somebody else's, is not passed over (补录)."""

    title = "该行此前已补录,但环节、是否终态或责任人与此前不同"


class HistoryInTheFuture(Refused):
    """A history has happened (补录)."""

    title = "补录的时刻晚于当前时刻"


@dataclass(frozen=True)
class Untold:
    """Nothing yet."""


@dataclass(frozen=True)
class Told:
    """What is known of it."""

    rows: tuple[HistoryRecorded, ...]
    escalations: int = 0
    hand_downs: int = 0
    reopenings: int = 0
    refused: int = 0

    @property
    def last(self) -> HistoryRecorded:
        """Where it stands."""
        return self.rows[-1]


State = Untold | Told


def history_of(source: str, no: str) -> UUID:
    """The one stream of a ticket of another system."""
    return derived_id("history", source, no)


def same(row: HistoryRow | HistoryRecorded) -> tuple[datetime, str, Level]:
    """By what a row is known again. Two alike in one file are two rows: they are counted."""
    return row.at, row.status, row.level


def decide(state: State, command: RecordHistory, context: Context[None]) -> list[HistoryRecorded]:
    """A fact for every row that is new."""
    if not context.actor.holds(*OFFICE):
        raise Forbidden(needs=[role.label for role in OFFICE])
    known = _known(state)
    fresh = _fresh(command, known)
    latest = known[-1].at if known else None
    shadow: Shadow | None = None
    facts: list[HistoryRecorded] = []
    for row in fresh:
        if latest is not None and row.at < latest:
            raise HistoryOutOfOrder(no=command.no, line=row.line, at=row.at.isoformat(), after=latest.isoformat())
        if row.at > context.now:
            raise HistoryInTheFuture(no=command.no, line=row.line, at=row.at.isoformat())
        latest = row.at
        if shadow is None:
            shadow = Shadow(context.calendar)
            for old in known:
                shadow.put(old.at, old.stage, old.level)
        facts.append(_fact(row, shadow.put(row.at, row.stage, row.level), command, context))
    return facts


def _known(state: State) -> tuple[HistoryRecorded, ...]:
    match state:
        case Untold():
            return ()
        case Told():
            return state.rows


def _fresh(command: RecordHistory, known: Sequence[HistoryRecorded]) -> list[HistoryRow]:
    """The rows not known yet. Of a known one all that is in clear is compared; a sealed owner can't be."""
    left: defaultdict[Any, list[Any]] = defaultdict(list)
    for row in known:
        left[same(row)].append((row.stage, row.final, row.member))
    fresh: list[HistoryRow] = []
    for row in command.rows:
        told, content = left[same(row)], (row.stage, row.final, row.member)
        if content in told:
            told.remove(content)
        elif told:
            raise HistorySaidOtherwise(no=command.no, line=row.line, at=row.at.isoformat())
        else:
            fresh.append(row)
    return fresh


def _fact(row: HistoryRow, refused: str, command: RecordHistory, context: Context[None]) -> HistoryRecorded:
    owner = row.owner
    if owner is not None and owner.text is not None:
        owner = owner.about(derived_id("history-owner", command.source, owner.text))
    return HistoryRecorded(
        source=command.source,
        no=command.no,
        line=row.line,
        at=row.at,
        status=row.status,
        stage=row.stage,
        final=row.final,
        level=row.level,
        owner=owner,
        member=row.member,
        refused=refused,
        by=context.actor.id,
        on=local_date(row.at),
    )


def moves(before: HistoryRecorded, fact: HistoryRecorded) -> list[Move]:
    """What a row did beside the one before it."""
    found: list[Move] = []
    if RANK[fact.level] > RANK[before.level]:
        found.append(Move.ESCALATED)
    if RANK[fact.level] < RANK[before.level]:
        found.append(Move.HANDED_DOWN)
    if before.final and not fact.final:
        found.append(Move.REOPENED)
    return found


def evolve(state: State, fact: HistoryRecorded) -> State:
    """The state after a fact."""
    match state, fact:
        case Untold(), HistoryRecorded():
            return Told((fact,), refused=bool(fact.refused))
        case Told(), HistoryRecorded():
            made = moves(state.last, fact)
            return Told(
                (*state.rows, fact),
                state.escalations + (Move.ESCALATED in made),
                state.hand_downs + (Move.HANDED_DOWN in made),
                state.reopenings + (Move.REOPENED in made),
                state.refused + bool(fact.refused),
            )


HISTORY: Decider[State, RecordHistory, HistoryRecorded, None] = Decider("history", Untold(), decide, evolve)
