"""Every fact of the catalogue is a happening with a day, or a correction of what was so before (kpi §1)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from services.reporting.domain.occurrence import CORRECTING, HAPPENING, RECORDED, day_of
from services.reporting.domain.of_issues import HANDLERS
from shared.language.facts import CATALOGUE

GOLDEN = Path(__file__).parent / "golden"
RECORDED_AT = datetime(2026, 9, 29, 17, tzinfo=UTC)
"""The 30th, one o'clock, in Asia/Shanghai."""


def test_every_fact_stands_in_exactly_one_of_the_two_tables() -> None:
    assert set(HAPPENING) | CORRECTING == set(CATALOGUE)
    assert not set(HAPPENING) & CORRECTING


@pytest.mark.parametrize("type_", sorted(HAPPENING))
def test_a_happening_has_its_day(type_: str) -> None:
    field = HAPPENING[type_]
    assert field == RECORDED or field in CATALOGUE[type_].model_fields
    data = orjson.loads((GOLDEN / f"{type_}.json").read_bytes())["data"]
    assert day_of(type_, data, RECORDED_AT) == ("2026-09-30" if field not in data else "2026-08-27")


def test_nothing_of_a_ticket_is_a_correction() -> None:
    """``of_issues.stood`` leaves out every later fact: a correcting one would have to be let in."""
    assert not CORRECTING & set(HANDLERS)
