"""R42 (横向)5 分级分类化解: the horizontal line's own, and a department above a township."""

from __future__ import annotations

from support.desk import a_desk, member
from support.world import District

ORDER = {
    "unit": "D05",
    "co_units": ["T01"],
    "leader": str(member("h5")),
    "measures": "部门牵头核定,乡镇协助现场核实",
    "due": "standard",
    "co_due": "2026-09-28",
}


async def test_a_department_handles_and_a_township_helps_each_with_its_own_day(district: District) -> None:
    """same

    Beyond: cross-line 主办/协办.
    """
    desk = await a_desk(district)
    desk.now("09-24T10:00:00")
    id_ = await desk.reported(content="厂区用电容量不足")
    await desk.ask("l", id_, "accept")
    refused = await desk.asked("h", id_, "dispatch", **ORDER)
    assert (refused.status_code, refused.json()["title"]) == (403, "跨单位交办由区优化办办理")
    for name in ("unit", "leader", "measures", "due"):
        missing = {key: value for key, value in ORDER.items() if key != name}
        assert (await desk.asked("office", id_, "dispatch", **missing)).status_code == 422
    await desk.ask("office", id_, "dispatch", **ORDER)
    shown = await desk.shown(id_)
    assert shown["due"]["on"] == "2026-10-12"
    assert [(part["unit"], part["due"]["on"]) for part in shown["order"]["co_dues"]] == [("T01", "2026-09-28")]
    assert {(part["unit"], part["part"]) for part in shown["units"]} == {("T01", "reported"), ("D05", "handling"), ("T01", "co")}
    for account in ("h", "h5"):
        assert (await desk.shown(id_, account))["no"] == shown["no"]
    async with desk.who("h2") as stranger:
        assert (await stranger.get(f"/issues/{id_}")).status_code == 403

    assert (await desk.asked("w", id_, "sign")).status_code == 403
    await desk.ask("w5", id_, "sign")
    assert (await desk.asked("w-2", id_, "answer-co-handling", unit="T02", result="已核实")).status_code == 403
    assert (await desk.asked("w5", id_, "answer-co-handling", unit="T01", result="代报")).status_code == 403
    await desk.ask("w", id_, "answer-co-handling", unit="T01", result="已到现场核实,属实")
    assert (await desk.facts(id_))[-1][0] in ("co-handling-answered", "alarms-set")

    await desk.ask("w5", id_, "resolve", outcome="solved", result="已增容", reply="已为贵公司办理增容。")
    assert (await desk.asked("d", id_, "approve")).status_code == 403  # The township does not review the department's work.
    await desk.ask("d5", id_, "approve")
    async with desk.district.client(desk.issues, unit="T01", account="w") as own:
        call = await own.post(f"/issues/{id_}/call-back", json={"outcome": "answered", "rating": "5"})
    assert call.status_code == 403  # Nor does a co-handling unit call back.
    await desk.ask("caller", id_, "call-back", outcome="answered", rating="5")
    assert (await desk.ask("caller", id_, "close"))["stage"] == "closed"


async def test_what_the_township_can_not_solve_is_tracked_and_asked_for_above(district: District) -> None:
    """R30–R32 hold on the horizontal line as they do on the vertical one."""
    desk = await a_desk(district)
    desk.now("09-24T10:00:00")
    id_ = await desk.signed()
    milestone = "2026-10-20"
    await desk.ask("h", id_, "track", cause="authority", analysis="权限不在本级", measures="先行临时处置", milestone=milestone)
    asked = await desk.ask("h", id_, "request-escalation", tried="两次现场协调", request="请区级协调")
    assert asked["stage"] == "escalating"
    lifted = {"unit": "D05", "leader": str(member("h5")), "handler": str(member("w5"))}
    told = await desk.ask("office", id_, "approve-escalation", **lifted)
    assert (told["stage"], told["first_due"]["on"]) == ("signed", "2026-10-12")
    shown = await desk.shown(id_)
    assert (shown["order"]["unit"], shown["order"]["level"], shown["order"]["co_units"]) == ("D05", "district", ["T01"])
    await desk.ask("d", id_, "answer-co-handling", unit="T01", result="继续协助")
