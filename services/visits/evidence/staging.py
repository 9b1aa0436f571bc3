"""Where a broken upload waits to be continued: one file per person, visit and digest, beside the evidence, never part of it.

A piece is acknowledged when it is on the disk. What nobody continued for a week is thrown away when the next upload begins.
Everybody has a share of their own, so that one person's pieces keep nobody else from sending a photo.
With S3 the pieces wait in the temporary folder of this host: an upload is continued at the host it began at.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import UUID

from services.visits.evidence.files import MOST_BYTES
from shared.language.problems import Refused, TooLarge, Unavailable
from shared.log.outages import unavailable

KEPT_SECONDS = 7 * 86_400
MOST_WAITING = 2_000
"""Unfinished uploads at once: forty gigabytes at the most."""
MOST_OF_ONE, MOST_BYTES_OF_ONE = 20, 10 * MOST_BYTES
"""Unfinished uploads of one person: as many as a visit has files, or ten of the largest."""


class OffsetDiffers(Refused):
    """A piece begins where the last one ended: ask for the offset (HEAD) and go on from there."""

    title = "续传位置不符,请按返回的位置继续"


class UploadsUnfinished(Refused):
    """Who has many uploads waiting finishes some before beginning another; after a week they are thrown away."""

    title = "您未完成的上传过多,请先完成或重新上传其中几个,再上传新的"


class Staging:
    """One person's unfinished uploads. Its methods block: call them outside the event loop."""

    def __init__(self, url: str, person: UUID) -> None:
        parts = urlsplit(url)
        above = Path(unquote(parts.path)) if parts.scheme == "file" else Path(tempfile.gettempdir()) / "guiren-evidence"
        self._all = above / ".staging"
        self._folder = self._all / person.hex

    def offset(self, visit: UUID, digest: str) -> int:
        """How many bytes are on the disk already."""
        try:
            return self._path(visit, digest).stat().st_size
        except FileNotFoundError:
            return 0

    def append(self, visit: UUID, digest: str, offset: int, piece: bytes) -> int:
        """Add a piece that begins at ``offset``; answers where the next one begins."""
        path = self._path(visit, digest)
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if offset == 0:
                self.sweep()
            self._within_share(path, len(piece))
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)  # Two pieces sent at once: one of them finds the other there.
                there = os.fstat(handle).st_size
                if offset != there:
                    raise OffsetDiffers(offset=there)
                if there + len(piece) > MOST_BYTES:
                    raise TooLarge(most=MOST_BYTES)
                left = memoryview(piece)
                while left:
                    left = left[os.write(handle, left) :]
                os.fsync(handle)
            finally:
                os.close(handle)
            _settle(self._folder)
        except OSError as error:
            raise unavailable(error, "staging") from error
        return offset + len(piece)

    def content(self, visit: UUID, digest: str) -> bytes:
        """What has come so far."""
        try:
            return self._path(visit, digest).read_bytes()
        except FileNotFoundError:
            return b""

    def forget(self, visit: UUID, digest: str) -> None:
        """Throw it away: it is stored, or damaged."""
        self._path(visit, digest).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Throw away what nobody continued; refuse when too much waits."""
        waiting = 0
        for path in self._all.glob("**/*"):
            try:
                if path.is_dir():
                    continue
                if time.time() - path.stat().st_mtime > KEPT_SECONDS:
                    path.unlink(missing_ok=True)
                else:
                    waiting += 1
            except FileNotFoundError:
                continue
        if waiting >= MOST_WAITING:
            raise Unavailable(reason="too many unfinished uploads")

    def _within_share(self, path: Path, more: int) -> None:
        sizes = {item.name: item.stat().st_size for item in self._folder.iterdir()}
        files, held = len(sizes.keys() | {path.name}), sum(sizes.values()) + more
        if files > MOST_OF_ONE or held > MOST_BYTES_OF_ONE:
            raise UploadsUnfinished(files=files - 1, most=MOST_OF_ONE, bytes=held - more, most_bytes=MOST_BYTES_OF_ONE)

    def _path(self, visit: UUID, digest: str) -> Path:
        return self._folder / hashlib.sha256(f"{visit}/{digest}".encode()).hexdigest()


def _settle(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
