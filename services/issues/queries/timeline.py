"""What happened to a ticket, line by line: when, by whom, and the content of each fact without personal data."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Union
from uuid import UUID

from pydantic import Field

from services.issues.queries import facts, handled
from services.issues.queries.parts import shown
from shared.http.answer import Answer
from shared.language.facts import CATALOGUE, Fact
from shared.language.terms import Role
from shared.log.eventlog import Entry

_SHOWN: dict[str, type[Answer]] = {
    name: model for module in (facts, handled) for name, model in vars(module).items() if name.endswith("Data")
}
if TYPE_CHECKING:
    TicketData = Answer
else:
    TicketData = Union[tuple(_SHOWN.values())]  # noqa: UP007  As many as there are models in the two modules.
"""The content of a fact about a ticket, as it is shown: the model of the fact's own name."""


class TimelineEntry(Answer):
    """One line of the timeline."""

    version: int = Field(description="办理后的版本号")
    type: str = Field(description="事实类型代码")
    title: str = Field(description="事实的中文名称")
    at: datetime = Field(description="发生时间")
    recorded_at: datetime = Field(description="记入日志的时间")
    actor: UUID | None = Field(description="经办人的人员编号;早年未记的为空")
    roles: list[str] = Field(description="经办人当时的角色(中文名称)")
    unit: str = Field(description="经办人当时的单位编码;没有的为空文")
    data: TicketData = Field(description="所记内容,不含个人信息")


def title_of(type_: str) -> str:
    """A fact's type in Chinese."""
    return CATALOGUE[type_].TITLE


def content(fact: Fact) -> TicketData:
    """A fact about a ticket, without personal data."""
    return shown(_SHOWN[f"{type(fact).__name__}Data"], fact)


def timeline_entry(entry: Entry) -> TimelineEntry:
    """One line of the timeline, without personal data."""
    envelope = entry.envelope
    return TimelineEntry(
        version=entry.version,
        type=entry.type,
        title=title_of(entry.type),
        at=envelope["time"],
        recorded_at=entry.recorded,
        actor=envelope.get("actorid"),
        roles=[Role(role).label for role in envelope.get("actorrole", "").split(",") if role],
        unit=envelope.get("actorunit", ""),
        data=content(entry.fact),
    )
