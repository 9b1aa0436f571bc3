"""A figure that stands in two places is one figure, and it is what a second count says: a hundred random districts."""

from __future__ import annotations

import io
from datetime import date
from functools import cache
from typing import Any

import openpyxl
import pytest
from support import recount
from support.districts import FIRST, LAST, UNITS, District
from support.stories import AUTUMN_2026

from services.issues.documents.register import told
from services.issues.documents.story import People, story
from services.reporting.documents.workbook import HANDLED, write_workbook
from services.reporting.domain.coverage import Basis, Coverage, Figure, coverage, period
from services.reporting.domain.demands import Demands, demands, document
from services.reporting.domain.folding import fold
from services.reporting.domain.ledger import Prepared, ledger_of, prepare

SEEDS = range(100)
MONTH = "2026-09"
UNTIL = {Basis.FILING: date(2026, 9, 27), Basis.MONTH: LAST}
KEY = {Basis.FILING: "filing", Basis.MONTH: "month"}
CELLS = {
    "已交办(交办率)": "dispatched", "已办结(办结率)": "closed", "按期办结(按期办结率)": "on_time", "问题满意率": "satisfied",
    "问题满意率(严:不含基本满意)": "satisfied_strictly",
}  # fmt: skip


@cache
def district(seed: int) -> District:
    return District(seed)


@cache
def prepared(seed: int) -> Prepared:
    return prepare(MONTH, fold(district(seed).story.entries), AUTUMN_2026)


def indicators(seed: int, basis: Basis, unit: str | None = None) -> Demands:
    """What GET /demands answers."""
    at = period(MONTH, basis, AUTUMN_2026)
    tickets = fold(district(seed).story.entries).issues.values()
    return demands(tickets, at.first, at.until, str(LAST), AUTUMN_2026, unit=unit)


def covered(seed: int, basis: Basis) -> Coverage:
    """What GET /coverage answers."""
    return coverage(period(MONTH, basis, AUTUMN_2026), fold(district(seed).story.entries))


def pair(figure: Figure) -> recount.Pair:
    return figure.n, figure.d


@pytest.mark.parametrize("seed", SEEDS)
def test_every_figure_of_tickets_is_what_a_second_count_says(seed: int) -> None:
    for basis, until in UNTIL.items():
        again = recount.Demands(district(seed).story.entries, AUTUMN_2026, until, FIRST, LAST)
        for unit in (None, *(code for code, _ in UNITS)):
            found = indicators(seed, basis, unit)
            assert {name: (rate.n, rate.d) for name, rate in found.rates.items()} == again.figures(unit), (basis, unit)
            assert {name: rate.pct for name, rate in found.rates.items()} == {
                name: recount.percent(*counted) for name, counted in again.figures(unit).items()
            }
            assert found.counts == again.counts(unit), (basis, unit)
            assert found.overdue == again.overdue(unit), (basis, unit)


@pytest.mark.parametrize("seed", SEEDS)
def test_coverage_is_what_a_second_count_says(seed: int) -> None:
    for basis, until in UNTIL.items():
        expected = recount.Coverage(district(seed).story.entries, AUTUMN_2026, until, UNTIL[Basis.FILING], FIRST).figures()
        found = covered(seed, basis)
        figures = {name: pair(getattr(found, name)) for name in ("horizontal", "vertical", "either", "both")}
        for (unit, _), item in found.units.items():
            if item.strict.d:
                figures |= {f"{unit} strict": pair(item.strict), f"{unit} diligent": pair(item.diligent)}
        assert figures == expected, basis


def cells(seed: int, unit: str) -> dict[str, tuple[Any, Any]]:
    """月度汇总 as a reader of Excel sees it: title → 报送口径, 全月口径."""
    out = io.BytesIO()
    write_workbook(ledger_of(prepared(seed), unit, dict(UNITS)[unit]), {}, out)
    rows = openpyxl.load_workbook(io.BytesIO(out.getvalue()), read_only=True)["月度汇总"].iter_rows(values_only=True)
    return {str(row[0]): (row[1], row[2]) for row in rows if row[0] is not None}


def printed(n: int, d: int) -> str:
    return f"{recount.percent(n, d)}%({n}/{d})" if d else "—"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_figure_is_the_same_in_every_paper_that_tells_it(seed: int) -> None:
    """Ledger, its printed sheet, indicators and coverage, of each unit at both cut-offs."""
    for unit, line in UNITS:
        summary, sheet = ledger_of(prepared(seed), unit, line).summary, cells(seed, unit)
        assert HANDLED in sheet
        for place, (basis, until) in enumerate(UNTIL.items()):
            rates, figures = document(indicators(seed, basis, unit)), summary[KEY[basis]]
            for title, name in CELLS.items():
                assert figures[name] == rates["rates"][name], (unit, basis, name)
                assert sheet[title][place] == printed(figures[name]["n"], figures[name]["d"]), (unit, basis, title)
            for title, name in {
                "收集问题数": "collected",
                "提级到区数": "district",
                "提级到市数": "city",
                "跟踪服务中": "tracked",
            }.items():
                assert sheet[title][place] == figures[name] == rates["counts"][name], (unit, basis, name)
            assert sheet["应办结数"][place] == rates["rates"]["closed"]["d"]
            item = covered(seed, basis).unit(unit, line)
            assert (figures["visited"], figures["owed"], figures["coverage"]) == (*pair(item.strict), item.strict.pct)
            assert (sheet["已走访企业数"][place], sheet["应走访企业数"][place]) == pair(item.strict)
            assert sheet["尽责覆盖率(含失联核实)"][place] == printed(*pair(item.diligent))
            heard = recount.Coverage(district(seed).story.entries, AUTUMN_2026, until, UNTIL[Basis.FILING], FIRST).aware(unit)
            for name, title, counted in zip(
                ("aware", "aware_strictly"), ("知晓率(自报)", "知晓率(自报,严:仅知晓内涵)"), heard, strict=True
            ):
                assert (figures[name]["n"], figures[name]["d"]) == counted, (unit, basis, name)
                assert sheet[title][place] == printed(*counted)


NOBODY = People({}, {}, {})


@pytest.mark.parametrize("seed", SEEDS)
def test_the_register_calls_in_time_what_the_indicators_count(seed: int) -> None:
    """是否按期(现时限/初始时限) of each closed ticket, summed up by 承办单位, is K4 and K4b."""
    for unit in (None, *(code for code, _ in UNITS)):
        in_time = [0, 0]
        every = fold(district(seed).story.entries).issues.values()
        found = demands(every, str(FIRST), "2027-01-01", str(LAST), AUTUMN_2026, unit=unit)
        for item in every:
            if item.judged_by and str(FIRST) <= item.judged_by <= str(LAST) and unit in (None, item.done_by):
                entries = [entry for entry in district(seed).story.entries if entry.stream == f"issue/{item.id}"]
                row = told(one, NOBODY) if (one := story(entries[0].key, entries)) else {}  # pyright: ignore[reportArgumentType]
                for place, word in enumerate(str(row.get("in_time") or "").split("/")):
                    in_time[place] += word == "按期"
        assert in_time == [found.rates["on_time"].n, found.rates["on_time_initially"].n], unit
