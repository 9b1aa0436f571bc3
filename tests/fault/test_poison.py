"""A fact that can't be read or acted on stops itself, is named with its position and reason, and a person may pass it over."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from support.logs import a_write
from support.roster import DISTRICT, unit
from support.world import District

from deploy.cli.status import reason
from shared.events.issues import ParkedSkipped
from shared.language.freetext import opened
from shared.language.openings import Opening
from shared.language.terms import Role, derived_id
from shared.log.eventlog import Write, append, load

TOWN = {"name": "甲镇", "kind": "township", "parent": "520502", "on": "2026-08-01"}


async def poisoned(district: District, key: str) -> int:
    """A unit that exists, and then a fact on it that no version knows. Answers its position."""
    roster = district.services["roster"]
    some = a_write("poison")
    stream = f"unit/{key}"
    version = len(await load(roster.pool, stream))
    done = await append(roster.pool, [Write(some.command, b"", stream, version, ["roster.unit-enchanted.v1"], some.bodies)])
    return done.first


async def test_a_platform_whose_views_are_made_anew_starts_and_names_what_it_can_not_show(district: District) -> None:
    first = await district.open()
    await unit(district, "520502", DISTRICT, command_id=uuid4())
    async with district.client(first) as office:
        for code in ("T01", "T02"):
            assert (await office.put(f"/units/{code}", json=TOWN | {"name": code})).status_code == 201
    position = await poisoned(district, "T01")
    await first.pool.execute("delete from view.made")
    await first.close()
    for turn in range(2):  # At the second start nothing is made anew, and it is still told.
        service = await district.open()
        async with district.client(service) as office:
            assert (await office.get("/units/T02")).status_code == 200
            assert (await office.get("/units/T01")).status_code == 404
            assert (await office.put(f"/units/T1{turn}", json=TOWN | {"name": f"新{turn}"})).status_code == 201
            ready = await office.get("/readyz")
            told: dict[str, Any] = ready.json()
            assert (ready.status_code, "views" in told["degraded"]) == (200, True)
            said = reason(told["checks"]["views"])
            assert "unit/T01" in said
            assert f"第 {position} 条" in said
            assert "unit-enchanted" in said
        await service.close()
    del district.services["roster"]


async def test_what_was_parked_is_passed_over_once_by_name_and_with_a_reason(district: District) -> None:
    issues = await district.open("issues")
    await issues.pool.execute(
        "insert into view.parked (follower, pos, rec_us, stream, ver, type, body, error) "
        "values ('tickets-from-visits', 7, 1, 'visit/x', 1, 'visits.visit-recorded.v1', '', 'KeyError(''visitors'')')"
    )
    at, why = "/parked/tickets-from-visits/7/skip", {"reason": "测试数据损坏,已电话核实并人工登记"}
    async with district.client(issues, Role.WORKER) as worker, district.client(issues, Role.OFFICE_HEAD) as head:
        told = (await head.get("/readyz")).json()
        assert "tickets-from-visits" in told["degraded"]
        said = reason(told["checks"]["tickets-from-visits"])
        assert "7" in said
        assert "visitors" in said
        assert (await worker.post(at, json=why)).status_code == 403
        assert (await head.post(at, json={"reason": "。"})).status_code == 422
        assert (await head.post("/parked/tickets-from-visits/8/skip", json=why)).status_code == 404
        assert (await head.post(at, json=why)).status_code == 200
        assert (await head.get("/parked")).json()["total"] == 0
        assert (await head.post(at, json=why)).json()["replayed"]
        assert (await head.post(at, json={"reason": "另一个原因"})).status_code == 409
        assert "tickets-from-visits" not in (await head.get("/readyz")).json()["degraded"]
    (entry,) = await load(issues.pool, "parked/tickets-from-visits-7")
    assert isinstance(entry.fact, ParkedSkipped)
    said = await opened(issues.vault, entry.fact, Opening.HANDLE)
    assert (said.reason, said.told, said.stream) == (why["reason"], "visits.visit-recorded.v1", "visit/x")
    assert entry.fact.by == derived_id("member", "office")


async def test_a_command_on_a_stream_that_cannot_be_read_is_refused_with_the_position(district: District) -> None:
    roster = await district.open("roster")
    async with district.client(roster) as office:
        unit = {"name": "某区", "kind": "district", "on": "2026-08-01"}
        assert (await office.put("/units/520502", json=unit)).status_code == 201
        admin = await district.connect("roster", user="postgres")
        await admin.execute("set session_replication_role = replica")
        body = await admin.fetchval("select body from log.entry where pos = 1")
        await admin.execute("update log.entry set body = convert_to('{\"data\": {}}', 'UTF8') where pos = 1")
        refused = await office.post("/units/520502/rename", json={"name": "另一个", "on": "2026-08-02"})
        told = refused.json()
        assert (refused.status_code, told["type"], told["position"]) == (503, "urn:guiren:problem:stream-unreadable", 1)
        await admin.execute("update log.entry set body = $1 where pos = 1", body)
        await admin.close()
        assert (await office.post("/units/520502/rename", json={"name": "另一个", "on": "2026-08-02"})).status_code == 200
