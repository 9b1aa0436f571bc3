"""What was filed is folded to its digest for ever: a golden filing of every version of the rules, made by the code that filed by it.

While no release has filed by the newest version its file may be made anew (``support.filings``). Any other file is never
written again: a rule that changes a ledger is a version more (``services/reporting/domain/rules.py``).
"""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest
from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

from services.reporting.domain.coverage import Settings
from services.reporting.domain.folding import fold
from services.reporting.domain.ledger import Ledger, canonical, digest, ledger
from services.reporting.domain.rules import CURRENT, UNNAMED, candidates
from services.reporting.domain.spelling import PLACES, SURNAMES, WORDS
from shared.language.months import Calendar, Year
from shared.language.terms import Line
from shared.log.eventlog import Entry

GOLDEN = Path(__file__).parent / "golden_filings"
VERSIONS = range(1, CURRENT + 1)


def golden(version: int) -> tuple[dict[str, Any], list[Entry]]:
    first, *rest = (orjson.loads(line) for line in (GOLDEN / f"{version}.jsonl").read_bytes().splitlines())
    return first, [Entry(pos, us, stream, ver, type_, body.encode()) for pos, us, stream, ver, type_, body in rest]


def folded(filed: dict[str, Any], unit: dict[str, Any], entries: list[Entry], rules: int) -> Ledger:
    histories = fold(entries)
    calendar = Calendar.of({year: Year.read(year, 1, data["days"]) for year, data in histories.years.items()})
    return ledger(unit["unit"], Line(unit["line"]), filed["month"], histories, calendar, Settings(rules=rules))


def test_every_version_of_the_rules_has_a_golden_filing_and_no_other() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == {str(version) for version in VERSIONS}
    assert all(golden(version)[0]["rules"] == version for version in VERSIONS)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_filing_of_every_version_is_folded_to_what_was_filed(version: int) -> None:
    filed, entries = golden(version)
    assert filed["ledgers"]
    for unit in filed["ledgers"]:
        again = folded(filed, unit, entries, version)
        assert canonical(again).decode() == unit["canonical"], f"rules {version} compute otherwise than they filed"
        assert (digest(again), len(again.rows)) == (unit["digest"], unit["rows"])


@pytest.mark.parametrize("version", VERSIONS)
def test_the_golden_filing_of_a_version_tells_it_from_every_other(version: int) -> None:
    filed, entries = golden(version)
    for other in set(VERSIONS) - {version}:
        assert any(digest(folded(filed, unit, entries, other)) != unit["digest"] for unit in filed["ledgers"]), (version, other)


@pytest.mark.parametrize("version", UNNAMED)
def test_a_filing_that_names_no_version_is_known_by_its_digest(version: int) -> None:
    filed, entries = golden(version)
    for unit in filed["ledgers"]:
        fits = [rules for rules in candidates(None) if digest(folded(filed, unit, entries, rules)) == unit["digest"]]
        assert version in fits
        assert len({canonical(folded(filed, unit, entries, rules)) for rules in fits}) == 1
    assert candidates(version) == (version,)
    assert CURRENT not in UNNAMED


def test_a_filing_is_made_in_one_place_that_names_its_rules() -> None:
    root = Path(__file__).parents[2]
    paths = [path for part in ("services", "deploy", "shared") for path in (root / part).rglob("*.py")]
    made = [path.name for path in paths if re.search(r"(?<!class )\bFiling\(", path.read_text("utf-8"))]
    assert made == ["month.py"]


@pytest.mark.parametrize(
    ("tables", "fingerprint"),
    [((PINYIN_DICT, PHRASES_DICT), "c244a42afedae71d"), ((SURNAMES, WORDS, PLACES), "a3256caa64076911")],
    ids=["dictionary of rules 1 to 5", "tables of rules 5"],
)
def test_what_the_order_of_rows_rests_on_is_what_was_filed_by(tables: tuple[dict[Any, Any], ...], fingerprint: str) -> None:
    """A newer pypinyin reads some names otherwise: with it comes a version of the rules, and the old readings stay (decision 0041)."""
    told = repr([sorted(table.items()) for table in tables]).encode()
    assert sha256(told).hexdigest()[:16] == fingerprint
