"""Visits over HTTP: who may do what, evidence without its position, and nothing a client sends is a 500."""

from __future__ import annotations

import asyncio
import io
import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson
from PIL import Image
from support.roster import credit
from support.world import District, until

from shared.http.service import Service
from shared.language.terms import Role, derived_id

NAUGHTY: list[str] = orjson.loads((Path(__file__).parents[1] / "data" / "blns.json").read_bytes())
START = "2020-01-01"
JSON = {"Content-Type": "application/json"}


class Scene:
    def __init__(self, district: District, visits: Service, enterprise: str, ids: dict[str, Any]) -> None:
        self.district, self.visits, self.enterprise, self.ids = district, visits, enterprise, ids

    def who(self, account: str, role: Role, unit: str) -> httpx.AsyncClient:
        client = self.district.client(self.visits, role, unit=unit, account=account)
        member = str(self.ids.get(account, derived_id("member", account)))
        client.headers["Authorization"] = "Bearer " + self.district.token(role, unit=unit, account=account, sub=member)
        return client

    def worker(self) -> httpx.AsyncClient:
        return self.who("T01-worker1", Role.WORKER, "T01")

    def body(self, **more: Any) -> dict[str, Any]:
        return {
            "enterprise": self.enterprise,
            "on": datetime.now(UTC).astimezone().date().isoformat(),
            "mode": "on_site",
            "interviewee": "李四",
            "title": "经理",
            "phone": "13812345678",
            "note": "生产经营正常,订单充足,用工稳定",
            "demands": [{"no": 1, "content": "希望解决用电问题", "category": "utilities"}],
            **more,
        }


async def a_scene(district: District) -> Scene:
    roster, visits = await district.open("roster", relay=True), await district.open("visits", relay=True)
    async with district.client(roster) as office:
        for code, kind, parent in (
            ("520502", "district", None),
            ("D01", "department", "520502"),
            ("T01", "township", "520502"),
            ("T02", "township", "520502"),
        ):
            made = await office.put(f"/units/{code}", json={"name": f"某{code}", "kind": kind, "parent": parent, "on": START})
            assert made.status_code == 201, made.text
        for account in ("T01-worker1", "T01-deputy", "D01-worker1", "T02-worker1"):
            unit, role = account.rstrip("1").split("-")
            made = await office.post(
                f"/members/{account}/appoint", json={"name": "王某", "unit": unit, "role": role, "on": START}
            )
            assert made.status_code == 200, made.text
        lines = [{"line": "horizontal", "unit": "T01"}, {"line": "vertical", "unit": "D01"}]
        content = {"code": credit(1), "name": "某某商贸有限公司", "on": START, "assignments": lines}
        made = await office.put(f"/enterprises/{credit(1)}", json=content)
        assert made.status_code == 201, made.text
    head = await roster.pool.fetchval("select pos from log.head")

    async def there() -> bool:
        return await visits.pool.fetchval("select pos from cursor where name = 'directory'") == head

    await until(there)
    return Scene(district, visits, made.json()["id"], dict(await visits.pool.fetch("select account, id from known_member")))


def photo() -> bytes:
    image, exif, out = Image.new("RGB", (64, 48), (200, 10, 10)), Image.Exif(), io.BytesIO()
    exif[0x112] = 6
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N", (27.0, 18.0, 0.0)
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


async def test_a_visit_is_walked_by_those_who_may(district: District) -> None:
    scene = await a_scene(district)
    deputy, other, at = scene.who("T01-deputy", Role.DEPUTY, "T01"), scene.who("T02-worker1", Role.WORKER, "T02"), uuid4()
    async with scene.worker() as worker, deputy, other, scene.who("admin", Role.ADMIN, "") as admin:
        assert (await worker.put(f"/visits/{at}", json=scene.body())).status_code == 201
        assert (await admin.put(f"/visits/{uuid4()}", json=scene.body())).status_code == 403
        assert (await other.put(f"/visits/{uuid4()}", json=scene.body())).status_code == 409
        for client, status in ((worker, 200), (deputy, 200), (other, 403), (admin, 403)):
            assert (await client.get(f"/visits/{at}")).status_code == status
        assert (await worker.post(f"/visits/{at}/accept", json={})).status_code == 403
        assert (await deputy.post(f"/visits/{at}/return", json={"reason": "请补充照片"})).status_code == 200
        assert (await deputy.post(f"/visits/{at}/accept", json={})).status_code == 409


async def test_repeats_are_answered_again_and_other_contents_refused(district: District) -> None:
    scene, at = await a_scene(district), uuid4()
    async with scene.worker() as worker, scene.who("T01-deputy", Role.DEPUTY, "T01") as deputy:
        assert [(await worker.put(f"/visits/{at}", json=scene.body())).status_code for _ in "ab"] == [201, 200]
        assert (await worker.put(f"/visits/{at}", json=scene.body(note="x"))).status_code == 409
        for _ in "ab":
            voided = await deputy.post(f"/visits/{at}/void", json={"reason": "重复"}, headers={"Idempotency-Key": "k"})
            assert voided.status_code == 200, voided.text
        assert voided.json()["replayed"]
        used = await deputy.post(f"/visits/{at}/void", json={"reason": "别的"}, headers={"Idempotency-Key": "k"})
        assert (used.status_code, used.json()["type"]) == (409, "urn:guiren:problem:key-reused")


async def test_evidence_is_kept_once_without_its_position_and_bad_evidence_refused(district: District) -> None:
    scene, visit, data = await a_scene(district), uuid4(), photo()
    at = f"/visits/{visit}/evidence"
    mark = sha256(data).hexdigest()
    async with scene.worker() as worker:
        await worker.put(f"/visits/{visit}", json=scene.body())
        assert (await worker.put(f"{at}/{'0' * 64}?kind=photo", content=data)).status_code == 422
        assert (await worker.put(f"{at}/{mark}?kind=photo", content=b"x" * (21 * 2**20))).status_code == 413
        assert [(await worker.put(f"{at}/{mark}?kind=photo", content=data)).status_code for _ in "ab"] == [201, 200]
        assert (await worker.put(f"{at}/{mark}?kind=ack", content=data)).status_code == 409
        kept = Image.open(io.BytesIO((await worker.get(f"{at}/{mark}")).content))
        assert (kept.size, dict(kept.getexif())) == ((48, 64), {})
        out = io.BytesIO()
        Image.new("1", (20_000, 20_000)).save(out, "PNG")
        bomb = out.getvalue()
        assert (await worker.put(f"{at}/{sha256(bomb).hexdigest()}?kind=photo", content=bomb)).status_code in (413, 415, 422)


async def test_of_questionnaires_sent_at_once_one_counts_in_the_month(district: District) -> None:
    scene = await a_scene(district)
    asked = scene.body(mode="questionnaire", asked_required=10, answered_required=8, ack="scan")
    async with scene.worker() as worker:
        answers = await asyncio.gather(*(worker.put(f"/visits/{uuid4()}", json=asked) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]


async def test_naughty_strings_come_back_byte_for_byte_or_are_refused(district: District) -> None:
    scene, kept = await a_scene(district), 0
    async with scene.worker() as worker:
        for text in NAUGHTY[::2]:
            at = f"/visits/{uuid4()}"
            answer = await worker.put(at, json=scene.body(note=text, demands=[{"no": 1, "content": text}]))
            assert answer.status_code in (201, 422), (text, answer.text)
            if answer.status_code == 201:
                got = (await worker.get(at)).json()
                assert (got["note"], got["demands"][0]["content"]) == (text, text)
                kept += 1
    assert kept > len(NAUGHTY) // 4


async def test_hostile_input_is_never_a_fault(district: District) -> None:
    scene, at = await a_scene(district), uuid4()
    async with scene.worker() as worker:
        await worker.put(f"/visits/{at}", json=scene.body())
        for raw in (b"", b"{", b"null", b'"\\ud800"', b"[" * 900 + b"]" * 900, b"[" * 100_000, b"\xff\xfe"):
            answer = await worker.put(f"/visits/{uuid4()}", content=raw, headers=JSON)
            assert 400 <= answer.status_code < 500, (raw[:20], answer.text)
        for name in (*scene.body(), "headcount", "claimed_at", "visitors"):
            for odd in (10**30, -(10**30), "\x00", "\ud800", [], {}, None, "x" * 3000, ["\x00"], "0001-01-01"):
                answer = await worker.put(f"/visits/{uuid4()}", content=json.dumps(scene.body(**{name: odd})), headers=JSON)
                assert answer.status_code < 500, (name, odd, answer.text)
        for path in ("x", "%00", f"{at}/evidence/zz", "?unit=%00", "?month=2026-13", "?cursor=zz", "?limit=" + "9" * 20):
            answer = await worker.get("/visits" + (path if path[0] == "?" else f"/{path}"))
            assert answer.status_code in (404, 422), (path, answer.text)
        same = {name: value for name, value in scene.body().items() if name != "enterprise"}
        for held in ("x", "9" * 40, "-1", "*", '"'):
            answer = await worker.post(f"/visits/{at}/correct", json=same, headers={"If-Match": held})
            assert 400 <= answer.status_code < 500, (held, answer.text)


async def test_paging_walks_every_visit_once(district: District) -> None:
    scene, walked, more = await a_scene(district), [], {}
    async with scene.worker() as worker:
        made = [str(uuid4()) for _ in range(7)]
        for at in made:
            await worker.put(f"/visits/{at}", json=scene.body())
        while True:
            page = (await worker.get("/visits", params={"limit": 3, **more})).json()
            walked += [item["id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            more = {"cursor": page["next_cursor"]}
    assert sorted(walked) == sorted(made)
