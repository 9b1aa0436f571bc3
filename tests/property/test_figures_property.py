"""A figure that stands in two places is one figure, and it is what a second count says: a hundred random districts."""

from __future__ import annotations

import io
import random
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import orjson
import pytest
from support import recount
from support.districts import FIRST, LAST, UNITS, District, line_of
from support.stories import AUTUMN_2026, Story, ident

from services.issues.documents.register import told
from services.issues.documents.story import People, story
from services.reporting.documents.workbook import HANDLED, write_workbook
from services.reporting.domain.coverage import Basis, Coverage, Figure, coverage, period
from services.reporting.domain.demands import Demands, demands, document
from services.reporting.domain.due import owing
from services.reporting.domain.folding import fold
from services.reporting.domain.ledger import Prepared, ledger_of, prepare
from services.reporting.domain.occurrence import HAPPENING, RECORDED, day_of
from shared.events import issues, roster, visits
from shared.language.facts import CATALOGUE, Fact
from shared.language.terms import Standing

SEEDS = range(100)
MONTH = "2026-09"
UNTIL = {Basis.FILING: date(2026, 9, 27), Basis.MONTH: LAST}
KEY = {Basis.FILING: "filing", Basis.MONTH: "month"}
CELLS = {
    "已交办(交办率)": "dispatched",
    "已办结(办结率)": "closed",
    "按期办结(按期办结率)": "on_time",
    "问题满意率": "satisfied",
    "问题满意率(严:不含基本满意)": "satisfied_strictly",
}


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
                row = told(one, NOBODY) if (one := story(entries[0].key, entries, [entry.fact for entry in entries])) else {}  # pyright: ignore[reportArgumentType]
                for place, word in enumerate(str(row.get("in_time") or "").split("/")):
                    in_time[place] += word == "按期"
        assert in_time == [found.rates["on_time"].n, found.rates["on_time_initially"].n], unit


GOLDEN = Path(__file__).parents[1] / "contract/golden"
AFTER = (date(2026, 9, 28), date(2026, 9, 30), date(2026, 10, 20))


def happening(type_: str, on: date, among: District, chance: random.Random) -> tuple[str, Fact]:
    """A fact of this type on this day, in a stream of the district that it could change."""
    field = HAPPENING[type_]
    data = orjson.loads((GOLDEN / f"{type_}.json").read_bytes())["data"]
    kind = CATALOGUE[type_]
    instant = "datetime.datetime" in str(kind.model_fields[field].annotation)
    data[field] = f"{on}T10:00:00+08:00" if instant else str(on)
    units = [code for code, _ in UNITS]
    for name in ("unit", "parent"):
        if name in data:
            data[name] = chance.choice(units)
    if type_ == roster.EnterpriseAssigned.TYPE:
        data["line"] = str(line_of(data["unit"]))
    if type_ == roster.UnitEnded.TYPE:
        data["successors"] = [chance.choice(units)]
    if type_ == roster.StandingChanged.TYPE:
        data["standing"] = chance.choice([*Standing])
    if type_ == issues.IssueReported.TYPE:
        data["no"] = "QXG-202609-T01-0999"
    if "enterprise" in data and isinstance(data["enterprise"], dict):
        data["enterprise"]["id"] = str(ident(chance.choice(among.names)))
    if "visitors" in data and isinstance(data["visitors"][0], dict):
        unit = chance.choice(units)
        data["visitors"] = [{"member": str(ident(unit)), "unit": unit, "role": "worker"}]
    return stream_of(type_, among, chance), kind.model_validate(data)


def stream_of(type_: str, among: District, chance: random.Random) -> str:
    """What is told anew begins a stream; everything else goes on with one that is there."""
    keys = [entry.stream for entry in among.story.entries]
    new = (issues.IssueReported, visits.VisitRecorded, roster.EnterpriseRegistered, roster.UnitEstablished)
    if any(type_ == fact.TYPE for fact in new):
        return {"issues": "issue", "visits": "visit", "roster": "enterprise"}[
            type_.split(".", maxsplit=1)[0]
        ] + f"/{ident('new')}"
    origin = type_.split(".", maxsplit=1)[0]
    kinds = {"issues": ("issue/",), "visits": ("visit/",), "roster": ("enterprise/",), "reporting": ("month/",)}[origin]
    if "unit-" in type_:  # A unit ends once.
        kinds = ("unit/T01", "unit/T02", "unit/D05", "unit/D06")
    return chance.choice([key for key in keys if key.startswith(kinds)] or [f"{kinds[0]}{ident('new')}"])


def at_filing(story: Story) -> dict[str, Any]:
    """Every figure of 报送口径 there is."""
    histories, until = fold(story.entries), str(UNTIL[Basis.FILING])
    whole = prepare(MONTH, histories, AUTUMN_2026)
    told = {
        unit: demands(histories.issues.values(), str(FIRST), until, str(LAST), AUTUMN_2026, unit=unit)
        for unit in (None, *(code for code, _ in UNITS))
    }
    found = whole.filing
    return {
        "demands": {unit: document(figures) for unit, figures in told.items()},
        "coverage": [
            {
                (unit, line): (
                    pair(item.strict),
                    pair(item.diligent),
                    item.lost,
                    item.grace,
                    [m.enterprise for m in item.missing],
                )
                for (unit, line), item in found.units.items()
            },
            *(pair(getattr(found, name)) for name in ("horizontal", "vertical", "either", "both")),
        ],
        "sheets": {unit: ledger_of(whole, unit, line).summary["filing"] for unit, line in UNITS},
        "due": [unit.code for unit in owing(histories.units, until)],
    }


@pytest.mark.parametrize("type_", sorted(type_ for type_, field in HAPPENING.items() if field != RECORDED))
def test_nothing_that_happens_after_the_day_of_filing_changes_a_figure_of_that_day(type_: str) -> None:
    """Whenever it is recorded, in whatever stream, and whether it may follow there or not (kpi §1)."""
    for seed in range(12):
        chance, before = random.Random(f"{type_}{seed}"), district(seed).story
        after = Story.after(before)
        for on in AFTER:
            stream, fact = happening(type_, on, district(seed), chance)
            after.tell(stream, fact, chance.choice(["2026-09-20T10:00:00+08:00", "2026-10-21T10:00:00+08:00"]))
        assert at_filing(after) == at_filing(before), seed


@pytest.mark.parametrize("seed", range(40))
def test_what_was_told_on_later_days_is_not_there_at_the_day_of_filing(seed: int) -> None:
    """The whole district without its later happenings has the same figures of 报送口径; a month on, they show."""
    before = Story()
    for entry in district(seed).story.entries:
        data = entry.envelope["data"]
        if entry.type not in HAPPENING or day_of(entry.type, data, entry.recorded) <= str(UNTIL[Basis.FILING]):
            before.tell(entry.stream, entry.fact, entry.recorded.isoformat())
    assert at_filing(before) == at_filing(district(seed).story)
