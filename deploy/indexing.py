"""``guiren privacy index``, or ``python -m deploy.indexing``: numbers are found wherever they were ever typed.

Since numbers are looked for in texts, each is kept, blinded, before its text is (``shared/language/persons``). What was recorded
before that, and what a vault put back from an older copy has lost, is made good here: the logs are read from their beginning, and
the vault looks into every sealed datum. The texts do not leave it. It may run while people work, and twice.
"""

from __future__ import annotations

import asyncio

from deploy.install import SERVICES, Place
from shared.language.freetext import data_in
from shared.log.eventlog import whole
from shared.log.vault import Vault
from shared.settings import Settings


async def index(place: Place, settings: Settings, prefix: str = "") -> dict[str, int]:
    """How many numbers of each log were not found before."""
    vault = Vault(settings.vault_socket, "audit", settings.secret(settings.vault_secret_file))
    found: dict[str, int] = {}
    try:
        for name in SERVICES:
            connection = await place.connect(f"{prefix}guiren_{name}")
            try:
                found[name] = 0
                async for page in whole(connection, 1_000):
                    found[name] += await vault.index([datum for entry in page for datum in data_in(entry.fact)])
            finally:
                await connection.close()
    finally:
        await vault.close()
    return found


def main() -> None:
    """Index what the environment names."""
    found = asyncio.run(index(Place.from_environment(), Settings()))
    print("; ".join(f"{name}: {count}" for name, count in found.items()))


if __name__ == "__main__":
    main()
