"""An enterprise as the register has it, or none yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from shared.events.roster import (
    ContactLossVerified,
    ContactPreferred,
    EnterpriseAssigned,
    EnterpriseMissed,
    EnterpriseMoveProposed,
    EnterpriseSized,
    EnterpriseSurveyed,
    MainContactChosen,
)
from shared.language.dated import on_day
from shared.language.terms import Line, Standing


@dataclass(frozen=True)
class Unregistered:
    """Not in the register."""


@dataclass(frozen=True)
class Registered:
    """In the register, whatever its standing. ``facts`` are the particulars as they are now."""

    code: str
    since: date
    """The day it entered the register."""
    names: tuple[tuple[date, str], ...]
    standings: tuple[tuple[date, Standing], ...]
    custodies: tuple[tuple[date, bool], ...]
    """Each with the day from which it was so; what the registration says without a day was so since ever."""
    particulars: dict[str, Any]
    assigned: tuple[EnterpriseAssigned, ...] = ()
    lost: tuple[ContactLossVerified, ...] = ()
    main: tuple[MainContactChosen, ...] = ()
    sizing: EnterpriseSized | None = None
    tags: tuple[str, ...] = ()
    preferred: ContactPreferred | None = None
    missed: EnterpriseMissed | None = None
    surveys: tuple[EnterpriseSurveyed, ...] = ()
    """The last result of each census."""
    moves: tuple[EnterpriseMoveProposed, ...] = ()
    """Moves to another unit that wait for a second person."""
    address_on: date | None = None
    industry_on: date | None = None
    """When the address, and the industry, were last amended."""

    @property
    def name(self) -> str:
        """The latest name: a change of name is recorded on its day, none is to come."""
        return on_day(self.names, date.max)

    @property
    def former_names(self) -> tuple[str, ...]:
        """The other names it ever had, in their order."""
        names = dict.fromkeys(name for _, name in sorted(self.names, key=lambda item: item[0]))
        return tuple(name for name in names if name != self.name)

    def standing(self, day: date) -> Standing:
        """What the register says of it on a day."""
        return on_day(self.standings, day)

    def placed_by(self, line: Line, on: date) -> EnterpriseAssigned | None:
        """The assignment that brought it to the unit which answers on this day; naming a worker inside is not that."""
        found = None
        for item in sorted(self.assigned, key=lambda a: a.on):
            if item.line == line and item.on <= on and (found is None or found.unit != item.unit):
                found = item
        return found

    def holder(self, line: Line, on: date) -> EnterpriseAssigned | None:
        """Who answers on this line on this day."""
        found = None
        for item in sorted(self.assigned, key=lambda a: a.on):
            if item.line == line and item.on <= on:
                found = item
        return found


State = Unregistered | Registered
