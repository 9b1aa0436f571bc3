"""R53 服务热线专人接听."""

from __future__ import annotations

import asyncio
import csv
import io
from typing import Any
from uuid import uuid4

import httpx
import openpyxl
import pytest
import xlsxwriter
from support.desk import Desk, a_desk, member
from support.roster import credit
from support.world import District

from shared.language.terms import Role

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
    (
        "GZ12345-0001",
        "2026-09-14 09:12",
        "某1公司",
        credit(1),
        "厂区停电,\n何时恢复?",
        "用能(水电气讯)",
        "咨询",
        "紧急",
        "2026-09-15",
        "王五",
        "19900000011",
        "二次来电",
    ),
    (
        "GZ12345-0002",
        "2026-09-14 09:30",
        "查无此公司",
        "",
        "路灯不亮",
        "其他",
        "投诉",
        "一般",
        "2026/9/20",
        "赵六",
        "19900000012",
        "",
    ),
    ("GZ12345-0003", "", "某2公司", credit(1), "名称和代码对不上", "", "", "", "", "", "", ""),
    ("GZ12345-0004", "", "某2公司", "", "贷款难", "融资", "求助", "普通", "明天", "", "1", ""),
    ("GZ12345-0001", "2026-09-14 09:12", "某1公司", credit(1), "厂区停电,\n何时恢复?", "", "", "", "", "", "", ""),
)


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

        taken = {
            "caller": "王小明",
            "phone": "19900000021",
            "enterprise": desk.enterprises[0],
            "content": "问什么时候通水",
            "demand": {"content": "厂区停水两天", "category": "utilities"},
        }
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
        back = {
            "outcome": "answered",
            "note": "已联系",
            "caller": "李四",
            "enterprise": desk.enterprises[1],
            "demand": {"content": "门口占道停车"},
        }
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
            ["按企业名称未找到企业"],
            ["企业名称与统一社会信用代码不是同一企业"],
            ["办理时限不是日期"],
        ]
        again = await ok(await office.post("/orders/import", content=body, params={"apply": True}))
        assert again["counts"] == {"known": 2, "waiting": 3}
        assert again["items"][0]["ticket"] == told["items"][0]["ticket"]

        ticket = told["items"][0]["ticket"]
        shown = await desk.shown(ticket)
        assert (shown["source"], shown["external_no"], shown["external_due"], shown["content"], shown["nature"]) == (
            "transferred",
            "GZ12345-0001",
            "2026-09-15",
            "厂区停电,\n何时恢复?",
            "enquiry",
        )
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


async def test_two_people_who_import_the_same_file_at_once_open_one_ticket(desk: Desk) -> None:
    async with desk.who("office") as office, desk.who("office-head") as other:
        both = await asyncio.gather(
            *(who.post("/orders/import", content=as_csv(), params={"apply": True}) for who in (office, other, office))
        )
        told = [await ok(answer) for answer in both]
        assert len({item["ticket"] for answer in told for item in answer["items"] if item["external_no"] == ROWS[0][0]}) == 1
        assert (await ok(await office.get("/issues")))["total"] == 1
        assert (await ok(await office.get("/orders/held")))["total"] == 3


async def test_a_connector_sends_orders_one_by_one(desk: Desk) -> None:
    order = {"no": "GZ12345-0100", "enterprise": "某1公司", "content": "招工难", "due": "2026年9月18日", "phone": "0857-8222222"}
    async with desk.district.client(desk.issues, Role.OFFICE, account="connector") as client:
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


OTHERWISE = {
    "due": "2026-09-16",
    "urgency": "紧急",
    "category": "融资",
    "nature": "投诉",
    "contact": "某某",
    "phone": "13900000002",
    "called": "2026-09-14 08:00",
    "content": "别的事",
}


@pytest.mark.parametrize("waits", [True, False])
async def test_whatever_a_second_order_of_one_number_says_otherwise_waits_for_a_person(desk: Desk, *, waits: bool) -> None:
    """Field by field, also of what already is a ticket: never silence. What it leaves out is no other statement."""
    order = {
        "no": "RV-ORD-1",
        "enterprise": "没有的公司" if waits else "某1公司",
        "content": "招工难",
        "phone": "13900000001",
        "called": "2026-09-13 08:00",
    }
    async with desk.district.client(desk.issues, Role.OFFICE, account="connector") as client:
        first = await ok(await client.post("/orders", json=order))
        assert first["outcome"] == ("held" if waits else "opened")
        less = {name: order[name] for name in ("no", "enterprise", "content")}
        for same in (order, less):
            assert (await ok(await client.post("/orders", json=same)))["outcome"] in ("waiting", "known")
        for field, value in OTHERWISE.items():
            if field == "called" and not waits:
                continue
            told = await ok(await client.post("/orders", json=order | {field: value}))
            assert told["outcome"] == "held" and "编号此前已收" in told["reasons"][0], field
            again = await ok(await client.post("/orders", json=order | {field: value}))
            assert (again["outcome"], again["order"]) == ("waiting", told["order"]), field


async def test_a_call_missed_on_the_eve_of_a_holiday_waits_for_the_next_working_day(desk: Desk) -> None:
    async with desk.who("hotline") as hotline:
        for number, (hour, due) in enumerate(
            [("18T17:50", "09-20"), ("24T17:50", "09-28"), ("25T10:00", "09-28"), ("30T18:00", "10-08")]
        ):
            desk.now(f"09-{hour}")
            lost = await ok(await hotline.put(f"/calls/{uuid4()}/missed", json={"phone": f"1990000003{number}"}), 201)
            assert lost["due"] == f"2026-{due}", hour
        desk.now("10-08T23:59")  # The Friday's was due on a worked Sunday, those of the eve on the 28th, the last one today.
        told = await ok(await hotline.get("/calls", params={"overdue": True}))
        assert [item["phone"] for item in told["items"]] == ["199****0030", "199****0031", "199****0032"]
        desk.now("10-09T00:00")
        assert (await ok(await hotline.get("/calls", params={"overdue": True})))["total"] == 4


async def test_the_same_number_with_another_content_waits_for_a_person_and_loses_nothing(desk: Desk) -> None:
    first = {"no": "GZ-7", "enterprise": "某1公司", "content": "招工难", "due": "2026-09-18"}
    async with desk.who("office") as office:
        ticket = (await ok(await office.post("/orders", json=first)))["ticket"]
        for same in ({"content": " 招工难\r\n"}, {"due": "2026/9/18"}, {"due": ""}):
            again = await ok(await office.post("/orders", json={**first, **same}))
            assert (again["outcome"], again["ticket"]) == ("known", ticket), same
        for change, what in (
            ({"content": "招工仍难,请督办"}, "内容"),
            ({"due": "2026-09-16"}, "办理时限"),
            ({"enterprise": "某2公司"}, "企业"),
        ):
            for outcome in ("held", "waiting"):
                told = await ok(await office.post("/orders", json={**first, **change}))
                assert (told["outcome"], told["ticket"]) == (outcome, None)
                if outcome == "held":
                    assert what in told["reasons"][0]
        assert (await desk.shown(ticket))["content"] == "招工难"
        held = (await ok(await office.get("/orders/held")))["items"]
        assert [item["external_no"] for item in held] == ["GZ-7"] * 3
        one, two, _ = held
        twice = await office.post(f"/orders/{one['id']}/match", json={"enterprise": desk.enterprises[0]})
        assert twice.status_code == 409, twice.text  # One number, one ticket.
        own = {"enterprise": desk.enterprises[1], "external_no": "GZ-7-2"}
        done = await ok(await office.post(f"/orders/{one['id']}/match", json=own))
        assert (await desk.shown(done["ticket"]))["external_no"] == "GZ-7-2"
        await ok(await office.post(f"/orders/{one['id']}/match", json=own))
        assert (await office.post(f"/orders/{one['id']}/match", json={**own, "external_no": "GZ-7-3"})).status_code == 409
        await ok(await office.post(f"/orders/{two['id']}/dismiss", json={"reason": "已并入原工单办理"}))
        # What was sent back because its number has a ticket is answered by that ticket, not by going back.
        assert (await ok(await office.get("/orders/replies")))["items"] == []
        assert (await ok(await office.get("/issues")))["total"] == 2


async def test_an_order_that_was_sent_back_may_come_again_with_what_it_lacked(desk: Desk) -> None:
    lacking = {"no": "GZ-8", "content": "路灯不亮"}
    async with desk.who("office") as office:
        held = await ok(await office.post("/orders", json=lacking))
        await ok(await office.post(f"/orders/{held['order']}/dismiss", json={"reason": "请补充企业名称"}))
        assert (await ok(await office.post("/orders", json=lacking)))["outcome"] == "settled"
        again = await ok(
            await office.post("/orders", json={**lacking, "content": "某1公司门口路灯不亮", "enterprise": "某1公司"})
        )
        assert again["outcome"] == "held"
        await ok(await office.post(f"/orders/{again['order']}/match", json={"enterprise": desk.enterprises[0]}))
        told = await ok(await office.get("/orders/replies", params={"answered": False}))
    assert [(item["external_no"], item["stage_label"], item["reply"]) for item in told["items"]] == [("GZ-8", "待受理", None)]


async def test_a_preview_tells_rows_of_one_number_apart(desk: Desk) -> None:
    body = "工单编号,企业名称,内容\nA-1,某1公司,没有水\nA-1,某1公司,没有水\nA-1,某1公司,没有电".encode()
    async with desk.who("office") as office:
        seen = await ok(await office.post("/orders/import", content=body))
        assert [item["outcome"] for item in seen["items"]] == ["would-open", "known", "would-hold"]
        assert seen["items"][2]["reasons"] == ["与第2行编号相同,但内容不同"]
        told = await ok(await office.post("/orders/import", content=body, params={"apply": True}))
        assert [item["outcome"] for item in told["items"]] == ["opened", "known", "held"]
        again = await ok(await office.post("/orders/import", content=body, params={"apply": True}))
        assert [item["outcome"] for item in again["items"]] == ["known", "known", "waiting"]


@pytest.mark.parametrize(("theirs", "due"), [("2026-09-15", "2026-09-15"), ("2026-12-31", "2026-09-22")])
async def test_the_earlier_of_two_deadlines_wins(desk: Desk, theirs: str, due: str) -> None:
    async with desk.who("office") as office:
        told = await ok(
            await office.post("/orders", json={"no": "A-2", "enterprise": "某1公司", "content": "没有水", "due": theirs})
        )
    await desk.ask("office", told["ticket"], "accept")
    order = {"unit": "T01", "leader": str(member("h")), "measures": "联系水务", "due": "standard"}
    assert (await desk.ask("office", told["ticket"], "dispatch", **order))["due"]["on"] == due
    assert (await desk.shown(told["ticket"]))["external_due"] == theirs


async def test_replies_go_back_with_their_number_and_a_formula_stays_a_text(desk: Desk) -> None:
    formula = '=HYPERLINK("http://example.invalid","x")'
    async with desk.who("office") as office:
        ids: list[str] = []
        for no, content in (("=1+1", formula), ("A-4", "没有电"), ("A-5", "没有路"), ("A-6", "没有网")):
            order = {"no": no, "enterprise": "某1公司", "content": content, "due": "2026-09-30"}
            ids.append((await ok(await office.post("/orders", json=order)))["ticket"])
        solved, declined, withdrawn, _ = ids
        await desk.ask("office", declined, "decline", reason="not_ours", text="+请向供电部门提出")
        await desk.ask("caller", withdrawn, "withdraw", reason="已自行解决", call="09-14 电话确认")
        await desk.ask("office", solved, "accept")
        leads = {"unit": "T01", "leader": str(member("h")), "measures": "联系水务", "due": "standard"}
        await desk.ask("office", solved, "dispatch", **leads)
        await desk.ask("w", solved, "sign")
        await desk.ask("w", solved, "resolve", outcome="solved", result="已通水", reply="@已通水")
        assert len((await ok(await office.get("/orders/replies")))["items"]) == 2  # Nobody has let this reply out yet.
        desk.now("09-15T09:00")
        await desk.ask("d", solved, "approve")
        told = (await ok(await office.get("/orders/replies")))["items"]
        said = {item["external_no"]: (item["outcome_label"], item["reply"], item["replied_on"]) for item in told}
        assert said == {
            "=1+1": ("解决", "@已通水", "2026-09-15"),
            "A-4": ("不予受理", "+请向供电部门提出", "2026-09-14"),
            "A-5": ("企业撤回", "已自行解决", "2026-09-14"),
        }
        later = await ok(await office.get("/orders/replies", params={"since": "2026-09-15"}))
        assert [item["external_no"] for item in later["items"]] == ["=1+1"]
        assert (await ok(await office.get("/orders/replies", params={"answered": False})))["total"] == 4
        cut = await ok(await office.get("/orders/replies", params={"limit": 1}))
        assert (len(cut["items"]), cut["total"]) == (1, 3)
        made = await office.get("/orders/replies", params={"format": "xlsx"})
        async with desk.who("w") as worker:
            assert (await worker.get("/orders/replies")).status_code == 403
    page = openpyxl.load_workbook(io.BytesIO(made.content)).active
    assert page is not None
    cells = {cell.value: cell.data_type for row in page.iter_rows() for cell in row}
    assert [cells[text] for text in ("=1+1", formula, "@已通水", "+请向供电部门提出")] == ["s"] * 4
    assert "f" not in cells.values()


async def test_a_formula_in_a_file_is_read_as_what_it_shows(desk: Desk) -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    page = book.add_worksheet()
    for place, name in enumerate(("工单编号", "企业名称", "内容")):
        page.write_string(0, place, name)
    page.write_string(1, 0, "A-9")
    page.write_formula(1, 1, '="某"&"1公司"', None, "某1公司")  # type: ignore[arg-type]
    page.write_formula(1, 2, '=CONCATENATE("没有","水")', None, "没有水")  # type: ignore[arg-type]
    book.close()
    async with desk.who("office") as office:
        told = await ok(await office.post("/orders/import", content=out.getvalue(), params={"apply": True}))
    assert told["counts"] == {"opened": 1}
    assert (await desk.shown(told["items"][0]["ticket"]))["content"] == "没有水"
