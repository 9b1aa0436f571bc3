"""Uploads: everybody has a share of their own, nothing is stored before it is decided, and what no fact names is swept away."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

from support.fuzz import a_photo
from support.scene import a_scene
from support.world import District

from services.visits.api import orphans
from services.visits.evidence.staging import MOST_OF_ONE
from services.visits.evidence.store import store_at
from services.visits.queries.files import naming


def digest(n: int) -> str:
    return hashlib.sha256(str(n).encode()).hexdigest()


def stored(url: str, name: str) -> bool:
    return (Path(url.removeprefix("file://")) / name[:2] / name).exists()


async def test_one_person_keeps_nobody_else_from_sending(district: District) -> None:
    async with a_scene(district, 1) as scene:
        visit = await scene.visit(1)
        async with scene.who("T01-worker1") as worker, scene.who("T01-liaison") as liaison:
            at = {"Upload-Offset": "0"}
            sent = [
                (await worker.patch(f"/visits/{visit}/uploads/{digest(n)}", content=b"x", headers=at)).status_code
                for n in range(MOST_OF_ONE + 5)
            ]
            assert sent == [204] * MOST_OF_ONE + [409] * 5
            refused = await worker.patch(f"/visits/{visit}/uploads/{digest(99)}", content=b"x", headers=at)
            assert refused.json()["type"] == "urn:guiren:problem:uploads-unfinished"
            more = {"Upload-Offset": "1"}
            assert (await worker.patch(f"/visits/{visit}/uploads/{digest(0)}", content=b"y", headers=more)).status_code == 204
            assert (await liaison.patch(f"/visits/{visit}/uploads/{digest(99)}", content=b"x", headers=at)).status_code == 204


async def test_nothing_is_stored_that_the_decision_refuses(district: District) -> None:
    async with a_scene(district, 1) as scene:
        visit = await scene.visit(1)
        url = scene.visits.settings.evidence_url
        paper = f"%PDF-1.4\n% {visit}\ntrailer<</Root 1 0 R>>\n%%EOF\n".encode()
        name = hashlib.sha256(paper).hexdigest()
        async with scene.who("T01-worker1") as worker:
            refused = await worker.put(f"/visits/{visit}/evidence/{name}", content=paper, params={"kind": "photo"})
            assert (refused.status_code, refused.json()["type"]) == (409, "urn:guiren:problem:wrong-kind-of-file")
            assert not stored(url, name)
            taken = await worker.put(f"/visits/{visit}/evidence/{name}", content=paper, params={"kind": "signed_form"})
            assert taken.status_code == 201, taken.text
        assert stored(url, name)


async def test_files_that_no_fact_names_are_swept_after_a_month(district: District) -> None:
    async with a_scene(district, 1) as scene:
        visit, photo = await scene.visit(1), a_photo()
        url = scene.visits.settings.evidence_url
        async with scene.who("T01-worker1") as worker:
            made = await worker.put(
                f"/visits/{visit}/evidence/{hashlib.sha256(photo).hexdigest()}", content=photo, params={"kind": "photo"}
            )
            assert made.status_code == 201, made.text
        kept, orphan, fresh = made.json()["sha256"], store_at(url).put(os.urandom(32)), store_at(url).put(os.urandom(32))
        folder = Path(url.removeprefix("file://"))
        long_ago = time.time() - 31 * 86_400
        for name in (kept, orphan):
            os.utime(folder / name[:2] / name, (long_ago, long_ago))
        assert await orphans.sweep(scene.visits) >= 1
        there = {name: stored(url, name) for name in (kept, orphan, fresh)}
        assert there == {kept: True, orphan: False, fresh: True}


def test_every_fact_that_names_a_file_is_known_to_the_sweep() -> None:
    assert naming() == sorted(naming()) and "visits.evidence-attached.v1" in naming()
    assert {"visits.campaign-file-added.v1", "visits.material-versioned.v1"} <= set(naming())
