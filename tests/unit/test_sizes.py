"""国统字〔2017〕213号: each row of the table at its bounds, and what is not known."""

from __future__ import annotations

import pytest

from services.roster.domain.enterprise.sizes import ROWS, size_of
from shared.language.terms import Size

WAN = 1_000_000


@pytest.mark.parametrize(
    ("industry", "staff", "revenue", "assets", "size"),
    [
        ("13", 1000, 40_000, None, Size.LARGE),
        ("13", 999, 40_000, None, Size.MEDIUM),
        ("13", 1000, 1_999, None, Size.SMALL),
        ("13", 19, None, None, Size.MICRO),
        ("13", 20, None, None, None),
        ("01", None, 500, None, Size.MEDIUM),
        ("47", None, 80_000, 79_999, Size.MEDIUM),
        ("51", 200, 40_000, None, Size.LARGE),
        ("52", 9, 20_000, None, Size.MICRO),
        ("72", 300, None, 120_000, Size.LARGE),
        ("72", 300, 1, None, None),
        ("75", 100, None, None, Size.MEDIUM),
        ("66", 1000, 1, 1, None),
        ("", 1, 1, 1, None),
        ("53", 1, 1, 1, None),
        ("702", 100, 500, None, Size.SMALL),
        ("70", 100, 500, 2_000, None),
        ("59", 1000, 30_000, None, Size.LARGE),
        ("59", 150, 5_000, None, None),
    ],
)
def test_the_table(industry: str, staff: int | None, revenue: int | None, assets: int | None, size: Size | None) -> None:
    found = size_of(industry, staff, revenue and revenue * WAN, assets and assets * WAN)
    assert found.size == size, found
    assert found.basis


def test_the_bounds_rise() -> None:
    assert len(ROWS) == 16
    for row in ROWS:
        for bounds in filter(None, (row.staff, row.revenue, row.assets)):
            assert bounds.small < bounds.medium < bounds.large
