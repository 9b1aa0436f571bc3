"""An import: verdicts on a file's rows become commands, a few hundred in one transaction.

Nothing is half-imported after a kill: each batch is one transaction, each command's id follows from the file's digest and
the credit code, so the same file applied again goes on where it stopped and changes nothing twice.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from services.roster.domain.enterprise import (
    ENTERPRISE,
    AmendEnterprise,
    Assignment,
    ChangeStanding,
    RegisterEnterprise,
)
from services.roster.domain.row import ROW, SetRowAside
from services.roster.intake.judge import Accepted, Candidate, SetAside, Verdict
from services.roster.intake.places import Places, suggest
from services.roster.intake.read import FileUnreadable, read
from services.roster.intake.whole import Tally, judge_all, report_lines
from shared.decider import Actor, Context
from shared.handle import Ask
from shared.problems import Problem
from shared.service import Service
from shared.terms import Line, UnitKind, derived_id
from shared.vault import Personal

_CHUNK = 400
_PERSONAL = ("legal_person", "contact", "phone")
_PLAIN = (
    "name", "kind", "branch", "founded", "capital", "currency", "address", "business_address", "industry", "business",
    "registrar", "staff",
)  # fmt: skip


@dataclass
class Import:
    """One file on its way in. ``batch`` is the file's SHA-256."""

    service: Service
    caller: Actor
    path: Path
    batch: str
    apply: bool
    tally: Tally = field(default_factory=Tally)
    written: Counter[str] = field(default_factory=Counter[str])

    async def run(self) -> AsyncGenerator[dict[str, Any], None]:
        """Progress, rows for the report, and at the end the result."""
        total = await asyncio.to_thread(_lines, self.path)
        phase = "登记" if self.apply else "核对"
        grid = await _Grid.of(self.service)
        verdicts = self.tally.of(judge_all(read(self.path)))
        try:
            while chunk := await asyncio.to_thread(_next, verdicts):
                if told := [line for verdict in chunk if _worth_telling(verdict) for line in report_lines(verdict)]:
                    yield {"report": told}
                if self.apply:
                    await self._write(chunk, grid)
                yield {"phase": phase, "done": self.tally.rows, "total": max(total, self.tally.rows)}
        except FileUnreadable as error:
            yield {"problem": str(error)}
            return
        except Problem as problem:
            yield {"problem": problem.title, **problem.document()}
            return
        names = ("registered", "amended", "standing_changed", "unchanged")
        yield {"result": {"batch": self.batch, **self.tally.document(), **{name: self.written[name] for name in names}}}

    async def _write(self, chunk: list[Verdict], grid: _Grid) -> None:
        candidates = {_id(v.candidate): v.candidate for v in chunk if isinstance(v, Accepted)}
        rows = await self.service.pool.fetch(
            "select id, name, standing, particulars, sealed from enterprise where id = any($1::uuid[])", list(candidates)
        )
        known = {row["id"]: row for row in rows}
        sealed = {row["id"]: {n: Personal.read(t) for n, t in orjson.loads(row["sealed"]).items()} for row in rows}
        clear = iter(await self.service.vault.open([datum for part in sealed.values() for datum in part.values()]))
        texts = {id_: {name: next(clear) for name in part} for id_, part in sealed.items()}
        context = await self.service.context(self.caller, "import", lines=grid.lines, workers={})
        asks: list[Ask[Any]] = []
        standings: list[Ask[Any]] = []
        for id_, candidate in candidates.items():
            row = known.get(id_)
            if row is None:
                asks.append(self._ask("register", id_, self._registration(candidate, grid), context))
                continue
            if amendment := self._amendment(candidate, row, texts[id_]):
                asks.append(self._ask("amend", id_, amendment, context))
            if candidate.standing != row["standing"]:
                change = ChangeStanding(
                    standing=candidate.standing,
                    on=candidate.standing_on or context.today,
                    reason="登记数据导入",
                    batch=self.batch,
                )
                standings.append(self._ask("standing", id_, change, context))
        asks += [self._aside(verdict, context) for verdict in chunk if isinstance(verdict, SetAside)]
        for group in (asks, standings):
            if group:
                await self.service.desk.handle_all(list({ask.key: ask for ask in group}.values()))
        self.written.update(_KINDS[type(ask.command)] for ask in (*asks, *standings) if type(ask.command) in _KINDS)
        self.written["unchanged"] += len(candidates) - len({a.key for a in (*asks, *standings) if a.decider is ENTERPRISE})

    def _ask(self, verb: str, id_: UUID, command: Any, context: Context) -> Ask[Any]:
        mine = Context(context.actor, context.now, context.today, context.calendar, id_, context.known)
        return Ask(ENTERPRISE, str(id_), command, mine, derived_id("import", self.batch, verb, str(id_)))

    def _aside(self, verdict: SetAside, context: Context) -> Ask[Any]:
        raw = orjson.dumps(verdict.row.raw).decode()
        # The same doubtful row of a later file is the same row: its id follows from its content, keyed so that it can't be guessed.
        id_ = derived_id("row", self.service.vault.fingerprint(raw.encode()).hex())
        command = SetRowAside(
            batch=self.batch, row=verdict.line, code=verdict.code[:40], name=verdict.name[:200], raw=Personal(raw[:20_000]),
            reasons=tuple(reason.sentence for reason in verdict.reasons), columns=verdict.row.layout.headers,
        )  # fmt: skip
        mine = Context(context.actor, context.now, context.today, context.calendar, id_, context.known)
        return Ask(ROW, str(id_), command, mine, derived_id("import", self.batch, "aside", str(id_)))

    def _registration(self, candidate: Candidate, grid: _Grid) -> RegisterEnterprise:
        said: dict[str, Any] = {name: value for name in _PLAIN if (value := _value(candidate, name)) is not None}
        said |= {name: Personal(text) for name in _PERSONAL if (text := getattr(candidate, name))}
        return RegisterEnterprise(
            code=candidate.code,
            standing=candidate.standing,
            standing_on=candidate.standing_on,
            assignments=grid.places(candidate),
            batch=self.batch,
            **said,
        )

    def _amendment(self, candidate: Candidate, row: Any, texts: dict[str, str]) -> AmendEnterprise | None:
        """What the file says otherwise than the register; what the file leaves empty stays."""
        now = {**orjson.loads(row["particulars"]), "name": row["name"]}
        changed: dict[str, Any] = {}
        for name in _PLAIN:
            value = _value(candidate, name)
            shown = value.isoformat() if hasattr(value, "isoformat") else value
            if value not in (None, "") and shown != now.get(name):
                changed[name] = value
        for name in _PERSONAL:
            text = getattr(candidate, name)
            if text and text != texts.get(name):
                changed[name] = Personal(text)
        return AmendEnterprise(source="import", batch=self.batch, **changed) if changed else None


@dataclass(frozen=True)
class _Grid:
    """Where candidates can be placed: the table of industries, and the townships and villages with their names."""

    departments: dict[str, str]
    lines: dict[str, tuple[Line, bool]]
    names: Places

    @classmethod
    async def of(cls, service: Service) -> _Grid:
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


_KINDS: dict[type[Any], str] = {RegisterEnterprise: "registered", AmendEnterprise: "amended", ChangeStanding: "standing_changed"}


def _id(candidate: Candidate) -> UUID:
    return derived_id("enterprise", candidate.code)


def _value(candidate: Candidate, name: str) -> Any:
    return candidate.is_branch if name == "branch" else getattr(candidate, name)


def _worth_telling(verdict: Verdict) -> bool:
    """A row in order gets no line in the report, unless something was noted."""
    return not isinstance(verdict, Accepted) or bool(verdict.notes)


def _next(verdicts: Iterator[Verdict]) -> list[Verdict]:
    return list(islice(verdicts, _CHUNK))


def _lines(path: Path) -> int:
    """About how many rows a text file has; 0 for a workbook, which does not say before it is read."""
    count = 0
    with path.open("rb") as file:
        if file.read(2) in (b"PK", b"\xd0\xcf"):
            return 0
        while block := file.read(1 << 20):
            count += block.count(b"\n")
    return count
