"""A past that is not all there: nobody acts on it, nobody calls it ready, and the next start goes on with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from support.logs import a_write
from support.roster import DISTRICT, unit
from support.world import District

from deploy.cli.status import reason
from deploy.demo.district import district as demo_district
from deploy.demo.district import founding, official_calendar
from deploy.demo.loader import MADE_OF, Loader
from deploy.demo.steps import Span
from deploy.embedded import supervisor
from deploy.embedded.home import Home
from deploy.embedded.process import Process
from deploy.embedded.supervisor import Supervisor
from deploy.install import SERVICES
from shared.events.roster import UnitEstablished
from shared.language.facts import encode
from shared.language.terms import UnitKind
from shared.log.eventlog import Loading, Write, append, head
from shared.log.gate import LogLoading
from shared.log.relay import transient
from shared.log.views import alone


@pytest.mark.parametrize("name", SERVICES)
async def test_while_the_past_is_loaded_no_service_writes_and_none_is_ready(district: District, name: str) -> None:
    service = await district.open(name)
    demo = await district.connect(name, user="guiren_demo")
    await append(demo, [a_write("past")], 1_000_000)
    with pytest.raises(Loading):
        await append(service.pool, [a_write("present")])
    assert await head(service.pool) == 1
    async with district.client(service) as office:
        ready = await office.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]["demo"]["unready"]) == (503, "loading")
    assert "演示数据未载入完" in reason(ready.json()["checks"]["demo"])
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await service.pool.execute("select log.load_demo(false)")
    await demo.execute("select log.load_demo(false)")
    assert (await append(service.pool, [a_write("present")])).first == 2
    await demo.close()


def _quietly(_service: str, _done: int, _total: int) -> None: ...


async def test_a_load_that_broke_off_goes_on_and_is_ready_when_its_views_are_made(district: District) -> None:
    roster = await district.open()
    for name in MADE_OF:
        await district.database(name)
    loader = Loader(district.settings("demo"), district.prefix)
    calendar = official_calendar()
    steps = list(founding(demo_district(), Span(date(2026, 11, 23), calendar)))
    await loader.begin()
    await loader.append("roster", steps[:20], calendar, _quietly)
    async with district.client(roster) as office:
        refused = await office.put(
            "/units/T99", json={"name": "甲镇", "kind": "township", "parent": "520500", "on": "2026-08-01"}
        )
        assert (refused.status_code, refused.json()["title"]) == (503, LogLoading.title)
        await roster.make_views()  # A start in between changes nothing of it.
        assert (await office.get("/readyz")).status_code == 503
        await loader.append("roster", steps, calendar, _quietly)
        assert await loader.show("roster")
        await loader.end()
        ready = await office.get("/readyz")
        assert (ready.status_code, ready.json()) == (200, ready.json() | {"ready": True})
        assert (await office.get("/units")).json()["total"] > 0
    assert transient(LogLoading())  # A reaction waits, and parks nothing.


async def test_streams_that_claim_the_same_are_left_out_and_told_of_and_the_others_are_shown(district: District) -> None:
    roster = await district.open()
    await unit(district, "520502", DISTRICT, command_id=uuid4())
    for key in ("one", "two"):  # As two processes could write it: two streams whose rows have the same key.
        fact = UnitEstablished(code=key, name=key, kind=UnitKind.TOWNSHIP, parent="520502", on=date(2026, 8, 1))
        some = a_write(key)
        body = encode(
            fact, event_id=uuid4(), source="/999000/roster", subject=f"unit/{key}", happened=roster.clock(), actor={}, links={}
        )
        await append(roster.pool, [Write(some.command, b"", f"unit/{key}", 0, [fact.TYPE], [body])])
    await roster.pool.execute("create unique index once on view.unit (first_parent) where kind = 'township'")
    roster.views = roster.views | {"unit": (_once(roster.views["unit"][0]), *roster.views["unit"][1:])}
    await roster.pool.execute("delete from view.made")
    await roster.make_views()
    async with district.client(roster) as office:
        told: dict[str, Any] = (await office.get("/readyz")).json()
        assert (await office.get("/units/one")).status_code == 200
        assert (await office.get("/units/520502")).status_code == 200
    assert told["ready"]
    assert "unit/two" in told["checks"]["views"]["error"]
    del district.services["roster"]
    await roster.close()


def _once(view: Any) -> Any:
    return replace(view, unique=("(first_parent) where kind = 'township'",))


async def test_what_broke_a_connection_is_what_is_told(district: District) -> None:
    connection = await district.connect()
    with pytest.raises(TimeoutError):
        async with alone(connection):
            await connection.close()
            raise TimeoutError


class _Supervisor(Supervisor):
    async def _bring_up(self, processes: Any) -> None: ...

    async def _await_ready(self, process: Process) -> None: ...

    async def _keep_streams(self, bus: Any) -> None: ...


@pytest.mark.parametrize("code", [1, 0])
async def test_a_start_whose_load_fails_is_not_ready_and_the_next_one_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    home, said, runs = Home(tmp_path), list[str](), list[str]()
    home.make()

    async def nothing(*_: object, **__: object) -> None: ...
    async def empty(*_: object) -> bool:
        return not runs

    async def broken(*_: object) -> bool:
        return bool(runs and code)

    async def run(module: str, *_: str, environment: dict[str, str]) -> int:
        runs.append(module)
        return code

    for name, stand_in in {
        "install": nothing,
        "say_loading": nothing,
        "prepare_streams": nothing,
        "is_empty": empty,
        "is_loading": broken,
        "_run": run,
    }.items():
        monkeypatch.setattr(supervisor, name, stand_in)
    for _ in range(2):
        starting = _Supervisor(home, None, demo=True, say=said.append)
        await starting._start()  # pyright: ignore[reportPrivateUsage]
        for watch in starting._watches:  # pyright: ignore[reportPrivateUsage]
            watch.cancel()
        if code:
            assert home.state.get("phase") == "degraded"
            assert "会接着载入" in said[-1]
        else:
            assert home.state.get("phase") == "ready"
    assert len(runs) == (2 if code else 1)
