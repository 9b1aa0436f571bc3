"""An old database under a log, another history in its stream: nothing is written until an administrator has restored."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from support.logs import a_write, entire
from support.roster import DISTRICT, unit
from support.streams import stream_equals_log
from support.world import District, until

from deploy.fsck import Finding, fsck
from deploy.restore import Asked, restore_from
from shared.http.service import Service
from shared.log.checkpoint import Checkpoint, CheckpointUnreadable
from shared.log.eventlog import after, append, head

DAY = "2026-08-01"


async def renamed(client: httpx.AsyncClient, name: str) -> httpx.Response:
    return await client.post(
        "/units/520502/rename", json={"name": name, "on": DAY}, headers={"Idempotency-Key": f"k-{name.encode().hex()}"}
    )


async def shut(client: httpx.AsyncClient) -> str:
    """Wait until the service says that its log may not be written to. Answers the reason."""

    async def said() -> str:
        answer = await client.get("/readyz")
        return answer.json()["checks"]["relay"].get("halted", "") if answer.status_code == 503 else ""

    return await until(said)


async def lose(district: District, service: Service, keep: int) -> None:
    """What putting an old backup back does to one service's log: everything after ``keep`` is gone without a trace."""
    admin = await district.connect(service.name, user="postgres")
    await admin.execute("set session_replication_role = replica")
    async with admin.transaction():
        await admin.execute("delete from log.command where first_pos > $1", keep)
        await admin.execute("delete from log.entry where pos > $1", keep)
        await admin.execute("delete from log.stream s where not exists (select from log.entry e where e.stream = s.stream)")
        await admin.execute("update log.stream s set ver = (select max(ver) from log.entry e where e.stream = s.stream); ")
        await admin.execute("update log.head set pos = $1", keep)
        await admin.execute(
            "update view.published p set pos = e.pos, leaf = e.leaf_hash from log.entry e where p.pos > $1 and e.pos = $1", keep
        )
        await admin.execute("update view.published set pos = 0, leaf = null where pos > $1", keep)
        await admin.execute("delete from view.made")
    await admin.close()


async def restored(district: District, *, apply: bool, mirror: bool = False, forget: bool = False) -> dict[str, Any]:
    for name in ("roster", "visits", "issues", "reporting"):
        await district.database(name)
    asked = Asked(apply, district.settings().checkpoints, forget, district.prefix)
    return await restore_from(district.world.place, district.bus(service=""), asked, mirror=mirror)


async def a_log_of(district: District, count: int) -> Service:
    service = await district.open("roster", relay=True)
    await unit(district, "520502", DISTRICT, command_id=uuid4())
    async with district.client(service) as client:
        for number in range(2, count + 1):
            assert (await renamed(client, f"某区{number}")).status_code == 200
    await stream_equals_log(district.bus(), service.pool)
    await marked(district, count)
    return service


def checkpoint(district: District, service: str = "roster") -> Checkpoint:
    signatures, folder = district.bus(service=service).signatures, district.settings().checkpoints
    assert signatures and folder
    return Checkpoint(folder, service, signatures)


async def marked(district: District, position: int) -> None:
    """Wait until the checkpoint speaks of this position."""

    async def there() -> bool:
        return (checkpoint(district).read() or (0,))[0] == position

    await until(there)


async def test_an_old_database_under_a_running_service_stops_commands_until_it_is_restored(district: District) -> None:
    service = await a_log_of(district, 9)
    before = await entire(service.pool)
    await lose(district, service, 4)
    async with district.client(service) as client:
        refused = await renamed(client, "另一个")
        assert (refused.status_code, refused.json()["type"]) == (503, "urn:guiren:problem:log-fork"), "not even the first"
        assert await head(service.pool) == 4, "no position has got a second meaning"
        assert "guiren restore" in await shut(client)
        assert (await client.get("/units/520502")).status_code == 200, "reading goes on"
        await asyncio.sleep(1)
        assert (await renamed(client, "又一个")).status_code == 503, "it never opens by itself"
        look = await restored(district, apply=False)
        assert (look["roster"].position, look["roster"].copy, look["roster"].missing.total()) == (4, 9, 5)
        assert await head(service.pool) == 4, "looking changes nothing"
        assert (await restored(district, apply=True))["roster"].restored

        async def open_again() -> bool:
            return (await renamed(client, "恢复后")).status_code == 200

        await until(open_again)
        repeat = await renamed(client, "某区9")
        assert repeat.json()["position"] == 9, "what was acknowledged is answered as it was"
        assert (await client.get("/units/520502")).json()["name"] == "恢复后"
    assert [(entry.pos, entry.leaf) for entry in (await entire(service.pool))[:9]] == [(e.pos, e.leaf) for e in before]
    await stream_equals_log(district.bus(), service.pool)


async def test_a_restart_does_not_open_what_was_shut(district: District) -> None:
    service = await a_log_of(district, 6)
    await lose(district, service, 3)
    async with district.client(service) as client:
        await shut(client)

    async def kept() -> bool:
        return bool(await service.pool.fetchval("select fork from view.published"))

    await until(kept)
    await service.close()
    district.world.wipe_nats()  # Even if the proof is gone: who shut it was told, and a person has not looked yet.
    again = await district.open("roster", relay=True)
    async with district.client(again) as client:
        assert (await renamed(client, "某区七")).status_code == 503
        assert await shut(client)
    assert await head(again.pool) == 3


async def test_a_log_that_says_otherwise_than_its_stream_near_the_end_is_not_written_to(district: District) -> None:
    """Not only at the very last position: the window of the last entries is compared by content."""
    service = await a_log_of(district, 9)
    await service.close()
    admin = await district.connect("roster", user="postgres")
    await admin.execute("set session_replication_role = replica")
    flip = "update log.entry set body = set_byte(body, 20, get_byte(body, 20) # 1) where pos = 5"
    await admin.execute(flip)
    again = await district.open("roster", relay=True)
    async with district.client(again) as client:
        refused = await renamed(client, "某区十")
        assert (refused.status_code, refused.json()["type"]) == (503, "urn:guiren:problem:log-fork")
        assert "第 5 条" in await shut(client)
        found = (await restored(district, apply=True))["roster"]
        assert (found.differs, found.restored) == (5, False), "a fork is for a person to decide"
        await admin.execute(flip)
        assert not (await restored(district, apply=True))["roster"].trouble

        async def open_again() -> bool:
            return (await renamed(client, "某区十一")).status_code == 200

        await until(open_again)
    await admin.close()


async def test_after_a_reconnect_the_end_is_compared_before_anything_is_published(district: District) -> None:
    service = await a_log_of(district, 5)
    admin = await district.connect("roster", user="postgres")
    await admin.execute("set session_replication_role = replica")
    flip = "update log.entry set body = set_byte(body, 20, get_byte(body, 20) # 1) where pos = 4"
    district.world.nats.kill()
    await admin.execute(flip)
    await append(service.pool, [a_write("later")])
    district.world.nats.start()
    async with district.client(service) as client:
        assert "第 4 条" in await shut(client)
    assert await district.bus().last_sequence("roster") == 5, "nothing was published after the difference"
    await admin.execute(flip)
    await admin.close()


async def test_a_log_that_was_published_stays_closed_until_nats_answers(district: District) -> None:
    service = await a_log_of(district, 3)

    async def remembered() -> bool:
        return await service.pool.fetchval("select pos from view.published") == 3

    await until(remembered)
    await service.close()
    district.world.nats.kill()
    try:
        again = await district.open("roster", relay=True)
        async with district.client(again) as client:
            refused = await renamed(client, "某区四")
            assert (refused.status_code, refused.json()["type"]) == (503, "urn:guiren:problem:log-unchecked")
    finally:
        district.world.nats.start()

    async def open_again() -> bool:
        async with district.client(again) as client:
            return (await renamed(client, "某区五")).status_code == 200

    await until(open_again)


async def test_an_event_taken_from_the_middle_is_said_and_not_called_too_many_writers(district: District) -> None:
    service = await a_log_of(district, 6)
    admin = await district.connect("roster", user="postgres")
    await admin.execute("set session_replication_role = replica")
    (taken,) = await admin.fetch("delete from log.entry where pos = 3 returning pos, rec_us, stream, ver, type, body")
    async with district.client(service) as client:
        refused = await renamed(client, "某区七")
        assert (refused.status_code, refused.json()["type"]) == (503, "urn:guiren:problem:log-fork")
        assert "6 条,现有 5 条" in refused.json()["reason"]
    await admin.execute("insert into log.entry (pos, rec_us, stream, ver, type, body) values ($1,$2,$3,$4,$5,$6)", *taken)
    await admin.close()


async def test_a_hole_is_not_published_as_if_nothing_were_missing(district: District) -> None:
    """A wiped stream and a deleted entry: publishing on would give every later entry another's position."""
    service = await a_log_of(district, 6)
    admin = await district.connect("roster", user="postgres")
    await admin.execute("set session_replication_role = replica")
    (taken,) = await admin.fetch("delete from log.entry where pos = 3 returning pos, rec_us, stream, ver, type, body")
    district.world.wipe_nats()
    async with district.client(service) as client:
        assert "第 3 条" in await shut(client)
    assert await district.bus().last_sequence("roster") == 0
    await admin.execute("insert into log.entry (pos, rec_us, stream, ver, type, body) values ($1,$2,$3,$4,$5,$6)", *taken)
    await admin.close()


async def test_a_log_lost_together_with_its_stream_comes_back_from_the_mirror(district: District) -> None:
    reporting = await district.open("reporting", relay=True)
    service = await a_log_of(district, 8)

    async def mirrored() -> bool:
        return await reporting.pool.fetchval("select count(*) from mirror.entry where origin = 'roster'") == 8

    await until(mirrored)
    before = await entire(service.pool)
    await lose(district, service, 0)
    district.world.wipe_nats()
    async with district.client(service) as client:
        await shut(client)
        found = (await restored(district, apply=True))["roster"]
        assert (found.copy, found.restored) == (0, False), "the stream has nothing"
        assert (await restored(district, apply=False, mirror=True))["roster"].missing.total() == 8
        assert (await restored(district, apply=True, mirror=True))["roster"].restored

        async def open_again() -> bool:
            return (await renamed(client, "某区九")).status_code == 200

        await until(open_again)
    assert [entry.leaf for entry in (await after(service.pool, 0, 8))] == [entry.leaf for entry in before]
    await stream_equals_log(district.bus(), service.pool)


async def test_a_log_lost_with_its_stream_and_all_memory_of_it_is_known_by_its_checkpoint(district: District) -> None:
    """PostgreSQL put back from an old backup and NATS wiped: nothing in them tells, and neither may be believed."""
    service = await a_log_of(district, 8)
    await service.close()
    await lose(district, service, 3)
    district.world.wipe_nats()
    again = await district.open("roster", relay=True)
    async with district.client(again) as client:
        refused = await renamed(client, "某区九")
        assert (refused.status_code, refused.json()["type"]) == (503, "urn:guiren:problem:log-fork")
        assert "曾写到第 8 条" in await shut(client)
        found = (await restored(district, apply=True))["roster"]
        assert (found.checkpoint, found.restored, "副本只到第 0 条" in found.trouble) == (8, False, True)
        await asyncio.sleep(1)
        assert (await renamed(client, "某区九")).status_code == 503
        assert (await restored(district, apply=True, forget=True))["roster"].trouble == "", "a person answers for it"

        async def open_again() -> bool:
            return (await renamed(client, "某区九")).status_code == 200

        await until(open_again)
    await marked(district, 4)


async def test_a_log_that_is_not_shorter_than_its_checkpoint_takes_nothing_from_a_copy(district: District) -> None:
    """Even what its service has signed: a log that lost nothing has nothing to get back."""
    service = await a_log_of(district, 4)
    kept = checkpoint(district).read()
    assert kept
    assert (await renamed(district.client(service), "某区五")).status_code == 200
    await stream_equals_log(district.bus(), service.pool)
    await marked(district, 5)
    await service.close()
    await lose(district, service, 4)
    mark = checkpoint(district)
    mark.write(*kept)
    found = (await restored(district, apply=True))["roster"]
    assert (found.position, found.copy, found.restored) == (4, 5, False)
    assert "日志不短于检查点(第 4 条)" in found.trouble
    (line,) = found.which
    assert "第 5 条" in line and "roster.unit-renamed.v1" in line and "unit/520502" in line, "it says which"
    mark.forget()
    assert "没有检查点" in (await restored(district, apply=True))["roster"].trouble
    mark.write(5, kept[1])
    assert "第 5 条与检查点不同" in (await restored(district, apply=True))["roster"].trouble
    connection = await district.connect("roster")
    assert await head(connection) == 4
    await connection.close()
    await restored(district, apply=True, forget=True)
    again = await district.open("roster", relay=True)
    assert await head(again.pool) == 5
    await stream_equals_log(district.bus(), again.pool)


async def test_a_checkpoint_that_its_service_did_not_sign_is_not_believed(district: District) -> None:
    service = await a_log_of(district, 2)
    await service.close()
    mark = checkpoint(district)
    other = district.bus(service="visits").signatures
    assert other
    Checkpoint(mark.path.parent.parent, "roster", other).write(1, b"0" * 32)
    for harm in (None, b"", b"{", mark.path.read_bytes()[:-9]):
        if harm is not None:
            mark.path.write_bytes(harm)
        with pytest.raises(CheckpointUnreadable, match="roster 的检查点文件"):
            mark.read()
        assert "检查点文件" in (await restored(district, apply=True))["roster"].trouble
    again = await district.open("roster", relay=True)
    async with district.client(again) as client:
        assert "检查点文件" in await shut(client)
    assert [item.kind for item in await audited(district) if item.service == "roster"] == ["checkpoint"]
    await restored(district, apply=True, forget=True)
    await marked(district, 2)


async def audited(district: District) -> list[Finding]:
    return await fsck(district.world.place, district.bus(service=""), district.settings(), district.prefix)
