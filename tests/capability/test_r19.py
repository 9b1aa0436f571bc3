"""R19 严禁将上门服务变味为检查工作: no purpose, the words that smell, how often an enterprise is disturbed."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import orjson
from support.scene import a_scene
from support.world import District

from services.visits import api
from services.visits.app import build
from shared.settings import Settings


def sent(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The schemas of whatever can be sent, by name."""
    schemas, found = document["components"]["schemas"], dict[str, dict[str, Any]]()
    waiting = [operation.get("requestBody") for path in document["paths"].values() for operation in path.values()]
    while waiting:
        for name in re.findall(r"#/components/schemas/(\w+)", orjson.dumps(waiting.pop()).decode()):
            if name not in found:
                found[name] = schemas[name]
                waiting.append(schemas[name])
    return found


def test_nothing_that_can_be_sent_has_a_purpose() -> None:
    document = build(Settings()).app(*api.ROUTERS).openapi()
    bodies = sent(document)
    assert len(bodies) > 30
    names = {name.lower() for schema in bodies.values() for name in schema.get("properties", {})}
    assert not [name for name in names if "purpose" in name and name != "purpose"]
    with_purpose = [kind for kind, schema in bodies.items() if "purpose" in schema.get("properties", {})]
    # What a link is for, and why somebody's number is opened, is no purpose of a visit.
    assert all("Link" in kind or kind == "UnmaskPersonal" for kind in with_purpose), with_purpose
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
            assert month["warnings"] == []
            assert (await worker.get(f"/enterprises/{uuid4()}/briefing")).status_code == 404
            assert (await worker.get(f"{at}/briefing", params={"on": "0001-01-01"})).status_code == 422


async def test_who_was_disturbed_too_often_stands_in_a_list(district: District) -> None:
    """kpi §8: more than four contacts of all units in a month, or two visits on site within three days."""
    async with a_scene(district, 4) as scene:
        for day in range(8, 13):
            await scene.visit(
                1,
                "T01-worker1" if day % 2 else "D01-worker1",
                on=f"2026-09-{day:02d}",
                claimed_at=f"2026-09-{day:02d}T10:00:00+08:00",
            )
        for day in ("08", "11"):
            await scene.visit(2, mode="on_site", on=f"2026-09-{day}")
        for day in ("07", "11"):
            await scene.visit(3, mode="on_site", on=f"2026-09-{day}")
        async with scene.who("office") as office, scene.who("T01-head") as head, scene.who("T02-head") as other:
            found = (await office.get("/queues/disturbed", params={"month": "2026-09"})).json()
            assert {item["enterprise"]: (item["contacts"], item["warnings"]) for item in found["items"]} == {
                scene.enterprises[1]: (5, ["本月联系5次,超过每月4次"]),
                scene.enterprises[2]: (2, ["09-08、09-11两次实地走访相隔不超过3日"]),
            }
            assert (await head.get("/queues/disturbed", params={"month": "2026-09"})).json()["total"] == 2
            assert (await other.get("/queues/disturbed", params={"month": "2026-09"})).json()["total"] == 0
            assert (await office.get("/queues/disturbed", params={"month": "2026-08"})).json()["items"] == []
            brief = (await head.get(f"/enterprises/{scene.enterprises[2]}/briefing")).json()["disturbance"]
            assert (brief["most"], brief["warnings"]) == (4, ["09-08、09-11两次实地走访相隔不超过3日"])
