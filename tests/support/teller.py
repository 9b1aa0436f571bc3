"""A service of visits that says whatever it is told to: for tests of those who listen."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from shared.http.service import Service
from shared.language.decider import Decider
from shared.language.facts import Command, Fact
from shared.language.terms import Role
from shared.log import directory
from support.world import District


class _Tell(Command):
    fact: Fact


def _told(_state: Any, command: Any, _context: Any) -> list[Fact]:
    return [command.fact]


_VISIT: Any = Decider("visit", None, _told, lambda _state, fact: fact)


async def some_visits(district: District) -> Service:
    """The service, open and relaying."""
    visits = Service(
        "visits", district.settings("visits"), (_VISIT,), {}, title="visits", followers=lambda _service: [directory.follower()]
    )
    district.streams()
    await visits.open(database=await district.database("visits"), relay=True)
    district.services["visits"] = visits
    return visits


async def tell(district: District, visits: Service, visit: UUID, fact: Fact) -> None:
    """One fact more of a visit."""
    context = await visits.context(district.actor(Role.OFFICE, Role.SYSTEM), visit)
    await visits.desk.handle(_VISIT, visit, _Tell.model_construct(fact=fact), context, command_id=uuid4())
