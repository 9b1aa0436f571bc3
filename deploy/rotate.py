"""A new master key for the vault: ``guiren privacy rotate``, or ``python -m deploy.rotate`` where the secrets lie.

The file of master keys gets a line in front; then every key it did not wrap is wrapped anew, some hundreds at a time, while
the vault runs: it reads the file again when it meets a row that names a master key it does not know. A kill in between
leaves some rows under the old key, and the next run goes on. The oldest line stays: digests are made with what follows from
it, and would find nothing otherwise (decision 18).
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from deploy.keys import write_private
from services.vault.keys import Keys, master_id
from shared.settings import trusting


@dataclass(frozen=True)
class Vaulted:
    """Where the secrets and the vault are."""

    secrets: Path
    host: str
    port: int
    database: str = "guiren_vault"

    @property
    def file(self) -> Path:
        """The file of master keys."""
        return self.secrets / "master-key"

    def masters(self) -> tuple[bytes, ...]:
        """The master keys, the newest first."""
        return tuple(bytes.fromhex(line) for line in self.file.read_text(encoding="utf-8").split())


async def rotate(where: Vaulted, *, fresh: bool = True) -> dict[str, Any]:
    """Make a master key (unless only an interrupted rotation is to be finished) and wrap everything with it."""
    password = (where.secrets / "vault").read_text(encoding="utf-8").strip()
    pool = await asyncpg.create_pool(
        host=where.host,
        port=where.port,
        database=where.database,
        user="vault",
        password=password,
        min_size=1,
        max_size=2,
        timeout=10,
        ssl=trusting(os.environ.get("GUIREN_POSTGRES_CA", "")),
    )
    try:
        if fresh:
            lines = [os.urandom(32).hex(), *(key.hex() for key in where.masters())]
            write_private(where.file, "\n".join(lines) + "\n", where.file.stat().st_mode & 0o777)
        keys = Keys(pool, where.masters)
        rewrapped = 0
        while count := await keys.rewrap():
            rewrapped += count
        return {"newest": master_id(where.masters()[0]), "rewrapped": rewrapped}
    finally:
        async with asyncio.timeout(5):
            await pool.close()


def main() -> None:
    """Rotate what the environment names."""
    folder = Path(os.environ.get("GUIREN_SECRETS_DIR", "deploy/secrets"))
    host, port = os.environ.get("GUIREN_POSTGRES_HOST", "127.0.0.1"), int(os.environ.get("GUIREN_POSTGRES_PORT", "5432"))
    done = asyncio.run(rotate(Vaulted(folder, host, port)))
    print(f"{done['newest']}: {done['rewrapped']}")


if __name__ == "__main__":
    main()
