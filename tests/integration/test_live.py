"""Live updates: within reach, resumable, bounded, and over when the service is."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
import uvicorn
from support.alleged import alleged
from support.desk import PEOPLE, Desk, a_desk, member
from support.world import District

from services.issues import api
from services.issues.api import live
from services.issues.queries import live as news
from shared.language.terms import Role


@contextlib.asynccontextmanager
async def served(desk: Desk) -> AsyncGenerator[str, None]:
    """The application behind a real server: what streams can't be asked in memory."""
    app = desk.issues.app(*api.ROUTERS)
    place = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="error", access_log=False))
    running = asyncio.create_task(server.serve([place]))
    while not server.started:  # noqa: ASYNC110 - uvicorn says so by a flag alone.
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{place.getsockname()[1]}"
    finally:
        server.should_exit = server.force_exit = True
        await running


class Ear:
    """Somebody who listens."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines
        self.status = 200
        self.hello: dict[str, Any] = {}

    async def frame(self, seconds: float = 5) -> dict[str, Any]:
        """The next event; heartbeats are passed over."""
        found: dict[str, Any] = {}
        async with asyncio.timeout(seconds):
            while True:
                line = await anext(self._lines)
                if not line and "event" in found:
                    return found
                name, _, value = line.partition(": ")
                if name in ("id", "event", "data"):
                    found[name] = orjson.loads(value) if name == "data" else value

    async def news(self, count: int) -> list[tuple[str, str]]:
        frames = [await self.frame() for _ in range(count)]
        return [(frame["data"]["issue"], frame["data"]["type"].split(".")[1]) for frame in frames]

    async def silent(self, seconds: float = 0.8) -> bool:
        try:
            await self.frame(seconds)
        except TimeoutError:
            return True
        return False


@contextlib.asynccontextmanager
async def listening(
    desk: Desk, url: str, account: str, last: str | None = None, *, own: bool = False
) -> AsyncGenerator[Ear, None]:
    unit, role = PEOPLE.get(account, ("", Role.ADMIN))
    token = desk.district.own_token(account) if own else desk.district.token(role, unit=unit, account=account)
    headers = {"Authorization": f"Bearer {token}"}
    if last is not None:
        headers["Last-Event-ID"] = last
    async with httpx.AsyncClient(timeout=30) as client, client.stream("GET", f"{url}/live", headers=headers) as answer:
        ear = Ear(answer.aiter_lines())
        ear.status = answer.status_code
        if answer.status_code == 200:
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert "no-transform" in answer.headers["cache-control"]
            ear.hello = await ear.frame()
            assert ear.hello["event"] == "hello"
        yield ear


async def test_everybody_hears_what_is_within_reach_and_nothing_else(district: District) -> None:
    desk = await a_desk(district)
    desk.now("09-14T10:00")
    async with served(desk) as url, contextlib.AsyncExitStack() as stack:
        ears = {who: await stack.enter_async_context(listening(desk, url, who)) for who in ("office", "h", "h2", "caller")}
        id_ = await desk.reported()
        await desk.ask("l", id_, "accept")
        for who in ("office", "h"):
            assert await ears[who].news(2) == [(id_, "issue-reported"), (id_, "issue-accepted")], who
        assert await ears["h2"].silent() and await ears["caller"].silent()
        async with listening(desk, url, "admin") as refused:
            assert refused.status == 403
        async with listening(desk, url, "office", "-1") as refused:
            assert refused.status == 422


async def test_nobody_takes_everybodys_seats(district: District) -> None:
    desk = await a_desk(district)
    desk.now("09-14T10:00")
    async with served(desk) as url, contextlib.AsyncExitStack() as stack:
        for _ in range(live._MOST_EACH):
            assert (await stack.enter_async_context(listening(desk, url, "office"))).status == 200
        async with listening(desk, url, "office") as refused:
            assert refused.status == 429
        assert (await stack.enter_async_context(listening(desk, url, "h"))).status == 200, "another has a seat of his own"
    hub = live.Live(desk.issues)
    everybody = range(live._MOST_CLIENTS)
    hub.clients.update(UUID(int=n) for n in everybody)
    assert hub.full(UUID(int=live._MOST_CLIENTS)), "all seats together have an end as well"


async def test_a_client_comes_again_where_it_was_or_is_told_to_load_anew(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await a_desk(district)
    desk.now("09-14T10:00")
    async with served(desk) as url:
        async with listening(desk, url, "office") as ear:
            begun = ear.hello["id"]
            first = await desk.reported()
            seen = (await ear.frame())["id"]
        second = await desk.reported()  # Nobody listened.
        async with listening(desk, url, "office", seen) as ear:
            assert await ear.news(1) == [(second, "issue-reported")]
        async with listening(desk, url, "office", begun) as ear:
            assert await ear.news(2) == [(first, "issue-reported"), (second, "issue-reported")]
        for strange in ("A" * 48, live.Live(desk.issues).place(member("office"), 0).decode()):
            async with listening(desk, url, "office", strange) as ear:
                assert (await ear.frame())["event"] == "reset", "said by a process that is gone"
        async with listening(desk, url, "h", begun) as ear:
            assert (await ear.frame())["event"] == "reset", "said to another"
        monkeypatch.setattr(live, "_FARTHEST", 0)
        async with listening(desk, url, "office", begun) as ear:
            assert (await ear.frame())["event"] == "reset"
            third = await desk.reported()
            assert await ear.news(1) == [(third, "issue-reported")]


async def test_who_is_slow_reads_the_log_and_nothing_queues_up(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_KEPT", 3)
    monkeypatch.setattr(news, "_PAGE", 4)
    monkeypatch.setattr(live, "_MOST_EACH", 20)
    desk = await a_desk(district)
    desk.now("09-14T10:00")
    async with served(desk) as url, contextlib.AsyncExitStack() as stack:
        ears = [await stack.enter_async_context(listening(desk, url, "office")) for _ in range(20)]
        made = [await desk.reported() for _ in range(12)]
        for ear in ears:
            assert [issue for issue, _ in await ear.news(12)] == made


async def test_nobody_but_the_inspectorate_hears_of_an_allegation(district: District) -> None:
    desk = await a_desk(district)
    desk.now("09-14T10:00")
    deaf = ("chief", "office", "office-head", "auditor", "h", "w5", "caller")
    async with served(desk) as url, contextlib.AsyncExitStack() as stack:
        ears = {who: await stack.enter_async_context(listening(desk, url, who)) for who in ("inspector", *deaf)}
        id_ = await alleged(desk)
        assert await ears["inspector"].news(1) == [(id_, "issue-reported")]
        for who in deaf:
            assert await ears[who].silent(0.5), who


async def test_streams_end_when_the_service_stops(district: District) -> None:
    desk = await a_desk(district)
    async with served(desk) as url, listening(desk, url, "office") as ear:
        began = time.monotonic()
        desk.issues.stopping.set()
        with pytest.raises(StopAsyncIteration):
            await ear.frame()
        assert time.monotonic() - began < 1


async def test_who_is_released_hears_nothing_more_and_the_stream_ends(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rights are asked for anew while a stream is open, whether anything happens or not."""
    desk = await a_desk(district)
    desk.now("09-14T10:00")
    monkeypatch.setattr(live, "_RIGHTS_SECONDS", 0.5)
    async with served(desk) as url, listening(desk, url, "h", own=True) as ear, listening(desk, url, "office", own=True) as other:
        id_ = await desk.reported()
        assert await ear.news(1) == await other.news(1) == [(id_, "issue-reported")]
        async with district.client(district.services["roster"]) as office:
            unit, role = PEOPLE["h"]
            answer = await office.post("/members/h/release", json={"unit": unit, "role": role, "on": "2026-09-14"})
            assert answer.status_code == 200, answer.text
        began = time.monotonic()
        with pytest.raises(StopAsyncIteration):
            await ear.frame(10)
        assert time.monotonic() - began < 5, (
            "the copy of the roster hears of it at once, and a stream lives half a second by what was"
        )
        id_ = await desk.reported()
        assert await other.news(1) == [(id_, "issue-reported")], "who still holds his post goes on"
        async with listening(desk, url, "h", own=True) as again:
            assert again.status == 403


async def test_nobody_reads_off_a_stream_how_fast_the_log_grows(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    """No frame carries a position, and what an identifier is made of does not show whether anything happened in between."""
    desk = await a_desk(district)
    desk.now("09-14T10:00")
    monkeypatch.setattr(live, "_HEARTBEAT_SECONDS", 0.1)
    async with served(desk) as url, listening(desk, url, "h2") as ear:
        ids = [ear.hello["id"]]

        async def beats(count: int) -> None:
            for _ in range(count):
                async with asyncio.timeout(5):
                    while not (line := await anext(ear._lines)).startswith("id: "):
                        assert "position" not in line
                ids.append(line.removeprefix("id: "))

        await beats(3)
        await alleged(desk)  # Which h2 may not hear of.
        await beats(3)
    assert len(set(ids)) == len(ids), "each is said once"
    assert {len(each) for each in ids} == {live._PLACE_LETTERS}
    assert not any(each.isdigit() for each in ids)
