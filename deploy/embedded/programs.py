"""The children beside PostgreSQL and NATS: one process per service, and the gateway."""

from __future__ import annotations

import contextlib
import json
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.embedded.home import Home, tool
from deploy.embedded.process import Process, answers
from shared.log.frames import how_it_is
from shared.settings import Settings

_DEPLOY = Path(__file__).parents[1]


def inner(name: str) -> str:
    """What the port is called at which a service tells how it is doing."""
    return f"{name}-inner"


def service_environment(home: Home, name: str) -> dict[str, str]:
    """The settings (``shared/settings.py``) of one service of this instance."""
    return {
        "GUIREN_HOST": "127.0.0.1",
        "GUIREN_PORT": str(home.port(name)),
        "GUIREN_INNER_PORT": str(home.port(inner(name))),
        "GUIREN_POSTGRES_HOST": "127.0.0.1",
        "GUIREN_POSTGRES_PORT": str(home.port("postgres")),
        "GUIREN_POSTGRES_PASSWORD_FILE": str(home.secrets / name),
        "GUIREN_VAULT_SOCKET": str(home.vault_socket),
        "GUIREN_VAULT_SECRET_FILE": str(home.secrets / f"vault-{name}"),
        "GUIREN_NATS_URL": f"nats://127.0.0.1:{home.port('nats')}",
        "GUIREN_NATS_PASSWORD_FILE": str(home.secrets / f"nats-{name}"),
        "GUIREN_ENTRY_KEY_FILE": str(home.secrets / f"entry-key-{name}"),
        "GUIREN_ENTRY_KEYS_FILE": str(home.secrets / "entry-keys.json"),
        "GUIREN_CHECKPOINTS": str(home.checkpoints),
        "GUIREN_JWKS": str(home.secrets / "jwks.json"),
        "GUIREN_EVIDENCE_URL": home.evidence.as_uri(),
        "GUIREN_SECURITY_FOLDER": str(home.path / "security"),
        "GUIREN_CLOSED": json.dumps([str(folder) for folder in (home.secrets, home.path / "postgres", home.path / "nats")]),
        "TMPDIR": str(home.temporary),
        "PYTHONUNBUFFERED": "1",
    }


def inside(home: Home, name: str) -> str:
    """Where a service tells how it is doing; nobody but this machine gets there."""
    return f"http://127.0.0.1:{home.port(inner(name))}"


def settings_of(home: Home, name: str) -> Settings:
    """The same, for a process that does not get them by its environment, and gives up nothing."""
    told = {key.removeprefix("GUIREN_").lower(): value for key, value in service_environment(home, name).items()}
    return Settings(**{key: value for key, value in told.items() if key in Settings.model_fields and key != "closed"})  # type: ignore[arg-type]  # pydantic reads texts.


class Vault(Process):
    """The only process with the keys of personal data (decision 50). Without it services go on with what needs none."""

    name = "vault"
    essential = False

    def command(self) -> list[str]:
        """As the services."""
        return [sys.executable, "-m", "services.vault"]

    def environment(self) -> dict[str, str]:
        """Its settings (``services/vault/settings.py``)."""
        home = self.home
        return {
            "GUIREN_VAULT_SOCKET": str(home.vault_socket),
            "GUIREN_VAULT_CLIENTS": str(home.secrets),
            "GUIREN_VAULT_PASSWORD_FILE": str(home.secrets / "vault"),
            "GUIREN_MASTER_KEY_FILE": str(home.secrets / "master-key"),
            "GUIREN_POSTGRES_HOST": "127.0.0.1",
            "GUIREN_POSTGRES_PORT": str(home.port("postgres")),
            "GUIREN_NATS_URL": f"nats://127.0.0.1:{home.port('nats')}",
            "GUIREN_NATS_PASSWORD_FILE": str(home.secrets / "nats-vault"),
            "PYTHONUNBUFFERED": "1",
        }

    def ready(self) -> bool:
        """It answers on its socket."""
        return bool(self.checks())

    def checks(self) -> dict[str, Any]:
        """How it says it is; nothing where it says nothing."""
        return how_it_is(self.home.vault_socket)


class Service(Process):
    """One service of ours."""

    essential = False

    def __init__(self, home: Home, name: str) -> None:
        super().__init__(home)
        self.name = name

    def prepare(self) -> None:
        """Keep the ports: the gateway knows them. One that a stranger took is given up only before the first start."""
        if self._child is None:
            self.home.usable_port(self.name)
            self.home.usable_port(inner(self.name))

    def command(self) -> list[str]:
        """As everywhere: the path is the name."""
        return [sys.executable, "-m", f"services.{self.name}"]

    def environment(self) -> dict[str, str]:
        """Its settings."""
        return service_environment(self.home, self.name)

    def ready(self) -> bool:
        """As it says itself."""
        return answers(f"{inside(self.home, self.name)}/readyz")

    def started(self) -> bool:
        """Also when it only waits for the demo's past, which is loaded while it runs."""
        return self.ready() or self._unready() == {"loading"}

    def way(self) -> str:
        """It reads what the others have told."""
        checks = self._checks()
        unready = {name: fact for name, fact in checks.items() if fact.get("unready")}
        if any(fact["unready"] not in ("loading", "catching up", "behind") for fact in unready.values()):
            return ""
        return " ".join(f"{name}={fact.get('position', 0)}" for name, fact in unready.items())

    def refusal(self) -> str:
        """What has halted in it, as it says itself."""
        return ";".join(f"{name}:{fact['halted']}" for name, fact in self._checks().items() if fact.get("halted"))

    def _unready(self) -> set[str]:
        return {fact["unready"] for fact in self._checks().values() if fact.get("unready")}

    def _checks(self) -> dict[str, Any]:
        """What it says of itself while it is not ready."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            opener.open(f"{inside(self.home, self.name)}/readyz", timeout=2).close()
        except urllib.error.HTTPError as answer:
            with answer, contextlib.suppress(ValueError, AttributeError):
                return json.loads(answer.read()).get("checks", {})
        except OSError:
            pass
        return {}


@dataclass(frozen=True)
class Tls:
    """How the gateway is reached by TLS, on all interfaces, beside its plain listener on the loopback.

    Without a ``certificate`` and its ``key`` (PEM files) it makes a CA of its own, whose root people must come to trust.
    """

    name: str
    port: int
    certificate: Path | None = None
    key: Path | None = None

    def environment(self) -> dict[str, str]:
        """What ``deploy/tls`` leaves open."""
        return {
            "GUIREN_TLS": "given" if self.certificate else "internal",
            "GUIREN_TLS_NAME": self.name,
            "GUIREN_TLS_PORT": str(self.port),
            "GUIREN_TLS_CERTIFICATE": str(self.certificate or ""),
            "GUIREN_TLS_KEY": str(self.key or ""),
        }


class Gateway(Process):
    """Caddy, with the same Caddyfile as in compose."""

    name = "gateway"

    def __init__(self, home: Home, port: int, services: tuple[str, ...], tls: Tls | None = None) -> None:
        super().__init__(home)
        self.port = port
        self._tls = tls
        self._services = services

    @property
    def folder(self) -> Path:
        """Where it keeps what it makes, a CA of its own among it."""
        return self.home.path / "gateway"

    @property
    def root(self) -> Path:
        """The root certificate of that CA."""
        return self.folder / "caddy/pki/authorities/local/root.crt"

    def command(self) -> list[str]:
        """The gateway in the foreground."""
        return [tool("caddy"), "run", "--config", str(_DEPLOY / "Caddyfile"), "--adapter", "caddyfile"]

    def environment(self) -> dict[str, str]:
        """What the Caddyfile leaves open."""
        tls = self._tls.environment() if self._tls else {"GUIREN_TLS": "off"}
        upstreams = {f"{name.upper()}_UPSTREAM": f"127.0.0.1:{self.home.port(name)}" for name in self._services}
        places = {"GUIREN_PORT": str(self.port), "GUIREN_BIND": "127.0.0.1", "GUIREN_WWW": str(_DEPLOY / "www")}
        return {**upstreams, **places, **tls, "XDG_DATA_HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder)}

    def ready(self) -> bool:
        """It serves the front page."""
        return answers(f"http://127.0.0.1:{self.port}/")
