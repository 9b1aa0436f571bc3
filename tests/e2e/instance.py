"""A running instance, reached only through its gateway: our own embedded one, or whatever the environment names.

``GUIREN_E2E_ADDRESS`` and ``GUIREN_E2E_SIGNING_KEY`` (the file of the built-in issuer's private key) point the same tests at
an instance that runs already, such as the containers of ``docker-compose.yml``. It must be empty but for what
``python -m deploy.founding 甄演示 贾安全`` puts into it.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from deploy.embedded.home import Home
from deploy.embedded.supervisor import present
from shared.http.identity import issue
from shared.language.terms import derived_id

ROOT = Path(__file__).parents[2]


def processes(home: Path) -> dict[str, int]:
    """The process of each service of this instance, by its name."""
    found: dict[str, int] = {}
    for place in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            words = (place / "cmdline").read_bytes().split(b"\0")
            environment = (place / "environ").read_bytes()
            names = [word.decode() for word in words if word.startswith(b"services.")]
            if names and str(home).encode() in environment:
                found[names[0].removeprefix("services.")] = int(place.name)
    return found


class Instance:
    """Where to send requests, and how to sign tokens."""

    def __init__(self, address: str, signing_key: Path, home: Path | None) -> None:
        self.address = address
        self.home = home
        self.root = ROOT
        self._key = json.loads(signing_key.read_text(encoding="utf-8"))
        self._clients: list[httpx.Client] = []
        self._appointed: set[str] = set()

    @classmethod
    def named_or_new(cls, home: Path, port: int) -> Instance:
        """The instance the environment names, or a new embedded one under ``home``."""
        if address := os.environ.get("GUIREN_E2E_ADDRESS"):
            return cls(address, Path(os.environ["GUIREN_E2E_SIGNING_KEY"]), None)
        found = cls.__new__(cls)
        found.home = home
        found.guiren("up", "--no-demo", "--detach", "--port", str(port))
        found.guiren("init", "--name", "甄演示", "--security-name", "贾安全")
        found.__init__(f"http://127.0.0.1:{port}", home / "secrets/signing-key", home)
        return found

    def guiren(self, *words: str, code: int = 0, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run the command line against this instance; it must end with this exit code."""
        assert self.home is not None
        command = [str(Path(sys.executable).parent / "guiren"), *words, "--home", str(self.home)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=180, **options)
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def client(self, account: str, role: str, unit: str = "") -> httpx.Client:
        """A client of the gateway that acts as this account; who is of the office gets the post first."""
        if unit == "office" and account not in self._appointed:
            self._appointed.add(account)
            self.appoint(account, role, unit)
        return self._as(account)

    def _as(self, account: str) -> httpx.Client:
        claims = {"iss": "guiren-local", "aud": "guiren", "sub": str(derived_id("member", account))}
        token = issue(self._key, claims, int(time.time()), 3600)
        made = httpx.Client(base_url=self.address, headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False)
        self._clients.append(made)
        return made

    def appoint(self, account: str, role: str, unit: str) -> None:
        """Give somebody a post, and wait until every service knows of it."""
        person = {"name": "甄演示", "phone": "19900001234", "unit": unit, "role": role, "on": "2020-01-01"}
        kept = role in ("office", "office_head", "inspector", "auditor", "admin", "security_admin", "audit_admin")
        first, second = self._as("security" if kept else "office-head"), self._as("office-head" if kept else "office")
        response = first.post(f"/api/roster/members/{account}/appoint", json=person)
        assert response.is_success, response.text
        if proposal := response.json()["proposal"]:
            self.settle_office()
            response = second.post(f"/api/roster/members/{account}/confirm", json={"proposal": proposal})
            assert response.is_success, response.text
        self.known(self._as(account))

    def known(self, client: httpx.Client) -> None:
        """Wait until the other services have heard of somebody's post: they answer whatever is asked, but no longer 401."""
        for path in ("/api/visits/visits", "/api/issues/issues", "/api/reporting/ledgers?month=2026-09"):
            until = time.monotonic() + 10
            while client.get(path).status_code == 401:
                assert time.monotonic() < until, path
                time.sleep(0.05)

    @staticmethod
    def patiently(ask: Callable[[], httpx.Response], seconds: float = 10) -> httpx.Response:
        """Ask until the copies of the other services have caught up with what was just written."""
        until = time.monotonic() + seconds
        while True:
            response = ask()
            if response.is_success or time.monotonic() > until:
                return response
            time.sleep(0.05)

    def until_ready(self, seconds: float = 30) -> None:
        """Wait until every service says it is."""
        assert self.home is not None
        until = time.monotonic() + seconds
        while unready := {name: told for name, told in present(Home(self.home)).items() if not told["ready"]}:
            assert time.monotonic() < until, unready
            time.sleep(0.2)

    @staticmethod
    def publish(office: httpx.Client, path: Path) -> None:
        """Publish the official calendar of a year."""
        year = json.loads(path.read_text(encoding="utf-8"))
        body = {"days": year["days"], "source": year["source"]}
        response = office.put(f"/api/roster/calendar/{year['year']}", json=body)
        assert response.is_success, response.text

    def settle_office(self) -> httpx.Client:
        """Somebody in the office, with whose account the command line signs in."""
        return self.client("office", "office", "office")

    def close(self) -> None:
        """Let go of it; stop it if it is ours."""
        for client in self._clients:
            client.close()
        if self.home is not None:
            self.guiren("down")
