"""R24 走访服务档案: evidence with its digest, its times and its uploader; what is used again is seen by a person."""

from __future__ import annotations

import io
from hashlib import sha256
from uuid import UUID

from PIL import Image, ImageDraw
from support.scene import NOTE, Scene, a_scene
from support.world import District


def picture(seed: int = 1, quality: int = 90, width: int = 320) -> bytes:
    image = Image.new("RGB", (320, 240), (30, 90, 160))
    draw = ImageDraw.Draw(image)
    for n in range(12):
        x, y = (n * 53 * seed + 17 * seed) % 280, (n * 97 * seed + 29) % 200
        draw.rectangle((x, y, x + 60, y + 45), fill=((n * 40 * seed) % 256, (n * 71) % 256, (n * 19 + 90 * seed) % 256))
    out = io.BytesIO()
    image.resize((width, width * 3 // 4)).save(out, "JPEG", quality=quality)
    return out.getvalue()


async def on_site(scene: Scene, number: int, account: str = "T01-worker1") -> UUID:
    return await scene.visit(number, account, mode="on_site", claimed_at=None, connected_seconds=None, phone=None, note=NOTE)


async def test_a_visit_has_an_archive_and_without_proof_does_not_count(district: District) -> None:
    """each visit has an archive: record + ≥1 evidence item; sha256/SM3, size, captured_at, uploaded_at, uploader; missing → "待补证" not counted"""
    async with a_scene(district, 1) as scene:
        visit, data = await on_site(scene, 1), picture()
        async with scene.who("T01-worker1") as worker:
            before = (await worker.get(f"/visits/{visit}")).json()
            assert (before["counted"], before["proof_label"]) == (False, "待补证")
            mark = sha256(data).hexdigest()
            sent = await worker.put(f"/visits/{visit}/evidence/{mark}?kind=photo", content=data)
            assert sent.status_code == 201, sent.text
            after = (await worker.get(f"/visits/{visit}")).json()
            assert (after["counted"], after["proof_label"]) == (True, "已补证")
            [item] = after["evidence"]
            assert (item["original"], item["size"] > 0, item["uploader"]) == (mark, True, str(scene.members["T01-worker1"]))
            assert item["uploaded_at"].startswith("2026-09-15T02:00")
            assert item["captured_at"] is None
            assert len(item["phash"]) == 16


async def test_the_same_picture_on_two_visits_is_flagged_for_a_person(district: District) -> None:
    """Beyond: duplicate/perceptual-hash reuse across visits flagged for human."""
    async with a_scene(district, 4) as scene:
        visits = [await on_site(scene, number) for number in (1, 2, 3, 4)]
        files = [picture(), picture(), picture(quality=60, width=240), picture(seed=5)]
        async with scene.who("T01-worker1") as worker, scene.who("T01-deputy") as deputy, scene.who("T02-head") as foreign:
            for visit, data in zip(visits, files, strict=True):
                sent = await worker.put(f"/visits/{visit}/evidence/{sha256(data).hexdigest()}?kind=photo", content=data)
                assert sent.status_code == 201
                assert sent.json()["counted"]  # Flagged is not rejected.
            assert (await worker.get("/queues/reused-evidence", params={"month": "2026-09"})).status_code == 403
            assert (await foreign.get("/queues/reused-evidence", params={"month": "2026-09"})).json()["items"] == []
            found = (await deputy.get("/queues/reused-evidence", params={"month": "2026-09"})).json()["items"]
            pairs = [({item["first"]["visit"], item["second"]["visit"]}, item["exact"]) for item in found]
            one, two, three = (str(visit) for visit in visits[:3])
            assert len(pairs) == 3
            assert all(pair in pairs for pair in (({one, two}, True), ({one, three}, False), ({two, three}, False)))
            assert max(item["distance"] for item in found) <= 6
            first, second = found[0]["first"], found[0]["second"]
            ruling = {
                "first_visit": first["visit"],
                "first": first["sha256"],
                "second_visit": second["visit"],
                "second": second["sha256"],
                "reused": True,
                "reason": "同一张图片用于两户企业",
            }
            assert (await worker.post("/evidence/rule", json=ruling)).status_code == 403
            assert [(await deputy.post("/evidence/rule", json=ruling)).status_code for _ in "ab"] == [200, 200]
            assert (await deputy.post("/evidence/rule", json={**ruling, "reused": False})).status_code == 409
            assert len((await deputy.get("/queues/reused-evidence", params={"month": "2026-09"})).json()["items"]) == 2
            seen = (await deputy.get("/queues/reused-evidence", params={"month": "2026-09", "ruled": True})).json()["items"]
            assert [item["reason"] for item in seen if item["ruled"]] == ["同一张图片用于两户企业"]


async def test_a_broken_upload_is_continued_where_it_broke(district: District) -> None:
    async with a_scene(district, 1) as scene:
        visit, data = await on_site(scene, 1), picture(width=1_200)
        at = f"/visits/{visit}/uploads/{sha256(data).hexdigest()}"
        async with scene.who("T01-worker1") as worker, scene.who("T02-worker1") as foreign:
            assert (await worker.head(at)).headers["Upload-Offset"] == "0"
            assert (await foreign.patch(at, content=data[:10], headers={"Upload-Offset": "0"})).status_code == 403
            assert (await worker.post(f"{at}/finish?kind=photo")).status_code == 422
            half = len(data) // 2
            assert (await worker.patch(at, content=data[:half], headers={"Upload-Offset": "0"})).status_code == 204
            again = await worker.patch(at, content=data[:half], headers={"Upload-Offset": "0"})
            assert (again.status_code, again.json()["offset"]) == (409, half)
            assert (await worker.head(at)).headers["Upload-Offset"] == str(half)
            assert (await worker.patch(at, content=data[half:], headers={"Upload-Offset": str(half)})).status_code == 204
            done = [(await worker.post(f"{at}/finish?kind=photo")) for _ in "ab"]
            assert [answer.status_code for answer in done] == [201, 200], done[0].text
            assert done[0].json()["counted"]
            assert (await worker.head(at)).headers["Upload-Complete"] == "?1"
            other = f"/visits/{visit}/uploads/{'0' * 64}"
            assert (await worker.patch(other, content=b"damaged", headers={"Upload-Offset": "0"})).status_code == 204
            assert (await worker.post(f"{other}/finish?kind=photo")).status_code == 422
            assert (await worker.head(other)).headers["Upload-Offset"] == "0"
            assert (await worker.patch(other, content=b"x", headers={"Upload-Offset": "-1"})).status_code == 422
