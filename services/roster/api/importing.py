"""An import: verdicts on a file's rows become commands, a few hundred in one transaction.

Nothing is half-imported after a kill: each batch is one transaction, each command's id follows from the file's digest and
the credit code, so the same file applied again goes on where it stopped and changes nothing twice.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from services.roster.api.placing import Grid
from services.roster.api.previewing import Preview
from services.roster.domain.commands import AmendEnterprise, ChangeStanding, FindEnterprise, MissEnterprise, RegisterEnterprise
from services.roster.domain.enterprise import ENTERPRISE
from services.roster.domain.row import ROW, SetRowAside
from services.roster.intake.read import FileUnreadable, read
from services.roster.intake.verdict import Accepted, Candidate, Fault, Outside, SetAside, Verdict
from services.roster.intake.whole import Tally, judge_all, report_lines
from shared import writing
from shared.decider import Actor, Context
from shared.handle import Ask
from shared.problems import Problem
from shared.service import Service
from shared.terms import Standing, derived_id
from shared.vault import Personal

_CHUNK = 400
_PERSONAL = ("legal_person", "contact", "phone")
_PLAIN = (
    "name", "kind", "branch", "founded", "capital", "currency", "address", "business_address", "industry", "business",
    "registrar", "staff", "elsewhere",
)  # fmt: skip


@dataclass
class Import:
    """One file on its way in. ``batch`` is the file's SHA-256."""

    service: Service
    caller: Actor
    path: Path
    batch: str
    apply: bool
    preview: bool = False
    complete: bool = False
    tally: Tally = field(default_factory=Tally)
    written: Counter[str] = field(default_factory=Counter[str])
    named: set[str] = field(default_factory=set[str])
    """The codes that stand in the file, however doubtful their rows."""

    async def run(self) -> AsyncGenerator[dict[str, Any], None]:
        """Progress, rows for the report, and at the end the result."""
        total = await asyncio.to_thread(_lines, self.path)
        phase = "登记" if self.apply else "比对" if self.preview else "核对"
        previewing = Preview(self.service, grid_ := await Grid.of(self.service))
        grid = grid_
        try:
            verdicts = self.tally.of(map(grid.judged, judge_all(read(self.path))))
            while chunk := await asyncio.to_thread(_next, verdicts):
                if told := [line for verdict in chunk if _worth_telling(verdict) for line in report_lines(verdict)]:
                    yield {"report": told}
                self.named.update(code for verdict in chunk if (code := _code(verdict)))
                if self.preview and (changes := await previewing.of(chunk, self.amendment)):
                    yield {"changes": changes}
                elif self.apply:
                    await self._write(chunk, grid)
                yield {"phase": phase, "done": self.tally.rows, "total": max(total, self.tally.rows)}
            if self.complete and self.tally.accepted:
                async for gone in previewing.gone(self.named):
                    if self.preview:
                        yield {"changes": [{"what": "gone", **dict(row)} for row in gone]}
                    elif self.apply:
                        await self._miss(gone, grid)
        except FileUnreadable as error:
            yield {"problem": str(error)}
            return
        except Problem as problem:
            yield {"problem": problem.title, **problem.document()}
            return
        names = ("registered", "amended", "standing_changed", "unchanged", "back_again", "found", "missed")
        compared = {"preview": dict(previewing.counts)} if self.preview else {}
        yield {
            "result": {"batch": self.batch, **self.tally.document(), **{name: self.written[name] for name in names}, **compared}
        }

    async def _write(self, chunk: list[Verdict], grid: Grid) -> None:
        candidates = {_id(v.candidate): v.candidate for v in chunk if isinstance(v, Accepted | Outside)}
        outside = {_id(v.candidate) for v in chunk if isinstance(v, Outside)}
        abnormal = abnormal_of(chunk)
        rows = await self.service.pool.fetch(
            "select id, name, standing, standing_on, missed_on, particulars, sealed from enterprise where id = any($1::uuid[])",
            list(candidates),
        )
        known = {row["id"]: row for row in rows}
        sealed = {row["id"]: {n: Personal.read(t) for n, t in orjson.loads(row["sealed"]).items()} for row in rows}
        clear = iter(await self.service.vault.open([datum for part in sealed.values() for datum in part.values()]))
        texts = {id_: {name: next(clear) for name in part} for id_, part in sealed.items()}
        context = await self.service.context(self.caller, "import", lines=grid.lines, workers={})
        asks: list[Ask[Any]] = []
        standings: list[Ask[Any]] = []
        founds: list[Ask[Any]] = []
        for id_, candidate in candidates.items():
            row = known.get(id_)
            if row is None and id_ in outside:
                continue
            if row is None:
                asks.append(
                    self._ask("register", id_, self._registration(candidate, grid, abnormal.get(candidate.code)), context)
                )
                continue
            if amendment := self.amendment(candidate, row, texts[id_], abnormal.get(candidate.code)):
                asks.append(self._ask("amend", id_, amendment, context))
            if candidate.standing != row["standing"]:
                change = ChangeStanding(
                    standing=candidate.standing,
                    on=day_of(candidate, row, context.today),
                    reason="登记数据导入",
                    batch=self.batch,
                )
                standings.append(self._ask("standing", id_, change, context))
                self.written["back_again"] += candidate.standing.survives and not Standing(row["standing"]).survives
            if row["missed_on"] is not None and candidate.standing.survives:
                founds.append(self._ask("found", id_, FindEnterprise(reason="登记数据中再次出现", batch=self.batch), context))
        asks += [self._aside(verdict, context) for verdict in chunk if isinstance(verdict, SetAside)]
        for group in (asks, standings, founds):
            if group:
                await self.service.desk.handle_all(list({ask.key: ask for ask in group}.values()))
        self.written.update(_KINDS[type(ask.command)] for ask in (*asks, *standings, *founds) if type(ask.command) in _KINDS)
        self.written["unchanged"] += (
            len(candidates) - len(outside - known.keys()) - len({a.key for a in (*asks, *standings) if a.decider is ENTERPRISE})
        )

    async def _miss(self, rows: list[Any], grid: Grid) -> None:
        """What survives in the register but not in a complete file waits for a person; nothing is deregistered by itself."""
        context = await self.service.context(self.caller, "import", lines=grid.lines, workers={})
        command = MissEnterprise(on=context.today, batch=self.batch)
        await self.service.desk.handle_all([self._ask("missed", row["id"], command, context) for row in rows])
        self.written["missed"] += len(rows)

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

    def _registration(self, candidate: Candidate, grid: Grid, abnormal: bool | None) -> RegisterEnterprise:
        said: dict[str, Any] = {name: value for name in _PLAIN if (value := _value(candidate, name)) is not None}
        said |= {name: Personal(text) for name in _PERSONAL if (text := getattr(candidate, name))}
        return RegisterEnterprise(
            code=candidate.code,
            standing=candidate.standing,
            standing_on=candidate.standing_on,
            assignments=grid.places(candidate),
            batch=self.batch,
            abnormal=abnormal or None,
            **said,
        )

    def amendment(self, candidate: Candidate, row: Any, texts: dict[str, str], abnormal: bool | None) -> AmendEnterprise | None:
        """What the file says otherwise than the register; what the file leaves empty stays."""
        now = {**orjson.loads(row["particulars"]), "name": row["name"]}
        changed: dict[str, Any] = {}
        for name in _PLAIN:
            value = _value(candidate, name)
            shown = value.isoformat() if hasattr(value, "isoformat") else value
            if value not in (None, "") and _differs(shown, now.get(name)):
                changed[name] = value
        for name in _PERSONAL:
            text = getattr(candidate, name)
            if text and text != texts.get(name):
                changed[name] = Personal(text)
        if abnormal is not None and abnormal != bool(now.get("abnormal")):
            changed["abnormal"] = abnormal
        return AmendEnterprise(source="import", batch=self.batch, **changed) if changed else None


_KINDS: dict[type[Any], str] = {
    RegisterEnterprise: "registered",
    AmendEnterprise: "amended",
    ChangeStanding: "standing_changed",
    FindEnterprise: "found",
}


def _code(verdict: Verdict) -> str:
    return verdict.candidate.code if isinstance(verdict, Accepted | Outside) else verdict.code


def abnormal_of(chunk: list[Verdict]) -> dict[str, bool]:
    """Which are entered as 经营异常; nothing of those whose file has no column of standings."""
    found: dict[str, bool] = {}
    for verdict in chunk:
        if isinstance(verdict, Accepted | Outside):
            faults = {note.fault for note in verdict.notes}
            if Fault.STANDING_ASSUMED not in faults:
                found[verdict.candidate.code] = Fault.ABNORMAL in faults
    return found


def day_of(candidate: Candidate, row: Any, today: date) -> date:
    """From when its new standing holds. What had left and is back is in scope from a fresh day, never from before it left."""
    told: date | None = candidate.standing_on
    if candidate.standing.survives and not Standing(row["standing"]).survives:
        left: date | None = row["standing_on"]
        return told if told and left and left < told <= today else today
    return told or today


def _id(candidate: Candidate) -> UUID:
    return derived_id("enterprise", candidate.code)


def _value(candidate: Candidate, name: str) -> Any:
    return candidate.is_branch if name == "branch" else getattr(candidate, name)


def _differs(told: Any, known: Any) -> bool:
    """Another writing of the same text is no change: a name pasted from a PDF does not rename anybody."""
    return writing.key(told) != writing.key(known) if isinstance(told, str) and isinstance(known, str) else told != known


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
