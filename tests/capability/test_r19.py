"""R19 严禁将上门服务变味为检查工作: no purpose, the words that smell, how often an enterprise is disturbed."""

from __future__ import annotations

from uuid import uuid4

import orjson
from support.scene import a_scene
from support.world import District

from services.visits import api
from services.visits.app import build
from shared.settings import Settings


def test_nothing_that_can_be_sent_has_a_purpose() -> None:
    document = build(Settings()).app(*api.ROUTERS).openapi()
    names = {
        name.lower()
        for schema in document["components"]["schemas"].values()
        for name in schema.get("properties", {})
    }  # fmt: skip
    assert not [name for name in names if "purpose" in name and name != "purpose"]
    with_purpose = [
        kind for kind, schema in document["components"]["schemas"].items() if "purpose" in schema.get("properties", {})
    ]
    assert all("Link" in kind for kind in with_purpose), with_purpose  # What a link is for is no purpose of a visit.
    assert "检查目的" not in orjson.dumps(document).decode()


async def test_words_of_inspection_are_shown_to_a_reviewer(district: District) -> None:
    """purpose list has no inspection; text lint on 检查/处罚/整改/罚款; enterprise can report "变味"; report opens a red ticket to 区督查 in ≤1 min

    The report and its ticket are tested where links are.
    """
    async with a_scene(district, 2) as scene:
        bad = await scene.visit(1, note="对消防设施开展检查,责令三日内整改,否则罚款")
        await scene.visit(2, note="了解职工体检情况,企业生产经营一切正常")
        async with scene.who("T01-deputy") as deputy, scene.who("T01-worker1") as worker, scene.who("office") as office:
            assert (await worker.get("/queues/flagged")).status_code == 403
            for client in (deputy, office):
                [item] = (await client.get("/queues/flagged", params={"flag": "wording"})).json()["items"]
                assert item["id"] == str(bad)
                assert [smell["word"] for smell in item["smells"]] == ["检查", "责令", "整改", "罚款"]
            assert (await worker.get(f"/visits/{bad}")).json()["counted"]  # Shown, never refused.
            assert (await deputy.get("/queues/flagged", params={"flag": "skew"})).json()["total"] == 0


async def test_an_enterprise_is_not_visited_again_and_again(district: District) -> None:
    """Beyond: monthly disturbance index per enterprise; cap & merge advice."""
    async with a_scene(district, 1) as scene:
        at = f"/enterprises/{scene.enterprises[1]}"
        async with scene.who("T01-worker1") as worker, scene.who("T02-worker1") as foreign, scene.who("office-head") as chief:
            first = (await worker.get(f"{at}/briefing")).json()
            assert first["disturbance"]["contacts"] == 0
            assert "联合走访" in first["disturbance"]["advice"][0]
            assert first["last"] is None
            assert (await foreign.get(f"{at}/briefing")).status_code == 403
            await scene.visit(1, operation="reduced", headcount=20, interviewee="李四")
            then = (await worker.get(f"{at}/briefing")).json()
            assert then["disturbance"]["advice"] == ["纵向本月尚未走访,如再走访请与其合并"]
            assert then["visited_this_month"][0]["by"][0] | {"member": ""} == {"unit": "T01", "line": "horizontal", "member": ""}
            assert (then["last"]["operation"], then["last"]["headcount"]) == ("reduced", 20)
            assert "李四" not in str(then)
            assert (await worker.post("/rules/visiting/cap-contacts", json={"most": 1})).status_code == 403
            assert (await chief.post("/rules/visiting/cap-contacts", json={"most": 1})).status_code == 200
            capped = (await worker.get(f"{at}/briefing")).json()
            assert "上限" in capped["disturbance"]["advice"][0]
            [month] = (await worker.get(f"{at}/disturbance")).json()["months"]
            assert (month["contacts"], month["horizontal"], month["vertical"], month["over"]) == (1, 1, 0, False)
            assert (await worker.get(f"/enterprises/{uuid4()}/briefing")).status_code == 404
            assert (await worker.get(f"{at}/briefing", params={"on": "0001-01-01"})).status_code == 422
