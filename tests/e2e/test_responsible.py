"""Who is responsible, and where nobody is, on the command line of a running instance."""

from __future__ import annotations

import json

import pytest

from shared.language.codes import make_code
from tests.e2e.instance import Instance

CODE = make_code("520502", "MAREP001").text


def test_the_command_line_says_who_is_responsible_and_where_nobody_is(instance: Instance) -> None:
    """R01: any past or future date; gaps over time."""
    if instance.home is None:
        pytest.skip("the command line needs the secrets of the instance")
    office = instance.settle_office()
    unit = {"name": "演示责任镇", "kind": "township", "parent": "520502", "on": "2020-01-01"}
    assert office.put("/api/roster/units/M-RESP", json=unit).is_success
    enterprise = office.put(f"/api/roster/enterprises/{CODE}", json={"code": CODE, "name": "演示责任公司", "on": "2026-01-01"})
    assert enterprise.is_success, enterprise.text
    assigned = {"line": "horizontal", "unit": "M-RESP", "on": "2026-02-01"}
    assert office.post(f"/api/roster/enterprises/{enterprise.json()['id']}/assign", json=assigned).is_success

    def responsible(on: str) -> dict:
        return json.loads(instance.guiren("roster", "responsible", "--enterprise", CODE, "--on", on, "--json").stdout)

    assert responsible("2026-01-15")["horizontal"] is None
    assert responsible("2099-01-01")["horizontal"]["unit_name"] == "演示责任镇"
    assert "演示责任镇" in instance.guiren("roster", "responsible", "--enterprise", CODE).stdout
    gaps = json.loads(instance.guiren("roster", "gaps", "--from", "2026-01-01", "--json").stdout)
    mine = {(g["line"], g["kind"], g["since"], g["until"]) for g in gaps["items"] if g["code"] == CODE}
    assert mine == {
        ("vertical", "no_unit", "2026-01-01", None),
        ("horizontal", "no_unit", "2026-01-01", "2026-02-01"),
        ("horizontal", "no_worker", "2026-02-01", None),
    }
    assert len(gaps["items"]) == gaps["total"]
