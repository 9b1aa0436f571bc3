"""R16 全面督促指导和落实."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
from support.world import District

from shared.language.terms import Role, derived_id

OLD = "2019-01-01"


async def test_a_head_sets_tasks_for_the_staff_with_due_dates(district: District) -> None:
    """guidance notes/tasks from 网格长 to staff with due dates"""
    roster = await district.open()
    roster.clock = lambda: datetime(2026, 9, 15, 2, tzinfo=UTC)
    ids = {name: str(derived_id("member", name)) for name in ("w", "d", "stranger")}
    async with district.client(roster) as office:
        for code, kind, parent in (("520502", "district", None), ("T01", "township", "520502")):
            await office.put(f"/units/{code}", json={"name": f"某{code}", "kind": kind, "parent": parent, "on": OLD})
        for account, role in (("w", "worker"), ("d", "deputy")):
            await office.post(f"/members/{account}/appoint", json={"name": "张三", "unit": "T01", "role": role, "on": OLD})
    head = district.client(roster, Role.HEAD, unit="T01", account="h")
    worker = district.client(roster, Role.WORKER, unit="T01", account="w")

    async def set_(**more: Any) -> tuple[str, httpx.Response]:
        id_ = str(uuid4())
        body = {
            "unit": "T01",
            "title": "走访新登记企业",
            "content": "本周走完",
            "members": [ids["w"]],
            "due": "2026-09-18",
            **more,
        }
        return id_, await head.put(f"/tasks/{id_}", json=body)

    first, made = await set_()
    assert (made.status_code, made.json()["members"]) == (201, [ids["w"]])
    assert (await set_(members=[ids["stranger"]]))[1].json()["title"] == "所列人员不在该单位任职"
    assert (await set_(due="2026-09-14"))[1].json()["title"] == "完成期限不得早于今天"
    assert (
        await worker.put(f"/tasks/{uuid4()}", json={"unit": "T01", "title": "x", "members": [ids["w"]], "due": "2026-09-18"})
    ).status_code == 403
    second, _ = await set_(members=[ids["d"], ids["w"]], due="2026-09-16")
    third, _ = await set_(title="第三项")
    assert (await worker.post(f"/tasks/{first}/progress", json={"note": "已走访三户"})).json()["words"] == "已走访三户"
    assert (await head.post(f"/tasks/{first}/do", json={"result": "完成"})).json()["title"] == "只有任务承担人可以填报"
    assert (await worker.post(f"/tasks/{first}/do", json={"result": "全部走完"})).json()["stage"] == "done"
    assert (await head.post(f"/tasks/{third}/cancel", json={"reason": "重复"})).json()["stage"] == "cancelled"
    assert (await worker.post(f"/tasks/{first}/progress", json={"note": "又一户"})).json()["title"] == "任务已结束"
    roster.clock = lambda: datetime(2026, 9, 17, 2, tzinfo=UTC)
    late = (await worker.get("/tasks", params={"overdue": True})).json()["items"]
    assert [(item["id"], item["overdue"]) for item in late] == [(second, True)]
    (rolled,) = (await head.get("/tasks/summary")).json()["items"]
    assert {name: rolled[name] for name in ("unit", "open", "overdue", "done", "cancelled")} == {
        "unit": "T01",
        "open": 0,
        "overdue": 1,
        "done": 1,
        "cancelled": 1,
    }
    assert [(deputy["member"], deputy["overdue"]) for deputy in rolled["deputies"]] == [(ids["d"], 1)]
    stranger = district.client(roster, Role.WORKER, unit="T02", account="s")
    assert (await stranger.get(f"/tasks/{first}")).status_code == 403
    assert (await stranger.get("/tasks")).json()["items"] == []
    for client in (head, worker, stranger):
        await client.aclose()
