"""Where an enterprise belongs by its industry and its address: what is sure is assigned, the rest is only suggested."""

from __future__ import annotations

from dataclasses import dataclass, replace

import orjson

from services.roster.domain.enterprise.commands import Assignment
from services.roster.domain.unit import Placed
from services.roster.intake.places import Places, Suggestion, elsewhere, outside, suggest_for
from services.roster.intake.read import Column
from services.roster.intake.verdict import Accepted, Candidate, Fault, Outside, Reason, Verdict
from services.roster.queries import dated
from services.roster.queries.lookups import placed
from shared.http.service import Service
from shared.language.months import local_date
from shared.language.terms import Line, UnitKind


@dataclass(frozen=True)
class Grid:
    """Where candidates can be placed: the table of industries, and the townships and villages with their names."""

    departments: dict[str, str]
    lines: dict[str, Placed]
    names: Places

    @classmethod
    async def of(cls, service: Service) -> Grid:
        """As units are now, by the tables in force today."""
        rows = await service.pool.fetch(
            "select distinct on (name) name, entries from mapping_version where since <= $1 order by name, since desc, version desc",
            local_date(service.clock()),
        )
        tables = {row["name"]: orjson.loads(row["entries"]) for row in rows}
        units = await service.pool.fetch(
            f"select code, name, kind, parent, line from {dated.units('$1')} unit where ended is null or ended > $1",
            local_date(service.clock()),
        )
        lines = {u["code"]: placed(u) for u in units if u["line"]}
        townships = [(u["code"], u["name"]) for u in units if u["kind"] == UnitKind.TOWNSHIP]
        villages = [(u["code"], u["name"], u["parent"]) for u in units if u["kind"] == UnitKind.VILLAGE]
        called = [(u["code"], u["name"]) for u in units if u["kind"] == UnitKind.DISTRICT]
        names = Places.of(townships, villages, service.settings.district_name, tables.get("places"), called)
        return cls(tables.get("industries", {}), lines, names)

    def judged(self, verdict: Verdict) -> Verdict:
        """What the file says of where an enterprise is, beside the district's units: wholly outside, doubtful, or nothing."""
        if not isinstance(verdict, Accepted):
            return verdict
        it = verdict.candidate
        told = (it.province + it.city + it.district, it.registrar)
        if why := outside((it.business_address, it.address), told, self.names):
            reason = Reason(verdict.line, Column.ADDRESS.label, Fault.OUTSIDE, why)
            return Outside(verdict.line, it, (reason,), verdict.notes, verdict.sheet)
        columns = ((Column.PROVINCE.label, it.province), (Column.CITY.label, it.city), (Column.DISTRICT.label, it.district))
        if other := elsewhere((*columns, *it.further_places), it.further_addresses, self.names):
            note = Reason(verdict.line, Column.ADDRESS.label, Fault.ELSEWHERE, f"{other},横向网格待人工落实")
            return Accepted(verdict.line, replace(it, elsewhere=other), (*verdict.notes, note), verdict.sheet)
        return verdict

    def place(self, candidate: Candidate) -> Suggestion:
        """Which township and village a candidate belongs to, by everything its row says."""
        return suggest_for(
            candidate.business_address,
            candidate.address,
            self.names,
            elsewhere=candidate.elsewhere,
            registrar=candidate.registrar,
        )

    def places(self, candidate: Candidate) -> tuple[Assignment, ...]:
        """Assignments that are sure; the rest waits in the queue of the unassigned for a person."""
        found: list[Assignment] = []
        department = self.departments.get(candidate.industry) or self.departments.get(candidate.industry[:2])
        if department:
            found.append(Assignment(line=Line.VERTICAL, unit=department, confidence=100, reason=f"行业 {candidate.industry}"))
        place = self.place(candidate)
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
