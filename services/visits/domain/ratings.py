"""企业满意度 of visits (K7): what an enterprise itself says of a visit is anonymous to the unit that came (kpi §5).

A unit learns how often its visits were rated so or so, never which visit, and nothing of a cell under five. Two things are
an enterprise's own rating: the one given through its link, and the one it gave in a questionnaire. What a visitor noted
himself in 企业满意度 is his own note and no secret to him.
"""

from __future__ import annotations

from collections.abc import Mapping

from shared.events.visits import VisitRecorded
from shared.language.terms import Mode, Rating

FEWEST = 5
"""A cell of fewer is not shown to the visited unit."""


def by_itself(told: VisitRecorded) -> bool:
    """Whether the satisfaction that stands in the visit is what the enterprise answered by itself."""
    return told.mode is Mode.QUESTIONNAIRE


def cells(counts: Mapping[Rating, int]) -> tuple[dict[Rating, int | None], int | None]:
    """What the visited unit may know: each cell or nothing, and the sum where nothing hidden follows from it.

    The sum less the shown cells is the hidden ones together: so it is told only if those are more than one cell, and hold
    nobody or five at least.
    """
    shown = {rating: n if (n := counts.get(rating, 0)) >= FEWEST else None for rating in Rating}
    hidden = [counts.get(rating, 0) for rating, n in shown.items() if n is None]
    telling = len(hidden) == 1 or 0 < sum(hidden) < FEWEST
    total = sum(counts.values())
    return shown, None if telling or total < FEWEST else total
