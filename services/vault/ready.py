"""Whether a vault answers: ``python -m services.vault.ready``, for whoever keeps its process. Asked without a secret."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Any

import orjson

from shared import frames

_SECONDS = 2
_HEAD = 4


def how_it_is(place: Path) -> dict[str, Any]:
    """What it says of itself; nothing where nobody answers."""
    try:
        with frames.named(place) as name, socket.socket(socket.AF_UNIX) as line:
            line.settimeout(_SECONDS)
            line.connect(name)
            line.sendall(frames.written({"id": 1, "ask": "ready"}))
            with line.makefile("rb") as answer:
                return orjson.loads(answer.read(int.from_bytes(answer.read(_HEAD), "big")))["answer"]
    except (OSError, ValueError, KeyError):
        return {}


def main() -> int:
    """The exit code: 0 where it answers."""
    return 0 if how_it_is(Path(os.environ.get("GUIREN_VAULT_SOCKET", "vault.sock"))) else 1


if __name__ == "__main__":
    sys.exit(main())
