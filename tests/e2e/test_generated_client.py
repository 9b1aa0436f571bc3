"""A worker's morning, by a client that was generated from the documents as the running instance serves them."""

from __future__ import annotations

import io
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from support import clients

from shared.language.codes import make_code
from shared.language.months import local_date
from shared.language.terms import derived_id
from tests.e2e.instance import Instance

UNIT, DEPARTMENT = "G-T1", "G-D1"
ACCOUNT = f"{UNIT}-worker"


@pytest.fixture(scope="module")
def enterprise(instance: Instance) -> str:
    """A township with a worker, and an enterprise that is to be visited this month. Answers its name."""
    office = instance.settle_office()
    for code, kind in ((UNIT, "township"), (DEPARTMENT, "department")):
        body = {"name": f"演示{code}", "kind": kind, "parent": "520502", "on": "2020-01-01"}
        assert office.put(f"/api/roster/units/{code}", json=body).is_success
    instance.appoint(ACCOUNT, "worker", UNIT)
    code, name = make_code("520502", "MAGENE01").text, "演示茶业(毕节)有限公司"
    member = str(derived_id("member", ACCOUNT))
    lines = [{"line": "horizontal", "unit": UNIT, "worker": member}, {"line": "vertical", "unit": DEPARTMENT}]
    body = {"code": code, "name": name, "assignments": lines, "on": f"{local_date(datetime.now(UTC)):%Y-%m}-01"}
    assert office.put(f"/api/roster/enterprises/{code}", json=body).is_success
    worker = instance.client(ACCOUNT, "worker", UNIT)
    until = time.monotonic() + 20  # Visits hears of it from the roster.
    while not worker.get("/api/visits/plan", params={"worker": ACCOUNT}).json().get("items"):
        assert time.monotonic() < until
        time.sleep(0.1)
    return name


def test_a_workers_morning(instance: Instance, enterprise: str, tmp_path: Path) -> None:
    clients.generators()
    worker = instance.client(ACCOUNT, "worker", UNIT)
    for name in ("visits", "issues"):
        clients.python(name, worker.get(f"/api/{name}/openapi.json").raise_for_status().json(), tmp_path)
    drawn = io.BytesIO()
    Image.new("RGB", (320, 240), (90, 140, 60)).save(drawn, "JPEG")
    (photo := tmp_path / "photo.jpg").write_bytes(drawn.getvalue())
    token = worker.headers["Authorization"].removeprefix("Bearer ")
    program = (clients.HERE / "morning.py", instance.address, token, ACCOUNT, photo)
    said = clients.run(clients.PYTHON, *program, cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert enterprise in said and "希望协助招聘焊工十名" in said, said
