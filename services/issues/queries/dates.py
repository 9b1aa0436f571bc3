"""Days as they would be counted: answers of what changes nothing."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from services.issues.queries.parts import Deadline
from shared.http.answer import Answer


class DerivedDeadline(Deadline):
    """What a deadline would be."""

    provisional: bool = Field(description="途经年份的节假日是否尚未公布;公布后可能变动")


class DayAfterWorkdays(Answer):
    """The day so many working days later."""

    on: date = Field(description="推算所得日期")
    derivation: str = Field(description="推算过程")
    provisional: bool = Field(description="途经年份的节假日是否尚未公布;公布后可能变动")
    calendar: str = Field(description="推算所用节假日历的版本")
