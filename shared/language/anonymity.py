"""What somebody may know of who said what of them: counts, and nothing that only a few can have said (kpi §5, decision 0031)."""

from __future__ import annotations

from collections.abc import Mapping

from shared.language.terms import Rating

FEWEST = 5
"""A cell of fewer is not shown to the visited unit."""


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


def tells_nobody(*groups: int) -> bool:
    """Whether none of the groups that a figure parts people into holds one to four of them."""
    return all(n == 0 or n >= FEWEST for n in groups)
