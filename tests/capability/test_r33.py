"""R33 制定宣传方案…启动仪式."""

from __future__ import annotations

import io
from hashlib import sha256
from typing import Any
from uuid import uuid4

from PIL import Image
from support.scene import a_scene
from support.world import District

from shared.language.terms import Role


def picture(colour: tuple[int, int, int] = (200, 10, 10)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "JPEG")
    return out.getvalue()


def plan(unit: str, **more: Any) -> dict[str, Any]:
    return {
        "unit": unit,
        "title": "贵人服务宣传方案",
        "content": "利用各类媒介宣传",
        "starts": "2026-09-01",
        "ends": "2026-12-31",
        "targets": ["知晓率显著提升"],
        **more,
    }


async def test_a_plan_and_the_launch_ceremony_of_a_department(district: District) -> None:
    """宣传 plan + 启动仪式 record (纵向 only) with invited enterprises"""
    async with a_scene(district, 2) as scene:
        at, image = f"/campaigns/{uuid4()}", picture()
        mark = sha256(image).hexdigest()
        async with (
            scene.who("D01-deputy") as deputy,
            scene.who("D01-head") as head,
            scene.who("T01-head") as foreign,
            scene.who("office") as office,
            scene.who("office-head") as chief,
            scene.who("admin", Role.ADMIN) as admin,
        ):
            made = await deputy.put(at, json=plan("D01"))
            assert (made.status_code, made.json()["line"], made.json()["stage_label"]) == (201, "vertical", "待批准"), made.text
            assert (await deputy.put(at, json=plan("D01"))).status_code == 200
            assert (await deputy.put(at, json=plan("D01", title="另一个"))).status_code == 409
            assert (await foreign.put(f"/campaigns/{uuid4()}", json=plan("D01"))).status_code == 403
            assert (await office.put(f"/campaigns/{uuid4()}", json=plan("D01"))).status_code == 403
            backwards = await deputy.put(f"/campaigns/{uuid4()}", json=plan("D01", ends="2026-01-01"))
            assert backwards.status_code == 422
            launch = {
                "on": "2026-09-10",
                "place": "政务大厅",
                "evidence": [mark],
                "invited": [scene.enterprises[1], scene.enterprises[2]],
            }
            assert (await deputy.post(f"{at}/launch", json=launch)).status_code == 409  # Not approved yet.
            assert (await deputy.post(f"{at}/revise", json=plan("D01", title="宣传方案(修订)"))).status_code == 428
            revised = await deputy.post(f"{at}/revise", json=plan("D01", title="宣传方案(修订)"), headers={"If-Match": '"1"'})
            assert revised.json()["title"] == "宣传方案(修订)"
            # The head approves; a deputy, a stranger, an auditor-like reader don't.
            for client in (deputy, office):
                assert (await client.post(f"{at}/approve", json={})).status_code == 403
            assert (await head.post(f"{at}/approve", json={})).json()["stage"] == "approved"
            assert (await deputy.post(f"{at}/revise", json=plan("D01"), headers={"If-Match": '"3"'})).status_code == 409
            nothing = await deputy.post(f"{at}/launch", json=launch)
            assert nothing.json()["type"].rsplit(":", 1)[1] == "file-not-there"
            assert (await deputy.put(f"{at}/files/{mark}", content=image)).status_code == 201
            assert (await deputy.put(f"{at}/files/{mark}", content=image)).status_code == 200
            stranger = await deputy.post(f"{at}/launch", json={**launch, "invited": [str(uuid4())]})
            assert stranger.json()["type"].rsplit(":", 1)[1] == "enterprise-not-known"
            launched = await deputy.post(f"{at}/launch", json=launch)
            assert launched.status_code == 200, launched.text
            assert launched.json()["launch"]["invited"] == [scene.enterprises[1], scene.enterprises[2]]
            assert (await deputy.post(f"{at}/launch", json=launch)).json()["replayed"]
            assert (await deputy.post(f"{at}/launch", json={**launch, "place": "别处"})).status_code == 409
            assert (await office.get(f"{at}/files/{mark}")).status_code == 200
            for client, status in ((head, 200), (office, 200), (chief, 200), (foreign, 403), (admin, 403)):
                assert (await client.get(at)).status_code == status
            assert (await head.get("/campaigns")).json()["total"] == 1
            assert (await foreign.get("/campaigns", params={"unit": "D01"})).status_code == 403
