"""R41: 充分发动村(社区)由下至上."""

from __future__ import annotations

from datetime import timedelta

from support.net import assign, ok, served, the_net
from support.world import District

from shared.language.ids import new_id
from shared.language.months import local_date
from shared.language.terms import Role


async def test_those_at_the_bottom_enter_their_own(district: District) -> None:
    """村(社区) sub-units and their 信息员; address-level list"""
    service = await district.open()
    today = local_date(service.clock())
    async with district.client() as office, district.client(service, Role.INFORMANT, unit="T01", account="informant") as below:
        below.headers["Authorization"] = "Bearer " + district.token(
            Role.INFORMANT, unit="T01", account="informant", sub_unit="T01-1"
        )
        await the_net(office)
        own, others = await served(office, 1, address="东一村1号"), await served(office, 2)
        await assign(office, own, "horizontal", "T01", on="2026-02-01", sub_unit="T01-1")
        census = str(new_id())
        plan = {"title": "摸底", "line": "horizontal", "since": str(today), "until": str(today + timedelta(10))}
        assert (await below.put(f"/censuses/{census}", json=plan)).status_code == 403
        await ok(await office.put(f"/censuses/{census}", json=plan))
        listed = (await ok(await below.get(f"/censuses/{census}/unvisited")))["items"]
        assert [(item["id"], item["address"]) for item in listed] == [(own, "东一村1号")]
        body = {"census": census, "result": "verified"}
        await ok(await below.post(f"/enterprises/{own}/survey", json=body))
        assert (await below.post(f"/enterprises/{others}/survey", json=body)).status_code == 403
        wanted = {"enterprise": own, "changes": {"address": "东一村2号"}, "reason": "门牌更正"}
        correction = str(new_id())
        await ok(await below.put(f"/corrections/{correction}", json=wanted))
        assert (await below.put(f"/corrections/{new_id()}", json={**wanted, "enterprise": others})).status_code == 403
        assert (await below.post(f"/corrections/{correction}/approve", json={})).status_code == 403
        assert (await below.post(f"/censuses/{census}/close", json={})).status_code == 403, "enter, not submit"
        told = await ok(await office.get(f"/censuses/{census}/progress"))
        assert [part["done"] for part in told["units"][0]["parts"] if part["sub_unit"] == "T01-1"] == [1]
