"""The one folder under which an embedded instance keeps everything (``GUIREN_HOME``): secrets, state, data, logs."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import TypedDict, cast

from deploy.keys import PASSWORDS, make_secrets, write_private

SERVICES = ("roster", "visits", "issues", "reporting")
FIRST_PORT = 8080
_LAST_PORT = 8179
_TRIES = 10


class State(TypedDict, total=False):
    """What is remembered between starts, in ``state.json``. The address and the ports outlive a restart."""

    pid: int
    phase: str
    address: str
    ports: dict[str, int]
    demo: str


class NotPossibleError(RuntimeError):
    """It can't be started here; the message says why and what helps."""


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether we could listen on this port of the loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


class Home:
    """The folder of one instance."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.secrets = self.path / "secrets"
        self.logs = self.path / "log"
        self.evidence = self.path / "evidence"
        self.checkpoints = self.path / "checkpoints"
        self.temporary = self.path / "tmp"
        self._lock: int | None = None

    @property
    def vault_socket(self) -> Path:
        """Where the vault listens."""
        return self.path / "run" / "vault.sock"

    def make(self) -> None:
        """Make the folders, and each secret that isn't there yet."""
        self.path.mkdir(parents=True, exist_ok=True)
        for folder in (self.secrets, self.logs, self.evidence, self.checkpoints, self.temporary, self.path / "security"):
            folder.mkdir(mode=0o700, exist_ok=True)
        make_secrets(self.secrets)

    def secret(self, name: str) -> str:
        """One secret, without its final newline."""
        return (self.secrets / name).read_text(encoding="utf-8").strip()

    def passwords(self) -> dict[str, str]:
        """The password of every role."""
        return {name: self.secret(name) for name in PASSWORDS}

    @property
    def state(self) -> State:
        """What is remembered; nothing for a folder that was never started."""
        try:
            return cast("State", json.loads((self.path / "state.json").read_text(encoding="utf-8")))
        except FileNotFoundError:
            return {}

    def remember(self, **facts: object) -> None:
        """Add to what is remembered."""
        write_private(self.path / "state.json", json.dumps({**self.state, **facts}, indent=2, ensure_ascii=False) + "\n")

    def port(self, name: str) -> int:
        """The remembered port under this name, or a free one, remembered from now on."""
        ports = self.state.get("ports", {})
        if name not in ports:
            ports[name] = free_port()
            self.remember(ports=ports)
        return ports[name]

    def usable_port(self, name: str) -> int:
        """Likewise before something starts to listen: a port that somebody else took meanwhile is given up."""
        ports = self.state.get("ports", {})
        if name in ports and not is_free(ports[name]):
            del ports[name]
            self.remember(ports=ports)
        return self.port(name)

    def gateway_port(self, asked: int | None) -> int:
        """Where the gateway listens: as asked; else where it did before, or the first free port from 8080 on."""
        remembered = int(self.state.get("address", "").rpartition(":")[2] or FIRST_PORT)
        choices = (remembered, *range(FIRST_PORT, _LAST_PORT + 1)) if asked is None else (asked,)
        for port in choices:
            if is_free(port):
                return port
        message = f"端口 {choices[0]} 已被占用,请用 --port 换一个"
        raise NotPossibleError(message)

    def seize(self) -> bool:
        """Become the only supervisor of this folder; false if there is one. The kernel lets go when the holder dies."""
        handle = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        for _ in range(_TRIES):  # Somebody may just be looking, or leaving.
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.05)
            else:
                self._lock = handle
                return True
        os.close(handle)
        return False

    def release(self) -> None:
        """Stop being its supervisor."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @property
    def running(self) -> bool:
        """Whether some process supervises this folder now."""
        try:
            handle = os.open(self.path / "lock", os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False


def tool(name: str) -> str:
    """The path of a program that came in a wheel: it lies beside the interpreter."""
    return str(Path(sys.executable).parent / name)


def default_home() -> Path:
    """``GUIREN_HOME``, or ``.guiren`` in the checkout."""
    return Path(os.environ.get("GUIREN_HOME") or Path(__file__).parents[2] / ".guiren")
