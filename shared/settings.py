"""Settings of one service, read once in its ``__main__`` and passed down.

Every name is an environment variable with the prefix ``GUIREN_``; a value that is a secret is named by the *path*
of the file that holds it, so that no secret stands in an environment. Importing this module needs no environment.
"""

import ssl
from pathlib import Path
from typing import Literal

import structlog
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.log import confined

log = structlog.get_logger()


def trusting(ca: str) -> ssl.SSLContext | None:
    """TLS for which this authority vouches, name and all; none if none is named."""
    return ssl.create_default_context(cafile=ca) if ca else None


class Settings(BaseSettings):
    """What a process of the platform must be told. Only the address of things, never a rule of the plan."""

    model_config = SettingsConfigDict(env_prefix="GUIREN_", frozen=True)

    district: str = "520502"
    """Division code of the district (GB/T 2260)."""
    district_name: str = "七星关区"
    brand: str = "贵人服务"
    office_name: str = "区优化营商环境工作领导小组办公室"

    host: str = "127.0.0.1"
    port: int = 0
    inner_host: str = "127.0.0.1"
    inner_port: int = 0
    """Where health and figures are told, to whoever runs it; the gateway does not lead there."""
    gateways: str = "127.0.0.1"
    """Addresses of gateways, whose word is taken for who asks (as uvicorn reads it: a list with commas, or ``*``)."""

    postgres_host: str = "127.0.0.1"
    postgres_port: int = 5432
    postgres_ca: str = ""
    """PEM file of the authority that vouches for PostgreSQL under the name it is reached by. Without it the way there is not
    encrypted, or not by anybody known: right on the loopback, and on a network that never leaves the machine."""
    postgres_password_file: Path = Path("postgres-password")
    """Password of the role that is named like the service; the database is ``guiren_<service>``."""
    vault_socket: Path = Path("vault.sock")
    """Where the vault listens, which alone holds keys of personal data (decision 50)."""
    vault_secret_file: Path = Path("vault-secret")
    """What this process says to the vault first, so that the vault knows who asks."""

    nats_url: str = "nats://127.0.0.1:4222"
    nats_ca: str = ""
    """Likewise for NATS, which must begin every connection with TLS (``handshake_first``)."""
    nats_password_file: Path = Path("nats-password")
    """Password of the NATS user that is named like the service."""
    entry_key_file: Path = Path("entry-key")
    """Private key of the service, 32 bytes in hexadecimal: it signs the entries it publishes."""
    entry_keys_file: Path = Path("entry-keys.json")
    """The public keys of all services, the newest of each first."""
    checkpoints: Path | None = None
    """The folder in which it is kept how far each log was published, outside PostgreSQL and NATS."""

    issuer: str = "guiren-local"
    audience: str = "guiren"
    jwks: str = "jwks.json"
    """A path or an https address of the key set that signs bearer tokens."""
    account_claim: str = ""
    """The claim of a token that holds the member's account (``preferred_username``); without one, the subject says who it is:
    a member's id, or an account."""

    evidence_url: str = "file:///var/lib/guiren/evidence"
    """Where evidence lies: ``file:///folder`` or ``s3://bucket/prefix`` (credentials as obstore reads them)."""

    security_folder: Path | None = None
    """Where the security log lies, a file a day; without one its lines go where all lines go."""
    security_days: int = Field(default=1096, ge=183)
    """How long it is kept: three years, and never less than six months (网络安全法 第二十一条)."""

    clock: bool = True
    """Whether alarms ring by themselves. Off where a test rings them at instants of its own."""

    longest_silence_days: int = 92
    """A log in which nothing was recorded for longer makes the clock doubtful at a start (decision 42)."""

    log_format: Literal["json", "console"] = "json"

    closed: tuple[Path, ...] = ()
    """Folders that this process gives up at its start except its own files in them (``shared/log/confined``)."""

    def confine(self) -> None:
        """Give up what is another's, before anything from outside is read."""
        told = (getattr(self, name) for name in type(self).model_fields)
        own = [Path(value) for value in told if isinstance(value, (Path, str)) and str(value).startswith("/")]
        if not confined.close(self.closed, [path for path in own if path.is_file()]):
            log.warning("this kernel has no Landlock: services of one user can read each other's secrets", closed=self.closed)

    def secret(self, path: Path) -> str:
        """The content of a secret file without its final newline."""
        return path.read_text(encoding="utf-8").strip()
