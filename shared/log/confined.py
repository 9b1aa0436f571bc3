"""A process gives up for good what it has no business with: folders it may not read, and where it reads a stranger's file, the net.

By Landlock (Linux 5.13 and newer), which any process may ask of the kernel for itself, its threads and its children; nobody can
take it back, and who is confined can't look into the memory of a process that is not. Where all processes of a platform run
as one user, this is what keeps a service from the master keys, which lie in a file of that user. In containers a service
doesn't have the file at all.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_NO_NEW_PRIVILEGES = 38
_READ, _WRITE, _EXECUTE, _TRUNCATE = 1 << 2, 1 << 1, 1 << 0, 1 << 14
_OF_A_FILE = _READ | _WRITE | _EXECUTE
_OF_A_FOLDER = (1 << 13) - 1 - (1 << 3)
"""Everything Linux 5.13 knows, reading, writing, making and removing, but not the reading of lists of names."""
_REFER = 1 << 13
_CONNECT = 0b11
"""TCP, to bind and to connect."""


class _Rules(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def strength() -> int:
    """The version of Landlock this kernel has; 0 for none."""
    return max(0, _libc.syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1)))


def close(folders: Iterable[Path], but: Iterable[Path] = ()) -> bool:
    """What lies in these folders is out of reach from now on, except single files; everything else stays as it is.

    A kernel's rules only allow, so what lies beside is allowed, on every level up to the root. What is made later directly in a
    folder above a closed one is out of reach too. Answers whether the kernel can do it at all.
    """
    closed = {folder.resolve() for folder in folders if folder.exists()}
    if not closed:
        return True
    above = {parent for folder in closed for parent in folder.parents}
    beside = (entry for folder in above for entry in _in(folder) if entry not in above and entry not in closed)
    return _only([*beside, *but], net=True)


def keep(paths: Iterable[Path]) -> bool:
    """Nothing but these files and folders can be opened from now on, and nobody reached by TCP."""
    return _only(paths, net=False)


def _in(folder: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        yield from (entry for entry in folder.iterdir() if not entry.is_symlink())


def _only(paths: Iterable[Path], *, net: bool) -> bool:
    version = strength()
    if not version:
        return False
    more = (_REFER if version > 1 else 0) | (_TRUNCATE if version > 2 else 0)  # noqa: PLR2004  as the kernel's manual counts.
    rules = _Rules(_OF_A_FOLDER | more, 0 if net or version < 4 else _CONNECT)  # noqa: PLR2004
    size = ctypes.sizeof(rules) if version >= 4 else 8  # noqa: PLR2004  older kernels know the first half.
    ruleset = _done(_libc.syscall(_CREATE, ctypes.byref(rules), ctypes.c_size_t(size), ctypes.c_uint32(0)))
    for path in paths:
        _allow(ruleset, path, rules.files)
    _done(_libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    _done(_libc.syscall(_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0)))
    os.close(ruleset)
    return True


def _allow(ruleset: int, path: Path, rights: int) -> None:
    with contextlib.suppress(OSError):  # What is not there, or gone meanwhile, needs no rule.
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            allowed = rights if path.is_dir() else rights & (_OF_A_FILE | _TRUNCATE)
            rule = _Beneath(allowed, handle)
            _done(_libc.syscall(_ADD, ctypes.c_int(ruleset), ctypes.c_int(1), ctypes.byref(rule), ctypes.c_uint32(0)))
        finally:
            os.close(handle)


def _done(answer: int) -> int:
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer
