"""R29 听心声、听建议、听诉求…建立问题台账,做到全覆盖、不遗漏、无死角."""

from __future__ import annotations

import asyncio
from datetime import date
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import openpyxl
from support.desk import Desk, a_desk, member
from support.roster import credit
from support.teller import some_visits, tell
from support.world import District, until

from services.issues.domain.omission import ticket_of_omission
from shared.events.visits import Demand, VisitCorrected, Visited, Visitor, VisitRecorded
from shared.http.service import Service
from shared.language.personal import Personal
from shared.language.terms import Category, Line, Mode, Nature, Role, derived_id
from shared.log.eventlog import after

HEARD = {"difficulties": "流动资金偏紧,银行贷款办不下来", "suggestions": "希望多组织产销对接"}


def told(desk: Desk, kind: Any = VisitRecorded, **more: Any) -> VisitRecorded:
    enterprise = UUID(desk.enterprises[0])
    contact = derived_id("contact", str(enterprise))
    fact: dict[str, Any] = {
        "enterprise": Visited(id=enterprise, code=credit(1), name="某1公司"),
        "on": date(2026, 9, 14),
        "mode": Mode.ON_SITE,
        "visitors": (Visitor(member=member("w"), unit="T01", line=Line.HORIZONTAL, role=Role.WORKER),),
        "interviewee": Personal("李某").about(contact),
        "phone": Personal("19900000001").about(contact),
        **more,
    }
    return kind(**fact)


async def heard(desk: Desk, visits: Service) -> None:
    """Wait until issues has taken in all that visits said."""
    head = await visits.pool.fetchval("select pos from log.head")

    async def there() -> bool:
        names = ("heard", "omissions-from-visits", "tickets-from-visits")
        rows = await desk.issues.pool.fetch("select pos from cursor where name = any($1)", list(names))
        return [row["pos"] for row in rows] == [head] * 3

    await until(there)


async def listed(desk: Desk, account: str = "office", **params: Any) -> dict[str, Any]:
    async with desk.who(account) as client:
        answer = await client.get("/queues/omissions", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_each_demand_has_one_ticket_and_a_visit_without_any_waits_for_a_person(district: District) -> None:
    """3 kinds (心声/建议/诉求) recorded; each 诉求 becomes exactly one ticket; visit with difficulty text but no ticket → prompt
    and 疑似遗漏 list
    """
    desk, visits = await a_desk(district), await some_visits(district)
    full, silent, suspected = uuid4(), uuid4(), uuid4()
    demands = (Demand(no=1, content="协调贷款"), Demand(no=2, content="招聘十人", category=Category.LABOUR))
    await tell(district, visits, full, told(desk, demands=demands, **HEARD))
    await tell(district, visits, silent, told(desk, difficulties="暂无困难和问题", suggestions="无"))
    await tell(district, visits, suspected, told(desk, **HEARD))
    await heard(desk, visits)

    async with desk.who("office") as office:
        tickets = (await office.get("/issues")).json()
    assert {(item["visit"], item["demand"], item["content"]) for item in tickets["items"]} == {
        (str(full), 1, "协调贷款"),
        (str(full), 2, "招聘十人"),
    }
    page = await listed(desk)
    assert page["heard"] == {"visits": 3, "voices": 3, "suggestions": 3, "demands": 2, "tickets": 2, "without_ticket": 0}
    assert page["counts"] == {"suspected": 1, "dismissed": 0, "opened": 0, "cleared": 0}
    (item,) = page["items"]
    assert (item["visit"], item["unit"], item["mode_label"]) == (str(suspected), "T01", "实地走访")
    assert item["heard"] == {"心声": HEARD["difficulties"], "建议": HEARD["suggestions"], "诉求": []}
    assert [clue["why"] for clue in item["clues"]] == ["填写了困难和问题,没有诉求", "含有「办不下来」", "含有「希望」"]

    # Delivered again, nothing changes.
    async with visits.pool.acquire() as connection:
        entries = await after(connection, 0, 100)
    from services.issues.reactions import reactions

    for entry in (*entries, *reversed(entries)):
        for reaction in reactions(desk.issues):
            if entry.type in reaction.types:
                await reaction.react(entry)
    assert (await listed(desk))["counts"]["suspected"] == 1
    async with desk.who("office") as office:
        assert (await office.get("/issues")).json()["total"] == 2


async def test_a_person_rules_and_a_demand_becomes_exactly_one_ticket(district: District) -> None:
    """Beyond: keyword/rule miner, human decides."""
    desk, visits = await a_desk(district), await some_visits(district)
    first, second = uuid4(), uuid4()
    await tell(district, visits, first, told(desk, **HEARD))
    await tell(district, visits, second, told(desk, difficulties="无", suggestions="希望简化办事材料"))
    await heard(desk, visits)
    assert [item["visit"] for item in (await listed(desk, "l"))["items"]] == sorted([str(first), str(second)])
    assert (await listed(desk, "h5"))["total"] == 0

    body = {"content": "请协调银行续贷", "category": "finance"}
    for account, status in (("h5", 403), ("w", 403), ("inspector", 403), ("hotline", 403)):
        async with desk.who(account) as client:
            assert (await client.post(f"/omissions/{first}/open", json=body)).status_code == status, account
    async with desk.who("h") as head:
        both = await asyncio.gather(*(head.post(f"/omissions/{first}/open", json=body) for _ in range(3)))
        assert [answer.status_code for answer in both] == [200, 200, 200], both[0].text
        other = await head.post(f"/omissions/{first}/dismiss", json={"reason": "无诉求"})
        assert (other.status_code, other.json()["title"]) == (409, "该疑似遗漏已裁定,结论不同")
    opened = both[0].json()
    assert (opened["stage"], opened["ticket"]) == ("opened", str(ticket_of_omission(first)))
    ticket = await desk.shown(opened["ticket"])
    assert (ticket["visit"], ticket["unit"], ticket["source"], ticket["content"]) == (str(first), "T01", "visit", body["content"])
    assert ticket["phone"] == "199****0001"  # Whom to call back is known.

    async with desk.who("d") as deputy:
        assert (await deputy.post(f"/omissions/{second}/dismiss", json={"reason": "。"})).status_code == 422
        done = await deputy.post(f"/omissions/{second}/dismiss", json={"reason": "属一般性建议,已作记录"})
        assert (done.status_code, done.json()["stage_label"]) == (200, "无诉求")
    assert (await listed(desk))["counts"] == {"suspected": 0, "dismissed": 1, "opened": 1, "cleared": 0}
    assert (await listed(desk, stage="dismissed"))["items"][0]["reason"] == "属一般性建议,已作记录"

    # The same words again change no ruling; a ticket once opened stays.
    await tell(district, visits, second, told(desk, VisitCorrected, difficulties="无", suggestions="希望简化办事材料", note="改"))
    await tell(district, visits, first, told(desk, VisitCorrected, demands=(Demand(no=1, content="续贷"),), **HEARD))
    await heard(desk, visits)
    assert (await listed(desk))["counts"] == {"suspected": 0, "dismissed": 1, "opened": 1, "cleared": 0}


async def test_a_corrected_visit_that_brings_its_demands_clears_it(district: District) -> None:
    """And one that comes to speak of difficulties is pointed at anew."""
    desk, visits = await a_desk(district), await some_visits(district)
    visit = uuid4()
    await tell(district, visits, visit, told(desk, **HEARD))
    await heard(desk, visits)
    await tell(district, visits, visit, told(desk, VisitCorrected, demands=(Demand(no=1, content="协调贷款"),), **HEARD))
    await heard(desk, visits)
    page = await listed(desk, stage="cleared")
    assert (page["counts"]["suspected"], page["counts"]["cleared"]) == (0, 1)
    assert page["items"][0]["heard"]["诉求"] == ["协调贷款"]
    async with desk.who("office") as office:
        refused = await office.post(f"/omissions/{visit}/open", json={"content": "协调贷款"})
        assert (refused.status_code, refused.json()["title"]) == (409, "走访已更正,不再疑似遗漏")
        assert (await office.get("/issues")).json()["total"] == 1
        assert (await office.get(f"/omissions/{uuid4()}")).status_code == 404


async def test_the_register_has_every_column_in_chinese_and_prints(district: District) -> None:
    """问题台账 of a unit and a month, out of the log; 性质 tells 建议 from 求助."""
    desk = await a_desk(district)
    desk.now("09-24T10:00:00")
    one = await desk.signed(content="=cmd|'/c calc'!A0", phone="19900000001", reporter="李某")
    two = await desk.reported(nature=str(Nature.SUGGESTION), content="建议增设公交站点", enterprise=1)
    await desk.ask("w", one, "progress", note="已上门", contacted=True, next_on="2026-09-29")
    await desk.ask("h", one, "request-extension", workdays=3, reason="需检测", plan="三日内完成", told=True)
    await desk.ask("office", one, "approve-extension", note="同意")
    await desk.ask("inspector", one, "supervise", colour="yellow", words="请加快办理")
    await desk.ask("w", one, "resolve", outcome="solved", result="已疏通", reply="积水已排除。")
    await desk.ask("d", one, "approve")
    await desk.ask("caller", one, "call-back", outcome="answered", rating="4")
    await desk.ask("caller", one, "close")
    await desk.ask("office", two, "decline", reason="not_ours", text="属市级交通部门职权,已代为转告")
    async with desk.who("l") as liaison:
        page = (await liaison.get("/register", params={"month": "2026-09", "unit": "T01", "limit": 1})).json()
        following = await liaison.get("/register", params={"month": "2026-09", "cursor": page["next_cursor"]})
        book = await liaison.get("/register/workbook", params={"month": "2026-09", "unit": "T01"})
        again = await liaison.get("/register/workbook", params={"month": "2026-09", "unit": "T01"})
        assert (await liaison.get("/register", params={"month": "2026-13"})).status_code == 422
        assert (await liaison.get("/register", params={"month": "2026-09", "level": "city"})).json()["total"] == 0
    assert (page["total"], book.status_code) == (2, 200)
    assert book.content == again.content
    row = page["items"][0]
    assert row["no"] == "QXG-202609-T01-0001"
    assert (row["leader"], row["handler"], row["unit"], row["level"]) == ("张三", "张三", "某T01", "网格")
    assert (row["reporter"], row["due"], row["first_due"]) == ("李* 199****0001", "2026-10-15", "2026-10-12")
    assert row["extended"] == "1次:3个工作日至2026-10-15,张三批准"
    assert (row["in_time"], row["rating"], row["outcome"]) == ("按期/按期", "满意", "解决")
    assert (row["slips"], row["calls"]) == ("贵服督〔2026〕1号(黄,未回复)", "1次:2026-09-24 电话 张三 已接通")
    second = following.json()["items"][0]
    assert (second["nature"], second["reasonable"]) == ("建议", "未认定:不属于本区职权范围")
    sheet = openpyxl.load_workbook(BytesIO(book.content)).active
    assert sheet is not None
    table = list(sheet.iter_rows(min_row=3, values_only=True))
    labels = [
        "问题编号",
        "来源",
        "外部工单号",
        "企业",
        "内容",
        "性质",
        "承办单位(主办)",
        "协办单位",
        "责任领导",
        "初始时限",
        "当前时限",
        "满意度",
        "备注",
    ]
    assert set(labels) <= set(table[0])
    assert [line[0] for line in table[1:]] == ["QXG-202609-T01-0001", "QXG-202609-T01-0002"]
    assert table[1][table[0].index("内容")] == "=cmd|'/c calc'!A0"
    assert sheet["B1"].value == "某T012026年9月贵人服务问题台账"


async def test_a_row_of_an_escalated_ticket_tells_its_days_in_their_order(district: District) -> None:
    """交办 comes before 签收; the day of the level above stands in its own column."""
    desk = await a_desk(district)
    desk.now("09-24T10:00:00")
    id_ = await desk.dispatched()
    desk.now("09-28T10:00:00")
    await desk.ask("w", id_, "sign")
    desk.now("09-30T10:00:00")
    await desk.ask("h", id_, "request-escalation", tried="两次现场协调", request="请区级协调")
    await desk.ask("office", id_, "approve-escalation", unit="D05", leader=str(member("h5")), handler=str(member("w5")))
    async with desk.who("office") as office:
        (row,) = (await office.get("/register", params={"month": "2026-09"})).json()["items"]
    assert (row["dispatched_on"], row["signed_on"], row["level"]) == ("2026-09-24", "2026-09-28", "区")
    assert "2026-09-30" in row["lifted"]
