"""Which tickets somebody reads, with the enterprises that are his as the roster has them today, and words that many answers have."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from services.issues.domain import access
from services.issues.domain.access import Reach
from services.issues.domain.ticket.decide import ISSUE
from services.issues.domain.ticket.states import Unreported, work_of
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.problems import Forbidden
from shared.language.reach import OWN, only_own, reach_of
from shared.log.eventlog import load

Version = Annotated[int, Field(description="版本号,从 1 起每办理一次加一;同 ETag")]
Actions = Annotated[list[str], Field(description="本人现在可以办理的操作(操作代码)")]
UnitCode = Annotated[str, Field(description="单位编码")]
EnterpriseId = Annotated[UUID, Field(description="企业编号")]
EnterpriseName = Annotated[str, Field(description="企业名称")]
EnterpriseCode = Annotated[str, Field(description="统一社会信用代码")]
IssueId = Annotated[UUID, Field(description="问题编号")]
IssueNo = Annotated[str, Field(description="问题的流水编号")]
MemberId = Annotated[UUID, Field(description="人员编号")]
Digest = Annotated[str, Field(description="所存文件内容的 SHA-256(小写十六进制)")]
MediaType = Annotated[str, Field(description="文件类型(媒体类型)")]
Bytes = Annotated[int, Field(description="文件大小,字节")]
Percent = Annotated[str | None, Field(description="百分比,两位小数,不含百分号;分母为零的为空")]


async def reach(service: Service, caller: Actor) -> Reach:
    """How far the caller reads; whoever reads nothing is refused."""
    if not caller.holds(*OWN):
        return access.reach(caller)
    far = await reach_of(service.pool, caller, local_date(service.clock()))
    return access.reach(caller, far.own or ())


async def must_concern(service: Service, caller: Actor, id_: UUID) -> None:
    """Whoever reads only what is his own says something of his own tickets only, and of those he had a hand in: a colleague's
    he is not told of, not even where it stands. What a decision can't know is which enterprises are his today.
    """
    if not only_own(caller):
        return
    state = ISSUE.fold(entry.fact for entry in await load(service.pool, ISSUE.stream(id_)))
    if isinstance(state, Unreported):
        return
    worked = work_of(state)
    if worked is not None and caller.id in worked.work.handlers | worked.work.reviewers:
        return
    if not (await reach(service, caller)).covers(state):
        raise Forbidden


def filters(before: tuple[list[str], list[Any]] | None = None, /, **wanted: Any) -> tuple[list[str], list[Any]]:
    """Conditions and arguments of a listing, of those that are named; they stand after those there are."""
    where, args = before or ([], [])
    for column, value in wanted.items():
        if value is not None:
            args.append(value)
            where.append(f"{column} = ${len(args)}")
    return where, args
