"""A month in the life of one township: a visit, its proof, its demands, the tickets, the ledger, the filing."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import openpyxl
import pytest
from PIL import Image

from shared.language.codes import make_code
from shared.language.ids import new_id
from shared.language.months import local_date
from shared.language.terms import derived_id
from tests.e2e.instance import Instance

T, D = "L-T1", "L-D1"
NOTE = "生产经营正常,新订单较多,用工略有不足"


def photo() -> bytes:
    """A picture that says where it was taken, as telephones do."""
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (27.0, 18.0, 0.0), 3: "E", 4: (105.0, 17.0, 0.0)}
    exif[0x0132] = "2026:11:20 10:00:00"
    out = io.BytesIO()
    Image.new("RGB", (320, 240), (90, 140, 60)).save(out, "JPEG", exif=exif)
    return out.getvalue()


class Township:
    """The people of the story, and what they did."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.today = local_date(datetime.now(UTC))
        self.month = f"{self.today:%Y-%m}"
        self.seen: dict[str, str] = {}
        self.office = instance.client("office", "office", "office")
        self.people = {role: instance.client(f"{T}-{role}", role, T) for role in ("worker", "deputy", "liaison", "head")}
        self.caller = instance.client("caller", "caller_back", "office")

    def ok(self, response: httpx.Response) -> Any:
        assert response.is_success, response.text
        service, _, number = response.headers.get("Guiren-Position", "").partition(":")
        if number:
            self.seen[service] = number
        return response.json()

    def minimum(self) -> str:
        return ",".join(f"{name}:{number}" for name, number in self.seen.items() if name != "reporting")

    def settle(self) -> None:
        self.instance.settle_office()
        for code, kind in ((T, "township"), (D, "department"), ("L-X", "township")):
            body = {"name": f"演示{code}", "kind": kind, "parent": "520502", "on": "2020-01-01"}
            self.ok(self.office.put(f"/api/roster/units/{code}", json=body))
        strangers = [("L-X-worker", "worker", "L-X"), ("L-X-head", "head", "L-X")]
        for account, role, unit in [(f"{T}-{r}", r, T) for r in self.people] + strangers:
            self.instance.appoint(account, role, unit)
        code = make_code("520502", "MALYFE01").text
        lines = [{"line": "horizontal", "unit": T}, {"line": "vertical", "unit": D}]
        body = {"code": code, "name": "演示建材(毕节)有限公司", "assignments": lines, "on": f"{self.month}-01", "industry": "52"}
        self.enterprise = self.ok(self.office.put(f"/api/roster/enterprises/{code}", json=body))["id"]

    def visit(self) -> None:
        self.before = datetime.now(UTC)
        self.visit_id = str(new_id())
        self.told = {
            "enterprise": self.enterprise,
            "on": str(self.today),
            "mode": "on_site",
            "note": NOTE,
            "interviewee": "贾演示",
            "title": "经理",
            "phone": "19900005678",
            "difficulties": "=1+1 招工难",
            "aware": "understood",
            "satisfaction": "5",
            "demands": [
                {"no": 1, "content": "希望协助招聘焊工十名", "category": "labour", "nature": "help"},
                {"no": 2, "content": "咨询设备更新补贴政策", "category": "policy", "nature": "enquiry"},
            ],
        }
        self.recorded = self.ok(self.instance.patiently(self.put_visit))

    def put_visit(self) -> httpx.Response:
        return self.people["worker"].put(f"/api/visits/visits/{self.visit_id}", json=self.told)

    def tickets(self) -> list[dict[str, Any]]:
        ask = {"visit": self.visit_id}
        return self.people["liaison"].get("/api/issues/issues", params=ask).json().get("items", [])

    def ledger(self, **params: str) -> dict[str, Any]:
        return self.ok(self.people["head"].get(f"/api/reporting/ledgers/{T}/{self.month}", params=params))


@pytest.fixture(scope="module")
def township(instance: Instance) -> Township:
    found = Township(instance)
    for path in sorted((instance.root / "deploy/data/calendar").glob("*.json")):
        instance.publish(found.office, path)
    found.settle()
    found.visit()
    return found


def test_a_visit_without_proof_waits_for_it_and_counts_with_it(township: Township) -> None:
    """R24: record and at least one evidence item; missing means 待补证 and not counted."""
    assert township.recorded["counted"] is False
    raw = photo()
    digest = hashlib.sha256(raw).hexdigest()
    url = f"/api/visits/visits/{township.visit_id}/evidence/{digest}"
    sent = township.people["worker"].put(url, params={"kind": "photo"}, content=raw, headers={"Content-Type": "image/jpeg"})
    answer = township.ok(sent)
    assert township.ok(township.people["worker"].put(url, params={"kind": "photo"}, content=raw))["replayed"] is True
    seen = township.ok(township.people["deputy"].get(f"/api/visits/visits/{township.visit_id}"))
    assert (answer["version"] > 1, seen["counted"]) == (True, True)
    stored = seen["evidence"][0]["sha256"]
    picture = township.people["deputy"].get(f"/api/visits/visits/{township.visit_id}/evidence/{stored}")
    assert hashlib.sha256(picture.content).hexdigest() == stored
    assert not Image.open(io.BytesIO(picture.content)).getexif().get_ifd(0x8825), "the position is stripped"
    stranger = township.instance.client("L-X-worker", "worker", "L-X")
    assert stranger.get(f"/api/visits/visits/{township.visit_id}/evidence/{stored}").status_code == 403


def test_the_same_visit_sent_again_is_the_same_visit(township: Township) -> None:
    assert township.ok(township.put_visit())["replayed"] is True
    other = {**township.told, "note": NOTE + ",另有说明"}
    refused = township.people["worker"].put(f"/api/visits/visits/{township.visit_id}", json=other)
    assert refused.status_code == 409
    assert refused.json()["title"]


def test_personal_data_come_back_masked(township: Township) -> None:
    seen = township.ok(township.people["deputy"].get(f"/api/visits/visits/{township.visit_id}"))
    assert "19900005678" not in str(seen)
    assert "贾演示" not in str(seen)


def test_every_demand_becomes_exactly_one_ticket_and_goes_its_way_to_the_call_back(township: Township) -> None:
    """R29, R30, R51, R54: one ticket a demand; nothing closes without an answer and a call-back by another unit."""
    items: list[dict[str, Any]] = []
    township.instance.patiently(lambda: httpx.Response(200 if (items := township.tickets()) and len(items) == 2 else 503))
    items = sorted(township.tickets(), key=lambda item: item["no"])
    assert len(items) == 2
    ticket = f"/api/issues/issues/{items[0]['id']}"
    act = {
        name: (lambda verb, body, who=person: township.ok(who.post(f"{ticket}/{verb}", json=body)))
        for name, person in {**township.people, "caller": township.caller}.items()
    }
    act["liaison"]("accept", {})
    bare = township.people["deputy"].post(f"{ticket}/dispatch", json={"unit": T})
    assert bare.status_code == 422
    leader = str(derived_id("member", f"{T}-head"))
    said = {"unit": T, "leader": leader, "measures": "对接人社部门专场招聘", "due": "standard"}
    # The ticket follows from the visit; that its service knows the unit follows from the roster, and may come a moment later.
    done = township.ok(township.instance.patiently(lambda: township.people["deputy"].post(f"{ticket}/dispatch", json=said)))
    assert done["due"]["derivation"]
    act["worker"]("sign", {})
    act["worker"]("progress", {"note": "已联系企业确认岗位要求", "contacted": True})
    early = township.caller.post(f"{ticket}/close", json={})
    assert early.status_code == 409
    act["worker"]("resolve", {"outcome": "solved", "result": "招聘到位十人", "reply": "已为贵公司招聘焊工十名,请查收名单"})
    own = township.people["worker"].post(f"{ticket}/approve", json={})
    assert own.status_code == 403
    act["deputy"]("approve", {})
    inside = township.people["head"].post(f"{ticket}/call-back", json={"outcome": "answered", "rating": "5"})
    assert inside.status_code == 403
    act["caller"]("call-back", {"outcome": "answered", "rating": "4"})
    assert act["caller"]("close", {})["stage"] == "closed"


def test_the_ledger_tells_the_visit_its_tickets_and_its_proof(township: Township) -> None:
    """R22: 附件3 from the events alone."""
    ledger = township.ledger(min=township.minimum())
    (row,) = ledger["rows"]
    text = str(row)
    assert "演示建材" in text
    assert all(item["no"] in text for item in township.tickets())
    assert "19900005678" not in text
    earlier = township.ledger(as_of=township.before.isoformat())
    assert earlier["rows"] == []
    assert earlier["digest"] != ledger["digest"]
    ask = {"month": township.month, "unit": T, "min": township.minimum()}
    (unit,) = township.ok(township.people["head"].get("/api/reporting/coverage", params=ask))["whole_month"]["units"]
    assert (unit["n"], unit["d"], unit["pct"]) == (1, 1, "100.00")


def test_the_workbook_opens_and_holds_no_formula(township: Township) -> None:
    sent = township.people["head"].get(f"/api/reporting/ledgers/{T}/{township.month}/workbook")
    book = openpyxl.load_workbook(io.BytesIO(sent.content))
    assert book.sheetnames == ["附件3", "月度汇总", "明细"]
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line if cell.value is not None]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    assert any("=1+1 招工难" in str(cell.value) for cell in cells)


def test_the_liaison_files_the_head_signs_and_the_filed_ledger_stays(township: Township) -> None:
    """R59: cut, rows and digest are locked; on time up to the 27th."""
    base = f"/api/reporting/ledgers/{T}/{township.month}"
    assert township.people["head"].post(f"{base}/submit", json={}).status_code == 403
    filed = township.ok(township.people["liaison"].post(f"{base}/submit", json={}, params={"min": township.minimum()}))
    assert filed["rows"] == 1
    assert filed["on_time"] is (township.today.day <= 27)
    assert township.people["head"].post(f"{base}/sign", json={"digest": "0" * 64}).status_code == 409
    assert township.ok(township.people["head"].post(f"{base}/sign", json={"digest": filed["digest"]}))["stage"] == "signed"
    (mine,) = [
        item
        for item in township.ok(township.office.get("/api/reporting/ledgers", params={"month": township.month}))["items"]
        if item["unit"] == T
    ]
    assert (mine["signed"], mine["state"]) == (True, "on_time" if township.today.day <= 27 else "late")


def test_who_may_not_see_is_told_so(township: Township) -> None:
    stranger = township.instance.client("L-X-head", "head", "L-X")
    admin = township.instance.client("admin", "admin", "office")
    auditor = township.instance.client("auditor", "auditor", "office")
    for person, status in ((stranger, 403), (admin, 403), (auditor, 200)):
        assert person.get(f"/api/reporting/ledgers/{T}/{township.month}").status_code == status
        assert person.get(f"/api/visits/visits/{township.visit_id}").status_code == status
    nobody = httpx.get(f"{township.instance.address}/api/visits/visits/{township.visit_id}", trust_env=False)
    assert (nobody.status_code, nobody.json()["title"]) == (401, "请先登录")


def test_a_visit_of_the_past_is_marked_as_entered_late(township: Township) -> None:
    told = {**township.told, "on": str(township.today - timedelta(days=1)), "demands": [], "mode": "phone", "ack": "sms"}
    if (township.today - timedelta(days=1)).month != township.today.month:
        told["on"] = str(township.today)
    sent = township.people["worker"].put(f"/api/visits/visits/{new_id()}", json=told)
    assert township.ok(sent)["late_entry"] is (told["on"] != str(township.today))
