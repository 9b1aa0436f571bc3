"""An import: verdicts on a file's rows become commands, a few hundred in one transaction.

Nothing is half-imported after a kill: each batch is one transaction, each command's id follows from the file's digest and
the credit code, so the same file applied again goes on where it stopped and changes nothing twice.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import islice
from typing import Any, BinaryIO
from uuid import UUID

import orjson

from services.roster.domain.enterprise.commands import (
    AmendEnterprise,
    ChangeStanding,
    FindEnterprise,
    MissEnterprise,
    RegisterEnterprise,
)
from services.roster.domain.enterprise.decide import ENTERPRISE, EnterpriseCommand, KnownPlaces
from services.roster.domain.row import ROW, RepairRow, SetRowAside
from services.roster.intake import shown
from services.roster.intake.read import Extract, Omitted, read
from services.roster.intake.verdict import Accepted, Candidate, Fault, Outside, SetAside, Verdict
from services.roster.intake.whole import Tally, judge_all, report_lines, worth_telling
from services.roster.queries import importing as asked
from services.roster.queries.placing import Grid
from services.roster.queries.previewing import Preview
from shared.http.service import Service
from shared.language import writing
from shared.language.decider import Actor, Context
from shared.language.openings import Opening
from shared.language.personal import Personal
from shared.language.problems import Problem, Refused
from shared.language.terms import Change, Standing, derived_id
from shared.log.handle import Ask

_CHUNK = 400
_PERSONAL = ("legal_person", "contact", "phone")
_PLAIN = (
    "name",
    "kind",
    "branch",
    "founded",
    "capital",
    "currency",
    "address",
    "business_address",
    "industry",
    "business",
    "registrar",
    "staff",
    "elsewhere",
)


class LeavesOut(Refused):
    """A file that was not read whole says nothing about who is missing from it (R27)."""

    title = "文件有未读取的工作表,不能作为完整名单"


class ManyMissing(Refused):
    """More than one in twenty would wait as missing: a person says first that the file is meant (R27)."""

    title = "按完整名单导入,将有超过 5% 的企业转入“失联/疑似注销”待核,请核对文件后确认户数再导入"


_MANY = 20
"""One in so many may be missing without a word."""


@dataclass
class Import:
    """One file on its way in. ``batch`` is the file's SHA-256. ``confirm`` is how many missing ones a person has seen."""

    service: Service
    caller: Actor
    file: BinaryIO
    batch: str
    apply: bool
    preview: bool = False
    complete: bool = False
    confirm: int | None = None
    tally: Tally = field(default_factory=Tally)
    written: Counter[str] = field(default_factory=Counter[str])
    named: set[str] = field(default_factory=set[str])
    """The codes that stand in the file, however doubtful their rows."""
    accepted: set[str] = field(default_factory=set[str])
    extract: Extract | None = None
    found: dict[str, int] = field(default_factory=dict[str, int])
    """Of a complete file: how many of the register it has not, and how many there are."""
    doubtful: Counter[str] = field(default_factory=Counter[str])
    """How often each code, or row without one, was set aside."""

    async def run(self) -> AsyncGenerator[dict[str, Any], None]:
        """Progress, rows for the report, and at the end the result. What comes before the first of them is raised."""
        phase = "登记" if self.apply else "比对" if self.preview else "核对"
        grid = await Grid.of(self.service)
        previewing = Preview(self.service, grid)
        try:
            if self.complete:
                await self._may_be_complete(previewing)
            total = await asyncio.to_thread(_lines, self.file)
            extract = self.extract = await asyncio.to_thread(read, self.file)
            verdicts = self.tally.of(map(grid.judged, judge_all(extract)))
            while chunk := await asyncio.to_thread(_next, verdicts):
                if told := [line for verdict in chunk if worth_telling(verdict) for line in report_lines(verdict)]:
                    yield {"report": told}
                self._noted(chunk)
                if self.preview and (changes := await previewing.of(chunk, self.amendment)):
                    yield {"changes": changes}
                elif self.apply:
                    await self._write(chunk, grid)
                yield {"phase": phase, "done": self.tally.rows, "total": max(total, self.tally.rows)}
            if self.apply:
                await self._repaired()
            if self.complete and self.tally.accepted:
                async for gone in previewing.gone(self.named):
                    if self.preview:
                        yield {"changes": [{"what": Change.GONE, **dict(row)} for row in gone]}
                    elif self.apply:
                        await self._miss(gone, grid)
        except Problem as problem:
            if not self.tally.rows:
                raise  # Nothing was told yet: the answer itself can be the problem.
            yield {"problem": problem.title, **problem.document()}
            return
        finally:
            await self.close()
        names = ("registered", "amended", "standing_changed", "unchanged", "back_again", "found", "missed", "repaired")
        yield {
            "result": {
                "batch": self.batch,
                **self.tally.document(),
                **{name: self.written[name] for name in names},
                "sheets": extract.sheets,
                "omitted": [asdict(item) for item in extract.omitted],
                "remarks": extract.notes,
                **self.found,
                **({"preview": dict(previewing.counts)} if self.preview else {}),
            }
        }

    async def close(self) -> None:
        """End the reading."""
        if self.extract is not None:
            await asyncio.to_thread(self.extract.close)

    def _noted(self, chunk: list[Verdict]) -> None:
        for verdict in chunk:
            if code := _code(verdict):
                self.named.add(code)
            if isinstance(verdict, Accepted):
                self.accepted.add(code)

    async def _may_be_complete(self, previewing: Preview) -> None:
        """Read once before anything is written: a list that is not whole, or that too many are missing from, is refused."""
        named, omitted = await asyncio.to_thread(_named, self.file)
        if omitted:
            raise LeavesOut(omitted=[asdict(item) for item in omitted])
        missing, served = await previewing.missing(named)
        self.found = {"missing": missing, "served": served}
        if self.apply and missing * _MANY > served and self.confirm != missing:
            raise ManyMissing(missing=missing, served=served)

    async def _repaired(self) -> None:
        """What the file has in order needs nobody's look any more."""
        rows = await asked.waiting_rows(self.service, self.batch)
        context = await self.service.context(self.caller, "import", None)
        command = RepairRow(batch=self.batch)
        asks = [
            self._of_row("repair", row["id"], command, context)
            for row in rows
            if row["code"] in self.accepted and row["code"] not in self.doubtful
        ]
        for start in range(0, len(asks), _CHUNK):
            await self.service.desk.handle_all(asks[start : start + _CHUNK])
        self.written["repaired"] += len(asks)

    async def _write(self, chunk: list[Verdict], grid: Grid) -> None:
        candidates = {_id(v.candidate): v.candidate for v in chunk if isinstance(v, Accepted | Outside)}
        outside = {_id(v.candidate) for v in chunk if isinstance(v, Outside)}
        abnormal = abnormal_of(chunk)
        rows = await asked.registered(self.service, list(candidates))
        known = {row["id"]: row for row in rows}
        sealed = {row["id"]: {n: Personal.read(t) for n, t in orjson.loads(row["sealed"]).items()} for row in rows}
        clear = iter(
            await self.service.vault.open([datum for part in sealed.values() for datum in part.values()], Opening.COMPARE)
        )
        texts = {id_: {name: next(clear) for name in part} for id_, part in sealed.items()}
        context = await self.service.context(self.caller, "import", KnownPlaces(grid.lines))
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
        asks += await self._asides([verdict for verdict in chunk if isinstance(verdict, SetAside)], context)
        for group in (asks, standings, founds):
            if group:
                await self.service.desk.handle_all(list({ask.key: ask for ask in group}.values()))
        self.written.update(_KINDS[type(ask.command)] for ask in (*asks, *standings, *founds) if type(ask.command) in _KINDS)
        self.written["unchanged"] += (
            len(candidates) - len(outside - known.keys()) - len({a.key for a in (*asks, *standings) if a.decider is ENTERPRISE})
        )

    async def _miss(self, rows: list[Any], grid: Grid) -> None:
        """What survives in the register but not in a complete file waits for a person; nothing is deregistered by itself."""
        context = await self.service.context(self.caller, "import", KnownPlaces(grid.lines))
        command = MissEnterprise(on=context.today, batch=self.batch)
        await self.service.desk.handle_all([self._ask("missed", row["id"], command, context) for row in rows])
        self.written["missed"] += len(rows)

    def _ask(self, verb: str, id_: UUID, command: EnterpriseCommand, context: Context[KnownPlaces]) -> Ask[Any]:
        mine = Context(context.actor, context.now, context.today, context.calendar, id_, context.known)
        return Ask(ENTERPRISE, str(id_), command, mine, derived_id("import", self.batch, verb, str(id_)))

    async def _asides(self, verdicts: list[SetAside], context: Context[object]) -> list[Ask[Any]]:
        """Each doubtful row under the enterprise it is about, or under its own content where no code can be read.

        Both are keyed digests: an id can't be guessed back to a name. Rows from before this rule keep the ids they have.
        """
        by_code = await asked.rows_of(self.service, [verdict.code for verdict in verdicts])
        asks: list[Ask[Any]] = []
        for verdict in verdicts:
            whole = orjson.dumps(verdict.row.raw)
            own = verdict.code or shown.identity(verdict.row)
            self.doubtful[own] += 1
            again = self.doubtful[own]
            id_ = derived_id("row", (await self.service.vault.fingerprint(f"{own}\n{again}".encode())).hex())
            if again == 1 and verdict.code in by_code:
                id_ = by_code[verdict.code]
            elif not verdict.code:
                before = derived_id("row", (await self.service.vault.fingerprint(whole)).hex())
                id_ = before if await asked.there(self.service, before) else id_
            command = SetRowAside(
                batch=self.batch,
                row=verdict.line,
                code=verdict.code,
                doubts=shown.doubts_of(verdict.reasons),
                raw=Personal(shown.packed(verdict.row)),
            )
            asks.append(self._of_row("doubt", id_, command, context))
        return asks

    def _of_row(self, verb: str, id_: UUID, command: SetRowAside | RepairRow, context: Context[object]) -> Ask[Any]:
        mine = Context(context.actor, context.now, context.today, context.calendar, id_, None)
        return Ask(ROW, str(id_), command, mine, derived_id("import", self.batch, verb, str(id_)))

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


def _next(verdicts: Iterator[Verdict]) -> list[Verdict]:
    return list(islice(verdicts, _CHUNK))


def _named(file: BinaryIO) -> tuple[set[str], list[Omitted]]:
    """The codes in a file, and what of it was not read."""
    with contextlib.closing(read(file)) as extract:
        return {code for verdict in judge_all(extract) if (code := _code(verdict))}, extract.omitted


def _lines(file: BinaryIO) -> int:
    """About how many rows a text file has; 0 for a workbook, which does not say before it is read."""
    count = 0
    file.seek(0)
    if file.read(2) in (b"PK", b"\xd0\xcf"):
        return 0
    while block := file.read(1 << 20):
        count += block.count(b"\n")
    return count
