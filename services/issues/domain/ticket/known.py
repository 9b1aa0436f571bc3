"""What the decisions on a ticket must know beside it: of the roster, of other tickets, of the numbers given so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from shared.events.visits import Visited
from shared.language.decider import Context
from shared.language.terms import Role


@dataclass(frozen=True)
class KnownReport:
    """For a report: the enterprise as it is called, and the unit that answers for it."""

    enterprise: Visited
    unit: str
    by: UUID | None = None
    """Whose visit it was, where the platform reports what somebody heard there."""
    external_no: str = ""
    """An order that is taken up once."""


@dataclass(frozen=True)
class KnownTicket:
    """What nobody looked up is ``None``, and a decision that needs it stops there (``looked_up``)."""

    report: KnownReport | None = None
    no: str | None = None
    """The number a new ticket is given."""
    units: frozenset[str] | None = None
    """Which of the units named there are."""
    posts: Mapping[UUID, Mapping[str, frozenset[Role]]] | None = None
    """Which roles the members named hold in which units."""
    master: str | None = None
    """The number of the ticket it is merged into, if that one can take it up."""
    siblings: int | None = None
    """How many tickets merged into it still wait for their answer or call."""
    document_no: str | None = None
    """The number of the slip or the request form that is written."""
    reds: int | None = None
    """How many other tickets of the unit turned red for a deadline of the same month."""


NOTHING = KnownTicket()
Knowing = Context[KnownTicket]
