"""Who came from where, what was refused, read, taken, and who was appointed: every such operation of every document is told."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from support.applications import SERVICES, application, operations
from support.scene import a_scene
from support.world import District

from shared.http import securitylog
from shared.http.disclosure import MANY_A_DAY, watch
from shared.http.securitylog import Kind, SecurityLog, kind_of
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.terms import Role

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def lines(folder: Path) -> list[dict[str, Any]]:
    found = [orjson.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_bytes().splitlines()]
    return sorted(found, key=lambda line: line["at"])


def logging_into(service: Any, folder: Path) -> None:
    service.security.folder = folder


@pytest.mark.parametrize("name", SERVICES)
def test_every_operation_that_opens_erases_appoints_or_hands_out_files_has_its_kind(name: str) -> None:
    """From the documents: by what an operation is called and answers, not from a list of known ones."""
    documents = application(name).openapi()["paths"]
    for method, path, _ in operations(name):
        made = documents[path][method.lower()]
        said = made["operationId"]
        if said.startswith("unmask") or said == "find_by_phone":
            assert kind_of(said, method, path, 200, "application/json") is Kind.DISCLOSURE, path
        if said.startswith(("appoint", "release")):
            assert kind_of(said, method, path, 200, "application/json") is Kind.APPOINTMENT, path
        if said.startswith("erase"):
            assert kind_of(said, method, path, 200, "application/json") is Kind.ERASURE, path
        for status in (401, 403):
            assert kind_of(said, method, path, status, "application/problem+json") is Kind.REFUSAL
        if method == "GET" and kind_of(said, method, path, 200, "application/json") is None:
            for media in (XLSX, "application/pdf", "application/zip", "image/jpeg", "text/csv"):
                assert kind_of(said, method, path, 200, media) is Kind.EXPORT


async def test_what_happens_stands_in_the_log_with_who_from_where_what_and_how_it_ended(
    district: District, tmp_path: Path
) -> None:
    async with a_scene(district, 1) as scene:
        logging_into(scene.visits, tmp_path / "security")
        logging_into(scene.roster, tmp_path / "security")
        visit = await scene.visit(1)
        app = district.client(scene.visits)._transport.app  # type: ignore[attr-defined]
        transport = httpx.ASGITransport(app, client=("192.0.2.9", 5))
        async with httpx.AsyncClient(transport=transport, base_url="http://guiren") as stranger:
            assert (await stranger.get("/visits")).status_code == 401
            assert (await stranger.get("/visits", headers={"Authorization": "Bearer x.y.z"})).status_code == 401
            assert (await stranger.get("/public/no-such-token")).status_code == 404
        async with scene.who("T02-worker1") as other, scene.who("office") as office, district.client(scene.roster) as roster:
            assert (await other.get(f"/visits/{visit}")).status_code == 403
            reason = {"reason": "核对受访人员信息"}
            assert (await office.post(f"/visits/{visit}/unmask", json=reason)).status_code == 200
            assert (
                await roster.post(
                    "/members/T01-new/appoint", json={"name": "王某", "unit": "T01", "role": "worker", "on": "2026-01-01"}
                )
            ).status_code == 200
            assert (await roster.get("/team.xlsx")).status_code == 200
        told = lines(tmp_path / "security")
        seen = [(line["kind"], line["outcome"], line["account"]) for line in told]
        for wanted in (
            ("refusal", "unauthenticated", ""),
            ("sign-in", "unauthenticated", ""),
            ("sign-in", "ok", "T01-worker1"),
            ("disclosure", "ok", "office"),
            ("appointment", "ok", "office"),
            ("export", "ok", "office"),
        ):
            assert wanted in seen, wanted
        [refused] = [line for line in told if line["kind"] == "refusal" and line["account"] == "T02-worker1"]
        assert (refused["object"], refused["status"], refused["method"]) == (f"/visits/{visit}", 403, "GET")
        assert next(line for line in told if line["kind"] == "refusal")["address"] == "192.0.2.9"
        assert len([line for line in told if line["kind"] == "sign-in" and line["account"] == "office"]) <= 4, "once a token"
        assert not [line for line in told if "public" in line.get("object", "")], "who complains is not found by his address"


async def test_the_audit_administrator_reads_it_and_nobody_else(district: District, tmp_path: Path) -> None:
    service = await district.open("roster")
    logging_into(service, tmp_path)
    for role in Role:
        async with district.client(service, role, account=f"x-{role}") as client:
            expected = 200 if role is Role.AUDIT_ADMIN else 403
            answer = await client.get("/security-log", params={"kind": "refusal", "limit": 5})
            assert answer.status_code in ((expected, 401) if role is Role.SYSTEM else (expected,)), role
    async with district.client(service, Role.AUDIT_ADMIN, account="aa") as watcher:
        found: list[Any] = []
        cursor: str | None = ""
        while cursor is not None:
            page = (await watcher.get("/security-log", params={"kind": "refusal", "limit": 5, "cursor": cursor})).json()
            found += page["items"]
            cursor = page["next_cursor"]
        assert {line["account"] for line in found} >= {f"x-{role}" for role in Role} - {"x-audit_admin", "x-system"}
        assert (await watcher.get("/security-log", params={"on": "2001-01-01"})).json()["items"] == []
        for bad in ("x", "W10=", "WyJhIl0=", "Wy0xXQ=="):
            assert (await watcher.get("/security-log", params={"cursor": bad})).status_code == 422, bad
        readings = (await watcher.get("/security-log", params={"kind": "reading"})).json()["items"]
        assert {line["account"] for line in readings} >= {"aa"}, "that it was read stands in it too"


def test_a_file_is_its_owners_alone_and_goes_when_its_years_are_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "security"
    log = SecurityLog("roster", folder, 1096)
    today = local_date(datetime.now(UTC))
    log.tell(Kind.SIGN_IN, account="a")
    [path] = folder.iterdir()
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(folder.stat().st_mode)) == (0o600, 0o700)
    kept, gone = (folder / f"{today - timedelta(days=days)}.roster.jsonl" for days in (1096, 1097))
    others = folder / f"{today - timedelta(days=4000)}.visits.jsonl"
    for old in (kept, gone, others):
        old.write_text("{}\n")
    monkeypatch.setattr(securitylog, "local_date", lambda _now: today + timedelta(days=1))
    log.tell(Kind.SIGN_IN, account="b")
    assert not gone.exists() and not kept.exists() and others.exists(), "tomorrow the one of today's limit goes too; others' stay"
    assert [line["account"] for line in log.read(today + timedelta(days=1), 0, 10)[0]] == ["b"]
    log.close()


def test_what_cannot_be_kept_is_told_and_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    log = SecurityLog("roster", tmp_path / "file" / "security", 200)
    log.tell(Kind.EXPORT)
    assert "无法写入" in log.error


def test_a_flood_of_refusals_is_told_by_its_number(tmp_path: Path) -> None:
    log = SecurityLog("roster", tmp_path, 200)
    scope: dict[str, Any] = {"headers": [], "client": ("192.0.2.1", 1), "method": "GET", "path": "/visits"}
    for _ in range(5_000):
        log.answered(scope, 401, "application/problem+json")
    told = lines(tmp_path)
    assert len(told) < 100
    log._strangers._buckets.clear()
    log.answered(scope, 401, "application/problem+json")
    assert lines(tmp_path)[-1]["untold"] == 5_000 - len(told)


@pytest.mark.parametrize(("read", "told"), [(MANY_A_DAY - 1, 0), (MANY_A_DAY, 1), (MANY_A_DAY + 1, 0), (2 * MANY_A_DAY, 1)])
async def test_who_reads_many_peoples_data_on_a_day_is_told_of(read: int, told: int, tmp_path: Path) -> None:
    class Pool:
        async def fetchval(self, *_: Any) -> int:
            return read

    service: Any = SimpleNamespace(
        pool=Pool(), clock=lambda: datetime.now(UTC), name="x", security=SecurityLog("x", tmp_path, 200)
    )
    await watch(service, Actor(uuid4(), "reader", frozenset({Role.HOTLINE})))
    assert [line["kind"] for line in lines(tmp_path)] == ["alarm"] * told


def asking_by_number() -> list[str]:
    """Every operation that is told a telephone number and asked whose it is."""
    documents = application("roster").openapi()["paths"]
    found = [path for _, path, _ in operations("roster") if b"/FindPhone" in orjson.dumps(documents[path])]
    assert len(found) > 1
    return found


@pytest.mark.parametrize("path", asking_by_number())
async def test_looking_up_numbers_is_recorded_and_has_an_end(district: District, tmp_path: Path, path: str) -> None:
    service = await district.open("roster")
    logging_into(service, tmp_path)
    role = Role.OFFICE_HEAD if path == "/subjects/find" else Role.HOTLINE
    async with district.client(service, role, account=f"desk-{path[1:4]}") as desk:
        statuses = [(await desk.post(path, json={"phone": f"139007{n:05}"})).status_code for n in range(MANY_A_DAY)]
    told = set(statuses)
    assert told == {200, 429} and statuses[:30] == [200] * 30, "nobody looks up more numbers than telephones ring"
    recorded = await service.pool.fetchval("select count(*) from disclosure where by is not null and what like 'lookup%'")
    assert recorded == statuses.count(200)
    assert {line["kind"] for line in lines(tmp_path)} >= {"disclosure"}
