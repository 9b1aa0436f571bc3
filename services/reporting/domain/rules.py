"""The versions of the rules a ledger is computed by. They stand for as long as filings stand (decision 0028).

A filing names the version it was computed by, and is folded by it for ever: what was filed can be shown and proved again
whatever the rules became since. So a rule that changes what stands in a ledger (header, rows, summary) is never edited: the
new one is written beside it, the old one goes to ``former``, and ``at.settings.rules`` or ``Prepared.rules`` chooses. What
is folded (``of_roster``, ``of_visits``, ``of_issues``) only ever gains fields: each keeps its meaning for the rules that read
it. ``tests/contract/golden_filings`` holds a filing of every version.

    1   a ticket is judged by the deadline in force, which a reopening moves
    2   a ticket is judged by the deadline that no reopening moves (kpi §3)
    3   企业规模 stands in the rows
    4   办结, 按期, 满意 are of the unit that handles; tickets are read as they stood at T; 代管 since ever is never
        counted; a unit that ended inside the freeze leaves its debts to its successor; awareness is asked of counted visits;
        a rating from a questionnaire is not shown (decision 0030)
    5   rows of a day stand in pinyin order by the reading of surnames and places (decision 0041)
    6   what is dated acts on its day whatever the order of saying: a release leaves later posts alone; a standing from before
        the registration overrides the one that it came with (decision 0043)
"""

from __future__ import annotations

CURRENT = 6
"""What is computed now. A version that somebody may have filed by is closed: the next change is a version more."""

UNNAMED = (2, 1)
"""Filings that name no version were made by one of these; their digest says which."""


def candidates(named: int | None) -> tuple[int, ...]:
    """The versions by which a filing may have been computed."""
    return UNNAMED if named is None else (named,)
