"""R25 对走访服务情况及时会商研判."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from support.scene import Scene, a_scene
from support.world import District

from shared.language.terms import Role


def meeting(scene: Scene, **more: Any) -> dict[str, Any]:
    return {
        "unit": "T01",
        "on": "2026-09-15",
        "place": "街道会议室",
        "title": "九月走访会商",
        "participants": [str(scene.members["T01-head"]), str(scene.members["T01-worker1"])],
        "minutes": "逐户研判走访情况。",
        "decisions": [{"content": "对接银行", "unit": "T01", "member": str(scene.members["T01-worker1"]), "due": "2026-09-20"}],
        **more,
    }


async def test_a_consultation_is_bound_to_visits_and_decides_tasks(district: District) -> None:
    """meeting record linked to ≥1 visit/issue; decisions become tasks"""
    async with a_scene(district, 2) as scene:
        visit, ticket, at = await scene.visit(1), uuid4(), f"/consultations/{uuid4()}"
        async with (
            scene.who("T01-liaison") as liaison,
            scene.who("T01-head") as head,
            scene.who("T01-worker1") as worker,
            scene.who("T02-head") as foreign,
            scene.who("office") as office,
        ):
            refused = await liaison.put(at, json=meeting(scene))
            assert (refused.status_code, refused.json()["type"].rsplit(":", 1)[1]) == (409, "consultation-about-nothing")
            elsewhere = await liaison.put(at, json=meeting(scene, visits=[str(uuid4())]))
            assert (elsewhere.status_code, elsewhere.json()["type"].rsplit(":", 1)[1]) == (409, "visit-not-known-here")
            foreign_member = [{"content": "x", "unit": "T01", "member": str(scene.members["T02-head"]), "due": "2026-09-20"}]
            nobody = await liaison.put(at, json=meeting(scene, visits=[str(visit)], decisions=foreign_member))
            assert nobody.json()["type"].rsplit(":", 1)[1] == "task-of-nobody"
            assert (await foreign.put(at, json=meeting(scene, visits=[str(visit)]))).status_code == 403
            assert (await office.put(at, json=meeting(scene, visits=[str(visit)]))).status_code == 403
            content = meeting(scene, visits=[str(visit)], tickets=[str(ticket)])
            made = await liaison.put(at, json=content)
            assert (made.status_code, len(made.json()["tasks"])) == (201, 1), made.text
            assert (await liaison.put(at, json=content)).status_code == 200
            assert (await liaison.put(at, json={**content, "minutes": "另一份"})).status_code == 409
            for subject in ({"visit": str(visit)}, {"ticket": str(ticket)}):
                assert (await head.get("/consultations", params=subject)).json()["total"] == 1
            more = {"content": "回访确认", "unit": "T01", "member": str(scene.members["T01-worker2"]), "due": "2026-09-25"}
            assert len((await head.post(f"{at}/decide", json={"decision": more})).json()["tasks"]) == 2
            # Whoever wrote the minutes doesn't confirm them; the head does.
            assert (await liaison.post(f"{at}/confirm", json={})).status_code == 403
            assert (await head.post(f"{at}/confirm", json={})).json()["confirmed"]
            # A task belongs to its member; it is overdue the day after it was due.
            assert (await liaison.post(f"{at}/fulfil", json={"no": 1, "words": "已对接"})).status_code == 403
            scene.visits.clock = lambda: datetime(2026, 9, 21, 2, tzinfo=UTC)
            late = (await head.get("/consultations/tasks", params={"state": "overdue"})).json()["items"]
            assert [(item["no"], item["overdue"]) for item in late] == [(1, True)]
            done = await worker.post(f"{at}/fulfil", json={"no": 1, "words": "已对接建行"})
            assert (done.status_code, done.json()["tasks"][0]["done"]) == (200, True)
            assert (await worker.post(f"{at}/fulfil", json={"no": 1, "words": "别的"})).status_code == 409
            assert (await head.get("/consultations/tasks", params={"state": "overdue"})).json()["total"] == 0
            assert (await office.get(at)).status_code == 200
            assert (await foreign.get(at)).status_code == 403


async def test_the_agenda_fills_itself(district: District) -> None:
    """Beyond: agenda auto-filled from open reds"""
    async with a_scene(district, 3) as scene:
        calm = await scene.visit(1)
        asked = await scene.visit(
            2, demands=[{"no": 1, "content": "希望解决用电", "category": "utilities"}], difficulties="电压不稳"
        )
        sent_back = await scene.visit(3)
        async with scene.who("T01-deputy") as deputy, scene.who("admin", Role.ADMIN) as admin:
            assert (await deputy.post(f"/visits/{sent_back}/return", json={"reason": "请补充照片"})).status_code == 200
            found = (await deputy.get("/consultations/agenda", params={"unit": "T01"})).json()
            reasons = {item["visit"]: item["reasons"] for item in found["items"]}
            assert reasons == {str(asked): ["诉求:用能(水电气讯)", "反映困难"], str(sent_back): ["走访退回"]}
            assert str(calm) not in reasons
            assert found["issues"]["href"].startswith("/api/issues/")
            at = uuid4()
            await deputy.put(f"/consultations/{at}", json=meeting(scene, visits=[str(asked)]))
            again = (await deputy.get("/consultations/agenda", params={"unit": "T01"})).json()
            assert {item["visit"]: item["talked_over"] for item in again["items"]}[str(asked)] == [str(at)]
            assert (await admin.get("/consultations/agenda", params={"unit": "T01"})).status_code == 403
