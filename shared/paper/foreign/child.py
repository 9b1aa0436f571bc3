"""The child that reads one foreign file and says on standard output, as lines of JSON, what stands in it.

It holds no secret, no connection and no name of the file: only its bytes, on standard input. Its limits are the first thing
it sets. The last line is ``null``; without it the reading has failed, whatever came before.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from shared.log import confined

ERROR, MERGED = "error", "merged"
"""Marks of a cell: a formula's error; empty because it lies under a merged cell."""


class Unfit(Exception):
    """The file can't be read; ``str`` is the Chinese sentence people see."""


def _tables(file: BinaryIO, options: Mapping[str, Any]) -> Iterable[Any]:
    from shared.paper.foreign import formats

    return formats.read(file, options)


def _photo(file: BinaryIO, options: Mapping[str, Any]) -> Iterable[Any]:
    from shared.paper.foreign import photos

    return [photos.read(file.read(), options["media_type"])]


READERS: Mapping[str, Callable[[BinaryIO, Mapping[str, Any]], Iterable[Any]]] = {"tables": _tables, "photo": _photo}
"""What can be read, by name."""


def bound(memory: int, processor: int) -> None:
    """No more memory, no more seconds of the processor; no file written, no picture of memory left behind."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (processor, processor + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def shut_in() -> None:
    """From here on only the programs can be opened, no secret and no other file, and nobody reached by TCP: not the database,
    not the bus. The vault's socket says nothing to who knows no secret (``shared/log/confined``).
    """
    programs = (
        sys.prefix,
        sys.base_prefix,
        Path(__file__).parents[2],
        "/usr",
        "/lib",
        "/lib64",
        "/etc/ld.so.cache",
        "/etc/localtime",
    )
    confined.keep(map(Path, (*programs, "/dev/null", "/dev/urandom")))


def main(reader: str, text: str) -> None:
    """Read standard input."""
    options: dict[str, Any] = orjson.loads(text)
    bound(options.pop("memory"), options.pop("processor"))
    shut_in()
    out = sys.stdout.buffer
    last: Any = None
    try:
        with os.fdopen(os.dup(0), "rb") as file:
            for frame in READERS[reader](file, options):
                out.write(orjson.dumps(frame, option=orjson.OPT_NON_STR_KEYS) + b"\n")
    except Unfit as fault:
        last = {"fault": str(fault)}
    except MemoryError:
        last = {"fault": "文件内容过大,请拆分后再导入"}
    except BrokenPipeError:
        return
    out.write(orjson.dumps(last) + b"\n")
    out.flush()
