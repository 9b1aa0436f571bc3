"""R27: 摸清行业内企业底数."""

from __future__ import annotations

from datetime import timedelta

from support.net import assign, enterprise, member, ok, served, the_net
from support.world import District

from shared.language.ids import new_id
from shared.language.months import local_date
from shared.language.terms import Role


async def test_a_census_tells_of_each_enterprise_and_of_each_branch(district: District) -> None:
    """摸底 campaign: list, per-enterprise result (核实/更正/失联/不存在/重复), progress by 分支机构"""
    service = await district.open()
    today = local_date(service.clock())
    async with (
        district.client() as office,
        district.client(service, Role.HEAD, unit="D01", account="D01-head") as head,
        district.client(service, Role.WORKER, unit="D01", account="D01-w1") as worker,
        district.client(service, Role.WORKER, unit="D02", account="D02-w1") as other,
    ):
        await the_net(office)
        ids = [await served(office, n) for n in range(1, 7)]
        await assign(office, ids[0], "vertical", "D01", on="2026-02-01", sub_unit="D01-1", worker=member("D01-w1"))
        census = str(new_id())
        plan = {
            "title": "本行业摸底",
            "line": "vertical",
            "unit": "D01",
            "since": str(today),
            "until": str(today + timedelta(30)),
        }
        assert (await worker.put(f"/censuses/{census}", json=plan)).status_code == 403
        await ok(await head.put(f"/censuses/{census}", json=plan))
        assert (await head.put(f"/censuses/{census}", json=plan)).status_code == 200
        assert (await head.put(f"/censuses/{census}", json={**plan, "title": "x"})).status_code == 409
        assert (await worker.get(f"/censuses/{census}/unvisited")).json()["total"] == 6
        for id_, result in zip(ids, ("verified", "corrected", "lost", "absent", "duplicate"), strict=False):
            body = {"census": census, "result": result, "note": "电话", **({"of": ids[0]} if result == "duplicate" else {})}
            assert (await other.post(f"/enterprises/{id_}/survey", json=body)).status_code == 403
            await ok(await worker.post(f"/enterprises/{id_}/survey", json=body))
        told = await ok(await head.get(f"/censuses/{census}/progress"))
        assert (told["targets"], told["done"], told["pct"]) == (6, 5, "83.33")
        parts = {part["sub_unit"]: part for part in told["units"][0]["parts"]}
        assert (parts["D01-1"]["targets"], parts["D01-1"]["done"], parts[None]["done"]) == (1, 1, 4)
        assert set(told["units"][0]["results"].values()) == {1}
        assert [i["id"] for i in (await ok(await head.get(f"/censuses/{census}/unvisited")))["items"]] == [ids[5]]
        differing = await ok(await head.get(f"/censuses/{census}/differences"))
        assert {item["result"] for item in differing["items"]} == {"corrected", "lost", "absent", "duplicate"}
        assert [item["id"] for item in (await ok(await office.get("/queues/lost")))["items"]] == [ids[2]]
        await ok(await head.post(f"/censuses/{census}/close", json={}))
        late = await worker.post(f"/enterprises/{ids[5]}/survey", json={"census": census, "result": "verified"})
        assert late.status_code == 409 and late.json()["type"].endswith("census-not-running")


async def test_who_proposes_a_correction_does_not_approve_it(district: District) -> None:
    service = await district.open()
    async with (
        district.client() as office,
        district.client(service, Role.HEAD, unit="D01", account="D01-head") as head,
        district.client(service, Role.WORKER, unit="D01", account="D01-w1") as worker,
        district.client(service, Role.WORKER, unit="D02", account="D02-w1") as other,
    ):
        await the_net(office)
        id_ = await served(office, 1, contact="王某", phone="19900001111")
        bare = await enterprise(office, 2)
        wanted = {
            "enterprise": id_,
            "changes": {"address": "新路1号", "phone": "19900002222", "industry": "13", "staff": 10},
            "reason": "实地走访",
        }
        one, move, own = (str(new_id()) for _ in range(3))
        assert (await other.put(f"/corrections/{one}", json=wanted)).status_code == 403
        assert (await worker.put(f"/corrections/{one}", json={**wanted, "enterprise": bare})).status_code == 403
        await ok(await worker.put(f"/corrections/{one}", json=wanted))
        assert (await worker.put(f"/corrections/{one}", json=wanted)).status_code == 200
        seen = await ok(await head.get(f"/corrections/{one}"))
        assert seen["changes"]["phone"] == {"register": "199****1111", "proposed": "199****2222"}
        assert seen["allowed_actions"] == ["approve", "reject"]
        assert (await worker.post(f"/corrections/{one}/approve", json={})).status_code == 403
        done = await ok(await head.post(f"/corrections/{one}/approve", json={}))
        assert done["stage"] == "approved"
        now = await ok(await office.get(f"/enterprises/{id_}"))
        assert (now["address"], now["phone"], now["size"]) == ("新路1号", "199****2222", "micro")
        assert (await head.post(f"/corrections/{one}/reject", json={"reason": "x"})).status_code == 409

        await ok(await head.put(f"/corrections/{own}", json={**wanted, "changes": {"address": "乙"}}))
        assert (await head.post(f"/corrections/{own}/approve", json={})).json()["type"].endswith("proposer-may-not-rule")
        away = {"enterprise": id_, "move": {"line": "vertical", "unit": "D02"}, "reason": "行业变更"}
        await ok(await worker.put(f"/corrections/{move}", json=away))
        assert (await head.post(f"/corrections/{move}/approve", json={})).status_code == 403
        await ok(await office.post(f"/corrections/{move}/approve", json={}))
        assert (await ok(await office.get(f"/enterprises/{id_}/responsibility")))["vertical"]["unit"] == "D02"
        await ok(await worker.post(f"/enterprises/{id_}/tag", json={"tags": ["规上"]}), 403)
        await ok(await other.post(f"/enterprises/{id_}/tag", json={"tags": ["规上"]}))
        await ok(await other.post(f"/enterprises/{id_}/prefer-contact", json={"modes": ["phone"], "quiet_until": "2026-12-31"}))
        assert (await ok(await office.get("/enterprises", params={"tag": "规上"})))["total"] == 1
