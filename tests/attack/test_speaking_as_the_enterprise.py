"""The visited unit can't speak as the enterprise: it never holds a token, and what comes from its hand counts after a call."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

from support.applications import operations
from support.enterprises import DEVICE, OTHER, as_enterprise, opened
from support.scene import NOTE, PEOPLE, Scene, a_scene
from support.world import District, until

from services.visits.domain.link import SOON_MINUTES
from shared.http.service import Service
from shared.language.terms import Role

ID = re.compile(r"\{[^}]*\}")


async def an_unproved_visit(scene: Scene) -> str:
    id_ = str(uuid4())
    body = {"enterprise": scene.enterprises[1], "on": "2026-09-14", "mode": "on_site", "note": NOTE}
    async with scene.who("T01-worker1") as worker:
        told = await worker.put(f"/visits/{id_}", json=body)
    assert told.json()["counted"] is False, told.text
    return id_


async def a_link(scene: Scene, account: str, **more: Any) -> str:
    id_ = str(uuid4())
    async with scene.who(account) as client:
        made = await client.put(f"/links/{id_}", json={"enterprise": scene.enterprises[1], **more})
    assert made.status_code == 201, made.text
    return id_


async def address(scene: Scene, link: str) -> str:
    """What a telephone reads in the code."""
    async with scene.who("office") as office:
        return (await office.get(f"/links/{link}")).json()["path"]


async def test_no_way_of_reading_tells_a_unit_the_token(district: District) -> None:
    """Every documented operation about links, by everybody of a unit; a code is drawn once, and never after it was opened."""
    async with a_scene(district, 1) as scene:
        link = await a_link(scene, "T01-worker1")
        token = (await address(scene, link)).removeprefix("/s/")
        ways = [(m, p) for m, p, _ in operations("visits") if "link" in p and m == "GET"]
        assert len(ways) >= 2
        for account in (name for name, (unit, _) in PEOPLE.items() if unit == "T01"):
            async with scene.who(account) as client:
                for method, path in ways:
                    answer = await client.request(method, ID.sub(link, path))
                    assert token not in answer.text, (account, path)
        async with scene.who("T01-worker1") as worker:
            first, lost, again = [
                await worker.post(f"/links/{link}/show", headers={"Idempotency-Key": key}) for key in ("a", "a", "b")
            ]
            assert (first.status_code, lost.status_code, again.status_code) == (200, 200, 409)
            assert first.headers["content-type"] == "image/svg+xml"
            assert lost.content == first.content, "an answer that got lost on its way is answered again"
            assert "guiren-staff" in first.headers["set-cookie"], "the device that shows it is known for one of the staff"
            await opened(district, scene.visits, token)
            assert (await worker.post(f"/links/{link}/show", headers={"Idempotency-Key": "a"})).status_code == 409


async def followed(scene: Scene, issues: Service) -> None:
    position = await scene.visits.pool.fetchval("select pos from log.head")

    async def known() -> bool:
        return await issues.pool.fetchval("select pos from cursor where name = 'links'") == position

    await until(known)


SAID = {
    "reopen": {"reason": "又坏了"},
    "supplement": {"words": "某"},
    "contest": {"words": "某"},
    "demand": {"content": "路坏了"},
    "answers": {"answers": {}},
}


async def test_a_link_does_nothing_but_on_the_device_that_opened_it(district: District) -> None:
    """Every public operation of every document: before the link was opened, and then on another device."""
    async with a_scene(district, 1) as scene:
        issues = await district.open("issues", relay=True)
        issues.clock = scene.visits.clock
        token = (await address(scene, await a_link(scene, "office"))).removeprefix("/s/")
        services = {"visits": scene.visits, "issues": issues}
        ways = [(name, *way[:2]) for name in services for way in operations(name) if way[1].startswith("/public/")]

        async def answered(device: dict[str, str]) -> dict[str, tuple[int, str]]:
            found: dict[str, tuple[int, str]] = {}
            for name, method, path in ways:
                async with as_enterprise(district.client(services[name]), device) as client:
                    at = ID.sub(str(uuid4()), path.replace("{token}", token))
                    said = None if method == "GET" else SAID.get(path.rpartition("/")[2], {})
                    answer = await client.request(method, at, json=said)
                    found[f"{method} {path}"] = answer.status_code, answer.json().get("type", "").rpartition(":")[2]
            return found

        await followed(scene, issues)
        opening = {"GET /public/{token}", "POST /public/{token}/open"}
        ways = [way for way in ways if f"{way[1]} {way[2]}" not in opening]
        assert set((await answered(DEVICE)).values()) == {(403, "open-first")}
        await opened(district, scene.visits, token)
        await followed(scene, issues)
        assert set((await answered(OTHER)).values()) == set((await answered({})).values()) == {(403, "opened-elsewhere")}
        own = await answered(DEVICE)
        assert not {kind for _, kind in own.values()} & {"open-first", "opened-elsewhere"}, own


async def test_before_a_link_is_opened_it_tells_nothing_of_the_enterprise(district: District) -> None:
    async with a_scene(district, 1) as scene:
        token = (await address(scene, await a_link(scene, "office"))).removeprefix("/s/")
        async with as_enterprise(district.client(scene.visits), {}) as client:
            shown = (await client.get(f"/public/{token}")).json()
            assert (shown["allowed_actions"], shown["enterprise"], shown["specialists"], shown["visits"]) == (
                ["open"],
                None,
                [],
                [],
            )
            assert (await client.post(f"/public/{token}/demand", json={"content": "路坏了"})).status_code == 403
            bound = await client.post(f"/public/{token}/open")
            assert bound.status_code == 200 and bound.json()["enterprise"] == "某1商贸有限公司"
            kept = bound.headers["set-cookie"].lower()
            assert "httponly" in kept and "samesite=lax" in kept and "path=/api" in kept
        for device in (OTHER, {}):
            async with as_enterprise(district.client(scene.visits), device) as stranger:
                assert (await stranger.post(f"/public/{token}/open")).status_code == 403
                assert (await stranger.get(f"/public/{token}")).status_code == 403


async def confirmed(scene: Scene, visit: str, issuer: str, *, later: int = 0, device: dict[str, str] = DEVICE) -> dict[str, Any]:
    """The visit, after a confirmation through a link from this hand, so many minutes later, from this device."""
    link = await a_link(scene, issuer, purpose="visit", visit=visit)
    path = await address(scene, link)
    async with scene.who(issuer) as client:
        await client.post(f"/links/{link}/show")
    token = await opened(scene.district, scene.visits, path, device)
    began = scene.visits.clock()
    scene.visits.clock = lambda: began + timedelta(minutes=later)
    try:
        async with as_enterprise(scene.district.client(scene.visits), device) as client:
            said = await client.post(f"/public/{token}/confirm", json={"rating": "5", "aware": "understood"})
        assert said.status_code == 200, said.text
    finally:
        scene.visits.clock = lambda: began
    async with scene.who("office") as office:
        return (await office.get(f"/visits/{visit}")).json()


async def ratings(scene: Scene) -> int:
    async with scene.who("office") as office:
        return (await office.get("/feedback/ratings")).json()["total"]


async def test_what_comes_from_the_visitors_hand_counts_after_a_call_from_outside(district: District) -> None:
    async with a_scene(district, 1) as scene:
        visit = await an_unproved_visit(scene)
        told = await confirmed(scene, visit, "T01-worker1", later=SOON_MINUTES - 1)
        assert (told["counted"], told["confirmed"]["doubtful"], await ratings(scene)) == (False, True, 0)
        async with scene.who("T01-head") as head, scene.who("ring", Role.CALLER_BACK, "OFFICE") as caller:
            assert (await head.post(f"/visits/{visit}/hear", json={"stands": True})).status_code == 403
            [waiting] = (await caller.get("/queues/unheard")).json()["items"]
            assert (waiting["id"], waiting["came"]["way"], waiting["came"]["minutes"]) == (visit, "shown", SOON_MINUTES - 1)
            assert "5" not in str(waiting.get("rating", ""))
            assert (await caller.post(f"/visits/{visit}/hear", json={"stands": True})).status_code == 200
            assert (await caller.get("/queues/unheard")).json()["total"] == 0
        async with scene.who("office") as office:
            assert (await office.get(f"/visits/{visit}")).json()["counted"] is True
        assert await ratings(scene) == 1


async def test_another_hand_or_a_later_hour_counts_at_once_and_a_device_of_the_staff_never(district: District) -> None:
    async with a_scene(district, 1) as scene:
        staff = {"Cookie": "guiren-device=the-visitors-telephone; guiren-staff=1"}
        for issuer, later, device, counts in (
            ("office", 0, DEVICE, True),
            ("T01-worker1", SOON_MINUTES, DEVICE, True),
            ("T01-liaison", 0, DEVICE, False),
            ("office", 600, staff, False),
        ):
            told = await confirmed(scene, await an_unproved_visit(scene), issuer, later=later, device=device)
            assert told["counted"] is counts, (issuer, later, device)


async def test_a_visits_link_opens_that_visit_only(district: District) -> None:
    async with a_scene(district, 1) as scene:
        one, other = await an_unproved_visit(scene), str(await scene.visit(1))
        path = await address(scene, await a_link(scene, "office", purpose="visit", visit=one))
        token = await opened(district, scene.visits, path)
        async with as_enterprise(district.client(scene.visits)) as client:
            shown = (await client.get(f"/public/{token}")).json()
            assert [visit["id"] for visit in shown["visits"]] == [one]
            assert shown["allowed_actions"] == ["confirm", "deny", "allege"]
            for action in ("confirm", "deny", "allege"):
                assert (await client.post(f"/public/{token}/{action}", json={"visit": other})).status_code == 404, action
            assert (await client.post(f"/public/{token}/demand", json={"content": "路坏了"})).status_code == 403
        issues = await district.open("issues", relay=True)
        issues.clock = scene.visits.clock
        await followed(scene, issues)
        async with as_enterprise(district.client(issues)) as client:
            for path_ in (f"/public/{token}/tickets", f"/public/{token}/tickets/{uuid4()}"):
                answer = await client.get(path_)
                assert (answer.status_code, answer.json()["type"]) == (403, "urn:guiren:problem:for-that-visit")
