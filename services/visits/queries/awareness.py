"""知晓率(自报), kpi §6: one definition, for the district and for a unit, as reporting has it in the ledger.

Of the *counted* visits of the month the latest answer of each enterprise; who was not asked gave none. Of a unit: of the
visits its people made.
"""

from __future__ import annotations

from typing import TypedDict

from pydantic import Field

from services.visits.queries.reading import Percent
from shared.http.answer import Answer
from shared.http.service import Service
from shared.language.percent import percentage
from shared.language.terms import Awareness

_LATEST = """
select {unit} as unit, aware, count(*) as n from (
    select distinct on ({unit}, v.enterprise) {unit} as unit, v.aware
    from visit v {join}
    where v.month = $1 and v.counted and v.aware <> 'not_asked' {only}
    order by {unit}, v.enterprise, v.on_date desc, v.id desc) u
group by 1, 2
"""


class Share(Answer):
    """A numerator over a denominator."""

    n: int = Field(description="分子,家")
    d: int = Field(description="分母,家")
    pct: Percent


class LabelledCount(Answer):
    """How many gave one of the answers."""

    label: str = Field(description="答案的中文名称")
    n: int = Field(description="家数")


class Shares(TypedDict):
    """What ``shares`` gives to an answer."""

    aware: Share
    understood: Share


class SelfReported(Answer):
    """What visitors noted of the district's enterprises in a month."""

    aware: Share = Field(description="知晓率:知晓内涵与听说过的")
    understood: Share = Field(description="知晓率(严):知晓内涵的")
    counts: dict[Awareness, LabelledCount] = Field(description="各答案的家数,以答案代码为键;没有的不列")


async def self_reported(service: Service, month: str) -> SelfReported:
    """Of the whole district, whoever came."""
    counts = await _of_district(service, month)
    told = {answer: LabelledCount(label=answer.label, n=n) for answer, n in sorted(counts.items())}
    return SelfReported(**shares(counts), counts=told)


async def _of_district(service: Service, month: str) -> dict[Awareness, int]:
    rows = await service.pool.fetch(_LATEST.format(unit="''::text", join="", only=""), month)
    return {Awareness(row["aware"]): row["n"] for row in rows}


async def of_units(service: Service, month: str, unit: str | None = None) -> dict[str, dict[Awareness, int]]:
    """How many enterprises gave which answer, by the unit whose people came, or of one."""
    statement = _LATEST.format(
        unit="u.unit", join="join visit_unit u on u.visit = v.id", only="and ($2::text is null or u.unit = $2)"
    )
    found: dict[str, dict[Awareness, int]] = {}
    for row in await service.pool.fetch(statement, month, unit):
        found.setdefault(row["unit"], {})[Awareness(row["aware"])] = row["n"]
    return found


def shares(counts: dict[Awareness, int]) -> Shares:
    """知晓 (知晓内涵 + 听说过) and, strictly, 知晓内涵, over all who answered."""
    valid, understood = sum(counts.values()), counts.get(Awareness.UNDERSTOOD, 0)
    aware = understood + counts.get(Awareness.HEARD, 0)
    return {"aware": share(aware, valid), "understood": share(understood, valid)}


def share(n: int, d: int) -> Share:
    """So many of so many."""
    return Share(n=n, d=d, pct=percentage(n, d))
