"""When a year's list of days off is complete: it covers every festival of 全国年节及纪念日放假办法 (国务院令第795号, from 2025).

元旦 1 January; 春节 four days (three until 2024) whose first day of the lunar year lies between 21 January and 20 February;
清明节 one day, 4 to 6 April; 劳动节 1 and 2 May (1 May until 2024); 端午节 one day between 28 May and 25 June; 中秋节 one day
between 7 September and 8 October; 国庆节 1 to 3 October. Where 中秋 falls into 国庆 the two together have eight days off.
A list that lacks one of them is not the whole announcement: what is counted by it is provisional.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

_RULE_OF_2025 = 2025
_TOGETHER = 8


def missing(year: int, days: Mapping[date, bool]) -> tuple[str, ...]:
    """The festivals of the year that the list has no days off for."""
    today = year >= _RULE_OF_2025

    def off(first: tuple[int, int], last: tuple[int, int]) -> int:
        start, end = date(year, *first), date(year, *last)
        return sum(days.get(start + timedelta(n), False) for n in range((end - start).days + 1))

    covered = {
        "元旦": off((1, 1), (1, 1)) == 1,
        "春节": off((1, 19), (2, 26)) >= (4 if today else 3),
        "清明节": off((4, 3), (4, 6)) >= 1,
        "劳动节": off((5, 1), (5, 2 if today else 1)) == (2 if today else 1),
        "端午节": off((5, 26), (6, 27)) >= 1,
        "中秋节": off((9, 6), (9, 30)) >= 1 or off((10, 1), (10, 8)) >= _TOGETHER,
        "国庆节": off((10, 1), (10, 3)) == 3,  # noqa: PLR2004
    }
    return tuple(name for name, there in covered.items() if not there)
