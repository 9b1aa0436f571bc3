"""Two properties of every cell of every decider: a repeat is the same content said again, and the guard comes first.

The cells are those that the demo district fills (it shows every fact there is), and those of a ledger month.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from pydantic import BaseModel
from support.cells import STRANGER, TODAY, Cell, filled, otherwise

from deploy.demo.district import official_calendar
from services.issues.domain.history import HISTORY, HistoryRow, RecordHistory
from services.issues.domain.parked import PARKED, KnownParked, SkipParked
from services.issues.projections import DECIDERS as ISSUES
from services.reporting.domain.month import (
    MONTH,
    ExplainLedger,
    KnownFiling,
    KnownMonth,
    ReturnLedger,
    SignLedger,
    SubmitLedger,
    SupplementLedger,
)
from services.roster.domain.revocation import REVOCATION, KnownRevocation, RevokeToken
from services.roster.domain.subject import SUBJECT, EraseSubject, KnownSubject
from services.roster.projections import DECIDERS as ROSTER
from services.roster.projections.subjects import DISCLOSURE
from services.visits.projections import DECIDERS as VISITS
from shared.events.reporting import Filing
from shared.http.disclosure import Disclose
from shared.language.decider import Actor, AnyDecider, Context, said_before
from shared.language.facts import Command
from shared.language.problems import Forbidden, Problem
from shared.language.terms import IssueStage, Level, Line, Role, derived_id

BY_ITS_KEY = {
    ("DrawSurvey", "sample_size"),
    *(("MatchOrder", name) for name in ("content", "external_no", "urgency", "external_due")),
}
"""Said under an id that follows from what it is about, whose fingerprint tells: the fact keeps what came of it, a drawn sample;
of a matched order the ticket's report, written in the same transaction, keeps the words.
"""


def a_month() -> list[Cell]:
    """A ledger month, step by step."""

    def by(name: str, role: Role) -> Actor:
        return Actor(derived_id("member", name), name, frozenset({role}), "T01")

    def filing(letter: str) -> Filing:
        return Filing(cut={"roster": 1}, rows=1, digest=letter * 64, visited=1, owed=1)

    liaison, head, office, platform = (by("l", Role.LIAISON), by("h", Role.HEAD), by("o", Role.OFFICE), by("s", Role.SYSTEM))
    story: list[tuple[Actor, Command]] = [
        (liaison, SubmitLedger()),
        (office, ReturnLedger(reason="有误")),
        (liaison, SubmitLedger(note="再报")),
        (head, SignLedger(digest="a" * 64)),
        (liaison, ExplainLedger(reason="联络员请假")),
        (platform, SupplementLedger(filing=filing("b"), added=1, changed=0, removed=0)),
    ]
    now, state, found = datetime(2026, 11, 23, 2, tzinfo=UTC), MONTH.initial, []
    ready = KnownFiling(Line.HORIZONTAL, now - timedelta(days=1), begun=True, filing=filing("a"))
    known = KnownMonth("T01", "2026-10", ready)
    facts: tuple[Any, ...] = ()
    for actor, command in story:
        context = Context(actor, now, TODAY, official_calendar(), derived_id("month"), known)
        made = tuple(MONTH.decide(state, command, context))
        after = MONTH.fold(made, state)
        facts = (*facts, *made)
        found.append(Cell(MONTH, state, command, context, after, facts))
        state = after
    return found


def rare() -> Iterator[Cell]:
    """What the demo shows none of: personal data read and erased, a message passed over, rows of another system."""
    now, about = datetime(2026, 11, 23, 2, tzinfo=UTC), derived_id("somebody")
    by = Actor(derived_id("member", "o"), "o", frozenset({Role.OFFICE, Role.OFFICE_HEAD, Role.SECURITY_ADMIN}))
    row = HistoryRow(line=1, at=now, status="已受理", stage=IssueStage.ACCEPTED, final=False, level=Level.GRID)
    parked = KnownParked("demands", 7, "visits.visit-recorded.v1", "visit/x")
    known = {PARKED: parked, SUBJECT: KnownSubject(about), REVOCATION: KnownRevocation(derived_id("another"))}
    commands: tuple[tuple[AnyDecider, Command], ...] = (
        (DISCLOSURE, Disclose(what="enterprise", about=about, unit="T01", fields=("phone",), reason="电话回访")),
        (SUBJECT, EraseSubject(reason="本人要求删除")),
        (REVOCATION, RevokeToken(reason="手机丢失")),
        (PARKED, SkipParked(reason="重复的消息")),
        (HISTORY, RecordHistory(source="旧系统", no="1", rows=(row,))),
    )
    for decider, command in commands:
        context = Context(by, now, TODAY, official_calendar(), about, known.get(decider))
        facts = tuple(decider.decide(decider.initial, command, context))
        yield Cell(decider, decider.initial, command, context, decider.fold(facts), facts)


CELLS = [*filled(), *a_month(), *rare()]
PARAMETERS = [pytest.param(cell, id=f"{cell.name} {number}") for number, cell in enumerate(CELLS)]


def test_every_decider_is_looked_at() -> None:
    kinds = {decider.kind for decider in (*ROSTER, *VISITS, *ISSUES, MONTH)}
    assert kinds == {cell.decider.kind for cell in CELLS}


@pytest.mark.parametrize("cell", PARAMETERS)
def test_a_repeat_is_the_same_content_said_again(cell: Cell) -> None:
    """Said otherwise it is a command of its own or a refusal, never silence: nothing that somebody wrote gets lost."""
    if cell.command.IF_NOT_SO:
        return
    if decided(cell.decider, cell.after, cell.command, cell.context) == []:
        assert said_before(cell.command, cell.facts)
    for field, other in otherwise(cell.command):
        if (
            field in other.MADE
            or (type(other).__name__, field) in BY_ITS_KEY
            or any(getattr(fact, field, None) == getattr(other, field) for fact in cell.facts)
        ):
            continue  # Left out it was understood so, or it is so by another fact: nothing new is said.
        if decided(cell.decider, cell.after, other, cell.context) == []:
            assert not said_before(other, cell.facts), f"{field}: {getattr(other, field)!r} is lost without a word"


def decided(decider: AnyDecider, state: Any, command: Command, context: Context) -> list[Any] | None:
    try:
        return list(decider.decide(state, command, context))
    except Problem:
        return None


def _known(other: Cell, cell: Cell) -> Any:
    """All that was looked up for either command; where a stream has a type for it, what this command was given, else the other."""
    first, second = other.context.known, cell.context.known
    if type(first) is type(second) and is_dataclass(second):
        given = {field.name: getattr(second, field.name) for field in fields(second)}
        return replace(first, **{name: value for name, value in given.items() if value is not None})
    return first if second is None else second


BY_KIND: dict[str, list[Cell]] = defaultdict(list)
for _cell in CELLS:
    BY_KIND[_cell.decider.kind].append(_cell)


@pytest.mark.parametrize("kind", sorted(BY_KIND))
def test_a_stranger_gets_nothing_but_no(kind: str) -> None:
    """In every state, for every command of the stream: 403 or 404, no fact, and no word of where things stand."""
    cells = BY_KIND[kind]
    states = {type(state).__name__: (state, cell) for cell in cells for state in (cell.before, cell.after)}
    answered: list[str] = []
    for cell in cells:
        for name, (state, other) in states.items():
            known = _known(other, cell)
            try:
                facts = cell.decider.decide(state, cell.command, replace(cell.context, actor=STRANGER, known=known))
                answered.append(f"{name} × {type(cell.command).__name__}: {'facts' if facts else 'a repeat'}")
            except Problem as problem:
                if problem.status not in (403, 404):
                    answered.append(f"{name} × {type(cell.command).__name__}: {type(problem).__name__}")
    assert not sorted(set(answered))


def _people(value: Any) -> Iterator[UUID]:
    """Every id that stands somewhere in a state: who acted on it is among them."""
    match value:
        case UUID():
            yield value
        case BaseModel():
            yield from _people(dict(value))
        case dict():
            yield from _people((*value.keys(), *value.values()))
        case tuple() | frozenset():
            for item in value:
                yield from _people(item)
        case _ if is_dataclass(value):
            yield from _people(tuple(getattr(value, field.name) for field in fields(value)))
        case _:
            pass


def _barred(cell: Cell) -> bool:
    """Whether somebody with the same posts may not do it because of what he did before: it takes another person."""
    for person in set(_people(cell.before)) - {cell.context.actor.id}:
        try:
            cell.decider.decide(cell.before, cell.command, cell.by(replace(cell.context.actor, id=person)))
        except Forbidden:
            return True
        except Problem:
            continue
    return False


def _anybody(cell: Cell) -> Context:
    return cell.by(replace(cell.context.actor, id=uuid5(STRANGER.id, "another with the same posts")))


SECOND = [
    cell
    for cell in CELLS
    if cell.facts
    and not cell.command.IF_NOT_SO
    and _barred(cell)
    and decided(cell.decider, cell.before, cell.command, _anybody(cell))
]


def test_second_persons_are_found() -> None:
    assert {"ApproveCorrection", "ConfirmConsultation", "ApproveVersion", "ConfirmMove", "ConfirmUnitEnd", "AcceptVisit"} <= {
        type(cell.command).__name__ for cell in SECOND
    }


@pytest.mark.parametrize("cell", [pytest.param(cell, id=f"{cell.name} {number}") for number, cell in enumerate(SECOND)])
def test_what_takes_another_person_is_signed(cell: Cell) -> None:
    """Where a third person's word would be taken for a repeat, the command names the fact whose signer alone repeats it."""
    if decided(cell.decider, cell.after, cell.command, _anybody(cell)) == []:
        assert cell.command.SIGNS
        assert any(isinstance(fact, cell.command.SIGNS) for fact in cell.facts)


@pytest.mark.parametrize("cell", PARAMETERS)
def test_what_is_signed_becomes_a_fact_of_its_own(cell: Cell) -> None:
    if cell.command.SIGNS:
        made = decided(cell.decider, cell.before, cell.command, cell.context)
        assert any(isinstance(fact, cell.command.SIGNS) for fact in made or ())
