"""R14 制定相应工作方案,成立工作领导小组和工作专班."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from support.world import District

from shared.language.months import local_date
from shared.language.terms import Role, derived_id

OLD = "2019-01-01"
KINDS = ("plan", "leading_group", "task_force")


def paper(kind: str, **more: Any) -> dict[str, Any]:
    return {
        "document": str(uuid4()),
        "kind": kind,
        "number": f"〔2021〕{kind}号",
        "title": "关于“贵人服务”的文件",
        "issued": "2021-08-11",
        **more,
    }


async def test_what_a_unit_has_issued_is_kept_and_what_it_lacks_is_listed(district: District) -> None:
    """per unit: 方案, 领导小组, 专班 documents with number/date/members; missing list"""
    roster = await district.open()
    today = local_date(roster.clock())
    async with district.client(roster) as office:
        for code, kind, parent in (("520502", "district", None), ("T01", "township", "520502"), ("D01", "department", "520502")):
            await office.put(f"/units/{code}", json={"name": f"某{code}", "kind": kind, "parent": parent, "on": OLD})
        listed = (await office.get("/documents/missing")).json()["items"]
        assert [(item["code"], item["missing_labels"]) for item in listed] == [
            ("D01", ["工作方案", "工作领导小组", "工作专班"]),
            ("T01", ["工作方案", "工作领导小组", "工作专班"]),
        ]
    members = [str(derived_id("member", name)) for name in ("a", "b")]
    async with district.client(roster, Role.HEAD, unit="T01", account="h") as head, district.client(roster) as office:
        plan = paper("plan", members=members)
        for body in (
            plan,
            plan,
            paper("leading_group", members=members),
            paper("task_force", expires=str(today + timedelta(days=20))),
        ):
            assert (await head.post("/units/T01/document", json=body)).status_code == 200
        assert (await head.post("/units/D01/document", json=paper("plan"))).status_code == 403
        other = await head.post("/units/T01/document", json={**plan, "number": "改号"})
        assert other.json()["title"] == "该编号的文件已登记,内容不同"
        backwards = await head.post("/units/T01/document", json=paper("plan", expires="2020-01-01"))
        assert backwards.status_code == 422
        kept = (await head.get("/documents", params={"unit": "T01"})).json()["items"]
        assert [(item["kind"], item["number"], item["members"]) for item in kept if item["kind"] == "plan"] == [
            ("plan", "〔2021〕plan号", members)
        ]
        assert [item["code"] for item in (await office.get("/documents/missing")).json()["items"]] == ["D01"]
        assert (await head.get("/documents/missing")).json()["items"] == [], "a unit is told what it lacks itself"
        soon = (await head.get("/documents", params={"expiring": 30})).json()["items"]
        assert [item["kind"] for item in soon] == ["task_force"]
        later = (await office.get("/documents/missing", params={"on": str(today + timedelta(days=21))})).json()["items"]
        assert [(item["code"], item["missing"]) for item in later] == [("D01", list(KINDS)), ("T01", ["task_force"])]
        gone = {"document": plan["document"], "reason": "已重新印发"}
        assert (await head.post("/units/T01/withdraw-document", json=gone)).status_code == 200
        missing = (await head.get("/documents/missing")).json()["items"]
        assert [(item["code"], item["missing"]) for item in missing if item["code"] == "T01"] == [("T01", ["plan"])]
