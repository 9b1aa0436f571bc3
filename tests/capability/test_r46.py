"""R46: 对项目全覆盖实施挂牌服务."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID, uuid4

import orjson
import pytest
from support.net import member, ok, served, the_net
from support.world import District, until

from services.roster.documents import plaque
from shared.language.ids import new_id
from shared.language.months import local_date
from shared.language.openings import Opening
from shared.language.personal import Personal
from shared.language.terms import Role
from shared.log.directory import Directory
from shared.paper.prints import MISSING

HUNG = {"number": "甲挂〔2026〕001号", "office_phone": "0857-8000001", "on": "2026-03-01"}


def hanging(**more: str) -> dict[str, str]:
    return {**HUNG, "leader": member("T01-head"), "contact": member("T01-w1"), **more}


async def test_every_project_is_in_the_register_and_the_rate_is_plaques_by_projects(district: District) -> None:
    """project register: 牌号, leader, specialist, dates; 挂牌率 = plaques/projects"""
    service = await district.open()
    async with district.client() as client, district.client(service, Role.HEAD, unit="T01", account="T01-head") as head:
        await the_net(client)
        id_ = await served(client, 1)
        one, two, three = (str(new_id()) for _ in range(3))
        for number, project in enumerate((one, two, three), 1):
            content = {"name": f"年产{number}万吨项目", "enterprise": id_, "on": "2026-02-01"}
            await ok(await head.put(f"/projects/{project}", json=content), 201)
            await ok(await head.put(f"/projects/{project}", json=content), 200)
        other = await client.put(f"/projects/{one}", json={"name": "别的", "enterprise": id_, "on": "2026-02-01"})
        assert other.status_code == 409
        hung = await ok(await head.post(f"/projects/{one}/hang", json=hanging()))
        assert (hung["plaque"]["number"], hung["plaque"]["leader"], hung["plaque"]["contact"], hung["plaque"]["since"]) == (
            HUNG["number"],
            member("T01-head"),
            member("T01-w1"),
            "2026-03-01",
        )
        assert (await ok(await head.post(f"/projects/{one}/hang", json=hanging())))["version"] == hung["version"], "said twice"
        for project, problem, content in (
            (one, "plaque-hangs", hanging(number="另号")),
            (two, "number-taken", hanging()),
            (two, "leader-of-nothing", hanging(number="2", leader=member("T01-w1"))),
            (two, "contact-without-post", hanging(number="2", contact=str(uuid4()))),
            (two, "hung-later", hanging(number="2", on="2026-01-31")),
        ):
            answer = await head.post(f"/projects/{project}/hang", json=content)
            assert (answer.status_code, answer.json()["type"]) == (409, f"urn:guiren:problem:{problem}"), problem
        await ok(await head.post(f"/projects/{two}/hang", json=hanging(number="2")))
        assert (await ok(await head.get(f"/projects/{one}")))["allowed_actions"] == ["take-down"]
        listed = await ok(await head.get(f"/projects?enterprise={id_}"))
        assert (listed["total"], listed["rate"]) == (3, {"n": 2, "d": 3, "pct": "66.67"})
        assert [p["id"] for p in (await ok(await client.get("/projects?plaqued=false")))["items"]] == [three]
        async with district.client(service, Role.HEAD, unit="T02", account="T02-head") as stranger:
            assert (await ok(await stranger.get("/projects")))["total"] == 0
            assert (await stranger.get(f"/projects/{one}")).status_code == 403
            assert (await stranger.post(f"/projects/{three}/hang", json=hanging(number="3"))).status_code == 403
            assert (await stranger.get(f"/projects/{one}/plaque.pdf")).status_code == 403
        async with district.client(service, Role.WORKER, unit="T01", account="T01-w1") as worker:
            assert (await ok(await worker.get(f"/projects/{one}")))["allowed_actions"] == []
            assert (await worker.post(f"/projects/{three}/hang", json=hanging(number="3"))).status_code == 403
        assert (await client.get(f"/projects/{uuid4()}")).status_code == 404
        assert (await client.post(f"/projects/{uuid4()}/hang", json=hanging())).status_code == 404


async def test_a_plaque_is_printed_with_a_code_that_dies_with_it(district: District) -> None:
    roster, visits = await district.open("roster", relay=True), await district.open("visits", relay=True)
    async with district.client(roster) as client:
        await the_net(client)
        id_ = await served(client, 1)
        project = str(new_id())
        content = {"name": "某𠮷项目", "enterprise": id_, "on": "2026-02-01"}
        await ok(await client.put(f"/projects/{project}", json=content))
        assert (await client.get(f"/projects/{project}/plaque.pdf")).status_code == 404
        await ok(await client.post(f"/projects/{project}/hang", json=hanging()))
        page = await client.get(f"/projects/{project}/plaque.pdf?site=https://a.example")
        assert page.headers["content-type"] == "application/pdf" and page.content.startswith(b"%PDF-")
        assert page.headers[MISSING] == "U+20BB7"
        assert (await client.get(f"/projects/{project}/plaque.pdf?site=https://a.example")).content == page.content
        assert (await client.get(f"/projects/{project}/plaque.pdf?site=javascript:x")).status_code == 422
        tokens = [await token_of(district, project)]
        known = Directory(visits.pool)
        assert await until(lambda: found(known, tokens[0])) == (UUID(project), UUID(id_))
        down = {"reason": "项目竣工", "on": "2026-04-01"}
        taken = await ok(await client.post(f"/projects/{project}/take-down", json=down))
        assert (await ok(await client.post(f"/projects/{project}/take-down", json=down)))["version"] == taken["version"]
        assert (await client.get(f"/projects/{project}/plaque.pdf")).status_code == 404

        async def gone() -> bool:
            return await found(known, tokens[0]) is None

        assert await until(gone)
        again = await ok(await client.post(f"/projects/{project}/hang", json=hanging(on="2026-05-01")))
        assert [(p["since"], p["until"]) for p in again["plaques"]] == [("2026-03-01", "2026-04-01"), ("2026-05-01", None)]
        tokens.append(await token_of(district, project))
        assert tokens[0] != tokens[1]
        assert await until(lambda: found(known, tokens[1]))
        assert await found(known, tokens[0]) is None, "the old one stays worthless"


async def token_of(district: District, project: str) -> str:
    """What the QR code carries: opened from the seal. The log and the tables hold only the sealed form and the digest."""
    service = district.services["roster"]
    row = await service.pool.fetchrow("select token, token_sha256 from plaque where project = $1 and until is null", project)
    (token,) = await service.vault.open([Personal.read(orjson.loads(row["token"]))], Opening.LINK)
    assert len(token) >= 22 and sha256(token.encode()).hexdigest() == row["token_sha256"]
    bodies = await service.pool.fetch("select body from log.entry")
    assert not any(token.encode() in row["body"] for row in bodies)
    return token


async def found(known: Directory, token: str) -> tuple[UUID, UUID] | None:
    return await known.plaque(sha256(token.encode()).hexdigest(), local_date(datetime.now(UTC)))


VALUES = {
    "title": "贵人服务·毕须办",
    "slogan": "让企业舒心放心省心安心",
    "core": "以企业为贵\n以契约为贵",
    "lead_office": "某区某办公室",
    "project": "某项目",
    "enterprise": "某公司",
    "number": "001",
    "leader": "某人",
    "contact": "某人",
    "phone": "0857-8000001",
}


@pytest.mark.parametrize(
    "text", ["", "#panic()", "$x$ *粗* _斜_ `码` \\", "名" * 200, "a\u202eb", "😀", '"]#import "x"', "<script>"]
)
def test_whatever_is_written_on_a_plaque_is_text_on_one_page(text: str) -> None:
    made = plaque.plaque({**dict.fromkeys(plaque.FIELDS, text)}, "https://a.example/s/x").content
    assert made.startswith(b"%PDF-") and made.count(b"/Type/Page/") + made.count(b"/Type /Page ") <= 1


def test_a_plaque_is_the_same_bytes_each_time_and_a5() -> None:
    made = plaque.plaque(VALUES, "https://a.example/s/abc")
    assert made == plaque.plaque(VALUES, "https://a.example/s/abc")
    assert b"[0 0 419.52756 595.27563]" in made.content or b"419.5" in made.content
    assert plaque.preview(VALUES, "https://a.example/s/abc", ppi=36).startswith(b"\x89PNG")
