"""R20 电话回访、问卷调查、走访等方式: each with what it needs."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from support.scene import NOTE, a_scene
from support.world import District


async def test_every_mode_has_its_own_fields_and_its_own_evidence(district: District) -> None:
    """three modes (+视频) each with own minimum fields and evidence rule ledgers.md"""
    async with a_scene(district, 4) as scene, scene.who("T01-worker1") as worker:
        told = (await worker.get("/rules/visiting")).json()
        assert {mode["mode"] for mode in told["modes"]} == {"on_site", "phone", "questionnaire", "video"}
        assert all(mode["needs"] and mode["any_of"] for mode in told["modes"])
        lacking: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
            "on_site": ({"note": NOTE}, {"note": NOTE, "ack": "scan"}, "现场图片"),
            "phone": (
                {"note": NOTE},
                {"note": NOTE, "phone": "19900000001", "connected_seconds": 90, "claimed_at": "2026-09-15T09:00:00+08:00"},
                "通话记录",
            ),
            "video": ({"note": NOTE, "ack": "none"}, {"note": NOTE, "ack": "sms"}, "视频截图"),
            "questionnaire": (
                {"asked_required": 10, "answered_required": 7, "ack": "scan"},
                {"asked_required": 10, "answered_required": 8, "ack": "scan"},
                "80%",
            ),
        }
        for number, (mode, (too_little, enough, words)) in enumerate(lacking.items(), 1):
            at, about = f"/visits/{uuid4()}", {"enterprise": scene.enterprises[number], "on": "2026-09-15", "mode": mode}
            made = (await worker.put(at, json={**about, **too_little})).json()
            assert not made["counted"]
            assert words in "".join(made["missing"])
            del about["enterprise"]
            corrected = await worker.post(f"{at}/correct", json={**about, **enough}, headers={"If-Match": str(made["version"])})
            assert corrected.json()["counted"], (mode, corrected.text)


async def test_a_photo_is_required_only_with_a_statement_of_necessity(district: District) -> None:
    async with a_scene(district, 2) as scene:
        asked = {"enterprise": scene.enterprises[1], "on": "2026-09-15", "mode": "on_site", "note": NOTE, "ack": "scan"}
        async with scene.who("T01-worker1") as worker, scene.who("office-head") as chief, scene.who("office") as office:
            before = (await worker.put(f"/visits/{uuid4()}", json=asked)).json()
            assert (before["counted"], before["rule"]) == (True, "2026.1")
            wanted = {"necessity": "核查发现代签较多,现场图片为必要印证", "since": "2026-09-15"}
            at = "/rules/visiting/require-photos"
            assert (await office.post(at, json=wanted)).status_code == 403
            assert (await chief.post(at, json={"since": "2026-09-15"})).status_code == 422
            assert (await chief.post(at, json={**wanted, "since": "2026-09-01"})).status_code == 409
            assert (await chief.post(at, json=wanted)).status_code == 200
            after = (await worker.put(f"/visits/{uuid4()}", json=asked)).json()
            assert (after["counted"], after["rule"]) == (False, "2026.1-photo")
            assert after["missing"] == ["缺少现场图片(已书面说明必要性)"]
            rules = (await worker.get("/rules/visiting")).json()
            assert (rules["onsite_photo_required"], rules["necessity"]) == (True, wanted["necessity"])
            assert (await chief.post("/rules/visiting/waive-photos", json={"reason": "已无必要"})).status_code == 200
            assert (await worker.put(f"/visits/{uuid4()}", json=asked)).json()["counted"]
