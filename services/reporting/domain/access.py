"""Who reads what is told of the units (``roles.md``: 台账, 通报/考核).

The district's readers see every unit, the leaders, liaisons and supervisors of a unit their own. A figure counts over a whole
unit: those who read only what is their own find it in visits and issues, line by line. Reports of 变味 are in no figure.
"""

from __future__ import annotations

from shared.language.decider import Actor
from shared.language.problems import Forbidden
from shared.language.reach import sees_unit


def must_see(caller: Actor, unit: str | None) -> None:
    """The whole of a unit's figures are the caller's to see, or it is refused."""
    if unit is None or not sees_unit(caller, unit):
        raise Forbidden(unit=unit)
