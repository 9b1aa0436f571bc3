"""A question to reporting: who asks, at which cut; and what every answer says of the cut it was computed at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict

from pydantic import Field

from services.reporting.domain import access
from services.reporting.projections import Reader, Reporting
from shared.http.answer import Answer
from shared.language.decider import Actor
from shared.language.months import WrittenInstant, local_date
from shared.language.reach import sees_district


class Behind(Answer):
    """A log of which the mirror does not hold all."""

    log: str = Field(description="哪个服务的日志:roster、visits 或 issues")
    name: str = Field(description="该日志的中文名称")
    at: int = Field(description="本服务已收到的位置")
    head: int | None = Field(description="该日志的末尾位置;暂时无从得知的为空")
    halted: bool = Field(default=False, description="接收是否已经停下,须由系统管理员处理")


class CutFields(TypedDict):
    """What ``Asked.at_cut`` gives to an ``AtCut``."""

    cut: dict[str, int]
    as_of: datetime | None
    behind: list[Behind]


class AtCut(Answer):
    """The cut an answer was computed at."""

    cut: dict[str, int] = Field(description="计算时各日志(roster、visits、issues)读到的位置")
    as_of: datetime | None = Field(description="按哪一时刻已知的事件计算;按现在计算的为空")
    behind: list[Behind] = Field(description="尚未收齐的日志;全部收齐的为空表")


class Rate(Answer):
    """A numerator over a denominator."""

    n: int = Field(description="分子")
    d: int = Field(description="分母")
    pct: str | None = Field(description="百分比,两位小数,不含百分号;分母为零的为空")


@dataclass(frozen=True)
class Asked:
    """A question: the service, who asks, at which cut."""

    service: Reporting
    caller: Actor
    cut: dict[str, int]
    as_of: WrittenInstant | None
    behind: list[Behind]
    """The logs of which the mirror does not hold all."""

    @property
    def reader(self) -> Reader:
        """The reader over the serving index."""
        return self.service.reader

    @property
    def now(self) -> datetime:
        """The instant of the cut."""
        return self.as_of or self.service.clock()

    @property
    def today(self) -> date:
        """The day of the cut."""
        return local_date(self.now)

    @property
    def at_cut(self) -> CutFields:
        """The cut, as every answer names it."""
        return {"cut": self.cut, "as_of": self.as_of, "behind": self.behind}

    def must_see(self, unit: str | None) -> None:
        """The whole of a unit's figures are the caller's to see, or it is refused."""
        access.must_see(self.caller, unit)

    @property
    def sees_district(self) -> bool:
        """Whether the whole district is the caller's to see."""
        return sees_district(self.caller)

    def narrowed(self, unit: str | None) -> str | None:
        """The unit the question is about: the one asked for; for those who do not see the district, their own if none is named."""
        if self.sees_district:
            return unit
        unit = unit or self.caller.unit
        self.must_see(unit)
        return unit
