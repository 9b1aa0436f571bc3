"""R17 收集信息、处置反馈、事件归档的…运行机制."""

from __future__ import annotations

import zipfile
from datetime import date
from hashlib import sha256
from io import BytesIO
from uuid import UUID, uuid4

import orjson
import pytest
from support.desk import Desk, a_desk, at, member
from support.roster import credit
from support.scene import a_scene
from support.teller import some_visits, tell
from support.world import District, until

from services.issues import clock
from services.issues.reactions import issue_id
from shared.events.visits import Demand, EvidenceAttached, Visited, Visitor, VisitRecorded
from shared.language.terms import EvidenceKind, Line, Mode, Role
from shared.paper.prints import MISSING

PICTURE = "ab" * 32


async def a_ticket_of_a_visit(desk: Desk) -> tuple[UUID, str]:
    """A visit with a photo and one demand, and the ticket that opened because of it."""
    district, visit = desk.district, uuid4()
    visits = await some_visits(district)
    visits.clock = lambda: at("09-24T09:00:00")
    visitor = Visitor(member=member("w"), unit="T01", line=Line.HORIZONTAL, role=Role.WORKER)
    enterprise = Visited(id=UUID(desk.enterprises[0]), code=credit(1), name="某𠮷公司")
    demands = (Demand(no=3, content="用电容量不足,申请增容"),)
    fact = VisitRecorded(enterprise=enterprise, on=date(2026, 9, 24), mode=Mode.ON_SITE, visitors=(visitor,), demands=demands)
    await tell(district, visits, visit, fact)
    photo = EvidenceAttached(sha256=PICTURE, kind=next(iter(EvidenceKind)), media_type="image/jpeg", size=123_456)
    await tell(district, visits, visit, photo)

    async def there() -> bool:
        rows = await desk.issues.pool.fetch("select pos from cursor where name in ('heard', 'tickets-from-visits')")
        return [row["pos"] for row in rows] == [2, 2]

    await until(there)
    return visit, str(issue_id(visit, 3))


async def lived(desk: Desk, id_: str) -> None:
    """From report to archive, with a slip, a second extension refused and a call."""
    desk.now("09-24T10:00:00")
    order = {
        "unit": "D05",
        "co_units": ["T01"],
        "leader": str(member("h5")),
        "co_due": "2026-09-29",
        "measures": "现场勘察,核定容量,十日内完成增容",
        "due": "standard",
    }
    await desk.ask("l", id_, "accept")
    await desk.ask("office", id_, "dispatch", **order)
    await desk.ask("w5", id_, "sign")
    await desk.ask("w5", id_, "progress", note="已上门勘察,<b>不是标记</b> #let", contacted=True)
    await desk.ask("inspector", id_, "supervise", colour="yellow", words="请加快办理,三日内书面回复。")
    await desk.ask("d5", id_, "answer-supervision", no="贵服督〔2026〕1号", reply="已排定施工,本周内完成。")
    await desk.ask("h5", id_, "request-escalation", tried="两次协调供电部门,容量指标不足", request="提请区级协调解决增容指标")
    lifted = {"unit": "D05", "leader": str(member("h5")), "handler": str(member("w5"))}
    await desk.ask("office", id_, "approve-escalation", **lifted)
    await desk.ask("w5", id_, "resolve", outcome="solved", result="已增容至 400 kVA", reply="贵公司用电已增容,请放心生产。")
    await desk.ask("office-head", id_, "approve")
    await desk.ask("caller2", id_, "call-back", outcome="answered", rating="5")
    await desk.ask("caller2", id_, "close")
    desk.now("10-20T10:00:00")
    assert await clock.sweep(desk.issues) > 0
    assert (await desk.shown(id_))["stage"] == "archived"


async def test_the_chain_from_visit_to_archive_and_back_and_its_package(district: District) -> None:
    """visit→issue→dispose→feedback→archive chain navigable both ways

    Beyond: archive package with hash manifest.
    """
    desk = await a_desk(district)
    visit, id_ = await a_ticket_of_a_visit(desk)
    await lived(desk, id_)

    shown = await desk.shown(id_)
    assert (shown["visit"], shown["visit_href"]) == (str(visit), f"/api/visits/visits/{visit}")
    async with desk.who("office") as office:
        back = (await office.get("/issues", params={"visit": str(visit)})).json()
        assert [item["id"] for item in back["items"]] == [id_]
        made, again = [await office.get(f"/issues/{id_}/package") for _ in range(2)]
    assert made.status_code == 200, made.text
    assert made.content == again.content
    assert made.headers[MISSING] == again.headers[MISSING] == "U+20BB7"
    with zipfile.ZipFile(BytesIO(made.content)) as package:
        files = {name: package.read(name) for name in package.namelist()}
        assert {info.date_time for info in package.infolist()} == {(2021, 8, 11, 0, 0, 0)}
    assert sorted(files) == list(files)
    forms = {"forms/dispatch-1.pdf", "forms/request-1.pdf", "forms/slip-1.pdf"}
    assert forms | {"manifest.json", "timeline.jsonl", "summary.pdf", "replies.json", "visit.json", "README.txt"} == set(files)

    manifest = orjson.loads(files["manifest.json"])
    assert {item["name"]: item["sha256"] for item in manifest["files"]} == {
        name: sha256(content).hexdigest() for name, content in files.items() if name != "manifest.json"
    }
    assert (manifest["no"], manifest["filing"]["retention"]) == ("QXG-202609-T01-0001", "10年")
    rows = await desk.issues.pool.fetch(
        "select pos, rec_us, type, body, leaf_hash from log.entry where stream = $1 order by ver", f"issue/{id_}"
    )
    lines = [orjson.loads(line) for line in files["timeline.jsonl"].splitlines()]
    assert [
        (line["position"], line["recorded_us"], line["type"], line["body"].encode(), line["leaf_hash"]) for line in lines
    ] == [(row["pos"], row["rec_us"], row["type"], row["body"], row["leaf_hash"].hex()) for row in rows]
    assert manifest["cut"] == {"issues": rows[-1]["pos"], "visits": 2}
    for line in lines:  # As README.txt tells whoever checks.
        place = line["position"].to_bytes(8, "big") + line["recorded_us"].to_bytes(8, "big")
        assert sha256(b"\x00" + place + line["body"].encode()).hexdigest() == line["leaf_hash"]
    origin = orjson.loads(files["visit.json"])
    (evidence,) = origin["evidence"]
    assert (origin["visit"], origin["demand"]) == (str(visit), 3)
    assert (evidence["sha256"], evidence["href"]) == (PICTURE, f"/api/visits/visits/{visit}/evidence/{PICTURE}")
    assert [reply["reply"] for reply in orjson.loads(files["replies.json"])] == ["贵公司用电已增容,请放心生产。"]

    for account, status in (("w5", 200), ("w", 200), ("h2", 403), ("hotline", 403)):
        async with desk.who(account) as client:
            assert (await client.get(f"/issues/{id_}/package")).status_code == status, account


async def test_the_forms_print(district: District) -> None:
    """交办单, 报请单, 督办单 as PDF; what there is none of is not found."""
    desk = await a_desk(district)
    _, id_ = await a_ticket_of_a_visit(desk)
    async with desk.who("office") as office:
        assert (await office.get(f"/issues/{id_}/forms/dispatch.pdf")).status_code == 404
        open_ = await office.get(f"/issues/{id_}/package")
        assert open_.status_code == 200
    await lived(desk, id_)
    async with desk.who("office") as office:
        for path in ("dispatch.pdf", "dispatch/1.pdf", "request/1.pdf", "slip/1.pdf"):
            page = await office.get(f"/issues/{id_}/forms/{path}")
            assert (page.status_code, page.headers["content-type"], page.content[:5]) == (200, "application/pdf", b"%PDF-"), path
            assert page.headers[MISSING] == "U+20BB7", path
        for path, status in (("dispatch/2.pdf", 404), ("slip/0.pdf", 422), ("letter/1.pdf", 422)):
            assert (await office.get(f"/issues/{id_}/forms/{path}")).status_code == status, path
        assert (await office.get(f"/issues/{uuid4()}/forms/dispatch.pdf")).status_code == 404


@pytest.mark.parametrize("numbers", [(1, 2)])
async def test_a_visit_names_the_tickets_of_its_demands(district: District, numbers: tuple[int, ...]) -> None:
    """From the visit to its tickets: the keys follow from visit and number, so they are known before the ticket is."""
    async with a_scene(district, 1) as scene:
        visit = await scene.visit(1, demands=[{"no": no, "content": f"诉求{no}"} for no in numbers])
        async with scene.who("T01-worker1") as worker:
            shown = (await worker.get(f"/visits/{visit}")).json()
    assert shown["tickets"] == [
        {"demand": no, "id": str(issue_id(visit, no)), "href": f"/api/issues/issues/{issue_id(visit, no)}"} for no in numbers
    ]
