"""What is told can be told again from the events: after a rebuild, a dropped database, a wiped stream, killed processes."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from shared.language.codes import make_code
from shared.language.ids import new_id
from shared.language.months import local_date
from tests.e2e.instance import Instance, processes

UNIT = "R-T1"


class Story:
    """A unit with visits, filed; and what its ledger was."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.month = f"{local_date(datetime.now(UTC)):%Y-%m}"
        self.office = instance.client("office", "office", "office")
        self.worker = instance.client(f"{UNIT}-worker", "worker", UNIT)
        self.liaison = instance.client(f"{UNIT}-liaison", "liaison", UNIT)

    def ok(self, response: httpx.Response) -> Any:
        assert response.is_success, response.text
        return response.json()

    def build(self) -> None:
        self.ok(
            self.office.put(
                f"/api/roster/units/{UNIT}", json={"name": "重建街道", "kind": "township", "parent": "520502", "on": "2020-01-01"}
            )
        )
        for role in ("worker", "liaison"):
            self.instance.appoint(f"{UNIT}-{role}", role, UNIT)
        for number in range(5):
            code = make_code("520502", f"MAR{number:05d}").text
            body = {
                "code": code,
                "name": f"重建演示{number}",
                "assignments": [{"line": "horizontal", "unit": UNIT}],
                "on": f"{self.month}-01",
            }
            self.visit(self.ok(self.office.put(f"/api/roster/enterprises/{code}", json=body))["id"])

    def visit(self, enterprise: str, id_: str | None = None) -> httpx.Response:
        told = {
            "enterprise": enterprise,
            "on": str(local_date(datetime.now(UTC))),
            "mode": "phone",
            "ack": "sms",
            "connected_seconds": 60,
            "note": "电话了解生产经营情况,一切正常",
        }
        key = id_ or str(new_id())
        response = self.instance.patiently(lambda: self.worker.put(f"/api/visits/visits/{key}", json=told), 30)
        self.ok(response)
        self.minimum = response.headers["Guiren-Position"]
        self.enterprise = enterprise
        return response

    def ledger(self) -> dict[str, Any]:
        ask = {"min": self.minimum}
        return self.ok(
            self.instance.patiently(lambda: self.office.get(f"/api/reporting/ledgers/{UNIT}/{self.month}", params=ask), 40)
        )


@pytest.fixture(scope="module")
def story(instance: Instance) -> Story:
    found = Story(instance)
    found.build()
    return found


@pytest.fixture
def home(instance: Instance) -> Path:
    if instance.home is None:
        pytest.skip("processes and folders of a foreign instance are not ours to break")
    return instance.home


def as_administrator(home: Path, database: str, *statements: str) -> None:
    async def said() -> None:
        port = json.loads((home / "state.json").read_text())["ports"]["postgres"]
        password = (home / "secrets/postgres-admin").read_text().strip()
        connection = await asyncpg.connect(host="127.0.0.1", port=port, user="postgres", password=password, database=database)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    asyncio.run(said())


def test_a_rebuild_gives_every_ledger_the_same_digest(story: Story) -> None:
    """D4: rebuilt beside, compared, swapped."""
    before = story.ledger()
    admin = story.instance.client("admin", "admin", "office")
    task = story.ok(admin.post("/api/reporting/rebuild"))
    while task["state"] == "running":
        time.sleep(0.2)
        task = story.ok(admin.get(f"/api/reporting/rebuilds/{task['id']}"))
    answer = task["result"]
    assert story.office.post("/api/reporting/rebuild").status_code == 403
    assert answer["events"] > 0
    assert {(item["unit"], item["month"]) for item in answer["ledgers"]} >= {(UNIT, story.month)}
    assert all(item["before"] == item["after"] for item in answer["ledgers"])
    assert story.ledger()["digest"] == before["digest"]
    assert len(before["rows"]) == 5


def test_every_service_killed_comes_back_and_nothing_is_lost(story: Story, home: Path) -> None:
    for name in ("visits", "reporting", "roster", "issues"):
        os.kill(processes(home)[name], signal.SIGKILL)
    story.visit(story.enterprise)
    assert len(story.ledger()["rows"]) == 6


def test_a_wiped_stream_is_filled_again_and_the_reader_is_not_confused(story: Story, home: Path) -> None:
    before = story.ledger()
    story.instance.guiren("down")
    shutil.rmtree(home / "nats")
    story.instance.guiren("up", "--no-demo", "--detach", "--port", story.instance.address.rpartition(":")[2])
    assert story.ledger()["digest"] == before["digest"]
    story.visit(story.enterprise)
    assert len(story.ledger()["rows"]) == len(before["rows"]) + 1


def test_a_dropped_reporting_database_comes_back_with_its_filings_and_the_same_digests(story: Story, home: Path) -> None:
    """D4: drop the database, start again: the mirror comes back by itself, the own log by an administrator's command."""
    filed = story.ok(
        story.liaison.post(f"/api/reporting/ledgers/{UNIT}/{story.month}/submit", json={}, params={"min": story.minimum})
    )
    before = story.ledger()
    assert filed["digest"] == before["digest"]
    time.sleep(1)  # What the relay had not carried yet would be lost with the database: that is what backups are for.

    as_administrator(home, "postgres", "drop database guiren_reporting with (force)")
    story.instance.guiren("down")
    up = story.instance.guiren("up", "--no-demo", "--detach", "--port", story.instance.address.rpartition(":")[2], code=1)
    assert "guiren restore" in up.stdout + up.stderr, "what is missing is said, with what to do"
    story.instance.guiren("restore", "--from-stream", "--apply")
    story.instance.until_ready()
    assert json.loads(story.instance.guiren("status", "--json").stdout)["ready"], "what was mended is no longer held against it"
    after = story.ledger()
    assert after["digest"] == before["digest"]
    assert after["filed"]["digest"] == filed["digest"]
    assert after["filed"]["cut"] == filed["cut"]


def test_a_service_whose_log_differs_leaves_the_others_at_work_and_says_so_to_people(story: Story, home: Path) -> None:
    flip = "update log.entry set body = set_byte(body, 30, get_byte(body, 30) # 1) where pos = (select pos - 1 from log.head)"
    flipped = ("set session_replication_role = replica", flip)
    as_administrator(home, "guiren_roster", *flipped)
    story.instance.guiren("down")
    up = story.instance.guiren("up", "--no-demo", "--detach", "--port", story.instance.address.rpartition(":")[2], code=1)
    said = up.stdout + up.stderr
    assert "roster 未就绪:relay:事件日志与消息流在第" in said
    assert "guiren audit fsck" in said
    assert "Traceback" not in said
    status = json.loads(story.instance.guiren("status", "--json", code=1).stdout)
    ready = {name: part["ready"] for name, part in status["services"].items()}
    assert (status["phase"], status["ready"], ready.pop("roster"), all(ready.values())) == ("degraded", False, False, True)
    story.visit(story.enterprise)
    shown = story.instance.guiren("status", code=1).stdout
    assert "事件日志与消息流" in shown.replace("\n", "")
    found = json.loads(story.instance.guiren("audit", "fsck", "--json", code=1).stdout)
    assert {"stream", "mirror"} <= {item["kind"] for item in found if item["service"] == "roster"}
    as_administrator(home, "guiren_roster", *flipped)
    story.instance.guiren("audit", "fsck")
    story.instance.guiren("restore", "--from-stream", "--apply")
    story.instance.until_ready()


def test_the_command_line_says_the_same(story: Story, home: Path) -> None:
    status = json.loads(story.instance.guiren("status", "--json").stdout)
    assert status["ready"] is True
    assert {"roster", "visits", "issues", "reporting"} <= status["services"].keys()
    story.instance.settle_office()
    assert json.loads(story.instance.guiren("parked", "list", "--json").stdout)["total"] == 0
    assert json.loads(story.instance.guiren("parked", "replay", "--json").stdout) == {"through": 0, "left": 0}
    shown = json.loads(story.instance.guiren("ledger", "show", "--unit", UNIT, "--month", story.month, "--json").stdout)
    assert shown["digest"] == story.ledger()["digest"]
    coverage = json.loads(story.instance.guiren("coverage", "--month", story.month, "--unit", UNIT, "--json").stdout)
    assert coverage["whole_month"]["units"][0]["n"] == len({row["uscc"] for row in shown["rows"]})
    story.instance.client("admin", "admin", "office")
    rebuilt = json.loads(story.instance.guiren("reporting", "rebuild", "--json").stdout)
    assert all(item["before"] == item["after"] for item in rebuilt["ledgers"])
