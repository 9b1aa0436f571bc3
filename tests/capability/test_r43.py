"""R43 (横向)6 宣传."""

from __future__ import annotations

from uuid import uuid4

from support.scene import a_scene
from support.world import District
from test_r33 import plan


async def test_a_township_publishes_but_holds_no_launch_ceremony(district: District) -> None:
    """same without 启动仪式"""
    async with a_scene(district, 1) as scene:
        at = f"/campaigns/{uuid4()}"
        async with scene.who("T01-worker1") as worker, scene.who("T01-head") as head:
            made = await worker.put(at, json=plan("T01"))
            assert (made.status_code, made.json()["line"]) == (201, "horizontal"), made.text
            approved = (await head.post(f"{at}/approve", json={})).json()
            assert "launch" not in approved["allowed_actions"]
            launch = {"on": "2026-09-10", "place": "街道", "invited": [scene.enterprises[1]], "evidence": ["0" * 64]}
            refused = await head.post(f"{at}/launch", json=launch)
            assert (refused.status_code, refused.json()["type"].rsplit(":", 1)[1]) == (409, "launch-is-vertical")
            assert "方案四(二)6" in refused.json()["title"]
            told = {
                "channel": "wechat",
                "on": "2026-09-12",
                "title": "贵人服务进街道",
                "link": "https://example.com/a",
                "reach": 320,
            }
            assert (await worker.post(f"{at}/publish", json=told)).status_code == 200
            counts = (await head.get("/channels/counts", params={"month": "2026-09"})).json()
            assert {item["label"]: item["n"] for item in counts["items"] if item["n"]} == {"微信公众号": 1}
