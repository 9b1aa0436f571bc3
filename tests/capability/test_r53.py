"""R53 服务热线专人接听."""

from __future__ import annotations

import csv
import io
from typing import Any
from uuid import uuid4

import httpx
import pytest
import xlsxwriter
from support.desk import Desk, a_desk, member
from support.roster import credit
from support.world import District

from shared.terms import Role

HEADS = (
    "工单编号",
    "来电时间",
    "企业名称",
    "统一社会信用代码",
    "内容",
    "类别",
    "性质",
    "紧急程度",
    "办理时限",
    "联系人",
    "联系电话",
    "坐席备注",
)
ROWS = (
    ("GZ12345-0001", "2026-09-14 09:12", "某1公司", credit(1), "厂区停电,\n何时恢复?", "用能(水电气讯)", "咨询", "紧急", "2026-09-15", "王五", "19900000011", "二次来电"),
    ("GZ12345-0002", "2026-09-14 09:30", "查无此公司", "", "路灯不亮", "其他", "投诉", "一般", "2026/9/20", "赵六", "19900000012", ""),
    ("GZ12345-0003", "", "某2公司", credit(1), "名称和代码对不上", "", "", "", "", "", "", ""),
    ("GZ12345-0004", "", "某2公司", "", "贷款难", "融资", "求助", "普通", "明天", "", "1", ""),
    ("GZ12345-0001", "2026-09-14 09:12", "某1公司", credit(1), "厂区停电,\n何时恢复?", "", "", "", "", "", "", ""),
)  # fmt: skip


def as_csv() -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows((HEADS, *ROWS))
    return out.getvalue().encode("gb18030")


def as_xlsx() -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    page = book.add_worksheet()
    for line, row in enumerate((HEADS, *ROWS)):
        for place, cell in enumerate(row):
            page.write_string(line, place, cell)
    book.close()
    return out.getvalue()


@pytest.fixture
async def desk(district: District) -> Desk:
    made = await a_desk(district)
    made.now("09-14T10:00:00")
    return made


async def ok(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_the_desk_is_staffed_by_day_and_every_call_is_written_down(desk: Desk) -> None:
    """desk roster by day; call log (number masked); missed-call follow-up ≤1wd"""
    days = [{"on": "2026-09-14", "members": [str(member("hotline"))]}, {"on": "2026-09-15", "members": [str(member("office"))]}]
    async with desk.who("hotline") as hotline, desk.who("office") as office, desk.who("w") as worker:
        assert (await hotline.put("/duty/2026-09", json={"days": days})).status_code == 403
        told = await ok(await office.put("/duty/2026-09", json={"days": days}), 201)
        assert [day["members"][0]["account"] for day in told["days"]] == ["hotline", "office"]
        assert "2026-09-16" in told["empty_workdays"]
        assert "2026-09-19" not in told["empty_workdays"]
        stranger = [{"on": "2026-09-14", "members": [str(member("w"))]}]
        new = [*days, {"on": "2026-09-16", "members": [str(member("hotline"))]}]
        mark = {"If-Match": '"1"'}
        assert (
            await office.post("/duty/2026-09/revise", json={"days": stranger, "reason": "请假"}, headers=mark)
        ).status_code == 409
        assert (await office.post("/duty/2026-09/revise", json={"days": new}, headers=mark)).status_code == 422
        told = await ok(await office.post("/duty/2026-09/revise", json={"days": new, "reason": "补排"}, headers=mark))
        assert (told["version"], told["reason"], len(told["days"])) == (2, "补排", 3)
        assert (await office.put("/duty/2026-09", json={"days": stranger})).status_code == 409

        taken = {"caller": "王小明", "phone": "19900000021", "enterprise": desk.enterprises[0], "content": "问什么时候通水",
                 "demand": {"content": "厂区停水两天", "category": "utilities"}}  # fmt: skip
        id_ = str(uuid4())
        call = await ok(await hotline.put(f"/calls/{id_}/taken", json=taken), 201)
        assert (call["caller"], call["phone"], call["stage_label"]) == ("王**", "199****0021", "已接听")
        assert (await ok(await hotline.put(f"/calls/{id_}/taken", json=taken)))["replayed"] is True
        assert (await hotline.put(f"/calls/{id_}/taken", json={**taken, "content": "别的"})).status_code == 409
        ticket = await desk.shown(call["ticket"], "hotline")
        assert (ticket["no"], ticket["source"], ticket["phone"]) == (call["ticket_no"], "hotline", "199****0021")
        assert ticket["timeline"][0]["actor"] == str(member("hotline"))
        nobody = {**taken, "enterprise": None}
        assert (await hotline.put(f"/calls/{uuid4()}/taken", json=nobody)).status_code == 409
        assert (await worker.get("/calls")).status_code == 403

        lost = str(uuid4())
        gone = await ok(await hotline.put(f"/calls/{lost}/missed", json={"phone": "19900000022"}), 201)
        assert (gone["due"], gone["colour"], gone["late"]) == ("2026-09-15", "none", False)
        desk.now("09-16T09:00:00")
        red = await ok(await hotline.get("/calls", params={"overdue": True}))
        assert [(item["id"], item["colour"]) for item in red["items"]] == [(lost, "red")]
        assert red["counts"] == {"missed": 1, "overdue": 1, "today": 0}
        number = await ok(await hotline.post(f"/calls/{lost}/unmask", json={"reason": "回拨未接来电"}))
        assert number["phone"] == "19900000022"
        tried = await ok(await hotline.post(f"/calls/{lost}/follow", json={"outcome": "unreached"}))
        assert (tried["stage"], tried["tries"]) == ("missed", 1)
        back = {"outcome": "answered", "note": "已联系", "caller": "李四", "enterprise": desk.enterprises[1],
                "demand": {"content": "门口占道停车"}}  # fmt: skip
        over = await ok(await hotline.post(f"/calls/{lost}/follow", json=back))
        assert (over["stage"], over["late"], over["followed_on"]) == ("followed", True, "2026-09-16")
        assert (await desk.shown(over["ticket"]))["phone"] == "199****0022"
        assert (await hotline.post(f"/calls/{lost}/follow", json=back)).status_code == 409
        assert len((await ok(await hotline.get(f"/calls/{lost}")))["attempts"]) == 2
    facts = str(await desk.facts(id_)) + str(await desk.facts(lost))
    assert "1990000" not in facts
    assert "王小明" not in facts


async def test_two_missed_tries_a_day_are_not_enough_but_three_on_two_days_are(desk: Desk) -> None:
    id_ = str(uuid4())
    async with desk.who("hotline") as hotline:
        await ok(await hotline.put(f"/calls/{id_}/missed", json={"phone": "19900000023"}), 201)
        for hour, stage in (("14T11:00:00", "missed"), ("14T15:00:00", "missed"), ("15T09:00:00", "followed")):
            desk.now(f"09-{hour}")
            told = await ok(await hotline.post(f"/calls/{id_}/follow", json={"outcome": "unreached"}))
            assert told["stage"] == stage
        assert told["late"] is False


@pytest.mark.parametrize("body", [as_csv(), as_xlsx()], ids=["csv-gb18030", "xlsx"])
async def test_12345_orders_keep_their_number_and_their_deadline(desk: Desk, body: bytes) -> None:
    """Beyond: 12345 import keeps external no./deadline; nothing is lost, nothing is taken twice."""
    async with desk.who("office") as office, desk.who("w") as worker:
        assert (await worker.post("/orders/import", content=body)).status_code == 403
        seen = await ok(await office.post("/orders/import", content=body))
        assert seen["counts"] == {"known": 1, "would-open": 1, "would-hold": 3}
        assert seen["unused_columns"] == ["坐席备注"]
        assert (await ok(await office.get("/issues")))["total"] == 0
        told = await ok(await office.post("/orders/import", content=body, params={"apply": True}))
        assert told["counts"] == {"opened": 1, "known": 1, "held": 3}
        assert [item["reasons"][:1] for item in told["items"][1:4]] == [
            ["按企业名称未找到企业"], ["企业名称与统一社会信用代码不是同一企业"], ["办理时限“明天”不是日期"],
        ]  # fmt: skip
        again = await ok(await office.post("/orders/import", content=body, params={"apply": True}))
        assert again["counts"] == {"known": 2, "waiting": 3}
        assert again["items"][0]["ticket"] == told["items"][0]["ticket"]

        ticket = told["items"][0]["ticket"]
        shown = await desk.shown(ticket)
        assert (shown["source"], shown["external_no"], shown["external_due"], shown["content"], shown["nature"]) == (
            "transferred", "GZ12345-0001", "2026-09-15", "厂区停电,\n何时恢复?", "enquiry",
        )  # fmt: skip
        await desk.ask("office", ticket, "accept")
        order = {"unit": "T01", "leader": str(member("h")), "measures": "联系供电所", "due": "standard"}
        assert (await desk.ask("office", ticket, "dispatch", **order))["due"]["on"] == "2026-09-15"

        held = (await ok(await office.get("/orders/held")))["items"]
        assert len(held) == 3
        one = next(item for item in held if item["external_no"] == "GZ12345-0002")
        assert (one["phone"], one["external_due"], one["nature"]) == ("199****0012", "2026-09-20", "complaint")
        clear = await ok(await office.post(f"/orders/{one['id']}/unmask", json={"reason": "核对原始工单"}))
        assert "路灯不亮" in clear["row"]
        done = await ok(await office.post(f"/orders/{one['id']}/match", json={"enterprise": desk.enterprises[1]}))
        assert (await desk.shown(done["ticket"]))["external_no"] == "GZ12345-0002"
        await ok(await office.post(f"/orders/{one['id']}/match", json={"enterprise": desk.enterprises[1]}))
        assert (await office.post(f"/orders/{one['id']}/dismiss", json={"reason": "不是企业"})).status_code == 409
        other = next(item for item in held if item["external_no"] == "GZ12345-0003")
        await ok(await office.post(f"/orders/{other['id']}/dismiss", json={"reason": "非企业诉求,退回"}))
        assert (await ok(await office.get("/issues")))["total"] == 2
        back = (await ok(await office.get("/orders/replies")))["items"]
        assert [(item["external_no"], item["reply"]) for item in back] == [("GZ12345-0003", "非企业诉求,退回")]


async def test_a_connector_sends_orders_one_by_one(desk: Desk) -> None:
    order = {"no": "GZ12345-0100", "enterprise": "某1公司", "content": "招工难", "due": "2026年9月18日", "phone": "0857-8222222"}
    async with desk.district.client(desk.issues, Role.SYSTEM, account="connector") as client:
        first = await ok(await client.post("/orders", json=order))
        assert first["outcome"] == "opened"
        assert (await ok(await client.post("/orders", json=order)))["ticket"] == first["ticket"]
        assert (await ok(await client.post("/orders", json={"no": "", "content": ""})))["outcome"] == "held"
        for body in (b"", b"\xff\xfe\x00", b"PK\x03\x04bad", "甲,乙\n1,2".encode()):
            assert (await client.post("/orders/import", content=body)).status_code == 422
        assert (await client.post("/orders/import", content=b"x", params={"columns": "[1]"})).status_code == 422
        named = "诉求号,说的事,单位\nA-1,没有水,某1公司".encode()
        asked = '{"诉求号": "no", "说的事": "content", "单位": "enterprise"}'
        told = await ok(await client.post("/orders/import", content=named, params={"columns": asked, "apply": True}))
        assert told["counts"] == {"opened": 1}
