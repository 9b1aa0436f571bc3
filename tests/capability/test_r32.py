"""R32 属于区级、市级层面的按程序报请研究解决."""

from __future__ import annotations

from support.desk import a_desk, member
from support.world import District

from services.issues import clock

ASK = {"tried": "已两次现场协调", "request": "请求区级协调"}


async def test_a_ticket_is_lifted_level_by_level_with_documents(district: District) -> None:
    """提级 request signed by 网格长; district decides ≤2wd; city step tracks outgoing 文号 and reply"""
    desk = await a_desk(district)
    desk.now("09-14T10:00:00")
    id_ = await desk.signed()
    first = (await desk.shown(id_))["first_due"]
    assert (await desk.asked("d", id_, "request-escalation", **ASK)).status_code == 403
    assert (await desk.ask("h", id_, "request-escalation", **ASK))["stage"] == "escalating"
    assert (await desk.shown(id_))["escalation"]["no"] == "贵服请〔2026〕1号"
    desk.now("09-17T09:30:00")
    await clock.sweep(desk.issues)
    late = [data for type_, data in await desk.facts(id_) if type_ == "alarm-raised" and data["kind"] == "decision"]
    assert [data["deadline"] for data in late] == ["2026-09-16"]
    lift = {"unit": "OFFICE", "leader": str(member("chief")), "handler": str(member("office-head"))}
    assert (await desk.ask("office", id_, "approve-escalation", **lift))["stage"] == "signed"
    told = await desk.shown(id_)
    assert (told["order"]["level"], told["order"]["unit"], told["order"]["co_units"]) == ("district", "OFFICE", ["T01"])
    assert told["due"]["derivation"].startswith("区级交办 09-17 + 7 工作日")
    assert told["first_due"] == first
    await desk.ask("office", id_, "request-escalation", **{**ASK, "tried": "区级专题会议研究"})
    no_number = await desk.asked("chief", id_, "approve-escalation", **lift)
    assert (no_number.status_code, no_number.json()["title"]) == (409, "提请市级须填写发文字号")
    await desk.ask("chief", id_, "approve-escalation", **lift, document="七星府呈〔2026〕18号")
    reply = {"document": "毕优办函〔2026〕6号", "reply": "原则同意", "due": "2026-10-15"}
    await desk.ask("office", id_, "record-city-reply", **reply)
    told = await desk.shown(id_)
    assert [r["document"] for r in told["city_replies"]] == ["毕优办函〔2026〕6号"]
    assert (told["order"]["level"], told["due"]["on"]) == ("city", "2026-10-15")
    above = await desk.asked("office", id_, "request-escalation", **ASK)
    assert above.json()["title"] == "已是市级,无上一级可报请"


async def test_at_the_city_the_enterprise_hears_something_every_ten_working_days(district: District) -> None:
    """Beyond: per-level clocks; a stage answer every ten working days."""
    desk = await a_desk(district)
    desk.now("09-14T10:00:00")
    id_ = await desk.signed()
    lift = {"unit": "OFFICE", "leader": str(member("chief")), "handler": str(member("office-head")), "document": "呈〔2026〕1号"}
    await desk.ask("h", id_, "request-escalation", **ASK)
    await desk.ask("office", id_, "approve-escalation", **lift)
    await desk.ask("office", id_, "request-escalation", **ASK)
    await desk.ask("chief", id_, "approve-escalation", **lift)
    planned = {alarm["kind"]: alarm["deadline"] for alarm in (await desk.shown(id_))["alarms"]}
    assert planned["stage_answer"] == "2026-09-28"
    desk.now("09-29T15:00:00")
    await desk.ask("office-head", id_, "answer-stage", reply="市级正在研究")
    planned = {alarm["kind"]: alarm["deadline"] for alarm in (await desk.shown(id_))["alarms"]}
    assert planned["stage_answer"] == "2026-10-19"


async def test_a_request_that_is_sent_back_goes_on_with_directions_and_its_old_clock(district: District) -> None:
    """T14."""
    desk = await a_desk(district)
    desk.now("09-14T10:00:00")
    id_ = await desk.signed()
    due = (await desk.shown(id_))["due"]
    await desk.ask("h", id_, "request-escalation", **ASK)
    told = await desk.ask("office", id_, "reject-escalation", directions="请先与住建部门现场会商")
    assert (told["stage"], told["due"]) == ("signed", due)
