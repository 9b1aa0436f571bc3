"""A disk that is full, a kill in the middle of one large transaction, a byte of the log that is not what was written."""

from __future__ import annotations

import asyncio
import csv
import io
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import httpx
import orjson
import pytest
from PIL import Image
from support.logs import entire
from support.roster import DISTRICT, credit, unit
from support.scene import a_scene
from support.world import District, until

from services.visits.evidence.store import store_at

DAY = "2026-08-01"
ROWS = 60
HEADERS = ("统一社会信用代码", "企业名称", "企业类型", "登记状态")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of half a megabyte."""
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", tmp_path], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    yield tmp_path
    subprocess.run(["umount", "-l", tmp_path], check=True)


async def test_evidence_on_a_full_disk_is_refused_and_comes_later(district: District, small_disk: Path) -> None:
    """503 and nothing in the log; once there is room the same request goes through."""
    async with a_scene(district, 1) as scene, scene.who("T01-worker1") as worker:
        visit = await scene.visit(1)
        scene.visits.settings = scene.visits.settings.model_copy(update={"evidence_url": f"file://{small_disk}"})
        store_at.cache_clear()
        before = await scene.visits.pool.fetchval("select pos from log.head")
        filling = small_disk / "filling"
        await asyncio.to_thread(filling.write_bytes, b"x" * 500_000)
        image, out = Image.effect_noise((400, 300), 90), io.BytesIO()
        image.save(out, "JPEG", quality=90)
        photo = out.getvalue()
        at = f"/visits/{visit}/evidence/{sha256(photo).hexdigest()}?kind=photo"
        refused = await worker.put(at, content=photo)
        assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json"), refused.text
        assert "retry-after" in refused.headers
        assert await scene.visits.pool.fetchval("select pos from log.head") == before
        assert not [path for path in files(small_disk) if path.is_file() and path != filling and path.stat().st_size], (
            "no half file"
        )
        await asyncio.to_thread(filling.unlink)
        kept = await worker.put(at, content=photo)
        assert kept.status_code == 201, kept.text
        got = await worker.get(f"/visits/{visit}/evidence/{kept.json()['sha256']}")
        assert sha256(got.content).hexdigest() == kept.json()["sha256"]
    store_at.cache_clear()


def files(folder: Path) -> list[Path]:
    return list(folder.rglob("*"))


def extract() -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(
        [HEADERS, *((credit(n), f"测试{n}号有限公司", "有限责任公司", "存续") for n in range(1, ROWS + 1))]
    )
    return text.getvalue().encode()


async def test_a_kill_inside_one_large_transaction_leaves_nothing_of_it(whole_district: District) -> None:
    """The process is killed while its transaction of sixty commands waits for a table; the same file later brings all, once."""
    district = whole_district
    await district.database("roster")
    await district.vault()
    process = district.process("roster")
    auth = {"Authorization": f"Bearer {await district.installed()}"}
    process.start()
    admin = await district.connect("roster", user="postgres")
    async with httpx.AsyncClient(base_url=process.url, headers=auth, timeout=60) as client:

        async def imported() -> dict[str, int]:
            answer = await client.post("/imports", params={"apply": "true", "name": "r.csv"}, content=extract())
            return orjson.loads(answer.text.strip().rsplit("\n", 1)[-1])["result"]

        assert (await client.put("/units/520502", json={"name": "某区", "kind": "district", "on": DAY})).status_code == 201
        before = await admin.fetchval("select pos from log.head")
        locked = admin.transaction()
        await locked.start()
        await admin.execute("lock table view.enterprise in exclusive mode")
        asking = asyncio.create_task(imported())

        async def waits() -> bool:
            return bool(
                await admin.fetchval("select count(*) from pg_locks where not granted and relation = 'view.enterprise'::regclass")
            )

        await until(waits)
        process.kill()
        with pytest.raises(httpx.TransportError):
            await asking
        await locked.rollback()
        assert await admin.fetchval("select pos from log.head") == before
        assert await admin.fetchval("select count(*) from view.enterprise") == 0
        process.start()
        first, second = await imported(), await imported()
        assert (first["registered"], second["registered"], second["unchanged"]) == (ROWS, 0, ROWS)
    await admin.close()
    service = await district.open()  # So that its views are verified as well.
    entries = [entry for entry in await entire(service.pool) if entry.pos > before]
    assert len({entry.stream for entry in entries}) == len(entries) == ROWS


async def test_a_byte_changed_in_a_log_shows_against_the_mirror(district: District) -> None:
    """The service's own role is refused. What an administrator changes differs from the mirror's leaf hash: that it *can* be
    found is shown here; the comparison is this test's own, no running code makes it yet (D5).
    """
    roster, reporting = await district.open("roster", relay=True), await district.open("reporting", relay=True)
    await unit(district, "520502", DISTRICT, command_id=uuid4())

    async def copied() -> bool:
        return await reporting.pool.fetchval("select count(*) from mirror.entry where origin = 'roster'") >= 1

    await until(copied)
    hashes = "select pos, leaf_hash from log.entry order by pos desc limit 1"
    position, honest = await roster.pool.fetchrow(hashes)
    with pytest.raises(Exception, match=r"permission denied|append-only|immutable"):
        await roster.pool.execute(
            "update log.entry set body = set_byte(body, 20, get_byte(body, 20) # 1) where pos = $1", position
        )
    admin = await district.connect("roster", user="postgres")
    await admin.execute("set session_replication_role = replica")
    await admin.execute("update log.entry set body = set_byte(body, 20, get_byte(body, 20) # 1) where pos = $1", position)
    _, changed = await roster.pool.fetchrow(hashes)
    mirrored = await reporting.pool.fetchval("select leaf_hash from mirror.entry where origin = 'roster' and pos = $1", position)
    assert mirrored == honest != changed
    await admin.execute("update log.entry set body = set_byte(body, 20, get_byte(body, 20) # 1) where pos = $1", position)
    await admin.close()
