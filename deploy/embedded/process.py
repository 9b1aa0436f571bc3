"""One child process: how it is started, when it is ready, how it stops, and that it never outlives its parent."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from deploy.embedded.home import Home

_LOG_BYTES = 10_000_000
_LOGS_KEPT = 3


class NotStartedError(RuntimeError):
    """A process did not become ready; the message ends with the last lines of its log."""


class Process:
    """One child, written as a subclass: what it runs and how one sees that it is ready.

    Everything here blocks but never for long, except ``start`` and ``stop``. Start from a thread that stays: the kernel
    ends the child when the *thread* that made it is gone.
    """

    name: str
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    """What the kernel sends the child when we die without a word."""
    start_seconds: float = 60
    patience_seconds: float | None = None
    """How long it may run without being ready before it is started anew; ``None`` for ever."""
    essential: bool = True
    """Whether nothing can run without it."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.starts = 0
        self._child: subprocess.Popen[bytes] | None = None

    # What a subclass says.

    def prepare(self) -> None:
        """Make ready what it needs, and clear away what a killed predecessor left."""

    def command(self) -> list[str]:
        """What to run."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """What its environment has beyond ours."""
        return {}

    def privileges(self) -> list[str]:
        """Options for setpriv."""
        return []

    def ready(self) -> bool:
        """Whether it does its work now. May be asked from any thread, and of a process that somebody else started."""
        raise NotImplementedError

    def started(self) -> bool:
        """Whether its start is over and others may go on, even if it is kept from its work by what they will do."""
        return self.ready()

    def way(self) -> str:
        """Where it is on its way to being ready, if it needs nothing but time: something else whenever it has come further."""
        return ""

    def refusal(self) -> str:
        """Why it runs and yet refuses to work, in words for an operator; nothing if it doesn't."""
        return ""

    # What it can be told.

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.home.logs / f"{self.name}.log"

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    @property
    def ending(self) -> str:
        """How it ended, in words for an operator."""
        code = self._child.poll() if self._child is not None else None
        if code is None:
            return ""
        return f"退出码 {code}" if code >= 0 else f"信号 {-code}"

    @property
    def running(self) -> bool:
        """Whether our child is alive."""
        return self.pid is not None

    def spawn(self) -> None:
        """Start it and don't wait."""
        self.home.logs.mkdir(parents=True, exist_ok=True)
        self.starts += 1
        self.prepare()
        rotate(self.log)
        setpriv = shutil.which("setpriv") or "/usr/bin/setpriv"
        tied = [setpriv, "--pdeathsig", self.death_signal.name.removeprefix("SIG"), *self.privileges(), "--"]
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                [*tied, *self.command()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment()},
                cwd="/",
                start_new_session=True,
            )

    def start(self) -> None:
        """Start it and come back when it is ready; try again while it dies at once (a predecessor may still be leaving)."""
        deadline = time.monotonic() + self.start_seconds
        while time.monotonic() < deadline:
            if not self.running:
                self.spawn()
            if self.ready() and self.running:
                return
            time.sleep(0.05 if self.running else 0.5)
        self.kill()
        raise NotStartedError(self.complaint())

    def complaint(self) -> str:
        """The last lines of its log, for whoever wonders."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:] if self.log.exists() else []
        return f"{self.name} did not start; {self.log} ends with:\n" + "\n".join(lines)

    def ask_to_stop(self) -> None:
        """Tell it to finish; don't wait."""
        if self._child is not None and self._child.poll() is None:
            self._child.send_signal(self.stop_signal)

    def stop(self, seconds: float = 8) -> None:
        """Tell it to finish, wait, and kill it if it won't."""
        self.ask_to_stop()
        if self._child is not None:
            try:
                self._child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """Kill -9, as a fault would."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()


def rotate(log: Path) -> None:
    """Put a log that has grown large aside."""
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        for number in range(_LOGS_KEPT - 1, 0, -1):
            older = log.with_name(f"{log.name}.{number}")
            if older.exists():
                older.replace(log.with_name(f"{log.name}.{number + 1}"))
        log.replace(log.with_name(f"{log.name}.1"))


def answers(address: str, seconds: float = 2) -> bool:
    """Whether a GET of this address on the loopback is answered with 200."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=seconds) as response:
            return bool(response.status == 200)  # noqa: PLR2004
    except (OSError, ValueError, urllib.error.HTTPError):
        return False
