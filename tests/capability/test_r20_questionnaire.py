"""R20: one link questionnaire, an answer is a visit."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
from support.enterprises import as_enterprise, opened
from support.scene import NOTE, Scene, a_scene
from support.world import District

QUESTIONS: list[dict[str, Any]] = [
    {
        "id": "aware",
        "text": "您是否知晓“贵人服务”?",
        "kind": "single",
        "required": True,
        "meaning": "aware",
        "options": [
            {"id": "understood", "text": "知晓内涵"},
            {"id": "heard", "text": "听说过"},
            {"id": "unknown", "text": "不知道"},
        ],
    },
    {
        "id": "where",
        "text": "从哪里听说?",
        "kind": "multi",
        "required": True,
        "if_question": "aware",
        "if_answer": "heard",
        "options": [{"id": "visit", "text": "走访"}, {"id": "wechat", "text": "微信"}],
        "most": 1,
    },
    {"id": "rating", "text": "您对服务满意吗?", "kind": "rating", "required": True, "meaning": "satisfaction"},
    {"id": "staff", "text": "用工人数", "kind": "number", "least": 0, "most": 100_000, "meaning": "headcount"},
    {"id": "need", "text": "有什么诉求?", "kind": "text", "meaning": "demand"},
]
GOOD = {"aware": "heard", "where": ["visit"], "rating": 5, "staff": 12, "need": "希望协调贷款,找王某某"}


async def a_poll(scene: Scene, **more: Any) -> str:
    questionnaire, poll = str(uuid4()), str(uuid4())
    async with scene.who("office") as office, scene.who("T01-head") as head:
        asked = {"title": "企业满意度", "questions": QUESTIONS}
        assert (await head.put(f"/questionnaires/{questionnaire}", json=asked)).status_code == 403
        assert (await office.put(f"/questionnaires/{questionnaire}", json=asked)).status_code == 201
        body = {
            "title": "九月问卷",
            "questionnaire": questionnaire,
            "no": 1,
            "begins_on": "2026-09-01",
            "ends_on": "2026-09-30",
            **more,
        }
        assert (await office.put(f"/polls/{poll}", json=body)).status_code == 409
        assert (await office.post(f"/questionnaires/{questionnaire}/publish", json={})).status_code == 200
        made, again = [await office.put(f"/polls/{poll}", json=body) for _ in "ab"]
        assert (made.status_code, again.status_code) == (201, 200), made.text
    return poll


async def tokens(scene: Scene, poll: str) -> dict[str, str]:
    """By enterprise."""
    async with scene.who("office") as office:
        listed = (await office.get("/links", params={"poll": poll})).json()["items"]
        paths = {item["enterprise"]: (await office.get(f"/links/{item['id']}")).json()["path"] for item in listed}
    return {enterprise: await opened(scene.district, scene.visits, path) for enterprise, path in paths.items()}


def public(scene: Scene) -> httpx.AsyncClient:
    return as_enterprise(scene.district.client(scene.visits))


async def test_an_answered_questionnaire_is_a_visit_that_counts(district: District) -> None:
    """three modes (+视频) each with own minimum fields and evidence rule ledgers.md"""
    async with a_scene(district, 3) as scene:
        poll = await a_poll(scene, units=["T01"])
        async with scene.who("office") as office:
            issued, more = [(await office.post(f"/polls/{poll}/issue", json={})).json() for _ in "ab"]
        assert (issued["issued"], more["issued"]) == (3, 0)
        token = (await tokens(scene, poll))[scene.enterprises[1]]
        async with public(scene) as client, scene.who("T01-worker1") as worker, scene.who("T01-deputy") as deputy:
            shown = (await client.get(f"/public/{token}")).json()
            assert [question["id"] for question in shown["questionnaire"]["questions"]] == [q["id"] for q in QUESTIONS]
            assert shown["allowed_actions"] == ["answer", "allege", "demand", "tickets"]
            for wrong in ({"aware": "x"}, {"rating": 6}, {"where": ["visit", "wechat"]}, {"staff": -1}, {"other": 1}):
                refused = await client.put(f"/public/{token}/answers", json={"answers": {**GOOD, **wrong}})
                assert refused.status_code == 422, wrong
            said, again = [await client.put(f"/public/{token}/answers", json={"answers": GOOD}) for _ in "ab"]
            assert (said.status_code, again.status_code) == (201, 200), said.text
            other = await client.put(f"/public/{token}/answers", json={"answers": {**GOOD, "rating": 1}})
            assert (other.status_code, other.json()["type"]) == (409, "urn:guiren:problem:already-answered")
            assert (await client.post(f"/public/{token}/confirm", json={})).status_code == 403
            visit = (await worker.get(f"/visits/{said.json()['visit']}")).json()
            assert (visit["mode"], visit["on"], visit["ack"], visit["counted"]) == ("questionnaire", "2026-09-15", "scan", True)
            assert (visit["asked_required"], visit["answered_required"]) == (3, 3)
            assert (visit["aware"], visit["satisfaction"], visit["headcount"]) == (
                "heard",
                None,
                12,
            )  # Its rating is anonymous (K7).
            assert [item["content"] for item in visit["demands"]] == [GOOD["need"]]
            assert [item["unit"] for item in visit["visitors"]] == ["T01"]
            assert (await worker.post(f"/visits/{visit['id']}/accept", json={})).status_code == 403
            assert (await deputy.post(f"/visits/{visit['id']}/accept", json={})).status_code == 200
        answers = await scene.visits.pool.fetchval(
            "select convert_from(body, 'utf8') from log.entry where type = 'visits.answers-given.v1'"
        )
        assert "王某某" not in answers


async def test_few_answers_do_not_count(district: District) -> None:
    async with a_scene(district, 1) as scene:
        poll = await a_poll(scene)
        async with scene.who("office") as office, public(scene) as client, scene.who("T01-worker1") as worker:
            await office.post(f"/polls/{poll}/issue", json={})
            [token] = (await tokens(scene, poll)).values()
            said = await client.put(f"/public/{token}/answers", json={"answers": {"aware": "unknown"}})
            assert said.status_code == 201
            visit = (await worker.get(f"/visits/{said.json()['visit']}")).json()
            assert (visit["counted"], visit["asked_required"], visit["answered_required"]) == (False, 2, 1)


async def test_one_questionnaire_a_month_whoever_entered_it(district: District) -> None:
    async with a_scene(district, 1) as scene:
        poll = await a_poll(scene)
        await scene.visit(1, mode="questionnaire", note=NOTE, asked_required=10, answered_required=9, connected_seconds=None)
        async with scene.who("office") as office, public(scene) as client:
            await office.post(f"/polls/{poll}/issue", json={})
            [token] = (await tokens(scene, poll)).values()
            refused = await client.put(f"/public/{token}/answers", json={"answers": GOOD})
            assert (refused.status_code, refused.json()["type"]) == (409, "urn:guiren:problem:already-answered")


async def test_the_response_rate_is_told_by_unit(district: District) -> None:
    async with a_scene(district, 2) as scene:
        await scene.enterprise(3, township="T02", worker="T02-worker1", department=None)
        await scene.enterprise(4, worker=None)
        await scene.known()
        poll = await a_poll(scene)
        async with scene.who("office") as office, public(scene) as client, scene.who("T02-head") as head:
            issued = (await office.post(f"/polls/{poll}/issue", json={})).json()
            assert issued["issued"] == 3
            assert [item["enterprise"] for item in issued["without_worker"]] == [scene.enterprises[4]]
            token = (await tokens(scene, poll))[scene.enterprises[1]]
            assert (await client.put(f"/public/{token}/answers", json={"answers": GOOD})).status_code == 201
            told = (await office.get(f"/polls/{poll}")).json()
            assert [(unit["unit"], unit["sent"], unit["answered"], unit["rate"]) for unit in told["units"]] == [
                ("D01", 2, 1, "50.00"),
                ("T01", 2, 1, "50.00"),
                ("T02", 1, 0, "0.00"),
            ]
            assert (told["sent"], told["answered"], told["rate"]) == (3, 1, "33.33")
            own = (await head.get(f"/polls/{poll}")).json()
            assert [unit["unit"] for unit in own["units"]] == ["T02"] and "sent" not in own
            waiting = (await head.get(f"/polls/{poll}/unanswered")).json()
            assert [item["enterprise"] for item in waiting["items"]] == [scene.enterprises[3]]
            assert (await head.get(f"/polls/{poll}/unanswered", params={"unit": "T01"})).status_code == 403
            assert (await office.post(f"/polls/{poll}/close", json={"reason": "够了"})).status_code == 200
            other = (await tokens(scene, poll))[scene.enterprises[2]]
            assert (await client.put(f"/public/{other}/answers", json={"answers": GOOD})).status_code == 409


async def test_a_published_version_never_changes(district: District) -> None:
    async with a_scene(district, 0) as scene, scene.who("office") as office:
        at = f"/questionnaires/{uuid4()}"
        assert (await office.put(at, json={"title": "甲", "questions": QUESTIONS})).status_code == 201
        assert (await office.put(at, json={"title": "乙", "questions": QUESTIONS})).status_code == 200
        await office.post(f"{at}/publish", json={})
        changed = (await office.put(at, json={"title": "丙", "questions": QUESTIONS[:1]})).json()
        assert (changed["draft"]["no"], [(v["no"], v["title"]) for v in changed["published"]]) == (2, [(1, "乙")])
        for wrong in (
            [QUESTIONS[0], QUESTIONS[0]],
            [{**QUESTIONS[0], "options": []}],
            [QUESTIONS[1]],
            [{**QUESTIONS[3], "least": 9, "most": 1}],
            [{**QUESTIONS[4], "meaning": "aware"}],
        ):
            assert (await office.put(at, json={"title": "丁", "questions": wrong})).status_code == 422, wrong
