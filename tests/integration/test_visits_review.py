"""Review over HTTP: many at once, what came back, what the enterprise denied, what was held, and clocks that differ."""

from __future__ import annotations

from uuid import uuid4

from support.scene import NOTE, Scene, a_scene
from support.world import District

from services.visits.domain.visit.commands import ConfirmVisit, DenyVisit
from services.visits.domain.visit.decide import VISIT, KnownVisit
from shared.language.decider import Actor
from shared.language.ids import new_id
from shared.language.personal import Personal
from shared.language.terms import Rating, Role, derived_id

ITSELF = Actor(derived_id("itself", "visits"), "itself", frozenset({Role.SYSTEM}))


async def say(scene: Scene, visit: object, command: ConfirmVisit | DenyVisit) -> None:
    """What the enterprise says through its link."""
    context = await scene.visits.context(ITSELF, str(visit), KnownVisit())
    await scene.visits.desk.handle(VISIT, str(visit), command, context, command_id=new_id())


async def test_many_visits_are_reviewed_at_once_and_each_answers_for_itself(district: District) -> None:
    async with a_scene(district, 3) as scene:
        visits = [str(await scene.visit(number)) for number in (1, 2)]
        foreign = str(await scene.visit(3, account="D01-worker1"))
        async with scene.who("T01-deputy") as deputy, scene.who("T01-worker1") as worker:
            body = {"ids": [*visits, foreign, str(uuid4())], "verdict": "return", "reason": "请补充说明"}
            at, key = "/visits/review", {"Idempotency-Key": "many"}
            assert (await deputy.post(at, json={**body, "reason": None})).status_code == 422
            assert (await deputy.post(at, json={**body, "ids": []})).status_code == 422
            for replayed in (False, True):
                answer = (await deputy.post(at, json=body, headers=key)).json()
                assert (answer["done"], answer["refused"]) == (2, 2)
                assert [item.get("replayed") for item in answer["results"]] == [replayed, replayed, None, None]
            assert [item["problem"]["status"] for item in answer["results"][2:]] == [403, 404]
            own = {"ids": visits, "verdict": "void", "reason": "重复"}
            for client, ids in ((worker, visits), (deputy, [foreign])):  # Nothing of it is theirs to judge: no list of refusals.
                refused = await client.post(at, json={**own, "ids": ids})
                assert (refused.status_code, refused.json()["type"]) == (403, "urn:guiren:problem:not-your-review")
            back = (await worker.get("/my/returned")).json()
            assert {item["id"] for item in back["items"]} == set(visits)
            assert {item["words"] for item in back["items"]} == {"请补充说明"}
            assert (await deputy.get("/my/returned")).json()["total"] == 0


async def test_a_denied_visit_waits_for_a_reviewer_and_its_visitor_sees_it(district: District) -> None:
    async with a_scene(district, 2) as scene:
        visit, other = await scene.visit(1), await scene.visit(2, phone=None, claimed_at=None)
        await say(scene, visit, DenyVisit(words=Personal("没有人来过")))
        await say(scene, other, ConfirmVisit(rating=Rating.VERY_DISSATISFIED, words=Personal("态度不好")))
        async with scene.who("T01-deputy") as deputy, scene.who("T01-worker1") as worker:
            confirmed = (await worker.get(f"/visits/{other}")).json()
            assert (confirmed["counted"], confirmed["confirmed"]["rating"], confirmed["confirmed"]["via"]) == (True, None, "scan")
            denied = (await worker.get(f"/visits/{visit}")).json()
            assert (denied["counted"], denied["denied"]["words"], denied["denied"]["upheld"]) == (False, "", None)
            assert [item["id"] for item in (await worker.get("/my/returned")).json()["items"]] == [str(visit)]
            [item] = (await deputy.get("/queues/flagged", params={"flag": "denied"})).json()["items"]
            assert item["id"] == str(visit)
            assert (await deputy.get(f"/visits/{visit}")).json()["denied"]["words"] == "没有人来过"  # Not for whom it speaks of.
            assert (await deputy.post(f"/visits/{visit}/accept", json={})).status_code == 409
            assert (await worker.post(f"/visits/{visit}/uphold", json={"reason": "我去过"})).status_code == 403
            upheld = await deputy.post(f"/visits/{visit}/uphold", json={"reason": "通话记录属实"})
            assert (upheld.status_code, upheld.json()["counted"]) == (200, True)
            assert (await deputy.post(f"/visits/{visit}/accept", json={})).status_code == 200


async def test_what_was_typed_offline_waits_for_a_ruling(district: District) -> None:
    async with a_scene(district, 2) as scene:
        typed = {"mode": "on_site", "on": "2026-09-14", "note": NOTE, "ack": "scan", "claimed_at": "2026-09-15T08:00:00+08:00"}
        kept, dropped = (f"/visits/{uuid4()}" for _ in "ab")
        async with (
            scene.who("T02-worker1") as stranger,
            scene.who("T01-deputy") as deputy,
            scene.who("T02-head") as foreign,
            scene.who("office") as office,
        ):
            online = {**typed, "enterprise": scene.enterprises[1], "claimed_at": None}
            assert (await stranger.put(kept, json=online)).status_code == 409
            for at, number in ((kept, 1), (dropped, 2)):
                made = await stranger.put(at, json={**typed, "enterprise": scene.enterprises[number]})
                assert (made.status_code, made.json()["review"], made.json()["counted"]) == (201, "held", False)
            waiting = (await deputy.get("/queues/rulings")).json()
            assert waiting["total"] == 2
            assert waiting["items"][0]["words"] == "走访当日该企业不由走访人员所在单位负责"
            assert (await foreign.get("/queues/rulings")).json()["total"] == 0
            assert (await stranger.get("/queues/rulings")).status_code == 403
            assert (await office.get("/queues/rulings")).json()["total"] == 2
            admit = {"ruling": "admit", "reason": "移交前已完成走访"}
            for client in (stranger, foreign):
                assert (await client.post(f"{kept}/rule", json=admit)).status_code == 403
            assert (await deputy.post(f"{kept}/rule", json={"ruling": "admit"})).status_code == 422
            ruled = await deputy.post(f"{kept}/rule", json=admit)
            assert (ruled.status_code, ruled.json()["review"], ruled.json()["counted"]) == (200, "pending", True), ruled.text
            assert (await deputy.post(f"{kept}/rule", json=admit)).status_code == 200
            gone = await office.post(f"{dropped}/rule", json={"ruling": "dismiss", "reason": "未实际走访"})
            assert (gone.status_code, gone.json()["review"], gone.json()["review_words"]) == (200, "voided", "未实际走访")
            assert (await office.get("/queues/rulings")).json()["total"] == 0


async def test_a_device_whose_clock_is_days_off_is_flagged(district: District) -> None:
    async with a_scene(district, 1) as scene:
        visit = await scene.visit(1, claimed_at="2026-09-12T10:00:00+08:00")
        async with scene.who("T01-deputy") as deputy:
            [item] = (await deputy.get("/queues/flagged", params={"flag": "skew"})).json()["items"]
            assert (item["id"], item["skew_hours"]) == (str(visit), 72)
            assert (await deputy.get(f"/visits/{visit}")).json()["counted"]
