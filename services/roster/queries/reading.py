"""What of the roster somebody reads: ``domain/access`` says how far, and here it becomes a condition of a question."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.reach import Reach, reach_of

_OWN = """
select enterprise from assignment where since <= $1 and (until is null or until > $1)
    and (($5 and worker = $2) or (unit = $3 and sub_unit = $4))
"""


async def reach(service: Service, caller: Actor, day: date | None = None) -> Reach:
    """How far the caller reads on a day; whoever reads nothing is refused."""
    return await reach_of(service.pool, caller, day or local_date(service.clock()), _OWN)


async def answering(service: Service, enterprise: UUID) -> Sequence[str]:
    """The units that answer for an enterprise today."""
    rows = await service.pool.fetch(
        "select unit from assignment where enterprise = $1 and since <= $2 and (until is null or until > $2) order by line",
        enterprise,
        local_date(service.clock()),
    )
    return [row["unit"] for row in rows]
