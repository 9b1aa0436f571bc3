"""Rules of former versions (``rules``), kept because filings rest on them. Nothing here is ever changed, only added."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any

from pypinyin import lazy_pinyin

from services.reporting.domain.coverage import percentage
from services.reporting.domain.histories import IssueHistory
from shared.language.terms import Awareness, IssueStage, Level, Rating, Review

_NOT_VALID = (IssueStage.DECLINED, IssueStage.MERGED)
_STRICTLY = (Rating.VERY_SATISFIED, Rating.SATISFIED)
_SATISFIED = (*_STRICTLY, Rating.FAIRLY_SATISFIED)


DEADLINES: Mapping[int, Callable[[IssueHistory], str | None]] = {
    1: attrgetter("due"),
    2: attrgetter("owed"),
    3: attrgetter("owed"),
}
"""By which deadline a ticket was judged: the one in force, also of a reopening; then the one that no reopening moves."""


def tickets(
    issues: Iterable[IssueHistory], first: str, until: str, last: str, deadline: Callable[[IssueHistory], str | None]
) -> dict[str, Any]:
    """Rules 1 to 3: all figures of tickets belong to the unit that collected them, as of the cut for both cut-offs."""
    known = [issue for issue in issues if issue.stage not in _NOT_VALID]
    collected = [issue for issue in known if first <= issue.reported_on <= until]
    dispatched = sum(1 for issue in collected if issue.dispatched_on and issue.dispatched_on <= until)
    expected = [issue for issue in known if first <= (deadline(issue) or "") <= last and issue.stage != IssueStage.WITHDRAWN]
    closed = [issue for issue in expected if issue.closed]
    on_time = sum(1 for issue in closed if issue.resolved_on and issue.resolved_on <= (deadline(issue) or ""))
    rated = [
        issue.rating for issue in known if issue.closed and issue.closed_on and first <= issue.closed_on <= last and issue.rating
    ]
    return {
        "collected": len(collected),
        "dispatched": _rate(dispatched, len(collected)),
        "closed": _rate(len(closed), len(expected)),
        "on_time": _rate(on_time, len(expected)),
        "district": sum(1 for issue in collected if issue.level == Level.DISTRICT),
        "city": sum(1 for issue in collected if issue.level == Level.CITY),
        "tracked": sum(1 for issue in known if issue.stage == IssueStage.TRACKED),
        "satisfied": _rate(sum(1 for rating in rated if rating in _SATISFIED), len(rated)),
        "satisfied_strictly": _rate(sum(1 for rating in rated if rating in _STRICTLY), len(rated)),
    }


def awareness(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Rules 1 to 3: one answer an enterprise, the latest of the rows not returned; who was not asked gave none."""
    latest: dict[str, tuple[str, str, str]] = {}
    for row in rows:
        if row["aware"] != Awareness.NOT_ASKED and row["review"] != Review.RETURNED:
            answer = (row["visited_on"], row["visit"], row["aware"])
            latest[row["enterprise"]] = max(answer, latest.get(row["enterprise"], answer))
    answers = [answer for _, _, answer in latest.values()]
    return {
        "aware": _rate(sum(1 for answer in answers if answer != Awareness.UNKNOWN), len(answers)),
        "aware_strictly": _rate(sum(1 for answer in answers if answer == Awareness.UNDERSTOOD), len(answers)),
    }


def _rate(n: int, d: int) -> dict[str, Any]:
    return {"n": n, "d": d, "pct": percentage(n, d)}


_READ_TWO_WAYS = frozenset("重长行朝乐厦都会调便")
"""Characters of company names whose reading depends on their neighbours: 重庆, 银行, 长顺."""


@lru_cache(maxsize=65_536)
def pinyin(text: str) -> str:
    """Rules 1 to 4: the sort key of a name, its syllables. Depends on the locked dictionary alone.

    Phrases are looked up only where they can matter: that is ten times as slow, and a large unit has 30,000 names.
    """
    if _READ_TWO_WAYS.isdisjoint(text):
        return " ".join(map(_syllable, text))
    return " ".join(lazy_pinyin(text)).casefold()


@lru_cache(maxsize=32_768)
def _syllable(character: str) -> str:
    return lazy_pinyin(character)[0].casefold()
