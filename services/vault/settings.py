"""What the vault's process must be told. The services know none of these files."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class VaultSettings(BaseSettings):
    """Environment variables with the prefix ``GUIREN_``, as of every process; a secret is named by its file."""

    model_config = SettingsConfigDict(env_prefix="GUIREN_", frozen=True)

    district: str = "520502"
    vault_socket: Path = Path("vault.sock")
    """Where it listens."""
    vault_clients: Path = Path("secrets")
    """The folder with a file ``vault-<client>`` for each who may ask: the secret that client says first."""
    vault_database: str = "guiren_vault"
    vault_password_file: Path = Path("vault-password")
    """Password of the role ``vault``, which has this database to itself."""
    master_key_file: Path = Path("master-key")
    """32 random bytes in hexadecimal a line: the keys that wrap every subject's key, the newest first (decision 18)."""
    postgres_host: str = "127.0.0.1"
    postgres_port: int = 5432
    postgres_ca: str = ""
    nats_ca: str = ""
    """As of the services (``shared/settings``): who vouches for the servers where they are on another machine."""
    nats_url: str = "nats://127.0.0.1:4222"
    nats_password_file: Path = Path("nats-password")
    opening_days: int = Field(default=1_096, ge=183)
    """How long it is kept what was opened, for whom: access logs three years, six months at least (``roles.md``)."""
    log_format: Literal["json", "console"] = "json"

    def master_keys(self) -> tuple[bytes, ...]:
        """The master keys, the newest first."""
        return tuple(bytes.fromhex(line) for line in self.secret(self.master_key_file).split())

    def client_secret(self, name: str) -> str:
        """What this client says first; nothing where no such client was made."""
        try:
            return self.secret(self.vault_clients / f"vault-{name}")
        except FileNotFoundError:
            return ""

    def secret(self, path: Path) -> str:
        """The content of a secret file without its final newline."""
        return path.read_text(encoding="utf-8").strip()
