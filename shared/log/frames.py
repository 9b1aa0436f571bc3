"""Messages between the vault and who asks it: JSON over a Unix socket, each with its length before it.

The socket is a file, never a port: nobody on a network can knock. The path of a folder may be longer than the kernel takes
for the name of a socket, so the folder is opened and the socket named from there.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Generator
from pathlib import Path
from typing import Any

import orjson

LONGEST = 64 << 20
_LENGTH = 4
_PATIENCE_SECONDS = 2


class Broken(Exception):
    """What came is no message of ours."""


@contextlib.contextmanager
def named(path: Path) -> Generator[str]:
    """A name for the socket at this path that is short wherever its folder lies; good for as long as the context."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def written(message: Any) -> bytes:
    """A message as it goes over the wire."""
    body = orjson.dumps(message)
    return len(body).to_bytes(_LENGTH, "big") + body


async def read(reader: asyncio.StreamReader) -> Any:
    """The next message; ``IncompleteReadError`` at the end."""
    length = int.from_bytes(await reader.readexactly(_LENGTH), "big")
    if length > LONGEST:
        raise Broken
    try:
        return orjson.loads(await reader.readexactly(length))
    except orjson.JSONDecodeError as error:
        raise Broken from error


def how_it_is(place: Path) -> dict[str, Any]:
    """What a vault says of itself, asked without a secret; nothing where nobody answers."""
    try:
        with named(place) as name, socket.socket(socket.AF_UNIX) as line:
            line.settimeout(_PATIENCE_SECONDS)
            line.connect(name)
            line.sendall(written({"id": 1, "ask": "ready"}))
            with line.makefile("rb") as answer:
                return orjson.loads(answer.read(int.from_bytes(answer.read(_LENGTH), "big")))["answer"]
    except (OSError, ValueError, KeyError):
        return {}
