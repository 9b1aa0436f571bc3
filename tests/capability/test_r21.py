"""R21 了解企业生产、经营情况以及遇到的困难."""

from __future__ import annotations

from uuid import uuid4

from support.scene import a_scene
from support.world import District


async def test_last_month_is_filled_in_and_what_changed_is_said(district: District) -> None:
    """structured 经营状况 + free text + 困难 flags; last month pre-filled for compare"""
    async with a_scene(district, 2) as scene:
        await scene.visit(
            1,
            on="2026-08-14",
            headcount=100,
            interviewee="李四",
            title="经理",
            difficulties="订单不足",
            claimed_at=None,
            ack="sms",
        )
        async with scene.who("D01-head") as clerk, scene.who("T01-worker1") as worker, scene.who("T01-head") as head:
            last = (await clerk.get(f"/enterprises/{scene.enterprises[1]}/briefing")).json()["last"]
            assert (last["operation"], last["headcount"], last["difficulties"], last["title"]) == (
                "normal",
                100,
                "订单不足",
                "经理",
            )
            assert last["interviewee"] not in ("", "李四")
            # 无问题: one step, only what proves the visit.
            at = f"/visits/{uuid4()}/nothing-to-report"
            step = {"enterprise": scene.enterprises[1], "on": "2026-09-12", "mode": "on_site", "ack": "scan"}
            made = await worker.put(at, json=step)
            assert made.status_code == 201, made.text
            assert (made.json()["headcount"], made.json()["title"], made.json()["counted"]) == (100, "经理", True)
            assert made.json()["interviewee"] == last["interviewee"]
            assert (made.json()["difficulties"], made.json()["demands"], made.json()["changes"]) == ("", [], [])
            assert (await worker.put(at, json=step)).status_code == 200
            assert (await worker.put(at, json={**step, "note": "另外的说明,另外的说明"})).status_code == 409
            first = await worker.put(f"/visits/{uuid4()}/nothing-to-report", json={**step, "enterprise": scene.enterprises[2]})
            assert (first.status_code, first.json()["type"]) == (409, "urn:guiren:problem:nothing-to-take-over")
            # Change detection: against the last visit of either line.
            worse = await scene.visit(
                1, account="D01-worker1", on="2026-09-15", headcount=60, operation="reduced", claimed_at=None
            )
            assert (await clerk.get(f"/visits/{worse}")).json()["changes"] == ["停产半停产", "用工减少40.00%(100→60)"]
            found = (await head.get("/queues/changes", params={"month": "2026-09"})).json()
            assert found["total"] == 0  # The other line's visit is the other unit's.
            async with scene.who("office") as office:
                [item] = (await office.get("/queues/changes", params={"month": "2026-09"})).json()["items"]
                assert (item["visit"], item["changes"]) == (str(worse), ["停产半停产", "用工减少40.00%(100→60)"])
