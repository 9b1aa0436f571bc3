"""Where an enterprise belongs by its industry and its address: what is sure is assigned, the rest is only suggested."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from services.roster.domain.commands import Assignment
from services.roster.intake.places import Places, suggest
from services.roster.intake.verdict import Candidate
from shared.months import local_date
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
        """As units are now, by the tables in force today."""
        rows = await service.pool.fetch(
            "select distinct on (name) name, entries from mapping_version where since <= $1 order by name, version desc",
            local_date(service.clock()),
        )
        tables = {row["name"]: orjson.loads(row["entries"]) for row in rows}
        units = await service.pool.fetch("select code, name, kind, parent, line from unit where ended is null")
        lines = {u["code"]: (Line(u["line"]), u["kind"] in (UnitKind.DEPARTMENT, UnitKind.TOWNSHIP)) for u in units if u["line"]}
        townships = [(u["code"], u["name"]) for u in units if u["kind"] == UnitKind.TOWNSHIP]
        villages = [(u["code"], u["name"], u["parent"]) for u in units if u["kind"] == UnitKind.VILLAGE]
        names = Places.of(townships, villages, service.settings.district_name, tables.get("places"))
        return cls(tables.get("industries", {}), lines, names)

    def places(self, candidate: Candidate) -> tuple[Assignment, ...]:
        """Assignments that are sure; the rest waits in the queue of the unassigned for a person."""
        found: list[Assignment] = []
        department = self.departments.get(candidate.industry) or self.departments.get(candidate.industry[:2])
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
