"""``python -m tests.fault.make_home COMMIT``: a small home made by an earlier version's own code, archived for the tests.

A worktree of the commit is checked out and its platform started with our interpreter; a short story goes in through its
gateway: a township, its people, two enterprises, visits with and without demands, a filed ledger. What is in its databases then
goes, as the SQL that pg_dump writes, into ``tests/data/homes/<commit>.tar.gz`` with the figures that must still come out of it.
The keys are wrapped with a master key of zeros: nothing in a home of this kind is secret.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from deploy.embedded.home import free_port
from deploy.embedded.postgres import _binary  # pyright: ignore[reportPrivateUsage]
from shared.http.identity import issue
from shared.language.codes import make_code
from shared.language.ids import new_id
from shared.language.terms import derived_id

ROOT = Path(__file__).parents[2]
HOMES = ROOT / "tests/data/homes"
DATABASES = ("roster", "visits", "issues", "reporting", "vault")
MASTER_KEY = "00" * 32
T = "T01"
NOTE = "生产经营正常,本月订单与上月持平"


class Old:
    """A running instance of an earlier version."""

    def __init__(self, source: Path, home: Path) -> None:
        self._home = home
        self._port = free_port()
        (home / "secrets").mkdir(parents=True, mode=0o700)
        (home / "secrets/master-key").write_text(MASTER_KEY + "\n", encoding="utf-8")
        command = [sys.executable, "-m", "deploy.embedded", "--home", str(home), "--port", str(self._port), "--no-demo"]
        environment = {**os.environ, "PYTHONPATH": str(source)}
        with (home / "out").open("wb") as out:
            self._child = subprocess.Popen(command, cwd=source, env=environment, stdout=out, stderr=out)
        self._until(lambda: self.state.get("phase") == "ready")

    @property
    def state(self) -> dict[str, Any]:
        """What its supervisor remembers."""
        path = self._home / "state.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def _until(self, condition: Any, seconds: float = 120) -> Any:
        deadline = time.monotonic() + seconds
        while not (found := condition()):
            if time.monotonic() > deadline or self._child.poll() is not None:
                raise SystemExit((self._home / "out").read_text(encoding="utf-8"))
            time.sleep(0.2)
        return found

    def client(self, account: str, role: str, unit: str) -> httpx.Client:
        """A client of its gateway."""
        key = json.loads((self._home / "secrets/signing-key").read_text(encoding="utf-8"))
        claims = {
            "iss": "guiren-local",
            "aud": "guiren",
            "sub": str(derived_id("member", account)),
            "account": account,
            "roles": [role],
            "unit": unit,
            "sub_unit": "",
        }
        bearer = {"Authorization": f"Bearer {issue(key, claims, int(time.time()), 3600)}"}
        return httpx.Client(base_url=f"http://127.0.0.1:{self._port}/api", headers=bearer, timeout=60, trust_env=False)

    def story(self) -> dict[str, Any]:
        """What happens in it; answers what must still be true of it."""
        office, worker = self.client("office", "office", "office"), self.client("T01-worker", "worker", T)
        for code, name, kind, parent in (
            ("520502", "某区", "district", None),
            ("office", "某区优化办", "office", "520502"),
            (T, "甲镇", "township", "520502"),
        ):
            _ok(office.put(f"/roster/units/{code}", json={"name": name, "kind": kind, "parent": parent, "on": "2026-01-01"}))
        for role in ("worker", "deputy", "liaison", "head"):
            person = {"name": "甄演示", "phone": "19900001234", "unit": T, "role": role, "on": "2026-01-01"}
            _ok(office.post(f"/roster/members/{T}-{role}/appoint", json=person))
        calendar = json.loads((ROOT / "deploy/data/calendar/2026.json").read_text(encoding="utf-8"))
        _ok(office.put("/roster/calendar/2026", json={"days": calendar["days"], "source": calendar["source"]}))
        enterprises = [self._enterprise(office, number) for number in (1, 2)]
        visits = [
            self._visit(
                worker,
                enterprises[0],
                "2026-10-12",
                [{"no": 1, "content": "希望协助招聘焊工十名", "category": "labour", "nature": "help"}],
            ),
            self._visit(worker, enterprises[1], "2026-10-13", []),
        ]
        liaison = self.client(f"{T}-liaison", "liaison", T)
        tickets = self._until(lambda: liaison.get("/issues/issues", params={"visit": visits[0]}).json().get("items"))
        ledger = self._until(lambda: _rows(liaison, 2))
        filed = _ok(liaison.post(f"/reporting/ledgers/{T}/2026-10/submit", json={}))
        time.sleep(2)
        return {
            "enterprises": enterprises,
            "visits": visits,
            "ticket": tickets[0]["id"],
            "rows": len(ledger["rows"]),
            "digest": ledger["digest"],
            "filed": filed,
        }

    def _enterprise(self, office: httpx.Client, number: int) -> str:
        code = make_code("520502", f"MAH{number:05d}").text
        body = {
            "code": code,
            "name": f"演示{number}号有限公司",
            "assignments": [{"line": "horizontal", "unit": T}],
            "on": "2026-01-01",
        }
        return _ok(office.put(f"/roster/enterprises/{code}", json=body))["id"]

    def _visit(self, worker: httpx.Client, enterprise: str, on: str, demands: list[dict[str, Any]]) -> str:
        id_ = str(new_id())
        body = {
            "enterprise": enterprise,
            "on": on,
            "mode": "phone",
            "note": NOTE,
            "connected_seconds": 90,
            "ack": "sms",
            "interviewee": "贾演示",
            "phone": "19900005678",
            "difficulties": "资金紧张,贷款难,招工难",
            "demands": demands,
        }
        self._until(lambda: worker.put(f"/visits/visits/{id_}", json=body).is_success, 30)
        return id_

    def dump(self) -> dict[str, bytes]:
        """Every database as SQL, without what differs from run to run of pg_dump."""
        port, password = (
            self.state["ports"]["postgres"],
            (self._home / "secrets/postgres-admin").read_text(encoding="utf-8").strip(),
        )
        found: dict[str, bytes] = {}
        for name in DATABASES:
            command = [
                _binary("pg_dump"),
                "-h",
                "127.0.0.1",
                "-p",
                str(port),
                "-U",
                "postgres",
                "--inserts",
                "--rows-per-insert=50",
                f"guiren_{name}",
            ]
            told = subprocess.run(command, env={**os.environ, "PGPASSWORD": password}, capture_output=True, check=True).stdout
            lines = [line for line in told.splitlines() if not line.startswith((b"--", b"\\")) and line.strip()]
            found[f"{name}.sql"] = b"\n".join(lines) + b"\n"
        return found

    def stop(self) -> None:
        """End it."""
        self._child.terminate()
        self._child.wait(60)


def _ok(answer: httpx.Response) -> Any:
    if not answer.is_success:
        message = f"{answer.request.url}: {answer.status_code} {answer.text}"
        raise SystemExit(message)
    return answer.json()


def _rows(client: httpx.Client, wanted: int) -> Any:
    found = client.get(f"/reporting/ledgers/{T}/2026-10")
    return found.json() if found.is_success and len(found.json()["rows"]) == wanted else None


def write(path: Path, contents: dict[str, bytes]) -> None:
    """A compressed archive that says nothing of when and by whom it was made."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in sorted(contents.items()):
            item = tarfile.TarInfo(name)
            item.size = len(content)
            archive.addfile(item, io.BytesIO(content))
    path.write_bytes(gzip.compress(packed.getvalue(), 9, mtime=0))


def main(commit: str) -> None:
    """Make the archive of one commit."""
    HOMES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="guiren-home-") as scratch:
        place = Path(scratch)
        place.chmod(0o755)
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", str(place / "source"), commit], cwd=ROOT, check=True)
        try:
            old = Old(place / "source", place / "home")
            try:
                facts = old.story()
                contents = old.dump()
            finally:
                old.stop()
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(place / "source")], cwd=ROOT, check=True)
    contents["facts.json"] = json.dumps({"commit": commit, **facts}, ensure_ascii=False, indent=1, sort_keys=True).encode()
    write(HOMES / f"{commit}.tar.gz", contents)


if __name__ == "__main__":
    main(sys.argv[1])
