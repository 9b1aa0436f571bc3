"""Whether a vault answers: ``python -m services.vault.ready``, for whoever keeps its process. Asked without a secret."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from shared.log.frames import how_it_is


def main() -> int:
    """The exit code: 0 where it answers."""
    return 0 if how_it_is(Path(os.environ.get("GUIREN_VAULT_SOCKET", "vault.sock"))) else 1


if __name__ == "__main__":
    sys.exit(main())
