"""Cells of every decider's table, state × command, as the demo district fills them; and a command with one thing said otherwise.

The demo shows every fact there is, so new commands are found by themselves.
"""

from __future__ import annotations

import types
import typing
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID, uuid5

from pydantic import BaseModel, ValidationError

from deploy.demo.deeds import doing
from deploy.demo.desk import serving
from deploy.demo.district import district, founding, official_calendar
from deploy.demo.life import visiting, visits
from deploy.demo.pictures import attachments, drawings
from deploy.demo.register import entering, register
from deploy.demo.steps import Span, batches
from deploy.demo.team import organising
from shared.language.decider import Actor, AnyDecider, Context
from shared.language.facts import Command, Fact
from shared.language.personal import Personal

TODAY = date(2026, 11, 23)
SPACE = UUID("5205020a-0811-5021-8000-0000000ce115")
STRANGER = Actor(uuid5(SPACE, "stranger"), "stranger", frozenset(), "nowhere")
"""A token that holds, and no right whatever."""


@dataclass(frozen=True)
class Cell:
    """One command that was carried out: on what, by whom, what came of it."""

    decider: AnyDecider
    before: Any
    command: Command
    context: Context
    after: Any
    facts: tuple[Fact, ...]
    """All of the stream, up to what came of the command."""

    @property
    def name(self) -> str:
        """What the cell is called."""
        return f"{self.decider.kind} {type(self.before).__name__} {type(self.command).__name__}"

    def by(self, actor: Actor) -> Context:
        """The same circumstances for somebody else."""
        return replace(self.context, actor=actor)


def filled(each: int = 3) -> list[Cell]:
    """Up to so many of every cell."""
    calendar = official_calendar()
    span, where = Span(TODAY, calendar), district()
    enterprises = register(where, span, 400)
    planned, shown = visits(where, span, enterprises), attachments(drawings())
    visited = list(visiting(where, span, planned, shown))
    logs = (
        [*founding(where, span), *entering(where, span, enterprises), *organising(where, span, enterprises)],
        [*visited, *doing(where, span, planned, shown)],
        serving(where, span, enterprises, planned, visited),
    )
    found: dict[str, list[Cell]] = defaultdict(list)
    for steps in logs:
        states: dict[str, Any] = {}
        told: dict[str, tuple[Fact, ...]] = {}
        for step in (step for batch in batches(steps) for step in batch):
            stream, context = step.decider.stream(step.key), step.ask(calendar).context
            before = states.get(stream, step.decider.initial)
            facts: list[Fact] = list(step.decider.decide(before, step.command, context))
            states[stream] = step.decider.fold(facts, before)
            told[stream] = (*told.get(stream, ()), *facts)
            cell = Cell(step.decider, before, step.command, context, states[stream], told[stream])
            if len(found[cell.name]) < each:
                found[cell.name].append(cell)
    return [cell for cells in found.values() for cell in cells]


def otherwise(command: Command) -> Iterator[tuple[str, Command]]:
    """The command with one field said otherwise, for every field that can be."""
    hints = typing.get_type_hints(type(command), include_extras=False)
    for name in type(command).model_fields:
        for value in _others(getattr(command, name), hints[name]):
            try:
                other = type(command).model_validate({n: getattr(command, n) for n in type(command).model_fields} | {name: value})
            except ValidationError:
                continue
            if getattr(other, name) != getattr(command, name):
                yield name, other
                break


def _others(value: Any, hint: Any) -> Iterator[Any]:
    match value:
        case bool():
            yield not value
        case Enum():
            yield from (member for member in type(value) if member is not value)
        case int():
            yield value + 1
            yield value - 1
        case str():
            yield f"{value}改"
            yield f"{value}9"
            yield value[:-1] + ("8" if value.endswith("9") else "9")
        case datetime():
            yield value + timedelta(minutes=1)
            yield value - timedelta(minutes=1)
        case date():
            yield value + timedelta(days=1)
            yield value - timedelta(days=1)
        case UUID():
            yield uuid5(SPACE, str(value))
        case Personal():
            yield Personal(f"{value.text}某")
            yield Personal("19900007654")
        case BaseModel():
            yield from _parts(value)
        case tuple() if value:
            yield from ((*value[:-1], other) for other in _others(value[-1], Any))
            yield value[:-1]
        case _:
            yield from _given(hint)


def _parts(value: BaseModel) -> Iterator[Any]:
    hints = typing.get_type_hints(type(value))
    for name in type(value).model_fields:
        for other in _others(getattr(value, name), hints[name]):
            yield value.model_copy(update={name: other})


def _given(hint: Any) -> Iterator[Any]:
    """Something where nothing was said."""
    for part in typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,):
        origin = typing.get_origin(part) or part
        if not isinstance(origin, type):
            continue
        if issubclass(origin, bool):
            yield True
        elif issubclass(origin, Enum):
            yield from origin
        elif issubclass(origin, tuple):
            yield from ((item,) for item in _given(next(iter(typing.get_args(part)), Any)))
        else:
            yield from {
                str: ["甲", "D01", "9"],
                int: [1],
                UUID: [uuid5(SPACE, "given")],
                date: [TODAY],
                Personal: [Personal("某某"), Personal("19900007654")],
            }.get(origin, [])
