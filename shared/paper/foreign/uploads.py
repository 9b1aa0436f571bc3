"""An upload on its way in: streamed into a file without a name, counted and hashed."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from typing import BinaryIO

import anyio.to_thread
from fastapi import Request
from starlette.requests import ClientDisconnect

from shared.language.problems import Malformed, TooLarge

_IN_MEMORY = 1 << 16


@dataclass
class Upload:
    """The file, its size in bytes and its SHA-256. It has no name in any folder: nothing stays behind, whatever happens."""

    file: BinaryIO
    size: int
    digest: str

    def close(self) -> None:
        """Let go of the file."""
        self.file.close()


async def received(request: Request, largest: int) -> Upload:
    """The body of a request, or ``TooLarge`` with the limit of the route."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  it lives as long as the upload.
    digest, size = hashlib.sha256(), 0
    waiting = bytearray()
    try:
        async for block in request.stream():
            size += len(block)
            if size > largest:
                raise TooLarge(largest)
            digest.update(block)
            waiting += block
            if len(waiting) > _IN_MEMORY:
                await anyio.to_thread.run_sync(file.write, bytes(waiting))
                waiting.clear()
        file.write(waiting)
        file.seek(0)
    except ClientDisconnect:
        file.close()
        raise Malformed(errors=[{"pointer": "/body", "code": "interrupted", "title": "上传中断,请重试"}]) from None
    except BaseException:
        file.close()
        raise
    return Upload(file, size, digest.hexdigest())
