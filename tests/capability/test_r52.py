"""R52 畅通企业办事绿色通道."""

from __future__ import annotations

import io
from typing import Any
from uuid import uuid4

import httpx
import openpyxl
from support.desk import a_desk
from support.world import District


async def ok(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_matter_its_window_its_days_and_the_days_saved(district: District) -> None:
    """绿色通道 cases: matter, window, accepted, done, days saved"""
    desk = await a_desk(district)
    desk.now("10-12T10:00")
    case = {
        "enterprise": desk.enterprises[0],
        "matter": "=1+1 施工许可",
        "window": "住建综合窗口",
        "promised": 10,
        "accepted_on": "2026-09-24",
    }
    quick, slow, wrong = (str(uuid4()) for _ in range(3))
    first = {"If-Match": '"1"'}
    async with desk.who("w5") as window, desk.who("w") as town, desk.who("office") as office:
        told = await ok(await window.put(f"/green-cases/{quick}", json=case), 201)
        assert (told["unit"], told["window"], told["due"]["on"]) == ("D05", "住建综合窗口", "2026-10-15")
        assert "10-01…07" in told["due"]["derivation"]
        assert told["allowed_actions"] == ["finish", "drop"]
        assert (await ok(await window.put(f"/green-cases/{quick}", json=case)))["replayed"] is True
        assert (await window.put(f"/green-cases/{quick}", json={**case, "promised": 20})).status_code == 409
        # Five working days over two holidays, of which people are told ten: five saved.
        assert (await town.get(f"/green-cases/{quick}")).status_code == 403
        finish = {"done_on": "2026-10-09", "result": "已发证"}
        assert (await town.post(f"/green-cases/{quick}/finish", json=finish, headers=first)).status_code == 403
        assert (await window.post(f"/green-cases/{quick}/finish", json=finish)).status_code == 428
        for day in ("2026-09-23", "2026-10-13"):
            bad = await window.post(f"/green-cases/{quick}/finish", json={"done_on": day}, headers=first)
            assert (bad.status_code, bad.json()["title"]) == (409, "受理、办结日期须先后有序,且不得晚于今天")
        done = await ok(await window.post(f"/green-cases/{quick}/finish", json=finish, headers=first))
        assert (done["end"]["used"], done["end"]["saved"], done["allowed_actions"]) == (5, 5, [])

        late = {**case, "unit": "D05", "promised": 1, "accepted_on": "2026-09-30"}
        await ok(await office.put(f"/green-cases/{slow}", json=late), 201)
        over = await ok(await office.post(f"/green-cases/{slow}/finish", json=finish, headers=first))
        assert (over["end"]["used"], over["end"]["saved"]) == (2, -1)
        await ok(await window.put(f"/green-cases/{wrong}", json=case), 201)
        await ok(await window.post(f"/green-cases/{wrong}/drop", json={"reason": "误登记"}, headers=first))
        assert (await office.put(f"/green-cases/{uuid4()}", json={**case, "unit": "X99"})).status_code == 409
        assert (await town.put(f"/green-cases/{uuid4()}", json={**case, "unit": "D05"})).status_code == 403

        sums = await ok(await office.get("/green-cases/sums"))
        assert sums["total"] == {"cases": 2, "finished": 2, "promised": 11, "used": 7, "saved": 4, "longer": 1}
        assert [(item["unit"], item["month"]) for item in sums["items"]] == [("D05", "2026-09")]
        assert (await ok(await town.get("/green-cases")))["total"] == 0
        assert (await town.get("/green-cases", params={"unit": "D05"})).status_code == 403
        mine = await ok(await window.get("/green-cases", params={"month": "2026-09", "stage": "finished"}))
        assert [item["id"] for item in mine["items"]] == [quick], "a worker reads what he opened"
        listed = await ok(await office.get("/green-cases", params={"month": "2026-09", "stage": "finished"}))
        assert [(item["id"], item["saved"]) for item in listed["items"]] == [(quick, 5), (slow, -1)]
        assert (await ok(await window.get("/green-cases", params={"month": "2026-10"})))["total"] == 0

        made = await office.get("/green-cases/sheet", params={"month": "2026-09"})
    page = openpyxl.load_workbook(io.BytesIO(made.content)).active
    assert page is not None
    cells = [cell for row in page.iter_rows() for cell in row if cell.value is not None]
    assert "受理月份:2026-09;共3件,累计节省4个工作日" in [cell.value for cell in cells]
    matters = [cell for cell in cells if cell.value == case["matter"]]
    assert len(matters) == 3
    assert {cell.data_type for cell in matters} == {"s"}  # A text, though it looks like a formula.
