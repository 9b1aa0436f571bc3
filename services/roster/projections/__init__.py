"""The roster's views: each row is a pure function of a stream's state, written in the transaction of the fact."""

from __future__ import annotations

from typing import Any

from services.roster.domain.calendar import CALENDAR, MAPPING
from services.roster.domain.enterprise import ENTERPRISE
from services.roster.domain.member import MEMBER
from services.roster.domain.row import ROW
from services.roster.domain.unit import UNIT
from services.roster.projections import calendar, enterprises, members, rows, units
from shared.decider import Decider
from shared.projector import View

DECIDERS: tuple[Decider[Any], ...] = (UNIT, MEMBER, ENTERPRISE, CALENDAR, MAPPING, ROW)
VIEWS: dict[str, tuple[View[Any], ...]] = {
    "unit": units.VIEWS,
    "member": members.VIEWS,
    "enterprise": enterprises.VIEWS,
    "calendar": (calendar.YEARS,),
    "mapping": (calendar.MAPPINGS,),
    "row": rows.VIEWS,
}
