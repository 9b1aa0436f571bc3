"""K7 企业满意度: what enterprises themselves said of the visits of a month (kpi §5, as §4).

    satisfaction(visits, until) -> Satisfaction

A rating is the one given through the enterprise's own link, once it may be believed. 参评率 is over all visits that were not
voided: an enterprise that was not asked, or said nothing, took no part. The visited unit gets nothing that only a few can have
said (``of_few``, decision 0031).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from services.reporting.domain.coverage import Figure
from services.reporting.domain.histories import VisitHistory
from shared.language.anonymity import cells, tells_nobody
from shared.language.terms import Rating, Review

_SATISFIED, _STRICTLY = 3, 4


@dataclass(frozen=True)
class Satisfaction:
    """The figures of one month at one cut-off. What somebody may not know is ``None``."""

    satisfied: Figure | None
    strictly: Figure | None
    index: Figure | None
    """满意度指数: the ratings over five times their number."""
    took_part: Figure | None
    visits: tuple[tuple[VisitHistory, Rating | None], ...]
    """The visits asked about, each with its rating if it has one."""

    @property
    def ratings(self) -> list[Rating]:
        """The ratings given."""
        return [rating for _, rating in self.visits if rating is not None]


def satisfaction(visits: Iterable[VisitHistory], until: str) -> Satisfaction:
    """Of these visits, those up to a day that were not voided."""
    asked = tuple(
        (visit, visit.rating) for visit in visits if visit.details and visit.on <= until and visit.review != Review.VOIDED
    )
    given = [int(rating) for _, rating in asked if rating is not None]
    return Satisfaction(
        satisfied=Figure(sum(rating >= _SATISFIED for rating in given), len(given)),
        strictly=Figure(sum(rating >= _STRICTLY for rating in given), len(given)),
        index=Figure(sum(given), 5 * len(given)),
        took_part=Figure(len(given), len(asked)),
        visits=asked,
    )


def of_few(found: Satisfaction) -> Satisfaction:
    """What the visited unit may know: no single visit, and no figure that parts those who rated into fewer than five."""
    counts = {rating: found.ratings.count(rating) for rating in Rating}
    _, total = cells(counts)
    if total is None:
        return Satisfaction(None, None, None, None, ())

    def told(figure: Figure | None, *groups: int) -> Figure | None:
        return figure if tells_nobody(*groups) else None

    good = sum(n for rating, n in counts.items() if int(rating) >= _SATISFIED)
    best = sum(n for rating, n in counts.items() if int(rating) >= _STRICTLY)
    return replace(
        found,
        satisfied=told(found.satisfied, good, total - good),
        strictly=told(found.strictly, best, good - best, total - good),
        index=told(found.index, *counts.values()),
        visits=(),
    )
