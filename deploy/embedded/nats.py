"""The embedded nats-server, with the same nats.conf as in compose."""

from __future__ import annotations

import json
from pathlib import Path

from deploy.embedded.home import Home, tool
from deploy.embedded.process import Process, answers

CONFIG = Path(__file__).parents[1] / "nats.conf"


class Nats(Process):
    """One nats-server with JetStream under ``home/nats``, on loopback ports."""

    name = "nats"
    patience_seconds = 20  # After a write that failed (a full disk) it refuses a stream until it is started anew.

    def __init__(self, home: Path | Home) -> None:
        super().__init__(home if isinstance(home, Home) else Home(home))
        self.home.make()
        self.data = self.home.path / "nats"

    @property
    def port(self) -> int:
        """The port for clients on 127.0.0.1."""
        return self.home.port("nats")

    @property
    def url(self) -> str:
        """The address for clients."""
        return f"nats://127.0.0.1:{self.port}"

    @property
    def password(self) -> str:
        """Password of the user ``guiren``."""
        return self.home.secret("nats")

    def prepare(self) -> None:
        """Give up ports that somebody else took."""
        self.home.usable_port("nats")
        self.home.usable_port("nats-monitor")

    def command(self) -> list[str]:
        """The server in the foreground."""
        return [tool("nats-server"), "-c", str(CONFIG)]

    def environment(self) -> dict[str, str]:
        """What nats.conf leaves open."""
        return {
            "GUIREN_NATS_HOST": "127.0.0.1",
            "GUIREN_NATS_PORT": str(self.port),
            "GUIREN_NATS_MONITOR_PORT": str(self.home.port("nats-monitor")),
            "GUIREN_NATS_STORE": json.dumps(str(self.data), ensure_ascii=False),  # Read as configuration: blanks want quotes.
            "GUIREN_NATS_PASSWORD": self.password,
        }

    def ready(self) -> bool:
        """As the server says itself, JetStream included."""
        return answers(f"http://127.0.0.1:{self.home.port('nats-monitor')}/healthz")
