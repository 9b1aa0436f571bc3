"""What every question to reporting has in common: who may ask, at which instant, and waiting for what was just written."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Path, Query, Request

from services.reporting.archive import ORIGINS, Archive
from services.reporting.projections import Reporting
from services.reporting.queries.question import Asked, Behind
from shared.http.parameters import Caller
from shared.language.decider import Actor
from shared.language.months import WrittenInstant
from shared.language.problems import Malformed, Unavailable

UnitCode = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,20}$", description="单位编码")]
MonthText = Annotated[str, Path(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="月份 YYYY-MM")]
MonthQuery = Annotated[str, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="月份 YYYY-MM")]
UnitQuery = Annotated[str | None, Query(max_length=20, description="单位编码;不填为全区,看不到全区的为本单位")]

Settled = Annotated[str | None, Query(alias="min", max_length=200, description="读到该日志位置为止,如 visits:1234")]

_PATIENCE = 5.0


async def _asked(
    request: Request,
    caller: Caller,
    as_of: Annotated[WrittenInstant | None, Query(description="按该时刻已知的事件计算(带时区)")] = None,
    min_: Settled = None,
) -> Asked:
    return await _at(request, caller, as_of, min_)


async def _asked_now(request: Request, caller: Caller, min_: Settled = None) -> Asked:
    return await _at(request, caller, None, min_)


async def _at(request: Request, caller: Actor, as_of: datetime | None, min_: str | None) -> Asked:
    service: Reporting = request.app.state.service
    archive = service.reader.archive
    if as_of is not None and as_of > max(
        service.clock(), datetime.now(UTC)
    ):  # Nothing is known of it, so nothing would stay true.
        raise Malformed(errors=[{"pointer": "/query/as_of", "code": "future", "title": "时间不能晚于现在"}])
    if min_:
        await _settled(archive, min_)
    now = await archive.cut()
    cut = now if as_of is None else await archive.cut(as_of)
    behind = [Behind(**item) for item in service.lacking(now, await service.heads())]
    return Asked(service, caller, cut, as_of, behind)


async def _settled(archive: Archive, text: str) -> None:
    """Wait until the mirror holds what the caller has written, a few seconds at most."""
    wanted: dict[str, int] = {}
    for part in text.split(","):
        origin, _, position = part.partition(":")
        if origin not in ORIGINS or not position.isdigit() or len(position) > 15:  # noqa: PLR2004  a position fits in 15 digits.
            raise Malformed(errors=[{"pointer": "/query/min", "code": "position", "title": "日志位置应为 服务:数字"}])
        wanted[origin] = int(position)
    for _ in range(int(_PATIENCE / 0.02)):
        cut = await archive.cut()
        if all(cut[origin] >= position for origin, position in wanted.items()):
            return
        await asyncio.sleep(0.02)
    raise Unavailable(reason="behind", wanted=wanted)


Question = Annotated[Asked, Depends(_asked)]
"""A question at a cut, in a route's signature."""
Now = Annotated[Asked, Depends(_asked_now)]
"""A command's cut: of now. Whoever files chooses no instant."""
