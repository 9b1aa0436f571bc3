"""What an import would change, told before it is written: new, changed, moved, back again, left, gone, unchanged."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from services.roster.intake.verdict import Accepted, Candidate, Fault, Outside, Verdict
from services.roster.queries import dated
from services.roster.queries.placing import Grid
from shared.http.service import Service
from shared.language.months import local_date
from shared.language.openings import Opening
from shared.language.personal import Personal, mask
from shared.language.terms import Change, Standing, derived_id

_PERSONAL = ("legal_person", "contact", "phone")
_PAGE = 400
Amendment = Callable[[Candidate, Any, dict[str, str], bool | None], Any]

_REGISTER = f"""
select e.id, e.latest_name as name, e.standing, e.standing_on, e.missed_on, e.particulars, e.sealed, v.unit as vertical, h.unit as horizontal
from {dated.register("$2")} e
left join assignment v on v.enterprise = e.id and v.line = 'vertical' and v.since <= $2 and (v.until is null or v.until > $2)
left join assignment h on h.enterprise = e.id and h.line = 'horizontal' and h.since <= $2 and (h.until is null or h.until > $2)
where e.id = any($1::uuid[])
"""


@dataclass
class Preview:
    """The register beside a file. Nothing is written."""

    service: Service
    grid: Grid
    counts: Counter[Change] = field(default_factory=lambda: Counter(dict.fromkeys(Change, 0)))

    async def of(self, chunk: list[Verdict], amendment: Amendment) -> list[dict[str, Any]]:
        """What the rows of a chunk would change, each by line of the file; personal data masked."""
        found = {derived_id("enterprise", v.candidate.code): v for v in chunk if isinstance(v, Accepted | Outside)}
        rows = await self.service.pool.fetch(_REGISTER, list(found), local_date(self.service.clock()))
        sealed = {row["id"]: {n: Personal.read(t) for n, t in orjson.loads(row["sealed"]).items()} for row in rows}
        clear = iter(
            await self.service.vault.open([datum for part in sealed.values() for datum in part.values()], Opening.COMPARE)
        )
        texts = {id_: {name: next(clear) for name in part} for id_, part in sealed.items()}
        known = {row["id"]: row for row in rows}
        changes: list[dict[str, Any]] = []
        for id_, verdict in found.items():
            candidate = verdict.candidate
            told: dict[str, Any] = {"line": verdict.line, "sheet": verdict.sheet, "code": candidate.code, "name": candidate.name}
            if id_ not in known and isinstance(verdict, Outside):
                self.counts[Change.OUTSIDE] += 1
                changes.append({**told, "what": Change.OUTSIDE, "because": verdict.reasons[0].sentence})
                continue
            if id_ not in known:
                self.counts[Change.NEW] += 1
                changes.append(
                    {
                        **told,
                        "what": Change.NEW,
                        "assignments": [
                            {"line": item.line, "unit": item.unit, "sub_unit": item.sub_unit}
                            for item in self.grid.places(candidate)
                        ],
                    }
                )
                continue
            row = known[id_]
            faults = {note.fault for note in verdict.notes}
            abnormal = None if Fault.STANDING_ASSUMED in faults else Fault.ABNORMAL in faults
            amended = amendment(candidate, row, texts[id_], abnormal)
            changes += self._compared({**told, "id": id_}, candidate, row, amended, texts[id_])
        return changes

    def _compared(
        self, told: dict[str, Any], candidate: Candidate, row: Any, amended: Any, texts: dict[str, str]
    ) -> list[dict[str, Any]]:
        """One enterprise may be several things at once: changed, moved, back again."""
        changes: list[dict[str, Any]] = []
        now: dict[str, Any] = {**orjson.loads(row["particulars"]), "name": row["name"]}
        if amended is not None:
            fields = amended.model_dump(exclude_none=True, exclude={"source", "batch", *_PERSONAL})
            compared = {name: [now.get(name), value] for name, value in fields.items()}
            for name in _PERSONAL:
                datum: Personal | None = getattr(amended, name)
                if datum is not None:
                    compared[name] = [mask(texts.get(name, "")), mask(datum.text or "")]
            changes.append({**told, "what": Change.CHANGED, "fields": compared})
            if moves := self._moves(amended, candidate, row):
                changes.append({**told, "what": Change.MOVED, "moves": moves})
        before = Standing(row["standing"])
        if candidate.standing != before:
            what = Change.CHANGED
            if candidate.standing.survives != before.survives:
                what = Change.BACK_AGAIN if candidate.standing.survives else Change.LEFT
            changes.append({**told, "what": what, "fields": {"standing": [before.label, candidate.standing.label]}})
        if not changes:
            self.counts[Change.UNCHANGED] += 1
        self.counts.update({change["what"] for change in changes})
        return changes

    def _moves(self, amended: Any, candidate: Candidate, row: Any) -> list[dict[str, Any]]:
        moves: list[dict[str, Any]] = []
        if amended.address is not None or amended.business_address is not None:
            place = self.grid.place(candidate)
            if place.township and place.township != row["horizontal"]:
                moves.append(
                    {
                        "line": "horizontal",
                        "from": row["horizontal"],
                        "to": place.township,
                        "confidence": place.confidence,
                        "because": place.because,
                    }
                )
        if amended.industry is not None:
            department = self.grid.departments.get(candidate.industry)
            if department and department != row["vertical"]:
                moves.append(
                    {
                        "line": "vertical",
                        "from": row["vertical"],
                        "to": department,
                        "confidence": 100,
                        "because": f"行业 {candidate.industry}",
                    }
                )
        return moves

    async def gone(self, named: set[str]) -> AsyncGenerator[list[Any], None]:
        """Those in scope that the file does not name and that do not wait as missing yet, a few hundred at a time."""
        after, today = "", local_date(self.service.clock())
        while page := await self.service.pool.fetch(
            f"select e.id, e.code, e.name, {dated.standing('e', '$3')} as standing from enterprise e join scope s on s.enterprise = e.id and s.since <= $3 "
            "and (s.until is null or s.until > $3) where e.code > $1 and e.missed_on is null order by e.code limit $2",
            after,
            _PAGE,
            today,
        ):
            after = page[-1]["code"]
            if missing := [row for row in page if row["code"] not in named]:
                self.counts[Change.GONE] += len(missing)
                yield missing

    async def missing(self, named: set[str]) -> tuple[int, int]:
        """How many in scope a file does not name and would newly wait as missing, and how many are in scope."""
        rows = await self.service.pool.fetch(
            "select e.code, e.missed_on from enterprise e join scope s on s.enterprise = e.id and s.since <= $1 "
            "and (s.until is null or s.until > $1)",
            local_date(self.service.clock()),
        )
        return sum(row["missed_on"] is None and row["code"] not in named for row in rows), len(rows)
