"""What passes by itself: the machine is away, busy or full, and the same thing said again later may go through.

One list for everybody who must tell an outage from a fault: commands answer it with 503, reactions and followers wait and try
again (they never park it), background tasks count it. ``except OUTAGES`` is for who waits whatever it is; who does something
else about a fault asks ``passes``.
"""

from __future__ import annotations

import errno
import re

import asyncpg
from pydantic import ValidationError

from shared.language.problems import Unavailable

FULL = (asyncpg.DiskFullError,)

OUTAGES = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InternalClientError,
    asyncpg.LockNotAvailableError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
)
"""Of the database and the disk: connections that break (asyncpg says some midway as InternalClientError), a server that stops,
a lock that is not to be had, and whatever has run out: room on the disk (SQLSTATE 53100), memory, connections."""
_GONE = re.compile(r"\bclos(?:ed|ing)\b|released back to the pool|another operation is cancelling")


def passes(error: BaseException) -> bool:
    """Whether it passes by itself.

    The driver has one InterfaceError for a connection or a pool that is gone and for its wrong use (a value that it can't
    encode, too few arguments): only the words tell them apart, and no waiting mends the second kind.
    """
    if isinstance(error, asyncpg.InterfaceError):
        return bool(_GONE.search(str(error))) and not isinstance(error, ValueError)
    return isinstance(error, OUTAGES)


class StorageFull(Unavailable):
    """A disk that the service writes to has no room left. Nothing was done; an administrator must make room."""

    title = "存储空间已满,暂时不能办理,请联系系统管理员"


def is_full(error: BaseException | None) -> bool:
    """Whether this error, or what it came from, says that a disk is full."""
    while error is not None:
        if isinstance(error, (StorageFull, *FULL)) or (
            isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        ):
            return True
        if f"os error {errno.ENOSPC}" in str(error):  # As obstore passes on what the disk said.
            return True
        error = error.__cause__ or error.__context__
    return False


_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def in_words(error: BaseException) -> str:
    """An exception as a sentence for people. What a library says in its own words (English, addresses of its manual, the value
    that failed) belongs in the log, where whoever catches it writes it down.
    """
    kind = type(error).__name__
    if is_full(error):
        return StorageFull.title
    if isinstance(error, ValidationError):
        return f"内容不符合约定的格式({error.title}),详情见日志"
    if passes(error):
        return f"数据库、磁盘或网络暂时没有应答({kind}),详情见日志"
    said = getattr(error, "title", "") or str(error)
    first = next((line for line in said.splitlines() if line.strip()), "")[:300]
    if _CHINESE.search(first) and "http" not in first:
        return first
    return f"程序内部错误({kind}),详情见日志"


def unavailable(error: BaseException, reason: str) -> Unavailable:
    """An outage as the refusal a caller gets."""
    return StorageFull() if is_full(error) else Unavailable(reason=reason)
