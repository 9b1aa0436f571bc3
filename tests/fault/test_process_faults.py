"""Kill -9 of a service or of PostgreSQL while clients write: acknowledged = logged = applied, each exactly once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from uuid import uuid4

import asyncpg
import httpx
from support.logs import a_write, entire
from support.roster import DISTRICT, unit
from support.streams import stream_equals_log
from support.world import District

from shared.log.background import ended
from shared.log.eventlog import VersionConflict, append

DAY = "2026-08-01"


async def patiently(ask: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """As a client on a bad line: the same request, with the same key, until it is answered."""
    async with asyncio.timeout(30):
        while True:
            try:
                answer = await ask()
                if answer.status_code < 500:
                    return answer
                assert answer.status_code == 503, answer.text
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)


async def test_a_service_killed_while_eight_clients_write_keeps_every_acknowledged_command_once(whole_district: District) -> None:
    district = whole_district
    await district.database("roster")
    await district.vault()
    process = district.process("roster")
    acknowledged: dict[str, int] = {}
    auth = {"Authorization": f"Bearer {await district.installed()}"}
    process.start()
    async with httpx.AsyncClient(base_url=process.url, headers=auth, timeout=5) as client:
        made = await client.put("/units/520502", json={"name": "某区", "kind": "district", "on": DAY})
        assert made.status_code == 201, made.text

        async def write(number: int) -> None:
            for turn in range(25):
                code, name = f"T{number}", f"{number}-{turn}"
                content = {"name": name, "kind": "township", "parent": "520502", "on": DAY}
                if turn == 0:
                    answer = await patiently(lambda c=code, j=content: client.put(f"/units/{c}", json=j))
                else:
                    key = {"Idempotency-Key": str(uuid4())}
                    change = {"name": name, "on": DAY}
                    answer = await patiently(lambda c=code, j=change, k=key: client.post(f"/units/{c}/rename", json=j, headers=k))
                assert answer.status_code in (200, 201), answer.text
                acknowledged[name] = answer.json()["position"]

        writing = asyncio.gather(*(write(number) for number in range(8)))
        chance = random.Random(8)
        for _ in range(3):
            await asyncio.sleep(0.1 + chance.random() * 0.2)
            process.kill()
            process.spawn()
            while not writing.done() and not await asyncio.to_thread(process.ready):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await writing
    service = await district.open()  # So that its views are verified as well.
    entries = (await entire(service.pool))[2:]  # After whoever signs in, and the district.
    logged = {entry.fact.name: entry.pos for entry in entries}  # type: ignore[attr-defined]
    assert len(acknowledged) == 200
    assert len(entries) == 200, "each once"
    assert logged == acknowledged
    await stream_equals_log(district.bus(), service.pool)


async def test_postgres_killed_while_clients_write_keeps_every_acknowledged_command_once(district: District) -> None:
    service = await district.open(relay=True)
    await unit(district, "520502", DISTRICT)
    acknowledged: dict[int, int] = {}

    async with district.client(service) as client:

        async def write(number: int) -> None:
            for turn in range(20):
                key = {"Idempotency-Key": f"{number}-{turn}"}
                change = {"name": f"{number}-{turn}", "on": DAY}
                answer = await patiently(lambda j=change, k=key: client.post("/units/520502/rename", json=j, headers=k))
                assert answer.status_code == 200, answer.text
                acknowledged[number * 100 + turn] = answer.json()["position"]

        writing = asyncio.gather(*(write(number) for number in range(4)))
        await asyncio.sleep(0.15)
        district.world.postgres.kill()
        await asyncio.sleep(0.2)
        district.world.postgres.start()
        await writing
    entries = await entire(service.pool)
    logged = {entry.pos: entry.fact.name for entry in entries[1:]}  # type: ignore[attr-defined]
    assert logged == {position: f"{n // 100}-{n % 100}" for n, position in acknowledged.items()}
    assert [entry.pos for entry in entries] == list(range(1, 82))
    await stream_equals_log(district.bus(), service.pool)


async def test_a_raw_append_whose_connection_is_cut_is_there_once_or_not_at_all(district: District) -> None:
    """The administrator ends sessions at random; who doubts says the same command again."""
    await district.database("roster")
    admin = await district.connect(user="postgres")
    positions: list[int] = []

    async def write(number: int) -> None:
        for turn in range(15):
            command = uuid4()
            async with asyncio.timeout(20):
                while True:
                    try:
                        connection = await district.connect()
                        try:
                            done = await append(connection, [a_write(f"{number}-{turn}", command=command)])
                            break
                        finally:
                            connection.terminate()
                    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, VersionConflict):
                        await asyncio.sleep(0.01)
            positions.append(done.first)

    async def cut() -> None:
        while True:
            await admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'roster' and random() < 0.3"
            )
            await asyncio.sleep(0.02)

    cutting = asyncio.create_task(cut())
    await asyncio.gather(*(write(number) for number in range(6)))
    await ended([cutting])
    await admin.close()
    connection = await district.connect()
    assert sorted(positions) == [entry.pos for entry in await entire(connection)] == list(range(1, 91))
    await connection.close()
