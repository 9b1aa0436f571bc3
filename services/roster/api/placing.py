"""Where an enterprise belongs by its industry and its address: what is sure is assigned, the rest is only suggested."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from services.roster.domain.enterprise import Assignment
from services.roster.intake.judge import Candidate
from services.roster.intake.places import Places, suggest
from shared.service import Service
from shared.terms import Line, UnitKind


@dataclass(frozen=True)
class Grid:
    """Where candidates can be placed: the table of industries, and the townships and villages with their names."""

    departments: dict[str, str]
    lines: dict[str, tuple[Line, bool]]
    names: Places

    @classmethod
    async def of(cls, service: Service) -> Grid:
        """As units and tables are now."""
        row = await service.pool.fetchrow("select entries from mapping where name = 'industries'")
        units = await service.pool.fetch("select code, name, kind, parent, line from unit where ended is null")
        lines = {u["code"]: (Line(u["line"]), u["kind"] in (UnitKind.DEPARTMENT, UnitKind.TOWNSHIP)) for u in units if u["line"]}
        townships = [(u["code"], u["name"]) for u in units if u["kind"] == UnitKind.TOWNSHIP]
        villages = [(u["code"], u["name"], u["parent"]) for u in units if u["kind"] == UnitKind.VILLAGE]
        return cls(orjson.loads(row["entries"]) if row else {}, lines, Places.of(townships, villages))

    def places(self, candidate: Candidate) -> tuple[Assignment, ...]:
        """Assignments that are sure; the rest waits in the queue of the unassigned for a person."""
        found: list[Assignment] = []
        department = self.departments.get(candidate.industry)
        if department:
            found.append(Assignment(line=Line.VERTICAL, unit=department, confidence=100, reason=f"行业 {candidate.industry}"))
        place = suggest(candidate.business_address or candidate.address, self.names)
        if place.sure and place.township:
            found.append(
                Assignment(
                    line=Line.HORIZONTAL,
                    unit=place.township,
                    sub_unit=place.village,
                    confidence=place.confidence,
                    reason=place.because[:200],
                )
            )
        return tuple(found)
