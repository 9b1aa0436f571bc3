"""The parent's side of reading a foreign file: a child process, its limits, its frames, its death."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import orjson

from shared.language.problems import Malformed, Unavailable

_AT_ONCE = threading.BoundedSemaphore(4)
"""Children of one service at a time: each may take what its limits allow."""
_PATIENCE = 60
"""Seconds that a file waits for the others before it is sent away."""
_LONGEST_FRAME = 64 << 20
_BLOCK = 1 << 20
_ABOVE = str(Path(__file__).resolve().parents[3])


class FileUnreadable(Malformed):
    """A file from outside that can't be read; ``title`` is the sentence that says why and what to do."""

    title = "文件无法读取"

    def __init__(self, sentence: str = "", **facts: object) -> None:
        super().__init__(**({"errors": [{"pointer": "/body", "code": "file", "title": sentence}]} if sentence else {}), **facts)
        if sentence:
            self.title = sentence

    def __str__(self) -> str:
        return self.title


class ReaderDied(FileUnreadable):
    """The child ended without a word of its own: the file made it take more than it may, or broke it."""


@dataclass(frozen=True)
class Limits:
    """What a child may use. ``seconds`` is how long it is waited for, whatever happens between its answers."""

    memory: int = 2 << 30
    processor: int = 180
    seconds: float = 300


_DIED: Mapping[int, str] = {
    signal.SIGXCPU: "文件过大或过于复杂,读取超时,请拆分后再导入",
    signal.SIGKILL: "文件过大或过于复杂,读取被中止,请拆分后再导入",
}


class Reading:
    """What a child tells of a file, frame by frame. A context: leaving it ends the child."""

    def __init__(self, file: BinaryIO, reader: str, options: Mapping[str, Any], limits: Limits | None = None) -> None:
        """``reader`` is one of ``child.READERS``. The file is read from its beginning, through its descriptor alone."""
        self.limits = limits or Limits()
        self.waited = 0.0
        self._held = False
        if not _AT_ONCE.acquire(timeout=_PATIENCE):
            raise Unavailable(retry_after=30)
        self._held = True
        try:
            os.lseek(file.fileno(), 0, os.SEEK_SET)
            told = orjson.dumps({"memory": self.limits.memory, "processor": self.limits.processor, **options}).decode()
            self._child = subprocess.Popen(  # noqa: S603  our own module, with nothing of the file in the command.
                [sys.executable, "-X", "utf8", "-m", "shared.paper.foreign", reader, told],
                stdin=file,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={"PYTHONPATH": _ABOVE, "PATH": "", "LC_ALL": "C.UTF-8"},
            )
        except BaseException:
            self._release()
            raise
        self._lines = self._read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _value: BaseException | None, _at: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        if self._held:
            self.close()

    def close(self) -> None:
        """End the child, whatever it is doing; from any thread, as often as one likes."""
        self._child.kill()
        self._child.wait()
        self._release()
        # A thread that is reading meets the end of the pipe by itself; nobody else's reading goes on.
        with contextlib.suppress(ValueError):
            self._lines.close()
            assert self._child.stdout is not None  # noqa: S101  it was asked for.
            self._child.stdout.close()

    def _release(self) -> None:
        if self._held:
            self._held = False
            _AT_ONCE.release()

    def __iter__(self) -> Iterator[Any]:
        """The frames up to the child's own end; ``FileUnreadable`` with the child's sentence, or with one for its death."""
        ended = False
        for line in self._lines:
            frame: Any = orjson.loads(line)
            if isinstance(frame, dict) and "fault" in frame:
                raise FileUnreadable(frame["fault"], **frame.get("facts", {}))
            if frame is None:
                ended = True
                break
            yield frame
        if not ended:
            code = self._child.wait()
            raise ReaderDied(_DIED.get(-code, "文件无法读取:内容过大、已损坏或不是所说的格式,请用表格软件另存后再试"))

    def _read(self) -> Generator[bytes]:
        out = self._child.stdout
        assert out is not None  # noqa: S101  it was asked for.
        waiting = bytearray()
        with out, selectors.DefaultSelector() as selector:
            selector.register(out, selectors.EVENT_READ)
            while block := self._block(out.fileno(), selector):
                waiting += block
                *whole, rest = waiting.split(b"\n")
                yield from map(bytes, whole)
                waiting = rest
                if len(waiting) > _LONGEST_FRAME:
                    return

    def _block(self, descriptor: int, selector: selectors.BaseSelector) -> bytes:
        began = time.monotonic()
        ready = selector.select(max(0.0, self.limits.seconds - self.waited))
        self.waited += time.monotonic() - began
        if not ready:
            self._child.kill()
            return b""
        return os.read(descriptor, _BLOCK)
