"""R34 门户网站、微信公众号、微博、APP、LED…宣传LOGO、宗旨和核心内容."""

from __future__ import annotations

from hashlib import sha256
from uuid import uuid4

from support.scene import a_scene
from support.world import District
from test_r33 import picture, plan


async def test_the_log_of_channels_and_its_counts(district: District) -> None:
    """publicity log: channel, date, title, link/photo, reach; counts by channel"""
    async with a_scene(district, 1) as scene:
        at, image = f"/campaigns/{uuid4()}", picture((1, 2, 3))
        mark = sha256(image).hexdigest()
        async with scene.who("D01-worker1") as worker, scene.who("D01-head") as head, scene.who("office") as office:
            await worker.put(at, json=plan("D01"))
            await head.post(f"{at}/approve", json={})
            entry = {
                "channel": "website",
                "on": "2026-09-03",
                "title": "品牌宗旨解读",
                "link": "https://www.example.com/x?y=1",
                "reach": 1200,
            }
            assert (await worker.post(f"{at}/publish", json={**entry, "link": ""})).status_code == 409
            for link in (
                "javascript:alert(1)",
                "https://",
                "ftp://example.com",
                "http://exa mple.com",
                "http://a:b@example.com/",
                "示例",
            ):
                assert (await worker.post(f"{at}/publish", json={**entry, "link": link})).status_code == 422, link
            assert (await worker.post(f"{at}/publish", json={**entry, "on": "2026-09-16"})).status_code == 409
            first = await worker.post(f"{at}/publish", json=entry)
            assert first.status_code == 200, first.text
            assert (await worker.post(f"{at}/publish", json=entry)).json()["replayed"]
            led = {"channel": "led", "on": "2026-09-04", "title": "LOGO滚动播放", "photo": mark}
            assert (await worker.post(f"{at}/publish", json=led)).status_code == 409
            assert (await worker.put(f"{at}/files/{mark}", content=image)).status_code == 201
            assert (await worker.post(f"{at}/publish", json=led)).status_code == 200
            second = {**entry, "title": "核心内容", "link": "http://www.example.com/z", "on": "2026-08-30", "reach": 10}
            assert (await worker.post(f"{at}/publish", json=second)).status_code == 200
            counts = (await office.get("/channels/counts")).json()
            assert len(counts["items"]) == 8
            found = {item["channel"]: (item["n"], item["reach"], item["unchecked"]) for item in counts["items"] if item["n"]}
            assert found == {"website": (2, 1210, 2), "led": (1, None, 0)}
            month = (await office.get("/channels/counts", params={"month": "2026-09", "unit": "D01"})).json()
            assert month["total"] == 2
            assert [item["title"] for item in (await head.get("/channels")).json()["items"]] == [
                "核心内容",
                "品牌宗旨解读",
                "LOGO滚动播放",
            ]


async def test_a_link_is_checked_without_any_network(district: District) -> None:
    """Beyond: link-alive check offline-safe"""
    async with a_scene(district, 0) as scene:
        at = f"/campaigns/{uuid4()}"
        async with scene.who("D01-worker1") as worker, scene.who("D01-head") as head:
            await worker.put(at, json=plan("D01"))
            await head.post(f"{at}/approve", json={})
            entry = {"channel": "weibo", "on": "2026-09-03", "title": "x", "link": "https://weibo.example.com/1"}
            told = (await worker.post(f"{at}/publish", json=entry)).json()
            assert "不访问互联网" in told["link_check"]
            assert told["channels"][0]["check"] is None
            for alive in (True, False):
                check = {"no": 1, "on": "2026-09-15", "alive": alive, "words": "人工打开核对"}
                assert (await worker.post(f"{at}/check-link", json=check)).status_code == 200
            shown = (await head.get(at)).json()
            assert shown["channels"][0]["check"]["alive"] is False
            assert (await worker.post(f"{at}/check-link", json={**check, "no": 2})).status_code == 404
            counts = (await head.get("/channels/counts")).json()["items"]
            assert next((item["dead"], item["unchecked"]) for item in counts if item["channel"] == "weibo") == (1, 0)
