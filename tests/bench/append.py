"""Append: one event per transaction through ``Desk.handle``, beside bare single-row inserts of the same bytes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import date
from itertools import count
from statistics import median
from uuid import UUID

import asyncpg

from services.roster.domain.unit import UNIT, EstablishUnit, KnownUnit
from services.roster.projections import VIEWS
from shared.language.decider import Context, Decider
from shared.language.facts import Command, Fact, encode
from shared.language.ids import new_id
from shared.language.terms import UnitKind
from shared.log.handle import Desk
from shared.log.views import prepare
from tests.bench.figure import Figure, percentile
from tests.bench.ground import OFFICE, Ground, context

CLIENTS, SECONDS, ROUNDS = 8, 2.0, 3
_TEXT = "企业反映用电负荷不足,已与供电部门联系;招工困难,希望组织专场招聘;融资需求三百万元,拟对接两家银行。" * 5


class Note(Command):
    """A text."""

    text: str


class Noted(Fact, type="bench.noted.v1", title="记录"):
    """A text was noted: about as many bytes as a visit."""

    text: str


def _decide(_state: int, command: Note, _context: Context) -> list[Fact]:
    return [Noted(text=command.text)]


NOTE: Decider[int] = Decider("note", 0, _decide, lambda state, _fact: state + 1)


async def clients(work: Callable[[int], Awaitable[object]]) -> tuple[float, list[float]]:
    """Operations per second of eight clients that each do one after the other, and the time of each."""
    times: list[float] = []
    end = time.perf_counter() + SECONDS

    async def client(number: int) -> None:
        while (began := time.perf_counter()) < end:
            await work(number)
            times.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(client(number) for number in range(CLIENTS)))
    return len(times) / (time.perf_counter() - began), times


async def measure(ground: Ground) -> list[Figure]:
    """Three rounds of each, in turn."""
    async with ground.pool("roster") as pool, ground.vault("roster") as vault:  # Nothing personal here: it is never asked.
        plain = Desk(pool, "/520502/roster", vault, {})
        whole = Desk(pool, "/520502/roster", vault, VIEWS)
        numbers = count(1)
        bodies: list[bytes] = []

        async def note(_client: int) -> None:
            key = new_id()
            await plain.handle(NOTE, key, Note(text=_TEXT), context(key), command_id=new_id())

        async def unit(_client: int) -> None:
            code = f"b{next(numbers)}"
            command = EstablishUnit(name="某某单位", kind=UnitKind.TOWNSHIP, parent="520502", on=date(2026, 1, 1))
            known = context(UUID(int=1), KnownUnit(code, UUID(int=2), UnitKind.DISTRICT))
            await whole.handle(UNIT, code, command, known, command_id=new_id())

        async with pool.acquire() as connection:
            await prepare(connection, VIEWS)
        key = new_id()
        bodies.append(
            encode(
                Noted(text=_TEXT),
                event_id=key,
                source="/520502/roster",
                subject=f"note/{key}",
                happened=context(key).now,
                actor=OFFICE.facts(),
                links={"causationid": str(key)},
            )
        )
        admin = await ground.admin("roster")
        await admin.execute(
            "create schema if not exists bare; create table bare.entry (pos bigint primary key, body bytea not null)"
        )
        place = {"host": "127.0.0.1", "port": ground.postgres.port, "user": "postgres", "password": ground.place.admin_password}
        bare = [await asyncpg.connect(**place, database="bench_guiren_roster") for _ in range(CLIENTS)]
        places = count(1)

        async def insert(client: int) -> None:
            await bare[client].execute("insert into bare.entry (pos, body) values ($1, $2)", next(places), bodies[0])

        await clients(note)  # Warm: plans, pages, the loop.
        rounds = [(await clients(insert), await clients(note), await clients(unit)) for _ in range(ROUNDS)]
        for connection in (*bare, admin):
            await connection.close()
    limit, ours, real = (median(item[place][0] for item in rounds) for place in range(3))
    ratio = median(item[1][0] / item[0][0] for item in rounds)
    slow = percentile([seconds for item in rounds for seconds in item[1][1]], 0.99)
    slow_real = percentile([seconds for item in rounds for seconds in item[2][1]], 0.99)
    said = f"{CLIENTS} clients, {len(bodies[0])} bytes, median ratio {ratio:.2f}, p99 {slow * 1000:.0f} ms"
    return [
        Figure("append", "Desk.handle, one event each", ours, "/s", limit, "/s bare inserts", 0.4, "ratio", note=said),
        Figure(
            "append-roster",
            "roster's unit with its view",
            real,
            "/s",
            limit,
            "/s bare inserts",
            note=f"p99 {slow_real * 1000:.0f} ms",
        ),
    ]
