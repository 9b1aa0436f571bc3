"""A disk that is really full, under a whole running instance: everything says so, nothing acknowledged is lost, and once there is
room again all of it works again by itself.

The disk is a tmpfs. Where nothing may be mounted (an ordinary user, a container without the right to) the test is skipped and
says so; ``.ci/run`` runs as root.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.language.codes import make_code
from shared.language.ids import new_id
from shared.language.months import local_date
from tests.e2e.instance import Instance

T, D = "F-T1", "F-D1"
TODAY = local_date(datetime.now(UTC))
DISKS = {".": "900m", "nats": "160m"}
"""Folder of the home that lies on the small disk, and its size: everything, or the streams alone."""
FILLING = "filling"


def mounted(folder: Path, size: str) -> None:
    """A disk of this size in this folder, which PostgreSQL's own user may pass."""
    folder.mkdir(parents=True)
    told = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", str(folder)]
    done = subprocess.run(told, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small disk can't be mounted here, which takes root: {done.stderr.strip()}")


def fill(disk: Path) -> None:
    """Until not one block is left, whoever frees one meanwhile."""
    with (disk / FILLING).open("ab", buffering=0) as out:
        for block in (1 << 20, 1 << 12):
            try:
                while True:
                    out.write(b"\0" * block)
            except OSError:
                continue


def until(true: Callable[[], Any], seconds: float) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {true}"
        time.sleep(0.3)
    return found


def children(home: Path, word: str) -> list[int]:
    """The processes of this instance whose command line holds this word, the first of them (the server itself) first."""
    found: list[int] = []
    for place in Path("/proc").iterdir():
        try:
            if word in (line := (place / "cmdline").read_bytes().decode(errors="replace")) and (
                str(home) in line or str(home).encode() in (place / "environ").read_bytes()
            ):
                found.append(int(place.name))
        except (OSError, ValueError):
            continue
    return sorted(found)


class Small:
    """An instance one of whose folders lies on a small disk."""

    def __init__(self, home: Path, part: str) -> None:
        self.disk = home / part
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        mounted(self.disk, DISKS[part])
        self.home = home
        self.instance = Instance.named_or_new(home, port)
        self.over = threading.Event()
        self.told: dict[str, Any] = {}

    def settle(self) -> str:
        """A township with its people and an enterprise; the enterprise's id."""
        office = self.instance.settle_office()
        for code, kind in ((T, "township"), (D, "department")):
            unit = {"name": f"演示{code}", "kind": kind, "parent": "520502", "on": "2020-01-01"}
            assert office.put(f"/api/roster/units/{code}", json=unit).is_success
        for role in ("worker", "liaison"):
            self.instance.appoint(f"{T}-{role}", role, T)
        code = make_code("520502", "MALYFE01").text
        lines = [{"line": "horizontal", "unit": T}, {"line": "vertical", "unit": D}]
        body = {"code": code, "name": "演示建材(毕节)有限公司", "assignments": lines, "on": f"{TODAY:%Y-%m}-01", "industry": "52"}
        made = office.put(f"/api/roster/enterprises/{code}", json=body)
        assert made.is_success, made.text
        return str(made.json()["id"])

    def status(self) -> dict[str, Any]:
        command = [str(Path(sys.executable).parent / "guiren"), "status", "--json", "--home", str(self.home)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        return {"code": done.returncode, **json.loads(done.stdout)}

    def is_well(self) -> bool:
        """Every part ready and none degraded; what is not is remembered for whoever reads why this test failed."""
        self.told = self.status()
        return self.told["code"] == 0

    def is_stuck(self) -> dict[str, Any]:
        """What it says once the service that was written to calls itself not ready: its relay stays behind, or it has no database."""
        told = self.status()
        return {} if told["services"]["visits"]["ready"] else told

    def tickets(self) -> int:
        """How many there are, counted page by page: a total is exact up to a thousand."""
        liaison, found, cursor = self.instance.client(f"{T}-liaison", "liaison", T), 0, ""
        while True:
            asked = {"limit": "100", **({"cursor": cursor} if cursor else {})}
            answer = liaison.get("/api/issues/issues", params=asked)
            if not answer.is_success:
                return 0
            page = answer.json()
            found += len(page["items"])
            if not (cursor := page["next_cursor"]):
                return found


class Clients(threading.Thread):
    """Workers who record visits with a demand each; an outcome that is unknown, or no, is said again until it is yes."""

    def __init__(self, small: Small, enterprise: str) -> None:
        super().__init__(daemon=True)
        self._worker = small.instance.client(f"{T}-worker", "worker", T)
        self._enterprise = enterprise
        self.over = small.over
        self.acknowledged: list[str] = []
        self.refused: list[tuple[int, str, str]] = []

    def visit(self) -> dict[str, Any]:
        return {
            "enterprise": self._enterprise,
            "on": str(TODAY),
            "mode": "on_site",
            "note": "生产经营正常,订单稳定" + "续" * 400,
            "demands": [{"no": 1, "content": "希望协助招聘焊工", "category": "labour", "nature": "help"}],
        }

    def run(self) -> None:
        while not self.over.is_set():
            id_, body = str(new_id()), self.visit()
            while not self._said(id_, body) and not self.over.is_set():
                time.sleep(0.1)

    def _said(self, id_: str, body: dict[str, Any]) -> bool:
        try:
            answer = self._worker.put(f"/api/visits/visits/{id_}", json=body)
        except httpx.TransportError as error:
            self.refused.append((0, "", repr(error)))
            return False
        if answer.is_success:
            self.acknowledged.append(id_)
            return True
        self.refused.append((answer.status_code, answer.headers.get("content-type", ""), answer.text[:300]))
        return False


@pytest.fixture(params=DISKS)
def small(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Small]:
    tmp_path.chmod(0o755)
    home = tmp_path / "home"
    found: Small | None = None
    try:
        found = Small(home, request.param)
        yield found
    finally:
        try:
            if found:
                print(json.dumps(found.told, ensure_ascii=False))
                (found.disk / FILLING).unlink(missing_ok=True)
                found.over.set()
                time.sleep(1)  # What is under way is answered before its client is closed.
                found.instance.close()
        finally:
            subprocess.run(["umount", "-l", str(home / request.param)], capture_output=True, check=False)


def test_a_full_disk_is_said_survived_and_forgotten(small: Small) -> None:
    clients = Clients(small, small.settle())
    clients.start()
    until(lambda: len(clients.acknowledged) > 20, 90)
    until(small.is_well, 90)

    fill(small.disk)
    full = until(lambda: (told := small.status())["code"] == 1 and told, 30)
    assert "磁盘已满或将满" in json.dumps(full["services"]["disk"], ensure_ascii=False)
    time.sleep(8)
    for word in ("nats-server", "bin/postgres"):  # Both start anew on a disk without room.
        for pid in children(small.home, word)[:1]:  # PostgreSQL may have ended by itself.
            os.kill(pid, signal.SIGKILL)
    time.sleep(5)
    fill(small.disk)
    full = until(small.is_stuck, 60)
    assert "磁盘已满或将满" in full["services"]["disk"]["checks"]["nats"]["error"]
    if small.disk == small.home / "nats":  # It runs, and refuses: without a new start it would do so for ever.
        until(lambda: "nats 运行但不工作" in (small.home / "log/guiren.log").read_text(encoding="utf-8"), 60)

    (small.disk / FILLING).unlink()
    freed = time.monotonic()
    before = len(clients.acknowledged)
    until(small.is_well, 180)
    until(lambda: len(clients.acknowledged) > before + 5, 60)
    print(f"ready {time.monotonic() - freed:.1f} s after there was room, {len(clients.refused)} refusals")
    small.over.set()
    clients.join(60)

    odd = [each for each in clients.refused if each[0] not in (0, 503) or (each[0] == 503 and "problem+json" not in each[1])]
    assert not odd, odd[:5]
    worker = small.instance.client(f"{T}-worker", "worker", T)
    lost = [id_ for id_ in clients.acknowledged if not worker.get(f"/api/visits/visits/{id_}").is_success]
    assert not lost
    until(lambda: small.tickets() >= len(clients.acknowledged), 60)
    assert small.tickets() == len(set(clients.acknowledged)), "a ticket for each demand, and one only"
    small.instance.guiren("audit", "fsck")  # Logs, streams, mirror, views, cursors: all the same.
