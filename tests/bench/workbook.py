"""Workbook: the ledger of a month with 30,000 rows, from the mirror to XLSX, beside bare xlsxwriter with as many cells."""

from __future__ import annotations

import io
import time
from datetime import UTC, datetime
from statistics import median

import xlsxwriter

from services.reporting.archive import Archive
from services.reporting.documents.columns import ANNEX, DETAIL, VALUES
from services.reporting.documents.workbook import UNSIGNED, Stamp, write_workbook
from services.reporting.domain.ledger import Ledger, digest
from services.reporting.projections import Reader
from tests.bench.figure import Figure
from tests.bench.ground import Ground
from tests.bench.rebuild import BIG_MONTH, BIG_UNIT, fill

ROUNDS, BARE_ROUNDS = 3, 2


async def measure(ground: Ground) -> list[Figure]:
    """Read, compute and digest once; write three times."""
    made: list[tuple[float, float]] = []
    beside: list[float] = []
    async with ground.pool("reporting", 2) as pool:
        await fill(pool)
        began = time.perf_counter()
        reader = Reader(Archive(pool))
        ledger = await reader.ledger(BIG_UNIT, BIG_MONTH, await reader.archive.cut())
        stamp = Stamp(UNSIGNED, datetime(2026, 10, 27, 8, 5, tzinfo=UTC), revision=1, digest=digest(ledger))
        computed = time.perf_counter() - began
    names = {token: f"王某{number % 100}" for number, token in enumerate(ledger.sealed)}
    for _ in range(ROUNDS):
        out = io.BytesIO()
        began = time.perf_counter()
        write_workbook(ledger, names, out, stamp)
        made.append((time.perf_counter() - began, len(out.getvalue()) / 1e6))
        if len(beside) < BARE_ROUNDS:
            beside.append(_bare(ledger, names))
    written, size = (median(item[place] for item in made) for place in range(2))
    rows, cells = len(ledger.rows), len(ledger.rows) * (len(ANNEX) + len(DETAIL))
    said = f"{rows:,} rows, {cells:,} cells, {size:.1f} MB"
    return [
        Figure(
            "workbook", "ledger to XLSX", written, "s", median(beside), "s bare xlsxwriter", 6, less_is_better=True, note=said
        ),
        Figure(
            "ledger",
            "mirror → rows and digest",
            computed,
            "s",
            note=f"{rows:,} rows; with the workbook {computed + written:.1f} s",
        ),
    ]


def _bare(ledger: Ledger, names: dict[str, str]) -> float:
    """The same texts, one call a cell, no format, streamed; the texts are made before the clock starts."""
    sheets = [
        [[str(VALUES[column.field](row, names) or "") for column in columns] for row in ledger.rows]
        for columns in (ANNEX, DETAIL)
    ]
    began = time.perf_counter()
    book = xlsxwriter.Workbook(io.BytesIO(), {"constant_memory": True})
    for rows in sheets:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for at, text in enumerate(row):
                sheet.write_string(number, at, text)
    book.close()
    return time.perf_counter() - began
