"""A foreign log of 100,000 rows: read, sent through the gateway, judged, kept, counted twice; then the same file again.

Beside it stands a bare ``COPY`` of the same rows into PostgreSQL, without rules, facts or seals. The log is made here: the
words of an incident desk with three support lines, and among its orders many that our rules would refuse.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from deploy.replay.mapping import Mapping, read_mapping
from deploy.replay.reader import Row, read_rows
from deploy.replay.runner import Replay, replay
from tests.bench.figure import Figure
from tests.bench.grid import lay, office
from tests.bench.ground import Ground

ROWS, SECONDS = 100_000, 300
MAPPING = """
source = "vinst"
delimiter = ";"
timezone = "Europe/Stockholm"
[columns]
ticket = "SR Number"
at = "Change Date+Time"
status = ["Status", "Sub Status"]
level = "Involved ST"
owner = "Owner First Name"
[statuses]
"Queued/Awaiting Assignment" = "dispatched"
"Accepted/Assigned" = "dispatched"
"Accepted/In Progress" = "signed"
"Accepted/Wait - User" = "signed"
"Accepted/Wait - Implementation" = "tracked"
"Completed/Resolved" = "resolved"
"Completed/In Call" = "closed"
"Completed/Closed" = "closed"
"Completed/Cancelled" = "withdrawn"
[levels]
" 3rd$" = "L3"
" 2nd$" = "L2"
"" = "L1"
"""
_OPEN = (
    "Queued;Awaiting Assignment",
    "Accepted;Assigned",
    "Accepted;In Progress",
    "Accepted;In Progress",
    "Accepted;In Progress",
    "Accepted;Wait - User",
    "Accepted;Wait - Implementation",
)
_ENDS = ("Completed;Closed", "Completed;Closed", "Completed;In Call", "Completed;Cancelled")
_LINES = ("G97", "S43 2nd", "V5 3rd")
_OWNERS = ("Muthu", "Siebel", "Pawel", "Fabian", "Katia", "Rafael", "Anya", "Olof")
_ZONE = ZoneInfo("Europe/Stockholm")


def log(rows: int, seed: int = 1) -> Iterator[str]:
    """Its lines, so many and the heading; the same ones every time."""
    chance = random.Random(seed)
    yield "SR Number;Change Date+Time;Status;Sub Status;Involved ST;Owner First Name\n"
    made = ticket = 0
    while made < rows:
        ticket += 1
        at = datetime(2012, 4, 1, 8, tzinfo=_ZONE) + timedelta(minutes=chance.randrange(60 * 24 * 60))
        line = chance.choice((0, 0, 0, 1))
        length = min(rows - made, 1 + min(120, int(chance.expovariate(1 / 8))))
        for n in range(length):
            at += timedelta(seconds=chance.choice((0, 40, 4_000, 90_000, 400_000)))
            line = min(2, max(0, line + chance.choice((0, 0, 0, 0, 0, 0, 1, -1))))
            near = n >= length - 2
            status = chance.choice(_ENDS) if near and chance.random() < 0.8 else chance.choice(_OPEN)
            if near and chance.random() < 0.2:
                status = "Completed;Resolved"
            yield f"1-{ticket:09d};{at.isoformat()};{status};{_LINES[line]};{chance.choice(_OWNERS)}{'abcdefghijklmn'[ticket % 14]}\n"
        made += length


async def measure(ground: Ground) -> list[Figure]:
    """The first run, the second, and the bare copy."""
    await lay(ground)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "mapping.toml").write_text(MAPPING, encoding="utf-8")
        (path / "log.csv").write_text("".join(log(ROWS)), encoding="utf-8")
        mapping = read_mapping(path / "mapping.toml")
        first, took = await asyncio.to_thread(_run, ground, mapping, path / "log.csv")
        again, second = await asyncio.to_thread(_run, ground, mapping, path / "log.csv")
        bare = await _copy(ground, read_rows(path / "log.csv", mapping))
    if not (first.exact and again.exact and first.added == ROWS and again.added == 0):
        raise AssertionError((first.plain, first.from_log(), first.added, again.added))
    plain = first.plain
    said = (
        f"exact: {plain['tickets']:,} tickets, {plain['escalations']:,} escalations, {plain['hand_downs']:,} hand-downs, "
        f"{plain['reopenings']:,} re-openings, {plain['final']:,} at an end; {len(first.refused):,} rows against our rules"
    )
    return [
        Figure(
            "replay",
            f"a foreign log of {ROWS:,} rows through the gateway",
            took,
            "s",
            goal=SECONDS,
            less_is_better=True,
            note=said,
        ),
        Figure(
            "replay-rate",
            "likewise",
            ROWS / took,
            "rows/s",
            ROWS / bare,
            "rows/s COPYed",
            note=f"the same file again adds nothing, in {second:.1f} s",
        ),
    ]


def _run(ground: Ground, mapping: Mapping, path: Path) -> tuple[Replay, float]:
    began = time.perf_counter()
    tickets = read_rows(path, mapping)
    headers = {"Authorization": f"Bearer {office(ground)}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{ground.port}", headers=headers, timeout=600, trust_env=False) as client:

        def send(body: dict[str, Any]) -> dict[str, Any]:
            return client.post("/api/issues/histories", json=body).raise_for_status().json()

        made = replay(mapping.source, tickets, send, lambda _rows: None)
    return made, time.perf_counter() - began


async def _copy(ground: Ground, tickets: dict[str, list[Row]]) -> float:
    admin = await ground.admin("issues")
    await admin.execute(
        "create schema if not exists bare; create table if not exists bare.history (no text, at timestamptz, status text, level text)"
    )
    began = time.perf_counter()
    records = [(no, row.at, row.status, str(row.level)) for no, rows in tickets.items() for row in rows]
    await admin.copy_records_to_table("history", schema_name="bare", records=records)
    took = time.perf_counter() - began
    await admin.close()
    return took
