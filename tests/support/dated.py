"""What is dated in the roster, found from its commands: every fact whose day somebody names, and random histories of them.

The samples are those of the demo district, which shows every fact there is, each also with one thing said otherwise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from random import Random
from typing import Any

from services.roster.projections import DECIDERS, VIEWS
from shared.events import roster as facts
from shared.language.decider import AnyDecider
from shared.language.facts import Fact
from shared.language.personal import Personal
from support.cells import filled, otherwise
from support.stories import ident

START, TODAY = date(2026, 1, 1), date(2026, 6, 1)
DAYS = [START + timedelta(days=30 * n) for n in range(12)]
KINDS: dict[str, AnyDecider] = {decider.kind: decider for decider in DECIDERS}
STEPS: dict[type[Fact], str] = {
    facts.UnitEstablished: "the first thing said of a unit",
    facts.EnterpriseRegistered: "the first thing said of an enterprise",
    facts.HandoverOpened: "the first thing said of a hand-over",
    facts.ProjectRegistered: "the first thing said of a project",
    facts.UnitEnded: "a unit has one end, put right by saying it again",
    facts.UnitDocumented: "each paper is a thing of its own",
    facts.PlaqueHung: "a plaque hangs after the one before it was taken down",
    facts.PlaqueTakenDown: "a plaque has one end",
    facts.EnterpriseMissed: "it is missed until it is found",
    facts.UnitEndProposed: "a proposal, which says nothing yet",
    facts.EnterpriseMoveProposed: "a proposal, which says nothing yet",
}
"""Dated facts that come in an order by what they are. Of all others it does not matter in which order they are said."""
_DAY = ("on", "issued")
_TO_COME = {"until", "ended", "closed_on", "withdrawn_on", "missed_on"}
_ASIDE = {"ver", "version", "number", "turn", "successors", "missed_batch", "reason"}
"""Counters, and words that belong to an end which may be to come."""


_FIRST = {"standing": "first_standing", "custody": "first_elsewhere", "enterprise_name": "name"}


def day_of(fact: Fact) -> str:
    """The field with the day from which it is so; empty for what has none."""
    return next((name for name in _DAY if name in type(fact).model_fields), "")


def _fulness(fact: Fact) -> int:
    return sum(getattr(fact, name) not in (None, "", ()) for name in type(fact).model_fields)


def _found() -> tuple[dict[str, list[Fact]], dict[str, Fact], set[type[Fact]]]:
    """Facts whose day a command names, and the opening fact, by kind of stream; and facts that are dated by the clock."""
    said: dict[str, list[Fact]] = defaultdict(list)
    opening: dict[str, Fact] = {}
    clock: set[type[Fact]] = set()
    for cell in filled(6):
        kind = cell.decider.kind
        if KINDS.get(kind) is not cell.decider:
            continue
        opening[kind] = max(opening.get(kind, cell.facts[0]), cell.facts[0], key=_fulness)
        for fact in cell.decider.decide(cell.before, cell.command, cell.context):
            named = type(cell.command).model_fields | (
                type(fact).model_fields if "proposed_by" in type(fact).model_fields else {}
            )
            if (name := day_of(fact)) and name in named:  # What a second person confirms, the first has named a day for.
                said[kind].append(fact)
            elif name:
                clock.add(type(fact))
    return said, opening, clock


SAID, OPENING, BY_THE_CLOCK = _found()
DATED = {type(fact) for found in SAID.values() for fact in found}


def _kept(fact: Fact) -> Fact:
    """As it lies in a log: what is personal in it sealed."""
    held = {name: value for name in type(fact).model_fields if isinstance(value := getattr(fact, name), Personal)}
    token = {name: {"$enc": "a1", "sub": str(ident("somebody")), "n": "n", "ct": name} for name in held}
    return fact.model_copy(update={name: Personal(subject=ident("somebody"), token=token[name]) for name in held})


def at(fact: Fact, day: date) -> Fact:
    """The same, said of another day."""
    one = (
        {"account": "somebody", "phone": None} if isinstance(fact, facts.MemberAppointed) else {}
    )  # Who it is, is no matter of days.
    return _kept(fact.model_copy(update={day_of(fact): day, **one}))


def _variants(fact: Fact) -> Iterable[Fact]:
    """It, and with one thing said otherwise."""
    yield fact
    yield from (other for name, other in otherwise(fact) if name not in (*_DAY, "account"))  # type: ignore[arg-type]


STATEMENTS = {
    kind: found
    for kind, said in SAID.items()
    if (found := [other for fact in said if type(fact) not in STEPS for other in _variants(fact)])
}
"""By kind of stream: what may be said of days in any order."""


def beginning(kind: str) -> list[Fact]:
    """What a history of this kind begins with."""
    first = OPENING[kind]
    return [at(first, START)] if type(first) in STEPS else []


def history(kind: str, chance: Random, most: int = 7) -> list[Fact]:
    """Things said of different days, in the order of the days."""
    days = sorted(chance.sample(DAYS[1:], chance.randint(0, most)))
    return [at(chance.choice(STATEMENTS[kind]), day) for day in days]


def answers(kind: str, told: Iterable[Fact], day: date) -> dict[str, set[tuple[Any, ...]]]:
    """What the roster's views say of one day: rows that hold on it; an end that is to come is none yet."""
    state = KINDS[kind].fold(told)
    found: dict[str, set[tuple[Any, ...]]] = {}
    registered: list[dict[str, Any]] = []
    for view in VIEWS[kind]:
        names = list(view.columns)
        whole = [dict(zip(names, row, strict=True)) for row in view.rows(str(ident(kind)), 1, state)]
        rows = [row for row in whole if _holds(row, day)]
        if view.table in _FIRST:  # Nothing is kept of what never changed: the register's own row answers.
            first = {row[_FIRST[view.table]] for row in registered}
            found[view.table] = {(row[names[-1]],) for row in rows} or {(value,) for value in first}
            continue
        registered = whole if view.table == "enterprise" else registered
        if "version" in names and "since" in names:  # Of versions the one that begins last is in force.
            rows = sorted(rows, key=lambda row: (row["since"], row["version"]))[-1:]
        found[view.table] = {tuple(_shown(name, row[name], day) for name in names if name not in _ASIDE) for row in rows}
    return found


def _holds(row: dict[str, Any], day: date) -> bool:
    begun = next((row[name] for name in ("since", "issued", "on_date") if name in row), None)
    return (begun is None or begun <= day) and not (row.get("until") and row["until"] <= day)


def _shown(name: str, cell: Any, day: date) -> Any:
    return None if name in _TO_COME and cell is not None and cell > day else cell
