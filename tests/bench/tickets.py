"""Tickets: commands a second over the desk, a sweep of the clock over 100,000 open tickets, a search among as many.

Beside the commands stand bare inserts of a ticket's longest fact, beside the search the same question put to PostgreSQL
without an index. All in the same run.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from functools import partial
from itertools import count
from statistics import median
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from deploy.cli.outlet import sign
from services.issues import api, clock
from services.issues.app import build
from services.issues.domain.ticket.commands import AcceptIssue, DispatchIssue, ProgressIssue, ReportIssue, SignIssue, Step
from services.issues.domain.ticket.decide import ISSUE
from services.issues.domain.ticket.known import KnownReport, KnownTicket
from services.issues.projections import VIEWS
from services.issues.projections.numbering import numbered
from shared.events.issues import IssueReported
from shared.events.visits import Visited
from shared.http.identity import Holder
from shared.http.service import Service
from shared.language.decider import Actor, Context
from shared.language.ids import new_id
from shared.language.months import SHANGHAI, Calendar, local_date
from shared.language.terms import Category, Nature, Role, Source, Urgency, derived_id
from shared.log.eventlog import load
from tests.bench.append import CLIENTS, ROUNDS, clients
from tests.bench.figure import Figure, percentile
from tests.bench.ground import Ground

OPEN, DUE, LOOKS, ASKED = 100_000, 5_000, 100, 300
_REPORTED, _NOW = datetime(2026, 9, 14, 10, tzinfo=SHANGHAI), datetime(2026, 9, 21, 10, tzinfo=SHANGHAI)
_PARTS = (
    "厂区门口道路积水",
    "企业反映用电负荷不足",
    "流动资金偏紧申请贷款",
    "招工困难希望组织专场招聘",
    "环评手续办理缓慢",
    "项目用地审批未完成",
    "物流成本偏高",
    "税费优惠政策不了解",
    "周边停车位不足",
    "办公楼电梯年检逾期",
    "社保缴费基数疑问",
    "消防验收未通过",
    "供水管网压力不足",
    "原材料价格上涨",
    "出口退税进度慢",
    "知识产权维权困难",
    "货车限行绕路",
    "燃气接入费用高",
)
_RARE = "排污许可证延续"
_WORDS = ("贷款", "电", "退税", "限行", "排污", "公司", "鑫龘")
"""What the index answers by itself: a longer part is compared with opened text, and these tickets stand in no log."""
"""Of one, two, three and more characters; some in every sixth ticket, some in a handful, one in none."""


async def measure(ground: Ground) -> list[Figure]:
    """One after the other in the same database."""
    async with _service(ground) as service:
        commands = await _commands(ground, service)
        rings = await _sweep(service)
        return [*commands, *rings, *await _search(ground, service)]


@asynccontextmanager
async def _service(ground: Ground) -> AsyncGenerator[Service, None]:
    service = build(ground.settings("issues"))
    await service.open(relay=False, database="bench_guiren_issues")
    service.clock = lambda: _NOW
    try:
        yield service
    finally:
        await service.close()


def _context(unit: str, key: UUID, at: datetime) -> Context:
    actor = Actor(derived_id("member", unit), unit, frozenset({Role.WORKER, Role.LIAISON, Role.HEAD}), unit)
    named = Visited(id=derived_id("bench", unit), code="91520502MA00000001", name="毕节市测试有限公司")
    known = KnownTicket(KnownReport(named, unit), units=frozenset({unit}), posts={actor.id: {unit: actor.roles}})
    return Context(actor, at, local_date(at), Calendar.of({}), key, known)


async def _report(service: Service, unit: str) -> UUID:
    key = new_id()
    context = _context(unit, key, _REPORTED)
    content = ",".join(_PARTS[:3])
    command = ReportIssue(enterprise=derived_id("bench", unit), source=Source.IN_PERSON, content=content)
    await service.desk.handle(ISSUE, key, command, context, command_id=new_id(), prepare=numbered)
    return key


async def _commands(ground: Ground, service: Service) -> list[Figure]:
    """Each client brings one ticket after the other from report to progress; every step is one command."""
    keys: dict[int, UUID] = {}
    left: dict[int, list[Step]] = {client: [] for client in range(CLIENTS)}

    async def step(client: int) -> None:
        unit = f"T{client:02d}"
        if not left[client]:
            keys[client] = await _report(service, unit)
            order = DispatchIssue(unit=unit, leader=derived_id("member", unit), measures="现场勘察后清淤", due="standard")
            left[client] = [ProgressIssue(note="已到现场", contacted=True), SignIssue(), order, AcceptIssue()]
            return
        key = keys[client]
        await service.desk.handle(ISSUE, key, left[client].pop(), _context(unit, key, _REPORTED), command_id=new_id())

    await clients(step)  # Warm.
    longest = max((entry.body for entry in await load(service.pool, ISSUE.stream(keys[0]))), key=len)
    admin = await ground.admin("issues")
    await admin.execute(
        "create schema if not exists bare; create table if not exists bare.entry (pos bigint primary key, body bytea)"
    )
    place = {"host": "127.0.0.1", "port": ground.postgres.port, "user": "postgres", "password": ground.place.admin_password}
    bare = [await asyncpg.connect(**place, database="bench_guiren_issues") for _ in range(CLIENTS)]
    places = count(1)

    async def insert(client: int) -> None:
        await bare[client].execute("insert into bare.entry values ($1, $2)", next(places), longest)

    rounds = [(await clients(insert), await clients(step)) for _ in range(ROUNDS)]
    for connection in (*bare, admin):
        await connection.close()
    limit, ours = (median(item[place][0] for item in rounds) for place in range(2))
    slow = percentile([seconds for item in rounds for seconds in item[1][1]], 0.99)
    note = f"{CLIENTS} clients, report/accept/dispatch/sign/progress, all views, alarms planned anew; p99 {slow * 1000:.0f} ms"
    return [Figure("tickets", "commands over the desk", ours, "/s", limit, "/s bare inserts", note=note)]


async def _sweep(service: Service) -> list[Figure]:
    """So many open tickets with alarms to come; then some of them are due."""
    service.clock = lambda: _REPORTED
    await service.pool.execute(
        "insert into alarm select gen_random_uuid(), k, date '2027-01-01' + n % 60, timestamptz '2027-01-01 09:00+08' + "
        "n % 60 * interval '1 day' from generate_series(1, $1::int) n, unnest(array['blue', 'yellow', 'red']) k",
        OPEN,
    )
    await service.pool.execute("analyze alarm")
    idle = list[float]()
    for _ in range(LOOKS):
        began = time.perf_counter()
        assert await clock.sweep(service) == 0
        idle.append(time.perf_counter() - began)
    units = [f"R{n:02d}" for n in range(16)]
    for start in range(0, DUE, 200):
        await asyncio.gather(*(_report(service, units[n % len(units)]) for n in range(start, min(start + 200, DUE))))
    service.clock = lambda: _NOW
    began = time.perf_counter()
    rung = await clock.sweep(service)
    rate = rung / (time.perf_counter() - began)
    return [
        Figure(
            "sweep-idle",
            f"the clock finds nothing due, {OPEN:,} open tickets",
            median(idle) * 1000,
            "ms",
            goal=50,
            less_is_better=True,
            note=f"{3 * OPEN:,} alarms planned; p99 {percentile(idle, 0.99) * 1000:.1f} ms",
        ),
        Figure("sweep", "alarms rung", rate, "/s", note=f"{rung:,} were due, each a command with its facts"),
    ]


def _tickets() -> Iterator[tuple[str, int, Any]]:
    """Tickets only reported, as their streams' states."""
    chance = random.Random(5)
    for n in range(OPEN):
        text = ",".join(chance.sample(_PARTS, 3)) + f",涉及第{n % 977}片区{_RARE if n % 5_000 == 0 else ''}"
        enterprise = Visited(
            id=derived_id("bench", str(n % 30_000)), code=f"91520502MA{n % 30_000:08d}", name=f"测试企业第{n % 30_000}号公司"
        )
        fact = IssueReported(
            no=f"QXG-202609-T{n % 40:02d}-{n // 40 + 1:04d}",
            enterprise=enterprise,
            unit=f"T{n % 40:02d}",
            source=Source.IN_PERSON,
            content=text,
            category=Category.OTHER,
            nature=Nature.HELP,
            urgency=Urgency.ORDINARY,
            on=local_date(_REPORTED),
        )
        yield str(derived_id("bench", "ticket", str(n))), 1, ISSUE.fold([fact])


async def _office(_pool: Any, holder: Holder, _today: date) -> Actor:
    return Actor(holder.member, "office", frozenset({Role.OFFICE}))


async def _search(ground: Ground, service: Service) -> list[Figure]:
    """Through the route, as the office asks; beside it the same words by ``like`` alone."""
    tables = [view for view in VIEWS["issue"] if view.table in ("issue", "issue_unit", "issue_words", "task")]
    items = list(_tickets())
    async with service.pool.acquire() as connection:
        await connection.execute("truncate issue, issue_unit, issue_words, task")
        for start in range(0, len(items), 2_000):
            for view in tables:
                await view.write(connection, items[start : start + 2_000], service.vault)
    for view in tables:
        await service.pool.execute(f"vacuum analyze {view.table}")
    service.people = _office
    headers = {"Authorization": f"Bearer {sign(ground.home, {'sub': 'office'}, 3600)}"}
    transport = httpx.ASGITransport(service.app(*api.ROUTERS))
    ours, bare, totals = dict[str, list[float]](), list[float](), dict[str, int]()
    async with httpx.AsyncClient(transport=transport, base_url="http://bench", headers=headers, timeout=60) as client:
        for n in range(ASKED):
            word = _WORDS[n % len(_WORDS)]
            seconds, answer = await _timed(partial(client.get, "/issues", params={"q": word, "limit": 50}))
            totals[word] = answer.json()["total"]
            ours.setdefault(word, []).append(seconds)
            if n < ASKED // 10:
                bare.append((await _timed(partial(service.pool.fetch, _LIKE, f"%{word}%")))[0])
        queues = [(await _timed(partial(client.get, "/queues")))[0] for _ in range(20)]
    every = [seconds for word in ours.values() for seconds in word]
    said = ", ".join(f"{word} {totals[word]:,}: {median(times) * 1000:.0f} ms" for word, times in ours.items())
    return [
        Figure(
            "search-p99",
            f"GET /issues?q=, {OPEN:,} tickets",
            percentile(every, 0.99) * 1000,
            "ms",
            percentile(bare, 0.99) * 1000,
            "ms like without an index",
            less_is_better=True,
            note=said,
        ),
        Figure(
            "search-p50",
            "likewise",
            percentile(every, 0.5) * 1000,
            "ms",
            percentile(bare, 0.5) * 1000,
            "ms like without an index",
            less_is_better=True,
        ),
        Figure("queues-p99", f"GET /queues of the office, {OPEN:,} open tickets", percentile(queues, 0.99) * 1000, "ms"),
    ]


_LIKE = "select *, count(*) over () from issue where content like $1 order by id limit 50"


async def _timed(ask: Any) -> tuple[float, Any]:
    began = time.perf_counter()
    answer = await ask()
    return time.perf_counter() - began, answer
