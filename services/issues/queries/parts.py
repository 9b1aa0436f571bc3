"""What answers about tickets are made of."""

from __future__ import annotations

from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel, Field

from services.issues.queries.reading import UnitCode
from shared.http.answer import Answer, label_of
from shared.language.terms import Alarm

ShownT = TypeVar("ShownT", bound=Answer)


class NamedEnterprise(Answer):
    """An enterprise as it was called on the day."""

    id: UUID = Field(description="企业编号")
    code: str = Field(description="统一社会信用代码")
    name: str = Field(description="企业当时的名称")


class Deadline(Answer):
    """A deadline: the day, and how it was derived."""

    on: date = Field(description="时限日")
    derivation: str = Field(description="推算过程")
    calendar: str = Field(description="推算所用节假日历的版本")
    rule: str = Field(description="所依规则")
    start: date | None = Field(description="起算日(不计入);时限日由人指定的为空")
    workdays: int | None = Field(description="工作日,天;时限日由人指定的为空")


class CoDeadline(Answer):
    """A co-handler's own deadline."""

    unit: UnitCode
    due: Deadline = Field(description="该协办单位的时限")


class RingToCome(Answer):
    """An alarm to come."""

    kind: Alarm = Field(description="提醒种类")
    kind_label: str = label_of("kind")
    deadline: date = Field(description="所提醒的时限日")
    at: datetime = Field(description="提醒时刻")


class TermOption(Answer):
    """A value of an enumeration with its Chinese word."""

    code: str = Field(description="取值")
    label: str = Field(description="中文名称")


def shown(model: type[ShownT], part: BaseModel) -> ShownT:
    """A part of a fact, or a fact, as it is shown: what its model doesn't name (personal data) stays behind."""
    return model.model_validate(part, from_attributes=True)
