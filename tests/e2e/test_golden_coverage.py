"""The golden vectors of the indicators (coverage and working days), through the gateway of a running instance."""

from __future__ import annotations

import itertools
from typing import Any

import httpx
import pytest

from shared.language.codes import make_code
from shared.language.ids import new_id
from shared.language.terms import derived_id
from tests.e2e.instance import Instance

H1, H2, V1 = "G-H1", "G-H2", "G-V1"
NOTE = "生产经营正常,本月订单与上月持平"

WORKDAYS = [
    ("2026-02-10", 5, "2026-02-24"),
    ("2026-04-29", 5, "2026-05-09"),
    ("2026-05-06", 5, "2026-05-12"),
    ("2026-09-18", 1, "2026-09-20"),
    ("2026-09-17", 3, "2026-09-21"),
    ("2026-09-24", 5, "2026-10-09"),
    ("2026-09-30", 1, "2026-10-08"),
]
LAST_WORKDAYS = [("2026-06-27", "2026-06-26"), ("2026-09-27", "2026-09-24"), ("2026-12-27", "2026-12-25")]


class District:
    """Builds the little district of the vectors: E1 … E13 in September 2026, two townships and a department."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.office = instance.client("office", "office", "office")
        self.bodies = itertools.count(1)
        self.last: dict[str, str] = {}

    def ok(self, response: httpx.Response) -> dict[str, Any]:
        assert response.is_success, response.text
        if position := response.headers.get("Guiren-Position"):
            service, _, number = position.partition(":")
            self.last[service] = number
        return response.json()

    def grid(self) -> None:
        for code, kind in ((H1, "township"), (H2, "township"), (V1, "department")):
            body = {"name": f"向量{code}", "kind": kind, "parent": "520502", "on": "2020-01-01"}
            self.ok(self.office.put(f"/api/roster/units/{code}", json=body))
            for role in ("worker", "deputy", "liaison", "head"):
                self.instance.appoint(f"{code}-{role}", role, code)

    def enterprise(self, name: str, *units: str, on: str = "2026-01-01") -> str:
        code = make_code("520502", f"MAG{next(self.bodies):05d}").text
        lines = [{"line": "vertical" if unit == V1 else "horizontal", "unit": unit} for unit in units]
        body = {"code": code, "name": f"向量企业{name}", "assignments": lines, "on": on}
        return self.ok(self.office.put(f"/api/roster/enterprises/{code}", json=body))["id"]

    def visit(self, enterprise: str, on: str, *units: str) -> str:
        members = [str(derived_id("member", f"{unit}-worker")) for unit in units]
        body = {
            "enterprise": enterprise,
            "on": on,
            "mode": "phone",
            "visitors": members,
            "connected_seconds": 90,
            "ack": "sms",
            "note": NOTE,
        }
        worker = self.instance.client(f"{units[0]}-worker", "worker", units[0])
        id_ = str(new_id())
        self.ok(self.instance.patiently(lambda: worker.put(f"/api/visits/visits/{id_}", json=body)))
        return id_

    def change(self, enterprise: str, verb: str, **body: Any) -> None:
        answer = self.ok(self.office.post(f"/api/roster/enterprises/{enterprise}/{verb}", json=body))
        if proposal := answer.get("proposal"):  # It goes to another unit when a second person of the office says so.
            second = self.instance.client("second-head", "office_head", "office")
            self.ok(second.post(f"/api/roster/enterprises/{enterprise}/confirm", json={"proposal": proposal}))

    def build(self) -> None:
        self.grid()
        e = {
            n: self.enterprise(str(n), *units, on=on)
            for n, units, on in [
                (1, (H1, V1), "2026-01-01"),
                (2, (H1, V1), "2026-01-01"),
                (3, (H1, V1), "2026-01-01"),
                (4, (H1, V1), "2026-01-01"),
                (5, (H1, V1), "2026-01-01"),
                (6, (H1, V1), "2026-01-01"),
                (7, (H1, V1), "2026-09-02"),
                (8, (H1, V1), "2026-09-22"),
                (9, (H2, V1), "2026-01-01"),
                (10, (H1, V1), "2026-01-01"),
                (11, (H1, V1), "2026-01-01"),
                (12, (H1, V1), "2026-01-01"),
                (13, (H1, V1), "2026-01-01"),
            ]
        }
        self.visit(e[1], "2026-09-03", H1, V1)
        self.visit(e[2], "2026-09-10", H1)
        self.visit(e[3], "2026-09-15", V1)
        self.visit(e[6], "2026-09-08", H1)
        self.visit(e[7], "2026-09-08", H1)
        self.visit(e[7], "2026-09-09", V1)
        self.visit(e[9], "2026-09-04", H2)
        self.visit(e[9], "2026-09-10", V1)
        voided = self.visit(e[12], "2026-09-11", H1)
        self.visit(e[12], "2026-09-18", V1)
        self.visit(e[13], "2026-09-29", H1)
        deputy = self.instance.client(f"{H1}-deputy", "deputy", H1)
        self.ok(deputy.post(f"/api/visits/visits/{voided}/void", json={"reason": "走访情况不实"}))
        self.change(e[5], "change-standing", standing="deregistered", on="2026-09-12")
        self.change(e[6], "change-standing", standing="deregistered", on="2026-09-20")
        self.change(e[9], "assign", line="horizontal", unit=H1, on="2026-09-05")
        self.change(e[10], "assign", line="horizontal", unit=H2, on="2026-09-24")
        tries = [{"on": "2026-09-08", "mode": "phone"}, {"on": "2026-09-15", "mode": "on_site"}]
        loss = {"line": "horizontal", "tries": tries, "on": "2026-09-16"}
        self.ok(deputy.post(f"/api/roster/enterprises/{e[11]}/verify-contact-loss", json=loss))


@pytest.fixture(scope="module")
def district(instance: Instance) -> District:
    found = District(instance)
    for path in sorted((instance.root / "deploy/data/calendar").glob("*.json")):
        instance.publish(found.office, path)
    found.build()
    return found


def figure(part: dict[str, Any]) -> tuple[int, int, str | None]:
    return part["n"], part["d"], part["pct"]


def test_coverage_of_the_golden_district_is_exact_through_http(district: District) -> None:
    """R23, kpi §9: strict, diligent, either line, both lines; up to the 27th and for the whole month."""
    ask = {"month": "2026-09", "min": ",".join(f"{s}:{n}" for s, n in district.last.items())}
    answer = district.ok(district.instance.patiently(lambda: district.office.get("/api/reporting/coverage", params=ask)))
    filing, whole = answer["filing"], answer["whole_month"]
    by_unit = {(basis, item["unit"]): item for basis, part in (("f", filing), ("w", whole)) for item in part["units"]}
    assert figure(by_unit["f", H1]) == (5, 11, "45.45")
    assert figure(by_unit["f", H1]["diligent"]) == (6, 11, "54.55")
    assert figure(by_unit["f", V1]) == (5, 10, "50.00")
    assert figure(filing["district"]["either"]) == (7, 11, "63.64")
    assert figure(filing["district"]["both"]) == (4, 11, "36.36")
    assert figure(by_unit["w", H1]) == (6, 11, "54.55")
    assert figure(by_unit["w", H1]["diligent"]) == (7, 11, "63.64")
    assert figure(by_unit["w", V1]) == (5, 10, "50.00")
    assert figure(whole["district"]["either"]) == (8, 11, "72.73")
    assert figure(whole["district"]["both"]) == (4, 11, "36.36")


@pytest.mark.parametrize(("start", "days", "on"), WORKDAYS)
def test_working_days_follow_the_official_calendar_through_http(district: District, start: str, days: int, on: str) -> None:
    answer = district.office.get("/api/roster/calendar/2026/workdays", params={"start": start, "workdays": days}).json()
    assert (answer["on"], answer["provisional"]) == (on, False)


@pytest.mark.parametrize(("day", "last"), LAST_WORKDAYS)
def test_reminders_aim_at_the_last_working_day_up_to_the_27th(district: District, day: str, last: str) -> None:
    answer = district.office.get("/api/roster/calendar/2026/workdays", params={"start": day, "workdays": 0}).json()
    assert answer["last_workday_on_or_before"] == last
