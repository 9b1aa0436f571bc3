"""R39 (横向)2 运行机制…严禁…变味: the same words are read in townships as in departments."""

from __future__ import annotations

from support.scene import a_scene
from support.world import District


async def test_the_horizontal_line_is_read_as_the_vertical_one(district: District) -> None:
    """same"""
    async with a_scene(district, 2) as scene:
        township = await scene.visit(1, note="到企业检查台账并责令整改相关问题")
        department = await scene.visit(2, account="D01-worker1", note="到企业检查台账并责令整改相关问题")
        for account, visit in (("T01-head", township), ("D01-head", department)):
            async with scene.who(account) as head:
                [item] = (await head.get("/queues/flagged")).json()["items"]
                assert item["id"] == str(visit)
                assert [smell["word"] for smell in item["smells"]] == ["检查", "责令", "整改"]
