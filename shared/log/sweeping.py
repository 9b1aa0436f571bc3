"""Doing the same for many: one that fails stops no other, and is named at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import structlog

from shared.log.outages import in_words

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

log = structlog.get_logger()


class Unfinished(Exception):
    """Of a round some failed; the others are done. Says how many, and the first with its error."""

    def __init__(self, failed: Mapping[Any, Exception]) -> None:
        first, error = next(iter(failed.items()))
        super().__init__(f"{len(failed)} 项未办成,第一项 {first}:{in_words(error)}")
        self.failed = dict(failed)


async def for_each(
    what: str, items: Sequence[ItemT], do: Callable[[ItemT], Awaitable[ResultT]], at_once: int = 1
) -> tuple[list[ResultT], dict[ItemT, Exception]]:
    """Do it for each, so many at a time. Answers what came of those that went well, and the others with their errors."""
    done: list[ResultT] = []
    failed: dict[ItemT, Exception] = {}
    for start in range(0, len(items), at_once):
        some = items[start : start + at_once]
        for item, result in zip(some, await asyncio.gather(*(do(each) for each in some), return_exceptions=True), strict=True):
            if isinstance(result, Exception):
                failed[item] = result
                log.error("left undone", what=what, item=str(item), exc_info=result)
            elif isinstance(result, BaseException):
                raise result
            else:
                done.append(result)
    return done, failed
