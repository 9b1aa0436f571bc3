"""R36 招商活动平台、企业走访、上门办事…发放贵人服务一张图."""

from __future__ import annotations

from hashlib import sha256
from uuid import uuid4

from support.scene import a_scene
from support.world import District
from test_r33 import picture


async def test_one_map_sheets_are_counted_per_visit_and_event(district: District) -> None:
    """distribution count per visit/event; one-map file versioned"""
    async with a_scene(district, 3) as scene:
        one_map, image = uuid4(), picture((9, 9, 9))
        mark = sha256(image).hexdigest()
        await scene.visit(1, onemap_given=2)
        await scene.visit(2, onemap_given=1, visitors=[str(scene.members["T01-worker1"]), str(scene.members["D01-worker1"])])
        await scene.visit(3, "D01-worker1", onemap_given=4)
        async with (
            scene.who("T01-worker1") as worker,
            scene.who("T01-head") as head,
            scene.who("office") as office,
            scene.who("D01-worker1") as other,
        ):
            entry = {"unit": "T01", "kind": "one_map", "title": "贵人服务一张图"}
            assert (await worker.put(f"/materials/{one_map}", json=entry)).status_code == 201
            assert (await worker.put(f"/materials/{one_map}/versions/{mark}", content=image)).status_code == 201
            event = {
                "unit": "T01",
                "on": "2026-09-12",
                "occasion": "investment",
                "event": "招商推介会",
                "copies": 100,
                "material": str(one_map),
                "edition": 1,
            }
            at = f"/distributions/{uuid4()}"
            refused = await worker.put(at, json=event)
            assert refused.json()["type"].endswith("one-map-not-there")  # The version is not approved yet.
            assert (await head.post(f"/materials/{one_map}/approve", json={"no": 1})).json()["current"] == 1
            assert (await worker.put(at, json=event)).status_code == 201
            assert (await worker.put(at, json=event)).status_code == 200
            assert (await worker.put(at, json={**event, "copies": 1})).status_code == 409
            assert (await other.put(f"/distributions/{uuid4()}", json=event)).status_code == 403
            mistaken = f"/distributions/{uuid4()}"
            counter = {"unit": "T01", "on": "2026-09-13", "occasion": "counter", "event": "窗口办事", "copies": 7}
            assert (await worker.put(mistaken, json=counter)).status_code == 201
            assert (await worker.put(f"/distributions/{uuid4()}", json={**counter, "copies": 5})).status_code == 201
            assert (await worker.post(f"{mistaken}/withdraw", json={"reason": "重复登记"})).json()["valid"] is False
            found = (await office.get("/distribution", params={"month": "2026-09"})).json()
            units = {item["unit"]: (item["on_visits"], item["on_occasions"], item["total"]) for item in found["items"]}
            assert units == {"T01": (3, 105, 108), "D01": (4, 0, 4)}
            assert found["items"][1]["occasions"] == {"investment": 100, "counter": 5}
            mine = (await head.get("/distribution", params={"month": "2026-09"})).json()
            assert [item["unit"] for item in mine["items"]] == ["T01"]
            assert (await head.get("/distribution", params={"month": "2026-09", "unit": "D01"})).status_code == 403
            assert (await head.get("/distributions", params={"month": "2026-09"})).json()["total"] == 3


async def test_distribution_and_awareness_stand_side_by_side(district: District) -> None:
    """Beyond: distribution → awareness correlation (both figures, no causal claim)"""
    async with a_scene(district, 2) as scene:
        await scene.visit(1, onemap_given=3, aware="heard")
        await scene.visit(2, aware="unknown")
        async with scene.who("office") as office:
            found = (await office.get("/distribution", params={"month": "2026-09", "unit": "T01"})).json()
            assert found["items"][0]["self_reported_awareness"] == {"n": 1, "d": 2, "pct": "50.00"}
            assert found["items"][0]["total"] == 3
            assert "不表示因果关系" in found["note"]
