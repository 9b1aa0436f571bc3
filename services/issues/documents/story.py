"""A ticket's history as printed things need it: the state it led to, and every fact by its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from services.issues.domain.ticket.decide import ISSUE
from services.issues.domain.ticket.states import Ticket, Unreported
from shared.language.facts import Fact
from shared.language.months import SHANGHAI
from shared.log.eventlog import Entry

FactT = TypeVar("FactT", bound=Fact)


@dataclass(frozen=True)
class People:
    """What codes and ids are called: units, members, and an enterprise's person, masked."""

    units: Mapping[str, str]
    members: Mapping[UUID, str]
    reporters: Mapping[UUID, tuple[str, str]]
    """Name and number of who reported, by ticket."""

    def unit(self, code: str) -> str:
        """A unit's name, else its code."""
        return self.units.get(code, code)

    def all(self, codes: Sequence[str]) -> str:
        """Names of several."""
        return "、".join(self.unit(code) for code in codes)

    def member(self, id_: UUID | None) -> str:
        """A member's name, else the beginning of the id; nothing is nobody."""
        return self.members.get(id_, f"〔{str(id_)[:8]}〕") if id_ else ""

    def reporter(self, issue: UUID) -> tuple[str, str]:
        """Who reported it, masked."""
        return self.reporters.get(issue, ("", ""))


@dataclass(frozen=True)
class Story:
    """One ticket, from its first fact to its last."""

    id: UUID
    state: Ticket
    entries: Sequence[Entry]
    facts: Sequence[Fact]
    """What the entries tell, in their order, as it is shown: free text opened, numbers in it masked."""

    def all(self, kind: type[FactT]) -> list[FactT]:
        """The facts of one kind."""
        return [fact for fact in self.facts if isinstance(fact, kind)]

    def last(self, kind: type[FactT]) -> FactT | None:
        """The latest of one kind."""
        return next((fact for fact in reversed(self.facts) if isinstance(fact, kind)), None)

    def entry(self, fact: Fact) -> Entry:
        """Where a fact of this ticket stands."""
        return next(entry for entry, told in zip(self.entries, self.facts, strict=True) if told is fact)

    @property
    def cut(self) -> int:
        """The position of its last entry."""
        return self.entries[-1].pos


def story(id_: UUID, entries: Sequence[Entry], facts: Sequence[Fact]) -> Story | None:
    """The history of a ticket, its ``facts`` opened; ``None`` where there is none."""
    state = ISSUE.fold(facts)
    return None if isinstance(state, Unreported) else Story(id_, state, entries, facts)


def members_of(item: Story) -> set[UUID]:
    """Everybody of the administration whom its facts name."""
    named = ("by", "leader", "handler")
    found = {value for fact in item.facts for name in named if isinstance(value := getattr(fact, name, None), UUID)}
    return found | {UUID(id_) for entry in item.entries if (id_ := entry.envelope.get("actorid"))}


def instant(entry: Entry) -> str:
    """When it happened, on the wall: 2026-09-24 10:00."""
    return datetime.fromisoformat(entry.envelope["time"]).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
