"""R48 定期上门主动服务、靠前服务,精准服务."""

from __future__ import annotations

from datetime import UTC, date, datetime

from support.scene import a_scene
from support.world import District

from shared.events.roster import Attempt, ContactLossVerified, ContactPreferred, CustodyChanged, EnterpriseTagged, StandingChanged
from shared.language.terms import Line, Mode, Role, Standing


async def test_plan_calendar_next_visit_dates_needs_and_priority(district: District) -> None:
    """plan calendar, next-visit date, service needs tags"""
    async with a_scene(district, 4) as scene:
        await scene.enterprise(5, worker="T01-worker2")
        await scene.happened(4, EnterpriseTagged(tags=("规上企业", "用工")))
        await scene.known()
        await scene.visit(1)
        await scene.visit(
            2,
            on="2026-08-20",
            claimed_at="2026-08-20T10:00:00+08:00",
            operation="reduced",
            difficulties="缺流动资金",
            demands=[{"no": 1, "content": "希望对接银行", "category": "finance"}],
        )
        await scene.visit(3, met=False)
        async with scene.who("T01-worker1") as worker, scene.who("T01-head") as head, scene.who("T02-head") as foreign:
            mine = (await worker.get("/plan")).json()
            assert (mine["month"], mine["total"], mine["done"], mine["waiting"]) == ("2026-09", 4, 1, 3)
            items = {item["enterprise"]: item for item in mine["items"]}
            last = mine["items"][-1]
            assert (last["enterprise"], last["done_on"]) == (scene.enterprises[1], "2026-09-14")
            assert last["done_by"] == [str(scene.members["T01-worker1"])]
            reasons = {
                number: [reason["words"] for reason in items[scene.enterprises[number]]["reasons"]] for number in (2, 3, 4)
            }
            assert reasons[2][:3] == ["本月未走访", "上次有困难或诉求", "生产经营异常(停产半停产)"]
            assert "失联待核实(本月1次未联系上)" in reasons[3]
            assert items[scene.enterprises[2]]["needs"] == ["融资"]
            assert "重点标签:规上企业" in reasons[4]
            assert items[scene.enterprises[4]]["needs"] == ["规上企业", "用工"]
            # Priorities are the sum of their reasons, the order follows them, and the days are spread until the 27th.
            waiting = mine["items"][:-1]
            assert all(item["priority"] == sum(reason["points"] for reason in item["reasons"]) for item in waiting)
            assert [item["priority"] for item in waiting] == sorted((item["priority"] for item in waiting), reverse=True)
            days = [item["proposed"] for item in waiting]
            assert days == sorted(days)
            assert len(set(days)) == 3
            assert set(days) <= set(mine["workdays"])
            assert max(mine["workdays"]) <= "2026-09-27"
            unit = (await head.get("/plan", params={"unit": "T01"})).json()
            assert {item["worker"]: (item["total"], item["done"]) for item in unit["workers"]} == {
                "T01-worker1": (4, 1),
                "T01-worker2": (1, 0),
            }
            assert (unit["total"], unit["done"]) == (5, 1)
            # Whose list it is not doesn't see it.
            assert (await foreign.get("/plan", params={"worker": "T01-worker1"})).status_code == 403
            assert (await worker.get("/plan", params={"worker": "T01-worker2"})).status_code == 403
            assert (await worker.get("/plan", params={"unit": "T01"})).status_code == 403
            assert (await head.get("/plan", params={"worker": "nobody"})).status_code == 404
        async with scene.who("admin", Role.ADMIN) as admin:
            assert (await admin.get("/plan", params={"unit": "T01"})).status_code == 403


async def test_who_wants_to_be_left_alone_is_left_alone(district: District) -> None:
    """Beyond: a priority list by need, explainable, that minds do-not-disturb and preferred hours."""
    async with a_scene(district, 2) as scene:
        preferred = ContactPreferred(modes=(Mode.PHONE,), hours="工作日下午", quiet_until=date(2026, 9, 20))
        await scene.happened(1, preferred)
        await scene.known()
        async with scene.who("T01-worker1") as worker:
            last = (await worker.get("/plan")).json()["items"][-1]
            assert last["enterprise"] == scene.enterprises[1]
            assert last["proposed"] > "2026-09-20"
            assert {"免打扰至2026-09-20", "偏好时段:工作日下午"} <= set(last["notes"])
            # After the 27th the rest of the month counts for the whole month.
            scene.visits.clock = lambda: datetime(2026, 9, 28, 2, tzinfo=UTC)
            late = (await worker.get("/plan")).json()
            assert late["after_due"]
            assert any("只计全月口径" in reason["words"] for reason in late["items"][0]["reasons"])


async def test_who_is_out_of_scope_is_on_nobodys_list(district: District) -> None:
    async with a_scene(district, 3) as scene:
        today = date(2026, 9, 15)
        await scene.happened(1, CustodyChanged(managed_elsewhere=True, on=today))
        await scene.happened(2, StandingChanged(standing=Standing.DEREGISTERED, on=today))
        tries = (Attempt(on=date(2026, 9, 3), mode=Mode.PHONE), Attempt(on=date(2026, 9, 4), mode=Mode.ON_SITE))
        await scene.happened(3, ContactLossVerified(line=Line.HORIZONTAL, tries=tries, on=date(2026, 9, 7)))
        await scene.known()
        async with scene.who("T01-worker1") as worker:
            items = (await worker.get("/plan")).json()["items"]
            assert [item["enterprise"] for item in items] == [scene.enterprises[3]]
            assert "失联已于2026-09-07核实,仍须走访" in [reason["words"] for reason in items[0]["reasons"]]
