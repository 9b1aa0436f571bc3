"""R35 宣传标语、短视频."""

from __future__ import annotations

from hashlib import sha256
from uuid import uuid4

from support.scene import a_scene
from support.world import District
from test_r33 import picture

from shared.language.terms import Role

CLIP = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom\x00\x00\x00\x21hdlr\x00\x00\x00\x00\x00\x00\x00\x00vide" + b"\x00" * 64


async def test_materials_have_versions_approval_and_usage(district: District) -> None:
    """material library with version, approval, usage"""
    async with a_scene(district, 0) as scene:
        slogan, video = f"/materials/{uuid4()}", f"/materials/{uuid4()}"
        async with (
            scene.who("T01-worker1") as worker,
            scene.who("T01-head") as head,
            scene.who("D01-worker1") as other,
            scene.who("office-head") as chief,
            scene.who("admin", Role.ADMIN) as admin,
        ):
            entry = {"unit": "T01", "kind": "slogan", "title": "贵人服务宣传标语"}
            assert (await worker.put(slogan, json=entry)).status_code == 201
            assert (await worker.put(slogan, json=entry)).status_code == 200
            assert (await other.put(f"/materials/{uuid4()}", json=entry)).status_code == 403
            assert (await worker.post(f"{slogan}/add-version", json={"text": " "})).status_code == 422
            assert (await worker.post(f"{slogan}/add-version", json={"text": "贵人服务,一企一策"})).status_code == 200
            own = (await head.post(f"{slogan}/add-version", json={"text": "贵人服务 毕须办 🎉"})).json()
            assert [item["no"] for item in own["versions"]] == [1, 2]
            use = {"no": 1, "on": "2026-09-10", "place": "商贸城", "words": "横幅两条"}
            assert (await worker.post(f"{slogan}/use", json=use)).status_code == 409  # Not approved yet.
            assert (await worker.post(f"{slogan}/approve", json={"no": 1})).status_code == 403
            assert (await head.post(f"{slogan}/approve", json={"no": 2})).json()["type"].endswith("own-upload")
            assert (await chief.post(f"{slogan}/approve", json={"no": 2})).json()["current"] == 2
            assert (await head.post(f"{slogan}/approve", json={"no": 1})).status_code == 200
            assert (await head.post(f"{slogan}/approve", json={"no": 3})).status_code == 404
            # The library is the district's: another unit uses what is approved.
            assert (await other.post(f"{slogan}/use", json=use)).status_code == 200
            shown = (await other.get(slogan)).json()
            assert (shown["uses"][0]["place"], shown["versions"][1]["text"]) == ("商贸城", "贵人服务 毕须办 🎉")
            assert (await admin.get(slogan)).status_code == 403
            # A short video and a picture are kept under their digests and come back byte for byte.
            assert (await worker.put(video, json={"unit": "T01", "kind": "video", "title": "短视频"})).status_code == 201
            mark = sha256(CLIP).hexdigest()
            assert (await other.put(f"{video}/versions/{mark}", content=CLIP)).status_code == 403
            kept = await worker.put(f"{video}/versions/{mark}", content=CLIP)
            assert (kept.status_code, kept.json()["versions"][0]["media_type"]) == (201, "video/mp4"), kept.text
            assert (await worker.put(f"{video}/versions/{mark}", content=CLIP)).status_code == 200
            assert (await worker.put(f"{video}/versions/{'0' * 64}", content=CLIP)).status_code == 422
            assert (await worker.put(f"{video}/versions/{sha256(b'x').hexdigest()}", content=b"x")).status_code == 422
            assert (await other.get(f"{video}/versions/1/file")).content == CLIP
            image = picture()
            assert (await worker.put(f"{video}/versions/{sha256(image).hexdigest()}", content=image)).status_code == 201
            listed = (await other.get("/materials", params={"kind": "video"})).json()
            assert [(item["versions"], item["current"]) for item in listed["items"]] == [(2, None)]
