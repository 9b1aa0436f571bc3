"""How what runs in the background is ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Any

_AGAIN_SECONDS = 0.2


async def ended(tasks: Iterable[asyncio.Task[Any]], seconds: float = 3) -> None:
    """Cancel these until they have ended, for so many seconds at the most.

    Once is not enough: ``asyncio.wait_for`` of Python 3.11, with which the NATS client waits, takes no notice of a cancellation
    that comes at the same moment as what it waited for.
    """
    until = time.monotonic() + seconds
    waiting = {task for task in tasks if task is not asyncio.current_task()}
    while waiting and (left := until - time.monotonic()) > 0:
        for task in waiting:
            task.cancel()
        over, waiting = await asyncio.wait(waiting, timeout=min(left, _AGAIN_SECONDS))
        for task in over:
            if not task.cancelled():
                task.exception()  # Asked for, so that nobody is told later that it was not.
