"""知晓率(自报), kpi §6: one definition, for the district and for a unit, as reporting has it in the ledger.

Of the *counted* visits of the month the latest answer of each enterprise; who was not asked gave none. Of a unit: of the
visits its people made.
"""

from __future__ import annotations

from typing import Any

from shared.percent import percentage
from shared.service import Service
from shared.terms import Awareness

_LATEST = """
select {unit} as unit, aware, count(*) as n from (
    select distinct on ({unit}, v.enterprise) {unit} as unit, v.state->'told'->>'aware' as aware
    from visit v {join}
    where v.month = $1 and v.counted and v.state->'told'->>'aware' <> 'not_asked' {only}
    order by {unit}, v.enterprise, v.on_date desc, v.id desc) u
group by 1, 2
"""


async def of_district(service: Service, month: str) -> dict[Awareness, int]:
    """How many enterprises gave which answer, whoever came."""
    rows = await service.pool.fetch(_LATEST.format(unit="''::text", join="", only=""), month)
    return {Awareness(row["aware"]): row["n"] for row in rows}


async def of_units(service: Service, month: str, unit: str | None = None) -> dict[str, dict[Awareness, int]]:
    """The same of each unit, or of one."""
    statement = _LATEST.format(
        unit="u.unit", join="join visit_unit u on u.visit = v.id", only="and ($2::text is null or u.unit = $2)"
    )
    found: dict[str, dict[Awareness, int]] = {}
    for row in await service.pool.fetch(statement, month, unit):
        found.setdefault(row["unit"], {})[Awareness(row["aware"])] = row["n"]
    return found


def shares(counts: dict[Awareness, int]) -> dict[str, Any]:
    """知晓 (知晓内涵 + 听说过) and, strictly, 知晓内涵, over all who answered."""
    valid, understood = sum(counts.values()), counts.get(Awareness.UNDERSTOOD, 0)
    aware = understood + counts.get(Awareness.HEARD, 0)
    return {
        "aware": {"n": aware, "d": valid, "pct": percentage(aware, valid)},
        "understood": {"n": understood, "d": valid, "pct": percentage(understood, valid)},
    }
