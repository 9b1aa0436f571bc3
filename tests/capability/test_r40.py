"""R40 (横向)3 对辖区内所有企业…走访/台账/档案/研判."""

from __future__ import annotations

from support.scene import a_scene
from support.world import District


async def test_the_lines_stand_apart_and_a_joint_visit_on_both(district: District) -> None:
    """same; horizontal line computed separately"""
    async with a_scene(district, 3) as scene:
        township = await scene.visit(1)
        department = await scene.visit(2, account="D01-worker1")
        both = [str(scene.members["T01-worker1"]), str(scene.members["D01-worker1"])]
        joint = await scene.visit(3, visitors=both)
        async with scene.who("office") as office, scene.who("T01-head") as head, scene.who("D01-head") as other:
            for line, expected in (("horizontal", {township, joint}), ("vertical", {department, joint})):
                page = (await office.get("/visits", params={"month": "2026-09", "line": line})).json()
                assert {item["id"] for item in page["items"]} == {str(visit) for visit in expected}
            for client in (head, other):  # Beyond: a joint visit credits both.
                item = next(i for i in (await client.get("/visits")).json()["items"] if i["id"] == str(joint))
                assert (item["joint"], item["counted"], item["lines"], item["units"]) == (
                    True,
                    True,
                    ["horizontal", "vertical"],
                    ["D01", "T01"],
                )
            [contact] = (await head.get(f"/enterprises/{scene.enterprises[3]}/disturbance")).json()["months"]
            assert (contact["contacts"], contact["vertical"], contact["horizontal"]) == (1, 1, 1)
