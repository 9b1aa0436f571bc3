"""R19: an enterprise reports 变味; it reaches the inspectorate within a minute and nobody of the visited unit."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import httpx
import orjson
from support.enterprises import as_enterprise, opened
from support.scene import NOTE, Scene, a_scene
from support.world import District, until

from shared.http.service import Service
from shared.language.openings import Opening
from shared.language.personal import Personal
from shared.language.terms import Role

WORDS = "来人查了台账,还说要罚款,带队的姓赵"
VISITED = (
    Role.HEAD,
    Role.DEPUTY,
    Role.WORKER,
    Role.LIAISON,
    Role.BACKUP_LIAISON,
    Role.INFORMANT,
    Role.SUPERVISOR,
    Role.HOTLINE,
    Role.CALLER_BACK,
)


async def with_issues(scene: Scene) -> Service:
    async with scene.district.client(scene.roster) as office:
        body = {"name": "区督查考核局", "kind": "inspectorate", "parent": "520502", "on": "2020-01-01"}
        assert (await office.put("/units/JD01", json=body)).status_code == 201
    issues = await scene.district.open("issues", relay=True)
    issues.clock = scene.visits.clock
    head = await scene.roster.pool.fetchval("select pos from log.head")

    async def there() -> bool:
        return await issues.pool.fetchval("select pos from cursor where name = 'directory'") == head

    await scene.known()
    await until(there)
    return issues


async def a_link(scene: Scene, enterprise: int = 1, **more: Any) -> str:
    async with scene.who("office") as office:
        made = await office.put(f"/links/{uuid4()}", json={"enterprise": scene.enterprises[enterprise], **more})
    assert made.status_code == 201, made.text
    assert made.json()["path"].startswith("/s/")
    return await opened(scene.district, scene.visits, made.json()["path"])


def public(scene: Scene, service: Service) -> httpx.AsyncClient:
    return as_enterprise(scene.district.client(service))


async def linked(scene: Scene, issues: Service) -> None:
    head = await scene.visits.pool.fetchval("select pos from log.head")

    async def there() -> bool:
        return await issues.pool.fetchval("select pos from cursor where name = 'links'") == head

    await until(there)


async def test_an_enterprise_reports_that_a_visit_became_an_inspection(district: District) -> None:
    """purpose list has no inspection; text lint on 检查/处罚/整改/罚款; enterprise can report "变味"; report opens a red ticket to 区督查 in ≤1 min"""
    async with a_scene(district, 1) as scene:
        issues = await with_issues(scene)
        visit = await scene.visit(1)
        token = await a_link(scene, purpose="visit", visit=str(visit))
        began = time.monotonic()
        async with public(scene, scene.visits) as client:
            said = await client.post(f"/public/{token}/allege", json={"words": WORDS}, headers={"Idempotency-Key": "mine"})
            again = await client.post(f"/public/{token}/allege", json={"words": WORDS}, headers={"Idempotency-Key": "mine"})
        assert said.status_code == again.status_code == 202
        assert said.json() == again.json()
        assert said.json()["to"] == "区督查考核局"
        key = said.json()["key"]

        async def reported() -> Any:
            return await issues.pool.fetchrow("select * from issue where id = $1", key)

        ticket = await until(reported)
        assert time.monotonic() - began < 60
        assert (ticket["unit"], ticket["urgency"], ticket["category"]) == ("JD01", "critical", "enforcement")
        assert await issues.pool.fetchval("select count(*) from issue") == 1
        assert "T01" not in str(dict(ticket)) and WORDS not in str(dict(ticket))

        for role, reads, words in (
            (Role.INSPECTOR, True, WORDS),
            (Role.OFFICE_HEAD, False, ""),
            (Role.CHIEF, False, ""),
            (Role.OFFICE, False, ""),
            (Role.AUDITOR, False, ""),
            (Role.ADMIN, False, ""),
        ):
            async with scene.district.client(scene.visits, role, unit="JD01", account=f"x-{role}") as client:
                read = await client.get("/feedback", params={"kind": "allegation"})
                assert read.status_code == (200 if reads else 403)
                if reads:
                    [item] = read.json()["items"]
                    assert (item["units"], item["words"], item["visit"]) == (["T01"], words, str(visit))
        async with scene.district.client(issues, Role.INSPECTOR, unit="JD01", account="inspector") as client:
            assert (await client.get("/issues")).json()["total"] == 1
            assert (await client.get(f"/issues/{key}")).status_code == 200


async def test_nobody_of_the_visited_unit_learns_of_it(district: District) -> None:
    async with a_scene(district, 1) as scene:
        issues = await with_issues(scene)
        visit = await scene.visit(1)
        token = await a_link(scene)

        async def seen(role: Role) -> list[Any]:
            """All that this role of the visited unit can ask."""
            answers: list[Any] = []
            async with scene.district.client(scene.visits, role, unit="T01", account=f"T01-{role}") as client:
                for path in ("/feedback", "/feedback?kind=demand", f"/visits/{visit}", "/visits", "/links"):
                    got = await client.get(path)
                    answers.append((path, got.status_code, got.text, got.headers.get("etag")))
                assert (await client.get("/feedback?kind=allegation")).status_code == 403
            async with scene.district.client(issues, role, unit="T01", account=f"T01-{role}") as client:
                for path in (
                    "/issues",
                    "/issues?unit=JD01",
                    "/issues?stage=reported",
                    f"/issues?enterprise={scene.enterprises[1]}",
                ):
                    got = await client.get(path)
                    answers.append((path, got.status_code, got.text, None))
            async with public(scene, scene.visits) as client:
                answers.append(("link", 200, (await client.get(f"/public/{token}")).text, None))
            async with public(scene, issues) as client:
                answers.append(("tickets", 200, (await client.get(f"/public/{token}/tickets")).text, None))
            return answers

        await linked(scene, issues)
        before = {role: await seen(role) for role in VISITED}
        async with public(scene, scene.visits) as client:
            said = await client.post(
                f"/public/{token}/allege", json={"visit": str(visit), "words": WORDS}, headers={"Idempotency-Key": "a"}
            )
            unkeyed = await client.post(f"/public/{token}/allege", json={"words": "查了"})
            assert unkeyed.json()["key"] is None
            assert unkeyed.json() == (await client.post(f"/public/{token}/allege", json={"words": "查了"})).json()
        key = said.json()["key"]
        await until(lambda: issues.pool.fetchval("select count(*) = 2 from issue"))
        await linked(scene, issues)
        assert {role: await seen(role) for role in VISITED} == before
        for role in VISITED:
            async with scene.district.client(issues, role, unit="T01", account=f"T01-{role}") as client:
                assert (await client.get(f"/issues/{key}")).status_code == 403
        async with public(scene, issues) as client:  # Only whoever holds the key follows it.
            followed = (await client.get(f"/public/{token}/tickets/{key}")).json()
            assert (followed["stage_label"], followed["unit_name"]) == ("待受理", "区督查考核局")


async def test_it_stays_with_the_inspectorate(district: District) -> None:
    async with a_scene(district, 1) as scene:
        issues = await with_issues(scene)
        token = await a_link(scene)
        async with public(scene, scene.visits) as client:
            key = (await client.post(f"/public/{token}/allege", json={}, headers={"Idempotency-Key": "a"})).json()["key"]
        await until(lambda: issues.pool.fetchval("select true from issue where id = $1", key))
        async with scene.district.client(issues, Role.OFFICE, unit="OFFICE", account="office") as office:
            assert (await office.post(f"/issues/{key}/accept", json={})).status_code == 200
            body = {"unit": "T01", "leader": str(scene.members["T01-head"]), "measures": "核实", "due": "standard"}
            refused = await office.post(f"/issues/{key}/dispatch", json=body)
            assert (refused.status_code, refused.json()["type"]) == (403, "urn:guiren:problem:allegation-stays")


async def test_a_demand_of_its_own_becomes_one_ticket_that_the_enterprise_follows(district: District) -> None:
    async with a_scene(district, 2) as scene:
        issues = await with_issues(scene)
        mine, other = await a_link(scene), await a_link(scene, 2)
        body = {"content": "门口的路坏了,货车进不来", "category": "logistics", "reporter": "李四", "phone": "19900000002"}
        async with public(scene, scene.visits) as client:
            first, second = [await client.post(f"/public/{mine}/demand", json=body) for _ in "ab"]
        assert (first.status_code, second.status_code) == (201, 200)
        key = first.json()["key"]
        assert second.json()["key"] == key
        async with public(scene, scene.visits) as client:  # A client that makes a key of its own for every click.
            for number, words in enumerate((body["content"], f" {body['content'].replace(',', ',')} ")):
                click = await client.post(
                    f"/public/{mine}/demand", json={**body, "content": words}, headers={"Idempotency-Key": f"click-{number}"}
                )
                assert (click.status_code, click.json()["key"]) == (200, key), click.text
            changed = await client.post(f"/public/{mine}/demand", json={**body, "category": "finance"})
            assert (changed.status_code, changed.json()["type"]) == (409, "urn:guiren:problem:said-today")
        await until(lambda: issues.pool.fetchval("select true from issue where id = $1", key))
        await linked(scene, issues)
        async with public(scene, issues) as client:
            listed = (await client.get(f"/public/{mine}/tickets")).json()
            assert [(item["key"], item["unit_name"], item["stage_label"]) for item in listed["items"]] == [
                (key, "某T01", "待受理")
            ]
            got = await client.get(f"/public/{mine}/tickets/{key}")
            assert got.json()["timeline"][0]["title"] == "已登记"
            assert "李四" not in got.text and "19900000002" not in got.text
            assert (await client.get(f"/public/{other}/tickets")).json()["total"] == 0
            assert (await client.get(f"/public/{other}/tickets/{key}")).status_code == 404
        row = await issues.pool.fetchrow("select unit, source from issue where id = $1", key)
        assert tuple(row) == ("T01", "enterprise")


async def test_a_link_tells_no_secrets_and_stops_when_it_is_told_to(district: District) -> None:
    async with a_scene(district, 1) as scene:
        at = uuid4()
        async with (
            scene.who("T01-worker1") as worker,
            scene.who("office") as office,
            scene.who("T02-worker1") as stranger,
            public(scene, scene.visits) as client,
        ):
            asked = {"enterprise": scene.enterprises[1], "days": 10}
            assert (await stranger.put(f"/links/{uuid4()}", json=asked)).status_code == 403
            made, again = [await worker.put(f"/links/{at}", json=asked) for _ in "ab"]
            assert (made.status_code, again.status_code) == (201, 200)
            assert made.json()["path"] is again.json()["path"] is None, "whoever visits never holds what speaks as the enterprise"
            assert (await stranger.get(f"/links/{at}")).status_code == 403
            drawn, again = [await worker.post(f"/links/{at}/show", json={}) for _ in "ab"]
            assert drawn.headers["content-type"] == "image/svg+xml" and b"<svg" in drawn.content
            assert (again.status_code, again.json()["type"]) == (409, "urn:guiren:problem:already-shown")
            path = await opened(district, scene.visits, (await office.get(f"/links/{at}")).json()["path"])
            shown = await client.get(f"/public/{path}")
            assert shown.json()["enterprise"] == "某1商贸有限公司"
            assert "91520502" not in shown.text and "1990000" not in shown.text
            assert [s["name"] for s in shown.json()["specialists"]] == ["王某", ""], "who serves it is told by name (R47)"
            assert [s["unit"] for s in shown.json()["specialists"]] == ["T01", "D01"]
            assert "T01-worker1" not in shown.text, "by name, never by what somebody signs in with"
            await worker.post(f"/links/{at}/reissue", json={"days": 5}, headers={"Idempotency-Key": "r"})
            assert (await client.get(f"/public/{path}")).status_code == 404
            fresh = (await office.get(f"/links/{at}")).json()["path"].removeprefix("/s/")
            assert (await client.get(f"/public/{fresh}")).status_code == 200
            assert (await worker.post(f"/links/{at}/revoke", json={})).status_code == 200
            gone, never = await client.get(f"/public/{fresh}"), await client.get("/public/never-was")
            assert gone.status_code == never.status_code == 404
            assert gone.json() == never.json()
        raw = await scene.visits.pool.fetch("select convert_from(body, 'utf8') as body from log.entry")
        assert not [row for row in raw if path in row["body"] or fresh in row["body"]]


async def test_who_asks_too_often_waits(district: District) -> None:
    async with a_scene(district, 1) as scene:
        token = await a_link(scene)
        async with public(scene, scene.visits) as client:
            answers = [await client.post(f"/public/{token}/demand", json={"content": f"诉求{n}"}) for n in range(13)]
            assert [a.status_code for a in answers] == [201] * 12 + [429]
            assert int(answers[-1].headers["retry-after"]) >= 1
            big = await client.post(f"/public/{token}x/demand", content=b"x" * 70_000)
            assert big.status_code == 413


async def test_the_enterprise_confirms_and_rates_its_visit(district: District) -> None:
    async with a_scene(district, 2) as scene:
        id_ = uuid4()
        body = {"enterprise": scene.enterprises[1], "on": "2026-09-14", "mode": "on_site", "note": NOTE}
        async with scene.who("T01-worker1") as worker, public(scene, scene.visits) as client:
            told = await worker.put(f"/visits/{id_}", json=body)
            assert told.json()["counted"] is False
            token = await a_link(scene, purpose="visit", visit=str(id_))
            assert (await client.get(f"/public/{token}")).json()["visits"][0]["units"] == ["某T01"]
            said = await client.post(f"/public/{token}/confirm", json={"rating": "5", "aware": "understood"})
            assert said.status_code == 200, said.text
            assert (await worker.get(f"/visits/{id_}")).json()["counted"] is True
            elsewhere = await a_link(scene, 2)
            assert (await client.post(f"/public/{elsewhere}/confirm", json={"visit": str(id_)})).status_code == 404
            denied = await client.post(f"/public/{token}/deny", json={"words": "没有人来"})
            assert denied.status_code in (200, 409), denied.text


async def test_a_plaque_tells_who_serves_and_takes_demands_but_confirms_nothing(district: District) -> None:
    async with a_scene(district, 1) as scene:
        issues, at = await with_issues(scene), uuid4()
        hung = {
            "number": "牌1号",
            "on": "2026-01-02",
            "leader": str(scene.members["T01-head"]),
            "contact": str(scene.members["T01-worker1"]),
        }
        async with scene.district.client(scene.roster) as office:
            body = {"name": "某项目", "enterprise": scene.enterprises[1], "on": "2026-01-01"}
            assert (await office.put(f"/projects/{at}", json=body)).status_code == 201
            made = await office.post(f"/projects/{at}/hang", json=hung)
            assert made.status_code == 200, made.text
        body = await scene.roster.pool.fetchval(
            "select convert_from(body, 'utf8') from log.entry where type = 'roster.plaque-hung.v1'"
        )
        [token] = await scene.roster.vault.open([Personal.read(orjson.loads(body)["data"]["token"])], Opening.LINK)
        await scene.known()
        visit = await scene.visit(1)
        async with public(scene, scene.visits) as client:
            shown = (await client.get(f"/public/{token}")).json()
            assert (shown["plaque"], shown["allowed_actions"], shown["visits"]) == (True, ["allege", "demand", "tickets"], [])
            assert (await client.post(f"/public/{token}/confirm", json={"visit": str(visit)})).status_code == 403
            key = (await client.post(f"/public/{token}/demand", json={"content": "路坏了"})).json()["key"]
        await until(lambda: issues.pool.fetchval("select true from issue where id = $1", key))
        async with public(scene, issues) as client:
            [item] = (await client.get(f"/public/{token}/tickets")).json()["items"]
            assert item["key"] == key and item["content"] is None
            assert (await client.get(f"/public/{token}/tickets/{key}")).json()["reply"] is None


async def test_reporting_does_not_tell_the_visited_unit_either(district: District) -> None:
    async with a_scene(district, 1) as scene:
        issues = await with_issues(scene)
        reporting = await district.open("reporting", relay=True)
        visit = await scene.visit(1)
        token = await a_link(scene)
        await until(lambda: issues.pool.fetchval("select count(*) = 0 from parked"))

        async def seen(role: Role) -> list[Any]:
            minimum = [
                f"{name}:{await svc.pool.fetchval('select pos from log.head')}"
                for name, svc in (("visits", scene.visits), ("issues", issues))
            ]
            answers: list[Any] = []
            async with district.client(reporting, role, unit="T01", account=f"T01-{role}") as client:
                for path in (
                    "/coverage?month=2026-09",
                    "/unvisited?month=2026-09&unit=T01",
                    "/demands?month=2026-09",
                    "/ledgers/T01/2026-09",
                ):
                    got = await client.get(f"{path}{'&' if '?' in path else '?'}min={','.join(minimum)}")
                    body = got.json()
                    # Where the logs stand moves with every fact; it tells nobody which.
                    answers.append(
                        (path, got.status_code, {key: body[key] for key in body if key not in ("cut", "as_of", "min")})
                    )
            return answers

        roles = (Role.HEAD, Role.LIAISON, Role.WORKER, Role.SUPERVISOR)
        before = {role: await seen(role) for role in roles}
        assert [status for _, status, _ in before[Role.HEAD]] == [200] * 4
        async with public(scene, scene.visits) as client:
            assert (await client.post(f"/public/{token}/allege", json={"visit": str(visit), "words": WORDS})).status_code == 202
        await until(lambda: issues.pool.fetchval("select count(*) = 1 from issue"))
        assert {role: await seen(role) for role in roles} == before


async def test_the_enterprise_urges_and_adds_to_its_own_ticket(district: District) -> None:
    async with a_scene(district, 2) as scene:
        issues = await with_issues(scene)
        mine, other = await a_link(scene), await a_link(scene, 2)
        async with public(scene, scene.visits) as client:
            key = (await client.post(f"/public/{mine}/demand", json={"content": "路坏了"})).json()["key"]
        await until(lambda: issues.pool.fetchval("select true from issue where id = $1", key))
        await linked(scene, issues)
        async with public(scene, issues) as client:
            assert (await client.post(f"/public/{mine}/tickets/{key}/urge", json={})).status_code == 200
            again = await client.post(f"/public/{mine}/tickets/{key}/urge", json={})
            assert (again.status_code, again.json()["type"]) == (409, "urn:guiren:problem:urged-today")
            said = await client.post(f"/public/{mine}/tickets/{key}/supplement", json={"words": "下雨更糟"})
            assert said.status_code == 200, said.text
            assert (await client.post(f"/public/{other}/tickets/{key}/urge", json={})).status_code == 404
