"""What visits heard: 心声 (difficulties), 建议 (suggestions), 诉求 (demands), of one visit and of a unit or month (R29)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import Field

from shared.http.answer import Answer
from shared.http.service import Service
from shared.language.reach import Reach

_VOICES = """
select count(*) as visits, count(*) filter (where btrim(difficulties) <> '') as voices,
    count(*) filter (where btrim(suggestions) <> '') as suggestions from known_visit v where {}
"""
_DEMANDS = """
select count(*) as demands, count(i.id) as tickets from known_visit v join known_demand d on d.visit = v.id
left join issue i on i.visit = d.visit and i.demand = d.no where {}
"""


class OmissionWords(Answer):
    """What was heard, side by side."""

    voices: str = Field(alias="心声", description="企业反映的困难;没有的为空文")
    suggestions: str = Field(alias="建议", description="企业提出的建议;没有的为空文")
    demands: list[str] = Field(alias="诉求", description="企业诉求,一件一项")

    @classmethod
    def heard(cls, difficulties: str, suggestions: str, demands: Iterable[str] = ()) -> OmissionWords:
        """From the words of a visit."""
        return cls.model_validate({"心声": difficulties, "建议": suggestions, "诉求": list(demands)})


class HeardSums(Answer):
    """What the visits of the same unit and month heard."""

    visits: int = Field(description="走访,次")
    voices: int = Field(description="反映困难的走访,次")
    suggestions: int = Field(description="提出建议的走访,次")
    demands: int = Field(description="诉求,件")
    tickets: int = Field(description="已登记为问题的诉求,件")
    without_ticket: int = Field(description="尚未登记为问题的诉求,件")


async def sums(service: Service, may: Reach, unit: str | None, month: str | None) -> HeardSums:
    """How many visits spoke of something, how many demands they brought, and how many of these have no ticket."""
    where, args = ["true"], list[Any]()
    for column, value in (("v.month", month), ("v.unit", unit if may.own is None else None)):
        if value is not None:
            args.append(value)
            where.append(f"{column} = ${len(args)}")
    may.narrowed(where, args, unit="v.unit = {}", enterprise="v.enterprise")
    at = " and ".join(where)
    voices = await service.pool.fetchrow(_VOICES.format(at), *args)
    demands = await service.pool.fetchrow(_DEMANDS.format(at), *args)
    return HeardSums(**dict(voices), **dict(demands), without_ticket=demands["demands"] - demands["tickets"])
