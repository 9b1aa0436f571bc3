"""The embedded nats-server, with the same nats.conf as in compose."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Sequence
from pathlib import Path

from deploy.embedded.home import Home, tool
from deploy.embedded.process import Process
from deploy.keys import SERVICES, write_private

CONFIG = Path(__file__).parents[1] / "nats.conf"
_HEALTH = b"$SYS.REQ.SERVER.PING.HEALTHZ"
_ANSWER_BYTES = 65_536


class Nats(Process):
    """One nats-server with JetStream under ``home/nats``, on a loopback port. It has no monitoring port: whoever asks how it is
    signs in for it.
    """

    name = "nats"
    patience_seconds = 20  # After a write that failed (a full disk) it refuses a stream until it is started anew.

    def __init__(self, home: Path | Home, districts: Sequence[str] = ()) -> None:
        super().__init__(home if isinstance(home, Home) else Home(home))
        self.home.make()
        self.data = self.home.path / "nats"
        self._districts = districts or (os.environ.get("GUIREN_DISTRICT", "520502"),)

    @property
    def port(self) -> int:
        """The port for clients on 127.0.0.1."""
        return self.home.port("nats")

    @property
    def url(self) -> str:
        """The address for clients."""
        return f"nats://127.0.0.1:{self.port}"

    @property
    def config(self) -> Path:
        """The configuration as the server reads it: nats.conf with the district put in."""
        return self.home.path / "nats.conf"

    def prepare(self) -> None:
        """Give up a port that somebody else took, write the configuration, and bring streams that an earlier version kept in the
        account of all to the account that has them now.
        """
        self.home.usable_port("nats")
        before, now = self.data / "jetstream" / "$G", self.data / "jetstream" / "LOGS"
        if before.exists() and not now.exists():
            before.rename(now)
        write_private(self.config, configuration(self._districts))

    def command(self) -> list[str]:
        """The server in the foreground."""
        return [tool("nats-server"), "-c", str(self.config)]

    def environment(self) -> dict[str, str]:
        """What nats.conf leaves open."""
        return {
            "GUIREN_NATS_HOST": "127.0.0.1",
            "GUIREN_NATS_PORT": str(self.port),
            "GUIREN_NATS_MONITOR": "0",
            "GUIREN_NATS_STORE": json.dumps(str(self.data), ensure_ascii=False),  # Read as configuration: blanks want quotes.
            "GUIREN_NATS_INSTALL": self.home.secret("nats"),
            **{f"GUIREN_NATS_{name.upper()}": self.home.secret(f"nats-{name}") for name in (*SERVICES, "vault", "health")},
        }

    def ready(self) -> bool:
        """As the server says itself, JetStream included."""
        return healthy(self.port, self.home.secret("nats-health"))


def configuration(districts: Sequence[str]) -> str:
    """nats.conf for these districts: each line that speaks of one is there once for each."""
    lines = CONFIG.read_text(encoding="utf-8").splitlines()
    rules = [
        [line.replace("DISTRICT", each) for each in districts] if '"' in line and "DISTRICT" in line else [line] for line in lines
    ]
    return "\n".join(line for rule in rules for line in rule) + "\n"


def healthy(port: int, password: str, seconds: float = 2) -> bool:
    """Ask a server on the loopback how it is, in the few words of its protocol: no client library waits as briefly."""
    told = json.dumps({"verbose": False, "pedantic": False, "user": "health", "pass": password, "lang": "python", "version": "1"})
    asked = [f"CONNECT {told}", "SUB _INBOX.health 1", f"PUB {_HEALTH.decode()} _INBOX.health 0", "", ""]
    try:
        with socket.create_connection(("127.0.0.1", port), seconds) as connection:
            connection.settimeout(seconds)
            connection.sendall("\r\n".join(asked).encode())
            heard = b""
            while b'"data":' not in heard and b"-ERR" not in heard and len(heard) < _ANSWER_BYTES:
                if not (more := connection.recv(4096)):
                    return False
                heard += more
            return b'"status":"ok"' in heard
    except OSError:
        return False
