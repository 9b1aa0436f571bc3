"""R31 一时化解不了的分析问题原因,制定相应措施,及时跟进服务,直至问题解决."""

from __future__ import annotations

from typing import Any

from support.desk import Desk, a_desk
from support.world import District

from services.issues import clock

TRACK: dict[str, Any] = {
    "cause": "funds",
    "analysis": "本年度预算未安排",
    "measures": "列入明年项目储备,先做临时处置",
    "milestone": "2026-10-20",
}


async def _open(desk: Desk) -> set[str]:
    async with desk.who("office") as office:
        return {item["id"] for item in (await office.get("/issues", params={"open": True})).json()["items"]}


async def test_what_can_not_be_solved_now_is_tracked_and_never_drops_off_the_list(district: District) -> None:
    """state 跟踪服务: cause code + measures + next date ≤30 d; monthly progress; still counted 未办结"""
    desk = await a_desk(district)
    desk.now("09-24T10:00:00")
    id_ = await desk.signed()
    for name in TRACK:
        answer = await desk.asked("h", id_, "track", **{key: value for key, value in TRACK.items() if key != name})
        assert answer.status_code == 422, name
    too_far = await desk.asked("h", id_, "track", **{**TRACK, "milestone": "2026-10-25"})
    assert (too_far.status_code, too_far.json()["title"]) == (409, "跟踪节点须在今后三十日内")
    assert (await desk.ask("h", id_, "track", **TRACK))["stage"] == "tracked"
    assert id_ in await _open(desk)
    desk.now("11-02T10:00:00")  # Nobody told anything for a month.
    assert await clock.sweep(desk.issues) == 2
    rung = [data["kind"] for type_, data in await desk.facts(id_) if type_ == "alarm-raised"]
    assert rung == ["milestone", "monthly"]
    renewed = {"progress": "已申报", "measures": "跟进批复", "milestone": "2026-11-30"}
    for month in ("11-02", "11-20", "12-05"):
        desk.now(f"{month}T10:00:00")
        day = {"11-02": "2026-11-30", "11-20": "2026-12-15", "12-05": "2026-12-30"}[month]
        await desk.ask("h", id_, "renew", **{**renewed, "progress": f"{month} 已申报", "milestone": day})
    told = await desk.shown(id_)
    assert [proposal["measure"] for proposal in told["proposals"]] == ["escalation"]
    assert id_ in await _open(desk)
    assert told["due"]["on"] == told["first_due"]["on"]


async def test_once_it_can_be_solved_it_goes_on_under_its_old_deadline(district: District) -> None:
    """Tracking is no way to reset a clock."""
    desk = await a_desk(district)
    desk.now("09-24T10:00:00")
    id_ = await desk.signed()
    before = (await desk.shown(id_))["due"]
    await desk.ask("h", id_, "track", **TRACK)
    desk.now("10-15T10:00:00")
    assert (await desk.ask("w", id_, "resume", note="条件已具备"))["stage"] == "signed"
    assert (await desk.shown(id_))["due"] == before
    assert await clock.sweep(desk.issues) > 0
    assert (await desk.shown(id_))["colour"] == "red"
