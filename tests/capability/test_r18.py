"""R18 把党的关心和政策带下去,把企业的问题和诉求带上来."""

from __future__ import annotations

from uuid import uuid4

from support.scene import NOTE, a_scene
from support.world import District

from shared.language.terms import Role


async def test_a_visit_brings_policies_of_the_library_and_takes_demands_along(district: District) -> None:
    """visit record has 政策宣传 items (from policy library) and issues raised"""
    async with a_scene(district, 1) as scene:
        number, visit = uuid4(), uuid4()
        content = {
            "unit": "T01",
            "title": "稳岗返还政策",
            "text": "参保企业按比例返还",
            "document": "某人社发〔2026〕1号",
            "since": "2026-01-01",
        }
        async with scene.who("T01-liaison") as liaison, scene.who("T01-worker1") as worker, scene.who("T02-head") as foreign:
            assert (await foreign.put(f"/policies/{number}", json=content)).status_code == 403
            assert [(await liaison.put(f"/policies/{number}", json=content)).status_code for _ in "ab"] == [201, 200]
            body = {
                "enterprise": scene.enterprises[1],
                "on": "2026-09-15",
                "mode": "on_site",
                "note": NOTE,
                "policies": ["面对面讲解"],
                "policy_ids": [str(number)],
                "demands": [{"no": 1, "content": "希望协调用电"}, {"no": 2, "content": "希望对接贷款"}],
            }
            unknown = await worker.put(f"/visits/{uuid4()}", json={**body, "policy_ids": [str(uuid4())]})
            assert (unknown.status_code, unknown.json()["type"]) == (409, "urn:guiren:problem:policy-not-in-library")
            assert [(await worker.put(f"/visits/{visit}", json=body)).status_code for _ in "ab"] == [201, 200]
            shown = (await worker.get(f"/visits/{visit}")).json()
            assert shown["policies"] == ["面对面讲解", "稳岗返还政策"]
            assert shown["policy_ids"] == [str(number)]
            assert [demand["content"] for demand in shown["demands"]] == ["希望协调用电", "希望对接贷款"]


async def test_policies_are_suggested_with_their_reasons_until_they_are_retired(district: District) -> None:
    """Beyond: matching policies suggested by industry/size, editable."""
    async with a_scene(district, 0) as scene:
        enterprise, fit, other, general = await scene.enterprise(1, industry="52"), uuid4(), uuid4(), uuid4()
        await scene.known()
        content = {"unit": "OFFICE", "title": "某政策", "url": "https://example.invalid/a", "since": "2026-01-01"}
        async with scene.who("office") as office, scene.who("T01-worker1") as worker, scene.who("T02-worker1") as foreign:
            for id_, more in ((fit, {"industries": ["52"]}), (other, {"industries": ["13"]}), (general, {})):
                made = await office.put(f"/policies/{id_}", json={**content, **more})
                assert made.status_code == 201, made.text
            found = (await worker.get(f"/enterprises/{enterprise}/policies")).json()["items"]
            assert [(item["id"], item["reasons"]) for item in found] == [
                (str(fit), ["行业相符(52)"]),
                (str(general), ["普惠政策"]),
            ]
            assert (await foreign.get(f"/enterprises/{enterprise}/policies")).status_code == 403
            assert (await worker.post(f"/policies/{fit}/retire", json={"reason": "已到期"})).status_code == 403
            assert (await office.post(f"/policies/{fit}/retire", json={"reason": "已到期"})).status_code == 200
            found = (await worker.get(f"/enterprises/{enterprise}/policies")).json()["items"]
            assert [item["id"] for item in found] == [str(general)]
            assert (await office.put(f"/policies/{fit}", json=content)).status_code == 409
            listed = (await worker.get("/policies", params={"retired": False, "on": "2026-09-15", "q": "某"})).json()
            assert listed["total"] == 2
            assert (await worker.get(f"/policies/{fit}")).json()["reason"] == "已到期"
        async with scene.who("admin", Role.ADMIN) as admin:
            assert (await admin.get("/policies")).status_code == 403
