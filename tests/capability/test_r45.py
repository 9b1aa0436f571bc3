"""R45: 压实包保服务责任."""

from __future__ import annotations

from support.net import assign, enterprise, member, ok, served, the_net
from support.world import District

from shared.language.terms import Role


async def test_the_list_by_person_and_the_warning(district: District) -> None:
    """包保清单 by person; load distribution; >N enterprises per person warned"""
    service = await district.open()
    async with district.client() as client:
        await the_net(client)
        mine = [await served(client, n) for n in range(1, 6)]
        assert (await ok(await client.get("/load")))["limit"] == 60
        await ok(await client.put("/mapping/limits", json={"limit": 3, "on": "2026-01-01", "note": "试行"}))
        load = await ok(await client.get("/load?unit=T01"))
        assert load["limit"] == 3
        assert {(p["account"], p["n"], p["over"], p["name"]) for p in load["items"]} == {
            ("T01-w1", 5, True, "某T01-w1"),
            ("T01-w2", 0, False, "某T01-w2"),
        }
        warned = await ok(await client.get("/load?over=true"))
        assert {(p["account"], p["line"]) for p in warned["items"]} == {("T01-w1", "horizontal"), ("D01-w1", "vertical")}
        held = await ok(await client.get(f"/load/{member('T01-w1')}/enterprises"))
        assert {i["enterprise"] for i in held["items"]} == set(mine)
        async with district.client(service, Role.WORKER, unit="T01", account="T01-w1") as worker:
            assert (await ok(await worker.get(f"/load/{member('T01-w1')}/enterprises")))["total"] == 5
        async with district.client(service, Role.HEAD, unit="T02", account="T02-head") as other:
            assert (await ok(await other.get(f"/load/{member('T01-w1')}/enterprises")))["total"] == 0
            assert (await other.get("/load?unit=T01")).status_code == 403
            assert (await other.get("/load/proposal?unit=T01")).status_code == 403


async def test_a_proposal_moves_as_few_as_can_be_within_the_place_and_nothing_by_itself(district: District) -> None:
    service = await district.open()
    async with district.client() as client, district.client(service, Role.HEAD, unit="T01", account="T01-head") as head:
        await the_net(client)
        await ok(await client.put("/mapping/limits", json={"limit": 3, "on": "2026-01-01"}))
        appointed = {"name": "某某", "unit": "T01", "sub_unit": "T01-2", "role": "worker", "on": "2026-01-02"}
        await ok(await client.post("/members/T01-w3/appoint", json=appointed))
        ids = []
        for n in range(1, 6):
            id_ = await enterprise(client, n)
            sub = "T01-2" if n in (2, 4) else "T01-1"
            await assign(client, id_, "horizontal", "T01", worker=member("T01-w1"), sub_unit=sub)
            ids.append(id_)
        before = await ok(await client.get("/load?unit=T01"))
        proposal = await ok(await head.get("/load/proposal?unit=T01"))
        assert [(m["enterprise"], m["to"], m["same_place"]) for m in proposal["moves"]] == sorted(
            [(ids[1], member("T01-w3"), True), (ids[3], member("T01-w3"), True)], key=lambda m: ids.index(m[0])
        )
        assert {w["account"]: (w["before"], w["after"]) for w in proposal["workers"]} == {
            "T01-w1": (5, 3),
            "T01-w2": (0, 0),
            "T01-w3": (0, 2),
        }
        assert await ok(await head.get("/load/proposal?unit=T01")) == proposal
        assert await ok(await client.get("/load?unit=T01")) == before
