"""A foreign log through the command line's runner into issues: exact, kept with its instants, and in nobody's way."""

from __future__ import annotations

import asyncio
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from support.desk import Desk, a_desk
from support.world import District
from typer.testing import CliRunner

from deploy.cli import app
from deploy.cli import issues as cli
from deploy.replay.counts import count
from deploy.replay.mapping import read_mapping
from deploy.replay.reader import Row, read_rows
from deploy.replay.runner import Replay, replay
from services.issues import clock
from services.issues.domain.history import history_of
from services.reporting.domain.folding import fold
from shared.log.eventlog import whole
from tests.bench.replay import MAPPING, log


async def sent(desk: Desk, tickets: dict[str, list[Row]], source: str = "vinst") -> Replay:
    """The runner, which waits for each answer, in a thread; its requests in this loop."""
    loop = asyncio.get_running_loop()
    async with desk.who("office") as office:

        async def post(body: dict[str, Any]) -> dict[str, Any]:
            answer = await office.post("/histories", json=body)
            assert answer.status_code == 200, answer.text
            return answer.json()

        send = lambda body: asyncio.run_coroutine_threadsafe(post(body), loop).result(60)  # noqa: E731
        return await asyncio.to_thread(replay, source, tickets, send, lambda _rows: None)


def a_log(path: Path, rows: int, seed: int = 1) -> dict[str, list[Row]]:
    (path / "mapping.toml").write_text(MAPPING, encoding="utf-8")
    (path / "log.csv").write_text("".join(log(rows, seed)), encoding="utf-8")
    return read_rows(path / "log.csv", read_mapping(path / "mapping.toml"))


async def test_a_log_is_exact_is_marked_and_touches_nothing_else(district: District, tmp_path: Path) -> None:
    desk = await a_desk(district)
    desk.now("09-24T10:00:00")
    own = await desk.signed()
    tasks = "select (select count(*) from alarm) as alarms, (select count(*) from issue) as issues, (select count(*) from task) as tasks"
    before = await desk.issues.pool.fetchrow(tasks)
    tickets = a_log(tmp_path, 3_000)
    made = await sent(desk, tickets)
    assert made.exact and made.added == 3_000
    assert made.plain == made.from_log()
    assert min(made.plain[name] for name in ("escalations", "hand_downs", "reopenings", "final")) > 0
    assert made.refused and {"no", "line", "code", "title"} == made.refused[0].keys()

    # Every row is a fact with its own instant and its owner sealed.
    no, rows = max(tickets.items(), key=lambda item: len(item[1]))
    async with desk.issues.pool.acquire() as connection:
        log_ = [entry async for page in whole(connection) for entry in page]
    entries = [entry for entry in log_ if entry.stream == f"history/{history_of('vinst', no)}"]
    assert [datetime.fromisoformat(orjson.loads(entry.body)["time"]) for entry in entries] == [row.at for row in rows]
    assert {entry.type for entry in entries} == {"issues.history-recorded.v1"}
    assert not any(row.owner.encode() in entry.body for row, entry in zip(rows, entries, strict=True))
    async with desk.who("inspector") as inspector:
        shown = (await inspector.get(f"/histories/{history_of('vinst', no)}")).json()
        listed = (await inspector.get("/histories", params={"source": "vinst", "limit": 5})).json()
    assert (shown["mark"], [row["status"] for row in shown["rows"]]) == ("补录", [row.status for row in rows])
    assert [row["owner"] for row in shown["rows"]] == [row.owner[0] + "*" * (len(row.owner) - 1) for row in rows]
    assert listed["total"] == len(tickets)
    assert {name: listed["counts"][name] for name in ("rows", "escalations", "hand_downs", "reopenings", "final")} == {
        name: made.plain[name] for name in ("rows", "escalations", "hand_downs", "reopenings", "final")
    }
    assert listed["counts"]["refused"] == len(made.refused)

    # Reporting folds the same tickets with the rows as without them.
    told, without = (fold(item for item in log_ if keep or not item.stream.startswith("history/")) for keep in (True, False))
    assert told.count == without.count + 3_000
    told.count = without.count
    assert told == without and without.issues

    # No number, no alarm, no task, no row of the register.
    assert await desk.issues.pool.fetchrow(tasks) == before
    desk.now("09-24T10:05:00")
    assert await clock.sweep(desk.issues) == 0
    async with desk.who("office") as office:
        assert (await office.get("/register", params={"month": "2012-05"})).json()["total"] == 0
    assert (await desk.shown(own))["no"] == "QXG-202609-T01-0001"


async def test_again_adds_nothing_and_a_longer_export_adds_the_rest(district: District, tmp_path: Path) -> None:
    desk = await a_desk(district)
    tickets = a_log(tmp_path, 800)
    half = {no: rows[: max(1, len(rows) // 2)] for no, rows in tickets.items()}
    first = await sent(desk, half)
    assert first.exact and first.added == sum(map(len, half.values()))
    head = await desk.issues.pool.fetchval("select pos from log.head")
    again = await sent(desk, half)
    assert again.exact and (again.added, again.plain, again.refused) == (0, first.plain, first.refused)
    assert await desk.issues.pool.fetchval("select pos from log.head") == head
    rest = await sent(desk, tickets)
    assert rest.exact and rest.added == 800 - first.added
    assert (await sent(desk, half)).exact
    other = await sent(desk, half, "另一系统")
    assert other.exact and other.added == first.added  # The same numbers of another system are other tickets.


async def test_what_would_rewrite_a_history_is_told_and_kept_out(district: District, tmp_path: Path) -> None:
    desk = await a_desk(district)
    tickets = a_log(tmp_path, 200)
    no = next(no for no, rows in tickets.items() if len(rows) > 2 and rows[1].at > rows[0].at)
    await sent(desk, {no: tickets[no][1:]})
    made = await sent(desk, tickets)
    assert not made.exact
    assert [(item["no"], item["code"]) for item in made.differing] == [(no, "history-out-of-order")]
    assert made.added == 200 - len(tickets[no])  # All others are in.


async def test_who_may_and_what_is_refused(district: District) -> None:
    desk = await a_desk(district)
    row = {"line": 2, "at": "2024-03-04T09:00:00+08:00", "status": "处理", "stage": "signed", "final": False, "level": "grid"}

    def body(**changes: Any) -> dict[str, Any]:
        return {"source": "旧", "tickets": [{"no": "1", "rows": [{**row, **changes}]}]}

    for account, status in (("h", 403), ("hotline", 403), ("inspector", 403), ("office-head", 200)):
        async with desk.who(account) as client:
            assert (await client.post("/histories", json=body())).status_code == status, account
            assert (await client.get("/histories")).status_code == (403 if account in ("h", "hotline") else 200)
    async with desk.who("office") as office:
        for change in (
            {"at": "2024-03-04T09:00:00"},
            {"at": "1812-03-04T09:00:00Z"},
            {"stage": "done"},
            {"line": 0},
            {"more": 1},
        ):
            assert (await office.post("/histories", json=body(**change))).status_code == 422, change
        late = (datetime.now(UTC) + timedelta(days=2)).isoformat()
        answer = (await office.post("/histories", json=body(at=late))).json()
        assert [item["code"] for item in answer["differing"]] == ["history-in-the-future"]
        assert (await office.get(f"/histories/{history_of('旧', '2')}")).status_code == 404


async def test_the_command_line_tells_both_counts_and_fails_where_they_differ(
    district: District, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await a_desk(district)
    tickets = a_log(tmp_path, 300)
    loop = asyncio.get_running_loop()
    lose = 0

    def answer(request: httpx.Request) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with desk.who("office") as office:
                return await office.post(
                    request.url.path.removeprefix("/api/issues"),
                    content=request.content,
                    headers={"content-type": "application/json"},
                )

        told = asyncio.run_coroutine_threadsafe(ask(), loop).result(60).json()
        told["counts"]["escalations"] -= lose
        return httpx.Response(200, json=told)

    monkeypatch.setattr(cli, "client", lambda *_: httpx.Client(transport=httpx.MockTransport(answer), base_url="http://guiren"))
    asked = ["issues", "replay", str(tmp_path / "log.csv"), "--mapping", str(tmp_path / "mapping.toml")]
    first = await asyncio.to_thread(CliRunner().invoke, app, asked)
    assert first.exit_code == 0, first.output
    assert "新补录 300 行" in first.stdout
    again = await asyncio.to_thread(CliRunner().invoke, app, [*asked, "--json"])
    made, _ = json.JSONDecoder().raw_decode(again.stdout, again.stdout.index("{\n"))  # Among the service's own lines.
    assert (made["exact"], made["added"], made["counts"]) == (True, 0, count(tickets))
    lose = 1
    wrong = await asyncio.to_thread(CliRunner().invoke, app, asked)
    assert wrong.exit_code == 1 and "清点不一致" in wrong.stderr
    head = await desk.issues.pool.fetchval("select pos from log.head")
    with (tmp_path / "log.csv").open("a", encoding="utf-8") as file:
        file.write("1-9;2012-05-01T09:00:00;Lost;Somewhere;G97;Olof\n")
    unknown = await asyncio.to_thread(CliRunner().invoke, app, asked)
    assert unknown.exit_code == 1 and "状态“Lost/Somewhere”未对应(1 行)" in unknown.stderr
    assert await desk.issues.pool.fetchval("select pos from log.head") == head


async def test_two_runs_at_once_add_each_row_once(district: District, tmp_path: Path) -> None:
    desk = await a_desk(district)
    tickets = a_log(tmp_path, 400)
    shuffled = list(tickets.items())
    random.Random(3).shuffle(shuffled)
    one, two = await asyncio.gather(sent(desk, tickets), sent(desk, dict(shuffled)))
    assert one.exact and two.exact
    assert one.added + two.added == 400
