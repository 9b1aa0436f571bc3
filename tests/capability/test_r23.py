"""R23 从8月起,每月至少完成1次…全覆盖走访服务: the list at any hour and the forecast; K1 itself is reporting's."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from importlib.util import find_spec

import openpyxl
import pytest
from support.scene import a_scene
from support.world import District, until

from shared.language.terms import Role


async def test_coverage_per_line_and_unit_and_the_uncovered_list_at_any_hour(district: District) -> None:
    """K1 per line/unit/person for 2021-08 onward; uncovered list downloadable at any hour"""
    async with a_scene(district, 3) as scene:
        reporting = await district.open("reporting", relay=True)
        visit = await scene.visit(1)
        async with scene.who("T01-liaison") as liaison, scene.who("T01-head") as head, scene.who("T01-worker1") as worker:
            for hour in (0, 9, 17):
                scene.visits.clock = lambda hour=hour: datetime(2026, 9, 15, hour, 59, tzinfo=UTC)
                found = (await liaison.get("/plan/uncovered", params={"unit": "T01"})).json()
                assert [item["enterprise"] for item in found["items"]] == [scene.enterprises[2], scene.enterprises[3]]
                assert {item["worker"] for item in found["items"]} == {"T01-worker1"}
            # Per person: the worker's own list says whom he has visited and whom not.
            mine = (await worker.get("/plan")).json()
            assert (mine["done"], mine["total"], mine["forecast"]["n"], mine["forecast"]["d"]) == (1, 3, 1, 3)
            # The other line owes its own visits.
            async with scene.who("D01-head") as department:
                assert (await department.get("/plan/uncovered", params={"unit": "D01"})).json()["total"] == 3
            assert (await worker.get("/plan/uncovered", params={"unit": "T01"})).status_code == 403
            assert (await head.get("/plan/uncovered", params={"unit": "T02"})).status_code == 403
            # Months since 2021-08 are asked in the same way.
            first = (await head.get("/plan", params={"unit": "T01", "month": "2021-08"})).json()
            assert (first["month"], first["done"], first["total"]) == ("2021-08", 0, 3)
        # Reporting computes K1 per line and unit from the same facts, for any month.
        office = district.client(reporting)

        async def covered() -> bool:
            answer = await office.get("/coverage", params={"month": "2026-09", "unit": "T01"})
            units = answer.json()["whole_month"]["units"] if answer.status_code == 200 else []
            return [(item["line"], item["n"], item["d"]) for item in units] == [("horizontal", 1, 3)]

        async with office:
            await until(covered)
            early = await office.get("/coverage", params={"month": "2021-08", "unit": "T01"})
            assert [(item["line"], item["n"], item["d"]) for item in early.json()["whole_month"]["units"]] == [
                ("horizontal", 0, 3)
            ]
            unvisited = (await office.get("/unvisited", params={"month": "2026-09", "unit": "T01"})).json()
            assert {item["enterprise"] for item in unvisited["items"]} == {scene.enterprises[2], scene.enterprises[3]}
        assert visit


@pytest.mark.skipif(find_spec("shared.paper.sheets") is None, reason="the workbooks' shelf is not there yet")
async def test_the_uncovered_list_is_a_workbook(district: District) -> None:
    async with a_scene(district, 2) as scene:
        await scene.visit(1)
        async with scene.who("T01-head") as head:
            answer = await head.get("/plan/uncovered/workbook", params={"unit": "T01"})
            assert answer.status_code == 200, answer.text
            cells = [str(cell.value) for row in openpyxl.load_workbook(io.BytesIO(answer.content)).active for cell in row]
            assert "某2商贸有限公司" in cells
            assert "某1商贸有限公司" not in cells


async def test_what_the_month_comes_to_at_this_pace(district: District) -> None:
    """Beyond: forecast "按当前进度27日将达到x%" """
    async with a_scene(district, 4) as scene:
        await scene.visit(1)
        async with scene.who("T01-head") as head, scene.who("admin", Role.ADMIN) as admin:
            found = (await head.get("/plan/forecast", params={"unit": "T01"})).json()
            # Monday to Friday without a published calendar: eleven working days have passed on the 15th, eight are left.
            assert (found["workdays_elapsed"], found["workdays_left"], found["n"], found["d"]) == (11, 8, 1, 4)
            assert found["sentence"] == "按当前进度27日将达到25.00%(1/4)"
            assert found["needed_per_workday"] == 1
            assert any("工作日" in words for words in found["assumptions"])
            await scene.visit(2)
            await scene.visit(3, on="2026-09-15", claimed_at="2026-09-15T09:00:00+08:00")
            found = (await head.get("/plan/forecast", params={"unit": "T01", "month": "2026-09"})).json()
            assert (found["n"], found["expected_n"], found["expected_pct"]) == (3, 4, "100.00")
            assert (await admin.get("/plan/forecast", params={"unit": "T01"})).status_code == 403
            past = await head.get("/plan/forecast", params={"unit": "T01", "month": "2026-08"})
            assert (past.status_code, past.json()["errors"][0]["code"]) == (422, "month-is-over")
            plan = (await head.get("/plan", params={"unit": "T01", "month": "2026-08"})).json()
            assert plan["forecast"] is None
            assert (await head.get("/plan/forecast", params={"unit": "T01", "month": "2026-13"})).status_code == 422
