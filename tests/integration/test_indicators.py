"""K1 to K9 through HTTP, each with the way down to what it is made of (kpi.md, R23, R26, R49)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from support.world import District
from test_kpi_demands import golden

from services.reporting.domain.indicators import Kpi, told_of
from shared.language.terms import Role

RATES = {
    "K2": (7, 8, "87.50"),
    "K3": (3, 5, "60.00"),
    "K4": (2, 5, "40.00"),
    "K4b": (1, 5, "20.00"),
    "K5": (3, 7, "42.86"),
    "K6": (3, 3, "100.00"),
    "K6-strict": (2, 3, "66.67"),
    "K6-first": (2, 3, "66.67"),
    "K6-index": (12, 15, "80.00"),
    "K6-took-part": (3, 4, "75.00"),
    "reworked": (1, 4, "25.00"),
    "extended": (1, 5, "20.00"),
}
"""kpi §9 in 全月口径. K5: I1, I2, I3 answered; I4, I5, I9, I10 not; I6 is owed an answer in October."""
MADE_OF = {
    "K2": (["I1", "I10", "I2", "I3", "I4", "I5", "I6"], ["I9"]),
    "K3": (["I1", "I2", "I3"], ["I4", "I5"]),
    "K4": (["I1", "I3"], ["I2", "I4", "I5"]),
    "K4b": (["I1"], ["I2", "I3", "I4", "I5"]),
    "K5": (["I1", "I2", "I3"], ["I10", "I4", "I5", "I9"]),
    "K6": (["I1", "I2", "I6"], []),
    "K6-took-part": (["I1", "I2", "I6"], ["I3"]),
    "overdue": (["I4", "I5"], []),
}


async def test_the_golden_tickets_are_told_with_what_they_are_made_of(district: District) -> None:
    """Each golden figure is the count of the tickets that its way down lists, and each ticket names its events."""
    desk, ids, reporting = await golden(district)
    short = {id_: no for no, id_ in ids.items()}
    async with desk.district.client(reporting) as office:
        for asked in ({"month": "2026-09"}, {"month": "2026-09", "unit": "T01"}):
            found = (await office.get("/indicators", params=asked)).json()
            told = {item["kpi"]: item for item in found["indicators"]}
            assert list(told) == list(told_of(asked.get("unit")))
            assert found["rules"] and found["cut"]["issues"] and found["instant"]
            for kpi, rate in RATES.items():
                value = told[kpi]["whole_month"]
                assert (value["n"], value["d"], value["pct"]) == rate, kpi
            assert (told["K6"]["whole_month"]["interval"], told["K6"]["whole_month"]["enough"]) == (["43.85", "100.00"], False)
            assert (told["K3"]["whole_month"]["interval"], told["K3"]["whole_month"]["enough"]) == (None, None)
            assert told["K3"]["filing"]["n"] == 2, "I3 was closed on the 28th"
            for kpi, (counted, others) in MADE_OF.items():
                path = f"/indicators/{kpi}/why"
                answer = await office.get(path, params=asked | {"basis": "month"})
                assert answer.status_code == 200, answer.text
                items = answer.json()["items"]
                assert sorted(short[item["id"]] for item in items if item["counted"]) == counted, kpi
                assert sorted(short[item["id"]] for item in items if not item["counted"]) == others, kpi
                for item in items:
                    assert next(event["type"] for event in item["events"]) == "issues.issue-reported.v1"
                    assert all(event["title"] and event["position"] for event in item["events"])
        followed = await office.get(told["K3"]["href"].removeprefix("/api/reporting"))
        assert followed.json()["value"] == told["K3"]["filing"]


async def test_every_figure_is_the_count_of_its_parts_page_by_page(district: District) -> None:
    """Of every indicator at both cut-offs: n is how many parts are counted, d how many there are; no page repeats or loses one."""
    desk, _, reporting = await golden(district)
    async with desk.district.client(reporting) as office:
        for unit in (None, "T01", "D05"):
            asked = {"month": "2026-09", **({"unit": unit} if unit else {})}
            told = {item["kpi"]: item for item in (await office.get("/indicators", params=asked)).json()["indicators"]}
            for kpi in told:
                for basis, name in (("filing", "filing"), ("month", "whole_month")):
                    parts: list[dict[str, Any]] = []
                    cursor: dict[str, str] = {}
                    while True:
                        page = await office.get(f"/indicators/{kpi}/why", params=asked | {"basis": basis, "limit": 2} | cursor)
                        assert page.status_code == 200, page.text
                        parts += page.json()["items"]
                        if not (after := page.json()["next_cursor"]):
                            break
                        cursor = {"cursor": after}
                    value = told[kpi][name]
                    assert page.json()["value"] == value
                    assert len({(item["id"], item["line"]) for item in parts}) == len(parts) == page.json()["total"]
                    if kpi not in ("K6-index", "K7-index", "K8-sample", "K8-sample-strict"):
                        assert sum(bool(item["counted"]) for item in parts) == value["n"], (unit, kpi, basis)
                        assert value["d"] in (None, len(parts)), (unit, kpi, basis)


async def test_any_month_of_the_plan_and_no_other_and_twelve_of_a_trend(district: District) -> None:
    reporting = (await golden(district))[2]
    async with district.client(reporting) as office:
        assert (await office.get("/indicators", params={"month": "2021-08"})).status_code == 200
        for month in ("2021-07", "2099-01"):
            refused = await office.get("/indicators", params={"month": month})
            assert refused.status_code == 422
            assert "2021年8月" in refused.text
        for params in ({"photos": "1"}, {"logins": "1"}, {"online": "1"}, {"weights": "photos:5"}):
            assert (await office.get("/indicators", params={"month": "2026-09"} | params)).status_code == 422
        trend = (await office.get("/indicators/K3/trend", params={"month": "2026-09"})).json()["months"]
        assert [item["month"] for item in trend] == [f"2025-{n}" for n in (10, 11, 12)] + [f"2026-0{n}" for n in range(1, 10)]
        assert trend[-1]["whole_month"]["pct"] == "60.00"
        first = (await office.get("/indicators/K3/trend", params={"month": "2021-09"})).json()["months"]
        assert [item["month"] for item in first] == ["2021-08", "2021-09"]
        assert (await office.get("/indicators/K1-diligent/why", params={"month": "2026-09"})).status_code == 422
        assert (await office.get("/indicators/K8-sample/why", params={"month": "2026-09", "unit": "T01"})).status_code == 422
    async with district.client(reporting, Role.HEAD, unit="T01", account="h") as head:
        own = (await head.get("/indicators", params={"month": "2026-09"})).json()
        assert (own["unit"], own["unit_name"]) == ("T01", "某T01")
        for path in ("/indicators", "/indicators/K3/why", "/indicators/K3/trend"):
            assert (await head.get(path, params={"month": "2026-09", "unit": "D05"})).status_code == 403


async def test_as_known_at_an_instant_nothing_later_is_in(district: District) -> None:
    """Before anything was recorded there is nothing in any figure; the way down is as empty."""
    before = datetime.now(UTC).isoformat()
    reporting = (await golden(district))[2]
    async with district.client(reporting) as office:
        asked = {"month": "2026-09", "as_of": before}
        found = (await office.get("/indicators", params=asked)).json()
        assert {value for item in found["indicators"] for value in (item["filing"]["n"], item["whole_month"]["n"])} == {0}
        assert (await office.get("/indicators/K2/why", params=asked)).json()["items"] == []
        late = (await office.get("/indicators", params={"month": "2026-09", "as_of": datetime.now(UTC).isoformat()})).json()
        assert next(item for item in late["indicators"] if item["kpi"] == "K2")["whole_month"]["n"] == 7


@pytest.mark.parametrize("word", ["photo", "照片", "login", "登录", "在线", "online", "设备"])
def test_no_indicator_is_called_after_a_forbidden_input(word: str) -> None:
    assert not [kpi for kpi in Kpi if word in kpi or word in kpi.label]
