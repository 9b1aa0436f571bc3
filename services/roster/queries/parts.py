"""What answers of the roster are made of."""

from __future__ import annotations

from typing import Any

import orjson
from pydantic import BeforeValidator, Field

from shared.http.answer import Answer
from shared.language.percent import percentage


def _read(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, (str, bytes)) else value


OutOfJson = BeforeValidator(_read)
"""A column that holds JSON becomes what it says: ``Annotated[list[str], OutOfJson]``."""


class Choice(Answer):
    """A value of an enumeration with its Chinese word."""

    value: str = Field(description="取值")
    label: str = Field(description="中文名称")


class Rate(Answer):
    """A numerator over a denominator."""

    n: int = Field(description="分子")
    d: int = Field(description="分母")
    pct: str | None = Field(description="百分比,两位小数,不含百分号;分母为零的为空")


def rate(n: int, d: int) -> Rate:
    """The share of some in a whole."""
    return Rate(n=n, d=d, pct=percentage(n, d))
