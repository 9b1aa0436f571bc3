"""The public routes: whatever a stranger sends is no 500, and answers that arrive together are one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson
from support.enterprises import as_enterprise, opened
from support.scene import Scene, a_scene
from support.world import Application, AppState, District

from shared.http.public import Limiter, Turnstile
from shared.http.service import Service

NAUGHTY: list[str] = orjson.loads((Path(__file__).parents[1] / "data" / "blns.json").read_bytes())
QUESTIONS: list[dict[str, Any]] = [
    {"id": "r", "text": "满意吗?", "kind": "rating", "required": True, "meaning": "satisfaction"},
    {"id": "t", "text": "建议", "kind": "text", "meaning": "suggestions"},
    {"id": "d", "text": "诉求", "kind": "text", "meaning": "demand"},
]


def patient(scene: Scene, service: Service) -> httpx.AsyncClient:
    """A stranger whom nobody counts."""
    client = as_enterprise(scene.district.client(service))
    endless = Turnstile(*(Limiter(10**9, 10**9) for _ in range(5)))
    with Application(service).asked():
        AppState().turnstile = endless
    return client


async def a_questionnaire_link(scene: Scene) -> str:
    questionnaire, poll = uuid4(), uuid4()
    async with scene.who("office") as office:
        await office.put(f"/questionnaires/{questionnaire}", json={"title": "甲", "questions": QUESTIONS})
        await office.post(f"/questionnaires/{questionnaire}/publish", json={})
        body = {"title": "甲", "questionnaire": str(questionnaire), "no": 1, "begins_on": "2026-09-01", "ends_on": "2026-09-30"}
        assert (await office.put(f"/polls/{poll}", json=body)).status_code == 201
        assert (await office.post(f"/polls/{poll}/issue", json={})).status_code == 200
        [link] = (await office.get("/links", params={"poll": str(poll)})).json()["items"]
        return await opened(scene.district, scene.visits, (await office.get(f"/links/{link['id']}")).json()["path"])


async def test_nothing_a_stranger_sends_is_a_500(district: District) -> None:
    async with a_scene(district, 1) as scene:
        visit, asked = await scene.visit(1), await a_questionnaire_link(scene)
        async with scene.who("office") as office:
            made = await office.put(f"/links/{uuid4()}", json={"enterprise": scene.enterprises[1]})
            token = await opened(district, scene.visits, made.json()["path"])
        async with patient(scene, scene.visits) as client:
            for text in [*NAUGHTY[::5], "\x00", "\ud800", "x" * 30_000, "👍" * 900]:
                at = f"/public/{token}"
                bodies: list[tuple[str, str, Any]] = [
                    ("POST", f"{at}/demand", {"content": text, "reporter": text, "phone": text}),
                    ("POST", f"{at}/demand", {"content": f"路{text}"}),
                    ("POST", f"{at}/allege", {"words": text}),
                    ("POST", f"{at}/confirm", {"visit": str(visit), "rating": "5", "words": text}),
                    ("PUT", f"/public/{asked}/answers", {"answers": {"r": 1, "t": text, "d": text, text[:30]: text}}),
                    ("PUT", f"/public/{asked}/answers", {"answers": {"r": text}}),
                ]
                for method, path, body in bodies:
                    raw = (
                        orjson.dumps(body, option=orjson.OPT_PASSTHROUGH_DATACLASS)
                        if "\ud800" not in text
                        else b'{"content":"\\ud800"}'
                    )
                    got = await client.request(method, path, content=raw, headers={"Content-Type": "application/json"})
                    assert got.status_code in (200, 201, 202, 409, 413, 422), (path, text[:50], got.text)
                key = text[:150].encode("utf-8", "ignore").hex() or "k"
                assert (await client.post(f"{at}/allege", json={}, headers={"Idempotency-Key": key})).status_code in (202, 422)
            for raw in (b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 5_000):
                for path in ("demand", "allege", "confirm", "deny"):
                    got = await client.post(f"/public/{token}/{path}", content=raw, headers={"Content-Type": "application/json"})
                    assert got.status_code in (400, 422), (path, raw[:20], got.text)
            for token_ in ("x" * 65, "%00", "..", "a b", "'"):
                assert (await client.get(f"/public/{token_}")).status_code in (404, 422)


async def test_answers_that_arrive_together_are_one(district: District) -> None:
    async with a_scene(district, 1) as scene:
        asked = await a_questionnaire_link(scene)
        async with patient(scene, scene.visits) as client:
            same = [client.put(f"/public/{asked}/answers", json={"answers": {"r": 5}}) for _ in range(4)]
            others = [client.put(f"/public/{asked}/answers", json={"answers": {"r": n}}) for n in (1, 2)]
            statuses = [got.status_code for got in await asyncio.gather(*same, *others)]
        assert set(statuses) <= {200, 201, 409}, statuses
        assert await scene.visits.pool.fetchval("select count(*) from response") == 1
        assert await scene.visits.pool.fetchval("select count(*) from visit where mode = 'questionnaire'") == 1


async def test_whoever_left_meanwhile_is_replaced_by_who_answers_today(district: District) -> None:
    async with a_scene(district, 1) as scene:
        asked = await a_questionnaire_link(scene)
        body = {"unit": "T01", "role": "worker", "on": "2026-09-10"}
        line = {"line": "horizontal", "unit": "T01", "worker": str(scene.members["T01-worker2"]), "on": "2026-09-10"}
        async with district.client(scene.roster) as office:
            left = await office.post("/members/T01-worker1/release", json=body)
            assert left.status_code == 200, left.text
            moved = await office.post(f"/enterprises/{scene.enterprises[1]}/assign", json=line)
            assert moved.status_code == 200, moved.text
        await scene.known()
        async with patient(scene, scene.visits) as client, scene.who("T01-worker2") as worker:
            said = await client.put(f"/public/{asked}/answers", json={"answers": {"r": 5}})
            assert said.status_code == 201, said.text
            [visitor] = (await worker.get(f"/visits/{said.json()['visit']}")).json()["visitors"]
            assert visitor["member"] == str(scene.members["T01-worker2"])
