"""What the clock would do until an instant: asked beforehand, nothing is written."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from pydantic import Field

from services.issues.domain.access import needs
from services.issues.queries.reading import IssueId, IssueNo, reach
from services.issues.queries.timeline import TicketData
from shared.http.answer import Answer
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.problems import Malformed
from shared.language.reach import DISTRICT
from shared.language.terms import Alarm

_FORESEEABLE = timedelta(days=366)
"""Silence is told of again and again: a longer look would have no end."""


class WouldFollow(Answer):
    """A fact that an alarm would bring about."""

    type: str = Field(description="事实类型代码")
    title: str = Field(description="事实的中文名称")
    data: TicketData = Field(description="所记内容,不含个人信息")


class Foreseen(Answer):
    """An alarm that would ring."""

    issue: IssueId
    no: IssueNo
    kind: Alarm = Field(description="提醒种类")
    label: str = Field(description="提醒种类的中文名称")
    deadline: date = Field(description="所提醒的时限日")
    at: datetime = Field(description="提醒时刻")
    then: list[WouldFollow] = Field(description="随之自动发生的")


class Foresight(Answer):
    """What would happen until an instant if nobody did anything meanwhile."""

    at: datetime = Field(description="预看到的时刻")
    count: int = Field(description="提醒,次")
    items: list[Foreseen] = Field(description="各次提醒,按先后")


def may_foresee(service: Service, caller: Actor, at: datetime) -> None:
    """The district's readers, not too far."""
    needs(caller, *DISTRICT)
    if abs(at - service.clock()) > _FORESEEABLE:
        raise Malformed(errors=[{"pointer": "/query/at", "code": "range", "title": "只能预看前后一年以内"}])


async def readable(service: Service, caller: Actor, issues: set[UUID]) -> set[UUID]:
    """Those of these tickets that the caller reads."""
    where, args = (await reach(service, caller)).conditions([sorted(issues)])
    asked = " and ".join(["id = any($1::uuid[])", *where])
    return {row["id"] for row in await service.pool.fetch(f"select id from issue where {asked}", *args)}
