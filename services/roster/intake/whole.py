"""A whole file: its verdicts with duplicates seen, the tally, and the row-by-row report for people.

Memory is bounded by the number of codes, not by the rows: per accepted code one hash and one line number are kept.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from typing import TextIO

from services.roster.intake.judge import judge
from services.roster.intake.read import Column, RawRow
from services.roster.intake.verdict import Accepted, Candidate, Fault, Outside, Reason, Refused, Repeated, SetAside, Verdict
from shared.language import writing


def judge_all(rows: Iterable[RawRow]) -> Iterator[Verdict]:
    """Judge every row in the file's order.

    The same enterprise with the same content again is ``Repeated`` (blanks and N/A make no difference). Other content under
    a code already accepted is set aside and names the line that stands: which of them is right, a person decides. A doubtful
    row repeated exactly waits once.
    """
    accepted: dict[str, tuple[int, str, int]] = {}
    waiting: dict[int, tuple[int, str]] = {}
    for row in rows:
        verdict = judge(row)
        match verdict:
            case Accepted(line, candidate, _, sheet):
                known = accepted.setdefault(candidate.code, (line, sheet, _content(candidate)))
                if known[:2] == (line, sheet):
                    yield verdict
                elif known[2] == _content(candidate):
                    yield Repeated(line, known[0], candidate.code, sheet, known[1])
                else:
                    yield _other(row, candidate, *known[:2])
            case SetAside(line, _, raw, code, _):
                first = waiting.setdefault(hash(raw.raw), (line, raw.sheet))
                yield verdict if first == (line, raw.sheet) else Repeated(line, first[0], code, raw.sheet, first[1])
            case Refused() | Repeated() | Outside():
                yield verdict


def _content(candidate: Candidate) -> int:
    """Equal for two rows that say the same, however it is written."""
    told = (getattr(candidate, item.name) for item in fields(candidate) if item.name != "raw_name")
    return hash(tuple(writing.key(value) if type(value) is str else value for value in told))


def spot(line: int, sheet: str) -> str:
    """Where a row stands, for a sentence."""
    return f"工作表“{sheet}”第 {line} 行" if sheet else f"第 {line} 行"


def _other(row: RawRow, candidate: Candidate, line: int, sheet: str) -> SetAside:
    sentence = f"代码 {candidate.code} 已在{spot(line, sheet)}出现,两行内容不同,需人工确认以哪一行为准"
    heading = row.layout.header(Column.CODE)
    reason = Reason(row.line, heading, Fault.DUPLICATE, sentence, Column.CODE.label, other=f"第 {line} 行")
    return SetAside(row.line, (reason,), row, candidate.code, candidate.name)


@dataclass
class Tally:
    """How many rows came to what, and why. ``add`` each verdict; ``by_reason`` counts rows per reason, notes apart."""

    accepted: int = 0
    refused: int = 0
    set_aside: int = 0
    repeated: int = 0
    outside: int = 0
    branches: int = 0
    by_reason: Counter[Fault] = field(default_factory=Counter[Fault])
    notes: Counter[Fault] = field(default_factory=Counter[Fault])

    @property
    def rows(self) -> int:
        """Every row of the file."""
        return self.accepted + self.refused + self.set_aside + self.outside + self.repeated

    def add(self, verdict: Verdict) -> None:
        """Count one verdict."""
        match verdict:
            case Accepted(_, candidate, notes, _):
                self.accepted += 1
                self.branches += candidate.is_branch
                if notes:
                    self.notes.update({note.fault for note in notes})
            case Refused(_, reasons, _, _):
                self.refused += 1
                self.by_reason.update({reason.fault for reason in reasons})
            case SetAside(_, reasons):
                self.set_aside += 1
                self.by_reason.update({reason.fault for reason in reasons})
            case Outside(_, _, reasons):
                self.outside += 1
                self.by_reason.update({reason.fault for reason in reasons})
            case Repeated():
                self.repeated += 1

    def of(self, verdicts: Iterable[Verdict]) -> Iterator[Verdict]:
        """Count verdicts as they pass by."""
        for verdict in verdicts:
            self.add(verdict)
            yield verdict

    def document(self) -> dict[str, object]:
        """As JSON tells it."""
        return {
            "rows": self.rows,
            "accepted": self.accepted,
            "refused": self.refused,
            "set_aside": self.set_aside,
            "outside": self.outside,
            "repeated": self.repeated,
            "branches": self.branches,
            "reasons": {fault.value: self.by_reason[fault] for fault in Fault if self.by_reason[fault]},
            "notes": {fault.value: self.notes[fault] for fault in Fault if self.notes[fault]},
        }


HEADINGS = ("行号", "结论", "列", "原因类别", "原因", "统一社会信用代码", "工作表")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


OF_THE_FILE = (Fault.STANDING_ASSUMED,)
"""Said of every row alike: the tally tells it once, no row tells it again."""


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return "'" + cell if cell.startswith(_FORMULA) else cell


def report_lines(verdict: Verdict) -> list[tuple[str, ...]]:
    """The lines of one row in the report: one for each reason or note. Names and numbers of people stay out of it, and what a
    spreadsheet would take for a formula (a heading, the name of a sheet) is no more than text.
    """
    return [tuple(map(harmless, line)) for line in _lines(verdict)]


def _lines(verdict: Verdict) -> list[tuple[str, ...]]:
    match verdict:
        case Accepted(line, candidate, notes, sheet):
            said, code, reasons = "接受", candidate.code, tuple(note for note in notes if note.fault not in OF_THE_FILE)
        case Refused(line, reasons, code, sheet):
            said = "拒绝"
        case SetAside(line, reasons, row, code, _):
            said, sheet = "待人工核实", row.sheet
        case Outside(line, candidate, reasons):
            said, code, sheet = "区外", candidate.code, verdict.sheet
        case Repeated(line, of, code, sheet, other):
            return [(str(line), "重复", "", "", f"与{spot(of, other)}相同,只计一次", code, sheet)]
    if not reasons:
        return [(str(line), said, "", "", "", code, sheet)]
    return [(str(line), said, item.column, item.fault.label, item.sentence, code, sheet) for item in reasons]


def worth_telling(verdict: Verdict) -> bool:
    """A row in order gets no line in the report, unless something was noted of it alone."""
    return not isinstance(verdict, Accepted) or any(note.fault not in OF_THE_FILE for note in verdict.notes)


def report(verdicts: Iterable[Verdict], file: TextIO, *, accepted: bool = True) -> Iterator[Verdict]:
    """Write the report while the verdicts pass by; ``accepted=False`` leaves out rows that were taken without a note.

    Open the file with ``open(path, "w", encoding="utf-8-sig", newline="")``: the mark lets Excel read it as UTF-8.
    """
    writer = csv.writer(file)
    writer.writerow(HEADINGS)
    for verdict in verdicts:
        if accepted or worth_telling(verdict):
            writer.writerows(report_lines(verdict))
        yield verdict
