"""What could not be acted on, with its error."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from services.issues.domain.parked import PARKED, KnownParked
from shared.http.answer import Answer, Page, Receipt
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.problems import Forbidden, Unknown
from shared.language.reach import OFFICE
from shared.language.terms import Role
from shared.log.eventlog import load


class ParkedRow(Answer):
    """A message that a reaction could not act on."""

    follower: str = Field(description="未能处理的环节")
    pos: int = Field(description="该消息在来源日志中的位置")
    stream: str = Field(description="该消息所在的记录(种类/编号)")
    type: str = Field(description="消息类型")
    error: str = Field(description="最近一次的错误")
    at: datetime = Field(description="最近一次尝试的时间")


class ReplayedParked(Answer):
    """What came of trying once more."""

    through: int = Field(description="已处理的,条")
    left: int = Field(description="仍未能处理的,条")


class SkippedParked(Receipt):
    """A message was passed over."""

    follower: str = Field(description="未能处理的环节")
    skipped: int = Field(description="被跳过的消息在来源日志中的位置")


def may_read(caller: Actor) -> None:
    """The office, and the platform itself."""
    if not caller.holds(*OFFICE, Role.SYSTEM):
        raise Forbidden(needs=[Role.OFFICE.label])


async def parked(service: Service, caller: Actor, cursor: str | None, limit: int) -> Page[ParkedRow]:
    """All there is, by reaction, the first first."""
    may_read(caller)
    page = await listing(
        service.pool,
        table="parked",
        columns="follower, pos, stream, type, error, at",
        where=[],
        args=[],
        order=["follower", "pos"],
        cursor=cursor,
        limit=limit,
    )
    return Page[ParkedRow].of(page, (ParkedRow(**row) for row in page["items"]))


async def found(service: Service, follower: str, position: int) -> KnownParked | None:
    """The message that is to be passed over; nothing if that was done before."""
    row = await service.pool.fetchrow("select stream, type from parked where follower = $1 and pos = $2", follower, position)
    if row is not None:
        return KnownParked(follower, position, row["type"], row["stream"])
    key = f"{follower}-{position}"
    if not await load(service.pool, PARKED.stream(key)):
        raise Unknown(what="parked", id=key)
    return None


async def forget(service: Service, follower: str, position: int) -> None:
    """It is parked no longer: that it was passed over, why and by whom, stands in the log."""
    await service.pool.execute("delete from parked where follower = $1 and pos = $2", follower, position)
